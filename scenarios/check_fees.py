"""Checks of what hops take and hold, and of how a route is chosen for it: fees, charges, screening, choice."""

from __future__ import annotations

from scenarios.keys import KeyPath
from scenarios.references import SECOND_US, Checks
from simcore.model import Corridor, Fee, Route, Screening
from simcore.units import format_amount, format_duration

AMOUNTS = ("fixed", "least", "most")


def check_fees(checks: Checks, path: KeyPath, route: Route) -> None:
    """Note the faults of the fees and the screening of one route."""
    currencies = [rail.currency if (rail := checks.scenario.rails.get(hop.rail)) else None for hop in route.hops]
    if route.sending_fee is not None and currencies and currencies[0] is not None:
        _fee(checks, (*path, "sending_fee"), route.sending_fee, currencies[0])
    for index, hop in enumerate(route.hops):
        here = (*path, "hops", index)
        after = currencies[index + 1] if index + 1 < len(currencies) else currencies[index]
        if hop.fee is not None and currencies[index] is not None:
            _fee(checks, (*here, "fee"), hop.fee, str(currencies[index]))
            if after is not None and after != currencies[index]:
                got = f"a fee where {currencies[index]} is exchanged for {after}"
                checks.say("LH130", (*here, "fee"), got, "no fee: the dealer's spread is its price", "half_spread")
            elif route.charges == "OUR" and (hop.fee.share or currencies[index] != currencies[0]):
                expected = f"fixed fees in {currencies[0]}, the currency of the first hop"
                got = f'"OUR" beside the fee of hop {index}'
                checks.say("LH130", (*path, "charges"), got, expected, 'charges = "SHA"')
        if hop.screening is not None:
            _screening(checks, (*here, "screening"), hop.screening)


def _fee(checks: Checks, path: KeyPath, fee: Fee, currency: str) -> None:
    for key in AMOUNTS:
        amount = getattr(fee, key)
        if amount is not None and (amount.currency != currency or amount.amount_minor < 0):
            checks.say("LH130", (*path, key), format_amount(amount), f"an amount in {currency}, 0 or more")
    if fee.least is not None and fee.most is not None and fee.most.amount_minor < fee.least.amount_minor:
        checks.say("LH130", (*path, "most"), "most below least", "most at least least")


def _screening(checks: Checks, path: KeyPath, screening: Screening) -> None:
    total = screening.hold_share + screening.reject_share
    if total > 1:
        checks.say("LH130", path, f"shares of {screening.hold_share} held and {screening.reject_share} rejected",
                   "shares that sum to at most 1")  # fmt: skip
    if (screening.hold_share > 0) != (screening.hold is not None):
        got = "a share held, but not for how long, or the other way round"
        checks.say("LH130", (*path, "hold"), got, "hold_share and hold together",
                   'hold = { lognormal = { median = "4 h", sigma = 1.2 } }')  # fmt: skip


def check_choice(checks: Checks, path: KeyPath, corridor: Corridor) -> None:
    """Note what a rule of choice lacks or has no use for."""
    logit = corridor.choice == "logit"
    if logit and (corridor.scale is None or corridor.scale <= 0):
        checks.say("LH131", (*path, "scale"), "no scale above zero", "how much routes may differ until it matters",
                   'scale = "5 bp"')  # fmt: skip
    # Beside "cheapest" and "fastest" they rest, so that one change of choice tries another rule; that is a note. Beside
    # shares, which are what a corridor has that names no choice, somebody has forgotten it.
    for key in ("time_value", "scale"):
        value = getattr(corridor, key)
        if corridor.choice == "shares" and value is not None:
            checks.say("LH131", (*path, key), f'{key} beside choice = "{corridor.choice}"', 'choice = "logit"',
                       'choice = "logit"')  # fmt: skip
    every = corridor.queue_seen_every
    if every is None:
        return
    if corridor.choice != "fastest" and not (logit and corridor.time_value):
        worth = " without a time_value" if logit else ""
        checks.say("LH131", (*path, "queue_seen_every"), f'queue_seen_every beside choice = "{corridor.choice}"{worth}',
                   "a choice that counts time, or no queue_seen_every", 'choice = "fastest"')  # fmt: skip
    if every < SECOND_US:
        checks.say("LH131", (*path, "queue_seen_every"), f"every {format_duration(every)}", "one second or more",
                   'queue_seen_every = "15 min"')  # fmt: skip
