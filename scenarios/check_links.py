"""Checks of links between instant payment systems: routes that can be reversed at once, promises that can be kept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from scenarios.check_latency import check_latency
from scenarios.check_ways import parse_role
from scenarios.keys import KeyPath, listed, shown_value
from scenarios.references import Checks
from scenarios.resolve import decimal_text
from simcore.calendar import local_us
from simcore.engine.timetable import MIDNIGHT
from simcore.model import InstantLink, Latency, ProxyLookup, Route
from simcore.units import UnitError, format_amount, format_duration

WHERE = "reject or return"


def check_links(checks: Checks) -> None:
    """Note the faults of every link."""
    taken: dict[str, str] = {}
    said: set[str] = set()
    for name, link in checks.scenario.instant_links.items():
        path: KeyPath = ("instant_links", name)
        if not link.routes:
            checks.say("LH141", (*path, "routes"), "no route", "at least one route")
        first: dict[str, str] = {}
        for index, route_name in enumerate(link.routes):
            here = (*path, "routes", index)
            if not checks.known("LH022", here, route_name, "a route", "routes"):
                continue
            if route_name in taken:
                got = f"{route_name}, which belongs to {taken[route_name]}"
                checks.say("LH141", here, got, "a route that belongs to no other link, once")
            taken[route_name] = name
            route = checks.scenario.routes.get(route_name)
            if route is not None and route.hops:
                first.setdefault(route.hops[0].rail, route_name)
                _rails(checks, here, route_name, route, said)
                if link.quote_valid is not None and len(route.hops) > 1:
                    _quoted(checks, here, route_name, route, said)
        if len(first) > 1:
            begun = listed([f"{route_name} on {rail}" for rail, route_name in first.items()])
            checks.say("LH141", (*path, "routes"), f"routes that begin on different rails: {begun}",
                       "routes of one source system; the way back is a link of its own")  # fmt: skip
        _promises(checks, path, link)
        _day(checks, path, link)


def check_proxy(checks: Checks, path: KeyPath, proxy: ProxyLookup) -> None:
    """Note the faults of a hop's look-up of its payee."""
    if isinstance(proxy.latency, Latency):
        check_latency(checks, (*path, "latency"), proxy.latency)
    if not 0 <= proxy.unknown_share <= 1:
        got = f"{decimal_text(100 * proxy.unknown_share)} %"
        checks.say("LH151", (*path, "unknown_share"), got, "a share from 0 to 100 %")


def _rails(checks: Checks, path: KeyPath, name: str, route: Route, said: set[str]) -> None:
    """A link's payment never waits: only then is it credited or back at any instant."""
    if len(route.hops) < 2:
        checks.say("LH141", path, f"{name}, of one hop", "a route that goes on from one system to another")
    for hop in route.hops:
        rail = checks.scenario.rails.get(hop.rail)
        if rail is None:
            continue
        if rail.kind != "instant":
            checks.say("LH141", path, f"{name}, which goes over {hop.rail} of kind {rail.kind}",
                       "routes over instant rails only, where nothing waits")  # fmt: skip
        elif rail.when_closed == "wait" and hop.rail not in said:
            said.add(hop.rail)
            checks.say("LH141", ("rails", hop.rail, "when_closed"), f'"wait" on a rail of the link\'s route {name}',
                       f"a rail that would {WHERE} what arrives closed", 'when_closed = "reject"')  # fmt: skip


def _quoted(checks: Checks, path: KeyPath, name: str, route: Route, said: set[str]) -> None:
    """A quote is for what the first hop brings, and is paid out at once."""
    currencies = [rail.currency if (rail := checks.scenario.rails.get(hop.rail)) else None for hop in route.hops]
    changes = [at for at, (one, other) in enumerate(pairwise(currencies)) if None not in (one, other) and one != other]
    role = parse_role(route.hops[0].creditor, checks.rest.names("participants"))
    if None not in currencies and changes[:1] != [0] and role is not None:
        checks.say("LH142", path, f"{name}, whose first hop pays nobody who exchanges its money",
                   "a provider in the first hop's to, with quote_valid")  # fmt: skip
    for at in changes[:1]:
        pairs = (f"{currencies[at]}/{currencies[at + 1]}", f"{currencies[at + 1]}/{currencies[at]}")
        for pair in pairs:
            terms = checks.scenario.fx.pairs.get(pair)
            if terms is not None and terms.value_date not in (None, "T+0") and pair not in said:
                said.add(pair)
                checks.say("LH142", ("fx", "pairs", pair, "value_date"), shown_value(terms.value_date),
                           f"no later value date where {name} exchanges at once")  # fmt: skip


def _promises(checks: Checks, path: KeyPath, link: InstantLink) -> None:
    if link.time_limit is not None and link.time_limit <= 0:
        checks.say(
            "LH142", (*path, "time_limit"), format_duration(link.time_limit), "a time limit above zero", '"60 s"'
        )
    if link.quote_valid is None and link.when_expired == "reject":
        checks.say("LH142", (*path, "when_expired"), "quotes that expire, but no quote_valid",
                   "how long quotes are valid beside it", 'quote_valid = "10 min"')  # fmt: skip


def _day(checks: Checks, path: KeyPath, link: InstantLink) -> None:
    """A limit of the day is in the currency sent, begins at a midnight that is known, and somebody is counted."""
    limit = link.day_limit
    try:
        local_us(link.zone, checks.scenario.scenario.start, MIDNIGHT)
    except UnitError as error:
        checks.say("LH025", (*path, "zone"), shown_value(error.got), error.expected, shown_value(error.try_))
    if limit is None:
        return
    routes = [checks.scenario.routes[name] for name in link.routes if name in checks.scenario.routes]
    rails = [checks.scenario.rails.get(route.hops[0].rail) for route in routes if route.hops]
    for rail in rails[:1]:
        if rail is not None and (limit.currency != rail.currency or limit.amount_minor < 1):
            checks.say("LH152", (*path, "day_limit"), format_amount(limit), f"an amount above zero in {rail.currency}")
    used = [flow for flow in checks.scenario.flows.values() if _uses(checks, flow, link)]
    if used and not any(getattr(flow, "customers", None) for flow in used):
        checks.say("LH152", (*path, "day_limit"), "a limit of what a customer sends, in flows without customers",
                   "customers of a flow by its routes", "customers = 10000")  # fmt: skip


def _uses(checks: Checks, flow: Any, link: InstantLink) -> bool:
    """Whether payments of a flow may go by the link."""
    corridor = checks.scenario.corridors.get(flow.corridor or "")
    routes = [flow.route] if corridor is None else list(corridor.routes)
    return any(route in link.routes for route in routes)
