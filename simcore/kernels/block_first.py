"""First come first served in a block: while any payment can settle, the one that came first does.

What can't settle waits for one account, the first that is in its way: for its funds, or for room below the limit of
its balance. It stands in a tree of that account by order of arrival, with what it needs there, and is looked at again
once there is as much. So a block takes O(n log n) steps, and not n times those.
"""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.block_legs import (
    AMOUNT,
    CHANGED,
    CONSIDERED_COUNT,
    CONSIDERED_VALUE,
    FITS,
    FOR_FUNDS,
    FOR_ROOM,
    IN_CHANGED,
    SETTLED_COUNT,
    SETTLED_VALUE,
    SHORT,
    TREE,
    add_legs,
    count_legs,
    decide,
    legs_of,
    move_legs,
    note_moved,
    out_of_bounds,
    room,
    verdict,
    without_decided,
)
from simcore.kernels.ordered import ordered_first_fit, ordered_insert, ordered_remove
from simcore.kernels.queue import available
from simcore.kernels.wide import NONE, ONE, REJECTED_LIMIT, ZERO

ALONE = ZERO
"""Mark of a payment that settles by itself."""


@kernel
def _settle_or_wait(world, slot, legs):
    """Move the money of a payment whose legs stand in ``world.legs``, or let it wait for the account in its way."""
    it = world.slots[slot]
    add_legs(world, legs, ONE)
    what, account = verdict(world, legs, it.returning != 0)
    needed = abs(world.net[account]) if what != FITS else ZERO
    move_legs(world, legs, what == FITS)
    if what == FITS:
        count_legs(world, legs, SETTLED_COUNT, SETTLED_VALUE)
        note_moved(world, legs)
        return True
    column = FOR_FUNDS if what == SHORT else FOR_ROOM
    world.block[slot, AMOUNT], world.block[slot, TREE] = it.amount, 2 * account + column + 1
    it.amount = needed  # what the tree goes by
    root = world.block_accounts[account, column]
    world.block_accounts[account, column] = ordered_insert(world.slots, world.path, root, slot)
    return False


@kernel
def _wakes(world, slot):
    """Take a payment out of the tree in which it waits; its amount is its own again."""
    tree = world.block[slot, TREE] - 1
    account, column = tree // 2, tree % 2
    root = world.block_accounts[account, column]
    world.block_accounts[account, column] = ordered_remove(world.slots, world.path, root, slot)
    world.slots[slot].amount, world.block[slot, TREE] = world.block[slot, AMOUNT], ZERO


@kernel(forceinline=True)
def _has_enough(world, account):
    """Whether any payment that waits for an account has what it needs there: trees know the least below each node."""
    those, slots = world.block_accounts, world.slots
    root = those[account, FOR_FUNDS]
    if root != NONE and slots[root].low <= available(world.accounts, account):
        return True
    root = those[account, FOR_ROOM]
    return root != NONE and slots[root].low <= room(world, account)


@kernel
def _note_changed(world, legs, changed):
    """The accounts of the legs have moved: what waits for them may settle now."""
    those = world.block_accounts
    for leg in range(legs):
        for side in range(2):
            account = world.legs[leg, side]
            if those[account, IN_CHANGED] == 0 and _has_enough(world, account):
                those[account, IN_CHANGED] = 1
                those[changed, CHANGED] = account
                changed += 1
    return changed


@kernel
def _first_for(world, account):
    """The first payment that waits for an account and has what it needs there, or NONE."""
    those, slots = world.block_accounts, world.slots
    first = ordered_first_fit(slots, those[account, FOR_FUNDS], available(world.accounts, account))
    if those[account, FOR_ROOM] == NONE:
        return first
    other = ordered_first_fit(slots, those[account, FOR_ROOM], room(world, account))
    if first == NONE or (other != NONE and slots[other].key < slots[first].key):
        return other
    return first


@kernel
def _earlier(world, changed):
    """The first of all that wait and may settle now, or NONE; how many accounts are left that changed."""
    those, slots = world.block_accounts, world.slots
    best, k = NONE, 0
    while k < changed:
        account = those[k, CHANGED]
        first = _first_for(world, account)
        if first == NONE:
            changed -= 1
            those[account, IN_CHANGED] = 0
            those[k, CHANGED] = those[changed, CHANGED]
            continue
        if best == NONE or slots[first].key < slots[best].key:
            best = int64(first)
        k += 1
    return best, changed


@kernel
def first_come(world, it, leader, capacity, now):
    """Settle, up to a capacity, what can; how many have settled, and how many are decided."""
    slots, rails = world.slots, world.rails
    for rail in range(rails.size):
        if rails[rail].list_at == leader:
            for account in range(rails[rail].first_account, rails[rail].last_account):
                world.block_accounts[account, FOR_FUNDS] = world.block_accounts[account, FOR_ROOM] = NONE
                world.block_accounts[account, IN_CHANGED] = 0
    settled, decided, changed, place = ZERO, ZERO, ZERO, ZERO
    slot = int64(it.collect_head)
    while slot != NONE and settled < capacity:
        following = int64(slots[slot].next)
        slots[slot].key = place
        place += 1
        legs = legs_of(world, slot, now)
        count_legs(world, legs, CONSIDERED_COUNT, CONSIDERED_VALUE)
        if slots[slot].returning == 0 and out_of_bounds(world, legs):
            decided = decide(world, slot, REJECTED_LIMIT, decided)
        elif _settle_or_wait(world, slot, legs):
            settled, decided = settled + 1, decide(world, slot, ALONE, decided)
            changed = _note_changed(world, legs, changed)
            while changed > 0 and settled < capacity:
                earlier, changed = _earlier(world, changed)
                if earlier == NONE:
                    break
                _wakes(world, earlier)
                legs = legs_of(world, earlier, now)
                if _settle_or_wait(world, earlier, legs):
                    settled, decided = settled + 1, decide(world, earlier, ALONE, decided)
                    changed = _note_changed(world, legs, changed)
        slot = following
    without_decided(world, it)
    slot = int64(it.collect_head)
    while slot != NONE:  # what still waits has its own amount again
        if world.block[slot, TREE] != 0:
            slots[slot].amount, world.block[slot, TREE] = world.block[slot, AMOUNT], ZERO
        slot = int64(slots[slot].next)
    return settled, decided
