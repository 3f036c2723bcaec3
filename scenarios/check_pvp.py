"""Checks of payment versus payment: links between two rails that are open together, and pairs whose legs match."""

from __future__ import annotations

from typing import Any

from scenarios.check_cls import check_cls, check_trades, is_cls
from scenarios.keys import KeyPath, listed, shown_path, shown_value
from scenarios.references import Checks
from simcore.htlc import in_order
from simcore.model import Hop, Latency
from simcore.units import format_duration

MINUTE_US = 60_000_000


def check_pvp(checks: Checks) -> None:
    """Note the faults of every entry of [pvp], and of every hop that names one."""
    for name, terms in checks.scenario.pvp.items():
        path: KeyPath = ("pvp", name)
        if terms.kind == "cls":
            check_cls(checks, path, terms)
            continue
        _link(checks, path, terms)
        if terms.kind == "htlc":
            _locks(checks, path, terms)
    check_trades(checks)
    for name, route in checks.scenario.routes.items():
        for index, hop in enumerate(route.hops):
            if hop.pvp is None or is_cls(checks, hop):
                continue
            here: KeyPath = ("routes", name, "hops", index)
            if index and route.hops[index - 1].pvp is not None:
                checks.say("LH138", (*here, "pvp"), f"{shown_value(hop.pvp)} on the second leg of a pair",
                           "a leg belongs to one pair", "remove it")  # fmt: skip
                continue
            if checks.known("LH138", (*here, "pvp"), hop.pvp, "an entry of [pvp]", "pvp"):
                _pair(checks, here, hop, route.hops[index + 1 :])


def _link(checks: Checks, path: KeyPath, link: Any) -> None:
    """Two gross rails in two currencies, and a distance between looks."""
    if link.every <= 0:
        checks.say("LH137", (*path, "every"), "0 s", "a distance between looks", '"1 min"')
    known = [checks.known("LH021", (*path, "rails", k), rail, "a rail", "rails") for k, rail in enumerate(link.rails)]
    if len(link.rails) != 2 or len(set(link.rails)) != 2:
        checks.say("LH137", (*path, "rails"), listed(link.rails) if link.rails else "no rail", "two different rails")
        return
    rails = [checks.scenario.rails.get(name) for name in link.rails]
    if not all(known) or None in rails:
        return
    for k, (name, rail) in enumerate(zip(link.rails, rails, strict=True)):
        if rail.discipline != "gross":  # type: ignore[union-attr]
            checks.say("LH137", (*path, "rails", k), f"{name}, of kind {rail.kind}",  # type: ignore[union-attr]
                       "a rail that settles gross")  # fmt: skip
    if rails[0].currency == rails[1].currency:  # type: ignore[union-attr]
        checks.say("LH137", (*path, "rails"), f"two rails in {rails[0].currency}",  # type: ignore[union-attr]
                   "rails in two currencies: a link joins the two legs of an exchange")  # fmt: skip


def _locks(checks: Checks, path: KeyPath, terms: Any) -> None:
    """The second lock ends before the first, and somebody holds what is locked."""
    if not in_order(terms.first_lock, terms.second_lock, terms.margin):
        first, second, margin = (format_duration(each) for each in (terms.first_lock, terms.second_lock, terms.margin))
        checks.say("LH140", (*path, "second_lock"), f"{second}, with a first lock of {first} and a margin of {margin}",
                   "a time above 0, shorter than the first lock by more than the margin", _shorter(terms))  # fmt: skip
    if not checks.known("LH020", (*path, "escrow"), terms.escrow, "a participant", "participants"):
        return
    for rail in terms.rails:
        if checks.rest.whole("accounts", rail) and terms.escrow not in checks.scenario.accounts.get(rail, {}):
            checks.say("LH181", (*path, "escrow"), f"{terms.escrow} without an account on {rail}",
                       "accounts for what is locked on both rails",
                       f'{shown_path(("accounts", rail, terms.escrow))} = {{ opening = "0 …" }}')  # fmt: skip


def _shorter(terms: Any) -> str:
    """A second lock of half of what the first leaves after the margin, in whole minutes; nothing where that is none."""
    minutes = (terms.first_lock - terms.margin) // 2 // MINUTE_US
    return f'"{format_duration(minutes * MINUTE_US)}"' if minutes > 0 else ""


def _pair(checks: Checks, here: KeyPath, hop: Hop, following: tuple[Hop, ...]) -> None:
    """The hop and the next exchange over the rails of their link, and have nothing between them."""
    link = checks.scenario.pvp.get(str(hop.pvp))
    if link is None:
        return  # it could not be read
    if not following:
        checks.say("LH138", (*here, "pvp"), f"{shown_value(hop.pvp)} on the last hop",
                   "a hop followed by another in a second currency: a pair has two legs", "remove it")  # fmt: skip
        return
    after, names = following[0], checks.rest.names("participants")
    index = here[-1]
    assert isinstance(index, int)
    there: KeyPath = (*here[:-1], index + 1)
    if {hop.rail, after.rail} != set(link.rails):
        checks.say("LH138", (*here, "pvp"), f"{hop.pvp} for legs on {hop.rail} and {after.rail}",
                   f"legs on {listed(link.rails)}, which it joins")  # fmt: skip
        return
    waits = link.kind != "htlc" and (isinstance(after.latency, Latency) or after.latency)
    if waits or after.screening is not None or after.cut_off is not None:
        key = "screening" if after.screening is not None else "latency" if waits else "cut_off"
        checks.say("LH138", (*there, key), f"{key} between the two legs of a pair",
                   "none: they settle at one instant; what comes before belongs to the first leg")  # fmt: skip
    if len(following) > 1 and not {after.debtor, after.creditor} <= set(names):
        checks.say("LH138", there, f"a leg from {after.debtor} to {after.creditor} with a hop after it",
                   "the last hop, or two participants by name: a second leg may not fall away")  # fmt: skip
    rails = [checks.scenario.rails.get(each.rail) for each in (hop, after)]
    if None in rails:
        return
    pair = {rail.currency for rail in rails}  # type: ignore[union-attr]
    for quoted, terms in checks.scenario.fx.pairs.items():
        if set(quoted.split("/")) == pair and terms.value_date in ("T+1", "T+2"):
            checks.say("LH138", ("fx", "pairs", quoted, "value_date"),
                       f"{terms.value_date}, for an exchange by {hop.pvp}",
                       "no later day: both legs settle at one instant", "remove it")  # fmt: skip
