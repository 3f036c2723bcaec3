"""When rails open, cut off and close during a run, and how long the run lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from simcore.calendar import (
    BusinessCalendar,
    OutsideCalendar,
    Session,
    Window,
    load_calendar,
    local_us,
    session_windows,
)
from simcore.model import Info, Scenario
from simcore.units import ClockTime, UnitError

ALWAYS = "ALL"
MIDNIGHT = ClockTime(0, 0)
WHOLE_DAY = (Session(open=MIDNIGHT, close=ClockTime(1, 0)),)
DAY_US = 86_400_000_000


def rail_calendar(rail: Any) -> BusinessCalendar:
    """The calendar of a rail with its own changes; rails without one are open every day, by UTC."""
    return load_calendar(rail.calendar or ALWAYS).with_changes(rail.add_open, rail.add_closed)


@dataclass(frozen=True)
class Timetable:
    """Instants of one run, microseconds UTC."""

    start_us: int
    """First midnight of the run in any zone, or the first opening if that is earlier."""
    demand_end_us: int
    """Last midnight that ends the run's days in any zone: no payment is initiated from then on."""
    end_us: int
    """The last closing."""
    demand_start_us: int
    windows: dict[str, list[Window]]
    """Rail → its windows in order of opening."""


def _midnights(scenario: Scenario) -> Iterator[tuple[int, int]]:
    info = scenario.scenario
    zones = {rail_calendar(rail).zone for rail in scenario.rails.values() if rail.calendar is not None}
    for flow in scenario.flows.values():
        calendar = getattr(flow, "calendar", None)
        if calendar is not None:
            zones.add(getattr(flow, "zone", None) or load_calendar(calendar).zone)
    for system in scenario.wallets.values():
        zones |= {flow.zone or load_calendar(flow.calendar).zone for flow in system.flows.values()}
    for zone in sorted(zones) or ["UTC"]:
        end = ClockTime(info.days, 0)
        yield local_us(zone, info.start, MIDNIGHT), local_us(zone, info.start, end)


def timetable(scenario: Scenario) -> Timetable:
    """Lay out the run; the scenario has been checked, so every local time exists and some rail opens."""
    info = scenario.scenario
    midnights = list(_midnights(scenario))
    demand_start, demand_end = min(first for first, _ in midnights), max(last for _, last in midnights)
    windows = {name: _windows(rail, info) for name, rail in scenario.rails.items() if rail.calendar is not None}
    for name, rail in scenario.rails.items():
        if rail.kind == "cips" and name in windows and rail.funding_rail in windows:
            source = scenario.rails[rail.funding_rail]
            windows[rail.funding_rail] += _hours_for_sweeps(source, windows[rail.funding_rail], windows[name], info)
    start = min([demand_start, *(rail[0].open_us for rail in windows.values() if rail)])
    end = max([demand_end, *(rail[-1].close_us for rail in windows.values() if rail)])
    for name, rail in scenario.rails.items():
        if rail.calendar is None:
            windows[name] = _around_the_clock(rail, info, start, end)
    return Timetable(
        start_us=start,
        demand_start_us=demand_start,
        demand_end_us=demand_end,
        end_us=end,
        windows={name: windows[name] for name in scenario.rails},
    )


def _windows(rail: Any, info: Info) -> list[Window]:
    calendar = rail_calendar(rail)
    return session_windows(calendar, calendar.zone, rail.sessions or WHOLE_DAY, info.start, info.days)


