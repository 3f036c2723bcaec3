"""Cancelling cycles of debt one after the other until none is left: quick, but not the best that can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from simcore.accelerate import kernel
from simcore.errors import ScenarioError
from simcore.lsm import register
from simcore.lsm.base import Cleared, Clearing, Problem
from simcore.lsm.bounds import add_up_pairs, spread_over_obligations
from simcore.lsm.set_off import debt_facts

ORDERS = ("queue", "largest", "smallest")


@kernel
def cancel_cycles(first, creditor, left, cursor, depth_of, path):
    """Walk along debts; whenever the walk comes back to an account on it, cancel that cycle by its smallest debt.

    Parameters
    ----------
    first : int64 (n_account + 1,)   where each account's debts begin
    creditor : int64 (n_pair,)       whom each debt is owed to
    left : int64 (n_pair,)           minor units; reduced in place
    cursor : int64 (n_account,)      scratch, = first[:-1]; the debt each account is walked along next
    depth_of : int64 (n_account,)    scratch, all -1; place on the walk
    path : int64 (n_account,)        scratch; accounts on the walk

    Returns
    -------
    int64                            cycles cancelled

    Notes
    -----
    An account whose debts all lead nowhere is on no cycle any more, and debts only shrink, so no debt is looked at
    again once passed. Each cycle empties a debt: n_pair cycles at most, each as long as the walk.
    """
    n_cycle = 0
    for start in range(depth_of.size):
        path[0] = start
        depth_of[start] = 0
        n_path = 1
        while n_path > 0:
            account = path[n_path - 1]
            debt = cursor[account]
            if debt == first[account + 1]:  # a dead end
                depth_of[account] = -1
                n_path -= 1
                if n_path > 0:
                    cursor[path[n_path - 1]] += 1
                continue
            other = creditor[debt]
            if left[debt] == 0 or cursor[other] == first[other + 1]:
                cursor[account] += 1
                continue
            if depth_of[other] < 0:
                path[n_path] = other
                depth_of[other] = n_path
                n_path += 1
                continue
            smallest = left[debt]
            for k in range(depth_of[other], n_path):
                smallest = min(smallest, left[cursor[path[k]]])
            back = n_path
            for k in range(n_path - 1, depth_of[other] - 1, -1):
                left[cursor[path[k]]] -= smallest
                if left[cursor[path[k]]] == 0:
                    back = k
            for k in range(back + 1, n_path):  # go on from the first debt that is gone
                depth_of[path[k]] = -1
            n_path = back + 1
            n_cycle += 1
    return n_cycle


@register("cycle_cancelling")
@dataclass(frozen=True, kw_only=True)
class CycleCancelling(Clearing):
    """Depth-first search for a cycle of debts, its smallest debt cancelled all round, until no cycle is left.

    Here for comparison: how much goes depends on which cycles come first, and set-off cancels at least as much, with
    proof. Of the obligations between the same two accounts the first in the queue are cancelled first.

    Invariants: net positions stay; obligations only shrink; what is left holds no cycle.
    Cost: one sort, then at most n_pair · n_account steps, in practice n_pair times the length of a cycle.
    """

    source: ClassVar[str] = "Informal Systems, Obligation Clearing Algorithm Design 101"

    order: Literal["queue", "largest", "smallest"] = "queue"
    """Which debt of an account is followed first: the one whose first obligation stands first in the ``queue``, the
    ``largest``, or the ``smallest``; ties by creditor."""

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise ScenarioError.one(
                "LH103", "cycle_cancelling: order", got=repr(self.order), expected=f"one of {', '.join(ORDERS)}"
            )

    def clear(self, problem: Problem) -> Cleared:
        """Cancel cycles until none is left."""
        pairs = add_up_pairs(problem)
        n_account = problem.funds.size
        if self.order == "queue":
            rank = pairs.order[pairs.first]
        else:
            rank = pairs.amount if self.order == "smallest" else -pairs.amount
        order = np.lexsort((pairs.creditor, rank, pairs.debtor))
        first = np.searchsorted(pairs.debtor[order], np.arange(n_account + 1)).astype(np.int64)
        left = pairs.amount[order]
        scratch = np.full(n_account, -1, np.int64)
        n_cycle = int(
            cancel_cycles(first, pairs.creditor[order], left, first[:-1].copy(), scratch, np.zeros(n_account, np.int64))
        )
        by_pair = np.zeros(left.size, np.int64)
        by_pair[order] = left
        residual = spread_over_obligations(problem, pairs, by_pair)
        facts = {"cycles": n_cycle, "order": self.order, **debt_facts(problem, int(residual.sum()))}
        return Cleared(residual_minor=residual, facts=facts)
