"""Payments of trade and retail: Poisson arrivals by local hour and day, lognormal amounts, weighted parties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from fx.rates import RatePath
from simcore.calendar import load_calendar
from simcore.demand.amounts import lognormal_minor
from simcore.demand.choice import RouteChoice
from simcore.demand.chunk import Chunk
from simcore.demand.days import weighted_days
from simcore.demand.periods import Undecided
from simcore.engine.looks import Looks
from simcore.engine.outages import Outages
from simcore.errors import ScenarioError
from simcore.model import Scenario, TradeFlow
from simcore.retail import WalletFlow
from simcore.rng import stream

HOUR_US = 3_600_000_000
Floats = NDArray[np.float64]


class TradeSource:
    """One trade or retail flow of a scenario as sorted chunks.

    Every draw comes from a stream of its own (``flow:<name>:count``, ``time``, ``amount``, ``debtor``, ``creditor``,
    ``route``, ``customer``), one number per payment and in the order of time. So two policies that differ in the shares
    of a corridor meet the same payments, and the size of the chunks changes nothing.
    """

    def __init__(
        self,
        scenario: Scenario,
        name: str,
        *,
        index: int,
        purpose: int,
        participants: Mapping[str, int],
        routes: Mapping[str, int],
        start_us: int,
        end_us: int,
        seed: int,
        replicate: int = 0,
        chunk: int = 65_536,
        paths: Mapping[str, RatePath] | None = None,
        outages: Outages | None = None,
        looks: Looks | None = None,
    ) -> None:
        flow = scenario.flows[name]
        assert isinstance(flow, TradeFlow)
        self._name, self._flow, self._index, self._purpose = name, flow, index, purpose
        self._window = (start_us, end_us)
        self._seed, self._replicate, self._chunk = seed, replicate, chunk
        self._pairs = _Pairs(name, flow, participants)
        shares: Mapping[str, Decimal] = {flow.route or "": Decimal(1)}
        if flow.corridor is not None:
            shares = scenario.corridors[flow.corridor].routes
        self._routes = np.array([routes[route] for route, share in shares.items() if share > 0], dtype=np.int32)
        self._route_cumulative = cumulative([share for share in shares.values() if share > 0])
        self._choice: RouteChoice | None = None
        if flow.corridor is not None and scenario.corridors[flow.corridor].choice != "shares":
            self._choice = RouteChoice(scenario, scenario.corridors[flow.corridor], paths or {}, outages)
        self._looks = looks if looks is not None and looks.looks(flow.corridor) else None
        self._slots = list(slots(scenario, flow))

    @property
    def rows_expected(self) -> int:
        """Mean number of payments over the run."""
        return round(sum(mean for _, mean in self._slots))

    def chunks(self) -> Iterator[Chunk | Undecided]:
        """Yield the payments in the order of time; those that would fall outside the run's window are not made.

        They are undecided where banks look at their queues before they choose.
        """
        draw = {
            what: stream(self._seed, f"flow:{self._name}:{what}", self._replicate)
            for what in ("count", "time", "amount", "debtor", "creditor", "route", "customer")
        }
        for initiated_at in arrivals(self._slots, draw["count"], draw["time"], self._chunk):
            yield self._make(initiated_at, draw)

    def _make(self, initiated_at: NDArray[np.int64], draw: Mapping[str, np.random.Generator]) -> Chunk | Undecided:
        n = initiated_at.size
        debtor, creditor = self._pairs.choose(draw["debtor"].random(n), draw["creditor"].random(n))
        amount, uniform = lognormal_minor(self._flow.amount, draw["amount"].random(n)), draw["route"].random(n)
        chunk = Chunk(
            initiated_at=initiated_at,
            debtor=debtor,
            creditor=creditor,
            route=np.zeros(n, dtype=np.int32),
            amount_minor=amount,
            priority=np.full(n, self._flow.priority, dtype=np.int8),
            flow=np.full(n, self._index, dtype=np.int16),
            purpose=np.full(n, self._purpose, dtype=np.int16),
            customer=self._customers(draw["customer"], n),
            reference=None,
        )
        first, last = (int(at) for at in np.searchsorted(initiated_at, self._window))
        chunk, uniform = chunk.slice(first, last), uniform[first:last]
        if self._looks is not None:
            return self._later(chunk, uniform, self._looks)
        if self._choice is None:
            chosen = np.searchsorted(self._route_cumulative, uniform, side="right")
        else:
            chosen = self._choice.choose(chunk.initiated_at, chunk.amount_minor, uniform)
        return chunk._replace(route=self._routes[np.minimum(chosen, self._routes.size - 1)])

    def _later(self, chunk: Chunk, uniform: Floats, looks: Looks) -> Undecided:
        """Payments that choose by what their banks saw last when they are initiated."""
        choice, corridor, priority = self._choice, self._flow.corridor, self._flow.priority
        assert choice is not None
        assert corridor is not None
        expected = choice.expect(chunk.initiated_at, chunk.amount_minor)

        def choose(part: Chunk, start: int, stop: int) -> NDArray[np.int32]:
            wait_us = looks.waits(corridor, choice.names, part.debtor, priority)
            return self._routes[choice.decide(expected.slice(start, stop), uniform[start:stop], wait_us)]

        return Undecided(chunk, choose)

    def _customers(self, draw: np.random.Generator, n: int) -> NDArray[np.int32]:
        """Which customer of its debtor makes each payment, all alike; -1 where the flow has none."""
        if self._flow.customers is None:
            return np.full(n, -1, dtype=np.int32)
        return np.floor(draw.random(n) * self._flow.customers).astype(np.int32)


def slots(scenario: Scenario, flow: TradeFlow | WalletFlow) -> Iterator[tuple[int, float]]:
    """Every hour in which payments may arrive: its first instant and the mean number of payments.

    A Poisson number per day spread over hours by weight is the same as one Poisson number per hour. An hour that the
    clock skips on that day coincides with the next one; of an hour that occurs twice the first is meant.
    """
    calendar = load_calendar(flow.calendar)
    zone = ZoneInfo(flow.zone or calendar.zone)
    weights = sorted((int(hour), Fraction(weight)) for hour, weight in flow.profile.items() if weight > 0)
    total = sum(weight for _, weight in weights)
    for day, factor in weighted_days(flow, calendar, scenario.scenario.start, scenario.scenario.days):
        for hour, weight in weights:
            local = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
            start = int(local.astimezone(UTC).timestamp()) * 1_000_000
            yield start, float(Fraction(flow.per_day) * factor * weight / total)


def arrivals(
    hours: Iterable[tuple[int, float]], count: np.random.Generator, time: np.random.Generator, least: int
) -> Iterator[NDArray[np.int64]]:
    """Instants of payments in :func:`slots`, Poisson in number, uniform inside an hour; all that is yielded is sorted.

    ``count`` and ``time`` are streams; ``least`` is how many to gather before a new array is begun.
    """
    starts: list[int] = []
    counts: list[int] = []

    def instants() -> NDArray[np.int64]:
        inside = np.floor(time.random(sum(counts)) * HOUR_US).astype(np.int64)
        return np.sort(np.repeat(np.array(starts, dtype=np.int64), counts) + inside)

    for start, mean in hours:
        # Hours that overlap (a clock put forward) stay in one array, so that sorting each sorts the flow.
        if sum(counts) >= least and start >= max(starts) + HOUR_US:
            yield instants()
            starts.clear()
            counts.clear()
        starts.append(start)
        counts.append(int(count.poisson(mean)))
    if starts:
        yield instants()


def cumulative(weights: Sequence[Decimal | Fraction]) -> Floats:
    """Cumulative shares in (0, 1], each the float nearest to the exact one."""
    exact = [Fraction(weight) for weight in weights]
    total, running, shares = sum(exact), Fraction(0), []
    for weight in exact:
        running += weight
        shares.append(float(running / total))
    return np.array(shares, dtype=np.float64)


class _Pairs:
    """Debtor and creditor by weight, never the same participant: the joint distribution of the allowed pairs."""

    def __init__(self, name: str, flow: TradeFlow, participants: Mapping[str, int]) -> None:
        creditors = {who: Fraction(weight) for who, weight in flow.creditors.items() if weight > 0}
        total = sum(creditors.values(), Fraction(0))
        # A debtor's share of all allowed pairs: its weight times the weight of everybody else it may pay.
        debtors = {who: Fraction(weight) * (total - creditors.get(who, 0)) for who, weight in flow.debtors.items()}
        debtors = {who: weight for who, weight in debtors.items() if weight > 0}
        if not debtors:
            raise ScenarioError.one(
                "LH066",
                f"flows.{name}.creditors",
                got="nobody a debtor of the flow could pay",
                expected="a debtor and a creditor that differ, both with a weight above zero",
            )
        names = list(creditors)
        self._debtors = np.array([participants[who] for who in debtors], dtype=np.int32)
        self._creditors = np.array([participants[who] for who in names], dtype=np.int32)
        self._debtor_cumulative = cumulative(list(debtors.values()))
        self._creditor_cumulative = cumulative(list(creditors.values()))
        self._own = np.array([names.index(who) if who in creditors else len(names) for who in debtors], dtype=np.int64)
        shares = [creditors[who] / total for who in names] + [Fraction(0)]
        self._own_share = np.array([float(shares[own]) for own in self._own])
        before = np.concatenate(([0.0], self._creditor_cumulative[:-1], [2.0]))
        self._own_before = before[self._own]

    def choose(self, first: Floats, second: Floats) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return (n,) debtors and creditors for (n,) uniforms each."""
        d = np.minimum(np.searchsorted(self._debtor_cumulative, first, side="right"), self._debtors.size - 1)
        own, own_share, own_before = self._own[d], self._own_share[d], self._own_before[d]
        # The debtor's own stretch is cut out of the line; what lies beyond it moves down. Rounding could still land on
        # it, so the side decides, and the index is kept to that side.
        point = second * (1.0 - own_share)
        last = self._creditors.size - 1
        beyond = (point >= own_before) & (own < last)
        c = np.searchsorted(self._creditor_cumulative, np.where(beyond, point + own_share, point), side="right")
        c = np.where(beyond, np.clip(c, own + 1, last), np.minimum(c, np.minimum(own - 1, last)))
        return self._debtors[d], self._creditors[c]
