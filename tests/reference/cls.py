"""A CLS-type day in plain Python: lists, exact fractions, and the three tests word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor

Pair = tuple[int, int, int, int, int, int]
"""One member, the other, currency that one gives, currency that it takes, the two amounts."""


class Member:
    """An account in every currency, and what it is worth."""

    def __init__(self, prices: Sequence[tuple[Fraction, Fraction, Fraction]]) -> None:
        self.prices = prices
        """Of each currency: price, price of a long balance, price of a short one."""
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


def settle_day(
    pairs: Sequence[Pair], prices: Sequence[tuple[Fraction, Fraction, Fraction]], short_limit: Sequence[int],
    aggregate_limit: Sequence[int], deadlines: Sequence[Fraction], fails_from: Mapping[int, int],
) -> tuple[list[int], list[list[int]], list[int]]:  # fmt: skip
    """Pairs in the order in which they settled, balances at the end, pairs settled by each deadline."""
    members = [Member(prices) for _ in aggregate_limit]
    due = [[0] * len(prices) for _ in members]
    for one, other, gives, takes, given, taken in pairs:
        for member, currency, change in ((one, gives, given), (one, takes, -taken),
                                         (other, takes, taken), (other, gives, -given)):  # fmt: skip
            due[member][currency] += change
    due = [[max(each, 0) for each in row] for row in due]
    paid = [[0] * len(prices) for _ in members]

    def passes(member: int, pays: int, paid_out: int, gets: int, got: int) -> bool:
        account = members[member]
        balance = account.after(pays, paid_out, gets, got)
        return (
            balance[pays] >= -short_limit[pays]
            and account.value(balance) >= 0
            and account.short(balance) <= aggregate_limit[member]
        )

    waiting, order, by_deadline = list(range(len(pairs))), [], []
    for number, share in enumerate(deadlines):
        for m, account in enumerate(members):
            for currency, amount in enumerate(due[m]):
                instalment = floor(amount * share) - paid[m][currency]
                if number < fails_from.get(m, len(deadlines)):
                    account.balance[currency] += instalment
                    paid[m][currency] += instalment
        moving = True
        while moving:
            moving = False
            for k in list(waiting):
                one, other, gives, takes, given, taken = pairs[k]
                if passes(one, gives, given, takes, taken) and passes(other, takes, taken, gives, given):
                    members[one].balance = members[one].after(gives, given, takes, taken)
                    members[other].balance = members[other].after(takes, taken, gives, given)
                    waiting.remove(k)
                    order.append(k)
                    moving = True
        by_deadline.append(len(order))
    return order, [account.balance for account in members], by_deadline
