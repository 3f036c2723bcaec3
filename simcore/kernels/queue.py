"""Queues of gross rails and the releases a credit causes, for the three queue rules of DESIGN §4.

A fifo queue is a linked list; priority and bypass queues are ordered trees. Credited accounts of strict queues wait in
a ring; those of bypass queues in a small array, each with its first payable obligation, of which the first in queue
order goes next.
"""

from __future__ import annotations

from simcore.accelerate import kernel
from simcore.kernels.constants import CUT_OFF, FIFO, OPEN
from simcore.kernels.ordered import ordered_first, ordered_first_fit, ordered_insert, ordered_remove
from simcore.kernels.wide import BYPASS, NONE
from simcore.kernels.world import CHANGED_SIZE, OVERFLOWED, PLACE_QUEUE, WORK_FIRST, WORK_SIZE


@kernel(forceinline=True)
def available(accounts, account):
    """What the account can pay: balance + debit limit - reserved."""
    return accounts[account].balance + accounts[account].debit_limit - accounts[account].reserved


@kernel(forceinline=True)
def enqueue(world, account, slot, rule):
    """Put a slot into the queue of the account it is to be paid from."""
    accounts, slots = world.accounts, world.slots
    slots[slot].place = PLACE_QUEUE
    if rule == FIFO:
        slots[slot].next = NONE
        if accounts[account].head == NONE:
            accounts[account].head = slot
        else:
            slots[accounts[account].tail].next = slot
        accounts[account].tail = slot
    else:
        accounts[account].head = ordered_insert(slots, world.path, accounts[account].head, slot)
    accounts[account].queued_count += 1
    value = accounts[account].queued_value + slots[slot].amount
    accounts[account].queued_value = value
    if value > accounts[account].queued_peak:
        accounts[account].queued_peak = value
    if value < 0:
        world.state[OVERFLOWED] = 1


@kernel(forceinline=True)
def dequeue(world, account, slot, rule):
    """Take a slot out of its queue; in a fifo queue it must be the first."""
    accounts, slots = world.accounts, world.slots
    if rule == FIFO:
        accounts[account].head = slots[slot].next
        if accounts[account].head == NONE:
            accounts[account].tail = NONE
    else:
        accounts[account].head = ordered_remove(slots, world.path, accounts[account].head, slot)
    accounts[account].queued_count -= 1
    accounts[account].queued_value -= slots[slot].amount


@kernel(forceinline=True)
def first_payable(world, account, rule):
    """The slot the queue rule lets go and the funds allow, or NONE."""
    accounts, slots = world.accounts, world.slots
    funds = available(accounts, account)
    if rule == BYPASS:
        return ordered_first_fit(slots, accounts[account].head, funds)
    slot = accounts[account].head if rule == FIFO else ordered_first(slots, accounts[account].head)
    if slot != NONE and slots[slot].amount <= funds:
        return slot
    return NONE


@kernel(forceinline=True)
def note_credit(world, account):
    """The account's funds rose: let its queue be looked at before the next event."""
    accounts, state = world.accounts, world.state
    if accounts[account].head == NONE:
        return
    rail = accounts[account].rail
    if world.rails[rail].state != OPEN and world.rails[rail].state != CUT_OFF:
        return
    rule = world.rails[rail].rule
    if rule == BYPASS:
        accounts[account].candidate = first_payable(world, account, rule)
        if accounts[account].in_work == 0 and accounts[account].candidate != NONE:
            accounts[account].in_work = 1
            world.changed[state[CHANGED_SIZE]] = account
            state[CHANGED_SIZE] += 1
    elif accounts[account].in_work == 0:
        accounts[account].in_work = 1
        at = state[WORK_FIRST] + state[WORK_SIZE]
        if at >= world.work.size:
            at -= world.work.size
        world.work[at] = account
        state[WORK_SIZE] += 1


@kernel(forceinline=True)
def note_debit(world, account):
    """The account's funds fell: what its bypass queue was about to release may cost too much now."""
    if world.accounts[account].in_work == 1 and world.rails[world.accounts[account].rail].rule == BYPASS:
        world.accounts[account].candidate = first_payable(world, account, BYPASS)


@kernel(forceinline=True)
def next_release(world):
    """Take the next queued slot that may settle out of its queue; NONE when all queues are at rest."""
    accounts, state, slots = world.accounts, world.state, world.slots
    while state[WORK_SIZE] > 0:
        account = world.work[state[WORK_FIRST]]
        rule = world.rails[accounts[account].rail].rule
        slot = first_payable(world, account, rule)
        if slot != NONE:
            dequeue(world, account, slot, rule)
            return slot
        accounts[account].in_work = 0
        state[WORK_FIRST] += 1
        if state[WORK_FIRST] == world.work.size:
            state[WORK_FIRST] = 0
        state[WORK_SIZE] -= 1
    while state[CHANGED_SIZE] > 0:
        best, best_at = NONE, 0
        k = 0
        while k < state[CHANGED_SIZE]:
            account = world.changed[k]
            slot = accounts[account].candidate
            if slot == NONE:  # nothing payable left: the last takes its place
                accounts[account].in_work = 0
                state[CHANGED_SIZE] -= 1
                world.changed[k] = world.changed[state[CHANGED_SIZE]]
                continue
            if best == NONE or slots[slot].key < slots[best].key:
                best, best_at = slot, k
            k += 1
        if best != NONE:
            dequeue(world, world.changed[best_at], best, BYPASS)
            return best
    return NONE
