"""What a reader should know of a scenario that isn't wrong: calendars not yet published, hops never open together, …"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

from simcore.calendar import Window, estimated_days
from simcore.engine.outages import given_spans, rails_of
from simcore.engine.timetable import overlap, rail_calendar, timetable
from simcore.model import Scenario


def cautions(scenario: Scenario) -> list[str]:
    """Return one line for each rail whose calendar is estimated and each two hops whose hours never overlap,
    of outages that fall outside hours, and of terms of choice that rest.

    The scenario has been checked, so every local time exists.
    """
    return [*_estimated(scenario), *_apart(scenario), *_idle(scenario), *_resting(scenario)]


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
            first, second = (rail_calendar(scenario.rails[name]).zone for name in pair)
            hours = [
                f"{name} from {_span(open_[name][0], own)}" + (f" = {_span(open_[name][0], other)}" * (own != other))
                for name, own, other in ((pair[0], first, second), (pair[1], second, first))
            ]
            yield f"routes.{route_name}.hops.{index + 1}: never open together with the hop before: {'; '.join(hours)}"


def _span(window: Window, zone: str) -> str:
    """The first window in a zone, with the zone."""
    ends = (dt.datetime.fromtimestamp(us // 1_000_000, ZoneInfo(zone)) for us in (window.open_us, window.close_us))
    return " to ".join(f"{end:%a %H:%M}" for end in ends) + f" {zone}"
