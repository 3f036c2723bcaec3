"""Writing final rows into the logs; the caller has made sure that there is room."""

from __future__ import annotations

from numpy import uint32

from simcore.accelerate import kernel
from simcore.kernels.wide import KIND_PAYMENT, KIND_REFUND, KIND_RETURN, NEVER, NONE
from simcore.kernels.world import FAILED, OBLIGATION_ROWS, PAYMENT_ROWS


@kernel(forceinline=True)
def fill_obligation(row, payment_id, hop, kind, debit, credit, amount, entered, settled, sequence, status, cycle, fx):
    """Set every field of a row."""
    row.payment_id = payment_id
    row.hop = hop
    row.kind = kind
    row.debit_account = debit
    row.credit_account = credit
    row.amount = amount
    row.entered_at = entered
    row.settled_at = settled
    row.sequence = sequence
    row.status = status
    row.cycle_id = cycle
    row.fx_id = fx


@kernel(forceinline=True)
def log_obligation(world, payment_id, hop, kind, debit, credit, amount, entered, settled, sequence, status, cycle, fx):
    """Write one row."""
    at = world.state[OBLIGATION_ROWS]
    world.state[OBLIGATION_ROWS] = at + 1
    fill_obligation(world.obligations[uint32(at)], payment_id, hop, kind, debit, credit, amount, entered, settled,
                    sequence, status, cycle, fx)  # fmt: skip


@kernel(forceinline=True)
def fill_payment(row, payment_id, received, fee, completed, status, hops):
    """Set every field of a row."""
    row.payment_id = payment_id
    row.amount_received = received
    row.fee = fee
    row.completed_at = completed
    row.status = status
    row.hops = hops


@kernel(forceinline=True)
def log_payment(world, payment_id, received, fee, completed, status, hops):
    """Write one row."""
    at = world.state[PAYMENT_ROWS]
    world.state[PAYMENT_ROWS] = at + 1
    fill_payment(world.payments[uint32(at)], payment_id, received, fee, completed, status, hops)


@kernel(forceinline=True)
def log_return(world, slot, status, sequence, cycle, now):
    """Write the row of a hop of money on its way back."""
    it = world.slots[uint32(slot)]
    kind = KIND_RETURN if it.returning == FAILED else KIND_REFUND
    log_obligation(world, it.payment_id, it.hop - world.route_start[uint32(it.route)], kind, it.debit, it.credit,
                   it.amount, it.entered_at, now, sequence, status, cycle, NONE)  # fmt: skip


@kernel(forceinline=True)
def log_unsettled(world, slot, status):
    """Write the row of an obligation that ended without settlement."""
    it = world.slots[slot]
    kind = KIND_PAYMENT if it.returning == 0 else KIND_RETURN if it.returning == FAILED else KIND_REFUND
    log_obligation(world, it.payment_id, it.hop - world.route_start[it.route], kind, it.debit, it.credit, it.amount,
                   it.entered_at, NEVER, NONE, status, NONE, it.fx_id)  # fmt: skip
