"""A CLS-type day in a run in plain Python: what is paid in as money on the RTGS allows, what settles.

Without swaps, a provider or currencies that close early: what remains is the rule of the tests and of the instalments.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from tests.reference.cls import Member, Pair, Prices, due, revolve


def play_day(
    pairs: Sequence[Pair], prices: Prices, short_limit: Sequence[Sequence[int]], aggregate_limit: int, deadlines: int,
    funds: Sequence[Sequence[int]],
) -> tuple[list[int], list[list[list[int]]]]:  # fmt: skip
    """Pairs in the order in which they settled; for each deadline what each member has paid in by it, by currency."""
    members, left = [Member(prices, row, aggregate_limit) for row in short_limit], [list(row) for row in funds]
    owed, paid = due(pairs, len(members), len(prices)), [[0] * len(prices) for _ in members]
    waiting, order, by_deadline = list(range(len(pairs))), [], []
    for number in range(1, deadlines + 1):
        for m, account in enumerate(members):
            for currency, amount in enumerate(owed[m]):
                wanted = floor(amount * Fraction(number, deadlines)) - paid[m][currency]
                come = min(wanted, left[m][currency])
                left[m][currency] -= come
                paid[m][currency] += come
                account.balance[currency] += come
        revolve(members, pairs, waiting, order)
        by_deadline.append([list(row) for row in paid])
    return order, by_deadline
