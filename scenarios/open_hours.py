"""Whether a rail is open at a local time, for checks of what happens at given times."""

from __future__ import annotations

from typing import Any

from scenarios.references import Checks
from simcore.calendar import OutsideCalendar, local_us, session_windows
from simcore.engine.timetable import WHOLE_DAY, rail_calendar
from simcore.units import ClockTime, UnitError


def is_open_at(checks: Checks, rail: Any, clock: ClockTime, beside: Any = None) -> bool:
    """Whether a rail is open at a local time on some day of the run; also where its hours have faults of their own.

    With a rail ``beside`` it, whether both are, and of that one hours for funding only count too.
    """
    info = checks.scenario.scenario
    if not checks.rest.whole("scenario") or not 1 <= info.days <= 36_600:
        return True
    try:
        calendar = rail_calendar(rail)
        windows = session_windows(calendar, calendar.zone, rail.sessions or WHOLE_DAY, info.start, info.days)
        at = [(window, local_us(calendar.zone, window.business_day, clock)) for window in windows]
        times = [
            time_us for window, time_us in at if window.only == "all" and window.open_us <= time_us < window.close_us
        ]
        if beside is None:
            return bool(times)
        other = rail_calendar(beside)
        # A day more: what is open on the last evening for the day after it.
        hours = session_windows(other, other.zone, beside.sessions or WHOLE_DAY, info.start, info.days + 1)
        return any(window.open_us <= time_us < window.close_us for time_us in times for window in hours)
    except UnitError:
        return False
    except (LookupError, OutsideCalendar, OverflowError):
        return True
