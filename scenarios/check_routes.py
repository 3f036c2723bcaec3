"""Checks of routes and corridors by themselves: known rails and roles, hops that join, shares that sum to 1."""

from __future__ import annotations

from decimal import Decimal

from scenarios.check_batches import check_service
from scenarios.check_cover import check_cover
from scenarios.check_cut_offs import check_cut_off
from scenarios.check_fees import check_choice, check_fees
from scenarios.check_latency import check_latency
from scenarios.check_links import check_links, check_proxy
from scenarios.check_refunds import check_refunds
from scenarios.check_ways import parse_role
from scenarios.keys import KeyPath, listed, nearest, shown_value
from scenarios.references import Checks
from simcore.model import Latency, Route

ROLE_FORMS = "debtor, creditor, agent.CUR, creditor.agent.CUR or a participant"


def check_routes(checks: Checks) -> None:
    """Note the faults of every route by itself, and of every corridor."""
    participants = checks.rest.names("participants")
    for name, route in checks.scenario.routes.items():
        path: KeyPath = ("routes", name)
        asked: list[str] = []
        if not route.hops:
            checks.say("LH043", (*path, "hops"), "no hop", "at least one hop")
        for index, hop in enumerate(route.hops):
            here = (*path, "hops", index)
            checks.known("LH021", (*here, "rail"), hop.rail, "a rail", "rails")
            for key, text in (("from", hop.debtor), ("to", hop.creditor)):
                role = parse_role(text, participants)
                if role is None and (checks.rest.whole("participants") or "." in text):
                    near = nearest(text, ["debtor", "creditor", *participants])
                    checks.say("LH020", (*here, key), shown_value(text), f"{ROLE_FORMS}: {listed(participants)}",
                               shown_value(near) if near else "")  # fmt: skip
                elif role is not None and role.currency and text not in asked:
                    asked.append(text)
                    _agents(checks, (*here, key), text, role.currency)
            if hop.debtor == hop.creditor:
                checks.say("LH046", (*here, "to"), f"{hop.creditor} paying itself", "two roles that differ")
            if isinstance(hop.latency, Latency):
                check_latency(checks, (*here, "latency"), hop.latency)
            if hop.proxy is not None:
                check_proxy(checks, (*here, "proxy"), hop.proxy)
            if hop.screening is not None and hop.screening.hold is not None:
                check_latency(checks, (*here, "screening", "hold"), hop.screening.hold)
            check_cut_off(checks, here, route, index)
            check_service(checks, here, hop)
        if route.refunds is not None:
            check_refunds(checks, (*path, "refunds"), route)
        _ends(checks, path, route)
        check_fees(checks, path, route)
        check_cover(checks, path, route)
    check_links(checks)
    for name, corridor in checks.scenario.corridors.items():
        path = ("corridors", name)
        for route_name in corridor.routes:
            checks.known("LH022", (*path, "routes", route_name), route_name, "a route", "routes")
        check_choice(checks, path, corridor)
        total = sum(corridor.routes.values(), Decimal(0))
        if total != 1:
            checks.say("LH047", (*path, "routes"), f"shares that sum to {total}", "shares that sum to exactly 1")


def _agents(checks: Checks, path: KeyPath, text: str, currency: str) -> None:
    """Somebody has an agent for the currency of a role, or the role can never be filled."""
    if checks.currency(path, currency) and checks.rest.whole("participants"):
        known = {code for participant in checks.scenario.participants.values() for code in participant.agents}
        if currency not in known:
            checks.say("LH026", path, f"{text}, which nobody has", f"an agent for {currency} of some participant",
                       f'agents = {{ {currency} = "…" }}')  # fmt: skip


def _ends(checks: Checks, path: KeyPath, route: Route) -> None:
    """A route of named roles starts at the debtor and ends at the creditor, and its hops join, as far as texts tell."""
    if not route.hops or not checks.rest.whole("participants"):
        return
    for index, (before, after) in enumerate(zip(route.hops, route.hops[1:])):
        roles = [parse_role(text, checks.rest.names("participants")) for text in (before.creditor, after.debtor)]
        if roles[0] != roles[1] and all(role is not None and role.name for role in roles):
            got = f"{after.debtor}, but hop {index} ends at {before.creditor}"
            checks.say("LH043", (*path, "hops", index + 1, "from"), got, "a hop that begins where the one before ended",
                       f'from = "{before.creditor}"')  # fmt: skip
