"""What the plain-Python twins of mechanisms share: a problem as lists of ints, and the words of the definitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from simcore.lsm.base import Problem


class Payment(NamedTuple):
    """A row of a problem."""

    row: int
    debtor: int
    creditor: int
    amount: int


@dataclass
class Plain:
    """Funds that change and payments in queue order."""

    funds: list[int]
    payments: list[Payment]

    @property
    def accounts(self) -> range:
        return range(len(self.funds))

    def after(self, chosen: Iterable[Payment]) -> list[int]:
        """Funds of every account after these payments have settled at once."""
        funds = list(self.funds)
        for payment in chosen:
            funds[payment.debtor] -= payment.amount
            funds[payment.creditor] += payment.amount
        return funds

    def feasible(self, chosen: Iterable[Payment]) -> bool:
        """Whether nobody is short when these payments settle at once."""
        return min(self.after(chosen), default=0) >= 0

    def settle(self, chosen: Iterable[Payment]) -> None:
        """Settle them and take them out of the queue."""
        chosen = list(chosen)
        self.funds = self.after(chosen)
        self.payments = [payment for payment in self.payments if payment not in chosen]

    def worst(self, chosen: Iterable[Payment]) -> int | None:
        """The account furthest below zero after these payments, the lowest among equals; None if nobody is short."""
        after = self.after(chosen)
        account = min(self.accounts, key=lambda i: (after[i], i), default=None)
        return account if account is not None and after[account] < 0 else None


def plain(problem: Problem) -> Plain:
    """The problem as Python's own ints."""
    columns = (problem.debtor.tolist(), problem.creditor.tolist(), problem.amount.tolist())
    return Plain(problem.funds.tolist(), [Payment(row, *rest) for row, rest in enumerate(zip(*columns, strict=True))])


def numbered(problem: Problem, sets: Iterable[Collection[Payment]]) -> list[int]:
    """``set_of`` of these sets, in the order in which they settled."""
    set_of = [-1] * problem.size
    for number, chosen in enumerate(sets):
        for payment in chosen:
            assert set_of[payment.row] == -1
            set_of[payment.row] = number
    return set_of


def one_set(problem: Problem, chosen: Collection[Payment]) -> list[int]:
    """``set_of`` of a single set."""
    return numbered(problem, [chosen])


def smallest_covering(own: Iterable[Payment], deficit: int) -> Payment:
    """The smallest payment of at least ``deficit``, else the largest; the later in the queue among equals."""
    own = list(own)
    covering = [payment for payment in own if payment.amount >= deficit]
    if covering:
        return min(covering, key=lambda payment: (payment.amount, -payment.row))
    return max(own, key=lambda payment: (payment.amount, payment.row))
