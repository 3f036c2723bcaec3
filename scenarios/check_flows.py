"""Checks of flows: somebody pays somebody on some day, in the currency of the route."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from difflib import get_close_matches

from fx.currency import is_currency
from scenarios.check_hours import covered, known_calendar
from scenarios.check_ways import Ways
from scenarios.keys import KeyPath, days_text, shown_value
from scenarios.references import Checks, check_file, positive
from simcore.calendar import WEEKDAYS, BusinessCalendar, ClockTime, load_calendar, local_us
from simcore.demand.days import weighted_days
from simcore.model import RetailFlow, TradeFlow
from simcore.retail import WalletFlow
from simcore.units import UnitError, format_amount


def check_flows(checks: Checks) -> None:
    """Note the faults of every flow and of the ways its payments may go."""
    if not checks.rest.names("flows") and checks.rest.whole("flows") and not checks.rest.names("wallets"):
        checks.say("LH066", ("flows",), "no flow", "at least one flow of payments")
    done: set[KeyPath] = set()  # a fault of a route is said once, for the first flow that meets it
    for name, flow in checks.scenario.flows.items():
        path: KeyPath = ("flows", name)
        checks.at_least((*path, "priority"), flow.priority, 0, "a priority from 0 (first) to 9", 9)
        if isinstance(flow, TradeFlow):
            routes = _trade(checks, path, flow)
            debtors, creditors = positive(flow.debtors), positive(flow.creditors)
            strict = True
        else:
            check_file(checks, (*path, "file"), flow.file, "*.*")
            if flow.corridor:
                checks.known("LH023", (*path, "corridor"), flow.corridor, "a corridor", "corridors")
            routes = list(checks.scenario.routes)
            if flow.route is not None:
                routes = (
                    [flow.route] if checks.known("LH022", (*path, "route"), flow.route, "a route", "routes") else []
                )
            debtors = creditors = list(checks.scenario.participants)
            strict = False  # who pays is in the file; its rows are judged when they are read
        for route in routes:
            if route in checks.scenario.routes:
                Ways(checks, route, debtors, creditors, strict, done).check()


def _trade(checks: Checks, path: KeyPath, flow: TradeFlow) -> list[str]:
    """Check a trade or retail flow by itself; the routes it may take."""
    for key, weights in (("debtors", flow.debtors), ("creditors", flow.creditors)):
        for name, weight in weights.items():
            checks.known("LH020", (*path, key, name), name, "a participant", "participants")
            checks.at_least((*path, key, name), weight, 0, "a weight that isn't negative")
        if not positive(weights):
            checks.say("LH066", (*path, key), "no weight above zero", f"at least one of the {key} with a weight")
    ways = {(debtor, creditor) for debtor in positive(flow.debtors)[:2] for creditor in positive(flow.creditors)[:2]}
    if ways and all(debtor == creditor for debtor, creditor in ways):
        checks.say("LH066", (*path, "creditors"), f"{next(iter(ways))[0]} alone on both sides", "somebody else to pay")
    if flow.customers is not None and not 1 <= flow.customers <= 10**7:
        checks.say(
            "LH152", (*path, "customers"), str(flow.customers), "1 to ten million customers of each debtor", "10000"
        )
    if flow.per_day <= 0:
        checks.say("LH066", (*path, "per_day"), str(flow.per_day), "more than zero payments a day", "100")
    elif flow.per_day > 10**9:
        checks.say("LH016", (*path, "per_day"), str(flow.per_day), "at most a billion payments a day")
    check_when(checks, path, flow)
    routes = _routes_of(checks, path, flow)
    _amount(checks, path, flow, routes)
    return routes


def check_when(
    checks: Checks, path: KeyPath, flow: TradeFlow | WalletFlow, wrong: str = "LH016", never: str = "LH066"
) -> None:
    """Hours of the day with a weight, a zone, and a calendar that covers the run and leaves a day to pay on.

    ``wrong`` is the code of an hour that is none, ``never`` that of hours without a weight.
    """
    for hour, weight in flow.profile.items():
        if not re.fullmatch(r"[01]\d|2[0-3]", hour):
            better = hour.zfill(2) if re.fullmatch(r"\d", hour) else ""
            checks.say(wrong, (*path, "profile", hour), shown_value(hour), 'an hour "00" to "23"', better)
        checks.at_least((*path, "profile", hour), weight, 0, "a weight that isn't negative")
    if not positive(flow.profile):
        checks.say(never, (*path, "profile"), "no hour with a weight", "at least one hour with a weight above zero")
    if flow.zone is not None:
        try:
            for day in (0, max(checks.scenario.scenario.days, 0)):  # the run is counted from midnight to midnight
                local_us(flow.zone, checks.scenario.scenario.start, ClockTime(min(day, 36_600), 0))
        except UnitError as error:
            checks.say("LH025", (*path, "zone"), shown_value(error.got), error.expected, shown_value(error.try_))
        except OverflowError:
            pass  # a run past the last day there is, which its length or its calendar says
    if known_calendar(checks, (*path, "calendar"), flow.calendar) and checks.rest.whole("scenario"):
        calendar, info = load_calendar(flow.calendar), checks.scenario.scenario
        if 1 <= info.days <= 36_600 and covered(checks, (*path, "calendar"), calendar):
            if isinstance(flow, RetailFlow | WalletFlow):
                check_days(checks, path, flow, calendar)
            elif not calendar.business_days(info.start, info.days):
                got = f"no business day of {flow.calendar} in {days_text(info.days)} from {info.start}"
                checks.say("LH066", (*path, "calendar"), got, "at least one day on which payments are made")


def check_days(checks: Checks, path: KeyPath, flow: RetailFlow | WalletFlow, calendar: BusinessCalendar) -> None:
    """Weekdays and dates by name, weights that aren't negative, and one day at least on which somebody pays."""
    names, info = list(WEEKDAYS), checks.scenario.scenario
    for name in flow.weekdays:
        if name not in WEEKDAYS:
            near = get_close_matches(name.capitalize(), names, n=1, cutoff=0.4)
            checks.say("LH153", (*path, "weekdays", name), shown_value(name), f"one of {', '.join(names)}", *near)
    for name in flow.days:
        try:
            right = dt.date.fromisoformat(name).isoformat() == name
        except ValueError:
            right = False
        if not right:
            checks.say("LH153", (*path, "days", name), shown_value(name), "a date such as 2026-10-01")
    weights: dict[KeyPath, Decimal] = {("holiday",): flow.holiday}
    weights |= {("weekdays", name): weight for name, weight in flow.weekdays.items()}
    weights |= {("days", name): weight for name, weight in flow.days.items()}
    for key, weight in weights.items():
        checks.at_least((*path, *key), weight, 0, "a weight from 0 to a million", 10**6)
    if not weighted_days(flow, calendar, info.start, info.days):
        got = f"no day with a weight in {days_text(info.days)} from {info.start}"
        checks.say("LH153", path, got, "at least one day on which payments are made")


