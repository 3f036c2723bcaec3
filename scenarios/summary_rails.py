"""The rails of a scenario, as plain text: hours in local time and UTC, how each settles, and on what terms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from scenarios.resolve import decimal_text
from scenarios.summary_texts import times_text
from simcore.calendar import local_us
from simcore.engine.timetable import WHOLE_DAY, rail_calendar
from simcore.model import Scenario
from simcore.units import ClockTime, format_amount, format_clock, format_duration

# How each discipline treats what it can't settle at once, in words.
SHORT = {
    "wait": "where a net debtor is short, all wait for the next cycle",
    "unwind": "whoever is short is unwound",
    "partial_unwind": "the newest obligations of whoever is short wait for the next cycle",
    "loss_sharing": "losses are shared from collateral",
    "clearing_vector": "whoever is short pays its creditors in proportion",
}
BATCH_SHORT = {key: text.replace("cycle", "batch") for key, text in SHORT.items()}
NET_SHORT = {
    "wait": "where a net debtor is short, all wait for the next time",
    "share": "where a net debtor is short, creditors receive in proportion",
    "operator_pays": "where a net debtor is short, the operator pays what it has",
}
QUEUES = {
    "fifo": "queues by arrival; only the first may go",
    "priority": "queues by priority, then arrival; only the first may go",
    "bypass": "queues by priority, then arrival; any that fits may go",
}
CLOSED = {"wait": "waits for the next opening", "reject": "is rejected", "return": "is returned"}


def both(name: str, name_zh: str) -> str:
    """A name in both languages, as far as it has them."""
    return f"{name} {name_zh}".strip()


def rail_lines(scenario: Scenario) -> Iterator[str]:
    """A paragraph about every rail."""
    yield f"Rails ({len(scenario.rails)})"
    for name, rail in scenario.rails.items():
        calendar = rail_calendar(rail)
        yield f"  {name:<16} {both(rail.name, rail.name_zh)}".rstrip()
        yield f"      {rail.kind}, {rail.currency}, calendar {calendar.name} ({calendar.zone})"
        for session in rail.sessions or WHOLE_DAY:
            local = f"{format_clock(session.open)} to {format_clock(session.close)}"
            utc = f"{_utc(session.open, calendar.zone, scenario)} to {_utc(session.close, calendar.zone, scenario)} UTC"
            more = [] if session.cut_off is None else [f"cut-off {format_clock(session.cut_off)}"]
            more += ["funding only"] if session.only == "funding" else []
            more += [f"days: {session.days.replace('_', ' ')}"] if session.days != "business" else []
            yield "      " + "; ".join([f"open {local} = {utc}", *more])
        for key, days in (("open", rail.add_open), ("closed", rail.add_closed)):
            if days:
                yield f"      also {key} on {', '.join(day.isoformat() for day in days)}"
        if bounds := _bounds(rail):
            yield f"      takes amounts of {bounds}"
        yield f"      {_rule(rail)}; what arrives closed {CLOSED[rail.when_closed]}"
        if getattr(rail, "batches", None) is not None:
            yield f"      {_batches(rail.batches)}"
        for use in getattr(rail, "mechanisms", ()):
            yield f"      {use.use}, {times_text(use.every, use.times, *(['at entry'] if use.at else []))}"
        if getattr(rail, "settle_on", None) is not None:
            yield f"      {_settlement(rail)}"
        if getattr(rail, "intraday_credit", None) is not None:
            yield f"      {_credit(rail)}"
        if hasattr(rail, "funding_rail"):
            again = rail.kind == "cips" and (rail.fund_every is not None or rail.fund_at)
            yield f"      funded from {rail.funding_rail} through {rail.operator}" + (
                f", {times_text(rail.fund_every, rail.fund_at, 'at openings')}" if again else "")  # fmt: skip


def _batches(terms: Any) -> str:
    """What a gross rail settles in batches, and when."""
    what = [f"what is below {format_amount(terms.below)}"] if terms.below else []
    what += [f"priorities from {terms.from_priority} on"] if terms.from_priority is not None else []
    chosen = " and of ".join(what) if what else "what hops send to them"
    times = times_text(terms.every, terms.at, "at closing")
    return f"batches of {chosen} settle net {times}; {BATCH_SHORT[terms.when_short]}"


def _settlement(rail: Any) -> str:
    """When and how an instant rail's net positions settle."""
    times = times_text(rail.settle_every, rail.settle_at)
    return f"net positions settle on {rail.settle_on} through {rail.operator} {times}; {NET_SHORT[rail.when_short]}"


