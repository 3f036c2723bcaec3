"""The SimPy process of links that limit what customers send a day: at midnight their count begins anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import simpy

from simcore.calendar import local_us
from simcore.engine.clock import OPENING, Clock
from simcore.engine.compile import Compiled
from simcore.engine.machine import Machine
from simcore.engine.timetable import MIDNIGHT

AFTER_RAILS = 900_000
"""Places of midnights among the openings of one instant: behind those of the rails."""


class LinkDays:
    """Midnights of every link with a limit of the day; what happens at that instant belongs to the new day."""

    def __init__(self, compiled: Compiled, machine: Machine, clock: Clock) -> None:
        self._compiled, self._machine, self._clock = compiled, machine, clock

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run: one process for each such link."""
        for index, link in enumerate(self._compiled.spec.instant_links):
            if link.limits_days:
                yield self._days(index)

    def _days(self, index: int) -> Iterator[simpy.Event]:
        times, info = self._compiled.timetable, self._compiled.scenario.scenario
        zone = list(self._compiled.scenario.instant_links.values())[index].zone
        for day in range(-2, info.days + 3):
            midnight = local_us(zone, info.start + dt.timedelta(days=day), MIDNIGHT)
            if times.start_us < midnight <= times.end_us:
                yield self._clock.at(midnight, OPENING, AFTER_RAILS + index)
                self._machine.new_day(index)
