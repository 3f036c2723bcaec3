"""Bilateral offset at entry: an obligation that arrives and can't settle, together with what is queued back to it."""

from __future__ import annotations

from simcore.accelerate import kernel
from simcore.kernels.books import book_gross, move_net
from simcore.kernels.constants import FIFO
from simcore.kernels.ordered import ordered_first, ordered_following
from simcore.kernels.queue import available, dequeue, note_credit, note_debit
from simcore.kernels.settle import settled
from simcore.kernels.wide import NONE, SETTLED_OFFSET
from simcore.kernels.world import SEQUENCE


@kernel(forceinline=True)
def _first(world, account, rule):
    head = world.accounts[account].head
    return head if rule == FIFO else ordered_first(world.slots, head)


@kernel(forceinline=True)
def _next(world, account, rule, slot):
    return (
        world.slots[slot].next if rule == FIFO else ordered_following(world.slots, world.accounts[account].head, slot)
    )


@kernel(forceinline=True)
def _opposites(world, slot, rail):
    """How many of the other account's queued obligations make a feasible set with ``slot``; they are in ``opposite``.

    The smallest such number, as the ten-payment rule of RITS has it; 0 if none up to the rail's most does.
    """
    it, rails, slots = world.slots[slot], world.rails, world.slots
    rule = rails[rail].rule
    if rails[rail].offset_first == 1:
        head = _first(world, it.debit, rule)
        if head != NONE and (rule == FIFO or slots[head].key < it.key):
            return 0
    needed = it.amount - available(world.accounts, it.debit)
    allowed = it.amount + available(world.accounts, it.credit)
    total, count = 0, 0
    other = _first(world, it.credit, rule)
    while other != NONE and count < rails[rail].offset_most:
        if slots[other].credit == it.debit:
            total += slots[other].amount
            if total > allowed:
                return 0
            world.opposite[count] = other
            count += 1
            if total >= needed:
                return count
        elif rails[rail].offset_strict == 1:
            return 0
        other = _next(world, it.credit, rule, other)
    return 0


@kernel
def offset_at_entry(world, slot, rail, now):
    """Settle an arriving obligation as one set with the fewest opposite ones that make it feasible; whether it did."""
    count = _opposites(world, slot, rail)
    if count == 0:
        return False
    it, state, rule = world.slots[slot], world.state, world.rails[rail].rule
    debit, credit = it.debit, it.credit
    sequence = state[SEQUENCE]
    state[SEQUENCE] = sequence + 1
    net = -it.amount
    book_gross(world, slot)
    for k in range(count):
        net += world.slots[world.opposite[k]].amount
        dequeue(world, credit, world.opposite[k], rule)
        book_gross(world, world.opposite[k])
    move_net(world, debit, net)
    move_net(world, credit, -net)
    for k in range(-1, count):
        settled(world, slot if k < 0 else world.opposite[k], SETTLED_OFFSET, sequence, NONE, now)
    note_debit(world, debit)
    note_debit(world, credit)
    note_credit(world, debit)
    note_credit(world, credit)
    return True
