"""The event loop: every payment event up to an instant, across all rails, in one total order.

At one instant: releases that a credit caused, then obligations that waited for an opening, then obligations arriving
from an earlier hop, then new payments; inside a class by priority where the rail has one, then by sequence number.
Between two iterations the world is whole, so the loop may come back at any of them and go on later.
"""

from __future__ import annotations

from numpy import int64, uint32

from simcore.accelerate import kernel
from simcore.kernels.block import next_block
from simcore.kernels.constants import (
    BLOCK_SET,
    BOUNDED,
    BY_TERMS,
    DEADLINE,
    DONE,
    FIFO,
    GROSS,
    HELD_BY_LINK,
    IN_CYCLES,
    INSTANT,
    LATE,
    LINKED,
    LOG_FULL,
    MAY_BE_OUT,
    NEED_DEMAND,
    NEED_SLOTS,
    OPEN,
    OVERFLOW,
    REJECT,
    SINGLY,
    UNRESOLVED,
    WAIT,
)
from simcore.kernels.due import take_due
from simcore.kernels.instant_links import begin, refused, release, too_late
from simcore.kernels.link import enter_pair
from simcore.kernels.offset import offset_at_entry
from simcore.kernels.ordered import ordered_first, ordered_insert, ordered_remove
from simcore.kernels.queue import (
    available,
    enqueue,
    first_in_plain_queue,
    funds_for,
    next_release,
    note_credit,
    note_waiting,
    put_in_queue,
)
from simcore.kernels.settle import (
    beyond_bounds,
    fill_obligation,
    fill_payment,
    goes_on_at,
    log_unsettled,
    move,
    send,
    send_back,
    send_on,
    set_hop,
    settle_gross,
)
from simcore.kernels.ways import real_hop
from simcore.kernels.wide import (
    BYPASS,
    FORWARD,
    KIND_PAYMENT,
    NEVER,
    NONE,
    ONE,
    REJECTED_CLOSED,
    REJECTED_INSUFFICIENT_FUNDS,
    REJECTED_LIMIT,
    REJECTED_PROXY,
    REJECTED_SCREENING,
    REJECTED_TIME_LIMIT,
    RETURNED_CLOSED,
    SETTLED_GROSS,
    ZERO,
)
from simcore.kernels.world import (
    CHANGED_SIZE,
    DRAINING,
    FAILED,
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
    SEQUENCE,
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
def _collect(world, slot, rail, now):
    """Hold an obligation until the next cycle of the rail, or the next block of its ledger."""
    slots, rails = world.slots, world.rails
    rails[rail].collected += 1
    rail = rails[rail].list_at
    slots[slot].place = PLACE_COLLECTED
    slots[slot].next = NONE
    if rails[rail].collect_head == NONE:
        rails[rail].collect_head = slot
    else:
        slots[rails[rail].collect_tail].next = slot
    rails[rail].collect_tail = slot
    if rails[rail].block_every > 0 and rails[rail].block_at == NEVER:
        rails[rail].block_at = next_block(rails[rail], now)
        if world.state[OVERFLOWED] == 0:
            world.state[OVERFLOWED] = BLOCK_SET
    note_waiting(world, slots[slot].debit, slots[slot].amount)


@kernel(forceinline=True)
def _joins_batch(it, rail, service):
    """Whether an obligation that doesn't settle alone in any case is collected: by its hop, or the rail's terms."""
    if service == IN_CYCLES:
        return True
    if it.returning != 0:
        return False
    return service != BY_TERMS or (it.amount < rail.batch_below and it.priority >= rail.batch_from)


@kernel(forceinline=True)
def _may_settle(world, debit, funds, amount, key, rule):
    """Whether an arriving obligation is payable now: funds, and nothing queued that the rule puts before it."""
    if funds < amount:
        return False
    head = world.accounts[uint32(debit)].head
    if rule == BYPASS or head == NONE:
        return True
    return rule != FIFO and key < world.slots[ordered_first(world.slots, head)].key


@kernel
def _reject(world, slot, status, now):
    """An obligation that reached its rail ends there, and the payment's money goes back."""
    log_unsettled(world, slot, status)
    send_back(world, slot, status, now)


@kernel
def _come_again(world, slot, due):
    """Let an obligation come to its rail once more, or give it up when its link's time is over."""
    if world.hops[world.slots[slot].hop].tests & LINKED and too_late(world, slot, due):
        due = world.promise[slot, DEADLINE]
    send(world, slot, due, ZERO, NONE)


@kernel(forceinline=True)
def _enter(world, slot, now):
    """An obligation is at its rail: settle it and return it, or put it where it belongs and return NONE."""
    it = world.slots[uint32(slot)]
    debit, rail = it.debit, world.hops[uint32(it.hop)].rail
    its_rail = world.rails[uint32(rail)]
    returning = it.returning != 0
    draw, tests = world.hops[uint32(it.hop)].draw, world.hops[uint32(it.hop)].tests
    if tests & LINKED and not returning and world.promise[slot, LATE] == 1:
        _reject(world, slot, REJECTED_TIME_LIMIT, now)
        return NONE
    if tests & MAY_BE_OUT and world.sends_from[world.accounts[debit].participant] > now:  # who owes it is out
        _come_again(world, slot, world.sends_from[world.accounts[debit].participant])
        return NONE
    if draw != NONE and world.draws[slot, draw] < 0 and not returning:
        _reject(world, slot, REJECTED_SCREENING if world.draws[slot, draw] > -UNRESOLVED else REJECTED_PROXY, now)
        return NONE
    if its_rail.state != OPEN:
        if returning or its_rail.when_closed == WAIT:
            _wait(world, slot, rail)
        elif world.hops[uint32(it.hop)].shut_until > now:  # it isn't sent to a closed rail after the cut-off
            _come_again(world, slot, world.hops[uint32(it.hop)].shut_until)
        else:
            _reject(world, slot, REJECTED_CLOSED if its_rail.when_closed == REJECT else RETURNED_CLOSED, now)
        return NONE
    if tests != 0:
        if not returning:
            if tests & BOUNDED != 0 and beyond_bounds(its_rail, it.amount):
                _reject(world, slot, REJECTED_LIMIT, now)
                return NONE
            if tests & LINKED:
                status = refused(world, slot, now)
                if status != ZERO:
                    _reject(world, slot, status, now)
                    return NONE
            opens_at = goes_on_at(world, slot)
            if opens_at > now:  # comes to its rail once more when the market or the hop opens
                _come_again(world, slot, opens_at)
                return NONE
            if tests & HELD_BY_LINK != 0 and enter_pair(world, slot, now):
                return NONE
        elif tests & LINKED and it.returning == FAILED:
            if release(world, slot):
                return slot
    service = world.hops[uint32(it.hop)].service
    if service != SINGLY and _joins_batch(it, its_rail, service):
        _collect(world, slot, rail, now)
        return NONE
    if _may_settle(world, debit, funds_for(world, debit, it.priority), it.amount, it.key, its_rail.rule):
        return slot
    if its_rail.discipline == INSTANT and not returning:
        _reject(world, slot, REJECTED_INSUFFICIENT_FUNDS, now)
        return NONE
    if its_rail.offset_most > 0 and offset_at_entry(world, slot, rail, now):
        return NONE
    enqueue(world, debit, slot, its_rail.rule)
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
        if not _may_settle(world, debit, available(world.accounts, debit), amount, key, rail.rule):
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
            if state[HEAP_SIZE] > 0 and slots[uint32(world.heap[0])].due <= initiated:
                now = slots[uint32(world.heap[0])].due
                if now >= until:
                    return DONE
                state[NOW] = now
                at_rail = take_due(state, slots, world.heap, world.lane_head)
                _arrive(world, at_rail, now)
            else:
                if initiated >= until:
                    return DONE
                before = min(until, slots[uint32(world.heap[0])].due) if state[HEAP_SIZE] > 0 else until
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
            slot = _enter(world, at_rail, now)
        if slot != NONE:
            settle_gross(world, slot, now)
