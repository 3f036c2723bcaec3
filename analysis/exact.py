"""Sums by group that are exact: int64 columns in, Python integers out, whatever their size.

``numpy.bincount`` adds fast but in float64, which is exact below 2^53 only. So numbers are cut into limbs of 16 bits,
each limb is summed by itself, and the sums are put together as Python integers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ROWS: Final = 1 << 20
"""Most rows of one call: a product of two limbs is below 2^32, so 2^20 of them stay below 2^53."""
_BITS: Final = 16


def limbs(numbers: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """Numbers ≥ 0 as float64 digits to the base 2^16, lowest first; only as many as the largest needs."""
    if numbers.size and int(numbers.min()) < 0:
        raise ValueError("exact sums take numbers that are not negative")
    found, largest, shift = [], int(numbers.max(initial=0)), 0
    while largest >> shift:
        found.append(((numbers >> shift) & 0xFFFF).astype(np.float64))
        shift += _BITS
    return found


def sums(group: NDArray[np.intp], n: int, *factors: NDArray[np.int64]) -> list[int]:
    """Sum of the product of one or two columns in each of ``n`` groups.

    Parameters
    ----------
    group : intp (rows,)         position of each row's group, 0 to n - 1
    factors : int64 (rows,)      one or two columns, ≥ 0

    Returns
    -------
    list of int                  (n,), exact
    """
    if n == 1:
        return [_sum(*factors)]
    total = [0] * n
    for first in range(0, group.size, ROWS):
        part = slice(first, first + ROWS)
        digits = [limbs(factor[part]) for factor in factors]
        second: list[Any] = digits[1] if len(digits) > 1 else [None]
        for i, left in enumerate(digits[0]):
            for j, right in enumerate(second):
                weights = left if right is None else left * right
                counted = np.bincount(group[part], weights=weights, minlength=n)
                for position in np.flatnonzero(counted):
                    total[position] += int(counted[position]) << (_BITS * (i + j))
    return total


def _sum(*factors: NDArray[np.int64]) -> int:
    """The same where all rows are one group: limbs of 21 bits, whose products of 2^20 rows fit into int64."""
    total = 0
    for first in range(0, factors[0].size, ROWS):
        digits = []
        for factor in factors:
            part = factor[first : first + ROWS]
            if int(part.min()) < 0:
                raise ValueError("exact sums take numbers that are not negative")
            digits.append([(part >> shift) & 0x1FFFFF for shift in range(0, int(part.max()).bit_length(), 21)])
        for i, left in enumerate(digits[0]):
            for j, right in enumerate(digits[1]) if len(digits) > 1 else [(0, None)]:
                total += int(left.sum() if right is None else np.dot(left, right)) << (21 * (i + j))
    return total
