"""Settles the sets a mechanism has chosen from a rail's queues: each set final as one, sets one after the other."""

from __future__ import annotations

from simcore.accelerate import kernel
from simcore.kernels.constants import DONE, FIFO, LOG_FULL, OVERDRAWN
from simcore.kernels.control import logs_full, uncollect
from simcore.kernels.queue import dequeue, note_credit, use_tiers_net
from simcore.kernels.settle import book_gross, log_unsettled, move_net, send_back, settled
from simcore.kernels.wide import NONE
from simcore.kernels.world import CURSOR, CYCLE_SEQUENCE, NOW, PLACE_CHOSEN, SEQUENCE


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
        slots[chosen[k]].place = PLACE_CHOSEN
    for account in range(it.first_account, it.last_account):
        payer = accounts[account]
        slot = payer.head
        payer.head = NONE
        payer.tail = NONE
        while slot != NONE:
            following = slots[slot].next
            if slots[slot].place == PLACE_CHOSEN:
                payer.queued_count -= 1
                payer.queued_value -= slots[slot].amount
            else:
                slots[slot].next = NONE
                if payer.head == NONE:
                    payer.head = slot
                else:
                    slots[payer.tail].next = slot
                payer.tail = slot
            slot = following


@kernel
def take_collected(world, rail, chosen):
    """Take slots out of the collection list of a rail, wherever they stand in it."""
    it, slots = world.rails[rail], world.slots
    for k in range(chosen.size):
        slots[chosen[k]].place = PLACE_CHOSEN
    slot = it.collect_head
    it.collect_head = NONE
    it.collect_tail = NONE
    while slot != NONE:
        following = slots[slot].next
        if slots[slot].place == PLACE_CHOSEN:
            uncollect(world, slot)
        else:
            slots[slot].next = NONE
            if it.collect_head == NONE:
                it.collect_head = slot
            else:
                slots[it.collect_tail].next = slot
            it.collect_tail = slot
        slot = following


@kernel
def return_taken(world, chosen, status, now):
    """Return obligations that were taken out of a list; DONE, or LOG_FULL: call again to go on."""
    state = world.state
    state[NOW] = now
    while state[CURSOR] < chosen.size:
        if logs_full(world):
            return LOG_FULL
        log_unsettled(world, chosen[state[CURSOR]], status)
        send_back(world, chosen[state[CURSOR]], status, now)
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
def settle_sets(world, chosen, set_of, status, cycle_id, now):
    """Settle taken slots, sorted by set; only the position after a set counts.

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
                net[slots[chosen[end]].debit] = 0  # a cycle that settled nothing leaves its positions there
                net[slots[chosen[end]].credit] = 0
                end += 1
            for k in range(at, end):
                it = slots[chosen[k]]
                net[it.debit] -= it.amount
                net[it.credit] += it.amount
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
def look_again(world, rail):
    """Funds moved in several accounts of a rail: let every queue be looked at before the next event."""
    for account in range(world.rails[rail].first_account, world.rails[rail].last_account):
        note_credit(world, account)
