"""Settles the sets a mechanism has chosen from a rail's queues: each set final as one, sets one after the other."""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.books import book, book_gross, move_net
from simcore.kernels.constants import DONE, FIFO, LOG_FULL, OVERDRAWN
from simcore.kernels.control import logs_full, uncollect
from simcore.kernels.queue import dequeue, note_credit, note_debit, note_gone, use_tiers_net
from simcore.kernels.rows import log_obligation
from simcore.kernels.settle import end_unsettled, settled
from simcore.kernels.wide import KIND_RECOVERY, KIND_SETTLEMENT, NONE, SETTLED_NET, ZERO
from simcore.kernels.world import CURSOR, CYCLE_SEQUENCE, NOW, PLACE_CHOSEN, SEQUENCE


@kernel
def without_chosen(slots, head):
    """A list without those of its slots that are chosen: its new first and last slot."""
    first, last = NONE, NONE
    slot = head
    while slot != NONE:
        following = int64(slots[slot].next)
        if slots[slot].place != PLACE_CHOSEN:
            slots[slot].next = NONE
            if first == NONE:
                first = slot
            else:
                slots[last].next = slot
            last = slot
        slot = following
    return first, last


@kernel
def listed(slots, head, found):
    """Write the slots of a list into ``found``, which has room for all there are, in its order; how many they are."""
    n, slot = ZERO, head
    while slot != NONE:
        found[n] = slot
        n += 1
        slot = int64(slots[slot].next)
    return n


@kernel
def take_chosen(world, rail, chosen):
    """Take slots out of the queues of a rail, wherever they stand in them."""
    it, slots, accounts = world.rails[rail], world.slots, world.accounts
    if it.rule != FIFO:
        for k in range(chosen.size):
            dequeue(world, slots[chosen[k]].debit, chosen[k], it.rule)
            slots[chosen[k]].place = PLACE_CHOSEN
        return
    for k in range(chosen.size):
        note_gone(world, slots[chosen[k]].debit, slots[chosen[k]].amount)
        slots[chosen[k]].place = PLACE_CHOSEN
    for account in range(it.first_account, it.last_account):
        payer = accounts[account]
        payer.head, payer.tail = without_chosen(slots, payer.head)


@kernel
def take_collected(world, rail, chosen):
    """Take slots out of the collection list of a rail, wherever they stand in it."""
    it, slots = world.rails[rail], world.slots
    for k in range(chosen.size):
        uncollect(world, chosen[k])
        slots[chosen[k]].place = PLACE_CHOSEN
    it.collect_head, it.collect_tail = without_chosen(slots, it.collect_head)


@kernel
def return_taken(world, chosen, status, now):
    """Return obligations that were taken out of a list; DONE, or LOG_FULL: call again to go on."""
    state = world.state
    state[NOW] = now
    while state[CURSOR] < chosen.size:
        if logs_full(world):
            return LOG_FULL
        end_unsettled(world, chosen[state[CURSOR]], status, now)
        state[CURSOR] += 1
    state[CURSOR] = 0
    return DONE


@kernel(forceinline=True)
def _apply_net(world, account):
    """Move an account to its position after the set; whether it stays within its limit."""
    it, net = world.accounts[account], world.net
    move_net(world, account, net[account])
    use_tiers_net(world, account, net[account])
    net[account] = 0
    return it.balance + it.debit_limit >= 0


@kernel
def _write_moves(world, debit, credit, amount, kind, cycle_id, now):
    """Write the rows of movements that belong to the set under way; DONE, or LOG_FULL: call again to go on."""
    state = world.state
    while state[CURSOR] < amount.size:
        if logs_full(world):
            return LOG_FULL
        k = state[CURSOR]
        book(world, debit[k], credit[k], amount[k])
        log_obligation(world, NONE, ZERO, kind, debit[k], credit[k], amount[k], now, now, state[CYCLE_SEQUENCE],
                       SETTLED_NET, cycle_id, NONE)  # fmt: skip
        state[CURSOR] += 1
    state[CURSOR] = 0
    return DONE


