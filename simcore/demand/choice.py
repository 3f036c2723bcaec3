"""How a payment chooses its route: what each route of a corridor is expected to cost and to take, known at initiation.

Known are the fees, the amounts that rails take, the rates and spreads quoted then, the hours of markets and of every
rail with its calendar, value dates, cut-offs, the times of net cycles and typical latencies; and of outages those that
last: a route over what is out is passed over while there is another. Its own queue a bank knows where the corridor says
how often it looks (:mod:`simcore.engine.looks`). Not known are the queues of others, dealers' positions, what chance
will do to this payment, when an outage ends and which begin. Everybody is taken to go over every hop of a route, also
where a hop falls away for banks that need no agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fx.rates import RatePath
from simcore.demand import portable
from simcore.demand.hours import BEYOND_DAYS, Hours, windows_of
from simcore.demand.quotes import FAR_US, Quotes
from simcore.engine.hop_hours import shut_times
from simcore.engine.outages import Outages
from simcore.engine.timetable import timetable
from simcore.model import Corridor, Fee, Hop, Latency, Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HOUR_US = 3_600_000_000
BP_E2_WHOLE = 1_000_000.0


def typical_us(latency: int | Latency) -> float:
    """The median of a latency, microseconds."""
    if not isinstance(latency, Latency):
        return float(latency)
    if latency.lognormal is not None:
        median = float(latency.lognormal.median)
    elif latency.exponential is not None:
        median = float(latency.exponential.mean) * 0.6931471805599453  # ln 2
    else:
        assert latency.uniform is not None
        median = (latency.uniform.low + latency.uniform.high) / 2
    return min(max(median, float(latency.least)), float("inf") if latency.most is None else float(latency.most))


class Expected(NamedTuple):
    """What payments are expected to meet on each route, their bank's own queue apart; (n, n_route) each."""

    cost: Floats  # share of the amount
    time_us: Floats
    takes: NDArray[np.bool_]  # whether the route can be chosen

    def slice(self, start: int, stop: int) -> Expected:
        """The payments from ``start`` up to ``stop``, as views."""
        return Expected(self.cost[start:stop], self.time_us[start:stop], self.takes[start:stop])


