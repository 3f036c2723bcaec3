"""Bilateral offsetting: a queued payment settles together with payments queued in the opposite direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from simcore.accelerate import kernel
from simcore.errors import ScenarioError
from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.grouping import Groups, Int32, by_debtor, by_pair, writable

NONE = -1
FIRST_PAIR, FIRST_FEASIBLE, BEST = 0, 1, 2
MOST_FOR_BEST = 16


@kernel(forceinline=True)
def unlink(k, list_of, head, before, after):
    """Take row k out of its list."""
    if before[k] == NONE:
        head[list_of[k]] = after[k]
    else:
        after[before[k]] = after[k]
    if after[k] != NONE:
        before[after[k]] = before[k]


@kernel
def _fitting(rule, strict, least, greatest, chain, count, amount):
    """Which of the opposite payments ``chain[:count]`` to take, as bits: the sum has to be within least..greatest.

    0 if no choice fits. Sums only grow along the chain, so the first prefix that reaches ``least`` decides, except for
    the best choice.
    """
    if rule != BEST:
        total = 0
        for c in range(count):
            total += amount[chain[c]]
            if total >= least:
                return (1 << (c + 1)) - 1 if total <= greatest else 0
        return 0
    best, choice, total = -1, 0, 0
    if strict:
        for c in range(count):
            total += amount[chain[c]]
            if least <= total <= greatest:
                choice = (1 << (c + 1)) - 1
        return choice
    bits = 0
    for step in range(1, 1 << count):
        # Gray code: each choice differs from the one before in a single payment.
        c = 0
        while not (step >> c) & 1:
            c += 1
        bits ^= 1 << c
        if (bits >> c) & 1:
            total += amount[chain[c]]
        else:
            total -= amount[chain[c]]
        if least <= total <= greatest and (total > best or (total == best and bits < choice)):
            best, choice = total, bits
    return choice


@kernel
def offset_pairs(
    funds, debtor, creditor, amount, rule, strict, most, alone, list_of, opposite, head, before, after,
    first, earlier, later, touched, tested, chain, set_of,
):  # fmt: skip
    """Go through the queue again and again until a whole pass finds nothing to offset.

    Parameters
    ----------
    funds : int64 (n_account,)             changed to what is left
    debtor, creditor, amount : (n,)        in queue order
    rule, strict, most, alone : int, bool, int, bool    see :class:`BilateralOffset`
    list_of : int32 (n,)                   list of each row: its pair, or its debtor if strict
    opposite : int32 (n,)                  list that holds the row's opposite payments, -1 if there is none
    head : int32 (n_list,)                 first row of each list, -1 if empty; changed
    before, after : int32 (n,)             neighbours inside the list; changed
    first, earlier, later : int32          the same three for each debtor's whole queue; changed
    touched : int64 (n_account,)           zeros; when an account last changed
    tested : int64 (n,)                    -1; when a row was last tested
    chain : int32 (most,)                  scratch
    set_of : int32 (n,)                    -1; number of the set where a row settles

    Returns
    -------
    int64                                  sets

    Notes
    -----
    A pass takes at most n × most steps (n × 2^most for the best choice), but a row is tested again only after
    something changed at one of its two accounts.
    """
    sets = 0
    found = True
    while found:
        found = False
        for p in range(amount.size):
            i, j = debtor[p], creditor[p]
            if set_of[p] != NONE:
                continue
            if max(touched[i], touched[j]) <= tested[p]:
                continue
            if (strict or rule == FIRST_PAIR) and first[i] != p:
                continue
            tested[p] = sets
            payable = funds[i] >= amount[p]
            if payable and not alone:
                continue
            count = 0
            q = head[opposite[p]] if opposite[p] != NONE and not payable else NONE
            while q != NONE and count < most and creditor[q] == i:
                chain[count] = q
                count += 1
                q = after[q]
            choice = 0
            if count > 0:
                choice = _fitting(rule, strict, amount[p] - funds[i], funds[j] + amount[p], chain, count, amount)
            if choice == 0 and not payable:
                continue
            back = 0
            for c in range(count):
                if (choice >> c) & 1:
                    q = chain[c]
                    back += amount[q]
                    set_of[q] = sets
                    unlink(q, list_of, head, before, after)
                    unlink(q, debtor, first, earlier, later)
            set_of[p] = sets
            unlink(p, list_of, head, before, after)
            unlink(p, debtor, first, earlier, later)
            funds[i] += back - amount[p]
            funds[j] += amount[p] - back
            sets += 1
            touched[i] = sets
            touched[j] = sets
            found = True
    return sets


def linked(groups: Groups) -> tuple[Int32, Int32, Int32]:
    """Head of each list, and the row before and after each row in its list, -1 at the ends."""
    n = groups.order.size
    before, after = np.full(n, NONE, dtype=np.int32), np.full(n, NONE, dtype=np.int32)
    inner = np.ones(n, dtype=bool)
    inner[groups.start[:-1][np.diff(groups.start) > 0]] = False
    follows = np.flatnonzero(inner)
    before[groups.order[follows]] = groups.order[follows - 1]
    after[groups.order[follows - 1]] = groups.order[follows]
    head = np.full(groups.size, NONE, dtype=np.int32)
    filled = np.flatnonzero(np.diff(groups.start) > 0)
    head[filled] = groups.order[groups.start[filled]]
    return head, before, after


@register("bilateral_offset")
@dataclass(frozen=True, kw_only=True)
class BilateralOffset(Mechanism):
    """Offset queued payments between two accounts, in queue order.

    Each payment p from i to j that i can't pay alone is tried with j's queued payments q1, q2, … to i. A set settles
    if afterwards both accounts have funds left; each success is a set of its own and changes the funds before the
    next payment is looked at. When the end of the queue is reached and something settled, the next pass begins; a
    pass without success ends it.

    Invariants: every set is feasible by itself and touches two accounts only. Cost: O(payments × most) for each
    pass, for the best choice O(payments × 2^most) at worst.
    """

    source: ClassVar[str] = "Ercevik and Jackson (2009); RBA RDP 2012-05 (ten payments); Bank of Finland simulator"
    keeps_order: ClassVar[bool] = False

    rule: Literal["first_pair", "ten", "best"] = "ten"
    """What is tried. first_pair: only the first queued payment of each debtor, with q1 alone. ten: any payment, with
    q1, then q1 and q2, …, up to ``most``; the first set that is feasible settles (RITS). best: any payment, with the
    choice among the first ``most`` opposite payments whose value is the largest feasible; earlier ones among equals."""
    most: int = 10
    """Opposite payments tried at most; 1 to 16 for best. Without effect on first_pair."""
    strict: bool = False
    """Keep each debtor's queue order: p is the first of its debtor's queue, and the opposite payments are a beginning
    of the other's whole queue. Otherwise they are taken from its payments back to the debtor wherever they stand."""
    alone: bool = False
    """Settle a payment by itself, as a set of one, where its debtor can pay it; as RITS, which tests a payment alone
    before it tests offsets. Otherwise such payments are left to the rail's own release."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "keeps_order", self.strict)
        # The event loop knows these two rules; what a payment can pay alone it has settled before.
        object.__setattr__(self, "at_entry", self.rule != "best" and not self.alone)
        greatest = MOST_FOR_BEST if self.rule == "best" else 60
        if not 1 <= self.most <= greatest:
            raise ScenarioError.one(
                "LH103", "bilateral_offset: most", got=str(self.most), expected=f"1 to {greatest} for {self.rule}"
            )

    def select(self, problem: Problem) -> Selection:
        """Choose the offsetting sets."""
        n, queues = problem.size, by_debtor(problem)
        if self.strict:
            lists, list_of, opposite = queues, problem.debtor, problem.creditor
        else:
            pairs = by_pair(problem)
            lists, list_of, opposite = pairs.groups, pairs.of_row, pairs.opposite[pairs.of_row]
        set_of = np.full(n, NONE, dtype=np.int32)
        rule = {"first_pair": FIRST_PAIR, "ten": FIRST_FEASIBLE, "best": BEST}[self.rule]
        most = 1 if self.rule == "first_pair" else self.most
        offset_pairs(
            problem.funds.copy(), writable(problem.debtor), writable(problem.creditor), writable(problem.amount),
            rule, self.strict, most, self.alone, writable(list_of), writable(opposite), *linked(lists), *linked(queues),
            np.zeros(problem.funds.size, dtype=np.int64), np.full(n, -1, dtype=np.int64),
            np.empty(most, dtype=np.int32), set_of,
        )  # fmt: skip
        in_sets = set_of[set_of >= 0]
        together = np.bincount(in_sets)[in_sets] > 1
        offset = int(problem.amount[set_of >= 0][together].sum())
        return Selection(set_of=set_of, facts={"offset_minor": offset})