@kernel
def recover(world, rail, chosen, debit, credit, amount, cycle_id, now):
    """Begin a set that settles taken slots and, beside them, payments out of the estates of those in default.

    Moves every account of the rail to its position after the whole set and writes the rows of the recoveries;
    :func:`settle_sets` then writes those of the slots.

    Returns
    -------
    int     DONE; LOG_FULL: call again to go on; OVERDRAWN: the set would leave an account below its limit
    """
    state, slots, net, it = world.state, world.slots, world.net, world.rails[rail]
    state[NOW] = now
    if state[CYCLE_SEQUENCE] == NONE:
        for k in range(chosen.size):
            net[slots[chosen[k]].debit] -= slots[chosen[k]].amount
            net[slots[chosen[k]].credit] += slots[chosen[k]].amount
        for k in range(amount.size):
            net[debit[k]] -= amount[k]
            net[credit[k]] += amount[k]
        within = True
        for account in range(it.first_account, it.last_account):
            if net[account] != 0:
                within &= _apply_net(world, account)
        if not within:
            return OVERDRAWN
        state[CYCLE_SEQUENCE] = state[SEQUENCE]
        state[SEQUENCE] += 1
    if _write_moves(world, debit, credit, amount, KIND_RECOVERY, cycle_id, now) == LOG_FULL:
        return LOG_FULL
    if chosen.size == 0:
        state[CYCLE_SEQUENCE] = NONE
    return DONE


@kernel
def settle_sets(world, chosen, set_of, status, cycle_id, now):
    """Settle taken slots, sorted by set; only the position after a set counts.

    A first set that :func:`recover` has begun is gone on with.

    Returns
    -------
    int     DONE; LOG_FULL: call again to go on; OVERDRAWN: a set would leave an account below its limit
    """
    state, slots, net = world.state, world.slots, world.net
    state[NOW] = now
    while state[CURSOR] < chosen.size:
        at = state[CURSOR]
        if state[CYCLE_SEQUENCE] == NONE:
            end = at
            while end < chosen.size and set_of[end] == set_of[at]:
                it = slots[chosen[end]]
                net[it.debit] -= it.amount
                net[it.credit] += it.amount
                end += 1
            within = True
            for k in range(at, end):
                within &= _apply_net(world, slots[chosen[k]].debit)
                within &= _apply_net(world, slots[chosen[k]].credit)
            if not within:
                return OVERDRAWN
            state[CYCLE_SEQUENCE] = state[SEQUENCE]
            state[SEQUENCE] += 1
        if logs_full(world):
            return LOG_FULL
        slot = chosen[at]
        book_gross(world, slot)
        settled(world, slot, status, state[CYCLE_SEQUENCE], cycle_id, now)
        state[CURSOR] = at + 1
        if at + 1 == chosen.size or set_of[at + 1] != set_of[at]:
            state[CYCLE_SEQUENCE] = NONE
    state[CURSOR] = 0
    return DONE


@kernel
def settle_positions(world, debit, credit, amount, now):
    """Settle net positions of a rail on another one: movements on both rails that are final as one set.

    Returns
    -------
    int     DONE; LOG_FULL: call again to go on; OVERDRAWN: the set would leave an account below its limit
    """
    state, net = world.state, world.net
    state[NOW] = now
    if state[CYCLE_SEQUENCE] == NONE:
        for k in range(amount.size):
            net[debit[k]] -= amount[k]
            net[credit[k]] += amount[k]
        within = True
        for k in range(amount.size):
            within &= _apply_net(world, debit[k])
            within &= _apply_net(world, credit[k])
        if not within:
            return OVERDRAWN
        state[CYCLE_SEQUENCE] = state[SEQUENCE]
        state[SEQUENCE] += 1
    if _write_moves(world, debit, credit, amount, KIND_SETTLEMENT, NONE, now) == LOG_FULL:
        return LOG_FULL
    state[CYCLE_SEQUENCE] = NONE
    for k in range(amount.size):
        note_debit(world, debit[k])
        note_debit(world, credit[k])
        note_credit(world, debit[k])
        note_credit(world, credit[k])
    return DONE
