"""Checks of rails: currency, calendar, hours that open, cycles that run, and what a funded rail needs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from scenarios.check_batches import check_batches
from scenarios.check_bounds import check_bounds
from scenarios.check_credit import check_credit, issuer
from scenarios.check_settlement import check_settlement
from scenarios.keys import KeyPath, days_text, listed, nearest, shown_path, shown_value
from scenarios.open_hours import is_open_at
from scenarios.references import Checks, usable
from simcore.calendar import (
    BusinessCalendar,
    OutsideCalendar,
    UnknownCalendar,
    Window,
    calendar_names,
    load_calendar,
    local_us,
    session_windows,
)
from simcore.engine.timetable import WHOLE_DAY, rail_calendar
from simcore.units import UnitError, format_amount, format_clock


def check_rails(checks: Checks) -> None:
    """Note the faults of every rail."""
    scenario = checks.scenario
    if not checks.rest.names("rails") and checks.rest.whole("rails"):
        checks.say("LH066", ("rails",), "no rail", "at least one rail")
    for name, rail in scenario.rails.items():
        path: KeyPath = ("rails", name)
        if not usable(name):
            checks.say("LH017", path, shown_value(name), "a name without blanks around it")
        checks.currency((*path, "currency"), rail.currency)
        check_bounds(checks, path, rail)
        windows = _windows(checks, path, rail)
        if rail.kind == "deferred_net":
            _cycles(checks, path, rail, windows)
        if rail.kind == "cips":
            _funded(checks, path, rail)
        if rail.kind == "ledger":
            from scenarios.check_ledger import check_ledger

            check_ledger(checks, path, rail)
        if rail.kind == "instant":
            check_settlement(checks, path, rail)
        if rail.discipline == "gross":
            _queue(checks, path, rail)
            check_batches(checks, path, rail)
        check_credit(checks, path, rail)
        entry = [index for index, use in enumerate(getattr(rail, "mechanisms", ())) if use.at == "entry"]
        for index in entry[1:]:
            checks.say("LH058", (*path, "mechanisms", index, "at"), "a second mechanism at entry", "one at most")
        for index, use in enumerate(getattr(rail, "mechanisms", ())):
            _mechanism(checks, (*path, "mechanisms", index), rail, use)


def _queue(checks: Checks, path: KeyPath, rail: Any) -> None:
    """What a queue rule doesn't go with: a level of bypass, urgent classes, receipts, a lender who isn't one."""
    bypass = rail.bypass_above is not None
    here = f"beside queue = {shown_value(rail.queue)}"
    if bypass and rail.queue != "priority":
        checks.say("LH110", (*path, "bypass_above"), here, 'queue = "priority"', 'queue = "priority"')
    elif bypass and rail.bypass_above < 1:
        checks.say("LH110", (*path, "bypass_above"), str(rail.bypass_above), "at least 1 obligation", "1")
    if rail.tiers and rail.queue == "fifo":
        key = "release" if rail.release == "receipts" else "urgent" if rail.urgent is not None else "highly_urgent"
        checks.say("LH110", (*path, key), here, "a queue that knows priorities", 'queue = "priority"')
    for key in ("highly_urgent", "urgent"):
        last = getattr(rail, key)
        if last is not None and not 0 <= last <= 9:
            checks.say("LH110", (*path, key), str(last), "a priority from 0 to 9")
    if rail.highly_urgent is not None and rail.urgent is not None and rail.urgent <= rail.highly_urgent:
        checks.say("LH110", (*path, "urgent"), f"{rail.urgent}, with highly_urgent = {rail.highly_urgent}",
                   "a larger number than highly_urgent")  # fmt: skip
    if rail.tiers and any(use.at == "entry" for use in rail.mechanisms):
        checks.say("LH110", (*path, "mechanisms"), "an offset at entry beside urgent classes or receipts",
                   "a mechanism at given times", 'every = "1 min"')  # fmt: skip
    if rail.receipts_window is not None and (rail.release != "receipts" or rail.receipts_window <= 0):
        checks.say("LH110", (*path, "receipts_window"), "a window without receipts, or of no length",
                   'release = "receipts" and a duration', '"1 h"')  # fmt: skip
    if rail.split_every is not None and rail.split_every <= 0:
        checks.say("LH110", (*path, "split_every"), "0 s", "a distance between splits", '"5 min"')
    if rail.split_least is not None and rail.split_every is None:
        checks.say("LH110", (*path, "split_least"), "a smallest part, but nothing is split", "split_every beside it",
                   'split_every = "5 min"')  # fmt: skip
    elif least := rail.split_least:
        if least.amount_minor < 1 or least.currency != rail.currency:
            checks.say("LH110", (*path, "split_least"), format_amount(least), f"a positive amount in {rail.currency}")
    lends = getattr(rail, "intraday_credit", None) is not None
    if rail.end_of_day == "force" and not lends:
        issuer(checks, "LH110", path, rail)
    elif rail.lender is not None and not lends:
        expected = 'end_of_day = "force", intraday_credit, or no lender'
        checks.say("LH110", (*path, "lender"), shown_value(rail.lender), expected)


def _mechanism(checks: Checks, path: KeyPath, rail: Any, use: Any) -> None:
    """What keeps a rail from using a mechanism: no time to run at, or a choice that its queue rule forbids."""
    if use.every is None and not use.times and use.at is None:
        checks.say("LH058", path, "no time to run at", 'every, times or at = "entry"', 'every = "5 min"')
    if use.every is not None and use.every <= 0:
        checks.say("LH058", (*path, "every"), "0 s", "a distance between runs", '"5 min"')
    if use.at == "entry" and not use.at_entry:
        checks.say("LH058", (*path, "at"), f'{use.use} at = "entry"', "runs at given times", 'every = "1 min"')
    if rail.queue != "bypass" and not use.keeps_order:
        got = f"{use.use} beside queue = {shown_value(rail.queue)}"
        checks.say("LH059", path, got, "a mechanism that keeps the queue's order, or a queue that can be bypassed",
                   'queue = "bypass"')  # fmt: skip


def known_calendar(checks: Checks, path: KeyPath, name: str) -> bool:
    """Whether a calendar exists, with a fault if not."""
    try:
        load_calendar(name)
    except UnknownCalendar as error:
        near = nearest(name, calendar_names()) or error.nearest
        checks.say("LH025", path, shown_value(name), f"a calendar: {listed(calendar_names(), 30)}",
                   shown_value(near) if near else "")  # fmt: skip
        return False
    return True


def covered(checks: Checks, path: KeyPath, calendar: BusinessCalendar) -> bool:
    """Whether a calendar's table covers the run, with a fault if not."""
    info = checks.scenario.scenario
    try:
        calendar.business_days(info.start, info.days)
    except (OutsideCalendar, OverflowError):
        first, last = calendar.first, calendar.last
        checks.say("LH054", path, f"a run of {days_text(info.days)} from {info.start}",
                   f"days from {first} to {last}, which calendar {calendar.name} covers")  # fmt: skip
        return False
    return True


