"""Money of a payment in a lock: into escrow, back again, and claims that settle one leg of a pair out of it."""

from __future__ import annotations

from simcore.accelerate import kernel
from simcore.kernels.books import book, book_gross, move, move_net, paid
from simcore.kernels.queue import note_credit, note_debit
from simcore.kernels.rows import log_obligation, log_payment, log_unsettled
from simcore.kernels.settle import conclude, free_slot, send_on
from simcore.kernels.wide import NONE, SETTLED_GROSS, ZERO
from simcore.kernels.world import NOW, PLACE_HELD, SEQUENCE


@kernel
def move_lock(world, slot, hop, debit, credit, amount, kind, now):
    """Move money into a lock or out of it: one row that belongs to the slot's payment. The caller has checked funds."""
    state = world.state
    state[NOW] = now
    sequence = state[SEQUENCE]
    state[SEQUENCE] = sequence + 1
    move(world, debit, credit, amount)
    _lock_row(world, slot, hop, debit, credit, amount, kind, sequence, now)
    note_debit(world, debit)
    note_credit(world, credit)


@kernel
def _lock_row(world, slot, hop, debit, credit, amount, kind, sequence, now):
    log_obligation(world, world.slots[slot].payment_id, hop, kind, debit, credit, amount, now, now, sequence,
                   SETTLED_GROSS, NONE, NONE)  # fmt: skip


@kernel
def claim(world, slot, escrow, kind, keeps, now):
    """Settle the slot's obligation out of the lock of its payer, final with the lock's end, at the quotes in force.

    Parameters
    ----------
    escrow : int    account in which the amount is locked
    kind : int      kind of the row that ends the lock
    keeps : int     1: the payment stays where it is, held, with the next hop as its obligation; 0: it goes on
    """
    state = world.state
    state[NOW] = now
    sequence = state[SEQUENCE]
    state[SEQUENCE] = sequence + 1
    it = world.slots[slot]
    it.entered_at = min(it.entered_at, now)
    # One set: the payer never has the money between the two rows, so its highest balance doesn't count it.
    move_net(world, escrow, -it.amount)
    book(world, escrow, it.debit, it.amount)
    _lock_row(world, slot, it.hop - world.route_start[it.route], escrow, it.debit, it.amount, kind, sequence, now)
    move_net(world, it.credit, it.amount)
    book_gross(world, slot)
    paid(world, it.debit, it.credit, it.amount, it.priority)
    value_at = conclude(world, slot, SETTLED_GROSS, sequence, NONE, now)
    if value_at == NONE:
        return
    if keeps == 1:
        world.slots[slot].place = PLACE_HELD
        world.slots[slot].entered_at = now
    else:
        send_on(world, slot, now, value_at)


@kernel
def lose(world, slot, status, now):
    """End a payment whose next leg will never settle though the one before has: nothing comes back."""
    world.state[NOW] = now
    it = world.slots[slot]
    log_unsettled(world, slot, status)
    log_payment(world, it.payment_id, NONE, it.fee, now, status, it.hops_settled)
    it.fx_id, it.fee = NONE, ZERO  # the slot's next payment begins without
    free_slot(world, slot)
