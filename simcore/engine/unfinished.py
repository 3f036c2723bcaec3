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


def rows_at_end(world: World) -> tuple[Any, Any]:
    """Records of every obligation that is at a rail, and of every payment that has no row yet, by payment."""
    slots = world.slots
    rows = slots[slots["place"] != PLACE_FREE]
    rows = rows[np.argsort(rows["payment_id"], kind="stable")]
    status = np.full(rows.size, IN_TRANSIT_AT_END, np.int8)
    for place, name in _PLACE_STATUS.items():
        status[rows["place"] == place] = name
    entered = status != IN_TRANSIT_AT_END
    at_rail = rows[entered]
    log = np.zeros(at_rail.size, OBLIGATION_ROW)
    for field in ("payment_id", "amount", "entered_at", "fx_id"):
        log[field] = at_rail[field]
    log["hop"] = at_rail["hop"] - world.route_start[at_rail["route"]]
    log["kind"] = np.array([KIND_PAYMENT, KIND_RETURN, KIND_REFUND])[at_rail["returning"]]
    log["debit_account"], log["credit_account"] = at_rail["debit"], at_rail["credit"]
    log["settled_at"] = NEVER
    log["sequence"] = log["cycle_id"] = NONE
    log["status"] = status[entered]
    open_ = rows["returning"] != REFUNDED  # what is being refunded was final before
    rows, status = rows[open_], status[open_]
    ends = np.zeros(rows.size, PAYMENT_ROW)
    ends["payment_id"], ends["fee"], ends["hops"] = rows["payment_id"], rows["fee"], rows["hops_settled"]
    ends["amount_received"] = NONE
    ends["completed_at"] = NEVER
    ends["status"] = np.where(rows["returning"] == FAILED, RETURN_PENDING_AT_END, status)
    return log, ends
