"""Trading days of a currency market, and the instants at which a simulated path of rates steps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from simcore.calendar import BusinessCalendar, Session, Window, load_calendar, session_windows
from simcore.market import MarketHours, MarketSession
from simcore.units import ClockTime

WEEKDAYS = BusinessCalendar(name="Monday to Friday", zone="UTC", weekend=frozenset({5, 6}))
AROUND_THE_CLOCK = MarketHours(sessions=(MarketSession(open=ClockTime(0, 0), close=ClockTime(1, 0)),))
MARGIN_DAYS = 3
DAYS_A_YEAR = 252
"""Trading days of a year, by which volatilities and drifts per year are turned into those of a day."""


@dataclass(frozen=True)
class Steps:
    """When a path of rates steps."""

    times_us: NDArray[np.int64]
    """Microseconds UTC, rising."""
    share: NDArray[np.float64]
    """Part of its trading day that each step stands for; those of a day sum to 1."""


def market_calendar(hours: MarketHours) -> BusinessCalendar:
    """The business days of a market, with the zone of its clock times; UnknownCalendar as `load_calendar`."""
    calendar = WEEKDAYS if hours.calendar is None else load_calendar(hours.calendar)
    return calendar if hours.zone is None else replace(calendar, zone=hours.zone)


def trading_windows(hours: MarketHours, first: dt.date, days: int) -> list[Window]:
    """Every window of a market on ``days`` calendar days from ``first`` on, in order; cut to the calendar's table.

    Raises
    ------
    UnitError    as for `session_windows`
    """
    calendar = market_calendar(hours)
    last = min(first + dt.timedelta(days=days - 1), calendar.last)
    first = max(first, calendar.first)
    sessions = [Session(open=each.open, close=each.close) for each in hours.sessions]
    return session_windows(calendar, calendar.zone, sessions, first, max((last - first).days + 1, 0))


def windows_around(hours: MarketHours, first: dt.date, days: int) -> list[Window]:
    """The same with the days before and after whose sessions may reach into a run of these days."""
    return trading_windows(hours, first - dt.timedelta(days=MARGIN_DAYS), days + 2 * MARGIN_DAYS)


def open_intervals(windows: list[Window]) -> list[tuple[int, int]]:
    """From when until when (exclusive) a market is open, microseconds UTC; windows that touch are one."""
    intervals: list[tuple[int, int]] = []
    for window in windows:
        if intervals and intervals[-1][1] == window.open_us:
            intervals[-1] = intervals[-1][0], window.close_us
        else:
            intervals.append((window.open_us, window.close_us))
    return intervals


def step_count(windows: list[Window], step_us: int) -> int:
    """How many steps `steps_of` makes."""
    return sum(-(-(window.close_us - window.open_us) // step_us) for window in windows)


def steps_of(windows: list[Window], step_us: int) -> Steps:
    """The steps of each window: at its opening and every ``step_us`` after it, until it closes."""
    times: list[NDArray[np.int64]] = []
    share: list[NDArray[np.float64]] = []
    for _, group in groupby(windows, key=lambda window: window.business_day):
        day = np.concatenate([np.arange(each.open_us, each.close_us, step_us, dtype=np.int64) for each in group])
        times.append(day)
        share.append(np.full(day.size, 1.0 / day.size))
    if not times:
        return Steps(np.zeros(0, np.int64), np.zeros(0))
    return Steps(np.concatenate(times), np.concatenate(share))


def in_day_order(windows: list[Window]) -> bool:
    """Whether the sessions of a business day all come before those of the next."""
    return all(after.business_day >= before.business_day for before, after in pairwise(windows))
