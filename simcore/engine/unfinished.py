"""Rows of what isn't final at the end of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.kernels.constants import (
    COLLECTED_AT_END,
    HELD_AT_END,
    IN_TRANSIT_AT_END,
    KIND_PAYMENT,
    KIND_REFUND,
    KIND_RETURN,
    NEVER,
    NONE,
    QUEUED_AT_END,
    RETURN_PENDING_AT_END,
    WAITING_AT_END,
)
from simcore.kernels.world import (
    FAILED,
    OBLIGATION_ROW,
    PAYMENT_ROW,
    PLACE_COLLECTED,
    PLACE_FREE,
    PLACE_HELD,
    PLACE_QUEUE,
    PLACE_WAITING,
    REFUNDED,
    World,
)

_PLACE_STATUS = {
    PLACE_QUEUE: QUEUED_AT_END,
    PLACE_WAITING: WAITING_AT_END,
    PLACE_COLLECTED: COLLECTED_AT_END,
    PLACE_HELD: HELD_AT_END,
}


def rows_at_end(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of every obligation that is at a rail, and of every payment that has no row yet, by payment."""
    slots = world.slots
    used = np.flatnonzero(slots["place"] != PLACE_FREE)
    used = used[np.argsort(slots["payment_id"][used], kind="stable")]
    places, status = slots["place"][used], np.full(used.size, IN_TRANSIT_AT_END, np.int8)
    for place, name in _PLACE_STATUS.items():
        status[places == place] = name
    entered = status != IN_TRANSIT_AT_END
    at_rail, n = used[entered], int(np.count_nonzero(entered))
    log = {
        **{field: slots[field][at_rail] for field in ("payment_id", "amount", "entered_at", "fx_id")},
        "hop": slots["hop"][at_rail] - world.route_start[slots["route"][at_rail]],
        "kind": np.array([KIND_PAYMENT, KIND_RETURN, KIND_REFUND])[slots["returning"][at_rail]],
        "debit_account": slots["debit"][at_rail],
        "credit_account": slots["credit"][at_rail],
        "settled_at": np.full(n, NEVER),
        "sequence": np.full(n, NONE),
        "cycle_id": np.full(n, NONE),
        "status": status[entered],
    }
    open_ = slots["returning"][used] != REFUNDED  # what is being refunded was final before
    used, status = used[open_], status[open_]
    ends = {
        "payment_id": slots["payment_id"][used],
        "fee": slots["fee"][used],
        "hops": slots["hops_settled"][used],
        "amount_received": np.full(used.size, NONE),
        "completed_at": np.full(used.size, NEVER),
        "status": np.where(slots["returning"][used] == FAILED, RETURN_PENDING_AT_END, status),
    }
    return _as_logged(log, OBLIGATION_ROW), _as_logged(ends, PAYMENT_ROW)


def _as_logged(columns: dict[str, Any], rows: Any) -> dict[str, Any]:
    """The columns in the order and of the kinds in which the loop logs them."""
    return {name: np.asarray(columns[name], rows[name]) for name in rows.names}
