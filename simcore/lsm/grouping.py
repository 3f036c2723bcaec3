"""Groups obligations by debtor or by pair of accounts, and adds up positions: what many mechanisms begin with.

All kernels here take arrays and scratch from the caller, because kernels allocate nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import uint32
from numpy.typing import NDArray

from simcore.accelerate import kernel
from simcore.lsm.base import Problem

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@kernel
def group_rows(group, start, order):
    """Sort rows by group, keeping the order of the rows inside each: one counting sort.

    Parameters
    ----------
    group : int32 (n,)             group of each row
    start : int64 (n_group + 2,)   zeros; on return rows of group g are order[start[g] : start[g + 1]]
    order : int32 (n,)             rows, by group; written

    Notes
    -----
    O(n + n_group) steps.
    """
    for k in range(group.size):
        start[uint32(group[k] + 2)] += 1
    for g in range(2, start.size):
        start[g] += start[g - 1]
    for k in range(group.size):
        own = uint32(group[k] + 1)
        order[uint32(start[own])] = k
        start[own] += 1


@kernel
def net_positions(debtor, creditor, amount, position, paid):
    """Add every obligation to ``position``, int64 (n_account,): the debtor's falls, the creditor's rises. O(n).

    ``paid``, int64 (n_account,), is scratch, all zeros before and after: with sums of their own the two sides needn't
    wait for each other. Indices are unsigned because one that may be negative costs a test, half of all the time here.
    """
    for k in range(amount.size):
        paid[uint32(debtor[k])] += amount[k]
        position[uint32(creditor[k])] += amount[k]
    for i in range(position.size):
        position[i] -= paid[i]
        paid[i] = 0


@kernel
def settle_in_sets(rows, set_of, debtor, creditor, amount, funds):
    """Settle rows set by set; stop at the first set that leaves an account short.

    Parameters
    ----------
    rows : int64 (k,)                    what settles, sorted by set
    set_of : int32 (n,)                  number of each row's set
    debtor, creditor, amount : (n,)
    funds : int64 (n_account,)           changed to what is left

    Returns
    -------
    int64                                place in ``rows`` where the set ends that leaves somebody short, -1 if none
    """
    first = 0
    for m in range(rows.size):
        k = rows[m]
        funds[debtor[k]] -= amount[k]
        funds[creditor[k]] += amount[k]
        if m + 1 < rows.size and set_of[rows[m + 1]] == set_of[k]:
            continue
        for r in range(first, m + 1):
            if funds[debtor[rows[r]]] < 0:
                return m
        first = m + 1
    return -1


def writable(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself, or a copy if it is read-only: numba would compile every kernel again for such arrays."""
    return array if array.flags.writeable and array.flags.c_contiguous else array.copy()


@dataclass(frozen=True)
class Groups:
    """Rows by group: those of group g are ``order[start[g] : start[g + 1]]``, in the order of the rows."""

    start: Int64  # (n_group + 1,)
    order: Int32  # (n,)

    @property
    def size(self) -> int:
        """Number of groups."""
        return int(self.start.size) - 1


def groups_of(group: Int32, count: int) -> Groups:
    """Sort rows by their group, 0..count-1."""
    start = np.zeros(count + 2, dtype=np.int64)
    order = np.empty(group.size, dtype=np.int32)
    group_rows(writable(group), start, order)
    return Groups(start[:-1], order)


def by_debtor(problem: Problem) -> Groups:
    """Each debtor's queue."""
    return groups_of(problem.debtor, int(problem.funds.size))


@dataclass(frozen=True)
class Pairs:
    """Rows by ordered pair of debtor and creditor, and for each pair the opposite one."""

    groups: Groups
    of_row: Int32  # (n,) pair of each row
    debtor: Int32  # (n_pair,)
    creditor: Int32  # (n_pair,)
    opposite: Int32  # (n_pair,) pair in the other direction, -1 if nobody queues there


def by_pair(problem: Problem) -> Pairs:
    """The queue between each two accounts, pairs in order of debtor and then creditor."""
    n_account = int(problem.funds.size)
    key = problem.debtor.astype(np.int64) * n_account + problem.creditor
    keys, of_row = np.unique(key, return_inverse=True)
    debtor, creditor = np.divmod(keys, max(n_account, 1))
    wanted = creditor * n_account + debtor
    place = np.searchsorted(keys, wanted)
    found = np.minimum(place, max(keys.size - 1, 0))
    there = keys[found] == wanted if keys.size else np.zeros(0, dtype=bool)
    opposite = np.where(there, found, -1).astype(np.int32)
    of_row = of_row.astype(np.int32)
    return Pairs(
        groups_of(of_row, int(keys.size)), of_row, debtor.astype(np.int32), creditor.astype(np.int32), opposite
    )


def positions(problem: Problem) -> Int64:
    """Funds of every account after the whole queue has settled at once: (n_account,), minor units."""
    position = problem.funds.copy()
    debtor, creditor, amount = writable(problem.debtor), writable(problem.creditor), writable(problem.amount)
    net_positions(debtor, creditor, amount, position, np.zeros_like(position))
    return position