class RouteChoice:
    """Chooses among the routes of one corridor, for many payments at once."""

    def __init__(
        self, scenario: Scenario, corridor: Corridor, paths: Mapping[str, RatePath], outages: Outages | None = None
    ) -> None:
        self._corridor, self._scenario, self._paths = corridor, scenario, paths
        self.names = [name for name, share in corridor.routes.items() if share > 0]
        self._shares = np.array([float(corridor.routes[name]) for name in self.names])
        self._outages = outages
        self._hours: dict[tuple[str, bool], Hours] = {}
        self._shut: dict[Hop, Ints] = {}
        self._quotes: dict[str, Quotes] = {}

    def choose(self, time_us: Ints, amount: Ints, uniform: Floats) -> NDArray[np.int64]:
        """The position in ``names`` of each payment's route.

        Parameters
        ----------
        time_us : int64 (n,)       initiation
        amount : int64 (n,)        minor units of the first hop's currency
        uniform : float64 (n,)     in [0, 1); only ``logit`` uses them
        """
        return self.decide(self.expect(time_us, amount), uniform)

    def expect(self, time_us: Ints, amount: Ints) -> Expected:
        """What each route is expected to cost and to take without any queue; parameters as for ``choose``."""
        walked = [self._walk(name, time_us, amount) for name in self.names]
        cost = np.stack([each for each, _ in walked], axis=1)
        time = np.stack([self.duration_us(name, time_us) for name in self.names], axis=1)
        takes = np.stack([each for _, each in walked], axis=1)
        takes[~takes.any(axis=1)] = True  # no way is open to it: it goes as if all were, and is rejected
        up = self._up(time_us)
        if up is not None:
            takes &= up | ~(takes & up).any(axis=1, keepdims=True)  # where all are out, as if none were
        return Expected(cost, time, takes)

    def decide(self, expected: Expected, uniform: Floats, wait_us: Ints | None = None) -> NDArray[np.int64]:
        """The position in ``names`` of each payment's route, given what is expected and how long queues make it wait.

        Parameters
        ----------
        uniform : float64 (n,)           in [0, 1); only ``logit`` uses them
        wait_us : int64 (n, n_route)     microseconds in the bank's own queue; None for none
        """
        takes, hours = expected.takes, (expected.time_us + (0 if wait_us is None else wait_us)) / HOUR_US
        cost, hours = np.where(takes, expected.cost, np.inf), np.where(takes, hours, np.inf)
        if self._corridor.choice == "cheapest":
            return _least(cost, hours)
        if self._corridor.choice == "fastest":
            return _least(hours, cost)
        price = float(self._corridor.time_value or 0) / BP_E2_WHOLE
        total = cost + hours * price
        scale = float(self._corridor.scale or 1) / BP_E2_WHOLE
        gap = np.minimum((total - total.min(axis=1, keepdims=True)) / scale, 700.0)
        weight = np.where(takes, self._shares * portable.exp(-gap.ravel()).reshape(gap.shape), 0.0)
        cumulative = np.cumsum(weight, axis=1)
        point = uniform[:, None] * cumulative[:, -1:]
        return np.minimum((point >= cumulative).sum(axis=1), len(self.names) - 1)

    def _up(self, time_us: Ints) -> NDArray[np.bool_] | None:
        """Which routes go over nothing that is out at initiation: (n, routes); None in a run without outages."""
        if self._outages is None or not self._outages.spans:
            return None
        return np.stack([~self._out(self._outages, name, time_us) for name in self.names], axis=1)

    def _out(self, outages: Outages, route: str, time_us: Ints) -> NDArray[np.bool_]:
        """When a rail or link of a route is out, or a participant or dealer that it names; agents differ by payment."""
        hops = self._scenario.routes[route].hops
        names = {name for hop in hops for name in (hop.debtor, hop.creditor) if name in self._scenario.participants}
        dealers = {
            hop.creditor
            for hop, after in pairwise(hops)
            if self._scenario.rails[hop.rail].currency != self._scenario.rails[after.rail].currency
        }
        links = {hop.pvp for hop in hops if hop.pvp is not None}
        return outages.out({hop.rail for hop in hops}, links, names, dealers, time_us)

    def cost(self, route: str, time_us: Ints, amount: Ints) -> Floats:
        """Expected fees and half-spreads over a route, as a share of the amount; (n,)."""
        return self._walk(route, time_us, amount)[0]

    def _walk(self, route: str, time_us: Ints, amount: Ints) -> tuple[Floats, NDArray[np.bool_]]:
        """Expected cost of a route, and whether all its rails take the amount it comes to on them; (n,) each."""
        terms = self._scenario.routes[route]
        hops, takes = terms.hops, np.ones(amount.size, np.bool_)
        value, cost = amount.astype(np.float64), np.zeros(amount.size)
        if terms.sending_fee is not None:
            cost += _asked(terms.sending_fee, value) / value
        for hop, after in zip(hops, [*hops[1:], None]):
            rail = self._scenario.rails[hop.rail]
            if rail.least_amount is not None:
                takes &= value >= rail.least_amount.amount_minor
            if rail.most_amount is not None:
                takes &= value <= rail.most_amount.amount_minor
            source = rail.currency
            target = source if after is None else self._scenario.rails[after.rail].currency
            if target != source:
                quotes, own = self._quoted(hop.creditor, source, target)
                spread = quotes.half_spread(own, source, time_us, value)
                cost += spread
                value = value * (1.0 - spread) * quotes.rate(source, time_us)
            elif hop.fee is not None:
                fee = _fee(hop.fee, value)
                cost += fee / value
                value = np.maximum(value - fee, 1.0)
        return cost, takes

    def duration_us(self, route: str, time_us: Ints) -> Floats:
        """Expected time from initiation until the creditor has its money, microseconds; (n,).

        That is the last settlement; under the cover method, when the creditor's bank credits it.
        """
        at = time_us.copy()
        hops, cover = self._scenario.routes[route].hops, self._scenario.routes[route].cover
        if cover is not None and cover.credited == "message":
            return np.full(at.size, float(cover.message))
        for hop, after in zip(hops, [*hops[1:], None]):
            looked_up = 0.0 if hop.proxy is None else typical_us(hop.proxy.latency)
            at = at + round(typical_us(hop.latency) + _hold_us(hop) + looked_up)
            source = self._scenario.rails[hop.rail].currency
            target = source if after is None else self._scenario.rails[after.rail].currency
            if target == source and hop.cut_off is None:
                at = self._hours_of(hop.rail, hop.service == "batch").settles(at)
                continue
            quotes = None if target == source else self._quoted(hop.creditor, source, target)[0]
            batch = hop.service == "batch"
            at = self._hours_of(hop.rail, batch).settles(self._enters(hop, after, quotes, at))
            if quotes is not None:
                at = quotes.paid_at(at)
        return np.maximum(at - time_us, 0 if cover is None else cover.message).astype(np.float64)

    def _enters(self, hop: Hop, after: Hop | None, quotes: Quotes | None, at: Ints) -> Ints:
        """When an obligation is let in that the hours of rail and market and the hop's cut-off may keep waiting.

        The first leg of a pair waits for the hours of both its rails.
        """
        while True:
            then = self._hours_of(hop.rail).enters(at)
            if hop.pvp is not None and after is not None:
                then = self._hours_of(after.rail).enters(then)
            if hop.cut_off is not None:
                then = self._after_cut_off(hop, then)
            if quotes is not None:
                then = quotes.dealt_at(then)
            if np.array_equal(then, at):
                return at
            at = then

    def _after_cut_off(self, hop: Hop, at: Ints) -> Ints:
        """When what reaches a hop with a cut-off goes on; far away where that isn't known."""
        if hop not in self._shut:
            scenario, rail = self._scenario, self._scenario.rails[hop.rail]
            days = scenario.scenario.days + BEYOND_DAYS
            times = shut_times(hop, rail, windows_of(rail, scenario), scenario.scenario, days)
            self._shut[hop] = np.array(times, np.int64).reshape(len(times), 2)
        shut = self._shut[hop]
        k = np.searchsorted(shut[:, 0], at, side="left") - 1  # the last cut-off before, not at, the instant
        opens = np.where(k >= 0, shut[np.maximum(k, 0), 1], at)
        return np.maximum(at, np.minimum(opens, FAR_US))

    def _quoted(self, dealer: str, source: str, target: str) -> tuple[Quotes, int]:
        """The quotes of a pair, whichever way it is written, and a dealer's own half-spread in quiet hours."""
        fx = self._scenario.fx
        name = f"{source}/{target}" if f"{source}/{target}" in fx.pairs else f"{target}/{source}"
        own = fx.dealers[dealer].half_spread if dealer in fx.dealers else None
        if name not in self._quotes:
            self._quotes[name] = Quotes(self._scenario, name, self._paths[name], self._span, BEYOND_DAYS)
        return self._quotes[name], fx.pairs[name].half_spread if own is None else own

    @cached_property
    def _span(self) -> tuple[int, int]:
        """Start and end of the run, microseconds."""
        times = timetable(self._scenario)
        return times.start_us, times.end_us

    def _hours_of(self, rail: str, in_batches: bool = False) -> Hours:
        if (rail, in_batches) not in self._hours:
            self._hours[rail, in_batches] = Hours(self._scenario, rail, in_batches)
        return self._hours[rail, in_batches]


def _hold_us(hop: Hop) -> float:
    if hop.screening is None or hop.screening.hold is None:
        return 0.0
    return float(hop.screening.hold_share) * typical_us(hop.screening.hold)


def _fee(fee: Fee, value: Floats) -> Floats:
    """What is kept of each amount, which is never more than it."""
    return np.minimum(_asked(fee, value), value)


def _asked(fee: Fee, value: Floats) -> Floats:
    fixed, least = (0 if part is None else part.amount_minor for part in (fee.fixed, fee.least))
    kept = fixed + (fee.share or 0) / BP_E2_WHOLE * value
    most = float("inf") if fee.most is None else float(fee.most.amount_minor)
    return np.minimum(np.maximum(kept, float(least)), most)


def _least(first: Floats, second: Floats) -> NDArray[np.int64]:
    """The column with the least of ``first``, among equals with the least of ``second``, among these the first."""
    tied = first == first.min(axis=1, keepdims=True)
    return np.argmin(np.where(tied, second, np.inf), axis=1)
