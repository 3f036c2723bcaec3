"""The event loop: every payment event up to an instant, across all rails, in one total order.

At one instant: releases that a credit caused, then obligations that waited for an opening, then obligations arriving
from an earlier hop, then new payments; inside a class by priority where the rail has one, then by sequence number.
Between two iterations the world is whole, so the loop may come back at any of them and go on later.
"""

from __future__ import annotations

from simcore.accelerate import kernel
from simcore.kernels.constants import (
    COLLECT,
    DONE,
    FIFO,
    INSTANT,
    LOG_FULL,
    NEED_DEMAND,
    NEED_SLOTS,
    OPEN,
    OVERFLOW,
    REJECT,
    WAIT,
)
from simcore.kernels.due import take_due
from simcore.kernels.offset import offset_at_entry
from simcore.kernels.ordered import ordered_first, ordered_insert, ordered_remove
from simcore.kernels.queue import available, enqueue, next_release
from simcore.kernels.settle import log_unsettled, real_hop, send_back, send_on, set_hop, settle_gross
from simcore.kernels.wide import (
    BYPASS,
    FORWARD,
    NEVER,
    NONE,
    REJECTED_CLOSED,
    REJECTED_INSUFFICIENT_FUNDS,
    RETURNED_CLOSED,
)
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
    PLACE_COLLECTED,
    PLACE_WAITING,
    ROWS_NEEDED,
    WORK_SIZE,
)


@kernel(forceinline=True)
def _wait(world, slot, rail):
    """Hold an obligation until its rail opens."""
    slots, rails = world.slots, world.rails
    slots[slot].place = PLACE_WAITING
    if rails[rail].rule == FIFO:
        slots[slot].next = NONE
        if rails[rail].wait_head == NONE:
            rails[rail].wait_head = slot
        else:
            slots[rails[rail].wait_tail].next = slot
        rails[rail].wait_tail = slot
    else:
        rails[rail].wait_head = ordered_insert(slots, world.path, rails[rail].wait_head, slot)


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
def _collect(world, slot, rail):
    """Hold an obligation until the rail's next cycle."""
    slots, rails, accounts = world.slots, world.rails, world.accounts
    debit = slots[slot].debit
    slots[slot].place = PLACE_COLLECTED
    slots[slot].next = NONE
    if rails[rail].collect_head == NONE:
        rails[rail].collect_head = slot
    else:
        slots[rails[rail].collect_tail].next = slot
    rails[rail].collect_tail = slot
    rails[rail].collected += 1
    accounts[debit].queued_count += 1
    accounts[debit].queued_value += slots[slot].amount
    if accounts[debit].queued_value > accounts[debit].queued_peak:
        accounts[debit].queued_peak = accounts[debit].queued_value


@kernel(forceinline=True)
def _may_settle(world, debit, amount, key, rule):
    """Whether an arriving obligation is payable now: funds, and nothing queued that the rule puts before it."""
    if available(world.accounts, debit) < amount:
        return False
    head = world.accounts[debit].head
    if rule == BYPASS or head == NONE:
        return True
    return rule != FIFO and key < world.slots[ordered_first(world.slots, head)].key


@kernel(forceinline=True)
def _enter(world, slot, now):
    """An obligation is at its rail: settle it and return it, or put it where it belongs and return NONE."""
    slots, rails = world.slots, world.rails
    debit = slots[slot].debit
    rail = world.accounts[debit].rail
    returning = slots[slot].returning == 1
    if rails[rail].state != OPEN:
        if returning or rails[rail].when_closed == WAIT:
            _wait(world, slot, rail)
        else:
            status = REJECTED_CLOSED if rails[rail].when_closed == REJECT else RETURNED_CLOSED
            log_unsettled(world, slot, status)
            send_back(world, slot, status, now)
        return NONE
    if rails[rail].discipline == COLLECT:
        _collect(world, slot, rail)
        return NONE
    if _may_settle(world, debit, slots[slot].amount, slots[slot].key, rails[rail].rule):
        return slot
    if rails[rail].discipline == INSTANT and not returning:
        log_unsettled(world, slot, REJECTED_INSUFFICIENT_FUNDS)
        send_back(world, slot, REJECTED_INSUFFICIENT_FUNDS, now)
        return NONE
    if rails[rail].offset_most > 0 and offset_at_entry(world, slot, rail, now):
        return NONE
    enqueue(world, debit, slot, rails[rail].rule)
    return NONE


