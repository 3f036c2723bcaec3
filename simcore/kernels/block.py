"""Blocks of shared ledgers: what was collected since the last one settles in order of arrival, each payment as a whole.

All hops that a payment has in a row on rails of one ledger are its legs: they settle together or not at all, and only
the positions after all of them count. A block first decides, moves balances and puts what it has decided into a list of
its own; then it writes the rows, which it can go on with after a log was full. Money going back is treated alike.
"""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.books import book, move_net
from simcore.kernels.constants import CUT_OFF, DONE, LOG_FULL, OPEN, OVERFLOW, UNLIMITED
from simcore.kernels.control import logs_full, take_out
from simcore.kernels.queue import available
from simcore.kernels.rows import log_return
from simcore.kernels.settle import conclude, end_unsettled, exchanged, fee_of, send, send_on, turn_back
from simcore.kernels.ways import beyond_bounds, participant_of, real_hop
from simcore.kernels.wide import (
    BACKWARD,
    FORWARD,
    NEVER,
    NONE,
    ONE,
    REJECTED_INSUFFICIENT_FUNDS,
    REJECTED_LIMIT,
    SETTLED_GROSS,
    SETTLED_OFFSET,
    ZERO,
)
from simcore.kernels.world import CURSOR, CYCLE_SEQUENCE, NOW, OVERFLOWED, PLACE_CHOSEN, SEQUENCE

# Verdicts on the legs of a payment, and marks (`weight`) of what a block has decided; a mark above is a status.
FITS = 0
SHORT = 1
OVER_LIMIT = 2
ALONE = ZERO
IN_SET = ONE

# Columns of World.figures.
CONSIDERED_COUNT, CONSIDERED_VALUE, SETTLED_COUNT, SETTLED_VALUE, MOVED, CYCLE_ID = 0, 1, 2, 3, 4, 5


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
def _legs_of(world, slot, now):
    """Write debit, credit and amount of each leg of a payment into ``world.legs``; how many there are."""
    it, rails, hops, legs = world.slots[slot], world.rails, world.hops, world.legs
    hop, amount = int64(it.hop), int64(it.amount)
    debit, credit = int64(it.debit), int64(it.credit)
    back = it.returning != 0
    leader, first = rails[hops[hop].rail].list_at, world.route_start[it.route]
    count = 0
    while True:
        legs[count, 0], legs[count, 1], legs[count, 2] = debit, credit, amount
        count += 1
        step = BACKWARD if back else FORWARD
        following = real_hop(world, it.route, hop + step, step, it.debtor, it.creditor)
        if following == NONE or rails[hops[following].rail].list_at != leader:
            return count
        rail = hops[following].rail
        if rails[rail].state != OPEN and rails[rail].state != CUT_OFF:
            return count
        if back:
            amount = world.moved[slot, following - first]
        else:
            if hops[following].latency > 0 or hops[following].draw != NONE:
                return count
            currency, wanted = rails[hops[hop].rail].currency, rails[rail].currency
            if currency != wanted:
                at, _, _, target = exchanged(world, credit, amount, currency, wanted)
                if world.quotes[at].value_at > now or target <= 0:
                    return count
                amount = target
            elif hops[hop].goes_whole == 1:
                amount -= fee_of(world, hop, amount)
        hop = following
        mine, yours = hops[hop], world.account_of[rail]
        debit = yours[_who(world, mine.from_kind, mine.from_which, it)]
        credit = yours[_who(world, mine.to_kind, mine.to_which, it)]
        if back:
            debit, credit = credit, debit


@kernel(forceinline=True)
def _who(world, kind, which, it):
    return participant_of(world, kind, which, it.debtor, it.creditor)


@kernel(forceinline=True)
def _add(world, count, sign):
    """Add the legs to the scratch of net positions, or take them out again."""
    for leg in range(count):
        amount = sign * world.legs[leg, 2]
        world.net[world.legs[leg, 0]] -= amount
        world.net[world.legs[leg, 1]] += amount


@kernel(forceinline=True)
def _verdict(world, count, back):
    """Whether the net positions let these legs go: funds of those who pay, limits of those who receive."""
    accounts, net = world.accounts, world.net
    verdict = FITS
    for leg in range(count):
        debit, credit = world.legs[leg, 0], world.legs[leg, 1]
        if net[debit] < 0 and available(accounts, debit) + net[debit] < 0:
            return SHORT
        payee = accounts[credit]
        limit = world.rails[payee.rail].balance_limit
        if not back and limit < NEVER and payee.debit_limit < UNLIMITED:
            # Not balance + net > limit: that sum may be beyond 64 bits.
            if net[credit] > 0 and net[credit] > limit - payee.balance:
                verdict = OVER_LIMIT
    return verdict


@kernel(forceinline=True)
def _move_legs(world, count, moves):
    """Move the accounts of the legs to their positions after them, or leave them; the scratch is zero again."""
    for leg in range(count):
        for side in range(2):
            account = world.legs[leg, side]
            if moves and world.net[account] != 0:
                move_net(world, account, world.net[account])
            world.net[account] = 0


@kernel(forceinline=True)
def _figure(world, count, number, value):
    for leg in range(count):
        rail = world.accounts[world.legs[leg, 0]].rail
        world.figures[rail, number] += 1
        world.figures[rail, value] += world.legs[leg, 2]
        if world.figures[rail, value] < 0:  # every net position is smaller than this sum
            world.state[OVERFLOWED] = 1


@kernel(forceinline=True)
def _note_moved(world, count):
    for leg in range(count):
        world.figures[world.accounts[world.legs[leg, 0]].rail, MOVED] += world.legs[leg, 2]


