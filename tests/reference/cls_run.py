"""A CLS-type day in a run in plain Python: what is paid in as money on the RTGS allows, what settles.

Without swaps, a provider or currencies that close early: what remains is the rule of the tests and of the instalments.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from tests.reference.cls import Member, Pair


def play_day(
    pairs: Sequence[Pair], prices: Sequence[tuple[Fraction, Fraction, Fraction]], short_limit: Sequence[Sequence[int]],
    aggregate_limit: int, deadlines: int, funds: Sequence[Sequence[int]],
) -> tuple[list[int], list[list[list[int]]]]:  # fmt: skip
    """Pairs in the order in which they settled; for each deadline what each member has paid in by it, by currency."""
    members, left = [Member(prices) for _ in funds], [list(row) for row in funds]
    due = [[0] * len(prices) for _ in members]
    for one, other, gives, takes, given, taken in pairs:
        for member, currency, change in ((one, gives, given), (one, takes, -taken),
                                         (other, takes, taken), (other, gives, -given)):  # fmt: skip
            due[member][currency] += change
    paid = [[0] * len(prices) for _ in members]
    waiting, order, by_deadline = list(range(len(pairs))), [], []

    def passes(member: int, pays: int, amount: int, gets: int, got: int) -> bool:
        account = members[member]
        balance = account.after(pays, amount, gets, got)
        return (
            balance[pays] >= -short_limit[member][pays]
            and account.value(balance) >= 0
            and account.short(balance) <= aggregate_limit
        )

    for number in range(1, deadlines + 1):
        for m, account in enumerate(members):
            for currency, owed in enumerate(due[m]):
                wanted = floor(max(owed, 0) * Fraction(number, deadlines)) - paid[m][currency]
                amount = min(wanted, left[m][currency])
                left[m][currency] -= amount
                paid[m][currency] += amount
                account.balance[currency] += amount
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
        by_deadline.append([list(row) for row in paid])
    return order, by_deadline
