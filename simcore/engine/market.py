"""The SimPy process of the currency market: dealers' quotes as rates step, one control event for all of an instant."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from heapq import merge
from itertools import groupby

import simpy

from fx.convert import divide_rate, rate_fraction
from fx.rates import RatePath
from simcore.engine.clock import FIXING, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine

SIMULATED = "simulated"


class Market:
    """Quotes of every dealer through the run."""

    def __init__(self, compiled: Compiled, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._compiled, self._machine, self._clock, self._log = compiled, machine, clock, log
        self._pairs = list(compiled.rate_paths)
        self._quotes = {
            name: [index for index, quote in enumerate(compiled.quotes) if quote.pair == name] for name in self._pairs
        }

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run."""
        if self._pairs:
            yield self._rates()

    def _rates(self) -> Iterator[simpy.Event]:
        """Quote what is in force at the start, then each new rate; pairs that step at one instant share an event."""
        start, end = self._compiled.timetable.start_us, self._compiled.timetable.end_us
        paths = self._compiled.rate_paths
        yield self._clock.at(start, FIXING)
        for name in self._pairs:
            self._quote(name, paths[name].rate_at(start))
        agenda = merge(*(_steps(place, paths[name], start, end) for place, name in enumerate(self._pairs)))
        for time_us, steps in groupby(agenda, key=lambda step: step[0]):
            yield self._clock.at(time_us, FIXING)
            for _, place, at in steps:
                name = self._pairs[place]
                rate = paths[name].rates[at]
                self._quote(name, rate)
                if self._compiled.scenario.fx.pairs[name].source != SIMULATED:  # those steps all stand in fx
                    self._log.event(time_us, "fixing", detail=f"{name} {rate}")

    def _quote(self, pair: str, rate: Decimal) -> None:
        """Let every dealer of a pair quote it, both ways."""
        source, target = pair.split("/")
        one_way = rate_fraction(rate, source, target)
        for index in self._quotes[pair]:
            quote = self._compiled.quotes[index]
            forward = quote.source == source
            numerator, denominator = one_way if forward else one_way[::-1]
            fx_id = self._log.rate(
                time=self._clock.now, dealer=quote.dealer, source=quote.source, target=quote.target,
                mid_rate=f"{rate if forward else divide_rate(Decimal(1), rate):f}",
                half_spread_bp_e2=quote.spread_bp_e2, numerator=numerator, denominator=denominator,
                origin=self._compiled.scenario.fx.pairs[pair].source,
            )  # fmt: skip
            self._machine.quote(index, numerator, denominator, quote.spread_bp_e2, fx_id)


def _steps(place: int, path: RatePath, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The steps of a path in the run, as (instant, place of the pair, position in the path)."""
    return ((time_us, place, at) for at, time_us in enumerate(path.times_us) if start < time_us <= end)
