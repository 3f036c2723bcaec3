"""Rows in groups: those of a day, an hour or a currency, and then by currency, since amounts of two are never added."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words

_CLOCK: Final[dict[str, tuple[int, Literal["D", "h"]]]] = {"day": (86_400_000_000, "D"), "hour": (3_600_000_000, "h")}
_BITS: Final = 16
_CURRENCY: Final = (1 << _BITS) - 1


def plain_groups(
    by: str, groups: Words, start: NDArray[np.int64], currencies: Words, currency: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(n,) positions in ``groups``: of the day or hour of ``start`` in UTC, of the currency, or of the empty name."""
    if by in _CLOCK:
        length, unit = _CLOCK[by]
        slots, inverse = np.unique(start // length, return_inverse=True)
        return np.array([groups.position(str(np.datetime64(int(s), unit))) for s in slots], np.int64)[inverse]
    if by == "currency":
        return np.array([groups.position(word) for word in currencies.words], np.int64)[currency]
    return np.full(start.size, groups.position(""), np.int64)


def by_currency(
    group: NDArray[np.int64], currency: NDArray[np.int64]
) -> tuple[list[tuple[int, int]], NDArray[np.intp]]:
    """The pairs of group and currency that occur, and which of them each row belongs to."""
    keys, row = np.unique(group << _BITS | currency, return_inverse=True)
    return [(key >> _BITS, key & _CURRENCY) for key in keys.tolist()], row.reshape(-1)
