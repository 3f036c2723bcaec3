"""What happens to the world at control times: openings, transfers between rails, net cycles, the end of a day.

The conductor calls these between two calls of :func:`simcore.kernels.loop.advance`, with the world at rest. Those that
write many rows come back with LOG_FULL and go on where they stopped when they are called again.
"""

from __future__ import annotations

from simcore.accelerate import kernel
from simcore.kernels.books import book_gross, move, move_net
from simcore.kernels.constants import DONE, FIFO, LOG_FULL, OPEN, OVERFLOW
from simcore.kernels.ordered import ordered_first, ordered_following
from simcore.kernels.queue import available, dequeue, look_again, note_credit, note_debit, note_gone
from simcore.kernels.rows import log_obligation
from simcore.kernels.settle import end_unsettled, settled
from simcore.kernels.wide import NONE, RETURNED_CUT_OFF, SETTLED_GROSS, SETTLED_NET, ZERO
from simcore.kernels.world import (
    CURSOR,
    CYCLE_COUNT,
    CYCLE_MOVED,
    CYCLE_SEQUENCE,
    CYCLE_VALUE,
    DRAINING,
    NOW,
    OBLIGATION_ROWS,
    OVERFLOWED,
    PAYMENT_ROWS,
    ROWS_NEEDED,
    SEQUENCE,
)


@kernel(forceinline=True)
def logs_full(world):
    """Whether a log may have no room for what one obligation writes."""
    return (
        world.state[OBLIGATION_ROWS] > world.obligations.size - world.state[ROWS_NEEDED]
        or world.state[PAYMENT_ROWS] > world.payments.size - world.state[ROWS_NEEDED]
    )


@kernel
def open_rail(world, rail, now):
    """Open a rail: what is queued may be released at once, what waits is let in after funding."""
    world.state[NOW] = now
    it = world.rails[rail]
    it.state = OPEN
    look_again(world, rail)
    if it.wait_head != NONE and it.draining == 0:
        it.draining = 1
        world.state[DRAINING] += 1


@kernel(forceinline=True)
def _leg(world, debit, credit, amount, kind, sequence, now):
    """Move money that is no payment's, and write its row."""
    move(world, debit, credit, amount)
    log_obligation(world, NONE, ZERO, kind, debit, credit, amount, now, now, sequence, SETTLED_GROSS, NONE, NONE)


@kernel(forceinline=True)
def _begin(world, now):
    """The instant is ``now``; the next number of finality."""
    world.state[NOW] = now
    sequence = world.state[SEQUENCE]
    world.state[SEQUENCE] = sequence + 1
    return sequence


@kernel
def lend(world, debit, credit, amount, kind, now):
    """Move money between two accounts of one rail at a control time: one row. The caller has checked the funds."""
    _leg(world, debit, credit, amount, kind, _begin(world, now), now)
    note_debit(world, debit)
    note_credit(world, credit)


@kernel
def set_limit(world, account, limit, now):
    """Let the account go below zero as far as ``limit`` from now on. The caller has checked that it isn't beyond."""
    world.state[NOW] = now
    it = world.accounts[account]
    raised = limit > it.debit_limit
    it.debit_limit = limit
    if raised:
        note_credit(world, account)
    else:
        note_debit(world, account)


@kernel
def transfer(world, debit, credit, mirror_debit, mirror_credit, amount, mirror_amount, kind, now):
    """Move money on two rails, from one to the other or against each other: two rows, final together.

    The caller has checked the funds.
    """
    sequence = _begin(world, now)
    _leg(world, debit, credit, amount, kind, sequence, now)
    _leg(world, mirror_debit, mirror_credit, mirror_amount, kind, sequence, now)
    note_debit(world, debit)
    note_debit(world, mirror_debit)
    note_credit(world, credit)
    note_credit(world, mirror_credit)


@kernel(forceinline=True)
def uncollect(world, slot):
    """The obligation leaves the collection list: it no longer counts as queued."""
    it = world.slots[slot]
    note_gone(world, it.debit, it.amount)
    world.rails[world.accounts[it.debit].rail].collected -= 1


@kernel(forceinline=True)
def take_out(world, it, before, slot):
    """Take a slot that follows ``before`` out of the collection list of a rail."""
    if before == NONE:
        it.collect_head = world.slots[slot].next
    else:
        world.slots[before].next = world.slots[slot].next
    if it.collect_tail == slot:
        it.collect_tail = before
    uncollect(world, slot)


