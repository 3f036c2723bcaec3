"""The payments of the benchmarks: made from integers alone, so that they are the same on every machine and version."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

PARTICIPANTS = 100
SEED = 65
DAY_START = 1_767_573_000_000_000  # 2026-01-05 08:30 in Shanghai (00:30 UTC), microseconds
DAY_LENGTH = 31_500_000_000  # 08:45 h, until 17:15

# One opening balance for every account, by number of payments and by per cent of them that must queue. Found by
# bisection with the C loop; the share that results is measured and printed in each run.
OPENINGS: dict[int, dict[int, int]] = {
    1_000_000: {0: 10**13, 5: 150_000_000_000, 30: 58_000_000_000},
    10_000_000: {0: 10**13, 5: 410_000_000_000, 30: 160_000_000_000},
}


class Payments(NamedTuple):
    """Columns of payments in demand order."""

    time: Any  # int64, microseconds, rising
    debtor: Any  # int32
    creditor: Any  # int32, never the debtor
    amount: Any  # int64, minor units, >= 1

    @property
    def size(self) -> int:
        """Number of payments."""
        return int(self.time.size)

    def slice(self, start: int, stop: int) -> Payments:
        """The payments from ``start`` up to ``stop``."""
        return Payments(*(column[start:stop] for column in self))


def _draws(first: int, count: int, stream: int) -> Any:
    """64 random bits per payment: splitmix64 of the payment's number, so that any part can be made alone."""
    with np.errstate(over="ignore"):
        bits = np.arange(first, first + count, dtype=np.uint64) * np.uint64(8) + np.uint64(stream)
        bits = (bits + np.uint64(SEED) * np.uint64(1 << 40)) * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return bits ^ (bits >> np.uint64(31))


def make_payments(total: int, first: int = 0, count: int | None = None, participants: int = PARTICIPANTS) -> Payments:
    """Payments number ``first`` to ``first + count`` of a day of ``total``.

    Both parties are uniform, times rise evenly with jitter, amounts are the product of three uniform numbers below
    2^32, scaled back to 2^32: many small, few large, 5.4 million in major units on average.
    """
    count = total - first if count is None else count
    numbers = np.arange(first, first + count, dtype=np.int64)
    step = DAY_LENGTH // total
    who, size, more = _draws(first, count, 0), _draws(first, count, 1), _draws(first, count, 2)
    low = np.uint64(0xFFFFFFFF)
    debtor = ((who & low) % np.uint64(participants)).astype(np.int32)
    distance = ((who >> np.uint64(32)) % np.uint64(participants - 1)).astype(np.int32) + 1
    amount = ((size & low) * (size >> np.uint64(32))) >> np.uint64(32)
    amount = ((amount * (more & low)) >> np.uint64(32)).astype(np.int64) + 1
    jitter = ((more >> np.uint64(32)) % np.uint64(step)).astype(np.int64)
    time = DAY_START + numbers * step + jitter
    return Payments(time=time, debtor=debtor, creditor=(debtor + distance) % np.int32(participants), amount=amount)
