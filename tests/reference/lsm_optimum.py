"""The best set of queued obligations, by looking at every set there is."""

from __future__ import annotations

import numpy as np

from simcore.lsm.base import Problem, Selection
from simcore.lsm.optimum import OBJECTIVES, Optimum

VARIANTS = [{"objective": objective, "keep_order": order} for objective in OBJECTIVES for order in (False, True)]
# Every set of up to 14 obligations takes a while, and larger queues can't be searched like this.
SMALL, MIDDLING = 100, 0


def best(problem: Problem, objective: str, keep_order: bool) -> int:
    """The greatest value (minor units) or count of a set that leaves nobody short."""
    n = problem.size
    if n == 0:
        return 0
    sets = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    effect = np.zeros((n, problem.funds.size), np.int64)
    effect[np.arange(n), problem.debtor] -= problem.amount
    effect[np.arange(n), problem.creditor] += problem.amount
    allowed = (problem.funds + sets @ effect >= 0).all(axis=1)
    if keep_order:
        for debtor in range(problem.funds.size):
            own = sets[:, problem.debtor == debtor]
            allowed &= (own[:, 1:] <= own[:, :-1]).all(axis=1)
    worth = problem.amount if objective == "value" else np.ones(n, np.int64)
    return int((sets @ worth)[allowed].max())


def agrees(problem: Problem, mechanism: Optimum, selection: Selection) -> None:
    """The optimum as a number is unique; the set that reaches it may not be."""
    settled = selection.settled
    reached = int(problem.amount[settled].sum()) if mechanism.objective == "value" else int(settled.sum())
    expected = best(problem, mechanism.objective, mechanism.keep_order)
    assert reached == expected
    assert selection.facts == {
        "objective": mechanism.objective,
        "reached": expected,
        "bound": expected,
        "proven": True,
        "gap": 0.0,
    }
    if mechanism.keep_order:
        for debtor in range(problem.funds.size):
            own = settled[problem.debtor == debtor]
            assert (own[1:] <= own[:-1]).all()
