"""The best set of queued obligations that can settle at once, by mixed-integer programming."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ScenarioError
from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.bounds import need_library

OBJECTIVES = ("value", "count")


@dataclass(frozen=True, kw_only=True)
class Program:
    """The bank clearing problem as the solver sees it: amounts divided by their greatest common divisor."""

    amount: NDArray[np.int64]  # (n,)
    funds: NDArray[np.int64]  # (n_account,) no more than the account's debts
    weight: NDArray[np.int64]  # (n,) what settling each is worth
    rows: Any  # scipy.sparse matrix (n_row, n), rows · x ≤ limits
    limits: NDArray[np.float64]  # (n_row,)


def state_program(problem: Problem, objective: str, keep_order: bool) -> Program:
    """Write the problem as rows · x ≤ limits, x in {0, 1}; accounts that can pay all they owe need no row."""
    sparse = need_library("scipy.sparse", "optimum")
    n, n_account = problem.size, problem.funds.size
    unit = int(np.gcd.reduce(problem.amount)) if n else 1
    amount = problem.amount // unit
    owed = np.zeros(n_account, np.int64)
    np.add.at(owed, problem.debtor, amount)
    funds = np.minimum(problem.funds // unit, owed)
    tight = np.flatnonzero(funds < owed)
    every = np.arange(n)
    flows = sparse.csr_matrix(
        (
            np.concatenate([amount, -amount]).astype(np.float64),
            (np.concatenate([problem.debtor, problem.creditor]), np.concatenate([every, every])),
        ),
        shape=(n_account, n),
    )
    blocks, limits = [flows[tight]], [funds[tight].astype(np.float64)]
    if keep_order:
        by_debtor = np.argsort(problem.debtor, kind="stable")
        same = problem.debtor[by_debtor[1:]] == problem.debtor[by_debtor[:-1]]
        before, after = by_debtor[:-1][same], by_debtor[1:][same]
        row = np.arange(before.size)
        blocks.append(
            sparse.csr_matrix(
                (
                    np.repeat([1.0, -1.0], before.size),
                    (np.concatenate([row, row]), np.concatenate([after, before])),
                ),
                shape=(before.size, n),
            )
        )
        limits.append(np.zeros(before.size))
    weight = amount if objective == "value" else np.ones(n, np.int64)
    return Program(amount=amount, funds=funds, weight=weight, rows=sparse.vstack(blocks), limits=np.concatenate(limits))


def closing_funds(
    funds: NDArray[np.int64], problem: Problem, amount: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """What every account holds after the chosen set, (n_account,), in whole numbers."""
    after = funds.copy()
    np.subtract.at(after, problem.debtor[chosen], amount[chosen])
    np.add.at(after, problem.creditor[chosen], amount[chosen])
    return after


def take_out_until_funded(
    problem: Problem, program: Program, chosen: NDArray[np.bool_], keep_order: bool
) -> NDArray[np.bool_]:
    """Take obligations out, always the last of the lowest account that is short, until nobody is.

    Only the chosen are looked at, so the answer is funded but perhaps far from the best. With ``keep_order`` what
    stands behind a gap in a debtor's queue goes first.
    """
    chosen = chosen.copy()
    if keep_order:
        blocked: set[int] = set()
        for k in range(problem.size):
            if not chosen[k]:
                blocked.add(int(problem.debtor[k]))
            elif int(problem.debtor[k]) in blocked:
                chosen[k] = False
    while (short := np.flatnonzero(closing_funds(program.funds, problem, program.amount, chosen) < 0)).size:
        chosen[np.flatnonzero(chosen & (problem.debtor == short[0]))[-1]] = False
    return chosen


def forbid(program: Program, problem: Problem, chosen: NDArray[np.bool_]) -> Program:
    """Add a row for every account that the chosen set leaves short, which the solver took for feasible.

    To be funded, the account must pay one less of what was chosen or be paid one more: valid for every funded set.
    """
    sparse = need_library("scipy.sparse", "optimum")
    rows, limits = [], []
    for account in np.flatnonzero(closing_funds(program.funds, problem, program.amount, chosen) < 0):
        pays = chosen & (problem.debtor == account)
        paid = ~chosen & (problem.creditor == account)
        rows.append(sparse.csr_matrix(pays.astype(np.float64) - paid.astype(np.float64)))
        limits.append(float(pays.sum()) - 1.0)
    return Program(
        amount=program.amount,
        funds=program.funds,
        weight=program.weight,
        rows=sparse.vstack([program.rows, *rows]),
        limits=np.concatenate([program.limits, limits]),
    )


@register("optimum")
@dataclass(frozen=True, kw_only=True)
class Optimum(Mechanism):
    """The bank clearing problem, solved as a mixed-integer program with scipy's HiGHS.

        maximise Σ w_p x_p   subject to   Σ_{debtor i} a_p x_p − Σ_{creditor i} a_p x_p ≤ funds_i,   x_p in {0, 1}

    with w_p = a_p for value, 1 for count. Everything chosen settles as one set.

    Invariants: the set is checked in whole numbers, since the solver works in floats: where it took a set for funded
    that isn't, that set is forbidden and the search goes on. ``facts`` hold ``proven``: whether the solver finished
    its search and the set passed the check; otherwise ``bound`` (minor units or obligations) says how much more there
    could be and ``gap`` which share of the bound that is. Where several sets are best, any one of them is returned.

    Cost: exponential; NP-hard already for two accounts. 10 accounts with 200 obligations take about a second, 20 with
    400 a minute or more; accounts without any funds are the hardest.
    """

    source: ClassVar[str] = "Güntzer, Jungnickel and Leclerc (1998), European Journal of Operational Research 106"
    keeps_order: ClassVar[bool] = False

    objective: Literal["value", "count"] = "value"
    """What is maximised: ``value`` settled or ``count`` of obligations settled."""
    keep_order: bool = False
    """Whether an obligation may settle only with all earlier ones of its debtor (strict queues)."""
    time_limit_s: float = 60.0
    """Seconds after which the best set found so far is returned, not proven. That set depends on the machine."""
    rounds: int = 20
    """How many times a set that the solver wrongly took for funded is forbidden before one is repaired instead."""

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ScenarioError.one(
                "LH103", "optimum: objective", got=repr(self.objective), expected=" or ".join(OBJECTIVES)
            )
        if not 0 < self.time_limit_s < math.inf:
            raise ScenarioError.one(
                "LH103", "optimum: time_limit_s", got=str(self.time_limit_s), expected="seconds, above 0"
            )
        if self.rounds < 0:
            raise ScenarioError.one("LH103", "optimum: rounds", got=str(self.rounds), expected="0 or more")

    def select(self, problem: Problem) -> Selection:
        """Find the best set, or the best found in the time given; raises ``ScenarioError`` LH105 without scipy."""
        if problem.size == 0:
            return Selection(set_of=np.zeros(0, np.int32), facts=self._facts(0, 0, True))
        program = state_program(problem, self.objective, self.keep_order)
        deadline = time.monotonic() + self.time_limit_s
        chosen, bound, finished = solve(program, self.time_limit_s)
        for _ in range(self.rounds):
            after = closing_funds(program.funds, problem, program.amount, chosen)
            left_s = deadline - time.monotonic()
            if (after >= 0).all() or left_s <= 0:
                break
            program = forbid(program, problem, chosen)
            chosen, bound, finished = solve(program, left_s)
        funded = take_out_until_funded(problem, program, chosen, self.keep_order)
        reached = int(program.weight[funded].sum())
        # Beyond 2^50 a float no longer tells one set's value from the next.
        exact = bool((funded == chosen).all()) and int(program.weight.sum()) < 2**50
        unit = int(problem.amount[0] // program.amount[0]) if self.objective == "value" else 1
        proven = finished and exact
        facts = self._facts(reached * unit, reached * unit if proven else max(bound, reached) * unit, proven)
        return Selection(set_of=np.where(funded, 0, -1).astype(np.int32), facts=facts)

    def _facts(self, reached: int, bound: int, proven: bool) -> dict[str, Any]:
        gap = (bound - reached) / bound if bound else 0.0
        return {"objective": self.objective, "reached": reached, "bound": bound, "proven": proven, "gap": gap}


def solve(program: Program, time_limit_s: float) -> tuple[NDArray[np.bool_], int, bool]:
    """One run of the solver: the set it chose, (n,), its upper bound, and whether it searched to the end."""
    optimize = need_library("scipy.optimize", "optimum")
    n, most = program.amount.size, int(program.weight.sum())
    constraints = []
    if program.limits.size:
        constraints.append(optimize.LinearConstraint(program.rows, -np.inf, program.limits))
    answer = optimize.milp(
        -program.weight.astype(np.float64),
        integrality=np.ones(n),
        bounds=optimize.Bounds(0, 1),
        constraints=constraints,
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )
    if answer.x is None:  # stopped before it looked at a single set; settling nothing is always possible
        return np.zeros(n, np.bool_), most, False
    bound = most if answer.mip_dual_bound is None else -float(answer.mip_dual_bound)
    # Settled value is whole, so the fraction can go, but not what floats may have lost.
    whole = math.floor(bound + 1e-9 * abs(bound) + 1e-6) if math.isfinite(bound) else most
    return answer.x > 0.5, min(whole, most), answer.status == 0
