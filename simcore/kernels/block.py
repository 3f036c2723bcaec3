"""Blocks of shared ledgers: what was collected since the last one settles in order of arrival, each payment as a whole.

All hops that a payment has in a row on rails of one ledger are its legs: they settle together or not at all, and only
the positions after all of them count. A block first decides, moves balances and puts what it has decided into a list of
its own; then it writes the rows, which it can go on with after a log was full. Money going back is treated alike.
"""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.block_first import ALONE, first_come
from simcore.kernels.block_gridlock import IN_SET, settle_as_set
from simcore.kernels.block_legs import (
    CONSIDERED_COUNT,
    CYCLE_ID,
    ORDER,
    OVER_LIMIT,
    add_legs,
    decide,
    legs_of,
    move_legs,
    verdict,
    without_decided,
)
from simcore.kernels.books import book
from simcore.kernels.constants import CUT_OFF, DONE, LOG_FULL, OPEN, OVERFLOW
from simcore.kernels.control import logs_full
from simcore.kernels.rows import log_return
from simcore.kernels.settle import conclude, end_unsettled, send, send_on, turn_back
from simcore.kernels.wide import (
    NEVER,
    NONE,
    ONE,
    REJECTED_INSUFFICIENT_FUNDS,
    REJECTED_LIMIT,
    SETTLED_GROSS,
    SETTLED_OFFSET,
    ZERO,
)
from simcore.kernels.world import CURSOR, CYCLE_SEQUENCE, NOW, OVERFLOWED, SEQUENCE


@kernel(forceinline=True)
def next_block(it, now):
    """The instant of the first block of a ledger at or after ``now`` that isn't over; blocks are counted from 1970."""
    at = -(-now // it.block_every) * it.block_every
    if it.last_block != NONE and at <= it.last_block:
        at = (it.last_block // it.block_every + 1) * it.block_every
    return at


@kernel
def wake(world, ledger, now):
    """Something changed: let a ledger that is open look at what waits on it in its next block."""
    it = world.rails[ledger]
    if it.collect_head != NONE and it.block_at == NEVER and (it.state == OPEN or it.state == CUT_OFF):
        it.block_at = next_block(it, now)


@kernel
def _refuse(world, it, rejects, decided, now):
    """Reject what is left of a block that had room: beyond the limit of a balance, and for want of funds if so told."""
    slots, slot = world.slots, int64(it.collect_head)
    while slot != NONE:
        mark = ZERO
        if slots[slot].returning == 0:
            legs = legs_of(world, slot, now)
            add_legs(world, legs, ONE)
            what, _ = verdict(world, legs, False)
            move_legs(world, legs, False)
            if what == OVER_LIMIT:
                mark = REJECTED_LIMIT
            elif rejects:
                mark = REJECTED_INSUFFICIENT_FUNDS
        if mark > 0:
            decided = decide(world, slot, mark, decided)
        slot = int64(slots[slot].next)
    without_decided(world, it)
    return decided


@kernel
def _write(world, slot, status, sequence, now):
    """Write the rows of every leg of a payment and send it on."""
    it = world.slots[slot]
    count = legs_of(world, slot, now)
    back = it.returning != 0
    value_at, more = NONE, False
    for leg in range(count):
        if leg > 0:
            it.entered_at = now
        book(world, it.debit, it.credit, it.amount)
        cycle = world.figures[world.accounts[it.debit].rail, CYCLE_ID]
        if back:
            log_return(world, slot, status, sequence, cycle, now)
            more = turn_back(world, slot, status, now)
        else:
            value_at = conclude(world, slot, status, sequence, cycle, now)
    if back and more:
        send(world, slot, now, ZERO, NONE)
    elif value_at != NONE:
        send_on(world, slot, now, value_at)


@kernel
def run_block(world, leader, capacity, gridlock, rejects, cycle_id, now):
    """Run one block of a ledger: decide, then write.

    Parameters
    ----------
    leader : int                 the first rail of the ledger
    capacity : int               payments it settles at most
    gridlock, rejects : int      1: what is left may settle as one set; what then lacks funds is rejected
    cycle_id : int               of the first rail's row in ``cycles``; those of the others follow

    Returns
    -------
    int     DONE; LOG_FULL: call again to go on; OVERFLOW

    Notes
    -----
    Leaves what it looked at and settled in ``world.figures``. A payment that a block has looked at and left is looked
    at again once something has changed: another arrival, money from outside, a quote. O(payments × log payments).
    """
    state, slots, it, rails = world.state, world.slots, world.rails[leader], world.rails
    state[NOW] = now
    if state[CURSOR] == 0:
        world.figures[:] = 0
        it.last_block, it.block_at = now, NEVER
        count, decided = first_come(world, it, leader, capacity, now)
        if state[OVERFLOWED] == 1:
            return OVERFLOW
        if gridlock == 1 and count < capacity and it.collect_head != NONE:
            in_set, decided = settle_as_set(world, it, leader, capacity - count, decided, now)
            count += in_set
        if count < capacity:
            decided = _refuse(world, it, rejects == 1, decided, now)
        elif it.collect_head != NONE:
            it.block_at = next_block(it, now)
        following = NONE
        for k in range(decided - 1, -1, -1):  # what is written next, as the one before goes
            slots[world.block[k, ORDER]].next = following
            following = world.block[k, ORDER]
        state[CURSOR] = following + 1
        for rail in range(rails.size):
            if rails[rail].list_at == leader and world.figures[rail, CONSIDERED_COUNT] > 0:
                world.figures[rail, CYCLE_ID] = cycle_id
                cycle_id += 1
    while state[CURSOR] != 0:
        if logs_full(world):
            return LOG_FULL
        slot = state[CURSOR] - 1
        following, mark = int64(slots[slot].next), slots[slot].weight
        if mark > IN_SET:
            end_unsettled(world, slot, mark, now)
        else:
            if mark == ALONE or state[CYCLE_SEQUENCE] == NONE:
                sequence = state[SEQUENCE]
                state[SEQUENCE] += 1
                if mark == IN_SET:
                    state[CYCLE_SEQUENCE] = sequence
            if mark == ALONE:
                _write(world, slot, SETTLED_GROSS, sequence, now)
            else:
                _write(world, slot, SETTLED_OFFSET, state[CYCLE_SEQUENCE], now)
        state[CURSOR] = following + 1
    state[CYCLE_SEQUENCE] = NONE
    return DONE
