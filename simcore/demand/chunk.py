"""A stretch of payments of one or several flows, before they have ids; what flows yield and the merge sorts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


class Chunk(NamedTuple):
    """Payments sorted by ``initiated_at``; arrays of (n,), indices as in a ``DemandBatch``."""

    initiated_at: NDArray[np.int64]
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    route: NDArray[np.int32]
    amount_minor: NDArray[np.int64]
    priority: NDArray[np.int8]
    flow: NDArray[np.int16]
    purpose: NDArray[np.int16]
    customer: NDArray[np.int32]  # of the debtor, -1 where its flow has none
    reference: pa.Array | None

    @property
    def size(self) -> int:
        """Number of payments."""
        return int(self.initiated_at.size)

    def slice(self, start: int, stop: int) -> Chunk:
        """Return the payments from ``start`` up to ``stop``, as views."""
        reference = None if self.reference is None else self.reference.slice(start, stop - start)
        return Chunk._make([*(column[start:stop] for column in self[:-1]), reference])

    def take(self, rows: NDArray[np.int64]) -> Chunk:
        """Return the payments at ``rows``, in that order."""
        import pyarrow as pa

        reference = None if self.reference is None else self.reference.take(pa.array(rows))
        return Chunk._make([*(column[rows] for column in self[:-1]), reference])


def no_payments() -> Chunk:
    """A stretch without any."""
    kinds = (np.int64, np.int32, np.int32, np.int32, np.int64, np.int8, np.int16, np.int16, np.int32)
    return Chunk._make([*(np.zeros(0, kind) for kind in kinds), None])


def concatenate(chunks: Sequence[Chunk]) -> Chunk:
    """Return the payments of all chunks, one after the other; at least one chunk."""
    import pyarrow as pa

    if len(chunks) == 1:
        return chunks[0]
    reference = None
    if any(chunk.reference is not None for chunk in chunks):
        reference = pa.concat_arrays(
            [pa.nulls(chunk.size, pa.string()) if chunk.reference is None else chunk.reference for chunk in chunks]
        )
    columns = zip(*(chunk[:-1] for chunk in chunks))
    return Chunk._make([*(np.concatenate(column) for column in columns), reference])
