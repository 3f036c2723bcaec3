"""Checks of intraday credit: who gives it, how it is drawn and priced, and who pledges what for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from scenarios.keys import KeyPath, shown_value
from scenarios.references import SECOND_US, Checks
from scenarios.resolve import decimal_text
from simcore.units import format_duration

YEARS = (360, 365)
MOST_HAIRCUT = "at most 100 %"


def _percent(share: Decimal) -> str:
    return f"{decimal_text(share * 100)} %"


def issuer(checks: Checks, code: str, path: KeyPath, rail: Any) -> None:
    """Note a lender who doesn't issue the money of the rail."""
    held = checks.scenario.accounts.get(str(path[1]), {})
    account = held.get(rail.lender) if rail.lender else None
    if account is None or account.debit_limit != "unlimited":
        got = "nobody" if rail.lender is None else f"{shown_value(rail.lender)}, who has no unlimited account here"
        issuers = [who for who, one in held.items() if one.debit_limit == "unlimited"]
        checks.say(code, (*path, "lender"), got, "a participant whose account on this rail is unlimited",
                   shown_value(issuers[0]) if issuers else "")  # fmt: skip


def check_credit(checks: Checks, path: KeyPath, rail: Any) -> None:
    """Note what keeps a rail's intraday credit from being given, or accounts from having any."""
    terms = getattr(rail, "intraday_credit", None)
    pledges = {who: one for who, one in checks.scenario.accounts.get(str(path[1]), {}).items() if one.collateral}
    _pledges(checks, path, rail, terms)
    if terms is None:
        return
    here: KeyPath = (*path, "intraday_credit")
    issuer(checks, "LH112", path, rail)
    if not pledges and checks.rest.whole("accounts"):
        checks.say("LH113", here, "no account that pledges collateral", "collateral of at least one account",
                   f'collateral = "100 mn {rail.currency}"')  # fmt: skip
    if terms.haircut > 1:
        checks.say("LH112", (*here, "haircut"), _percent(terms.haircut), MOST_HAIRCUT, '"5 %"')
    on_demand = terms.draw == "on_demand"
    if on_demand and terms.form != "repo":
        checks.say("LH112", (*here, "draw"), "an overdraft, which is drawn by each payment that needs it",
                   'form = "repo", or no draw', 'draw = "opening"')  # fmt: skip
    elif on_demand and (terms.draw_every is None or terms.draw_every < SECOND_US):
        got = "no time to draw at" if terms.draw_every is None else format_duration(terms.draw_every)
        checks.say("LH112", (*here, "draw_every"), got, "a distance of at least 1 s", '"5 min"')
    elif not on_demand and terms.draw_every is not None:
        checks.say("LH112", (*here, "draw_every"), f"beside draw = {shown_value(terms.draw)}", 'draw = "on_demand"',
                   'draw = "on_demand"')  # fmt: skip
    _price(checks, here, terms)


def _price(checks: Checks, path: KeyPath, terms: Any) -> None:
    if terms.rate is None and terms.charged != "time":
        checks.say("LH114", (*path, "charged"), "no rate to charge", "rate beside it", 'rate = "1 bp"')
    if terms.year_days not in YEARS:
        checks.say("LH114", (*path, "year_days"), str(terms.year_days), "360 or 365", "365")
    if terms.measured_every < SECOND_US:
        checks.say("LH114", (*path, "measured_every"), format_duration(terms.measured_every), "at least 1 s", '"1 min"')


def _pledges(checks: Checks, path: KeyPath, rail: Any, terms: Any) -> None:
    """What accounts pledge: only where the rail gives credit, and only accounts that don't issue the money."""
    name = str(path[1])
    for who, account in checks.scenario.accounts.get(name, {}).items():
        where: KeyPath = ("accounts", name, who)
        if account.haircut is not None and account.collateral is None:
            checks.say("LH113", (*where, "haircut"), "the key haircut without collateral", "collateral beside it",
                       f'collateral = "100 mn {rail.currency}"')  # fmt: skip
        elif account.haircut is not None and account.haircut > 1:
            checks.say("LH113", (*where, "haircut"), _percent(account.haircut), MOST_HAIRCUT, '"5 %"')
        if account.collateral is None:
            continue
        if terms is None:
            checks.say("LH113", (*where, "collateral"), f"collateral, but {name} gives no intraday credit",
                       "intraday_credit on the rail, of kind rtgs", 'intraday_credit = { form = "repo" }')  # fmt: skip
        elif account.debit_limit == "unlimited":
            checks.say("LH113", (*where, "collateral"), "collateral of an account without limit",
                       "collateral of those who borrow")  # fmt: skip
