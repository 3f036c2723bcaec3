"""Bech and Soramäki's gridlock resolution: the largest part of the queue that can settle at once in queue order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy import uint32

from simcore.accelerate import kernel
from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.grouping import Groups, Int32, Int64, by_debtor, writable


@kernel
def resolve(start, order, creditor, amount, last, position, waiting):
    """Take out the last payment of some account that is short until nobody is.

    Parameters
    ----------
    start : int64 (n_account + 1,)           payments of account i are order[start[i] : start[i + 1]], as queued
    order : int32 (n,)                       rows, account by account
    creditor, amount : int32, int64 (n,)     of the rows
    last : int64 (n_account,)                written: what stays of account i is start[i] : last[i]
    position : int64 (n_account,)            funds; on return those after the payments that stay
    waiting : int32 (n_account,)             scratch: accounts that are short, each once

    Returns
    -------
    int64                                    payments taken out

    Notes
    -----
    O(n + n_account): each payment is added once and taken out at most once. Which short account is treated first
    changes nothing, because feasible sets in queue order are closed under union.
    """
    n_account = position.size
    for i in range(n_account):
        last[i] = start[i + 1]
        total = 0
        for k in range(start[i], start[i + 1]):
            row = uint32(order[k])
            total += amount[row]
            position[uint32(creditor[row])] += amount[row]
        position[i] -= total
    # An account waits exactly while its position is below zero, so crossing zero is the moment to put it in line.
    # First come, first served lets shortfalls gather, which needs fewer visits than treating the latest first.
    first, count = 0, 0
    for i in range(n_account):
        if position[i] < 0:
            waiting[count] = i
            count += 1
    removed = 0
    while count > 0:
        i = waiting[first]
        first = first + 1 if first + 1 < n_account else 0
        count -= 1
        own = position[i]
        k = last[i]
        while own < 0:
            k -= 1
            row = uint32(order[k])
            own += amount[row]
            c = uint32(creditor[row])
            before = position[c]
            position[c] = before - amount[row]
            # Written without a branch, because whether an account falls below zero can't be predicted.
            place = first + count
            waiting[uint32(place if place < n_account else place - n_account)] = c
            count += (before >= 0) & (before < amount[row])
        removed += last[i] - k
        position[i] = own
        last[i] = k
    return removed


@kernel
def mark_prefix(start, last, order, set_of):
    """Write 0 for the rows order[start[i] : last[i]] of every account i."""
    for i in range(last.size):
        for k in range(start[i], last[i]):
            set_of[uint32(order[k])] = 0


def resolved(problem: Problem, queues: Groups) -> tuple[Int64, Int64]:
    """Where each account's settled prefix ends in ``queues``, and the positions then: (n_account,), (n_account,)."""
    n_account = int(problem.funds.size)
    last, position = np.empty(n_account, dtype=np.int64), problem.funds.copy()
    waiting = np.empty(n_account, dtype=np.int32)
    creditor, amount = writable(problem.creditor), writable(problem.amount)
    resolve(queues.start, queues.order, creditor, amount, last, position, waiting)
    return last, position


def prefix_set(problem: Problem, queues: Groups, last: Int64) -> Int32:
    """``set_of`` with one set: of each account the payments before ``last``."""
    set_of = np.full(problem.size, -1, dtype=np.int32)
    mark_prefix(queues.start, last, queues.order, set_of)
    return set_of


@register("gridlock_resolution")
@dataclass(frozen=True, kw_only=True)
class GridlockResolution(Mechanism):
    """Settle at once the largest set that takes from every debtor a beginning of its queue.

    Starting from the whole queue, the last payment of an account that is short is taken out until no account is. The
    set left is the only largest one: any other feasible set that keeps each debtor's order lies inside it, so it has
    the greatest value and the greatest count of all such sets, and who is treated first doesn't matter. A large first
    payment that can't settle keeps back everything behind it. TARGET2's algorithm 2 without limits and the rule of the
    Ubin prototypes on Quorum are the same function.

    Invariants: one set; every debtor's settled payments are a prefix of its queue; no larger such set is feasible.
    Cost: time and memory O(payments + accounts).
    """

    source: ClassVar[str] = "Bech and Soramäki (2001), Gridlock resolution in interbank payment systems, BoF DP 9/2001"
    keeps_order: ClassVar[bool] = True

    def select(self, problem: Problem) -> Selection:
        """Choose the largest set in queue order."""
        queues = by_debtor(problem)
        last, _ = resolved(problem, queues)
        set_of = prefix_set(problem, queues, last)
        return Selection(set_of=set_of, facts={"taken_out": int(problem.size - (last - queues.start[:-1]).sum())})
