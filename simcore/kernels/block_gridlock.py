"""Gridlock resolution in a block: of what is left, all that net positions allow settles as one set.

All are in at first. While an account would be short, or above its limit, the newest of the payments that such an
account has to pay, or would receive, is taken out. Each account has its payments in a list, the newest first, and the
newest of every account in the way stands in a heap: O(n log n) steps.
"""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.block_legs import (
    HEAP,
    LEGS,
    LISTED,
    MEMBER,
    MOVED,
    NEWEST_CREDIT,
    NEWEST_DEBIT,
    SETTLED_COUNT,
    SETTLED_VALUE,
    add_legs,
    decide,
    is_over,
    is_short,
    legs_of,
    without_decided,
)
from simcore.kernels.books import move_net
from simcore.kernels.wide import NONE, ONE, ZERO

IN_SET = ONE
"""Mark of a payment that settles in a set."""

# Columns of World.block_legs: a leg, and the next older leg of the same payer and of the same payee.
DEBIT, CREDIT, VALUE, NEXT_DEBIT, NEXT_CREDIT = 0, 1, 2, 3, 4
LEG_COLUMNS = 5


@kernel(forceinline=True)
def _push(block, size, member):
    """Put a member into the heap, the newest on top."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if block[above, HEAP] >= member:
            break
        block[at, HEAP] = block[above, HEAP]
        at = above
    block[at, HEAP] = member
    block[member, LISTED] = 1
    return size + 1


@kernel(forceinline=True)
def _pop(block, size):
    """Take the newest member out of the heap."""
    newest, last, at = block[0, HEAP], block[size - 1, HEAP], 0
    size -= 1
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and block[child + 1, HEAP] > block[child, HEAP]:
            child += 1
        if last >= block[child, HEAP]:
            break
        block[at, HEAP] = block[child, HEAP]
        at = child
    block[at, HEAP] = last
    block[newest, LISTED] = 0
    return newest, size


@kernel
def _list_newest(world, account, size):
    """If an account is in the way, let the newest payment that it pays, or would receive, stand in the heap."""
    block, legs, width = world.block, world.block_legs, world.legs.shape[0]
    if is_short(world, account):
        column, following = NEWEST_DEBIT, NEXT_DEBIT
    elif is_over(world, account):
        column, following = NEWEST_CREDIT, NEXT_CREDIT
    else:
        return size
    at = world.block_accounts[account, column]
    while at != NONE and block[at // width, LEGS] == 0:  # taken out before
        at = legs[at, following]
    world.block_accounts[account, column] = at
    if at == NONE or block[at // width, LISTED] == 1:
        return size
    return _push(block, size, at // width)


@kernel(forceinline=True)
def _is_in_the_way(world, member):
    """Whether a payment has a payer that is short or, unless it goes back, a payee above its limit."""
    legs, width = world.block_legs, world.legs.shape[0]
    back = world.slots[world.block[member, MEMBER]].returning != 0
    for at in range(member * width, member * width + world.block[member, LEGS]):
        if is_short(world, legs[at, DEBIT]) or (not back and is_over(world, legs[at, CREDIT])):
            return True
    return False


@kernel
def _list_all(world, it, most, now):
    """Let all be in, up to a number: their positions, and each account's legs; how many they are."""
    slots, block, legs, width = world.slots, world.block, world.block_legs, world.legs.shape[0]
    those = world.block_accounts
    slot, count = int64(it.collect_head), ZERO
    while slot != NONE and count < most:
        n = legs_of(world, slot, now)
        add_legs(world, n, ONE)
        block[count, MEMBER], block[count, LEGS], block[count, LISTED] = slot, n, 0
        for leg in range(n):
            at = count * width + leg
            debit, credit = world.legs[leg, 0], world.legs[leg, 1]
            legs[at, DEBIT], legs[at, CREDIT], legs[at, VALUE] = debit, credit, world.legs[leg, 2]
            legs[at, NEXT_DEBIT] = those[debit, NEWEST_DEBIT]
            those[debit, NEWEST_DEBIT] = at
            if slots[slot].returning == 0:
                legs[at, NEXT_CREDIT] = those[credit, NEWEST_CREDIT]
                those[credit, NEWEST_CREDIT] = at
        count += 1
        slot = int64(slots[slot].next)
    return count


@kernel
def _take_out(world, member, size):
    """Take a payment out of the set; then the newest of those whom that leaves in the way."""
    legs, net, width = world.block_legs, world.net, world.legs.shape[0]
    first, last = member * width, member * width + world.block[member, LEGS]
    for at in range(first, last):
        net[legs[at, DEBIT]] += legs[at, VALUE]
        net[legs[at, CREDIT]] -= legs[at, VALUE]
    world.block[member, LEGS] = 0
    for at in range(first, last):
        size = _list_newest(world, legs[at, DEBIT], size)
        size = _list_newest(world, legs[at, CREDIT], size)
    return size


@kernel
def settle_as_set(world, it, leader, most, decided, now):
    """Settle as one set what net positions allow, of so many at most; how many, and how many are decided now."""
    rails, net, block = world.rails, world.net, world.block
    for rail in range(rails.size):
        if rails[rail].list_at == leader:
            for account in range(rails[rail].first_account, rails[rail].last_account):
                world.block_accounts[account, NEWEST_DEBIT] = world.block_accounts[account, NEWEST_CREDIT] = NONE
    count, size = _list_all(world, it, most, now), ZERO
    for rail in range(rails.size):
        if rails[rail].list_at == leader:
            for account in range(rails[rail].first_account, rails[rail].last_account):
                size = _list_newest(world, account, size)
    while size > 0:
        member, size = _pop(block, size)
        if block[member, LEGS] > 0 and _is_in_the_way(world, member):
            size = _take_out(world, member, size)
    for rail in range(rails.size):
        if rails[rail].list_at == leader:
            for account in range(rails[rail].first_account, rails[rail].last_account):
                if net[account] < 0:
                    world.figures[rail, MOVED] -= net[account]
                if net[account] != 0:
                    move_net(world, account, net[account])
                    net[account] = 0
    in_set, legs, width = ZERO, world.block_legs, world.legs.shape[0]
    for member in range(count):
        for at in range(member * width, member * width + block[member, LEGS]):
            rail = world.accounts[legs[at, DEBIT]].rail
            world.figures[rail, SETTLED_COUNT] += 1
            world.figures[rail, SETTLED_VALUE] += legs[at, VALUE]
        if block[member, LEGS] > 0:
            decided = decide(world, block[member, MEMBER], IN_SET, decided)
            in_set += 1
    without_decided(world, it)
    return in_set, decided
