"""Queues of gross rails and the releases a credit causes, for the three queue rules of DESIGN §4.

A fifo queue is a linked list; priority and bypass queues are ordered trees. Credited accounts of strict queues wait in
a ring; those of bypass queues in a small array, each with its first payable obligation, of which the first in queue
order goes next. A priority queue that can be bypassed from a level on (the rule changes between ORDERED and BYPASS) is
treated as a bypass queue is, since there the order decides what settles.
"""

from __future__ import annotations

from numpy import uint32

from simcore.accelerate import kernel
from simcore.kernels.constants import CUT_OFF, FIFO, HELD_HIGHLY_URGENT, HELD_URGENT, OPEN, RECEIPTS
from simcore.kernels.ordered import ordered_first, ordered_first_fit, ordered_insert, ordered_remove
from simcore.kernels.wide import BYPASS, NONE, ORDERED
from simcore.kernels.world import CHANGED_SIZE, OVERFLOWED, PLACE_QUEUE, WORK_FIRST, WORK_SIZE


@kernel(forceinline=True)
def available(accounts, account):
    """What the account can pay: balance + debit limit - reserved."""
    it = accounts[uint32(account)]
    return it.balance + it.debit_limit - it.reserved


@kernel(forceinline=True)
def tier_funds(world, account, priority):
    """What the account can pay an obligation of this priority from, on a rail with tiers."""
    rail = world.rails[world.accounts[account].rail]
    funds = available(world.accounts, account)
    if priority <= rail.highly_urgent:
        return funds
    funds -= world.tiers[account, HELD_HIGHLY_URGENT]
    if priority <= rail.urgent:
        return funds
    funds -= world.tiers[account, HELD_URGENT]
    if rail.receipts == 1 and world.tiers[account, RECEIPTS] < funds:
        funds = world.tiers[account, RECEIPTS]
    return funds


@kernel(forceinline=True)
def use_tiers(world, debit, credit, amount, priority):
    """An obligation settled alone: it uses up what was held for it, or receipts, and is the creditor's receipt."""
    rail = world.rails[world.accounts[debit].rail]
    column = RECEIPTS
    if priority <= rail.highly_urgent:
        column = HELD_HIGHLY_URGENT
    elif priority <= rail.urgent:
        column = HELD_URGENT
    if column != RECEIPTS or rail.receipts == 1:
        world.tiers[debit, column] = max(world.tiers[debit, column] - amount, 0)
    world.tiers[credit, RECEIPTS] += amount


@kernel(forceinline=True)
def use_tiers_net(world, account, change):
    """A set moved the account by its net position: a receipt, or paid out of receipts as far as there are any."""
    world.tiers[account, RECEIPTS] = max(world.tiers[account, RECEIPTS] + change, 0)


@kernel(forceinline=True)
def funds_for(world, account, priority):
    """What the account can pay an obligation of this priority from, on any rail."""
    if world.rails[uint32(world.accounts[uint32(account)].rail)].tiers == 0:
        return available(world.accounts, account)
    return tier_funds(world, account, priority)


@kernel
def _first_payable_tiered(world, account, rule):
    """The same as ``first_payable`` on a rail with tiers.

    A bypass queue is in order of priority, and what is more urgent may use more: the first that fits is looked for with
    the funds of each class in turn, and counts if it belongs to that class.
    """
    slots, head = world.slots, world.accounts[account].head
    rail = world.rails[world.accounts[account].rail]
    if head == NONE:
        return NONE
    if rule != BYPASS:
        slot = ordered_first(slots, head)
        return slot if slots[slot].amount <= tier_funds(world, account, slots[slot].priority) else NONE
    for last in (rail.highly_urgent, rail.urgent):
        if last >= 0:
            slot = ordered_first_fit(slots, head, tier_funds(world, account, last))
            if slot == NONE or slots[slot].priority <= last:
                return slot
    return ordered_first_fit(slots, head, tier_funds(world, account, 1 + rail.urgent))


@kernel
def _count_queued(world, account, change):
    """Keep the number queued on a rail whose queue may be bypassed from a level on, and change the rule at it."""
    rail = world.rails[world.accounts[account].rail]
    if rail.bypass_above == 0:
        return
    rail.queued += change
    rule = BYPASS if rail.queued >= rail.bypass_above else ORDERED
    if rule == rail.rule:
        return
    rail.rule = rule
    for other in range(rail.first_account, rail.last_account):
        if rule == BYPASS:
            note_credit(world, other)
        elif world.accounts[other].in_work == 1:
            world.accounts[other].candidate = first_payable(world, other, rule)


