"""Matched pairs of a link that collects: what each exchanges, and settlement at the amounts they were matched at.

Which pairs settle, and in which order, is decided at control times (:mod:`simcore.engine.cls_day`).
"""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.constants import DONE, LOG_FULL
from simcore.kernels.control import logs_full
from simcore.kernels.link import HEAD, TAIL, settle_pair
from simcore.kernels.queue import note_gone
from simcore.kernels.sets import without_chosen
from simcore.kernels.settle import exchanged
from simcore.kernels.ways import quoted
from simcore.kernels.world import CURSOR, NOW, PLACE_CHOSEN

# Columns of what is matched.
ONE, OTHER, GIVES, TAKES, GIVEN, TAKEN, QUOTE_AT, NUMERATOR, DENOMINATOR, HALF_SPREAD, FX_ID = range(11)
MATCHED_COLUMNS = 11


@kernel
def match(world, chosen, found):
    """Work out what pairs exchange at the quotes in force.

    Parameters
    ----------
    chosen : int64 (n,)               slots held by a link
    found : int64 (n, 11)             gets the two participants, the rails of the two legs, what is paid on each, and
                                      the quote; an amount below zero is one beyond 64 bits
    """
    for k in range(chosen.size):
        it = world.slots[chosen[k]]
        hop = int64(it.hop)
        one, other = world.hops[hop].rail, world.hops[hop + 1].rail
        currency, wanted = world.rails[one].currency, world.rails[other].currency
        at, _, _, target = exchanged(world, it.credit, it.amount, currency, wanted)
        quote = world.quotes[at]
        found[k, ONE] = world.accounts[it.debit].participant
        found[k, OTHER] = world.accounts[it.credit].participant
        found[k, GIVES], found[k, TAKES] = one, other
        found[k, GIVEN], found[k, TAKEN] = it.amount, target
        found[k, QUOTE_AT], found[k, FX_ID] = at, quote.fx_id
        found[k, NUMERATOR], found[k, DENOMINATOR] = quote.numerator, quote.denominator
        _, found[k, HALF_SPREAD] = quoted(world, it.credit, it.amount, currency, wanted)


@kernel
def take_held(world, link, chosen):
    """Take pairs out of the list of a link, wherever they stand in it."""
    slots = world.slots
    for k in range(chosen.size):
        it = slots[chosen[k]]
        note_gone(world, it.debit, it.amount)
        it.place = PLACE_CHOSEN
    world.links[link, HEAD], world.links[link, TAIL] = without_chosen(slots, world.links[link, HEAD])


@kernel
def settle_matched(world, chosen, matched, cycle_of, now):
    """Settle pairs that were taken out of their list, one after another, each at the quote of when it was matched.

    Parameters
    ----------
    chosen : int64 (n,)          slots; the caller has seen to it that their accounts can pay, in this order
    matched : int64 (n, 11)      what :func:`match` found for each
    cycle_of : int64 (n_rail,)   row of cycles, by rail

    Returns
    -------
    int                          DONE; LOG_FULL: call again to go on. Quotes are overwritten: the caller keeps them
    """
    state = world.state
    state[NOW] = now
    while state[CURSOR] < chosen.size:
        if logs_full(world):
            return LOG_FULL
        k = state[CURSOR]
        quote = world.quotes[matched[k, QUOTE_AT]]
        quote.numerator, quote.denominator = matched[k, NUMERATOR], matched[k, DENOMINATOR]
        quote.spread_bp_e2, quote.fx_id = matched[k, HALF_SPREAD], matched[k, FX_ID]
        cycle, cycle_2 = cycle_of[matched[k, GIVES]], cycle_of[matched[k, TAKES]]
        settle_pair(world, chosen[k], cycle, cycle_2, int64(world.slots[chosen[k]].entered_at), now)
        state[CURSOR] += 1
    state[CURSOR] = 0
    return DONE
