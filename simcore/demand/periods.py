"""Cuts the payments of flows at the instants at which banks look at their queues; routes are chosen piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from simcore.demand.chunk import Chunk


class Sliced(Protocol):
    """Payments in the order of time of which a part can be taken: a Chunk, or an Undecided."""

    @property
    def initiated_at(self) -> NDArray[np.int64]:
        """Microseconds UTC, (n,)."""

    def slice(self, start: int, stop: int) -> Chunk:
        """The payments from ``start`` up to ``stop``."""


class Undecided(NamedTuple):
    """Payments whose routes are chosen when they are taken."""

    chunk: Chunk  # with any routes
    choose: Callable[[Chunk, int, int], NDArray[np.int32]]
    """Called with a part of the payments, and its first and last position: their routes, (n,)."""

    @property
    def initiated_at(self) -> NDArray[np.int64]:
        """Microseconds UTC, (n,)."""
        return self.chunk.initiated_at

    def slice(self, start: int, stop: int) -> Chunk:
        """The payments from ``start`` up to ``stop``, with their routes."""
        part = self.chunk.slice(start, stop)
        return part._replace(route=self.choose(part, start, stop))


def periods(flows: Sequence[Iterable[Sliced]], ends: Sequence[int]) -> Iterator[list[Iterator[Chunk]]]:
    """Yield for each period the payments of every flow in it; each must be used up before the next is asked for.

    ``ends`` rise; the last period has no end.
    """
    cut = [_cut(flow, ends) for flow in flows]
    for _ in range(len(ends) + 1):
        yield [_until_marked(flow) for flow in cut]


def _until_marked(flow: Iterator[Chunk | None]) -> Iterator[Chunk]:
    return (chunk for chunk in takewhile(lambda chunk: chunk is not None, flow) if chunk is not None)


def _cut(payments: Iterable[Sliced], ends: Sequence[int]) -> Iterator[Chunk | None]:
    """The same payments in pieces none of which goes beyond a period; None where a period ends."""
    period = 0
    for some in payments:
        start, size = 0, some.initiated_at.size
        while start < size:
            stop = size
            if period < len(ends):
                stop = int(np.searchsorted(some.initiated_at, ends[period], side="left"))
            if stop > start:
                yield some.slice(start, stop)
            start = stop
            if start < size:
                yield None
                period += 1
    for _ in range(period, len(ends)):
        yield None
