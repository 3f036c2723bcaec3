"""Checks of dealers: pairs they quote, limits of their positions, refills that can happen."""

from __future__ import annotations

from scenarios.keys import KeyPath, shown_value
from scenarios.open_hours import is_open_at
from scenarios.references import SECOND_US, Checks
from simcore.market import Dealer, Position, Refill
from simcore.units import format_amount, format_clock, format_duration

MOST_SKEW = 1000


def check_dealers(checks: Checks) -> None:
    """Note the faults of every dealer."""
    for name, dealer in checks.scenario.fx.dealers.items():
        path: KeyPath = ("fx", "dealers", name)
        checks.known("LH020", path, name, "a participant", "participants")
        for index, quoted in enumerate(dealer.pairs):
            here = (*path, "pairs", index)
            if quoted in dealer.pairs[:index]:
                checks.say("LH056", here, f"{quoted} a second time", "each pair once")
            reverse = "/".join(reversed(quoted.split("/")))
            if quoted not in checks.rest.names("fx", "pairs") and reverse in checks.rest.names("fx", "pairs"):
                checks.say("LH026", here, shown_value(quoted), "the pair as [fx.pairs] has it; dealers quote both ways",
                           shown_value(reverse))  # fmt: skip
            else:
                checks.known("LH026", here, quoted, "a pair of [fx.pairs]", "fx", "pairs")
        if dealer.position is not None:
            _position(checks, (*path, "position"), dealer, dealer.position)
        for index, refill in enumerate(dealer.refills or ()):
            _refill(checks, (*path, "refills", index), name, refill)


def _position(checks: Checks, path: KeyPath, dealer: Dealer, position: Position) -> None:
    codes = sorted({code for pair in dealer.pairs for code in pair.split("/")})
    if not position.limits:
        checks.say("LH128", (*path, "limits"), "no limit", "a limit for at least one currency", '{ USD = "10 mn USD" }')
    for code, most in position.limits.items():
        here = (*path, "limits", code)
        if code not in codes:
            checks.say("LH128", here, f"a limit in {shown_value(code)}", f"a currency of its pairs: {', '.join(codes)}")
        elif most.currency != code:
            checks.say("LH128", here, format_amount(most), f"an amount in {code}")
        elif most.amount_minor <= 0:
            checks.say("LH128", here, format_amount(most), "an amount above zero")
    if not 0 <= position.skew <= MOST_SKEW:
        checks.say("LH128", (*path, "skew"), str(position.skew), f"a share from 0 to {MOST_SKEW:,}", "1")
    if position.every < SECOND_US:
        checks.say("LH128", (*path, "every"), format_duration(position.every), "at least 1 s", '"5 min"')


def _refill(checks: Checks, path: KeyPath, dealer: str, refill: Refill) -> None:
    scenario = checks.scenario
    known = checks.known("LH021", (*path, "rail"), refill.rail, "a rail", "rails")
    checks.known("LH020", (*path, "from"), refill.source, "a participant", "participants")
    if not known or refill.rail not in scenario.rails or not checks.rest.whole("accounts"):
        return
    rail = scenario.rails[refill.rail]
    _accounts(checks, path, refill.rail, dealer, refill.source)
    if refill.source == dealer:
        checks.say("LH128", (*path, "from"), shown_value(dealer), "somebody else than the dealer")
    if getattr(rail, "settle_on", None) is not None:
        checks.say("LH154", (*path, "rail"), f"a refill on {refill.rail}, whose accounts settlement brings back to "
                   "their level", f"a refill of the settlement bank's account on {rail.settle_on}")  # fmt: skip
    if refill.to.currency != rail.currency or refill.to.amount_minor <= 0:
        expected = f"an amount above zero in {rail.currency}, which {refill.rail} settles"
        checks.say("LH128", (*path, "to"), format_amount(refill.to), expected)
    if not refill.times:
        checks.say("LH128", (*path, "times"), "no time", "at least one time at which the rail is open", '["09:00"]')
    for index, clock in enumerate(refill.times):
        if not is_open_at(checks, checks.scenario.rails[refill.rail], clock):
            got, expected = format_clock(clock), f"a time at which {refill.rail} is open in the run"
            checks.say("LH128", (*path, "times", index), got, expected)
    if refill.sell_on is not None and checks.known("LH021", (*path, "sell_on"), refill.sell_on, "a rail", "rails"):
        if refill.sell_on in scenario.rails:
            _accounts(checks, path, refill.sell_on, dealer, refill.source)
            _other_dealer(checks, path, refill, rail.currency)


def _accounts(checks: Checks, path: KeyPath, rail: str, *holders: str) -> None:
    for who in holders:
        if who not in checks.scenario.accounts.get(rail, {}) and who in checks.rest.names("participants"):
            checks.say("LH128", path, f"{who} has no account on {rail}", f"accounts.{rail}.{who}")


def _other_dealer(checks: Checks, path: KeyPath, refill: Refill, bought: str) -> None:
    """Whether the other side of a purchase is a dealer of the two currencies."""
    sold = checks.scenario.rails[str(refill.sell_on)].currency
    other = checks.scenario.fx.dealers.get(refill.source)
    quoted = () if other is None else other.pairs
    if f"{sold}/{bought}" not in quoted and f"{bought}/{sold}" not in quoted:
        got = f"{refill.source}, who quotes no {bought} for {sold}"
        checks.say("LH128", (*path, "from"), got, "a dealer who quotes the two currencies, or no sell_on")
