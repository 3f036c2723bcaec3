"""The terms on which a pair is quoted through a run: rate, spread, whether dealers deal, and the value date."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fx.dealer import BP_E2_WHOLE
from fx.rates import RatePath
from simcore.calendar import BusinessCalendar, OutsideCalendar, calendar_names, load_calendar, local_us
from simcore.kernels.constants import NEVER
from simcore.market import Fx, Pair
from simcore.model import Info
from simcore.rates.steps import market_calendar, open_intervals, windows_around
from simcore.rates.volatility import volatility_factors
from simcore.units import ClockTime

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
QUARTER_US = 900_000_000
"""Local hours begin at a quarter of an hour UTC in every zone."""
ONE = Decimal(1)
ONE_FRACTION = Fraction(1)


class Terms(NamedTuple):
    """How a pair is quoted at an instant."""

    position: int
    """Of the rate in the pair's path."""
    is_open: bool
    opens_at: int
    """When dealers deal again, 0 while they do."""
    value_at: int
    """When they pay what they sell now, 0 for at once."""
    factor: Decimal
    """Of the half-spread."""
    closed_half_spread: int | None
    """In place of every dealer's own; none in the hours."""

    def half_spread(self, own: int, widening: Fraction = ONE_FRACTION) -> int:
        """A dealer's half-spread now, in hundredths of a basis point, rounded half-even, at most the whole amount.

        Parameters
        ----------
        own : int              what it is in quiet hours
        widening : Fraction    a further factor, for size or position; not outside the hours where they have a spread
        """
        if self.closed_half_spread is not None:
            return self.closed_half_spread
        if self.factor == 1 and (widening is ONE_FRACTION or widening == 1):  # nearly always, and fractions are slow
            return min(own, BP_E2_WHOLE)
        return min(round(own * Fraction(self.factor) * widening), BP_E2_WHOLE)


def currency_calendar(code: str) -> str | None:
    """The calendar of a currency's country, by the first two letters of its code (ISO 4217); None if there is none."""
    name = "TARGET" if code == "EUR" else code[:2]
    return name if name in calendar_names() else None


class Schedule:
    """The terms of one pair over a run."""

    def __init__(self, name: str, fx: Fx, path: RatePath, info: Info, start_us: int, end_us: int) -> None:
        self._pair: Pair = fx.pairs[name]
        self._path = path
        hours = None if self._pair.hours is None else (fx.hours or {})[self._pair.hours]
        self._zone = "UTC" if hours is None else market_calendar(hours).zone
        self._intervals: list[tuple[int, int]] | None = None
        if hours is not None:
            self._intervals = open_intervals(windows_around(hours, info.start, info.days))
        volatility = self._pair.spread_by_volatility
        self._factors = None if volatility is None else volatility_factors(path, volatility)
        self._values = self._value_dates(info) if self._pair.value_date else []
        self.only_steps = not (self._intervals or self._factors or self._values or self._pair.spread_by_hour)
        """Whether nothing but the rate ever changes."""
        self.times = self._times(start_us, end_us)
        """Instants after the start of the run at which something changes, rising."""

    def at(self, time_us: int) -> Terms:
        """The terms in force at an instant; RateNotFound before the path begins."""
        is_open, opens_at, rate_us = self._dealing(time_us)
        waits = not is_open and self._pair.when_closed != "last_quote"
        position = bisect_right(self._path.times_us, rate_us) - 1
        if position < 0:
            self._path.rate_at(rate_us)  # says that there is none
        value = bisect_right(self._values, (time_us, NEVER)) - 1 if self._values else -1
        return Terms(
            position=position,
            is_open=is_open,
            opens_at=opens_at if waits else 0,
            value_at=self._values[value][1] if value >= 0 else 0,
            factor=self._hour_factor(time_us) * (ONE if self._factors is None else self._factors[position]),
            closed_half_spread=None if is_open or waits else self._pair.closed_half_spread,
        )

    def _dealing(self, time_us: int) -> tuple[bool, int, int]:
        """Whether the market is open, when it opens next, and the instant whose rate is quoted."""
        if self._intervals is None:
            return True, 0, time_us
        k = bisect_right(self._intervals, (time_us, NEVER)) - 1
        if k >= 0 and time_us < self._intervals[k][1]:
            return True, 0, time_us
        opens_at = self._intervals[k + 1][0] if k + 1 < len(self._intervals) else NEVER
        # A path may begin after the last closing before the run; then its first rate stands for the last quote.
        begins = min(self._path.times_us[0], time_us)
        return False, opens_at, max(self._intervals[k][1] - 1, begins) if k >= 0 else time_us

    def _hour_factor(self, time_us: int) -> Decimal:
        if not self._pair.spread_by_hour:
            return ONE
        hour = (EPOCH + dt.timedelta(microseconds=time_us)).astimezone(ZoneInfo(self._zone)).hour
        return self._pair.spread_by_hour.get(f"{hour:02d}", ONE)

    def _value_dates(self, info: Info) -> list[tuple[int, int]]:
        """(midnight that begins a day of dealing, instant at which what is sold on it is paid), rising."""
        wait = int((self._pair.value_date or "T+0")[-1])
        calendars = [load_calendar(currency_calendar(code) or "ALL") for code in (self._path.source, self._path.target)]
        found = []
        for k in range(-1, info.days + 2):
            day = info.start + dt.timedelta(days=k)
            found.append((local_us(self._zone, day, MIDNIGHT), _value_at(day, wait, calendars)))
        return found

    def _times(self, start_us: int, end_us: int) -> list[int]:
        steps = self._path.times_us
        times = set(steps[bisect_right(steps, start_us) : bisect_right(steps, end_us)])
        if self._intervals is not None:
            times = {time_us for time_us in times if self._dealing(time_us)[0]}
            times |= {edge for interval in self._intervals for edge in interval}
        times |= {midnight for midnight, _ in self._values}
        if self._pair.spread_by_hour:
            grid = range(start_us - start_us % QUARTER_US, end_us + 1, QUARTER_US)
            times |= {t for t in grid if self._hour_factor(t) != self._hour_factor(t - QUARTER_US)}
        ordered = sorted(times)
        return ordered[bisect_right(ordered, start_us) : bisect_right(ordered, end_us)]


MIDNIGHT = ClockTime(0, 0)


def _value_at(day: dt.date, wait: int, calendars: list[BusinessCalendar]) -> int:
    """When the value date of a deal begins in both zones: ``wait`` days after ``day`` on which both calendars work."""
    try:
        while True:
            if all(calendar.is_business_day(day) for calendar in calendars):
                if wait == 0:
                    return max(local_us(calendar.zone, day, MIDNIGHT) for calendar in calendars)
                wait -= 1
            day += dt.timedelta(days=1)
    except OutsideCalendar:
        return NEVER


__all__ = ["Schedule", "Terms", "currency_calendar"]
