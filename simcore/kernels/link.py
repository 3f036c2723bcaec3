"""Payment versus payment over a link of two gross rails: a hop and the one after it are final together, or neither is.

A payment whose first leg has reached its rail settles both legs at once if both rails are open, both payers have the
funds, and nothing is queued before it in either queue. Else it is held in the list of its link; nothing has moved then.
Held pairs stand in no queue: they keep nobody from paying, and are looked at again only at control times.
"""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.books import pay
from simcore.kernels.constants import DONE, FIFO, LOG_FULL, OPEN, PAIR_WENT
from simcore.kernels.control import logs_full
from simcore.kernels.ordered import ordered_first
from simcore.kernels.queue import funds_for, note_gone, note_waiting
from simcore.kernels.settle import conclude, end_unsettled, exchanged, send_on
from simcore.kernels.ways import beyond_bounds, payer_of, real_hop
from simcore.kernels.wide import (
    BYPASS,
    FORWARD,
    NONE,
    REJECTED_LIMIT,
    RETURNED_CUT_OFF,
    RETURNED_ZERO_AMOUNT,
    SETTLED_GROSS,
)
from simcore.kernels.world import NOW, OVERFLOWED, PLACE_HELD, SEQUENCE

ORDER_BITS = (1 << 56) - 1
HEAD, TAIL, COLLECTS, OUT = 0, 1, 2, 3  # columns of World.links
# What stands in COLLECTS: pairs are tried as they arrive; held for a day of its own; held until they are locked.
AT_ONCE, COLLECTS_DAY, LOCKS = 0, 1, 2

# What may become of a pair at an instant.
WAITS, GOES, IS_NOTHING, IS_REFUSED = 0, 1, 2, 3


@kernel
def _can_pay(world, debit, amount, slot):
    """Whether an account has the funds for a leg, and nothing in its queue comes before it."""
    it, account = world.slots[slot], world.accounts[debit]
    rail, slots = world.rails[account.rail], world.slots
    if funds_for(world, debit, it.priority) < amount:
        return False
    if rail.rule == BYPASS or account.head == NONE:
        return True
    if rail.rule == FIFO:
        return (it.key & ORDER_BITS) < (slots[account.head].key & ORDER_BITS)
    return it.key < slots[ordered_first(slots, account.head)].key


@kernel
def _verdict(world, slot, now):
    """What may become of a pair now."""
    it, hops = world.slots[slot], world.hops
    hop = int64(it.hop)
    mine, other = world.rails[hops[hop].rail], world.rails[hops[hop + 1].rail]
    if mine.state != OPEN or other.state != OPEN or world.links[hops[hop].link, OUT] == 1:
        return WAITS
    at, _, _, target = exchanged(world, it.credit, it.amount, mine.currency, other.currency)
    if target < 0:
        world.state[OVERFLOWED] = 1
        return WAITS
    if target == 0:
        return IS_NOTHING
    if beyond_bounds(other, target):
        return IS_REFUSED
    quote = world.quotes[at]
    if quote.opens_at > now or quote.value_at > now:
        return WAITS
    if not _can_pay(world, int64(it.debit), int64(it.amount), slot):
        return WAITS
    payer = world.account_of[hops[hop + 1].rail, payer_of(world, hop + 1, it.debtor, it.creditor)]
    return GOES if _can_pay(world, payer, target, slot) else WAITS


@kernel
def _move_leg(world, slot):
    """Move the money of the slot's obligation, as gross settlement does."""
    it = world.slots[slot]
    pay(world, it.debit, it.credit, it.amount, it.priority)


@kernel
def settle_pair(world, slot, cycle, cycle_2, entered, now):
    """Settle both legs under one number, at the rate in force, and send the payment on; when the second ``entered``."""
    sequence = world.state[SEQUENCE]
    world.state[SEQUENCE] = sequence + 1
    _move_leg(world, slot)
    conclude(world, slot, SETTLED_GROSS, sequence, cycle, now)
    world.slots[slot].entered_at = entered
    _move_leg(world, slot)
    value_at = conclude(world, slot, SETTLED_GROSS, sequence, cycle_2, now)
    if value_at != NONE:
        send_on(world, slot, now, value_at)


@kernel
def _carry_out(world, slot, verdict, now):
    """Settle both legs, or return what buys nothing."""
    if verdict == IS_NOTHING:
        end_unsettled(world, slot, RETURNED_ZERO_AMOUNT, now)
        return
    if verdict == IS_REFUSED:  # by the rail of the second leg; that of the first would have said so before
        end_unsettled(world, slot, REJECTED_LIMIT, now)
        return
    settle_pair(world, slot, NONE, NONE, now, now)


@kernel
def enter_pair(world, slot, now):
    """The first leg of a pair is at its open rail: settle both legs or hold them.

    Returns
    -------
    bool    False where, for this payment, the second leg falls away: it is an obligation like others then
    """
    it = world.slots[slot]
    if real_hop(world, it.route, int64(it.hop) + 1, FORWARD, it.debtor, it.creditor) != it.hop + 1:
        return False
    link = world.hops[it.hop].link
    verdict = _verdict(world, slot, now) if world.links[link, COLLECTS] == AT_ONCE else WAITS
    if verdict != WAITS:
        _carry_out(world, slot, verdict, now)
        return True
    it.place, it.next = PLACE_HELD, NONE
    if world.links[link, HEAD] == NONE:
        world.links[link, HEAD] = slot
    else:
        world.slots[world.links[link, TAIL]].next = slot
    world.links[link, TAIL] = slot
    note_waiting(world, it.debit, it.amount)
    return True


@kernel
def _let_go(world, link, before, slot):
    """Take a pair, which comes after ``before``, out of the list of its link."""
    it = world.slots[slot]
    if before == NONE:
        world.links[link, HEAD] = it.next
    else:
        world.slots[before].next = it.next
    if world.links[link, TAIL] == slot:
        world.links[link, TAIL] = before
    note_gone(world, it.debit, it.amount)


@kernel
def look(world, link, after, now):
    """Look at the pairs that a link holds, in order of arrival, up to one that goes.

    Parameters
    ----------
    after : int64 (1,)    the slot after which to begin, NONE for the first; where to go on, changed in place

    Returns
    -------
    int     DONE at the end of the list; PAIR_WENT: let queues come to rest and call again; LOG_FULL: call again
    """
    world.state[NOW] = now
    while True:
        before = after[0]
        slot = world.links[link, HEAD] if before == NONE else int64(world.slots[before].next)
        if slot == NONE:
            return DONE
        if logs_full(world):
            return LOG_FULL
        verdict = _verdict(world, slot, now)
        if verdict != WAITS:
            _let_go(world, link, before, slot)
            _carry_out(world, slot, verdict, now)
            return PAIR_WENT
        after[0] = slot


@kernel
def return_held(world, rail, now):
    """At the end of a rail's day: return every pair whose first leg is on it. Nothing has moved for it."""
    world.state[NOW] = now
    for link in range(world.links.shape[0]):
        if world.links[link, COLLECTS] == COLLECTS_DAY:
            continue  # whoever collects for a day of its own returns what is left of it
        before, slot = NONE, world.links[link, HEAD]
        while slot != NONE:
            following = int64(world.slots[slot].next)
            if world.hops[world.slots[slot].hop].rail == rail:
                if logs_full(world):
                    return LOG_FULL
                _let_go(world, link, before, slot)
                end_unsettled(world, slot, RETURNED_CUT_OFF, now)
            else:
                before = slot
            slot = following
    return DONE