@kernel(forceinline=True)
def note_waiting(world, account, amount):
    """An obligation more waits to be paid from an account: in its queue, or in a list."""
    payer = world.accounts[uint32(account)]
    payer.queued_count += 1
    value = payer.queued_value + amount
    payer.queued_value = value
    if value > payer.queued_peak:
        payer.queued_peak = value
    if value < 0:
        world.state[OVERFLOWED] = 1


@kernel(forceinline=True)
def note_gone(world, account, amount):
    """One of them is out of its queue or list."""
    payer = world.accounts[uint32(account)]
    payer.queued_count -= 1
    payer.queued_value -= amount


@kernel(forceinline=True)
def put_in_queue(world, account, slot, rule):
    """Put a slot into the queue of the account it is to be paid from, on a rail without a level of bypass."""
    slots, payer, it = world.slots, world.accounts[uint32(account)], world.slots[uint32(slot)]
    it.place = PLACE_QUEUE
    if rule == FIFO:
        it.next = NONE
        if payer.head == NONE:
            payer.head = slot
        else:
            slots[uint32(payer.tail)].next = slot
        payer.tail = slot
    else:
        payer.head = ordered_insert(slots, world.path, payer.head, slot)
    note_waiting(world, account, it.amount)


@kernel(forceinline=True)
def enqueue(world, account, slot, rule):
    """Put a slot into the queue of the account it is to be paid from."""
    put_in_queue(world, account, slot, rule)
    if rule >= BYPASS:
        _count_queued(world, account, 1)


@kernel(forceinline=True)
def dequeue(world, account, slot, rule):
    """Take a slot out of its queue; in a fifo queue it must be the first."""
    payer, it = world.accounts[uint32(account)], world.slots[uint32(slot)]
    if rule == FIFO:
        payer.head = it.next
        if payer.head == NONE:
            payer.tail = NONE
    else:
        payer.head = ordered_remove(world.slots, world.path, payer.head, slot)
    note_gone(world, account, it.amount)
    if rule >= BYPASS:
        _count_queued(world, account, -1)


@kernel(forceinline=True)
def first_payable(world, account, rule):
    """The slot the queue rule lets go and the funds allow, or NONE."""
    if rule != FIFO and world.rails[world.accounts[uint32(account)].rail].tiers == 1:
        return _first_payable_tiered(world, account, rule)
    return first_in_plain_queue(world, account, rule)


@kernel(forceinline=True)
def first_in_plain_queue(world, account, rule):
    """The same on a rail without tiers."""
    slots, head = world.slots, world.accounts[uint32(account)].head
    funds = available(world.accounts, account)
    if rule == BYPASS:
        return ordered_first_fit(slots, head, funds)
    slot = head if rule == FIFO else ordered_first(slots, head)
    if slot != NONE and slots[uint32(slot)].amount <= funds:
        return slot
    return NONE


@kernel(forceinline=True)
def note_credit(world, account):
    """The account's funds rose: let its queue be looked at before the next event."""
    it, state = world.accounts[uint32(account)], world.state
    if it.head == NONE:
        return
    rail = world.rails[uint32(it.rail)]
    if rail.state != OPEN and rail.state != CUT_OFF:
        return
    if rail.rule >= BYPASS:
        it.candidate = first_payable(world, account, rail.rule)
        if it.in_work == 0 and it.candidate != NONE:
            it.in_work = 1
            world.changed[uint32(state[CHANGED_SIZE])] = account
            state[CHANGED_SIZE] += 1
    elif it.in_work == 0:
        it.in_work = 1
        at = state[WORK_FIRST] + state[WORK_SIZE]
        if at >= world.work.size:
            at -= world.work.size
        world.work[uint32(at)] = account
        state[WORK_SIZE] += 1


@kernel
def look_again(world, rail):
    """Funds moved, or queues did, in several accounts of a rail: let each be looked at before the next event."""
    for account in range(world.rails[rail].first_account, world.rails[rail].last_account):
        note_credit(world, account)


@kernel(forceinline=True)
def note_debit(world, account):
    """The account's funds fell: what its bypass queue was about to release may cost too much now."""
    it = world.accounts[uint32(account)]
    rule = world.rails[uint32(it.rail)].rule
    if it.in_work == 1 and rule >= BYPASS:
        it.candidate = first_payable(world, account, rule)


@kernel(forceinline=True)
def next_release(world):
    """Take the next queued slot that may settle out of its queue; NONE when all queues are at rest."""
    accounts, state, slots = world.accounts, world.state, world.slots
    while state[WORK_SIZE] > 0:
        account = world.work[uint32(state[WORK_FIRST])]
        rule = world.rails[uint32(accounts[uint32(account)].rail)].rule
        slot = first_payable(world, account, rule)
        if slot != NONE:
            dequeue(world, account, slot, rule)
            return slot
        accounts[uint32(account)].in_work = 0
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
