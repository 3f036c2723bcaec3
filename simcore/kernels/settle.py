"""An obligation is final, or ends: its rows, and the payment is sent on to its next hop or its money back."""

from __future__ import annotations

from numpy import int64, uint32

from fx.convert_kernel import BP_E2_WHOLE, dealer_legs_kernel, mul_div_half_even
from simcore.accelerate import kernel
from simcore.kernels.books import pay
from simcore.kernels.constants import (
    DEADLINE,
    FIFO,
    LINKED,
    QUOTED_DENOMINATOR,
    QUOTED_FX,
    QUOTED_NUMERATOR,
    QUOTED_SPREAD,
    UNRESOLVED,
)
from simcore.kernels.due import schedule
from simcore.kernels.instant_links import has_quote, hop_final, too_late, uncount
from simcore.kernels.rows import log_obligation, log_payment, log_return, log_unsettled
from simcore.kernels.ways import payee_of, payer_of, quoted, real_hop
from simcore.kernels.wide import (
    BACKWARD,
    FORWARD,
    KIND_FEE,
    KIND_PAYMENT,
    KIND_SPREAD,
    NONE,
    ONE,
    RETURNED_ZERO_AMOUNT,
    SETTLED_GROSS,
    ZERO,
)
from simcore.kernels.world import (
    FAILED,
    FREE,
    IN_FLIGHT,
    ORDER,
    OVERFLOWED,
    PLACE_FREE,
    PLACE_TRANSIT,
    REFUNDED,
    SEQUENCE,
)


@kernel(forceinline=True)
def free_slot(world, slot):
    """Give the slot back."""
    it = world.slots[uint32(slot)]
    it.place = PLACE_FREE
    it.next = world.state[FREE]
    world.state[FREE] = slot
    world.state[IN_FLIGHT] -= 1


@kernel(forceinline=True)
def set_hop(world, slot, hop, debtor, creditor):
    """Let the slot's next obligation be this hop of a payment between these two: its two accounts."""
    rail = uint32(world.hops[uint32(hop)].rail)
    debit = world.account_of[rail, uint32(payer_of(world, hop, debtor, creditor))]
    credit = world.account_of[rail, uint32(payee_of(world, hop, debtor, creditor))]
    it = world.slots[uint32(slot)]
    it.hop = hop
    it.debit = debit
    it.credit = credit


@kernel(forceinline=True)
def send(world, slot, now, latency, lane):
    """Schedule the slot's obligation to reach its rail; those for one instant by priority where the rail has one."""
    it, state = world.slots[uint32(slot)], world.state
    rank = it.priority if world.rails[uint32(world.hops[uint32(it.hop)].rail)].rule != FIFO else 0
    it.due = now + latency
    it.key = (int64(rank) << 56) | state[ORDER]
    state[ORDER] += 1
    it.place = PLACE_TRANSIT
    schedule(state, world.slots, world.heap, world.lane_head, world.lane_tail, slot, lane)


@kernel(forceinline=True)
def send_on(world, slot, now, value_at):
    """Schedule the slot's obligation after the latency of its hop, which begins at its value date."""
    hop = world.hops[uint32(world.slots[uint32(slot)].hop)]
    latency = hop.latency
    if hop.draw != NONE:
        latency = world.draws[slot, hop.draw]
        if latency < 0:  # of a payment that is rejected when it arrives
            latency = (-1 - latency) & (UNRESOLVED - 1)
    if hop.tests & LINKED and too_late(world, slot, value_at + latency):
        send(world, slot, world.promise[slot, DEADLINE], ZERO, NONE)
        return
    # Lanes are first in, first out for one latency from now on.
    send(world, slot, value_at, latency, hop.lane if value_at == now else NONE)


@kernel
def turn_back(world, slot, status, now):
    """Let the hop settled before be the next of a payment that can't go on, reversed; False if there is none."""
    it = world.slots[slot]
    if it.returning == 0:
        it.returning = FAILED
        it.decided = status
        it.fx_id = NONE
        it.fee = 0  # the dealer gives the spread back with the rest
        if world.hops[it.hop].tests & LINKED and it.hops_settled > 0:
            uncount(world, slot)
    hop, parted = NONE, it.parted
    if parted > 0:  # parts of the hop that failed come back first
        hop = int64(it.hop)
        it.parted = 0
    elif it.hops_settled > 0:
        hop = real_hop(world, it.route, it.hop - 1, BACKWARD, it.debtor, it.creditor)
    if hop == NONE:
        if it.returning == FAILED:
            log_payment(world, it.payment_id, NONE, it.fee, now, it.decided, it.hops_settled)
        free_slot(world, slot)
        return False
    set_hop(world, slot, hop, it.debtor, it.creditor)
    payee = it.debit
    it.debit = it.credit
    it.credit = payee
    it.amount = parted if parted > 0 else world.moved[slot, hop - world.route_start[it.route]]
    return True


@kernel
def send_back(world, slot, status, now):
    """End a payment that can't go on: reverse the hop settled before, or close it if there is none."""
    if turn_back(world, slot, status, now):
        send(world, slot, now, ZERO, NONE)


@kernel
def end_unsettled(world, slot, status, now):
    """An obligation ends without settlement: its row, and the payment's money goes back."""
    log_unsettled(world, slot, status)
    send_back(world, slot, status, now)


@kernel
def fee_of(world, hop, amount):
    """What the payee of a hop keeps of an amount; at least one minor unit goes on."""
    terms = world.hops[uint32(hop)]
    fee = terms.fee_fixed
    if terms.fee_share > 0:
        fee += mul_div_half_even(amount, terms.fee_share, BP_E2_WHOLE)
    return min(max(fee, terms.fee_least), terms.fee_most, amount - 1)


