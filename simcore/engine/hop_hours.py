"""When hops with a cut-off take nothing: from it until the next business day has begun and the rail is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from simcore.calendar import BusinessCalendar, Window, load_calendar, local_us
from simcore.engine.timetable import MIDNIGHT, rail_calendar
from simcore.kernels.constants import NEVER
from simcore.model import Hop, Info

AROUND_DAYS = 15
"""The cut-off that holds at the start of a run, and the business day after its end, are looked for so far away."""


def hop_calendar(hop: Hop, rail: Any) -> BusinessCalendar:
    """Whose business days and clock a hop's cut-off goes by."""
    return rail_calendar(rail) if hop.cut_off_calendar is None else load_calendar(hop.cut_off_calendar)


def shut_times(hop: Hop, rail: Any, windows: Iterable[Window], info: Info, days: int) -> list[tuple[int, int]]:
    """When a hop with a cut-off takes nothing.

    Parameters
    ----------
    windows : those of its rail, by time of opening
    days : calendar days from the start of the run on that matter

    Returns
    -------
    list of (shut, opens)    microseconds UTC, rising and apart: what arrives after ``shut`` and before ``opens`` waits
                             until ``opens``, an instant at which the rail is open; NEVER where it doesn't open again

    Raises
    ------
    UnitError    a cut-off or opening at a local time that doesn't exist or occurs twice
    """
    assert hop.cut_off is not None
    calendar = hop_calendar(hop, rail)
    first = max(calendar.first, info.start - dt.timedelta(days=AROUND_DAYS))
    last = min(calendar.last, info.start + dt.timedelta(days=days + AROUND_DAYS))
    dates = [first + dt.timedelta(days=k) for k in range((last - first).days + 1)]
    business = [day for day in dates if calendar.is_business_day(day)]
    spans = [(window.open_us, window.takes_until_us) for window in windows if window.only == "all"]
    shut: list[tuple[int, int]] = []
    for day, following in zip(business, [*business[1:], None]):
        begins = local_us(calendar.zone, day, hop.cut_off)
        ends = NEVER
        if following is not None:
            begun = local_us(calendar.zone, following, hop.opens or MIDNIGHT)
            ends = next((max(begun, opens) for opens, closes in spans if closes > begun), NEVER)
        if shut and begins < shut[-1][1]:  # the rail was closed all day
            shut[-1] = shut[-1][0], max(shut[-1][1], ends)
        else:
            shut.append((begins, ends))
    return shut
