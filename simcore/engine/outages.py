"""What is out in a run and when: spans of given and of drawn outages, known before the first event."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.calendar import local_us
from simcore.demand.latency import latency_us
from simcore.engine.timetable import rail_calendar
from simcore.model import Exponential, Latency, Outage, Scenario
from simcore.rng import stream

Merged = tuple[list[int], list[int]]
"""Beginnings and ends of spans that neither overlap nor touch, rising."""


@dataclass(frozen=True)
class Span:
    """One outage: from ``start_us`` on, and over at ``end_us``."""

    name: str
    start_us: int
    end_us: int


class Outages:
    """All outages of a run.

    Parameters
    ----------
    start_us, end_us : the run; an outage that ends before it or begins after it is none
    seed, replicate : chance; each outage has a stream of its own, ``outage:<name>``
    """

    def __init__(self, scenario: Scenario, start_us: int, end_us: int, seed: int, replicate: int = 0) -> None:
        self.spans: list[Span] = []
        """In the order of the scenario, of each outage by time."""
        rails: dict[str, list[Span]] = {}
        participants: dict[str, list[Span]] = {}
        dealers: dict[str, list[Span]] = {}
        links: dict[str, list[Span]] = {}
        for name, outage in scenario.outages.items():
            found = [*given_spans(scenario, name, outage)]
            found += _drawn(name, outage, start_us, end_us, seed, replicate)
            mine = sorted(
                (span for span in found if span.start_us < end_us and span.end_us > start_us),
                key=lambda span: (span.start_us, span.end_us),
            )
            self.spans += mine
            for group, whose in (
                (rails, rails_of(scenario, outage)),
                (links, outage.links),
                (participants, outage.participants),
                (dealers, (*outage.dealers, *outage.participants)),  # who sends nothing exchanges nothing either
            ):
                for each in dict.fromkeys(whose):
                    group.setdefault(each, []).extend(mine)
        self._rails, self._links, self._participants, self._dealers = (
            _merged(group) for group in (rails, links, participants, dealers)
        )

    @property
    def holds_participants(self) -> bool:
        """Whether a participant is ever out."""
        return bool(self._participants)

    @property
    def holds_dealers(self) -> bool:
        """Whether a dealer is ever out."""
        return bool(self._dealers)

    def rail_up(self, rail: str, at_us: int) -> int:
        """The first instant from ``at_us`` on at which a rail isn't out."""
        return _up(self._rails, rail, at_us)

    def participant_up(self, participant: str, at_us: int) -> int:
        """The same for a participant."""
        return _up(self._participants, participant, at_us)

    def dealer_up(self, dealer: str, at_us: int) -> int:
        """The same for a dealer, as one or as a participant."""
        return _up(self._dealers, dealer, at_us)

    def all_up(self, at_us: int, rails: Iterable[str] = (), participants: Iterable[str] = ()) -> int:
        """The first instant from ``at_us`` on at which none of these is out."""
        groups = [(self._rails, tuple(rails)), (self._participants, tuple(participants))]
        while True:
            later = max((_up(group, name, at_us) for group, names in groups for name in names), default=at_us)
            if later == at_us:
                return at_us
            at_us = later

    def link_up(self, link: str, rails: Iterable[str], at_us: int) -> int:
        """The first instant from ``at_us`` on at which neither a link is out nor one of its rails."""
        while True:
            later = _up(self._links, link, self.all_up(at_us, rails))
            if later == at_us:
                return at_us
            at_us = later

    def out(self, rails: Iterable[str], links: Iterable[str], participants: Iterable[str], dealers: Iterable[str],
            times_us: NDArray[np.int64]) -> NDArray[np.bool_]:  # fmt: skip
        """At which instants any of these is out; (n,)."""
        found = np.zeros(times_us.size, np.bool_)
        groups = (self._rails, self._links, self._participants, self._dealers)
        for group, names in zip(groups, (rails, links, participants, dealers), strict=True):
            for name in names:
                if name in group:
                    starts, ends = (np.array(side, np.int64) for side in group[name])
                    k = np.searchsorted(starts, times_us, side="right") - 1
                    found |= (k >= 0) & (times_us < ends[np.maximum(k, 0)])
        return found

    def dealer_changes(self, dealers: Iterable[str], end_us: int) -> list[int]:
        """Instants up to ``end_us`` at which one of some dealers is out or back, rising."""
        sides = [side for dealer in dealers for side in self._dealers.get(dealer, ())]
        return sorted({at for side in sides for at in side if at <= end_us})


def rails_of(scenario: Scenario, outage: Outage) -> tuple[str, ...]:
    """The rails of an outage, with those of its ledgers."""
    members = (name for name, rail in scenario.rails.items() if getattr(rail, "ledger", None) in outage.ledgers)
    return tuple(dict.fromkeys([*outage.rails, *members]))


def zone_of(scenario: Scenario, outage: Outage) -> str:
    """The zone of an outage's given times."""
    if outage.zone is not None:
        return outage.zone
    rails = rails_of(scenario, outage)
    return rail_calendar(scenario.rails[rails[0]]).zone if rails else "UTC"


def given_spans(scenario: Scenario, name: str, outage: Outage) -> Iterator[Span]:
    """The outages at given times, in the order of the file; UnitError for a local time that doesn't exist."""
    zone = zone_of(scenario, outage)
    for time in outage.times:
        yield Span(name, local_us(zone, time.day, time.begins), local_us(zone, time.day, time.ends))


def _drawn(name: str, outage: Outage, start_us: int, end_us: int, seed: int, replicate: int) -> Iterator[Span]:
    """Times up and times down in turn; two numbers of chance for each outage, whatever comes of them."""
    if outage.every is None or outage.lasts is None:
        return
    chance = stream(seed, f"outage:{name}", replicate)
    up = Latency(exponential=Exponential(mean=outage.every))
    at_us = start_us
    while True:
        first, second = chance.random(2)
        at_us += _duration(up, first)
        if at_us >= end_us:
            return
        lasts = _duration(outage.lasts, second)
        if lasts > 0:
            yield Span(name, at_us, at_us + lasts)
        # Both may round to nothing; time goes on all the same.
        at_us += max(lasts, 1)


def _duration(spec: int | Latency, uniform: float) -> int:
    return int(latency_us(spec, np.array([uniform]))[0])


def _merged(groups: Mapping[str, list[Span]]) -> dict[str, Merged]:
    found: dict[str, Merged] = {}
    for name, spans in groups.items():
        starts: list[int] = []
        ends: list[int] = []
        for span in sorted(spans, key=lambda span: span.start_us):
            if ends and span.start_us <= ends[-1]:
                ends[-1] = max(ends[-1], span.end_us)
            else:
                starts.append(span.start_us)
                ends.append(span.end_us)
        if starts:
            found[name] = starts, ends
    return found


def _up(group: Mapping[str, Any], name: str, at_us: int) -> int:
    spans = group.get(name)
    if spans is None:
        return at_us
    k = bisect_right(spans[0], at_us) - 1
    return max(at_us, spans[1][k]) if k >= 0 else at_us
