"""Checks of when both sides of an exchange can settle: hours of links, and of the rails on which a CLS is paid in."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from scenarios.keys import listed
from scenarios.references import Checks
from simcore.calendar import Window, local_us
from simcore.engine.cautions import both_hours, hours_in
from simcore.engine.timetable import open_together, rail_calendar, timetable
from simcore.units import format_clock

Windows = dict[str, list[Window]]


def check_pvp_hours(checks: Checks) -> None:
    """Rails of a link take obligations together, and a CLS-type system can be paid in, at some time of the run."""
    scenario = checks.scenario
    if checks.faults or not checks.rest.complete or not (scenario.pvp or scenario.instant_links):
        return  # hours can be compared only where all are known
    windows = timetable(scenario).windows
    for name, terms in scenario.pvp.items():
        if terms.kind == "cls":
            _paid_in(checks, name, terms, windows)
        elif not open_together(*(windows[rail] for rail in terms.rails)):
            checks.say("LH139", ("pvp", name, "rails"), f"never open together: {_hours(checks, terms.rails, windows)}",
                       "hours that overlap: pairs begin only while both take obligations")  # fmt: skip
    _instant(checks, windows)


def _hours(checks: Checks, rails: Any, windows: Windows) -> str:
    return both_hours(checks.scenario, windows, (rails[0], rails[1]), until_cut_off=True)


def _paid_in(checks: Checks, name: str, terms: Any, windows: Windows) -> None:
    """Each currency's funding rail is open at one of the currency's times to pay in."""
    first = terms.rails[0]
    zone = rail_calendar(checks.scenario.rails[first]).zone
    days = dict.fromkeys(window.business_day for window in windows[first])
    for rail in terms.rails:
        its: Any = checks.scenario.rails[rail]
        currency, funding = its.currency, its.funding_rail
        last = terms.last_pay_in.get(currency, terms.pay_in_at[-1])
        clocks = [clock for clock in terms.pay_in_at if clock <= last]
        times = [local_us(zone, day, clock) for day in days for clock in clocks]
        if not any(window.open_us <= at < window.close_us for window in windows[funding] for at in times):
            due = f"when {currency} is to be paid in: {listed([format_clock(clock) for clock in clocks])} {zone}"
            hours = hours_in(funding, windows[funding], rail_calendar(checks.scenario.rails[funding]).zone, zone)
            checks.say("LH191", ("rails", rail, "funding_rail"), f"{funding}, never open {due}; {hours}",
                       f"a rail that is open at one of those times, or other times in {name}")  # fmt: skip


def _instant(checks: Checks, windows: Windows) -> None:
    """Two systems that follow each other over an instant link: what comes to a closed one is refused."""
    told = set()
    for name, link in checks.scenario.instant_links.items():
        for index, route in enumerate(link.routes):
            for before, after in pairwise(checks.scenario.routes[route].hops):
                pair = (before.rail, after.rail)
                if pair not in told and not open_together(*(windows[rail] for rail in pair)):
                    told.add(pair)
                    checks.say("LH192", ("instant_links", name, "routes", index),
                               f"{route}, over systems never open together: {_hours(checks, pair, windows)}",
                               "hours that overlap: what comes to a closed instant system is refused")  # fmt: skip
