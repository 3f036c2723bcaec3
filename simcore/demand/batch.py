"""What demand hands to the engine and to the writer: a slice of payments in demand order, as flat arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


class DemandBatch(NamedTuple):
    """Payments sorted by (initiated_at, priority where the first rail has one, flow, order in the flow).

    ``payment_id`` is ``first_payment_id + position``; ids run on from batch to batch without a gap.
    """

    first_payment_id: int
    initiated_at: NDArray[np.int64]  # (n,) microseconds UTC
    debtor: NDArray[np.int32]  # (n,) index of the participant
    creditor: NDArray[np.int32]  # (n,)
    route: NDArray[np.int32]  # (n,) index of the route
    amount_minor: NDArray[np.int64]  # (n,) > 0, minor units of the currency of the route's first hop
    priority: NDArray[np.int8]  # (n,) 0 most urgent to 9
    flow: NDArray[np.int16]  # (n,) index of the flow
    purpose: NDArray[np.int16]  # (n,) index into the purposes
    corridor: NDArray[np.int16]  # (n,) index of the corridor, -1 where there is none
    draws: NDArray[np.int64]  # (n, n_draw) drawn latencies in microseconds; column = Hop's drawn column of its route
    reference: pa.Array | None  # (n,) string, or None where the whole batch has none
    customer: NDArray[np.int32] | None = None  # (n,) of the debtor, -1 for none; None where no flow has customers

    @property
    def size(self) -> int:
        """Number of payments."""
        return int(self.initiated_at.size)
