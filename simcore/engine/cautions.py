"""What a reader should know of a scenario that isn't wrong: calendars not yet published, hops never open together, …"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import pairwise
from zoneinfo import ZoneInfo

from simcore.calendar import Window, estimated_days
from simcore.engine.outages import given_spans, rails_of
from simcore.engine.timetable import overlap, rail_calendar, timetable
from simcore.model import Latency, Scenario
from simcore.units import format_duration


def cautions(scenario: Scenario) -> list[str]:
    """Return one line for each rail whose calendar is estimated and each two hops whose hours never overlap,
    of outages that fall outside hours, of terms of choice that rest, and of hash time locks too short for their steps.

    The scenario has been checked, so every local time exists.
    """
    return [*_estimated(scenario), *_apart(scenario), *_idle(scenario), *_resting(scenario), *_short(scenario)]


def _estimated(scenario: Scenario) -> Iterator[str]:
    info = scenario.scenario
    for name, rail in scenario.rails.items():
        days = estimated_days(rail_calendar(rail), info.start, info.days)
        if days:
            yield f"rails.{name}: calendar {rail.calendar} is estimated from {days[0]} to {days[-1]}"


def _idle(scenario: Scenario) -> Iterator[str]:
    """Outages of rails at given times at which none of them is open anyway."""
    windows = timetable(scenario).windows if scenario.outages else {}
    for name, outage in scenario.outages.items():
        rails = rails_of(scenario, outage)
        if not rails or outage.participants or outage.dealers or outage.links:
            continue
        for time, span in zip(outage.times, given_spans(scenario, name, outage), strict=True):
            hours = (window for rail in rails for window in windows[rail])
            if not any(window.open_us < span.end_us and span.start_us < window.close_us for window in hours):
                yield f"outages.{name}: {', '.join(rails)} isn't open on {time.day} at that time, so nothing is out"


def _resting(scenario: Scenario) -> Iterator[str]:
    """Corridors whose rule of choice has no use for terms that they have, by rule."""
    for rule in ("cheapest", "fastest"):
        names = [
            name
            for name, corridor in scenario.corridors.items()
            if corridor.choice == rule and (corridor.time_value is not None or corridor.scale is not None)
        ]
        if names:
            yield f'corridors {", ".join(names)}: choice = "{rule}" has no use for time_value and scale'


def _short(scenario: Scenario) -> Iterator[str]:
    """Hash time locks that end before what they are for could ever be done; outages and closed hours aside."""
    for name, terms in scenario.pvp.items():
        if terms.kind != "htlc":
            continue
        first, second, margin, answers, claims = (format_duration(each) for each in (
            terms.first_lock, terms.second_lock, terms.margin, terms.answers_after, terms.claims_after))  # fmt: skip
        if terms.answers_after + terms.second_lock + terms.margin >= terms.first_lock:
            yield (f"pvp.{name}: no payer ever locks: {answers} after the dealer, a lock of {second} and the margin of "
                   f"{margin} would not end before the dealer's of {first}")  # fmt: skip
            continue
        if terms.claims_after >= terms.second_lock:
            yield f"pvp.{name}: no dealer ever claims in time: after {claims}, when a lock of {second} has ended"
            continue
        left = terms.first_lock - terms.answers_after - terms.claims_after
        for route_name, route in scenario.routes.items():
            for hop, after in pairwise(route.hops):
                takes = after.latency
                if hop.pvp == name and not isinstance(takes, Latency) and takes >= left:
                    steps = f"{answers}, {claims} and {format_duration(takes)} are not less than a lock of {first}"
                    yield f"routes.{route_name}: every payee claims too late: {steps}"


def _apart(scenario: Scenario) -> Iterator[str]:
    """Hops whose rails are never open together in the run: the money waits in between, which may be meant."""
    open_ = {
        name: [window for window in windows if window.only == "all"]
        for name, windows in timetable(scenario).windows.items()
        if scenario.rails[name].calendar is not None
    }
    told = set()
    for route_name, route in scenario.routes.items():
        for index, (before, after) in enumerate(pairwise(route.hops)):
            pair = (before.rail, after.rail)
            if pair in told or not all(open_.get(name) for name in pair) or overlap(open_[pair[0]], open_[pair[1]]):
                continue
            told.add(pair)
            hours = both_hours(scenario, open_, pair)
            yield f"routes.{route_name}.hops.{index + 1}: never open together with the hop before: {hours}"


def both_hours(
    scenario: Scenario, windows: Mapping[str, list[Window]], pair: tuple[str, str], until_cut_off: bool = False
) -> str:
    """When two rails are first open, each in its own zone and in that of the other."""
    first, second = (rail_calendar(scenario.rails[name]).zone for name in pair)
    sides = ((pair[0], first, second), (pair[1], second, first))
    return "; ".join(hours_in(name, windows[name], own, other, until_cut_off) for name, own, other in sides)


def hours_in(name: str, windows: list[Window], own: str, other: str, until_cut_off: bool = False) -> str:
    """When a rail is first open, in its own zone and in another."""
    opened = next((window for window in windows if window.only == "all"), windows[0])
    ends = opened.open_us, opened.takes_until_us if until_cut_off else opened.close_us
    return f"{name} from {_span(ends, own)}" + (f" = {_span(ends, other)}" * (own != other))


def _span(times_us: tuple[int, int], zone: str) -> str:
    """From when to when in a zone, with the zone."""
    ends = (dt.datetime.fromtimestamp(us // 1_000_000, ZoneInfo(zone)) for us in times_us)
    return " to ".join(f"{end:%a %H:%M}" for end in ends) + f" {zone}"
