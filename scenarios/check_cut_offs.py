"""Checks of hops' cut-offs: clock times in their order, a calendar to go by, and some time at which the hop is open."""

from __future__ import annotations

from scenarios.check_hours import covered, known_calendar
from scenarios.keys import KeyPath
from scenarios.references import Checks
from simcore.engine.hop_hours import hop_calendar, shut_times
from simcore.engine.timetable import timetable
from simcore.model import Hop, Route
from simcore.units import UnitError, format_clock

DAY_S = 86_400


def check_cut_off(checks: Checks, path: KeyPath, route: Route, index: int) -> None:
    """Note the faults of the cut-off of one hop by itself."""
    hop = route.hops[index]
    rail = checks.scenario.rails.get(hop.rail)
    if hop.cut_off is None:
        for key in ("cut_off_calendar", "opens"):
            if getattr(hop, key) is not None:
                checks.say("LH117", (*path, key), f"{key} without a cut-off", "a cut_off beside it",
                           'cut_off = "14:00"')  # fmt: skip
        return
    if hop.cut_off_calendar is not None:
        if not known_calendar(checks, (*path, "cut_off_calendar"), hop.cut_off_calendar):
            return
        covered(checks, (*path, "cut_off_calendar"), hop_calendar(hop, rail))
    elif rail is not None and rail.calendar is None:
        checks.say("LH117", (*path, "cut_off"), f"a cut-off on {hop.rail}, which has no calendar",
                   "a calendar whose business days and clock it goes by", 'cut_off_calendar = "CN"')  # fmt: skip
    for key, clock in (("cut_off", hop.cut_off), ("opens", hop.opens)):
        if clock is not None and (clock.day_offset or clock.seconds >= DAY_S):
            checks.say("LH117", (*path, key), format_clock(clock), "a time of the business day itself", '"14:00"')
    if hop.opens is not None and hop.opens.seconds >= hop.cut_off.seconds:
        checks.say("LH117", (*path, "opens"), f"{format_clock(hop.opens)}, not before {format_clock(hop.cut_off)}",
                   "an opening before the cut-off")  # fmt: skip
    if index and _ledger(checks, route.hops[index - 1]) is not None:
        if _ledger(checks, route.hops[index - 1]) == _ledger(checks, hop):
            checks.say("LH117", (*path, "cut_off"), "a cut-off between two hops on one ledger",
                       "none: they settle together in one block")  # fmt: skip


def _ledger(checks: Checks, hop: Hop) -> str | None:
    return getattr(checks.scenario.rails.get(hop.rail), "ledger", None)


def check_ever_open(checks: Checks) -> None:
    """Note cut-offs after which a hop takes nothing through the whole run."""
    hops = [
        (("routes", name, "hops", index, "cut_off"), hop)
        for name, route in checks.scenario.routes.items()
        for index, hop in enumerate(route.hops)
        if hop.cut_off is not None
    ]
    if not hops or checks.faults or not checks.rest.complete:
        return  # hours can be compared only where all are known
    info, times = checks.scenario.scenario, timetable(checks.scenario)
    for path, hop in hops:
        rail = checks.scenario.rails[hop.rail]
        windows = times.windows[hop.rail]
        try:
            shut = shut_times(hop, rail, windows, info, info.days)
        except UnitError as error:
            checks.say("LH117", path, error.got, error.expected, error.try_)
            continue
        if any(begins < times.start_us and ends >= times.end_us for begins, ends in shut):
            clock = format_clock(hop.cut_off)  # type: ignore[arg-type]
            checks.say("LH117", path, f"{clock}, with which the hop takes nothing on any day of the run",
                       f"a cut-off after {hop.rail} has opened, on business days of both")  # fmt: skip