@kernel(forceinline=True)
def exchanged(world, credit, amount, currency, wanted):
    """What a dealer does with an amount that it receives: its quote, the principal, the spread, what it pays out."""
    at, half_spread = quoted(world, credit, amount, currency, wanted)
    quote = world.quotes[at]
    principal, spread, target = dealer_legs_kernel(amount, half_spread, quote.numerator, quote.denominator)
    return at, principal, spread, target


@kernel
def _refund_later(world, slot, amount, delay, now):
    """Keep a payment that is final until its money goes back, hop by hop: the last hop, reversed, is its next."""
    it = world.slots[slot]
    it.returning = REFUNDED
    payee = it.debit
    it.debit = it.credit
    it.credit = payee
    it.amount = amount
    send(world, slot, now, delay, NONE)


@kernel(forceinline=True)
def settled(world, slot, status, sequence, cycle, now):
    """The slot's obligation is final and its money has moved: write its rows and send the payment on."""
    it = world.slots[uint32(slot)]
    hop, amount = it.hop, it.amount
    if it.returning != 0:
        log_return(world, slot, status, sequence, cycle, now)
        send_back(world, slot, status, now)
        return
    if world.hops[uint32(hop)].alone == 1:  # nothing to look up: no hop follows, nothing is exchanged
        log_obligation(world, it.payment_id, ZERO, KIND_PAYMENT, it.debit, it.credit, amount, it.entered_at, now,
                       sequence, status, cycle, NONE)  # fmt: skip
        log_payment(world, it.payment_id, amount, ZERO, now, status, ONE)
        free_slot(world, slot)
        return
    value_at = conclude(world, slot, status, sequence, cycle, now)
    if value_at != NONE:
        send_on(world, slot, now, value_at)


@kernel(forceinline=True)
def conclude(world, slot, status, sequence, cycle, now):
    """Write the rows of a final hop and let the one after it be the payment's next.

    Returns
    -------
    int     from when on the payment may be sent on; NONE where there is nothing more to send
    """
    it = world.slots[uint32(slot)]
    hop, amount = it.hop, it.amount
    first = world.route_start[uint32(it.route)]
    parted = it.parted
    it.parted = 0
    linked = world.hops[uint32(hop)].tests & LINKED != 0
    following = real_hop(world, it.route, hop + 1, FORWARD, it.debtor, it.creditor)
    currency = wanted = ZERO
    if following != NONE:
        currency = world.rails[uint32(world.hops[uint32(hop)].rail)].currency
        wanted = world.rails[uint32(world.hops[uint32(following)].rail)].currency
    kind, principal, spread, target, fx = KIND_SPREAD, amount, amount - amount, amount, it.fx_id
    value_at, refund = now, NONE
    if wanted != currency:
        if linked and has_quote(world, slot):
            promise = world.promise[slot]
            principal, spread, target = dealer_legs_kernel(
                amount, promise[QUOTED_SPREAD], promise[QUOTED_NUMERATOR], promise[QUOTED_DENOMINATOR]
            )
            it.fx_id = promise[QUOTED_FX]
        else:
            at, principal, spread, target = exchanged(world, it.credit, amount, currency, wanted)
            it.fx_id = world.quotes[at].fx_id
            value_at = max(now, world.quotes[at].value_at)
        if target < 0:
            world.state[OVERFLOWED] = 1
            target = amount - amount
    else:
        it.fx_id = NONE
        if world.hops[uint32(hop)].goes_whole == 1:
            refund = world.hops[uint32(hop)].refund
            kind, spread = KIND_FEE, fee_of(world, hop, amount)
            currency = world.rails[uint32(world.hops[uint32(hop)].rail)].currency
            principal = target = amount - spread
    log_obligation(world, it.payment_id, hop - first, KIND_PAYMENT, it.debit, it.credit, principal, it.entered_at, now,
                   sequence, status, cycle, fx)  # fmt: skip
    if spread > 0:
        log_obligation(world, it.payment_id, hop - first, kind, it.debit, it.credit, spread, it.entered_at, now,
                       sequence, status, cycle, NONE)  # fmt: skip
        if currency == world.rails[world.hops[first].rail].currency:
            it.fee += spread
    it.hops_settled += 1
    amount += parted  # one payment again
    target += parted  # nothing that is exchanged has parts
    if linked:
        hop_final(world, slot, following)
    if following == NONE:
        log_payment(world, it.payment_id, target, it.fee, now, status, it.hops_settled)
        it.fee = 0
        if refund == NONE or world.draws[slot, refund] < 0:
            free_slot(world, slot)
        else:
            _refund_later(world, slot, amount, world.draws[slot, refund], now)
        return NONE
    world.moved[slot, hop - first] = amount
    if target == 0:
        it.hop = following
        send_back(world, slot, RETURNED_ZERO_AMOUNT, now)
        return NONE
    set_hop(world, slot, following, it.debtor, it.creditor)
    it.amount = target
    return value_at


@kernel(forceinline=True)
def settle_gross(world, slot, now):
    """Settle one obligation alone: move its money, note the credit, write its rows, send the payment on."""
    it = world.slots[uint32(slot)]
    pay(world, it.debit, it.credit, it.amount, it.priority)
    sequence = world.state[SEQUENCE]
    world.state[SEQUENCE] = sequence + 1
    settled(world, slot, SETTLED_GROSS, sequence, NONE, now)
