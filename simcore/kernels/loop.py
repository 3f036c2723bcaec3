"""The event loop: every payment event up to an instant, across all rails, in one total order.

At one instant: releases that a credit caused, then obligations that waited for an opening, then obligations arriving
from an earlier hop, then new payments; inside a class by priority where the rail has one, then by sequence number.
Between two iterations the world is whole, so the loop may come back at any of them and go on later.
"""

from __future__ import annotations

from numpy import int64, uint32

from simcore.accelerate import kernel
from simcore.kernels.books import move
from simcore.kernels.constants import (
    BLOCK_SET,
    DONE,
    FIFO,
    GROSS,
    LINKED,
    LOG_FULL,
    NEED_DEMAND,
    NEED_SLOTS,
    OPEN,
    OVERFLOW,
)
from simcore.kernels.due import take_due
from simcore.kernels.enter import enter, may_settle
from simcore.kernels.instant_links import begin
from simcore.kernels.ordered import ordered_first, ordered_remove
from simcore.kernels.prefetch import LINE, prefetch
from simcore.kernels.queue import available, first_in_plain_queue, next_release, note_credit, put_in_queue
from simcore.kernels.rows import fill_obligation, fill_payment
from simcore.kernels.settle import send_on, set_hop, settle_gross
from simcore.kernels.ways import real_hop
from simcore.kernels.wide import FORWARD, KIND_PAYMENT, NEVER, NONE, ONE, SETTLED_GROSS, ZERO
from simcore.kernels.world import (
    CHANGED_SIZE,
    DRAINING,
    FEED_FINAL,
    FEED_FIRST_ID,
    FEED_POSITION,
    FREE,
    HEAP_SIZE,
    IN_FLIGHT,
    NOW,
    OBLIGATION_ROWS,
    ORDER,
    OVERFLOWED,
    PAYMENT_ROWS,
    ROWS_NEEDED,
    SEQUENCE,
    WORK_SIZE,
)


@kernel(forceinline=True)
def _next_waiting(world):
    """Take the next obligation out of the waiting lists of rails that have opened; NONE when they are empty."""
    slots, rails, state = world.slots, world.rails, world.state
    for rail in range(rails.size):
        if rails[rail].draining == 0:
            continue
        slot = rails[rail].wait_head
        if slot != NONE and rails[rail].rule != FIFO:
            slot = ordered_first(slots, slot)
            rails[rail].wait_head = ordered_remove(slots, world.path, rails[rail].wait_head, slot)
            return slot
        if slot != NONE:
            rails[rail].wait_head = slots[slot].next
            return slot
        rails[rail].draining = 0
        state[DRAINING] -= 1
    return NONE


@kernel(forceinline=True)
def _arrive(world, slot, now):
    """Number the arrival of an obligation at its rail."""
    it = world.slots[uint32(slot)]
    it.entered_at = now
    it.key = (int64(it.priority) << 56) | world.state[ORDER]
    world.state[ORDER] += 1


@kernel(forceinline=True)
def _take_slot(world, at, hop):
    """Give the payment at ``feed[at]`` a slot, with ``hop`` as its first obligation."""
    feed, state, k = world.feed, world.state, uint32(at)
    slot = state[FREE]
    debtor, creditor = feed.debtor[k], feed.creditor[k]
    set_hop(world, slot, hop, debtor, creditor)
    it = world.slots[uint32(slot)]
    state[FREE] = it.next
    prefetch(world.slots, it.next, 0)
    prefetch(world.slots, it.next, LINE)
    state[IN_FLIGHT] += 1
    it.payment_id = state[FEED_FIRST_ID] + at
    it.debtor = debtor
    it.creditor = creditor
    it.route = feed.route[k]
    it.priority = feed.priority[k]
    it.amount = feed.amount[k]
    it.returning = 0
    it.hops_settled = 0
    for column in range(world.draws.shape[1]):
        world.draws[slot, column] = feed.draws[at, column]
    return slot


@kernel(forceinline=True)
def _new_payment(world, at, now):
    """The payment at ``feed[at]`` is initiated; its slot if it is at its rail already, NONE if it is on its way."""
    feed, k = world.feed, uint32(at)
    route = feed.route[k]
    hop = real_hop(world, route, world.route_start[uint32(route)], FORWARD, feed.debtor[k], feed.creditor[k])
    slot = _take_slot(world, at, hop)
    first = world.hops[uint32(hop)]
    if first.tests & LINKED:
        begin(world, slot, now)
    if first.draw != NONE or first.latency > 0:
        send_on(world, slot, now, now)
        return NONE
    _arrive(world, slot, now)
    return slot


