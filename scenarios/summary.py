"""What a scenario really contains, as plain text: who, which rails and when, which routes, who pays, what is known."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator

from scenarios.keys import days_text
from scenarios.resolve import decimal_text
from scenarios.summary_fx import fx_lines
from scenarios.summary_outages import outage_lines
from scenarios.summary_pvp import pvp_lines
from scenarios.summary_rails import both, rail_lines
from scenarios.summary_texts import latency_text, weights_text
from scenarios.summary_wallets import wallet_lines
from simcore.model import Fee, Hop, RetailFlow, Route, Scenario, Status, TradeFlow
from simcore.units import Money, format_amount, format_clock, format_duration

STATUSES: tuple[Status, ...] = ("published", "derived", "assumed")
MOST_NAMES = 40


def summary(scenario: Scenario, digest: str) -> str:
    """Return the text of ``luhai show``."""
    tables = (
        _participants, rail_lines, _accounts, _routes, pvp_lines, _links, _flows, fx_lines, wallet_lines, outage_lines,
        _sources, _left_out,
    )  # fmt: skip
    parts = [_info(scenario, digest), *(lines_of(scenario) for lines_of in tables)]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def _info(scenario: Scenario, digest: str) -> Iterator[str]:
    info = scenario.scenario
    yield both(info.title, info.title_zh)
    if info.question:
        yield info.question
    last = info.start + dt.timedelta(days=info.days - 1)
    seed = "drawn at each run" if info.seed is None else str(info.seed)
    run = f"{info.start} to {last} ({days_text(info.days)})"
    yield f"{run} · seed {seed} · base {info.base_currency} · digest {digest[:12]}"


def _participants(scenario: Scenario) -> Iterator[str]:
    yield f"Participants ({len(scenario.participants)})"
    countries: dict[str, list[str]] = {}
    for name, who in scenario.participants.items():
        agents = ", ".join(f"{currency} by {agent}" for currency, agent in who.agents.items())
        line = f"    {name:<14} {both(who.name, who.name_zh)}, {who.kind.replace('_', ' ')}"
        countries.setdefault(who.country, []).append(line + (f" (agents: {agents})" if agents else ""))
    for country, lines in sorted(countries.items()):
        yield f"  {country}"
        yield from _cut(lines, "    ")


def _cut(lines: list[str], indent: str) -> Iterator[str]:
    yield from lines[:MOST_NAMES]
    if len(lines) > MOST_NAMES:
        yield f"{indent}… and {len(lines) - MOST_NAMES} more"


def _accounts(scenario: Scenario) -> Iterator[str]:
    count = sum(len(accounts) for accounts in scenario.accounts.values())
    yield f"Accounts ({count})"
    for name, accounts in scenario.accounts.items():
        currency = scenario.rails[name].currency
        opening = Money(sum(account.opening.amount_minor for account in accounts.values()), currency)
        limits = [account.debit_limit for account in accounts.values()]
        limit = Money(sum(one.amount_minor for one in limits if isinstance(one, Money)), currency)
        line = f"  {name:<16} {len(accounts)} accounts, opened with {format_amount(opening)}"
        line += f", debit limits {format_amount(limit)}" if limit.amount_minor else ""
        pledged = Money(sum(it.collateral.amount_minor for it in accounts.values() if it.collateral), currency)
        line += f", collateral {format_amount(pledged)}" if pledged.amount_minor else ""
        unlimited = [who for who, account in accounts.items() if account.debit_limit == "unlimited"]
        yield line + (f", unlimited: {', '.join(unlimited)}" if unlimited else "")


def _hop(hop: Hop, scenario: Scenario) -> str:
    after = latency_text(hop.latency)
    more = f", after {after}" if after else ""
    if hop.screening is not None:
        held, rejected = (decimal_text(100 * share) for share in (hop.screening.hold_share, hop.screening.reject_share))
        more += f", {held} % held and {rejected} % rejected by screening"
    if hop.service is not None:
        more += ", in batches" if hop.service == "batch" else ", one by one"
    if hop.cut_off is not None:
        clock = f" of {hop.cut_off_calendar}" if hop.cut_off_calendar else ""
        again = f", again from {format_clock(hop.opens)}" if hop.opens else ""
        more += f", cut-off {format_clock(hop.cut_off)}{clock}{again}"
    more += f", payment versus payment by {hop.pvp}" if hop.pvp is not None else ""
    if hop.proxy is not None:
        takes = latency_text(hop.proxy.latency) or "no time"
        lost = f", {decimal_text(100 * hop.proxy.unknown_share)} % unknown" if hop.proxy.unknown_share else ""
        more += f", proxy looked up in {takes}{lost}"
    kept = f" (keeps {_fee(hop.fee)})" if hop.fee is not None else ""
    return f"─{hop.rail} ({scenario.rails[hop.rail].currency}{more})→ {hop.creditor}{kept}"


def _fee(fee: Fee) -> str:
    parts = [format_amount(fee.fixed)] if fee.fixed else []
    parts += [f"{fee.share / 100:g} bp"] if fee.share else []
    cuts = [f"{word} {format_amount(cut)}" for word, cut in (("at least", fee.least), ("at most", fee.most)) if cut]
    return ", ".join([" + ".join(parts) or "nothing", *cuts])


def _routes(scenario: Scenario) -> Iterator[str]:
    yield f"Routes ({len(scenario.routes)})"
    for name, route in scenario.routes.items():
        yield f"  {name:<16} {both(route.name, route.name_zh)}".rstrip()
        charges = f"; charges {route.charges}" if any(hop.fee for hop in route.hops) else ""
        asked = f"; the debtor's bank asks {_fee(route.sending_fee)}" if route.sending_fee else ""
        yield f"      {_arrows(route, scenario)}{charges}{asked}"
        if route.cover:
            then = "on the message" if route.cover.credited == "message" else "when both are there"
            yield f"      a cover; its message takes {format_duration(route.cover.message)}, credited {then}"
        if route.refunds is not None:
            after = latency_text(route.refunds.after)
            share = decimal_text(100 * route.refunds.share)
            yield f"      {share} % of settled payments refunded" + (f", after {after}" if after else "")
    for name, corridor in scenario.corridors.items():
        shares = ", ".join(f"{route} {decimal_text(share * 100)} %" for route, share in corridor.routes.items())
        if corridor.choice != "shares":
            worth = f", an hour worth {corridor.time_value / 100:g} bp" if corridor.time_value else ""
            scale = f", scale {corridor.scale / 100:g} bp" if corridor.scale else ""
            every = corridor.queue_seen_every
            looks = "" if every is None else f", own queues seen every {format_duration(every)},"
            shares = f"{corridor.choice}{worth}{scale}{looks} among {', '.join(corridor.routes)}"
        yield f"  corridor {name}: {corridor.debtor_country} → {corridor.creditor_country} by {shares}"


def _links(scenario: Scenario) -> Iterator[str]:
    if not scenario.instant_links:
        return
    yield f"Links between instant payment systems ({len(scenario.instant_links)})"
    for name, link in scenario.instant_links.items():
        yield f"  {name:<16} {link.name}".rstrip()
        yield f"      by {', '.join(link.routes)}"
        limit = "no time limit" if link.time_limit is None else f"reversed after {format_duration(link.time_limit)}"
        quotes = "quotes of the moment"
        if link.quote_valid is not None:
            then = {"requote": "then asked for again", "reject": "then rejected"}[link.when_expired]
            quotes = f"quotes valid for {format_duration(link.quote_valid)}, {then}"
        day = "" if link.day_limit is None else f"; {format_amount(link.day_limit)} a customer and day ({link.zone})"
        yield f"      {limit}; {quotes}{day}"


def _arrows(route: Route, scenario: Scenario) -> str:
    return " ".join([route.hops[0].debtor, *(_hop(hop, scenario) for hop in route.hops)])


def _flows(scenario: Scenario) -> Iterator[str]:
    yield f"Flows ({len(scenario.flows)})"
    for name, flow in scenario.flows.items():
        if isinstance(flow, TradeFlow):
            way = f"corridor {flow.corridor}" if flow.corridor else f"route {flow.route}"
            hours = [hour for hour, weight in flow.profile.items() if weight > 0]
            day = "day" if isinstance(flow, RetailFlow) else "business day"
            yield f"  {name:<16} {decimal_text(flow.per_day)} payments a {day} ({flow.calendar}) by {way}"
            clock = f"{min(hours)}:00 and {int(max(hours)) + 1:02d}:00"
            if flow.customers is not None:
                yield f"      by {flow.customers:,} customers of each debtor"
            yield f"      {flow.purpose}, priority {flow.priority}, between {clock} local time"
            if isinstance(flow, RetailFlow):
                weekdays = weights_text(flow.weekdays) or "all alike"
                special = f", {len(flow.days)} single days" if flow.days else ""
                yield f"      weekdays: {weekdays}; holidays {decimal_text(flow.holiday)}{special}"
            yield f"      amounts: median {format_amount(flow.amount.median)}, sigma {flow.amount.sigma:g}"
            yield f"      debtors: {weights_text(flow.debtors)}"
            yield f"      creditors: {weights_text(flow.creditors)}"
        else:
            way = f"route {flow.route}" if flow.route else "the routes its rows name"
            yield f"  {name:<16} replays {flow.file} by {way}"


def _sources(scenario: Scenario) -> Iterator[str]:
    if not scenario.sources:
        return
    counts = Counter(source.status for source in scenario.sources.values())
    yield f"Sources ({', '.join(f'{counts[status]} {status}' for status in STATUSES)})"
    for status in STATUSES:
        for path, source in scenario.sources.items():
            if source.status == status:
                yield f"  {status:<10} {path}: {source.source}" + (f" ({source.note})" if source.note else "")


def _left_out(scenario: Scenario) -> Iterable[str]:
    lines = scenario.scenario.left_out
    return ["Left out", *(f"  - {line}" for line in lines)] if lines else []
