"""Checks of shared ledgers: blocks, hours, who issues, who may hold, limits, and legs that settle together."""

from __future__ import annotations

from typing import Any

from scenarios.keys import KeyPath, listed, shown_path, shown_value
from scenarios.references import Checks
from simcore.engine.timetable import overlap, timetable
from simcore.model import Latency
from simcore.units import Money, format_amount, format_duration

SHARED = ("block_every", "capacity", "when_short", "gridlock", "calendar", "sessions", "add_open", "add_closed",
          "when_closed", "end_of_day")  # fmt: skip
"""Keys that all rails of a ledger have in common."""


def check_ledger(checks: Checks, path: KeyPath, rail: Any) -> None:
    """Note the faults of one rail of a ledger."""
    _blocks(checks, path, rail)
    _issuer(checks, path, rail)
    _limits(checks, path, rail)


def _blocks(checks: Checks, path: KeyPath, rail: Any) -> None:
    if rail.capacity < 1:
        checks.say("LH143", (*path, "capacity"), str(rail.capacity), "at least one payment in a block", "1000")
    if rail.block_every <= 0:
        checks.say("LH143", (*path, "block_every"), "0 s", "a distance between blocks", '"3 s"')
    for name, other in checks.scenario.rails.items():
        if name == path[1]:
            return
        if getattr(other, "ledger", None) != rail.ledger:
            continue
        if other.currency == rail.currency:
            checks.say("LH143", (*path, "currency"), f"{rail.currency}, which is on {rail.ledger} as {name}",
                       "each currency of a ledger once")  # fmt: skip
        for key in SHARED:
            mine, yours = getattr(rail, key), getattr(other, key)
            if mine != yours:
                shown = format_duration if key == "block_every" else shown_value
                plain = isinstance(mine, str | int) and isinstance(yours, str | int)
                got = f"{shown(mine)}; {name} has {shown(yours)}" if plain else f"other terms than {name}"
                checks.say("LH143", (*path, key), got, f"the same on every rail of the ledger {rail.ledger}")
        return


def _issuer(checks: Checks, path: KeyPath, rail: Any) -> None:
    """The central bank, its RTGS, and whom it issues to."""
    scenario, name = checks.scenario, str(path[1])
    known = checks.known("LH020", (*path, "central_bank"), rail.central_bank, "a participant", "participants")
    if not checks.known("LH021", (*path, "domestic_rail"), rail.domestic_rail, "a rail", "rails"):
        return
    source = scenario.rails.get(rail.domestic_rail)
    if source is not None and (source.currency != rail.currency or source.discipline != "gross"):
        checks.say("LH145", (*path, "domestic_rail"),
                   f"{rail.domestic_rail}, of kind {source.kind} in {source.currency}",
                   f"a gross rail that settles {rail.currency}")  # fmt: skip
    if not known or not checks.rest.whole("accounts") or not checks.rest.whole("participants"):
        return
    for table in (name, rail.domestic_rail):
        account = scenario.accounts.get(table, {}).get(rail.central_bank)
        if account is None or account.debit_limit != "unlimited":
            got = "no account" if account is None else "a limit on the account"
            where = shown_path(("accounts", table, rail.central_bank))
            checks.say("LH145", (*path, "central_bank"), f"{got} of {rail.central_bank} on {table}",
                       f"an unlimited account there: {rail.central_bank} issues the money",
                       f'{where} = {{ opening = "0 {rail.currency}", debit_limit = "unlimited" }}')  # fmt: skip
    _holders(checks, path, rail)


