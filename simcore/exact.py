"""Sums of int64 that are exact, whatever their size: each value in halves of 32 bits, which can't wrap around."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LOW = 0xFFFFFFFF
ROWS = 1 << 20
"""Most rows of one call of bincount, whose float64 adds up 2^21 halves without rounding."""


def exact_sum(values: NDArray[np.int64]) -> int:
    """The sum as a Python int, of at most 2^31 values."""
    return (int((values >> 32).sum()) << 32) + int((values & _LOW).sum())


def exact_sums(group: NDArray[Any], values: NDArray[np.int64], n: int) -> list[int]:
    """The sum of the values, all ≥ 0, in each of ``n`` groups."""
    total = [0] * n
    for first in range(0, group.size, ROWS):
        part = slice(first, first + ROWS)
        for shift, half in ((32, values[part] >> 32), (0, values[part] & _LOW)):
            counted = np.bincount(group[part], weights=half, minlength=n)
            total = [one + (int(more) << shift) for one, more in zip(total, counted.tolist(), strict=True)]
    return total