@kernel
def settle_cycle(world, rail, cycle_id, now):
    """Settle everything a collect rail holds at its multilateral net positions, or nothing if a debtor is short.

    Leaves the count and value looked at and the sum of net debits in ``state``; after DONE,
    ``state[CYCLE_SEQUENCE]`` is -1 again and the rail's list is empty exactly if the cycle settled.
    """
    state, it, slots, accounts, net = world.state, world.rails[rail], world.slots, world.accounts, world.net
    state[NOW] = now
    if state[CYCLE_SEQUENCE] == NONE:
        state[CYCLE_COUNT] = 0
        state[CYCLE_VALUE] = 0
        state[CYCLE_MOVED] = 0
        slot = it.collect_head
        while slot != NONE:
            net[slots[slot].debit] -= slots[slot].amount
            net[slots[slot].credit] += slots[slot].amount
            state[CYCLE_COUNT] += 1
            state[CYCLE_VALUE] += slots[slot].amount
            if state[CYCLE_VALUE] < 0:  # every net position is smaller than this sum
                state[OVERFLOWED] = 1
                return OVERFLOW
            slot = slots[slot].next
        settles = it.collect_head != NONE
        for account in range(it.first_account, it.last_account):
            if net[account] < 0:
                state[CYCLE_MOVED] -= net[account]
                settles &= available(accounts, account) + net[account] >= 0
        # The set is final as one: only the positions after it count. The scratch is left as it was found, all zeros.
        for account in range(it.first_account, it.last_account):
            if net[account] != 0:
                if settles:
                    move_net(world, account, net[account])
                net[account] = 0
        if not settles:
            return DONE
        state[CYCLE_SEQUENCE] = state[SEQUENCE]
        state[SEQUENCE] += 1
    while it.collect_head != NONE:
        if logs_full(world):
            return LOG_FULL
        slot = it.collect_head
        it.collect_head = slots[slot].next
        uncollect(world, slot)
        book_gross(world, slot)
        settled(world, slot, SETTLED_NET, state[CYCLE_SEQUENCE], cycle_id, now)
    it.collect_tail = NONE
    state[CYCLE_SEQUENCE] = NONE
    return DONE


@kernel(forceinline=True)
def _take_returnable(world, account, rule):
    """Take the first queued payment out of an account's queue, passing over money on its way back; NONE if none."""
    slots, accounts = world.slots, world.accounts
    if rule != FIFO:
        slot = ordered_first(slots, accounts[account].head)
        while slot != NONE and slots[slot].returning != 0:
            slot = ordered_following(slots, accounts[account].head, slot)
        if slot != NONE:
            dequeue(world, account, slot, rule)
        return slot
    before, slot = NONE, accounts[account].head
    while slot != NONE and slots[slot].returning != 0:
        before, slot = slot, slots[slot].next
    if slot == NONE:
        return NONE
    if before == NONE:
        dequeue(world, account, slot, rule)
        return slot
    slots[before].next = slots[slot].next
    if accounts[account].tail == slot:
        accounts[account].tail = before
    note_gone(world, account, slots[slot].amount)
    return slot


@kernel(forceinline=True)
def _take_collected(world, rail):
    """The same for a collection list."""
    slots, it = world.slots, world.rails[rail]
    before, slot = NONE, it.collect_head
    while slot != NONE and slots[slot].returning != 0:
        before, slot = slot, slots[slot].next
    if slot != NONE:
        take_out(world, it, before, slot)
    return slot


@kernel
def return_queued(world, rail, now):
    """At the end of a rail's day: return every payment still queued or collected; money on its way back stays."""
    state, it = world.state, world.rails[rail]
    state[NOW] = now
    while it.collect_head != NONE:
        if logs_full(world):
            return LOG_FULL
        slot = _take_collected(world, rail)
        if slot == NONE:
            break
        end_unsettled(world, slot, RETURNED_CUT_OFF, now)
    while it.first_account + state[CURSOR] < it.last_account:
        if logs_full(world):
            return LOG_FULL
        slot = _take_returnable(world, it.first_account + state[CURSOR], it.rule)
        if slot == NONE:
            state[CURSOR] += 1
            continue
        end_unsettled(world, slot, RETURNED_CUT_OFF, now)
    state[CURSOR] = 0
    look_again(world, rail)  # money on its way back may be first in its queue now
    return DONE
