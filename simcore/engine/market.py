"""The SimPy process of the currency market: dealers' quotes as terms change, one event for all of an instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

import numpy as np
import simpy
from numpy.typing import NDArray

from fx.convert import divide_rate
from simcore.engine.clock import FIXING, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.engine.positions import Positions
from simcore.engine.rate_steps import Leg, RateSteps
from simcore.engine.refills import Refills
from simcore.kernels.constants import NEVER
from simcore.rates.terms import ONE, ONE_FRACTION, Schedule, Terms

SIMULATED = "simulated"


class Market:
    """Quotes of every dealer through the run; ``positions`` are those of dealers that have limits."""

    def __init__(self, compiled: Compiled, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._compiled, self._machine, self._clock, self._log = compiled, machine, clock, log
        scenario, times = compiled.scenario, compiled.timetable
        self._pairs = scenario.fx.pairs
        self._schedules = {
            name: Schedule(name, scenario.fx, path, scenario.scenario, times.start_us, times.end_us)
            for name, path in compiled.rate_paths.items()
        }
        limited = {who for who, terms in scenario.fx.dealers.items() if terms.position is not None}
        self._legs = {
            name: [
                Leg(number, it.dealer, it.source, it.target, it.spread_bp_e2, it.source == path.source,
                    it.dealer in limited)
                for number, it in enumerate(compiled.quotes) if it.pair == name
            ]
            for name, path in compiled.rate_paths.items()
        }  # fmt: skip
        self.positions = Positions(compiled, machine, times.start_us, self._note)
        self._refills = Refills(compiled, machine, clock, log, self.positions)
        self._last: dict[str, Terms] = {}
        held = compiled.outages.holds_dealers
        self._steady = {
            name for name, schedule in self._schedules.items()
            if schedule.only_steps and self._pairs[name].source == SIMULATED and not self._pairs[name].spread_by_size
            and not held and self._legs[name] and not any(leg.limited for leg in self._legs[name])
        }  # fmt: skip
        self._fx_ids: dict[int, tuple[int, int]] = {}  # quote → its row in fx and the half-spread there

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run."""
        if self._schedules:
            yield self._dealing()
            yield from self._refills.processes()

    def _dealing(self) -> Iterator[simpy.Event]:
        """Quote what is in force at the start, then each change; pairs that change at one instant share an event."""
        start, end = self._compiled.timetable.start_us, self._compiled.timetable.end_us
        yield self._clock.at(start, FIXING)
        for name in self._schedules:
            self._quote(name, start)
        names = list(self._schedules)
        times = [np.array(self._times(name, end), np.int64) for name in names]
        paths = self._compiled.rate_paths
        steady = {place: len(self._legs[name]) for place, name in enumerate(names) if name in self._steady}
        steps = RateSteps(
            (paths[names[place]], self._legs[names[place]], times[place], SIMULATED) for place in steady
        )  # fmt: skip
        for time_us, runs in _agenda(times, steady):
            yield self._clock.at(time_us, FIXING)
            for place, rows in runs:
                if rows:
                    steps.step(rows, self._machine, self._log)
                else:
                    self._change(names[place], time_us)
        steps.write(self._log)

    def _times(self, name: str, end: int) -> list[int]:
        """Instants at which a pair is looked at: its terms change, or its dealers look at their positions."""
        dealers = list(dict.fromkeys(leg.dealer for leg in self._legs[name]))
        watched = [*self.positions.times(dealers, end), *self._compiled.outages.dealer_changes(dealers, end)]
        return sorted({*self._schedules[name].times, *watched}) if watched else self._schedules[name].times

    def _note(self, event: str, dealer: str, currency: str, position_minor: int, detail: str) -> None:
        self._log.event(self._clock.now, event, participant=dealer, currency=currency, amount_minor=position_minor,
                        detail=detail)  # fmt: skip

    def _change(self, name: str, now: int) -> None:
        """Quote a pair anew and note what happened to it."""
        before, terms = self._last[name], self._quote(name, now)
        if terms.is_open != before.is_open:
            self._log.event(now, "market_opened" if terms.is_open else "market_closed", detail=name)
        if terms.position != before.position and self._pairs[name].source != SIMULATED:
            # Simulated steps are many, and all of them stand in fx.
            self._log.event(now, "fixing", detail=f"{name} {self._compiled.rate_paths[name].rates[terms.position]}")

    def _quote(self, name: str, now: int) -> Terms:
        """Let every dealer of a pair quote it, both ways; a row of fx where rate or spread are new."""
        terms, path = self._schedules[name].at(now), self._compiled.rate_paths[name]
        stepped = name not in self._last or self._last[name].position != terms.position
        self._last[name] = terms
        pair, rate, one_way = self._pairs[name], path.rates[terms.position], path.fractions()[terms.position]
        fx_ids, value_at = self._fx_ids, terms.value_at
        outages = self._compiled.outages if self._compiled.outages.holds_dealers else None
        texts: dict[bool, str] = {}
        sizes: Sequence[tuple[int, int]] = ()
        for number, dealer, source, target, own, forward, limited in self._legs[name]:
            numerator, denominator = one_way if forward else one_way[::-1]
            opens_at, widening = terms.opens_at, ONE_FRACTION
            if limited:
                opens_at = max(opens_at, self.positions.opens_at(dealer, source, target, now))
                widening = self.positions.widening(dealer, source, target)
            if outages is not None and (back := outages.dealer_up(dealer, now)) > now:
                opens_at = max(opens_at, back)
            half_spread = terms.half_spread(own, widening)
            if stepped or fx_ids[number][1] != half_spread:
                if forward not in texts:  # dealers share the text
                    texts[forward] = f"{rate if forward else divide_rate(ONE, rate):f}"
                fx_id = self._log.rate(
                    time=now, dealer=dealer, source=source, target=target, mid_rate=texts[forward],
                    half_spread_bp_e2=half_spread, numerator=numerator, denominator=denominator, origin=pair.source,
                )  # fmt: skip
                fx_ids[number] = fx_id, half_spread
            if pair.spread_by_size:
                sizes = [
                    (least, terms.half_spread(own, widening * factor))
                    for least, factor in self._sizes(name, source, numerator, denominator)
                ]
            self._machine.quote(
                number, numerator, denominator, half_spread, fx_ids[number][0], opens_at, value_at, sizes
            )
        return terms

    def _sizes(self, name: str, source: str, numerator: int, denominator: int) -> Iterator[tuple[int, Fraction]]:
        """Amounts in the currency a dealer receives from which on its half-spread has another factor."""
        for size in self._pairs[name].spread_by_size or ():
            worth = Fraction(size.least.amount_minor)
            # The fraction turns source into target, so an amount in target is worth its inverse in source.
            least = round(worth if size.least.currency == source else worth * denominator / numerator)
            yield min(least, NEVER), Fraction(size.factor)


def _agenda(
    times: Sequence[NDArray[np.int64]], steady: dict[int, int]
) -> Iterator[tuple[int, Iterator[tuple[int, int]]]]:
    """Each instant and what changes then in the order of pairs: (pair, 0), or a run of steady ones as (pair, rows).

    Parameters
    ----------
    times : by pair, the instants at which it changes, rising
    steady : pair → the rows of each of its steps
    """
    places = np.repeat(np.arange(len(times)), [some.size for some in times])
    order = np.argsort(np.concatenate(times), kind="stable")
    instants, places = np.concatenate(times)[order], places[order]
    rows = np.array([steady.get(place, 0) for place in range(len(times))])[places]
    alone = (rows == 0) | (np.diff(instants, prepend=-1) != 0)
    alone[1:] |= rows[:-1] == 0
    starts = np.flatnonzero(alone)
    if starts.size:
        of_runs = zip(instants[starts].tolist(), places[starts].tolist(), np.add.reduceat(rows, starts).tolist())
        for time_us, runs in groupby(of_runs, itemgetter(0)):
            yield time_us, ((place, n) for _, place, n in runs)
