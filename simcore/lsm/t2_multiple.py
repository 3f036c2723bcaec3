"""TARGET2's "multiple" algorithm: pair by pair, the best matched first, and then everything that is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simcore.accelerate import kernel
from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.grouping import Pairs, by_pair, writable
from simcore.lsm.t2_limits import Limits, limited, staying


@kernel
def settle_pairs(tried, pair_debtor, pair_creditor, opposite, start, order, amount, rule, room, set_of):
    """Settle pairs of accounts one after another, each with the payments that the two can fund.

    Parameters
    ----------
    tried : int32 (n_tried,)                  one ordered pair of each two accounts, in the order of trying
    pair_debtor, pair_creditor, opposite : int32 (n_pair,)
    start, order : int64, int32               rows of pair g are order[start[g] : start[g + 1]]
    amount : int64 (n,)
    rule : int32 (n_pair,)                    limit that payments of the pair use, -1 for none
    room : int64 (n_rule,)                    funds and limits; changed to what is left
    set_of : int32 (n,)                       -1; number of the set where a row settles

    Returns
    -------
    int64                                     sets

    Notes
    -----
    O(n + n_tried): each payment is added once and taken out at most once.
    """
    sets = 0
    for t in range(tried.size):
        there = tried[t]
        back = opposite[there]
        i, j = pair_debtor[there], pair_creditor[there]
        there_end, back_end = start[there + 1], start[back + 1]
        net = 0  # what i pays j in the end
        for m in range(start[there], there_end):
            net += amount[order[m]]
        for m in range(start[back], back_end):
            net -= amount[order[m]]
        while True:
            if room[i] < net or (rule[there] >= 0 and room[rule[there]] < net):
                there_end -= 1
                net -= amount[order[there_end]]
            elif room[j] < -net or (rule[back] >= 0 and room[rule[back]] < -net):
                back_end -= 1
                net += amount[order[back_end]]
            else:
                break
        if there_end == start[there] and back_end == start[back]:
            continue
        for m in range(start[there], there_end):
            set_of[order[m]] = sets
        for m in range(start[back], back_end):
            set_of[order[m]] = sets
        room[i] -= net
        room[j] += net
        if rule[there] >= 0:
            room[rule[there]] -= net
        if rule[back] >= 0:
            room[rule[back]] += net
        sets += 1
    return sets


@register("t2_multiple")
@dataclass(frozen=True, kw_only=True)
class T2Multiple(Mechanism):
    """Settle pairs of accounts by themselves, then what is left of the queue multilaterally.

    First come all pairs with payments queued both ways, the pair with the smallest difference between the two totals
    first (lower accounts among equals). From a pair, payments between the two are taken out from the end, of whichever
    account is short or over its limit, until both hold; what stays settles as one set. Then the rest of the queue
    settles as far as :class:`~simcore.lsm.t2_partial.T2Partial` finds. Room under a limit that a set used is gone.

    Invariants: every set keeps funds and limits. Cost: O(payments log payments + accounts + limits).
    """

    source: ClassVar[str] = "TARGET2 algorithm 3: Guideline ECB/2007/2, Annex II, Appendix I; details are our reading"
    keeps_order: ClassVar[bool] = False

    limits: Limits = ()
    """Limits still free, each (account, towards account or -1 for all others, minor units)."""

    def select(self, problem: Problem) -> Selection:
        """Choose bilateral sets and a multilateral one."""
        rules = limited(problem, self.limits, "t2_multiple")
        pairs, room = by_pair(problem), rules.room
        first = pairs.groups.order[pairs.groups.start[:-1]]
        set_of = np.full(problem.size, -1, dtype=np.int32)
        sets = settle_pairs(
            _by_difference(problem, pairs), pairs.debtor, pairs.creditor, pairs.opposite, pairs.groups.start,
            pairs.groups.order, writable(problem.amount), rules.debit_rule[first], room, set_of,
        )  # fmt: skip
        rest = np.flatnonzero(set_of < 0)
        if rest.size:
            left = Problem(
                funds=room[: problem.funds.size],
                debtor=problem.debtor[rest],
                creditor=problem.creditor[rest],
                amount=problem.amount[rest],
                priority=problem.priority[rest],
                entered_at=problem.entered_at[rest],
            )
            still = type(rules)(room, rules.holder, rules.debit_rule[rest], rules.credit_rule[rest])
            queues, last = staying(left, still, room)
            stays = np.arange(rest.size) < np.repeat(last, np.diff(queues.start))
            set_of[rest[queues.order[stays]]] = sets
        return Selection(set_of=set_of, facts={"pairs_settled": int(sets)})


def _by_difference(problem: Problem, pairs: Pairs) -> np.ndarray:
    """One ordered pair of each two accounts that both queue, smallest difference of the totals first: int32."""
    total = np.zeros(pairs.groups.size, dtype=np.int64)
    np.add.at(total, pairs.of_row, problem.amount)
    both = np.flatnonzero((pairs.opposite >= 0) & (pairs.debtor < pairs.creditor))
    difference = np.abs(total[both] - total[pairs.opposite[both]])
    return both[np.argsort(difference, kind="stable")].astype(np.int32)
