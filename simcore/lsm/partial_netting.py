"""Partial netting: from the whole queue, take payments out of the account that is shortest until everybody can pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from simcore.accelerate import kernel
from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.grouping import by_debtor, positions, writable


@kernel(forceinline=True)
def _shorter(a, b, position):
    """Which of two accounts is further below zero, the lower number among equals; -1 is nobody."""
    if a < 0:
        return b
    if b < 0:
        return a
    if position[a] != position[b]:
        return a if position[a] < position[b] else b
    return min(a, b)


@kernel
def _update(tree, account, position):
    """Play the matches again on the way from an account to the top."""
    node = (tree.size // 2 + account) // 2
    while node > 0:
        tree[node] = _shorter(tree[2 * node], tree[2 * node + 1], position)
        node //= 2


@kernel(forceinline=True)
def _find(link, k):
    """Follow links to the first that points at itself, and shorten the way for the next time."""
    root = k
    while link[root] != root:
        root = link[root]
    while link[k] != root:
        link[k], k = root, link[k]
    return root


@kernel
def _smallest_covering(start, stop, deficit, amount, above, below):
    """The smallest payment still there that covers the deficit, else the largest still there.

    ``above[k]`` and ``below[k + 1]`` lead from place k to the next one still there upwards and downwards; places
    stand in order of amount.
    """
    low, high = start, stop
    while low < high:
        middle = (low + high) // 2
        if amount[middle] < deficit:
            low = middle + 1
        else:
            high = middle
    k = _find(above, low)
    if k >= stop:
        largest = amount[_find(below, stop) - 1]
        low, high = start, stop
        while low < high:
            middle = (low + high) // 2
            if amount[middle] < largest:
                low = middle + 1
            else:
                high = middle
        k = _find(above, low)
    above[k] = k + 1
    below[k + 1] = k
    return k


@kernel
def take_out(start, creditor, amount, smallest, position, tree, last, above, below, gone):
    """Take one payment out of the shortest account, again and again, until no account is short.

    Parameters
    ----------
    start : int64 (n_account + 1,)      payments of account i are start[i] : start[i + 1]
    creditor, amount : int32, int64 (n,)    in that order; inside an account by queue, or by amount if ``smallest``
    smallest : bool                     whether the smallest covering one goes, or the last
    position : int64 (n_account,)       funds after everything; on return after what stays
    tree : int32 (2 × a power of two,)  scratch, -1: who is shortest, as a tournament
    last : int64 (n_account,)           scratch
    above, below : int64 (n + 1,)       scratch: 0, 1, 2, …
    gone : bool (n,)                    all false; true for what was taken out

    Returns
    -------
    int64                               payments taken out

    Notes
    -----
    O((n + n_account) log n_account), and a logarithm of n for each search by amount.
    """
    n_account = position.size
    leaf = tree.size // 2
    for i in range(n_account):
        tree[leaf + i] = i
        last[i] = start[i + 1]
    for node in range(leaf - 1, 0, -1):
        tree[node] = _shorter(tree[2 * node], tree[2 * node + 1], position)
    count = 0
    while n_account > 0 and position[tree[1]] < 0:
        i = tree[1]
        if smallest:
            k = _smallest_covering(start[i], start[i + 1], -position[i], amount, above, below)
        else:
            last[i] -= 1
            k = last[i]
        gone[k] = True
        count += 1
        position[i] += amount[k]
        position[creditor[k]] -= amount[k]
        _update(tree, i, position)
        _update(tree, creditor[k], position)
    return count


@kernel
def add_again(debtor, creditor, amount, position, gone):
    """Go through what was taken out in queue order, settle what now can, until a whole pass finds nothing.

    ``position`` int64 (n_account,) and ``gone`` bool (n,) are changed. Returns payments added. O(n) for each pass.
    """
    count = 0
    found = True
    while found:
        found = False
        for k in range(amount.size):
            if gone[k] and position[debtor[k]] >= amount[k]:
                position[debtor[k]] -= amount[k]
                position[creditor[k]] += amount[k]
                gone[k] = False
                found = True
                count += 1
    return count


@register("partial_netting")
@dataclass(frozen=True, kw_only=True)
class PartialNetting(Mechanism):
    """Take the whole queue and remove payments of the shortest account, one by one, until everybody can pay.

    The shortest account is the one furthest below zero, the lowest number among equals. What it loses is the last
    payment of its queue or the smallest one that covers what it lacks. With ``readd`` the removed payments are then
    tried again in queue order, in passes, for as long as something can be added: that is the greedy rule against
    which cleverer ones are measured. Removing the last without re-adding is gridlock resolution, and then the order
    in which accounts are treated doesn't matter.

    Invariants: one set; with ``readd`` no payment left over could be added by itself. Cost: O((payments + accounts)
    × log accounts), and O(payments) for each pass of re-adding.
    """

    source: ClassVar[str] = "TARGET2 algorithm 2: Guideline ECB/2007/2, Annex II, Appendix I; Project Ubin's simulator"
    keeps_order: ClassVar[bool] = False

    remove: Literal["last", "smallest"] = "last"
    """Which payment of the shortest account goes: the last in its queue, or the smallest that covers its deficit (the
    largest it has if none covers it; the later one among equals)."""
    readd: bool = False
    """Whether removed payments are tried again."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "keeps_order", self.remove == "last" and not self.readd)

    def select(self, problem: Problem) -> Selection:
        """Choose the set that is left."""
        n, n_account = problem.size, int(problem.funds.size)
        smallest = self.remove == "smallest"
        queues = by_debtor(problem)
        order = queues.order
        if smallest:
            # Of equal amounts the earlier stands higher, so that the later goes first.
            order = np.lexsort((-np.arange(n), problem.amount, problem.debtor)).astype(np.int32)
        position = positions(problem)
        leaves = 1 << max(n_account - 1, 1).bit_length()
        gone = np.zeros(n, dtype=np.bool_)
        taken = take_out(
            queues.start, problem.creditor[order], problem.amount[order], smallest, position,
            np.full(2 * leaves, -1, dtype=np.int32), np.empty(n_account, dtype=np.int64),
            np.arange(n + 1), np.arange(n + 1), gone,
        )  # fmt: skip
        out = np.empty(n, dtype=np.bool_)
        out[order] = gone
        added = 0
        if self.readd:
            added = add_again(
                writable(problem.debtor), writable(problem.creditor), writable(problem.amount), position, out
            )
        set_of = np.where(out, -1, 0).astype(np.int32)
        return Selection(set_of=set_of, facts={"taken_out": int(taken), "added_again": int(added)})