def _holders(checks: Checks, path: KeyPath, rail: Any) -> None:
    """Who may hold the currency, and through whom money for and from each goes."""
    scenario, name = checks.scenario, str(path[1])
    people, domestic = scenario.participants, scenario.accounts.get(rail.domestic_rail, {})
    if rail.central_bank not in people:
        return
    home = people[rail.central_bank].country
    at_home = [who for who in domestic if who in people and people[who].country == home and who != rail.central_bank]
    for holder, account in scenario.accounts.get(name, {}).items():
        if holder == rail.central_bank or holder not in people:
            continue
        here: KeyPath = ("accounts", name, holder)
        foreign, sponsor = people[holder].country != home, account.funded_by
        offer = f'funded_by = "{at_home[0]}"' if at_home else ""
        if foreign and rail.foreign_holders == "none":
            checks.say("LH144", here, f"an account of {holder}, of {people[holder].country}",
                       f"holders from {home} only: foreign_holders is none on {name}",
                       'foreign_holders = "sponsored"')  # fmt: skip
            continue
        money = account.funding is not None or rail.redeem == "all" or (rail.redeem == "foreign" and foreign)
        if foreign and (money or rail.foreign_holders == "sponsored") and sponsor is None:
            why = "they hold" if rail.foreign_holders == "sponsored" else "money is issued and redeemed"
            checks.say("LH144", here, f"no sponsor of {holder}, of {people[holder].country}",
                       f"funded_by, the bank of {home} through which {why}", offer)  # fmt: skip
            continue
        payer = sponsor or holder
        if (sponsor is not None or money) and payer in people:
            if people[payer].country != home:
                checks.say("LH144", (*here, "funded_by"), f"{payer}, of {people[payer].country}",
                           f"a bank of {home}: {rail.central_bank} issues to its own banks only", offer)  # fmt: skip
            elif payer not in domestic:
                checks.say("LH145", here, f"{payer} has no account on {rail.domestic_rail}",
                           f"who pays for what is issued: one of {listed(at_home)}", offer)  # fmt: skip


def _limits(checks: Checks, path: KeyPath, rail: Any) -> None:
    """The limit of balances is above zero, in the rail's currency, and leaves room for what accounts begin with."""
    most, largest = rail.balance_limit, rail.most_amount
    if most is None:
        return
    if most.amount_minor < 1 or most.currency != rail.currency:
        checks.say("LH146", (*path, "balance_limit"), format_amount(most), f"an amount above zero in {rail.currency}")
        return
    if largest is not None and largest.currency == rail.currency and largest.amount_minor > most.amount_minor:
        checks.say("LH146", (*path, "most_amount"), f"{format_amount(largest)}, above the balance limit",
                   f"at most {format_amount(most)}, which is all an account may hold")  # fmt: skip
    for holder, account in checks.scenario.accounts.get(str(path[1]), {}).items():
        for key in ("opening", "funding"):
            amount = getattr(account, key)
            if holder != rail.central_bank and isinstance(amount, Money) and amount.amount_minor > most.amount_minor:
                checks.say("LH146", ("accounts", str(path[1]), holder, key), format_amount(amount),
                           f"at most {format_amount(most)}, the balance limit of {path[1]}")  # fmt: skip


def check_ledger_hours(checks: Checks) -> None:
    """Every RTGS is open for payments at some time at which its ledger is."""
    if checks.faults or not checks.rest.complete:
        return  # hours can be compared only where all are known
    ledgers = {name: rail for name, rail in checks.scenario.rails.items() if rail.kind == "ledger"}
    windows = timetable(checks.scenario).windows if ledgers else {}
    for name, rail in ledgers.items():
        mine, domestic = (
            [window for window in windows[which] if window.only == "all"] for which in (name, rail.domestic_rail)
        )
        if not overlap(mine, domestic):
            checks.say("LH145", ("rails", name, "domestic_rail"),
                       f"{rail.domestic_rail}, which is never open while {name} is",
                       "hours that overlap, or nothing can be issued or redeemed")  # fmt: skip


def check_legs(checks: Checks) -> None:
    """Hops in a row on one ledger settle together, so nothing may come between them."""
    scenario = checks.scenario
    for name, route in scenario.routes.items():
        for index, (before, hop) in enumerate(zip(route.hops, route.hops[1:]), start=1):
            rails = [scenario.rails.get(before.rail), scenario.rails.get(hop.rail)]
            one, other = (getattr(rail, "ledger", None) for rail in rails)
            if one is None or one != other:
                continue
            here: KeyPath = ("routes", name, "hops", index)
            if isinstance(hop.latency, Latency) or hop.latency or hop.screening is not None:
                key = "screening" if hop.screening is not None else "latency"
                checks.say("LH147", (*here, key), f"{key} between two hops on {one}",
                           "none: they settle together in one block")  # fmt: skip
            pair = {rails[0].currency, rails[1].currency}  # type: ignore[union-attr]
            for quoted, terms in scenario.fx.pairs.items():
                if set(quoted.split("/")) == pair and terms.value_date in ("T+1", "T+2"):
                    checks.say("LH147", ("fx", "pairs", quoted, "value_date"),
                               f"{terms.value_date}, for an exchange on {one}",
                               "no later day: both legs settle together in one block", "remove it")  # fmt: skip