@kernel(forceinline=True)
def _arrive(world, slot, now):
    """Number the arrival of an obligation at its rail."""
    it = world.slots[slot]
    it.entered_at = now
    it.key = (it.priority << 56) | world.state[ORDER]
    world.state[ORDER] += 1


@kernel(forceinline=True)
def _take_slot(world, at, hop):
    """Give the payment at ``feed[at]`` a slot, with ``hop`` as its first obligation."""
    feed, state = world.feed, world.state
    slot = state[FREE]
    it = world.slots[slot]
    state[FREE] = it.next
    state[IN_FLIGHT] += 1
    it.payment_id = state[FEED_FIRST_ID] + at
    it.debtor = feed.debtor[at]
    it.creditor = feed.creditor[at]
    it.route = feed.route[at]
    it.priority = feed.priority[at]
    it.amount = feed.amount[at]
    it.returning = 0
    it.hops_settled = 0
    it.fee = 0
    it.fx_id = NONE
    for k in range(world.draws.shape[1]):
        world.draws[slot, k] = feed.draws[at, k]
    set_hop(world, slot, hop)
    return slot


@kernel(forceinline=True)
def _new_payment(world, at, now):
    """The payment at ``feed[at]`` is initiated; its slot if it settles now, NONE if it is placed or under way."""
    feed = world.feed
    route = feed.route[at]
    hop = real_hop(world, route, world.route_start[route], FORWARD, feed.debtor[at], feed.creditor[at])
    slot = _take_slot(world, at, hop)
    if world.hops[hop].draw != NONE or world.hops[hop].latency > 0:
        send_on(world, slot, now)
        return NONE
    _arrive(world, slot, now)
    return _enter(world, slot, now)


@kernel
def advance(world, until):
    """Process every payment event before ``until`` (microseconds, exclusive) and what waits at the current instant.

    Returns
    -------
    int     DONE, or why the loop came back early: LOG_FULL, NEED_DEMAND, NEED_SLOTS, OVERFLOW. Calling again with the
            same ``until`` goes on where it stopped.
    """
    state, slots, feed = world.state, world.slots, world.feed
    obligation_room = world.obligations.size - state[ROWS_NEEDED]
    payment_room = world.payments.size - state[ROWS_NEEDED]
    feed_size = feed.time.size
    while True:
        if state[OBLIGATION_ROWS] > obligation_room or state[PAYMENT_ROWS] > payment_room:
            return LOG_FULL
        if state[OVERFLOWED] == 1:
            return OVERFLOW
        now = state[NOW]
        slot = NONE
        if state[WORK_SIZE] > 0 or state[CHANGED_SIZE] > 0:
            slot = next_release(world)
            if slot == NONE:
                continue
        elif state[DRAINING] > 0 and now < until:
            slot = _next_waiting(world)
            if slot == NONE:
                continue
            slot = _enter(world, slot, now)
        else:
            at = state[FEED_POSITION]
            if at == feed_size and state[FEED_FINAL] == 0:
                return NEED_DEMAND
            initiated = feed.time[at] if at < feed_size else NEVER
            if state[HEAP_SIZE] > 0 and slots[world.heap[0]].due <= initiated:
                now = slots[world.heap[0]].due
                if now >= until:
                    return DONE
                state[NOW] = now
                slot = take_due(state, slots, world.heap, world.lane_head)
                _arrive(world, slot, now)
                slot = _enter(world, slot, now)
            else:
                if initiated >= until:
                    return DONE
                now = initiated
                state[NOW] = now
                if state[FREE] == NONE:
                    return NEED_SLOTS
                state[FEED_POSITION] = at + 1
                slot = _new_payment(world, at, now)
        if slot != NONE:
            settle_gross(world, slot, now)
