"""The books of a CLS-type day under way: what has been paid in, the queue of pairs, and what members may have back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.cls import Books, Limits, Pairs, pay_in, revolve, worth_of

Ints = NDArray[np.int64]


class Desk:
    """The multicurrency accounts of all members and the revolving queue.

    Parameters
    ----------
    pairs : in order of arrival
    limits : prices with their haircuts, and limits
    balance : int64 (n_member, n_currency) minor units to begin with; zeros where there is none
    """

    def __init__(self, pairs: Pairs, limits: Limits, balance: Ints | None = None) -> None:
        n_member, n_currency = limits.short_limit.shape
        self.pairs, self.limits = pairs, limits
        self._books = Books(*(np.zeros((n_member, n_currency), np.int64) for _ in range(2)),
                            *(np.zeros(n_member, np.int64) for _ in range(2)))  # fmt: skip
        self._queue, self._waiting = np.arange(pairs.one.size), pairs.one.size
        self.settled = 0
        """Pairs settled so far."""
        self.order = np.full(pairs.one.size, -1, np.int64)
        """(n,) place of each pair in the order of settlement; -1 where it hasn't settled."""
        self.failed = np.zeros(pairs.one.size, np.int64)
        """(n,) the test that each pair left failed last, as in :mod:`simcore.kernels.cls`; 0 where it settled."""
        if balance is not None:
            self.pay_in(balance)

    @property
    def balance(self) -> Ints:
        """Balances (live): int64 (n_member, n_currency), minor units."""
        return self._books.balance

    @property
    def waiting(self) -> Ints:
        """Pairs in the queue, in order of arrival."""
        return self._queue[: self._waiting].copy()

    def pay_in(self, amount: Ints) -> None:
        """Credit amounts, int64 (n_member, n_currency), minor units; below zero they are taken out."""
        pay_in(self._books, self.limits, amount)

    def revolve(self) -> Ints:
        """Go round the queue until a round settles nothing; the pairs settled, in order of settlement."""
        before = self.settled
        self._waiting = revolve(
            self.pairs, self._books, self.limits, self._queue, self._waiting, self.order, before, self.failed
        )
        found = np.flatnonzero(self.order >= before)
        self.settled += found.size
        return found[np.argsort(self.order[found])]

    def drop(self, currency: int | None = None) -> Ints:
        """Take pairs out of the queue, all or those with one side in a currency; which they were."""
        waiting = self.waiting
        out = np.ones(waiting.size, np.bool_)
        if currency is not None:
            out = (self.pairs.gives[waiting] == currency) | (self.pairs.takes[waiting] == currency)
        left = waiting[~out]
        self._queue[: left.size], self._waiting = left, left.size
        return waiting[out]

    def most_out(self, member: int, currency: int) -> int:
        """The most of a long balance that a member may have back: what is left is worth nothing below zero."""
        balance, limits = int(self.balance[member, currency]), self.limits
        if balance <= 0:
            return 0
        free = int(self._books.value[member])
        if free <= 0:
            return 0
        cut, raised = int(limits.long_price[currency]), int(limits.short_price[currency])
        worth = worth_of(np.int64(balance), np.int64(cut), np.int64(raised))
        low, high = 0, balance  # the most that leaves worth - free: a search, since worth is rounded
        while low < high:
            middle = (low + high + 1) // 2
            left = worth_of(np.int64(balance - middle), np.int64(cut), np.int64(raised))
            if worth - left <= free:
                low = middle
            else:
                high = middle - 1
        return low
