"""When the pairs that links and locks hold are looked at again, and the SimPy processes of links that do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import simpy

from simcore.engine.clock import CYCLE, Clock
from simcore.engine.compile import Compiled
from simcore.engine.machine import Machine
from simcore.engine.sessions import MOST_MECHANISMS
from simcore.engine.timetable import open_together


class Links:
    """Lets every link look at what it holds."""

    def __init__(self, compiled: Compiled, machine: Machine, clock: Clock) -> None:
        self._compiled, self._machine, self._clock = compiled, machine, clock

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run: one process for each link."""
        for index, name in enumerate(self._compiled.links):
            if self._compiled.scenario.pvp[name].kind != "link":
                continue
            yield self._looks(index, name)

    def _looks(self, index: int, name: str) -> Iterator[simpy.Event]:
        place = (len(self._compiled.rails) + index) * MOST_MECHANISMS
        for time_us in look_times(self._compiled, name):
            yield self._clock.at(time_us, CYCLE, place)
            self._machine.look_at_pairs(index, time_us)


def look_times(compiled: Compiled, name: str) -> Iterator[int]:
    """When the pairs of an entry of ``[pvp]`` are looked at: regularly while its two rails are open; rising.

    What would be looked at in an outage of the entry or of a rail is looked at once, at its end.
    """
    terms, windows, outages = compiled.scenario.pvp[name], compiled.timetable.windows, compiled.outages
    for begin, end in open_together(*(windows[rail] for rail in terms.rails)):
        times: Iterable[int] = range(begin, end, terms.every)
        if outages.spans:
            later = {outages.link_up(name, terms.rails, at) for at in times}
            times = sorted(at for at in later if at < end)
        yield from times
