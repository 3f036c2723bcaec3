"""Checks a typed scenario throughout: every name means something, every amount is possible, nothing can never happen.

All faults come together. Where part of the file could not be read, what depends on that part is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fx.currency import currency_codes, is_currency
from scenarios.accounts import AMOUNTS, escape_fault, missing_file_fault
from scenarios.document import Document
from scenarios.keys import KeyPath, listed, nearest, parse_path, shown_key, shown_path, shown_value
from scenarios.salvage import Salvage
from simcore.datafiles import data_path, is_allowed
from simcore.errors import Fault
from simcore.market import Fx
from simcore.model import Account, Scenario
from simcore.units import Money, format_amount

MOST_MINOR = 2**62
"""Openings and limits of a rail together stay below this, so that no sum of balances can pass 64 bits."""
MOST_DAYS = 36_600
SECOND_US = 1_000_000
"""The least distance of what a run repeats."""
ROLES = ("debtor", "creditor")
FUNDED = {"funding": ("cips", "ledger"), "funded_by": ("cips", "ledger", "cls")}
SLIPS = {"RMB": "CNY", "CNH": "CNY", "RENMINBI": "CNY", "YUAN": "CNY"}


@dataclass
class Checks:
    """A scenario under check and the faults found so far."""

    scenario: Scenario
    document: Document
    rest: Salvage
    faults: list[Fault] = field(default_factory=list)

    def say(self, code: str, path: KeyPath, got: str, expected: str, try_: str = "") -> None:
        """Note a fault at a key path."""
        self.faults.append(Fault(code=code, where=self.document.where(path), got=got, expected=expected, try_=try_))

    def known(self, code: str, path: KeyPath, name: str, what: str, *table: str) -> bool:
        """Whether a name stands in a table of the file, with a fault if not."""
        names = self.rest.names(*table)
        if name in names:
            return True
        if table in self.rest.broken:
            return False  # the table itself could not be read
        near = nearest(name, names) if len(names) > 1 else "".join(names)
        self.say(code, path, shown_value(name), f"{what}: {listed(names)}", shown_value(near) if near else "")
        return False

    def currency(self, path: KeyPath, code: str) -> bool:
        """Whether a currency exists, with a fault if not."""
        if is_currency(code):
            return True
        near = SLIPS.get(code.upper()) or nearest(code, [*self.in_use(), *currency_codes()])
        self.say("LH024", path, shown_value(code), "an ISO 4217 currency", shown_value(near) if near else "")
        return False

    def in_use(self) -> list[str]:
        """Currencies of the rails."""
        return [code for code in self.scenario.currencies if is_currency(code)]

    def at_least(self, path: KeyPath, value: Any, least: Any, expected: str, most: Any = None) -> bool:
        """Whether a number is in its range, with a fault if not."""
        if value >= least and (most is None or value <= most):
            return True
        shown = format_amount(value) if isinstance(value, Money) else str(value)
        self.say("LH016", path, shown, expected, str(least if value < least else most) if least is not None else "")
        return False


def check(scenario: Scenario, document: Document, rest: Salvage) -> list[Fault]:
    """Return every fault of a typed scenario, in the order of the tables."""
    from scenarios.check_cut_offs import check_ever_open
    from scenarios.check_flows import check_flows
    from scenarios.check_hours import check_rails
    from scenarios.check_routes import check_routes

    checks = Checks(scenario, document, rest)
    _info(checks)
    _participants(checks)
    check_rails(checks)
    _accounts(checks)
    check_routes(checks)
    check_flows(checks)
    if scenario.fx != Fx():  # without exchange numpy needn't be imported
        from scenarios.check_fx import check_fx

        check_fx(checks)
    if any(rail.kind == "ledger" for rail in scenario.rails.values()):
        from scenarios.check_ledger import check_ledger_hours, check_legs

        check_legs(checks)
        check_ledger_hours(checks)
    if scenario.pvp or _settles_by_pvp(scenario):
        from scenarios.check_pvp import check_pvp

        check_pvp(checks)
    if scenario.pvp or scenario.instant_links:
        from scenarios.check_pvp_hours import check_pvp_hours

        check_pvp_hours(checks)
    check_ever_open(checks)
    if scenario.wallets:
        from scenarios.check_wallets import check_wallets

        check_wallets(checks)
    if scenario.outages:
        from scenarios.check_outages import check_outages

        check_outages(checks)
    _results(checks)
    _sources(checks)
    return checks.faults


def _settles_by_pvp(scenario: Scenario) -> bool:
    return any(rail.kind == "cls" for rail in scenario.rails.values()) or any(
        hop.pvp is not None for route in scenario.routes.values() for hop in route.hops
    )


def _info(checks: Checks) -> None:
    if not checks.rest.whole("scenario"):
        return
    info = checks.scenario.scenario
    path = ("scenario",)
    if not re.fullmatch(r"[\w][\w.-]*", info.name) or len(info.name) > 80:
        better = re.sub(r"[^\w.-]+", "-", info.name).strip("-.")[:80]
        expected = "a name that can be a folder's: letters, digits, - _ ."
        checks.say("LH017", (*path, "name"), shown_value(info.name), expected, shown_value(better) if better else "")
    checks.at_least((*path, "days"), info.days, 1, f"1 to {MOST_DAYS} calendar days", MOST_DAYS)
    if info.seed is not None:
        checks.at_least((*path, "seed"), info.seed, 0, "a seed from 0 to 2^63 - 1")
    checks.currency((*path, "base_currency"), info.base_currency)


def _participants(checks: Checks) -> None:
    if not checks.rest.names("participants") and checks.rest.whole("participants"):
        checks.say("LH066", ("participants",), "no participant", "at least two participants")
    for name, participant in checks.scenario.participants.items():
        path: KeyPath = ("participants", name)
        if name in ROLES or name.startswith(("agent.", "creditor.agent.")) or not usable(name):
            checks.say("LH017", path, shown_value(name), "a name that isn't a role, without blanks around it")
        if not re.fullmatch(r"[A-Z]{2}", participant.country):
            near = participant.country.upper()
            checks.say("LH013", (*path, "country"), shown_value(participant.country), "two letters (ISO 3166)",
                       shown_value(near) if re.fullmatch(r"[A-Z]{2}", near) else "")  # fmt: skip
        for currency, agent in participant.agents.items():
            checks.currency((*path, "agents", currency), currency)
            if checks.known("LH020", (*path, "agents", currency), agent, "a participant", "participants"):
                if agent == name:
                    checks.say("LH046", (*path, "agents", currency), shown_value(agent), "another participant")


def usable(name: str) -> bool:
    """Whether a name can stand in tables, pictures and file names of results."""
    return bool(name) and name == name.strip() and len(name) <= 200 and name.isprintable()


def _accounts(checks: Checks) -> None:
    scenario = checks.scenario
    if not any(scenario.accounts.values()) and checks.rest.complete:
        checks.say("LH066", ("accounts",), "no account", "accounts of at least two participants")
    for rail, accounts in scenario.accounts.items():
        path: KeyPath = ("accounts", rail)
        if not checks.known("LH021", path, rail, "a rail", "rails"):
            continue
        total = 0
        for name, account in accounts.items():
            here = (*path, name)
            checks.known("LH020", here, name, "a participant", "participants")
            if rail in scenario.rails and _account(checks, here, account, scenario.rails[rail]):
                total += abs(account.opening.amount_minor)
                total += account.debit_limit.amount_minor if isinstance(account.debit_limit, Money) else 0
                total += account.collateral.amount_minor if account.collateral else 0
        if total >= MOST_MINOR:
            currency = scenario.rails[rail].currency
            most = format_amount(Money(MOST_MINOR, currency))
            got = f"openings, limits and collateral of {format_amount(Money(total, currency))} together"
            checks.say("LH053", path, got, f"less than {most} on one rail, so that every sum fits 64 bits")


def _account(checks: Checks, path: KeyPath, account: Account, rail: Any) -> bool:
    """Check one account by itself; whether its amounts are all in the rail's currency."""
    amounts = {key: value for key in AMOUNTS if isinstance(value := getattr(account, key), Money)}
    fits = True
    for key, amount in amounts.items():
        if amount.currency != rail.currency:
            fits = False
            if is_currency(rail.currency):
                checks.say(
                    "LH040", (*path, key), format_amount(amount), f"an amount in {rail.currency}, the rail's currency"
                )
        elif key != "opening" and amount.amount_minor < 0:
            better = shown_value(format_amount(Money(-amount.amount_minor, amount.currency)))
            fits = False
            checks.say("LH042", (*path, key), format_amount(amount), "an amount that isn't negative", better)
    if fits and account.debit_limit != "unlimited":
        limit = amounts["debit_limit"].amount_minor if "debit_limit" in amounts else 0
        if account.opening.amount_minor < -limit:
            needed = format_amount(Money(-account.opening.amount_minor, rail.currency))
            lowest = format_amount(Money(-limit, rail.currency))
            checks.say("LH041", (*path, "opening"), format_amount(account.opening),
                       f"at least {lowest}, which is how far the debit limit lets it go",
                       f'debit_limit = "{needed}"')  # fmt: skip
    for key, kinds in FUNDED.items():
        if getattr(account, key) is not None and rail.kind not in kinds:
            expected = f"funding only on a rail of kind {' or '.join(kinds)}; {path[1]} is of kind {rail.kind}"
            checks.say("LH051", (*path, key), f"the key {key}", expected)
    if account.settled_by is not None and rail.kind != "instant":
        checks.say("LH154", (*path, "settled_by"), "the key settled_by",
                   f"a settlement bank only on a rail of kind instant; {path[1]} is of kind {rail.kind}")  # fmt: skip
    for key in ("reserved_highly_urgent", "reserved_urgent"):
        if getattr(account, key) is not None and not getattr(rail, "tiers", False):
            checks.say("LH110", (*path, key), f"the key {key}, on a rail that knows no urgent obligations",
                       "a rail with highly_urgent, urgent or release", "urgent = 2")  # fmt: skip
    if account.funded_by is not None:
        checks.known("LH020", (*path, "funded_by"), account.funded_by, "a participant", "participants")
    return fits