def _routes_of(checks: Checks, path: KeyPath, flow: TradeFlow) -> list[str]:
    if (flow.corridor is None) == (flow.route is None):
        got = "neither corridor nor route" if flow.route is None else "both corridor and route"
        checks.say("LH022", path, got, "one of the two: a corridor, whose shares choose the route, or one route")
    elif flow.route is not None:
        return [flow.route] if checks.known("LH022", (*path, "route"), flow.route, "a route", "routes") else []
    elif flow.corridor is not None:
        if checks.known("LH023", (*path, "corridor"), flow.corridor, "a corridor", "corridors"):
            corridor = checks.scenario.corridors.get(flow.corridor)
            return [route for route, share in corridor.routes.items() if share > 0] if corridor else []
    return []


def _amount(checks: Checks, path: KeyPath, flow: TradeFlow, routes: list[str]) -> None:
    here = (*path, "amount")
    checks.at_least((*here, "sigma"), flow.amount.sigma, 0, "a sigma that isn't negative", 20)
    amounts = {key: amount for key in ("median", "least", "most") if (amount := getattr(flow.amount, key)) is not None}
    for key, amount in amounts.items():
        if amount.amount_minor <= 0:
            checks.say("LH016", (*here, key), format_amount(amount), "an amount above zero")
        for name in routes:
            route = checks.scenario.routes.get(name)
            rail = checks.scenario.rails.get(route.hops[0].rail) if route and route.hops else None
            if rail is not None and rail.currency != amount.currency and is_currency(rail.currency):
                checks.say("LH068", (*here, key), format_amount(amount),
                           f"an amount in {rail.currency}, which route {name} starts in")  # fmt: skip
                break
    least, most = flow.amount.least, flow.amount.most
    if least and most and least.currency == most.currency and least.amount_minor > most.amount_minor:
        checks.say("LH016", (*here, "least"), format_amount(least), f"at most {format_amount(most)}, which is most")
