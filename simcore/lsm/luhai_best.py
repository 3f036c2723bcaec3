"""Our own mechanism for clearing without queue order: as much value at once as a search guided by flows can find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ScenarioError
from simcore.lsm import register
from simcore.lsm._best_flow import STEPS, VALUE, Flow, Net, begin, make_flow, propagate, route
from simcore.lsm._best_parts import close_core, extract, improve, put_back, take_core
from simcore.lsm._best_search import LARGEST, LEAST_PAID, MOST_PAID, SMALLEST, Part, make_part, search
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.partial_netting import PartialNetting, add_again

Whole = NDArray[np.int8]

WHOLE = 1000  # a problem of up to so many payments is dived into as one, a larger one by its core
WHOLE_SHARE, CORE_SHARE = 2, 8  # tenths of the steps for these dives
CORE = 12_000  # most payments in a core
DIVES = (LARGEST, LEAST_PAID, MOST_PAID, SMALLEST)
FAILURES, CORE_FAILURES = 100, 30  # after which a dive is given up
FIRST = 40  # payments in the first part of each kind
EACH = 200_000  # steps for one part


def make_net(problem: Problem) -> Net:
    """The problem as a net; funds beyond all that an account owes are left out, so that no sum passes 2^62."""
    n = problem.funds.size
    owed = np.zeros(n, dtype=np.int64)
    np.add.at(owed, problem.debtor, problem.amount)
    order = np.argsort(-problem.amount, kind="stable").astype(np.int32)
    ends = np.stack([problem.debtor[order], problem.creditor[order]], axis=1).ravel()
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends, minlength=n), out=start[1:])
    return Net(
        size=np.array([n, problem.size], dtype=np.int64),
        funds=np.minimum(problem.funds, owed),
        debtor=problem.debtor.copy(),
        creditor=problem.creditor.copy(),
        amount=problem.amount.copy(),
        start=start,
        incident=np.repeat(order, 2)[np.argsort(ends, kind="stable")],
    )


def blank_net(accounts: int, payments: int) -> Net:
    """Room for a part of a problem."""
    return Net(
        size=np.zeros(2, dtype=np.int64),
        funds=np.zeros(accounts + 1, dtype=np.int64),
        debtor=np.zeros(payments, dtype=np.int32),
        creditor=np.zeros(payments, dtype=np.int32),
        amount=np.zeros(payments, dtype=np.int64),
        start=np.zeros(accounts + 2, dtype=np.int64),
        incident=np.zeros(2 * payments, dtype=np.int32),
    )


def slack_of(net: Net, x: Whole) -> NDArray[np.int64]:
    """Funds of each account after the payments of ``x`` have settled at once; may be negative."""
    slack = net.funds.copy()
    chosen = x > 0
    np.subtract.at(slack, net.debtor[chosen], net.amount[chosen])
    np.add.at(slack, net.creditor[chosen], net.amount[chosen])
    return slack


@dataclass
class _Run:
    """One selection on its way: the best set known, the divisible optimum and the scratch of the kernels."""

    net: Net
    flow: Flow  # of the whole problem, at its divisible optimum
    part: Part
    sub: Net  # the part being searched
    work: Flow  # of that part
    best: Whole
    value: int
    bound: int
    proven: bool = False

    def better(self, x: Whole) -> None:
        """Take over a set that settles more, after adding what fits besides."""
        gone = x == 0
        position = slack_of(self.net, x)
        add_again(self.net.debtor, self.net.creditor, self.net.amount, position, gone)
        self.best = (~gone).astype(np.int8)
        self.value = int(self.net.amount[~gone].sum())

    def dive_whole(self, limit: int) -> None:
        """Branch and bound over everything, one way of branching after another, each given up after some failures."""
        m = int(self.net.size[1])
        nothing = np.zeros(m, dtype=np.int8)
        self.part.payment[:m] = np.arange(m)
        self.part.taken[:] = 1
        self.part.tally[0] = m
        extract(self.net, self.part, self.sub, nothing, self.net.funds.copy())
        begin(self.sub, self.work)
        turn = 0
        while self.work.tally[STEPS] < limit and self.value < self.bound and not self.proven:
            noise, failures = int(turn >= len(DIVES)), FAILURES * (1 + turn // len(DIVES))
            rule = DIVES[turn % len(DIVES)]
            found = int(search(self.sub, self.work, self.part, self.value, rule, noise, limit, failures))
            self.proven = bool(self.part.tally[2])
            turn += 1
            if found > self.value:
                x = nothing.copy()
                x[self.part.payment[:m]] = self.part.settled[:m]
                self.better(x)
        put_back(self.net, self.part, self.sub, self.best, nothing.astype(np.int64), False)

    def dive_core(self, limit: int) -> None:
        """Keep to the divisible optimum outside a core and search the core; wider cores while that isn't enough."""
        floor = (self.flow.paid[: self.net.size[1]] == self.net.amount).astype(np.int8)
        slack, value = slack_of(self.net, floor), int(self.net.amount[floor > 0].sum())
        each = max(1, -(-120 // int(self.net.size[0])))
        turn = 0
        while self.work.tally[STEPS] < limit and self.value < self.bound:
            known = self.best if turn else floor
            take_core(self.net, self.flow, self.part, floor, known, each)
            close_core(self.net, self.work, self.part, floor, slack.copy())
            outside = value - int(extract(self.net, self.part, self.sub, floor, slack))
            begin(self.sub, self.work)
            for rule in DIVES[2:] if turn % 2 else DIVES[:2]:
                # Half of what is left at most, so that there is a next one.
                half = int(self.work.tally[STEPS] + limit) // 2 + 1
                best, noise = self.value - outside, int(turn > 1)
                found = outside + int(
                    search(self.sub, self.work, self.part, best, rule, noise, min(limit, half), CORE_FAILURES)
                )
                if found > self.value:
                    x = floor.copy()
                    x[self.part.payment[: self.part.tally[0]]] = self.part.settled[: self.part.tally[0]]
                    self.better(x)
            put_back(self.net, self.part, self.sub, floor, slack, False)
            turn += 1
            if turn % 2 == 0 and self.value < self.bound - self.bound // 32:
                each *= 2


@register("luhai_best")
@dataclass(frozen=True, kw_only=True)
class LuhaiBest(Mechanism):
    """Settle a set of the largest value that the search finds, without regard to queue order.

    Divisible payments would make the problem a minimum-cost flow. Its optimum is found first: a bound, prices, and
    all but a few payments whole. Then follow depth-first dives that fix payments one by one and let the flow find its
    way around each, with the bound cutting off what can't be better: over everything where there are up to 1,000
    payments, over a core of those that matter where there are more. The rest of the steps goes into parts of the
    problem (payments along a random walk, among few accounts, along chains of like amounts), searched again in the
    same way while all else stays.

    Invariants: one set; never less value than partial netting with smallest removal and re-adding; never more than the
    divisible bound; the same problem, ``steps`` and ``seed`` give the same set on every machine. Facts: ``bound``,
    ``value``, ``steps`` taken, ``proven`` where no set settles more. Cost: the divisible optimum, some 10 to 50 ns a
    payment and account pair, and then ``steps``, of 3 to 10 ns each.
    """

    source: ClassVar[str] = (
        "Luhai's own. The problem: Güntzer, Jungnickel and Leclerc, EJOR 106 (1998) 212-219; cores: Balas and Zemel, "
        "Operations Research 28 (1980) 1130-1154; searching parts: Shaw, CP 1998, LNCS 1520, 417-431"
    )
    keeps_order: ClassVar[bool] = False

    steps: int = 80_000_000
    """How long to search: payments looked at. More steps never give less value than the greedy start."""
    seed: int = 65
    """Of the draws that choose parts and make dives differ."""

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ScenarioError.one("LH103", "luhai_best: steps", got=str(self.steps), expected="0 or more")
        if not 0 <= self.seed < 2**63:
            raise ScenarioError.one("LH103", "luhai_best: seed", got=str(self.seed), expected="0 to 2^63 - 1")

    def select(self, problem: Problem) -> Selection:
        """Choose the set."""
        greedy = PartialNetting(remove="smallest", readd=True).select(problem)
        run = self._begin(problem, (greedy.set_of >= 0).astype(np.int8))
        self._search(run)
        facts: dict[str, Any] = {
            "bound": run.bound,
            "value": run.value,
            "steps": int(run.work.tally[STEPS]),
            "proven": run.proven or run.value == run.bound,
        }
        return Selection(set_of=np.where(run.best > 0, 0, -1).astype(np.int32), facts=facts)

    def _begin(self, problem: Problem, best: Whole) -> _Run:
        """The divisible optimum, beside the greedy set."""
        n, m = int(problem.funds.size), problem.size
        net, flow = make_net(problem), make_flow(n, m)
        begin(net, flow)
        propagate(net, flow)
        route(net, flow)
        most = min(m, CORE)
        run = _Run(
            net=net,
            flow=flow,
            part=make_part(n, m, most, self.seed),
            sub=blank_net(n, most),
            work=make_flow(n, most),
            best=best,
            value=int(problem.amount[best > 0].sum()),
            bound=int(flow.tally[VALUE]),
        )
        run.work.tally[STEPS] = flow.tally[STEPS]
        return run

    def _search(self, run: _Run) -> None:
        m = int(run.net.size[1])
        if m <= WHOLE:
            run.dive_whole(self.steps * WHOLE_SHARE // 10)
        else:
            run.dive_core(self.steps * CORE_SHARE // 10)
        if run.proven:
            return
        size = np.full(3, FIRST * 16, dtype=np.int64)
        slack = slack_of(run.net, run.best)
        run.value = int(
            improve(
                run.net, run.work, run.part, run.sub, run.best, slack, size, run.part.payment.size, EACH, self.steps,
                run.value, run.bound,
            )
        )  # fmt: skip