def _results(checks: Checks) -> None:
    if checks.rest.whole("results"):
        grid = checks.scenario.results.grid
        if grid < SECOND_US:
            checks.say("LH016", ("results", "grid"), f"{grid} us", "a grid of at least one second", '"15 min"')


def _sources(checks: Checks) -> None:
    """Every source names something of the scenario."""
    from scenarios.resolve import to_dict

    resolved = to_dict(checks.scenario)
    for name in checks.scenario.sources:
        try:
            path = parse_path(name)
        except ValueError:
            path = (name,)
        found, depth = _follow(checks.document.data, path)
        if depth < len(path):
            _, depth_resolved = _follow(resolved, path)
            if depth_resolved < len(path) and checks.rest.complete:
                keys = found if isinstance(found, dict) else []
                near = nearest(str(path[depth]), [str(key) for key in keys])
                better = shown_path((*path[:depth], near, *path[depth + 1 :])) if near else ""
                checks.say("LH027", ("sources", name), f"the source of {name}", "the key path of what the scenario has",
                           f"[sources.{shown_key(better)}]" if better else "")  # fmt: skip


def _follow(data: Any, path: Iterable[str | int]) -> tuple[Any, int]:
    """How far a path leads, and what is there."""
    depth = 0
    for part in path:
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list | tuple) and str(part).isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            break
        depth += 1
    return data, depth


def check_file(checks: Checks, path: KeyPath, name: str, pattern: str) -> bool:
    """Whether a data file is there and inside the folder, with a fault if not."""
    where = checks.document.where(path)
    try:
        file = data_path(checks.document.folder, name)
    except ValueError:
        checks.say("LH030", path, shown_value(name), "the name of a file")
        return False
    if not is_allowed(checks.document.folder, file):
        checks.faults.append(escape_fault(where, name))
    elif not file.is_file():
        checks.faults.append(missing_file_fault(checks.document, where, name, pattern))
    else:
        return True
    return False


def positive(weights: dict[str, Decimal]) -> list[str]:
    """Names with a weight above zero."""
    return [name for name, weight in weights.items() if weight > 0]
