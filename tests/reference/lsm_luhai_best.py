"""What luhai_best promises: feasible, never below the greedy rule, the optimum where every set can be tried."""

from __future__ import annotations

import numpy as np

from simcore.lsm.base import Problem, Selection
from simcore.lsm.luhai_best import LuhaiBest
from simcore.lsm.partial_netting import PartialNetting

VARIANTS: list[dict[str, object]] = [{"steps": 300_000}]
SMALL, MIDDLING = 2000, 12
TRIED = 11  # up to so many payments, every set is tried


def optimum(problem: Problem) -> int:
    """The largest value of any feasible set, by trying them all: at most 2^TRIED."""
    sets = (np.arange(1 << problem.size)[:, None] >> np.arange(problem.size)) & 1
    funds = np.tile(problem.funds, (sets.shape[0], 1))
    for payment in range(problem.size):
        moved = sets[:, payment] * problem.amount[payment]
        funds[:, problem.debtor[payment]] -= moved
        funds[:, problem.creditor[payment]] += moved
    return int((sets @ problem.amount)[(funds >= 0).all(axis=1)].max())


def agrees(problem: Problem, mechanism: LuhaiBest, selection: Selection) -> None:
    value = int(problem.amount[selection.settled].sum())
    assert selection.facts["value"] == value <= selection.facts["bound"]
    greedy = PartialNetting(remove="smallest", readd=True).select(problem)
    assert value >= int(problem.amount[greedy.settled].sum())
    if problem.size <= TRIED:
        best = optimum(problem)
        assert value <= best
        if selection.facts["proven"]:
            assert value == best, "it calls proven what isn't the optimum"
        else:
            assert selection.facts["steps"] >= mechanism.steps, "it gave up early"