@kernel(forceinline=True)
def _out_of_bounds(world, count):
    for leg in range(count):
        rail = world.rails[world.accounts[world.legs[leg, 0]].rail]
        if beyond_bounds(rail, world.legs[leg, 2]):
            return True
    return False


@kernel(forceinline=True)
def _decide(world, it, before, slot, mark, last):
    """Take a slot that follows ``before`` out of the collection list and put it behind ``last`` of those decided."""
    slots = world.slots
    take_out(world, it, before, slot)
    slots[slot].place, slots[slot].next, slots[slot].weight = PLACE_CHOSEN, NONE, mark
    if last == NONE:
        world.state[CURSOR] = slot + 1
    else:
        slots[last].next = slot
    return slot


@kernel
def _rounds(world, it, capacity, now):
    """Settle what can in order of arrival, round after round; how many, and the last decided."""
    slots = world.slots
    count, last, first_round, again = 0, NONE, True, True
    while again and count < capacity:
        again = False
        before, slot = NONE, int64(it.collect_head)
        while slot != NONE and count < capacity:
            following = int64(slots[slot].next)
            back = slots[slot].returning != 0
            legs = _legs_of(world, slot, now)
            if first_round:
                _figure(world, legs, CONSIDERED_COUNT, CONSIDERED_VALUE)
            if first_round and not back and _out_of_bounds(world, legs):
                last = _decide(world, it, before, slot, REJECTED_LIMIT, last)
            else:
                _add(world, legs, ONE)
                fits = _verdict(world, legs, back) == FITS
                _move_legs(world, legs, fits)
                if fits:
                    _figure(world, legs, SETTLED_COUNT, SETTLED_VALUE)
                    _note_moved(world, legs)
                    last = _decide(world, it, before, slot, ALONE, last)
                    count += 1
                    again = True
                else:
                    before = slot
            slot = following
        first_round = False
    return count, last


@kernel
def _gridlock(world, it, leader, most, last_decided, now):
    """Of what is left, settle as one set all that its net positions allow; how many, and the last decided.

    All are in at first. From the newest to the oldest, whatever an account that is short has to pay, or one above its
    limit would receive, is taken out, again and again until nobody is.
    """
    slots, rails, net = world.slots, world.rails, world.net
    newest, slot, count = NONE, int64(it.collect_head), 0
    while slot != NONE and count < most:
        slots[slot].left, slots[slot].right = newest, 1
        _add(world, _legs_of(world, slot, now), ONE)
        newest, count = slot, count + 1
        slot = int64(slots[slot].next)
    again = True
    while again:
        again = False
        slot = newest
        while slot != NONE:
            if slots[slot].right == 1:
                legs = _legs_of(world, slot, now)
                if _verdict(world, legs, slots[slot].returning != 0) != FITS:
                    _add(world, legs, -ONE)
                    slots[slot].right = 0
                    again = True
            slot = int64(slots[slot].left)
    for rail in range(rails.size):
        if rails[rail].list_at == leader:
            for account in range(rails[rail].first_account, rails[rail].last_account):
                if net[account] < 0:
                    world.figures[rail, MOVED] -= net[account]
                if net[account] != 0:
                    move_net(world, account, net[account])
                    net[account] = 0
    before, slot, seen, in_set = NONE, int64(it.collect_head), 0, 0
    while slot != NONE and seen < count:
        following = int64(slots[slot].next)
        if slots[slot].right == 1:
            _figure(world, _legs_of(world, slot, now), SETTLED_COUNT, SETTLED_VALUE)
            last_decided = _decide(world, it, before, slot, IN_SET, last_decided)
            in_set += 1
        else:
            before = slot
        seen += 1
        slot = following
    return in_set, last_decided


@kernel
def _refuse(world, it, rejects, last, now):
    """Reject what is left of a block that had room: beyond the limit of a balance, and for want of funds if so told."""
    slots = world.slots
    before, slot = NONE, int64(it.collect_head)
    while slot != NONE:
        following = int64(slots[slot].next)
        mark = ZERO
        if slots[slot].returning == 0:
            legs = _legs_of(world, slot, now)
            _add(world, legs, ONE)
            verdict = _verdict(world, legs, False)
            _move_legs(world, legs, False)
            if verdict == OVER_LIMIT:
                mark = REJECTED_LIMIT
            elif rejects:
                mark = REJECTED_INSUFFICIENT_FUNDS
        if mark > 0:
            last = _decide(world, it, before, slot, mark, last)
        else:
            before = slot
        slot = following


@kernel
def _write(world, slot, status, sequence, now):
    """Write the rows of every leg of a payment and send it on."""
    it = world.slots[slot]
    count = _legs_of(world, slot, now)
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
    at again once something has changed: another arrival, money from outside, a quote. O(payments × rounds).
    """
    state, slots, it, rails = world.state, world.slots, world.rails[leader], world.rails
    state[NOW] = now
    if state[CURSOR] == 0:
        world.figures[:] = 0
        it.last_block, it.block_at = now, NEVER
        count, last = _rounds(world, it, capacity, now)
        if state[OVERFLOWED] == 1:
            return OVERFLOW
        if gridlock == 1 and count < capacity and it.collect_head != NONE:
            in_set, last = _gridlock(world, it, leader, capacity - count, last, now)
            count += in_set
        if count < capacity:
            _refuse(world, it, rejects == 1, last, now)
        elif it.collect_head != NONE:
            it.block_at = next_block(it, now)
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
