"""Links between instant payment systems: quotes held for a payment, receipts held until it is credited, day limits.

What each hop but the last credits is held back from its payee until the payment has reached its creditor, so the money
can go back at any instant, and nobody else has used it. ``World.promise`` keeps what was promised to each slot.
"""

from __future__ import annotations

from numpy import int64, uint32

from simcore.accelerate import kernel
from simcore.kernels.constants import (
    COUNTED,
    COUNTED_DAY,
    DEADLINE,
    LATE,
    QUOTED_DENOMINATOR,
    QUOTED_FX,
    QUOTED_NUMERATOR,
    QUOTED_SPREAD,
    QUOTED_UNTIL,
)
from simcore.kernels.queue import note_credit, note_debit
from simcore.kernels.ways import payee_of, quoted, real_hop
from simcore.kernels.wide import FORWARD, NEVER, NONE, REJECTED_DAY_LIMIT, REJECTED_QUOTE, ZERO


@kernel
def ask(world, slot, now):
    """Let who exchanges the money of the slot's hop quote, and hold the quote; one who doesn't deal has none."""
    it, promise = world.slots[slot], world.promise
    link = world.instant_links[world.link_of_route[it.route]]
    promise[slot, QUOTED_UNTIL] = NEVER
    promise[slot, QUOTED_FX] = NONE
    following = real_hop(world, it.route, int64(it.hop) + FORWARD, FORWARD, it.debtor, it.creditor)
    if link.quote_valid == NONE or following == NONE:
        return
    currency = world.rails[world.hops[it.hop].rail].currency
    wanted = world.rails[world.hops[following].rail].currency
    if wanted == currency:
        return
    at, half_spread = quoted(world, it.credit, it.amount, currency, wanted)
    quote = world.quotes[at]
    if quote.opens_at > now:
        promise[slot, QUOTED_UNTIL] = NONE
        return
    promise[slot, QUOTED_UNTIL] = now + link.quote_valid
    promise[slot, QUOTED_NUMERATOR] = quote.numerator
    promise[slot, QUOTED_DENOMINATOR] = quote.denominator
    promise[slot, QUOTED_SPREAD] = half_spread
    promise[slot, QUOTED_FX] = quote.fx_id


@kernel
def begin(world, slot, now):
    """A payment by a link is initiated: its provider quotes."""
    world.promise[slot, LATE] = 0
    world.promise[slot, DEADLINE] = NEVER
    ask(world, slot, now)


@kernel
def refused(world, slot, now):
    """Why a link doesn't take a payment that has reached its first rail; 0 if it does, and its time begins."""
    it, promise = world.slots[slot], world.promise
    if it.hops_settled > 0:
        return ZERO
    link = world.instant_links[world.link_of_route[it.route]]
    if now > promise[slot, QUOTED_UNTIL]:
        if link.requotes == 1:
            ask(world, slot, now)
        if now > promise[slot, QUOTED_UNTIL]:
            return REJECTED_QUOTE
    row = _row_of(world, slot)
    if row != NONE:
        spent = world.spent[row, 1] if world.spent[row, 0] == link.day else ZERO
        if it.amount > link.day_limit - spent:
            return REJECTED_DAY_LIMIT
    promise[slot, DEADLINE] = NEVER if link.time_limit == NEVER else now + link.time_limit
    return ZERO


@kernel
def _row_of(world, slot):
    """The row of ``spent`` of the customer who pays; NONE where nobody counts."""
    link = world.instant_links[world.link_of_route[world.slots[slot].route]]
    if link.spent_at == NONE:
        return NONE
    customer = world.draws[slot, world.draws.shape[1] - 1]  # the last column, where flows have customers
    return NONE if customer == NONE else link.spent_at + customer


@kernel
def hop_final(world, slot, following):
    """A hop is final: what it credited is held, or what is held is let go; the first one counts for the day."""
    it = world.slots[slot]
    if it.hops_settled == 1:
        _count(world, slot)
    if following == NONE:
        _release_all(world, slot)
        return
    world.accounts[it.credit].reserved += it.amount
    note_debit(world, it.credit)


@kernel
def _count(world, slot):
    """The amount counts for its customer's day."""
    it = world.slots[slot]
    row = _row_of(world, slot)
    if row != NONE:
        link = world.instant_links[world.link_of_route[it.route]]
        if world.spent[row, 0] != link.day:
            world.spent[row, 0] = link.day
            world.spent[row, 1] = 0
        world.spent[row, 1] += it.amount
        world.promise[slot, COUNTED] = it.amount
        world.promise[slot, COUNTED_DAY] = link.day


@kernel
def uncount(world, slot):
    """The payment goes back: its amount doesn't count for the day any more, if that isn't over."""
    row = _row_of(world, slot)
    if row != NONE and world.spent[row, 0] == world.promise[slot, COUNTED_DAY]:
        world.spent[row, 1] -= world.promise[slot, COUNTED]


@kernel
def release(world, slot):
    """Money on its way back reaches the account that holds it; whether it goes at once, before all that is queued.

    It does unless a transfer between rails, which reservations don't bind, has taken it.
    """
    it = world.slots[slot]
    holder = world.accounts[it.debit]
    holder.reserved -= it.amount
    if holder.balance + holder.debit_limit >= it.amount:
        return True
    note_credit(world, it.debit)
    return False


@kernel
def _release_all(world, slot):
    """The payment is credited: whoever was paid before its last hop may use what it got."""
    it = world.slots[slot]
    last = int64(it.hop)
    first = world.route_start[it.route]
    hop = real_hop(world, it.route, first, FORWARD, it.debtor, it.creditor)
    while hop != last:
        payee = payee_of(world, hop, it.debtor, it.creditor)
        account = world.account_of[uint32(world.hops[hop].rail), uint32(payee)]
        world.accounts[account].reserved -= world.moved[slot, hop - first]
        note_credit(world, account)
        hop = real_hop(world, it.route, hop + FORWARD, FORWARD, it.debtor, it.creditor)


@kernel(forceinline=True)
def has_quote(world, slot):
    """Whether a quote is held for what the slot's hop brings: it holds for the first hop of a route."""
    return world.slots[slot].hops_settled == 0 and world.promise[slot, QUOTED_FX] != NONE


@kernel(forceinline=True)
def too_late(world, slot, due):
    """Whether the slot's obligation would come to its rail after the link's time; then it comes back at its end."""
    it = world.slots[slot]
    if it.hops_settled == 0 or it.returning != 0 or due <= world.promise[slot, DEADLINE]:
        return False
    world.promise[slot, LATE] = 1
    return True
