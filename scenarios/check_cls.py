"""Checks of systems of the kind CLS: their rails and times, the members' accounts, and routes that are trades."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from scenarios.keys import KeyPath, listed, shown_path, shown_value
from scenarios.open_hours import is_open_at
from scenarios.references import Checks
from simcore.model import Hop, Latency, Route
from simcore.units import format_amount, format_clock

SHARED = ("calendar", "sessions", "add_open", "add_closed")
TRADE = 'from = "debtor", to = "creditor", then from = "creditor", to = "debtor"'


def check_cls(checks: Checks, path: KeyPath, terms: Any) -> None:
    """Note the faults of one entry of ``[pvp]``."""
    known = [checks.known("LH021", (*path, "rails", k), rail, "a rail", "rails") for k, rail in enumerate(terms.rails)]
    if len(terms.rails) < 2 or len(set(terms.rails)) != len(terms.rails):
        checks.say("LH178", (*path, "rails"), listed(terms.rails) if terms.rails else "no rail",
                   "two or more different rails")  # fmt: skip
        return
    rails = [checks.scenario.rails.get(name) for name in terms.rails]
    if not all(known) or None in rails:
        return
    for k, rail in enumerate(rails):
        if rail.kind != "cls":  # type: ignore[union-attr]
            checks.say("LH178", (*path, "rails", k), f"{terms.rails[k]}, of kind {rail.kind}",  # type: ignore[union-attr]
                       "a rail of kind cls")  # fmt: skip
            return
        for key in ("least_amount", "most_amount"):
            if getattr(rail, key) is not None:
                checks.say("LH178", ("rails", terms.rails[k], key), f"the key {key}", "none: a trade is taken whole")
        for key in SHARED:
            if getattr(rail, key) != getattr(rails[0], key):
                checks.say("LH178", ("rails", terms.rails[k], key), f"other terms than {terms.rails[0]}",
                           f"the same on every rail of {path[1]}")  # fmt: skip
    codes = [rail.currency for rail in rails]  # type: ignore[union-attr]
    if len(set(codes)) != len(codes):
        checks.say("LH178", (*path, "rails"), f"rails in {listed(codes)}", "each currency once")
    _times(checks, path, terms, rails[0], codes)
    _numbers(checks, path, terms, codes)
    if checks.rest.whole("accounts"):
        _accounts(checks, path, terms, rails)


def _times(checks: Checks, path: KeyPath, terms: Any, rail: Any, codes: list[str]) -> None:
    """Start, then instalments at times that rise, all while the rails are open."""
    if not terms.pay_in_at:
        checks.say("LH178", (*path, "pay_in_at"), "no time", "at least one time to pay in", '["09:00"]')
    for index, (before, after) in enumerate(pairwise([terms.start, *terms.pay_in_at])):
        if after <= before:
            checks.say("LH178", (*path, "pay_in_at", index), f"{format_clock(after)}, after {format_clock(before)}",
                       "times that rise from start on")  # fmt: skip
    for key, clock in (("start", terms.start), *((f"pay_in_at.{k}", each) for k, each in enumerate(terms.pay_in_at))):
        if not is_open_at(checks, rail, clock):
            where = (*path, *(int(part) if part.isdigit() else part for part in key.split(".")))
            checks.say("LH178", where, format_clock(clock), f"a time at which {terms.rails[0]} is open in the run")
    for code, clock in terms.last_pay_in.items():
        if code not in codes or clock not in terms.pay_in_at:
            checks.say("LH178", (*path, "last_pay_in", code), format_clock(clock),
                       f"one of pay_in_at, for a currency of the system: {listed(codes)}")  # fmt: skip


def _numbers(checks: Checks, path: KeyPath, terms: Any, codes: list[str]) -> None:
    """Haircuts, shares, limits, and prices to value accounts by."""
    for key, cut in (("haircut", terms.haircut), *terms.haircuts.items()):
        where = (*path, key) if key == "haircut" else (*path, "haircuts", key)
        if not 0 <= cut < 1 or (key != "haircut" and key not in codes):
            checks.say("LH178", where, f"{100 * cut:f} %", f"from 0 % to below 100 %, for {listed(codes)}")
    if not 0 <= terms.in_out <= 1:
        checks.say("LH178", (*path, "in_out"), f"{100 * terms.in_out:f} %", "a share from 0 % to 100 %")
    if terms.currency not in codes:
        checks.say(
            "LH178", (*path, "currency"), shown_value(terms.currency), f"a currency of the system: {listed(codes)}"
        )
        return
    for key, limit in (("", terms.aggregate_limit), *terms.aggregate_limits.items()):
        where = (*path, "aggregate_limits", key) if key else (*path, "aggregate_limit")
        if limit.currency != terms.currency or limit.amount_minor < 0:
            checks.say("LH178", where, format_amount(limit), f"an amount in {terms.currency} that isn't negative")
        if key:
            checks.known("LH020", where, key, "a participant", "participants")
    pairs = checks.scenario.fx.pairs
    for code in codes:
        if code != terms.currency and not {f"{code}/{terms.currency}", f"{terms.currency}/{code}"} & set(pairs):
            checks.say("LH178", (*path, "currency"), f"no rate of {code} against {terms.currency}",
                       "a pair for each other currency", f'[fx.pairs."{code}/{terms.currency}"]')  # fmt: skip


def _accounts(checks: Checks, path: KeyPath, terms: Any, rails: list[Any]) -> None:
    """Operators have unlimited accounts here and pools there; members have all they need, beginning at zero."""
    scenario = checks.scenario
    operators = {rail.operator for rail in rails}
    members = dict.fromkeys(
        who for name in terms.rails for who in scenario.accounts.get(name, {}) if who not in operators
    )
    for name, rail in zip(terms.rails, rails, strict=True):
        here, there = scenario.accounts.get(name, {}), scenario.accounts.get(rail.funding_rail, {})
        known = checks.known("LH020", ("rails", name, "operator"), rail.operator, "a participant", "participants")
        if not checks.known("LH021", ("rails", name, "funding_rail"), rail.funding_rail, "a rail", "rails"):
            continue
        source = scenario.rails.get(rail.funding_rail)
        if source is not None and (source.currency != rail.currency or source.discipline != "gross"):
            checks.say("LH180", ("rails", name, "funding_rail"), f"{rail.funding_rail}, of kind {source.kind} in "
                       f"{source.currency}", f"a gross rail that settles {rail.currency}")  # fmt: skip
        if known and (rail.operator not in here or here[rail.operator].debit_limit != "unlimited"
                      or rail.operator not in there):  # fmt: skip
            checks.say("LH180", ("rails", name, "operator"), f"{rail.operator} without an unlimited account on {name} "
                       f"and one on {rail.funding_rail}", "an issuing account here and a pool there",
                       f'{shown_path(("accounts", name, rail.operator))} = {{ opening = "0 {rail.currency}", '
                       'debit_limit = "unlimited" }')  # fmt: skip
        for who in members:
            at: KeyPath = ("accounts", name, who)
            account = here.get(who)
            if account is None:
                checks.say("LH180", at, f"no account of {who} on {name}", f"one on every rail of {path[1]}")
                continue
            if account.opening.amount_minor or account.debit_limit == "unlimited":
                checks.say("LH180", at, "an opening or no limit", "an account that begins at zero, with a limit")
            payer = account.funded_by or who
            if payer not in there and payer in checks.rest.names("participants"):
                checks.say("LH180", at, f"{payer} has no account on {rail.funding_rail}",
                           f"who pays in for {who}: one of {listed(there)}", 'funded_by = "…"')  # fmt: skip
    provider = terms.liquidity_provider
    if provider is not None and provider not in members:
        checks.say("LH180", (*path, "liquidity_provider"), shown_value(provider), f"a member: {listed(members)}")


def check_trades(checks: Checks) -> None:
    """Routes over rails of the kind cls are trades, and nothing else."""
    mine = {name for name, rail in checks.scenario.rails.items() if rail.kind == "cls"}
    said: set[str] = set()
    for name, route in checks.scenario.routes.items():
        if any(hop.rail in mine for hop in route.hops) or any(is_cls(checks, hop) for hop in route.hops):
            _trade(checks, name, route, mine, said)
    for name, outage in checks.scenario.outages.items():
        for index, rail in enumerate(outage.rails):
            if rail in mine:
                checks.say("LH182", ("outages", name, "rails", index), f"{rail}, of kind cls",
                           "rails on which members pay in, or participants")  # fmt: skip
    named = {rail for terms in checks.scenario.pvp.values() if terms.kind == "cls" for rail in terms.rails}
    for name in sorted(mine - named):
        if checks.rest.whole("pvp"):
            checks.say("LH178", ("rails", name), "a rail of no system", "an entry of [pvp] of kind cls that names it")
    for name in sorted(named):
        if sum(name in terms.rails for terms in checks.scenario.pvp.values()) > 1:
            checks.say("LH178", ("rails", name), "a rail of two entries of [pvp]", "one system for each rail")


def is_cls(checks: Checks, hop: Hop) -> bool:
    """Whether a hop names a system of the kind CLS."""
    terms = checks.scenario.pvp.get(str(hop.pvp))
    return terms is not None and terms.kind == "cls"


def _trade(checks: Checks, name: str, route: Route, mine: set[str], said: set[str]) -> None:
    path: KeyPath = ("routes", name, "hops")
    roles = [role for hop in route.hops for role in (hop.debtor, hop.creditor)]
    if roles != ["debtor", "creditor", "creditor", "debtor"]:
        checks.say("LH179", path, " → ".join(roles) or "no hop", f"a trade: {TRADE}")
        return
    one, other = route.hops
    terms = checks.scenario.pvp.get(str(one.pvp))
    if terms is None and one.pvp in checks.rest.names("pvp"):
        return  # it could not be read
    if not is_cls(checks, one) or terms is None or other.pvp is not None:
        checks.say("LH179", (*path, 0, "pvp"), shown_value(one.pvp) if one.pvp else "none",
                   "the system on the first hop, and on it only")  # fmt: skip
        return
    if not {one.rail, other.rail} <= set(terms.rails) or one.rail == other.rail:
        checks.say("LH179", (*path, 0, "pvp"), f"{one.pvp} for legs on {one.rail} and {other.rail}",
                   f"legs on two of {listed(terms.rails)}")  # fmt: skip
    _value_date(checks, name, route, said)
    if route.refunds is not None:
        checks.say("LH179", ("routes", name, "refunds"), "refunds of a trade", "none: accounts are empty after the day")
    for index, key in _between(route):
        checks.say("LH179", (*path, index, key), f"{key} in a trade", "none: what is exchanged is what was agreed")


def _value_date(checks: Checks, name: str, route: Route, said: set[str]) -> None:
    """Both sides of a trade settle on the day of the system that it is matched for: there is no other value date."""
    codes = {rail.currency for hop in route.hops if (rail := checks.scenario.rails.get(hop.rail)) is not None}
    for quoted, terms in checks.scenario.fx.pairs.items():
        if set(quoted.split("/")) == codes and terms.value_date in ("T+1", "T+2") and quoted not in said:
            said.add(quoted)
            checks.say("LH190", ("fx", "pairs", quoted, "value_date"), f"{terms.value_date}, for trades by {name}",
                       "no later day: both sides settle on the day the trade is matched for", "remove it")  # fmt: skip


def _between(route: Route) -> Iterator[tuple[int, str]]:
    """What a trade doesn't go with: fees, screening, cut-offs, and a latency between its legs."""
    for index, hop in enumerate(route.hops):
        for key in ("fee", "screening", "cut_off"):
            if getattr(hop, key) is not None:
                yield index, key
    after = route.hops[1]
    if isinstance(after.latency, Latency) or after.latency:
        yield 1, "latency"
