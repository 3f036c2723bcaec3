"""The SimPy process of the hops that have a cut-off of their own: it shuts each until its next business day."""

from __future__ import annotations

from collections.abc import Iterator

import simpy

from simcore.engine.clock import CUT_OFF, FIXING, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.hop_hours import shut_times
from simcore.engine.machine import Machine


class CutOffs:
    """Cut-offs of hops through the run; what arrives at the very instant of one still goes on."""

    def __init__(self, compiled: Compiled, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._compiled, self._machine, self._clock, self._log = compiled, machine, clock, log

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run: one process for each hop with a cut-off."""
        position = 0
        for name, route in self._compiled.scenario.routes.items():
            for index, hop in enumerate(route.hops):
                if hop.cut_off is not None:
                    yield self._hop(name, index, position)
                position += 1

    def _hop(self, route: str, index: int, position: int) -> Iterator[simpy.Event]:
        scenario, times = self._compiled.scenario, self._compiled.timetable
        hop, info = scenario.routes[route].hops[index], scenario.scenario
        windows = times.windows[hop.rail]
        for shut, opens in shut_times(hop, scenario.rails[hop.rail], windows, info, info.days):
            if opens <= times.start_us or shut > times.end_us:
                continue
            if shut < times.start_us:  # before the first payments
                yield self._clock.at(times.start_us, FIXING, position)
            else:
                yield self._clock.at(shut, CUT_OFF, position)
            self._machine.shut_hop(position, opens)
            self._log.event(self._clock.now, "hop_cut_off", rail=hop.rail, detail=f"routes.{route}.hops.{index}")
