"""Checks of the net settlement of instant rails: another rail in the same currency, accounts on it, times."""

from __future__ import annotations

from typing import Any

from scenarios.keys import KeyPath, listed, nearest, shown_path
from scenarios.open_hours import is_open_at
from scenarios.references import Checks
from simcore.units import format_clock

CODE = "LH154"
KEYS = ("operator", "settle_at", "settle_every")


def check_settlement(checks: Checks, path: KeyPath, rail: Any) -> None:
    """Note what keeps an instant rail's positions from settling on another rail."""
    scenario, name = checks.scenario, str(path[1])
    accounts = scenario.accounts.get(name, {})
    if rail.settle_on is None:
        _nothing_to_settle(checks, path, rail, accounts)
        return
    if not checks.known("LH021", (*path, "settle_on"), rail.settle_on, "a rail", "rails"):
        return
    other = scenario.rails.get(rail.settle_on)
    if other is None:
        return
    if rail.settle_on == name or other.discipline == "instant" or other.currency != rail.currency:
        checks.say(CODE, (*path, "settle_on"), f"{rail.settle_on}, of kind {other.kind}, which settles "
                   f"{other.currency}", f"a gross or net rail that settles {rail.currency}")  # fmt: skip
        return
    _times(checks, path, rail, other)
    if checks.rest.whole("accounts"):
        _accounts(checks, path, rail, accounts)


def _nothing_to_settle(checks: Checks, path: KeyPath, rail: Any, accounts: dict[str, Any]) -> None:
    for key in KEYS:
        if getattr(rail, key):
            checks.say(CODE, (*path, key), f"the key {key}, but no rail to settle on", "settle_on beside it")
    for holder, account in accounts.items():
        if account.settled_by is not None:
            checks.say(CODE, ("accounts", str(path[1]), holder, "settled_by"), "a settlement bank, but positions of "
                       f"{path[1]} don't settle", f"settle_on for rails.{path[1]}, or no settled_by")  # fmt: skip


def _times(checks: Checks, path: KeyPath, rail: Any, other: Any) -> None:
    if rail.settle_every is not None and rail.settle_every <= 0:
        checks.say(CODE, (*path, "settle_every"), "0 s", "a distance between settlements", '"1 h"')
    if rail.settle_every is None and not rail.settle_at:
        checks.say(CODE, (*path, "settle_at"), "no time of settlement", "settle_at, settle_every or both",
                   'settle_at = ["16:00"]')  # fmt: skip
    for index, clock in enumerate(rail.settle_at):
        if not is_open_at(checks, other, clock):
            got, expected = format_clock(clock), f"a time at which {rail.settle_on} is open in the run"
            checks.say(CODE, (*path, "settle_at", index), got, expected)


def _accounts(checks: Checks, path: KeyPath, rail: Any, accounts: dict[str, Any]) -> None:
    """The operator has an account on both rails, every other holder one on the settling rail or a bank that has."""
    name, pool = str(path[1]), checks.scenario.accounts.get(rail.settle_on, {})
    if rail.operator is None:
        checks.say(CODE, (*path, "operator"), "no operator", "the participant through whom positions settle")
    elif checks.known("LH020", (*path, "operator"), rail.operator, "a participant", "participants"):
        for table, which in ((name, accounts), (rail.settle_on, pool)):
            if rail.operator not in which:
                checks.say(CODE, (*path, "operator"), f"{rail.operator} without an account on {table}",
                           f"an operator with accounts on {name} and on {rail.settle_on}",
                           f"[accounts.{shown_path((table, rail.operator))}]")  # fmt: skip
    for holder, account in accounts.items():
        here = ("accounts", name, holder)
        bank = account.settled_by or holder
        if holder == rail.operator:
            if account.settled_by is not None:
                checks.say(CODE, (*here, "settled_by"), "a settlement bank of the operator", "none: the others settle "
                           "through it")  # fmt: skip
        elif account.settled_by is not None and account.settled_by == rail.operator:
            checks.say(CODE, (*here, "settled_by"), f"{bank}, the operator", f"a bank of {listed(pool)}")
        elif account.settled_by is None or checks.known("LH020", (*here, "settled_by"), bank, "a participant",
                                                        "participants"):  # fmt: skip
            if bank not in pool and bank in checks.rest.names("participants"):
                banks = [one for one in pool if one != rail.operator]
                checks.say(CODE, here, f"{bank} has no account on {rail.settle_on}",
                           f"a settlement bank there: its own account, or settled_by one of {listed(banks)}",
                           f'settled_by = "{nearest(holder, banks, 0.0)}"' if banks else "")  # fmt: skip
