"""The legs of a payment in a block of a shared ledger: what they move, and whether positions let them go.

All hops that a payment has in a row on rails of one ledger are its legs. They stand in ``world.legs``; net positions
are added up in ``world.net``, which is all zeros between two uses.
"""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.books import move_net
from simcore.kernels.constants import CUT_OFF, OPEN, UNLIMITED
from simcore.kernels.control import uncollect
from simcore.kernels.queue import available
from simcore.kernels.sets import without_chosen
from simcore.kernels.settle import exchanged, fee_of
from simcore.kernels.ways import beyond_bounds, participant_of, real_hop
from simcore.kernels.wide import BACKWARD, FORWARD, NEVER, NONE, ONE, ZERO
from simcore.kernels.world import OVERFLOWED, PLACE_CHOSEN

# Verdicts on the legs of a payment.
FITS, SHORT, OVER_LIMIT = ZERO, ONE, ONE + ONE

# Columns of World.block, scratch of one block; those before MEMBER by slot or in the order of what was decided.
ORDER, AMOUNT, TREE, MEMBER, LEGS, HEAP, LISTED = 0, 1, 2, 3, 4, 5, 6
BLOCK_COLUMNS = 7
# Columns of World.block_accounts: what waits for an account's funds and for room in it, and what changed.
FOR_FUNDS, FOR_ROOM, CHANGED, IN_CHANGED, NEWEST_DEBIT, NEWEST_CREDIT = 0, 1, 2, 3, 4, 5
BLOCK_ACCOUNT_COLUMNS = 6

# Columns of World.figures.
CONSIDERED_COUNT, CONSIDERED_VALUE, SETTLED_COUNT, SETTLED_VALUE, MOVED, CYCLE_ID = 0, 1, 2, 3, 4, 5


@kernel
def legs_of(world, slot, now):
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
def add_legs(world, count, sign):
    """Add the legs to the scratch of net positions, or take them out again."""
    for leg in range(count):
        amount = sign * world.legs[leg, 2]
        world.net[world.legs[leg, 0]] -= amount
        world.net[world.legs[leg, 1]] += amount


@kernel(forceinline=True)
def is_short(world, account):
    """Whether an account can't pay its net position."""
    net = world.net[account]
    return net < 0 and available(world.accounts, account) + net < 0


@kernel(forceinline=True)
def room(world, account):
    """How much an account may receive: up to the limit of balances on its rail, but for issuers; NEVER without one."""
    it = world.accounts[account]
    limit = world.rails[it.rail].balance_limit
    return limit - it.balance if limit < NEVER and it.debit_limit < UNLIMITED else NEVER


@kernel(forceinline=True)
def is_over(world, account):
    """Whether an account's net position would lift it above its limit."""
    net = world.net[account]
    return net > 0 and net > room(world, account)


@kernel(forceinline=True)
def verdict(world, count, back):
    """Whether the net positions let these legs go, by funds of who pays and limits of who receives; and who doesn't."""
    found, whose = FITS, NONE
    for leg in range(count):
        debit, credit = world.legs[leg, 0], world.legs[leg, 1]
        if is_short(world, debit):
            return SHORT, debit
        if not back and is_over(world, credit):
            found, whose = OVER_LIMIT, credit
    return found, whose


@kernel(forceinline=True)
def move_legs(world, count, moves):
    """Move the accounts of the legs to their positions after them, or leave them; the scratch is zero again."""
    for leg in range(count):
        for side in range(2):
            account = world.legs[leg, side]
            if moves and world.net[account] != 0:
                move_net(world, account, world.net[account])
            world.net[account] = 0


@kernel(forceinline=True)
def count_legs(world, count, number, value):
    for leg in range(count):
        rail = world.accounts[world.legs[leg, 0]].rail
        world.figures[rail, number] += 1
        world.figures[rail, value] += world.legs[leg, 2]
        if world.figures[rail, value] < 0:  # every net position is smaller than this sum
            world.state[OVERFLOWED] = 1


@kernel(forceinline=True)
def note_moved(world, count):
    for leg in range(count):
        world.figures[world.accounts[world.legs[leg, 0]].rail, MOVED] += world.legs[leg, 2]


@kernel(forceinline=True)
def out_of_bounds(world, count):
    for leg in range(count):
        rail = world.rails[world.accounts[world.legs[leg, 0]].rail]
        if beyond_bounds(rail, world.legs[leg, 2]):
            return True
    return False


@kernel(forceinline=True)
def decide(world, slot, mark, decided):
    """A block has decided on a payment: it no longer counts as queued. Lists are mended by :func:`without_decided`."""
    uncollect(world, slot)
    world.slots[slot].place, world.slots[slot].weight = PLACE_CHOSEN, mark
    world.block[decided, ORDER] = slot
    return decided + 1


@kernel(forceinline=True)
def without_decided(world, it):
    """Take what was decided out of the list of a ledger."""
    it.collect_head, it.collect_tail = without_chosen(world.slots, int64(it.collect_head))
