"""In/out swaps: two opposite trades, one inside to shrink what both members have to pay in, one outside and at risk."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fx.convert_kernel import mul_div_half_even
from simcore.kernels.cls import PRICE_BITS, Limits, Pairs

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class InOut:
    """The swaps found, and positions with their inside legs."""

    inside: Pairs
    """Settled payment versus payment with the other pairs."""
    outside: Pairs
    """The same with both sides turned round: paid at correspondents, not payment versus payment."""
    net: Ints
    """(n_member, n_currency) positions with the inside legs."""
    outside_value: int
    """What is paid outside, both sides, base minor units: the principal that is at risk there."""


def in_out_swaps(net: Ints, limits: Limits, share: Fraction = Fraction(1)) -> InOut:
    """Find swaps that shrink positions, pair of currencies by pair of currencies, members in their order.

    Parameters
    ----------
    net : int64 (n_member, n_currency)    positions, each column summing to 0
    share : Fraction                      of each position, the most that may be swapped

    Notes
    -----
    A member short in one currency and long in another buys the one for the other, at the price without haircut, from a
    member who is the opposite, as much as the smallest of the four positions allows. So no position grows or changes
    its sign. A greedy search: what CLS runs is not published. O(currencies² × members).

    References
    ----------
    CLS Group, In/out swaps, http://www.cls-group.com/Products/Pages/InOutSwaps.aspx
    """
    left = np.array([[_part(int(each), share) for each in row] for row in net], np.int64).reshape(net.shape)
    rows: list[tuple[int, int, int, int, int, int]] = []
    for x in range(net.shape[1]):
        for y in range(net.shape[1]):
            if x == y:
                continue
            # `buyers` are short in x and long in y; `sellers` the opposite, so that x < y and y < x are both needed.
            buyers = [m for m in range(net.shape[0]) if left[m, x] < 0 < left[m, y]]
            sellers = [m for m in range(net.shape[0]) if left[m, y] < 0 < left[m, x]]
            i = k = 0
            while i < len(buyers) and k < len(sellers):
                buyer, seller = buyers[i], sellers[k]
                bought, paid = _most(left, limits, buyer, seller, x, y)
                if bought > 0 and paid > 0:
                    rows.append((seller, buyer, x, y, bought, paid))
                    left[buyer, x] += bought
                    left[buyer, y] -= paid
                    left[seller, x] -= bought
                    left[seller, y] += paid
                # Whoever has used up a side is done; what is left of a unit or less is left.
                if min(-left[buyer, x], left[buyer, y]) <= _unit(limits, x, y) or bought == 0 or paid == 0:
                    i += 1
                else:
                    k += 1
    inside = _pairs(rows)
    outside = _pairs([(b, a, x, y, bought, paid) for a, b, x, y, bought, paid in rows])
    after = net.copy()
    for a, b, x, y, bought, paid in rows:
        after[a, x] -= bought
        after[b, x] += bought
        after[b, y] -= paid
        after[a, y] += paid
    price = [int(each) for each in limits.price]
    value = sum(bought * price[x] + paid * price[y] for _, _, x, y, bought, paid in rows) >> PRICE_BITS
    return InOut(inside=inside, outside=outside, net=after, outside_value=value)


def _part(amount: int, share: Fraction) -> int:
    part = abs(amount) * share.numerator // share.denominator
    return part if amount >= 0 else -part


def _unit(limits: Limits, x: int, y: int) -> int:
    """Amounts up to this can't be exchanged for a whole unit of the other currency."""
    one, other = int(limits.price[x]), int(limits.price[y])
    return max(one, other) // min(one, other)


def _most(left: Ints, limits: Limits, buyer: int, seller: int, x: int, y: int) -> tuple[int, int]:
    """The most x that may be exchanged for y, with that y: no side is more than its position."""
    price_x, price_y = int(limits.price[x]), int(limits.price[y])
    most_x = int(min(-left[buyer, x], left[seller, x]))
    most_y = int(min(left[buyer, y], -left[seller, y]))
    paid = int(mul_div_half_even(np.int64(most_x), np.int64(price_x), np.int64(price_y)))
    if paid <= most_y:
        return most_x, paid
    bought = int(mul_div_half_even(np.int64(most_y), np.int64(price_y), np.int64(price_x)))
    return min(bought, most_x), most_y


def _pairs(rows: list[tuple[int, int, int, int, int, int]]) -> Pairs:
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 6
    arrays: list[Any] = [np.array(column, np.int32 if k < 4 else np.int64) for k, column in enumerate(columns)]
    return Pairs(*arrays)
