"""Exchange rates over time: the ECB's published history, and paths of rates that a run follows.

The history is package data (`fx/data/ecb_rates.csv`): the ECB's euro foreign exchange reference rates, one per TARGET
working day, units of a currency for one euro. Any other pair is a cross through the euro, to 12 significant digits.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from fx.convert import divide_rate, rate_fraction

FIXING_TIME = time(14, 15)
FIXING_ZONE = "Europe/Berlin"
"""When the ECB's rates are struck, on Frankfurt's clock. They are published in the afternoon of the same day."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RateNotFound(LookupError):
    """No published rate for that pair and day; the message says what there is."""


@dataclass(frozen=True)
class _Table:
    days: tuple[date, ...]
    columns: dict[str, tuple[str, ...]]  # units per euro as printed, "" where not quoted


@cache
def _table() -> _Table:
    with files("fx").joinpath("data/ecb_rates.csv").open("r", encoding="ascii") as file:
        header, *rows = csv.reader(file)
    columns = list(zip(*rows, strict=True))
    days = tuple(map(date.fromisoformat, columns[0]))
    return _Table(days, {"EUR": ("1",) * len(days), **dict(zip(header[1:], columns[1:], strict=True))})


def currencies_with_history() -> tuple[str, ...]:
    """Return the currencies that have a published history, sorted (EUR included)."""
    return tuple(sorted(_table().columns))


def history_range() -> tuple[date, date]:
    """Return the first and last day of the table."""
    days = _table().days
    return days[0], days[-1]


def history(source: str, target: str, start: date, end: date) -> list[tuple[date, Decimal]]:
    """Return the published rates of a pair, units of `target` for one of `source`, from `start` to `end` inclusive.

    Parameters
    ----------
    source, target : str    ISO 4217 codes
    start, end : date       both inside the table

    Returns
    -------
    list[(date, Decimal)]   one entry per publication day, in order; 12 significant digits, half-even

    Raises
    ------
    RateNotFound    a currency without history (VND, BND, KHR, LAK, MMK, …) or not quoted on one of the days, or a
                    day outside the table
    """
    _check(source, target, start, end)
    days = _table().days
    return [
        (days[row], _cross(source, target, row)) for row in range(bisect_left(days, start), bisect_right(days, end))
    ]


def rate_on(source: str, target: str, day: date) -> tuple[Decimal, date]:
    """Return the last rate published on or before `day`, and its date; RateNotFound as for `history`."""
    _check(source, target, day, day)
    days = _table().days
    row = bisect_right(days, day) - 1
    return _cross(source, target, row), days[row]


def _check(source: str, target: str, start: date, end: date) -> None:
    table = _table()
    for code in (source, target):
        if code not in table.columns:
            raise RateNotFound(
                f"the ECB publishes no rate for {code}; give {source}/{target} as a constant or in a table. "
                f"Published: {', '.join(currencies_with_history())}"
            )
    for day in (start, end):
        if not table.days[0] <= day <= table.days[-1]:
            raise RateNotFound(
                f"no {source}/{target} rate for {day}: the table runs from {table.days[0]} to {table.days[-1]}"
            )


def _cross(source: str, target: str, row: int) -> Decimal:
    table = _table()
    per_euro = []
    for code in (source, target):
        printed = table.columns[code][row]
        if not printed:
            quoted = [day for day, text in zip(table.days, table.columns[code], strict=True) if text]
            raise RateNotFound(
                f"the ECB published no {code} rate on {table.days[row]} (first {quoted[0]}, last {quoted[-1]})"
            )
        per_euro.append(Decimal(printed))
    if source == target:
        return Decimal(1)
    # From the euro the printed rate is the rate itself; everything else is a quotient.
    return per_euro[1] if source == "EUR" else divide_rate(per_euro[1], per_euro[0])


@dataclass(frozen=True)
class RatePath:
    """The mid rate of one pair over a run: a step at each instant, in force until the next."""

    source: str
    """ISO 4217 code."""
    target: str
    """ISO 4217 code."""
    times_us: tuple[int, ...]
    """Microseconds since the epoch, UTC; strictly rising."""
    rates: tuple[Decimal, ...]
    """Units of `target` for one unit of `source`, in force from the instant at the same position."""
    _fractions: tuple[tuple[int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pair = f"{self.source}/{self.target}"
        if not self.times_us or len(self.times_us) != len(self.rates):
            raise ValueError(f"{pair}: a path needs one rate for each time and at least one of them")
        for k in range(1, len(self.times_us)):
            if self.times_us[k] <= self.times_us[k - 1]:
                what = "twice" if self.times_us[k] == self.times_us[k - 1] else "after a later one"
                raise ValueError(f"{pair}: times must rise; row {k + 1} has {_shown(self.times_us[k])} {what}")
        fractions = tuple(rate_fraction(rate, self.source, self.target) for rate in self.rates)
        object.__setattr__(self, "_fractions", fractions)  # every rate fits, or this said why not

    @classmethod
    def constant(cls, source: str, target: str, rate: Decimal) -> RatePath:
        """Return a path that never moves (in force since 1970); ValueError when the rate is no positive number."""
        return cls(source, target, (0,), (Decimal(rate),))

    @classmethod
    def given(cls, source: str, target: str, rows: Iterable[tuple[int, Decimal]]) -> RatePath:
        """Return a path from (time_us, rate) rows; ValueError when times don't rise or a rate is no positive number."""
        rows = list(rows)
        return cls(source, target, tuple(int(at) for at, _ in rows), tuple(Decimal(rate) for _, rate in rows))

    @classmethod
    def from_history(
        cls,
        source: str,
        target: str,
        start: date,
        days: int,
        fixing_time: time = FIXING_TIME,
        fixing_zone: str = FIXING_ZONE,
    ) -> RatePath:
        """Return the published path over a run of `days` calendar days from `start`: a step at each fixing.

        Rails may open the evening before `start` and close the morning after the last day, so fixings of one day on
        either side belong to the path, and the fixing before those is in force first: nobody trades on a rate that
        isn't fixed yet. After the table's last fixing (and only there) that rate stays in force.

        Raises
        ------
        RateNotFound    as for `history`; the days before and of the run must lie inside the table
        """
        first, last = start - timedelta(days=1), start + timedelta(days=days)
        _, before = rate_on(source, target, first - timedelta(days=1))
        _check(source, target, start, max(start, last - timedelta(days=1)))
        fixings = history(source, target, before, min(last, history_range()[1]))
        zone = ZoneInfo(fixing_zone)
        times = (datetime.combine(day, fixing_time, zone).astimezone(UTC) for day, _ in fixings)
        times_us = tuple((instant - EPOCH) // timedelta(microseconds=1) for instant in times)
        return cls(source, target, times_us, tuple(rate for _, rate in fixings))

    def rate_at(self, time_us: int) -> Decimal:
        """Return the rate in force at an instant; RateNotFound before the first."""
        k = bisect_right(self.times_us, time_us) - 1
        if k < 0:
            raise RateNotFound(f"no {self.source}/{self.target} rate yet at {_shown(time_us)}")
        return self.rates[k]

    def fractions(self) -> tuple[tuple[int, int], ...]:
        """Return each rate as int64 (numerator, denominator) over minor units; see `fx.convert.rate_fraction`."""
        return self._fractions


def _shown(time_us: int) -> str:
    try:
        return f"{EPOCH + timedelta(microseconds=time_us):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return f"{time_us} us"
