"""What becomes of an obligation that reaches its rail: it settles, is put where it waits, or ends there."""

from __future__ import annotations

from numpy import int64, uint32

from simcore.accelerate import kernel
from simcore.kernels.block import next_block
from simcore.kernels.constants import (
    BLOCK_SET,
    BOUNDED,
    BY_TERMS,
    DEADLINE,
    FIFO,
    HELD_BY_CUT_OFF,
    HELD_BY_DEALER,
    HELD_BY_LINK,
    IN_CYCLES,
    INSTANT,
    LATE,
    LINKED,
    MAY_BE_OUT,
    OPEN,
    REJECT,
    SINGLY,
    UNRESOLVED,
    WAIT,
)
from simcore.kernels.instant_links import has_quote, refused, release, too_late
from simcore.kernels.link import enter_pair
from simcore.kernels.offset import offset_at_entry
from simcore.kernels.ordered import ordered_first, ordered_insert
from simcore.kernels.queue import enqueue, funds_for, note_waiting
from simcore.kernels.settle import end_unsettled, send
from simcore.kernels.ways import beyond_bounds, payee_of, real_hop
from simcore.kernels.wide import (
    BYPASS,
    FORWARD,
    NEVER,
    NONE,
    REJECTED_CLOSED,
    REJECTED_INSUFFICIENT_FUNDS,
    REJECTED_LIMIT,
    REJECTED_PROXY,
    REJECTED_SCREENING,
    REJECTED_TIME_LIMIT,
    RETURNED_CLOSED,
    ZERO,
)
from simcore.kernels.world import FAILED, OVERFLOWED, PLACE_COLLECTED, PLACE_WAITING


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
def may_settle(world, debit, funds, amount, key, rule):
    """Whether an arriving obligation is payable now: funds, and nothing queued that the rule puts before it."""
    if funds < amount:
        return False
    head = world.accounts[uint32(debit)].head
    if rule == BYPASS or head == NONE:
        return True
    return rule != FIFO and key < world.slots[ordered_first(world.slots, head)].key


@kernel
def _come_again(world, slot, due):
    """Let an obligation come to its rail once more, or give it up when its link's time is over."""
    if world.hops[world.slots[slot].hop].tests & LINKED and too_late(world, slot, due):
        due = world.promise[slot, DEADLINE]
    send(world, slot, due, ZERO, NONE)


@kernel
def _dealing_opens(world, slot):
    """From when on dealers exchange what the slot's obligation brings them; an instant gone by if there is none.

    On a ledger those of all legs count, since they settle together.
    """
    it, opens_at = world.slots[slot], ZERO
    hop = int64(it.hop)
    while True:
        following = real_hop(world, it.route, hop + 1, FORWARD, it.debtor, it.creditor)
        if following == NONE:
            return opens_at
        here, there = world.rails[world.hops[hop].rail], world.rails[world.hops[following].rail]
        if here.currency != there.currency:
            dealer = world.dealer_of[payee_of(world, hop, it.debtor, it.creditor)]
            opens_at = max(opens_at, world.quotes[world.quote_of[dealer, here.currency, there.currency]].opens_at)
        if here.block_every == 0 or here.list_at != there.list_at:
            return opens_at
        hop = following


@kernel
def _goes_on_at(world, slot):
    """From when on the slot's obligation may go to its rail: after its hop's cut-off, and when a dealer deals."""
    hop = world.hops[world.slots[slot].hop]
    opens_at = ZERO
    if hop.tests & HELD_BY_DEALER and not (hop.tests & LINKED and has_quote(world, slot)):
        opens_at = _dealing_opens(world, slot)
    if hop.tests & HELD_BY_CUT_OFF:
        opens_at = max(opens_at, hop.shut_until)
    return opens_at


@kernel(forceinline=True)
def enter(world, slot, now):
    """An obligation is at its rail: settle it and return it, or put it where it belongs and return NONE."""
    it = world.slots[uint32(slot)]
    debit, rail = it.debit, world.hops[uint32(it.hop)].rail
    its_rail = world.rails[uint32(rail)]
    returning = it.returning != 0
    draw, tests = world.hops[uint32(it.hop)].draw, world.hops[uint32(it.hop)].tests
    if tests & LINKED and not returning and world.promise[slot, LATE] == 1:
        end_unsettled(world, slot, REJECTED_TIME_LIMIT, now)
        return NONE
    if tests & MAY_BE_OUT and world.sends_from[world.accounts[debit].participant] > now:  # who owes it is out
        _come_again(world, slot, world.sends_from[world.accounts[debit].participant])
        return NONE
    if draw != NONE and world.draws[slot, draw] < 0 and not returning:
        end_unsettled(world, slot, REJECTED_SCREENING if world.draws[slot, draw] > -UNRESOLVED else REJECTED_PROXY, now)
        return NONE
    if its_rail.state != OPEN:
        if returning or its_rail.when_closed == WAIT:
            _wait(world, slot, rail)
        elif world.hops[uint32(it.hop)].shut_until > now:  # it isn't sent to a closed rail after the cut-off
            _come_again(world, slot, world.hops[uint32(it.hop)].shut_until)
        else:
            end_unsettled(world, slot, REJECTED_CLOSED if its_rail.when_closed == REJECT else RETURNED_CLOSED, now)
        return NONE
    if tests != 0:
        if not returning:
            if tests & BOUNDED != 0 and beyond_bounds(its_rail, it.amount):
                end_unsettled(world, slot, REJECTED_LIMIT, now)
                return NONE
            if tests & LINKED:
                status = refused(world, slot, now)
                if status != ZERO:
                    end_unsettled(world, slot, status, now)
                    return NONE
            opens_at = _goes_on_at(world, slot)
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
    if may_settle(world, debit, funds_for(world, debit, it.priority), it.amount, it.key, its_rail.rule):
        return slot
    if its_rail.discipline == INSTANT and not returning:
        end_unsettled(world, slot, REJECTED_INSUFFICIENT_FUNDS, now)
        return NONE
    if its_rail.offset_most > 0 and offset_at_entry(world, slot, rail, now):
        return NONE
    enqueue(world, debit, slot, its_rail.rule)
    return NONE