def _windows(checks: Checks, path: KeyPath, rail: Any) -> list[Window] | None:
    """The rail's windows of the run; None where a fault keeps them from being known."""
    if rail.calendar is not None and not known_calendar(checks, (*path, "calendar"), rail.calendar):
        return None
    try:
        calendar = rail_calendar(rail)
    except UnitError as error:
        checks.say("LH049", (*path, "add_open"), error.got, error.expected, error.try_)
        return None
    if not checks.rest.whole("scenario"):
        return None
    info = checks.scenario.scenario
    if not 1 <= info.days <= 36_600 or not covered(checks, (*path, "calendar"), calendar):
        return None
    try:
        windows = session_windows(calendar, calendar.zone, rail.sessions or WHOLE_DAY, info.start, info.days)
    except UnitError as error:
        checks.say("LH049", (*path, "sessions"), error.got, error.expected, error.try_)
        return None
    except (OutsideCalendar, OverflowError):  # a session that looks at the day before or after the run
        checks.say("LH054", (*path, "calendar"), f"a run of {days_text(info.days)} from {info.start}",
                   f"days after {calendar.first} and before {calendar.last}")  # fmt: skip
        return None
    for before, after in pairwise(windows):
        if after.business_day < before.business_day:
            got = f"a session of {after.business_day} after one of {before.business_day}"
            checks.say("LH049", (*path, "sessions"), got, "sessions of one business day before those of the next")
            return None
    if not any(window.only == "all" for window in windows):
        days = len(calendar.business_days(info.start, info.days))
        among = "one of them a business day" if days == 1 else f"{days or 'none'} of them business days"
        got = f"no opening in {days_text(info.days)} from {info.start}, {among} of {calendar.name}"
        checks.say(
            "LH048", (*path, "sessions" if days else "calendar"), got, "hours that open at least once in the run"
        )
        return None
    return windows


