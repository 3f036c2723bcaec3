"""When what reaches a rail at an instant is let in and settles, as far as hours, cycles and blocks decide."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.calendar import Window, session_windows
from simcore.demand.quotes import FAR_US
from simcore.engine.timetable import WHOLE_DAY, rail_calendar, run_times
from simcore.model import Scenario

Ints = NDArray[np.int64]
BEYOND_DAYS = 14
"""Calendars are looked up so many days beyond the run, for payments of its last hours."""


class Hours:
    """When an obligation that reaches a rail would settle there if its account had the funds."""

    def __init__(self, scenario: Scenario, rail: str, in_batches: bool = False) -> None:
        terms: Any = scenario.rails[rail]
        self._ends: Ints | None = None
        self._block = getattr(terms, "block_every", None)
        self._collects = in_batches or terms.kind == "deferred_net"
        if terms.calendar is None and not terms.sessions and not self._collects:
            return  # always open
        windows = windows_of(terms, scenario)
        self._opens = np.array([window.open_us for window in windows], np.int64)
        self._ends = np.array([window.takes_until_us for window in windows], np.int64)
        if self._collects:
            self._set_cycles(terms, windows)

    def _set_cycles(self, terms: Any, windows: list[Window]) -> None:
        """When net settlement takes place, and the last instant at which what arrives still has part in each."""
        batches = getattr(terms, "batches", None)
        every, clocks = (batches.every, batches.at) if batches else (terms.cycle_every, terms.cycle_at)
        runs = run_times(windows, rail_calendar(terms).zone, every, clocks)
        # At the instant of closing nothing is let in any more, so it counts as an instant earlier.
        pairs = sorted([(at, at) for at in runs] + [(window.close_us - 1, window.close_us) for window in windows])
        self._deadlines, self._cycles = np.array(pairs, np.int64).reshape(len(pairs), 2).T

    def enters(self, at: Ints) -> Ints:
        """The instant at which the rail lets in what arrives at each instant; far away where the calendar ends."""
        if self._ends is None:
            return at
        k = np.searchsorted(self._ends, at, side="right")
        opens = np.append(self._opens, FAR_US)[k]
        return np.maximum(at, opens)

    def settles(self, at: Ints) -> Ints:
        """The instant of settlement of what arrives at each instant; far away where the calendar ends."""
        if self._ends is None:
            return at if self._block is None else -(-at // self._block) * self._block
        k = np.searchsorted(self._ends, at, side="right")
        known, k = k < self._ends.size, np.minimum(k, self._ends.size - 1)
        done = np.maximum(at, self._opens[k])
        if self._collects:
            following = np.searchsorted(self._deadlines, done, side="left")
            done = self._cycles[np.minimum(following, self._cycles.size - 1)]
        elif self._block is not None:
            done = -(-done // self._block) * self._block
        return np.where(known, done, np.maximum(at, FAR_US))


def windows_of(rail: Any, scenario: Scenario) -> list[Window]:
    """The hours of a rail in which payments are taken, until some days beyond the run."""
    calendar = rail_calendar(rail)
    start, days = scenario.scenario.start, scenario.scenario.days + BEYOND_DAYS
    windows = session_windows(calendar, calendar.zone, rail.sessions or WHOLE_DAY, start, days)
    return [window for window in windows if window.only == "all"]
