"""Whether a rail is open at a local time, for checks of what happens at given times."""

from __future__ import annotations

from typing import Any

from scenarios.references import Checks
from simcore.calendar import OutsideCalendar, local_us, session_windows
from simcore.engine.timetable import WHOLE_DAY, rail_calendar
from simcore.units import ClockTime, UnitError


def is_open_at(checks: Checks, rail: Any, clock: ClockTime) -> bool:
    """Whether a rail is open at a local time on some day of the run; also where its hours have faults of their own."""
    info = checks.scenario.scenario
    if not checks.rest.whole("scenario") or not 1 <= info.days <= 36_600:
        return True
    try:
        calendar = rail_calendar(rail)
        windows = session_windows(calendar, calendar.zone, rail.sessions or WHOLE_DAY, info.start, info.days)
        return any(
            window.open_us <= local_us(calendar.zone, window.business_day, clock) < window.close_us
            for window in windows
            if window.only == "all"
        )
    except UnitError:
        return False
    except (LookupError, OutsideCalendar, OverflowError):
        return True
