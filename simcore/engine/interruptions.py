"""The SimPy processes of outages: what is out closes and opens again between two payment events; events say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import simpy

from simcore.engine.clock import SHOCK, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.engine.outages import Span, rails_of
from simcore.engine.sessions import RailSessions


class Interruptions:
    """Every outage of a run, each with its beginning and end.

    An outage begins before anything else of its instant and ends after those that begin at the same one, so a rail
    that one outage hands over to the next isn't open in between.
    """

    def __init__(
        self, compiled: Compiled, machine: Machine, clock: Clock, log: ControlLog, sessions: Sequence[RailSessions]
    ) -> None:
        self._compiled, self._machine, self._clock, self._log = compiled, machine, clock, log
        self._links_out: dict[str, int] = {}  # by how many outages
        self._sessions = {each.name: each for each in sessions}

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run: one process for each outage."""
        for place, span in enumerate(self._compiled.outages.spans):
            yield self._span(place, span)

    def _span(self, place: int, span: Span) -> Iterator[simpy.Event]:
        scenario, times, outages = self._compiled.scenario, self._compiled.timetable, self._compiled.outages
        outage = scenario.outages[span.name]
        yield self._clock.at(max(span.start_us, times.start_us), SHOCK, place)
        now = self._clock.now
        rails = [self._sessions[name] for name in rails_of(scenario, outage)]
        for rail in rails:
            rail.interrupt()
        for name in outage.links:
            self._shut_link(name, +1)
        for name in outage.participants:
            self._machine.hold(self._compiled.participants.index(name), outages.participant_up(name, now))
        self._note("outage_began", "dealer_out", "link_out", span)
        if span.end_us > times.end_us:
            return
        yield self._clock.at(span.end_us, SHOCK, len(outages.spans) + place)
        self._note("outage_ended", "dealer_back", "link_back", span)
        for name in outage.links:
            self._shut_link(name, -1)
        for rail in rails:
            self._clock.env.process(rail.resume())

    def _shut_link(self, name: str, change: int) -> None:
        self._links_out[name] = self._links_out.get(name, 0) + change
        self._machine.shut_link(self._compiled.links.index(name), self._links_out[name] > 0)

    def _note(self, event: str, dealing: str, linking: str, span: Span) -> None:
        outage = self._compiled.scenario.outages[span.name]
        now = self._clock.now
        for name in rails_of(self._compiled.scenario, outage):
            self._log.event(now, event, rail=name, detail=span.name)
        for name in outage.links:
            self._log.event(now, linking, detail=name)
        for name in outage.participants:
            self._log.event(now, event, participant=name, detail=span.name)
        for name in outage.dealers:
            self._log.event(now, dealing, participant=name, detail=span.name)