def _cycles(checks: Checks, path: KeyPath, rail: Any, windows: list[Window] | None) -> None:
    if rail.cycle_every is not None and rail.cycle_every <= 0:
        checks.say("LH052", (*path, "cycle_every"), "0 s", "a distance between cycles", '"1 h"')
    if windows is None:
        return
    zone = rail_calendar(rail).zone
    for index, clock in enumerate(rail.cycle_at):
        try:
            inside = any(
                window.open_us <= local_us(zone, window.business_day, clock) <= window.close_us for window in windows
            )
        except UnitError as error:
            checks.say("LH052", (*path, "cycle_at", index), error.got, error.expected, error.try_)
            continue
        if not inside:
            checks.say("LH052", (*path, "cycle_at", index), format_clock(clock), "a time at which the rail is open")


def _top_ups(checks: Checks, path: KeyPath, rail: Any, source: Any) -> None:
    """Times between openings at which accounts are filled up again: while both rails are open."""
    if rail.fund_every is not None and rail.fund_every <= 0:
        checks.say("LH186", (*path, "fund_every"), "0 s", "a distance between two times of funding", '"1 h"')
    for index, clock in enumerate(rail.fund_at):
        if not is_open_at(checks, rail, clock, source):
            checks.say("LH186", (*path, "fund_at", index), format_clock(clock),
                       f"a time at which this rail and {rail.funding_rail} are both open in the run")  # fmt: skip


def _funded(checks: Checks, path: KeyPath, rail: Any) -> None:
    """What funding at opening and sweeps at closing need."""
    scenario, name = checks.scenario, str(path[1])
    known = checks.known("LH020", (*path, "operator"), rail.operator, "a participant", "participants")
    if not checks.known("LH021", (*path, "funding_rail"), rail.funding_rail, "a rail", "rails"):
        return
    if rail.funding_rail == name:
        checks.say("LH050", (*path, "funding_rail"), shown_value(name), "another rail in the same currency")
        return
    source = scenario.rails.get(rail.funding_rail)
    if source is not None and source.currency != rail.currency:
        checks.say("LH050", (*path, "funding_rail"), f"{rail.funding_rail}, which settles {source.currency}",
                   f"a rail that settles {rail.currency}")  # fmt: skip
    if source is not None:
        _top_ups(checks, path, rail, source)
    if not checks.rest.whole("accounts"):
        return
    mirror, pool = scenario.accounts.get(name, {}), scenario.accounts.get(rail.funding_rail, {})
    if known:
        for table, which in ((name, mirror), (rail.funding_rail, pool)):
            if rail.operator not in which:
                checks.say("LH050", (*path, "operator"), f"{rail.operator} without an account on {table}",
                           f"an operator with accounts on {name} and on {rail.funding_rail}",
                           f"[accounts.{shown_path((table, rail.operator))}]")  # fmt: skip
        if rail.operator in mirror and mirror[rail.operator].debit_limit != "unlimited":
            checks.say("LH050", ("accounts", name, rail.operator, "debit_limit"), "a limit on the operator's account",
                       f'"unlimited": {rail.operator} issues what the accounts on {name} hold',
                       'debit_limit = "unlimited"')  # fmt: skip
    for holder, account in mirror.items():
        payer = account.funded_by or holder
        if holder != rail.operator and payer not in pool and payer in checks.rest.names("participants"):
            payers = [f'funded_by = "{nearest(holder, pool, 0.0)}"'] if pool else [""]
            checks.say("LH051", ("accounts", name, holder), f"{payer} has no account on {rail.funding_rail}",
                       f"a payer of its funding there: its own account, or funded_by one of {listed(pool)}",
                       payers[0])  # fmt: skip