@kernel(forceinline=True)
def _settle_run(world, before, room):
    """Settle or queue new payments one after another, while nothing can come between them.

    Only those of one immediate hop, initiated before ``before``, at most ``room``. It is a shortcut and no rule of its
    own: what is payable on arrival needs no slot and ends here at a third of the cost.

    Returns
    -------
    bool    whether the payment that comes next has to take the long way
    """
    feed, state = world.feed, world.state
    first = at = state[FEED_POSITION]
    order, sequence, now = state[ORDER], state[SEQUENCE], state[NOW]
    row, payment_row = state[OBLIGATION_ROWS], state[PAYMENT_ROWS]
    end = min(feed.time.size, at + room)
    blocked = False
    while at < end and feed.time[uint32(at)] < before:
        k = uint32(at)
        first_hop = world.route_start[uint32(feed.route[k])]
        hop = world.hops[uint32(first_hop)]
        rail = world.rails[uint32(hop.rail)]
        amount, key = feed.amount[k], (int64(feed.priority[k]) << 56) | order
        blocked = hop.alone == 0 or rail.state != OPEN
        if blocked:
            break
        debit = world.account_of[uint32(hop.rail), uint32(feed.debtor[k])]
        if not may_settle(world, debit, available(world.accounts, debit), amount, key, rail.rule):
            blocked = rail.discipline != GROSS or rail.offset_most > 0 or state[FREE] == NONE
            if blocked:
                break
            now = feed.time[k]
            slot = _take_slot(world, at, first_hop)
            world.slots[uint32(slot)].entered_at = now
            world.slots[uint32(slot)].key = key
            put_in_queue(world, debit, slot, rail.rule)
            at += 1
            order += 1
            if state[OVERFLOWED] == 1:
                break
            continue
        now = feed.time[k]
        credit = world.account_of[uint32(hop.rail), uint32(feed.creditor[k])]
        payment = state[FEED_FIRST_ID] + at
        move(world, debit, credit, amount)
        # Nothing else is at work, so a credit that lets nothing go need not be noted.
        releases = (
            world.accounts[uint32(credit)].head != NONE and first_in_plain_queue(world, credit, rail.rule) != NONE
        )
        fill_obligation(world.obligations[uint32(row)], payment, ZERO, KIND_PAYMENT, debit, credit, amount, now, now,
                        sequence, SETTLED_GROSS, NONE, NONE)  # fmt: skip
        fill_payment(world.payments[uint32(payment_row)], payment, amount, ZERO, now, SETTLED_GROSS, ONE)
        at += 1
        order += 1
        sequence += 1
        row += 1
        payment_row += 1
        if releases:
            note_credit(world, credit)
            break
        if state[OVERFLOWED] == 1:
            break
    if at > first:
        state[NOW], state[FEED_POSITION], state[ORDER], state[SEQUENCE] = now, at, order, sequence
        state[OBLIGATION_ROWS], state[PAYMENT_ROWS] = row, payment_row
    return blocked


@kernel
def advance(world, until):
    """Process every payment event before ``until`` (microseconds, exclusive) and what waits at the current instant.

    Returns
    -------
    int     DONE, or why the loop came back early: LOG_FULL, NEED_DEMAND, NEED_SLOTS, OVERFLOW, BLOCK_SET. Calling
            again with the same ``until`` goes on where it stopped.
    """
    state, slots, feed = world.state, world.slots, world.feed
    obligation_room = world.obligations.size - state[ROWS_NEEDED]
    payment_room = world.payments.size - state[ROWS_NEEDED]
    feed_size = feed.time.size
    while True:
        if state[OBLIGATION_ROWS] >= obligation_room or state[PAYMENT_ROWS] >= payment_room:
            return LOG_FULL
        if state[OVERFLOWED] != 0:
            if state[OVERFLOWED] == 1:
                return OVERFLOW
            state[OVERFLOWED] = 0
            return BLOCK_SET
        now = state[NOW]
        slot, at_rail = NONE, NONE
        if state[WORK_SIZE] > 0 or state[CHANGED_SIZE] > 0:
            slot = next_release(world)
        elif state[DRAINING] > 0 and now < until:
            at_rail = _next_waiting(world)
        else:
            at = state[FEED_POSITION]
            if at == feed_size and state[FEED_FINAL] == 0:
                return NEED_DEMAND
            initiated = feed.time[uint32(at)] if at < feed_size else NEVER
            if state[HEAP_SIZE] > 0 and world.heap[0].due <= initiated:
                now = world.heap[0].due
                if now >= until:
                    return DONE
                state[NOW] = now
                at_rail = take_due(state, slots, world.heap, world.lane_head)
                following = world.heap[0].slot  # most likely the next; while the heap is empty, any
                prefetch(slots, following, 0)
                prefetch(slots, following, LINE)
                prefetch(world.draws, following, 0)
                prefetch(world.moved, following, 0)
                _arrive(world, at_rail, now)
            else:
                if initiated >= until:
                    return DONE
                before = min(until, world.heap[0].due) if state[HEAP_SIZE] > 0 else until
                room = min(obligation_room - state[OBLIGATION_ROWS], payment_room - state[PAYMENT_ROWS])
                if not _settle_run(world, before, room):
                    continue
                at = state[FEED_POSITION]
                now = feed.time[uint32(at)]
                state[NOW] = now
                if state[FREE] == NONE:
                    return NEED_SLOTS
                state[FEED_POSITION] = at + 1
                at_rail = _new_payment(world, at, now)
        if at_rail != NONE:
            slot = enter(world, at_rail, now)
        if slot != NONE:
            settle_gross(world, slot, now)