def _hours_for_sweeps(source: Any, its: list[Window], funded: list[Window], info: Info) -> list[Window]:
    """Hours in which a rail takes back what a funded rail's last sessions still hold, where the run ends before.

    CIPS's last night closes in hours of HVPS that belong to the next business day. Where that day isn't in the run,
    HVPS is open in them for funding only and until that closing; they are booked to the run's last business day, as
    the hours before a weekend are.
    """
    late = [window.close_us for window in funded if its and window.close_us > its[-1].close_us]
    if not late:
        return []
    calendar = rail_calendar(source)
    more: list[Window] = []
    end = info.start.toordinal() + info.days
    for day in range(end, end + (max(late) - its[-1].close_us) // DAY_US + 3):
        try:
            date = info.start.fromordinal(day)
            windows = session_windows(calendar, calendar.zone, source.sessions or WHOLE_DAY, date, 1)
        except (OutsideCalendar, UnitError, ValueError):
            break  # a day after the run about which nothing is known
        for window in windows:
            begins = max(window.open_us, (more or its)[-1].close_us)
            closings = [close_us for close_us in late if begins < close_us <= window.close_us]
            if closings:
                more.append(replace(window, business_day=its[-1].business_day, open_us=begins, cut_off_us=None,
                                    close_us=max(closings), only="funding"))  # fmt: skip
                late = [close_us for close_us in late if close_us not in closings]
    return more


def _around_the_clock(rail: Any, info: Info, start: int, end: int) -> list[Window]:
    """A rail without a calendar serves the whole run, whatever its zones: days before and after, cut to the run."""
    calendar = rail_calendar(rail)
    reach = max(abs(start - local_us("UTC", info.start, MIDNIGHT)), abs(end - start)) // DAY_US + 2
    first = info.start.fromordinal(info.start.toordinal() - 3)
    windows = session_windows(calendar, calendar.zone, rail.sessions or WHOLE_DAY, first, int(reach) + 6)
    return [
        replace(window, open_us=max(window.open_us, start), close_us=min(window.close_us, end))
        for window in windows
        if window.close_us > start and window.open_us < end
    ]


def last_of_days(windows: list[Window]) -> list[tuple[Window, bool, bool]]:
    """Each window with: is it the last for payments of its business day; is it the last of the day altogether."""
    last_all = {window.business_day: window for window in windows if window.only == "all"}
    last = {window.business_day: window for window in windows}
    for before, after in pairwise(windows):
        if after.business_day < before.business_day:
            raise ValueError("windows of business days must follow each other")
    return [
        (window, last_all.get(window.business_day) is window, last[window.business_day] is window) for window in windows
    ]


def run_times(
    windows: list[Window], zone: str, every: int | None, clocks: tuple[ClockTime, ...],
    due: Callable[[int], int] = lambda at: at,
) -> list[int]:  # fmt: skip
    """When something runs at a distance counted from each opening and at clock times, while a rail is open; rising.

    ``due`` may put off what is due at an instant; what falls on one instant by that is done once.
    """
    runs: list[int] = []
    for window in windows:
        if window.only != "all":
            continue
        times = {local_us(zone, window.business_day, clock) for clock in clocks}
        if every is not None:
            times |= set(range(window.open_us + every, window.close_us, every))
        times = {due(at) for at in times if window.open_us <= at}
        runs += sorted(at for at in times if at < window.close_us)
    return runs


def _shared(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """From when to when two lists of times, each in order, both hold."""
    i = k = 0
    while i < len(one) and k < len(other):
        begin, end = max(one[i][0], other[k][0]), min(one[i][1], other[k][1])
        if begin < end:
            yield begin, end
        if one[i][1] <= other[k][1]:
            i += 1
        else:
            k += 1


def overlap(one: list[Window], other: list[Window]) -> bool:
    """Whether two lists in order of opening share an instant."""
    first, second = ([(window.open_us, window.close_us) for window in windows] for windows in (one, other))
    return any(True for _ in _shared(first, second))


def open_together(one: list[Window], other: list[Window]) -> list[tuple[int, int]]:
    """From when to when, in order, two rails both take obligations: after opening, before the cut-off."""
    first, second = (
        [(window.open_us, window.takes_until_us) for window in windows if window.only == "all"]
        for windows in (one, other)
    )
    return list(_shared(first, second))
