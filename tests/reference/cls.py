"""A CLS-type day in plain Python: lists, exact fractions, and the three tests word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor

Pair = tuple[int, int, int, int, int, int]
"""One member, the other, currency that one gives, currency that it takes, the two amounts."""


Prices = Sequence[tuple[Fraction, Fraction, Fraction]]
"""Of each currency: price, price of a long balance, price of a short one."""


class Member:
    """An account in every currency, what it is worth, and how far it may be short in each currency and in all."""

    def __init__(self, prices: Prices, short_limit: Sequence[int], aggregate_limit: int) -> None:
        self.prices, self.short_limit, self.aggregate_limit = prices, short_limit, aggregate_limit
        self.balance = [0] * len(prices)

    def value(self, balance: list[int]) -> int:
        return sum(
            floor(each * long) if each >= 0 else -ceil(-each * short)
            for each, (_, long, short) in zip(balance, self.prices)
        )

    def short(self, balance: list[int]) -> int:
        return sum(ceil(-each * price) for each, (price, _, _) in zip(balance, self.prices) if each < 0)

    def after(self, pays: int, paid: int, gets: int, got: int) -> list[int]:
        balance = list(self.balance)
        balance[pays] -= paid
        balance[gets] += got
        return balance

    def passes(self, pays: int, paid: int, gets: int, got: int) -> bool:
        """The three tests."""
        balance = self.after(pays, paid, gets, got)
        return (
            balance[pays] >= -self.short_limit[pays]
            and self.value(balance) >= 0
            and self.short(balance) <= self.aggregate_limit
        )


def due(pairs: Sequence[Pair], n_member: int, n_currency: int) -> list[list[int]]:
    """What each member is to pay in: what it gives net of what it takes, by currency."""
    owed = [[0] * n_currency for _ in range(n_member)]
    for one, other, gives, takes, given, taken in pairs:
        for member, currency, change in ((one, gives, given), (one, takes, -taken),
                                         (other, takes, taken), (other, gives, -given)):  # fmt: skip
            owed[member][currency] += change
    return [[max(each, 0) for each in row] for row in owed]


def revolve(members: Sequence[Member], pairs: Sequence[Pair], waiting: list[int], order: list[int]) -> None:
    """Round after round in order of arrival, until one settles nothing; what settles moves to ``order``."""
    moving = True
    while moving:
        moving = False
        for k in list(waiting):
            one, other, gives, takes, given, taken = pairs[k]
            its, theirs = members[one], members[other]
            if its.passes(gives, given, takes, taken) and theirs.passes(takes, taken, gives, given):
                its.balance = its.after(gives, given, takes, taken)
                theirs.balance = theirs.after(takes, taken, gives, given)
                waiting.remove(k)
                order.append(k)
                moving = True


def settle_day(
    pairs: Sequence[Pair], prices: Prices, short_limit: Sequence[int], aggregate_limit: Sequence[int],
    deadlines: Sequence[Fraction], fails_from: Mapping[int, int],
) -> tuple[list[int], list[list[int]], list[int]]:  # fmt: skip
    """Pairs in the order in which they settled, balances at the end, pairs settled by each deadline."""
    members = [Member(prices, short_limit, most) for most in aggregate_limit]
    owed, paid = due(pairs, len(members), len(prices)), [[0] * len(prices) for _ in members]
    waiting, order, by_deadline = list(range(len(pairs))), [], []
    for number, share in enumerate(deadlines):
        for m, account in enumerate(members):
            for currency, amount in enumerate(owed[m]):
                instalment = floor(amount * share) - paid[m][currency]
                if number < fails_from.get(m, len(deadlines)):
                    account.balance[currency] += instalment
                    paid[m][currency] += instalment
        revolve(members, pairs, waiting, order)
        by_deadline.append(len(order))
    return order, [account.balance for account in members], by_deadline