def _utc(clock: ClockTime, zone: str, scenario: Scenario) -> str:
    """A local time in UTC on the first day of the run, with the days between."""
    start = scenario.scenario.start
    instant = dt.datetime.fromtimestamp(local_us(zone, start, clock) // 1_000_000, ZoneInfo("UTC"))
    return format_clock(
        ClockTime((instant.date() - start).days, instant.hour * 3600 + instant.minute * 60 + instant.second)
    )


def _bounds(rail: Any) -> str:
    """The least and the most amount."""
    least = [] if rail.least_amount is None else [f"{format_amount(rail.least_amount)} or more"]
    most = [] if rail.most_amount is None else [f"{format_amount(rail.most_amount)} at most"]
    return " and ".join([*least, *most])


def _ledger(rail: Any) -> str:
    """The blocks of a ledger, who issues on it, and its limits."""
    holders = {"direct": "foreign holders", "sponsored": "sponsored foreign holders", "none": "domestic holders only"}
    redeem = {"none": "keeps balances overnight", "foreign": "redeems foreign balances at its close",
              "all": "redeems all balances at its close"}[rail.redeem]  # fmt: skip
    limits = [] if rail.balance_limit is None else [f"balances {format_amount(rail.balance_limit)} at most"]
    short = {"wait": "what is short waits", "reject": "what is short is rejected"}[rail.when_short]
    more = [short, *(["gridlocks are resolved"] if rail.gridlock else []), holders[rail.foreign_holders], *limits]
    return (
        f"on the ledger {rail.ledger}: a block every {format_duration(rail.block_every)}, of {rail.capacity:,} payments"
        f" at most; {'; '.join(more)}; {rail.central_bank} issues against {rail.domestic_rail} and {redeem}"
    )


def _rule(rail: Any) -> str:
    if rail.discipline == "instant":
        return "settles at once or rejects"
    if rail.kind == "ledger":
        return _ledger(rail)
    if rail.kind == "cls":
        return "collects trades for a day of payment versus payment"
    if rail.discipline == "collect":
        times = times_text(rail.cycle_every, rail.cycle_at, "at closing")
        return f"collects and settles net {times}; {SHORT[rail.when_short]}"
    left = {"return": "returned", "roll_over": "kept", "force": "settled with overnight credit"}[rail.end_of_day]
    more = f", bypassed from {rail.bypass_above} queued on" if rail.bypass_above else ""
    for key, word in (("highly_urgent", "highly urgent"), ("urgent", "urgent")):
        if (last := getattr(rail, key)) is not None:
            more += f", priorities to {last} {word}"
    if rail.release == "receipts":
        window = f" in {format_duration(rail.receipts_window)}" if rail.receipts_window else ""
        more += f", the rest released against receipts{window}"
    if rail.split_every is not None:
        more += f", the first of each account split every {format_duration(rail.split_every)}"
    return f"{QUEUES[rail.queue]}{more}; what is queued at the end of the day is {left}"


def _credit(rail: Any) -> str:
    """The intraday credit of a rail, in words."""
    terms = rail.intraday_credit
    how = "overdraft" if terms.form == "overdraft" else "repo drawn in full at opening"
    if terms.draw_every is not None:
        how = f"repo drawn on demand every {format_duration(terms.draw_every)}"
    price = "free"
    if terms.rate is not None:
        per = f"a year of {terms.year_days} days" if terms.charged == "time" else "a day's highest use"
        price = f"{decimal_text(Decimal(terms.rate).scaleb(-2))} bp of {per}"
    if terms.overnight_rate is not None:
        price += f", overnight at {decimal_text(Decimal(terms.overnight_rate).scaleb(-2))} bp a year"
    haircut = f", haircut {decimal_text(terms.haircut * 100)} %" if terms.haircut else ""
    return f"intraday credit of {rail.lender} against collateral ({how}{haircut}, {price})"
