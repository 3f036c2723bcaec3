"""Merges the sorted chunks of several flows into one order, and cuts it into batches of one size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from simcore.demand.chunk import Chunk, concatenate

NEUTRAL = 5
"""Place of a payment at its instant where the first rail of its route has no priorities."""


def merged(flows: Sequence[Iterator[Chunk]], has_priority: NDArray[np.bool_]) -> Iterator[Chunk]:
    """Yield all payments by (initiated_at, priority, flow, order in the flow).

    Parameters
    ----------
    flows : sequence of iterators    position is the flow; each sorted by initiated_at, its chunks of any size
    has_priority : (n_route,) bool   whether the first rail of the route orders by priority; elsewhere all are equal

    Notes
    -----
    Holds one or two chunks of each flow. Payments of one instant can leave only when no flow can bring another one that
    comes first; with priorities that means all payments of that instant are held together.
    """
    least = 0 if has_priority.any() else NEUTRAL
    # What a flow may still bring comes at (last time seen, least, flow) or later.
    last: dict[int, int] = {}
    loaded = [0] * len(flows)
    held: Chunk | None = None

    def load(flow: int) -> Chunk | None:
        for chunk in flows[flow]:
            if chunk.size:
                last[flow], loaded[flow] = int(chunk.initiated_at[-1]), chunk.size
                return chunk
        last.pop(flow, None)
        return None

    wanted = list(range(len(flows)))
    while True:
        new = [chunk for chunk in map(load, wanted) if chunk is not None]
        if new:
            held = _sorted(concatenate(new if held is None else [held, *new]), has_priority)
        if not last:
            if held is not None and held.size:
                yield held
            return
        assert held is not None
        until, slowest = min((time, flow) for flow, time in last.items())
        ready = _ready(held, until, least, slowest, has_priority)
        if ready:
            yield held.slice(0, ready)
            held = held.slice(ready, held.size)
        # Loading every flow that runs low, not only the slowest, keeps the number of sorts small.
        rows_left = np.bincount(held.flow, minlength=len(flows))
        wanted = [flow for flow in last if flow == slowest or 2 * rows_left[flow] <= loaded[flow]]


def _place(chunk: Chunk, has_priority: NDArray[np.bool_]) -> NDArray[np.int8]:
    return np.where(has_priority[chunk.route], chunk.priority, np.int8(NEUTRAL)).astype(np.int8)


def _sorted(chunk: Chunk, has_priority: NDArray[np.bool_]) -> Chunk:
    """Sort by (initiated_at, place, flow); rows of one flow that tie keep their order."""
    time, place, flow = chunk.initiated_at, _place(chunk, has_priority), chunk.flow
    # place < 16 and flow < 2^16: one number orders a tie.
    tie = (place.astype(np.int32) << 16) | flow.astype(np.int32)
    same = time[1:] == time[:-1]
    if bool(np.all((time[1:] > time[:-1]) | (same & (tie[1:] >= tie[:-1])))):
        return chunk
    return chunk.take(np.lexsort((tie, time)))


def _ready(held: Chunk, until: int, least: int, slowest: int, has_priority: NDArray[np.bool_]) -> int:
    """How many payments come no later than (until, least, slowest)."""
    first, after = (int(np.searchsorted(held.initiated_at, until, side=side)) for side in ("left", "right"))
    tied = held.slice(first, after)
    place = _place(tied, has_priority)
    return first + int(np.count_nonzero((place < least) | ((place == least) & (tied.flow <= slowest))))


def resized(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    """Yield the same payments in chunks of ``size``; the last may be smaller."""
    waiting: list[Chunk] = []
    count = 0
    for chunk in chunks:
        start = 0
        while count + chunk.size - start >= size:
            stop = start + size - count
            yield concatenate([*waiting, chunk.slice(start, stop)])
            waiting, count, start = [], 0, stop
        if start < chunk.size:
            waiting.append(chunk.slice(start, chunk.size))
            count += chunk.size - start
    if waiting:
        yield concatenate(waiting)
