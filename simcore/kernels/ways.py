"""Who stands at the ends of a hop, which hop comes next, and what a dealer quotes: looked up, nothing is changed."""

from __future__ import annotations

from numpy import uint32

from simcore.accelerate import kernel
from simcore.kernels.constants import ROLE_AGENT_OF_CREDITOR, ROLE_AGENT_OF_DEBTOR, ROLE_CREDITOR, ROLE_DEBTOR
from simcore.kernels.wide import NONE


@kernel(forceinline=True)
def participant_of(world, kind, which, debtor, creditor):
    """Who plays a role of a hop for a payment."""
    if kind == ROLE_DEBTOR:
        return debtor
    if kind == ROLE_CREDITOR:
        return creditor
    if kind == ROLE_AGENT_OF_DEBTOR:
        return world.agent[which, debtor]
    if kind == ROLE_AGENT_OF_CREDITOR:
        return world.agent[which, creditor]
    return which


@kernel(forceinline=True)
def payer_of(world, hop, debtor, creditor):
    """The participant a hop debits."""
    it = world.hops[uint32(hop)]
    return participant_of(world, it.from_kind, it.from_which, debtor, creditor)


@kernel(forceinline=True)
def payee_of(world, hop, debtor, creditor):
    """The participant a hop credits."""
    it = world.hops[uint32(hop)]
    return participant_of(world, it.to_kind, it.to_which, debtor, creditor)


@kernel(forceinline=True)
def real_hop(world, route, hop, step, debtor, creditor):
    """The next hop from ``hop`` on, in steps of +1 or -1, whose two roles differ; NONE beyond the route's ends."""
    while world.route_start[uint32(route)] <= hop < world.route_start[uint32(route + 1)]:
        if world.hops[uint32(hop)].may_vanish == 0 or payer_of(world, hop, debtor, creditor) != payee_of(
            world, hop, debtor, creditor
        ):
            return hop
        hop += step
    return NONE


@kernel(forceinline=True)
def quoted(world, credit, amount, currency, wanted):
    """The quote in force for what a dealer receives on an account, and its half-spread for this amount."""
    at = world.quote_of[world.dealer_of[world.accounts[credit].participant], currency, wanted]
    half_spread = world.quotes[at].spread_bp_e2
    for tier in range(world.size_from.shape[1]):
        if amount >= world.size_from[at, tier]:
            half_spread = world.size_spread[at, tier]
    return at, half_spread


@kernel(forceinline=True)
def beyond_bounds(rail, amount):
    """Whether a rail refuses an amount: less than its least or more than its most."""
    return amount < rail.least_amount or amount > rail.most_amount
