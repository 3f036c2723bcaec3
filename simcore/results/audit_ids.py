"""Which ids a table had: from 0 on, each once; one bit each, so that many millions fit into memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Ids:
    """``count`` ids were noted, those below zero included; ``largest`` is -1 where there was none."""

    def __init__(self) -> None:
        self.count, self.largest = 0, -1
        self._seen = np.zeros(1 << 13, np.uint8)

    @property
    def absurd(self) -> bool:
        """Whether the largest id is far beyond the rows seen: it is wrong anyway and must not fill the memory."""
        return self.largest > 10 * self.count + (1 << 24)

    def again(self, ids: Ints) -> Ints:
        """Note ids, those that aren't below zero; positions of those that had been there before. None if ``absurd``."""
        self.count += ids.size
        self.largest = max(self.largest, int(ids.max(initial=-1)))
        if self.absurd:
            return np.zeros(0, np.int64)
        if self.largest >> 3 >= self._seen.size:
            self._seen = np.append(self._seen, np.zeros(max(self._seen.size, self.largest >> 3), np.uint8))
        at = np.flatnonzero(ids >= 0)
        ids = ids[at]
        byte, bit = ids >> 3, np.left_shift(np.uint8(1), (ids & 7).astype(np.uint8))
        twice = (self._seen[byte] & bit) != 0
        if not (ids.size < 2 or bool((ids[1:] > ids[:-1]).all())):
            _, first = np.unique(ids, return_index=True)
            more = np.ones(ids.size, np.bool_)
            more[first] = False
            twice |= more
        np.bitwise_or.at(self._seen, byte, bit)
        return at[twice]

    def missing(self, below: int) -> int | None:
        """The first id below a number that there wasn't."""
        gaps = np.flatnonzero(np.unpackbits(self._seen, bitorder="little")[:below] == 0)
        return int(gaps[0]) if gaps.size else None
