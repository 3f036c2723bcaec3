"""Business days and opening hours: which days a rail works, and its windows as instants in UTC microseconds.

The tables are package data in `simcore/data/calendars/`, frozen by `tools/freeze_calendars.py`, so that no upgrade of a
library changes a past result. A public holiday isn't always a settlement holiday: a scenario corrects a table with
`BusinessCalendar.with_changes`. Days past the last official notice are *estimated*, and a run that touches one says so.
"""

from __future__ import annotations

import csv
import hashlib
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from simcore.units import ClockTime, UnitError, format_clock

__all__ = [
    "BusinessCalendar",
    "ClockTime",
    "OutsideCalendar",
    "Session",
    "UnknownCalendar",
    "Window",
    "calendar_names",
    "estimated_days",
    "load_calendar",
    "local_us",
    "session_windows",
]

WEEKDAYS = {"Mon": 0, "Tue": 1, "Wed": 2, "Thu": 3, "Fri": 4, "Sat": 5, "Sun": 6}
ONE_DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Status = Literal["published", "estimated"]


class UnknownCalendar(LookupError):
    """A calendar name that isn't in the tables; `names` are the valid ones, `nearest` the likeliest (or "")."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.names = calendar_names()
        self.nearest = (get_close_matches(name.upper(), self.names, n=1, cutoff=0.4) or [""])[0]
        super().__init__(f"unknown calendar {name!r}; the calendars are {', '.join(self.names)}")


class OutsideCalendar(LookupError):
    """A day before or after what a calendar's table covers."""


@dataclass(frozen=True, kw_only=True)
class BusinessCalendar:
    """Business days of one country or system, and the zone of its wall clock."""

    name: str
    zone: str
    """IANA name, such as Asia/Shanghai."""
    weekend: frozenset[int]
    """Weekdays that are closed, Monday is 0; empty for a calendar that never closes."""
    closed: frozenset[date] = frozenset()
    """Holidays."""
    make_up: frozenset[date] = frozenset()
    """Working days that fall on the weekend."""
    estimated: frozenset[date] = frozenset()
    """Days of published years whose own entry isn't confirmed (most often days that depend on the moon)."""
    confirmed: frozenset[date] = frozenset()
    """Days a scenario declared open or closed: no longer a guess of ours."""
    first: date = date.min
    last: date = date.max
    """First and last day of the table."""
    published_through: date = date.max
    """Last day covered by an official notice; what follows is estimated."""
    digest: str = ""
    """SHA-256 of the table and its line in countries.csv, hexadecimal."""

    def is_business_day(self, day: date) -> bool:
        """Return whether the rail works on `day`; OutsideCalendar when the table doesn't reach it."""
        if not self.first <= day <= self.last:
            raise OutsideCalendar(f"calendar {self.name} covers {self.first} to {self.last}, not {day}")
        if day in self.make_up:
            return True
        return day.weekday() not in self.weekend and day not in self.closed

    def next_business_day(self, day: date) -> date:
        """Return the first business day after `day`."""
        day += ONE_DAY
        while not self.is_business_day(day):
            day += ONE_DAY
        return day

    def business_days(self, start: date, days: int) -> list[date]:
        """Return the business days among the `days` calendar days from `start` on."""
        return [day for day in _days(start, days) if self.is_business_day(day)]

    def status(self, day: date) -> Status:
        """Return "estimated" when no official notice covers `day` yet, else "published"."""
        if day in self.confirmed:
            return "published"
        return "estimated" if day > self.published_through or day in self.estimated else "published"

    def with_changes(self, add_open: Iterable[date] = (), add_closed: Iterable[date] = ()) -> BusinessCalendar:
        """Return this calendar with further business days and closed days; UnitError when a day is in both lists."""
        opened, shut = frozenset(add_open), frozenset(add_closed)
        if opened & shut:
            day = min(opened & shut)
            raise UnitError(f"{day} in add_open and in add_closed", "each day in one of them", f"add_open = [{day}]")
        return replace(
            self,
            closed=(self.closed | shut) - opened,
            make_up=(self.make_up | opened) - shut,
            confirmed=self.confirmed | opened | shut,
        )


@cache
def _countries() -> dict[str, dict[str, str]]:
    with files("simcore").joinpath("data/calendars/countries.csv").open("r", encoding="utf-8") as file:
        return {row["calendar"]: row for row in csv.DictReader(file)}


def calendar_names() -> tuple[str, ...]:
    """Return the names of the calendars in the package, sorted."""
    return tuple(sorted(_countries()))


@cache
def load_calendar(name: str) -> BusinessCalendar:
    """Return a calendar of the package: "CN", "SG", …, "TARGET", or "ALL", which is open every day.

    Raises
    ------
    UnknownCalendar    no such table; the error lists the names
    """
    country = _countries().get(name)
    if country is None:
        raise UnknownCalendar(name)
    weekend = frozenset(WEEKDAYS[word] for word in country["weekend"].split())
    if not country["published_through"]:
        return BusinessCalendar(name=name, zone=country["zone"], weekend=weekend)
    table = files("simcore").joinpath(f"data/calendars/{name}.csv").read_text(encoding="utf-8")
    rows = [(date.fromisoformat(row["date"]), row["kind"], row["status"]) for row in csv.DictReader(table.splitlines())]
    published_through = date(int(country["published_through"]), 12, 31)
    return BusinessCalendar(
        name=name,
        zone=country["zone"],
        weekend=weekend,
        closed=frozenset(day for day, kind, _ in rows if kind == "closed"),
        make_up=frozenset(day for day, kind, _ in rows if kind == "make_up"),
        estimated=frozenset(day for day, _, status in rows if status == "estimated"),
        first=date(rows[0][0].year, 1, 1),
        last=date(rows[-1][0].year, 12, 31),
        published_through=published_through,
        digest=hashlib.sha256((",".join(country.values()) + "\n" + table).encode()).hexdigest(),
    )


def estimated_days(calendar: BusinessCalendar, first_day: date, days: int) -> list[date]:
    """Return those of the `days` calendar days from `first_day` on that no official notice covers yet."""
    return [day for day in _days(first_day, days) if calendar.status(day) == "estimated"]


def _days(first_day: date, days: int) -> list[date]:
    return [first_day + timedelta(days=k) for k in range(days)]


@dataclass(frozen=True, kw_only=True)
class Session:
    """One stretch of opening hours, in the rail's zone, on the days it applies to."""

    open: ClockTime
    """Opening; "20:30-1" is the evening of the calendar day before."""
    close: ClockTime
    """Closing; "08:00+1" is the morning of the calendar day after, "24:00" the midnight that ends the day."""
    cut_off: ClockTime | None = None
    """Last time for new obligations; none means they are taken until closing."""
    only: Literal["all", "funding"] = "all"
    """What may settle: everything, or funding transfers only."""
    days: Literal[
        "business", "after_closed", "not_after_closed", "first_closed", "month_end", "not_month_end", "every"
    ] = "business"
    """Which days: every business day; only business days that follow a closed day; only the other business days; the
    first closed day after a business day (hours count from that closed day); the last two business days of a month;
    only the other business days; or every calendar day."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """One session on one day, as instants."""

    business_day: date
    """The business day it is booked to. A `first_closed` window belongs to the business day it follows."""
    open_us: int
    cut_off_us: int | None
    close_us: int
    """Microseconds since the epoch, UTC. Open from `open_us` on, no longer at `close_us`."""
    only: Literal["all", "funding"]
    session_index: int
    """Position of the session in the rail's list."""

    @property
    def takes_until_us(self) -> int:
        """From when on it takes no obligations: its cut-off, or its closing where it has none."""
        return self.close_us if self.cut_off_us is None else self.cut_off_us


def session_windows(
    calendar: BusinessCalendar, zone: str, sessions: Sequence[Session], first_day: date, days: int
) -> list[Window]:
    """Return the windows of every business day among `days` calendar days, in order of opening.

    Parameters
    ----------
    calendar : BusinessCalendar    business days
    zone : str                     IANA zone of the clock times, most often `calendar.zone`
    sessions : sequence            the rail's hours
    first_day, days                calendar days whose business is wanted. A window belongs here by its business day,
                                   so it may open the evening before `first_day` or close after the last day

    Returns
    -------
    list[Window]                   sorted by (open_us, session_index); empty when no session ever opens

    Raises
    ------
    UnitError          a session that closes before it opens, a cut-off outside it, two windows that overlap (touching
                       is fine), or a local time that doesn't exist or occurs twice on a day
    OutsideCalendar    a day the calendar's table doesn't reach
    """
    windows = []
    for day in _days(first_day, days):
        for index, session in enumerate(sessions):
            anchor = _anchor(calendar, session, day)
            if anchor is not None:
                windows.append(_window(zone, session, index, day, anchor))
    windows.sort(key=lambda window: (window.open_us, window.session_index))
    for before, after in pairwise(windows):
        if after.open_us < before.close_us:
            earlier, later = sessions[before.session_index], sessions[after.session_index]
            first, second = f"{_hours(earlier)} of {before.business_day}", f"{_hours(later)} of {after.business_day}"
            raise UnitError(
                f"{first} and {second}, which overlap",
                "hours that at most touch",
                _clock_of(before, after, earlier, later),
            )
    return windows


def _anchor(calendar: BusinessCalendar, session: Session, day: date) -> date | None:
    """The day a session's clock times count from when it belongs to `day`; None when it doesn't run."""
    if session.days == "every":
        return day
    if not calendar.is_business_day(day):
        return None
    if session.days == "business":
        return day
    if session.days == "first_closed":
        return None if calendar.is_business_day(day + ONE_DAY) else day + ONE_DAY
    if session.days in ("month_end", "not_month_end"):
        return day if _ends_month(calendar, day) == (session.days == "month_end") else None
    follows_closed = not calendar.is_business_day(day - ONE_DAY)
    return day if follows_closed == (session.days == "after_closed") else None


def _ends_month(calendar: BusinessCalendar, day: date) -> bool:
    """Whether a business day is one of the last two of its month."""
    rest = (date(day.year, day.month, each) for each in range(day.day + 1, monthrange(day.year, day.month)[1] + 1))
    return sum(calendar.is_business_day(later) for later in rest) < 2


def _window(zone: str, session: Session, index: int, business_day: date, anchor: date) -> Window:
    open_us, close_us = local_us(zone, anchor, session.open), local_us(zone, anchor, session.close)
    cut_off_us = None if session.cut_off is None else local_us(zone, anchor, session.cut_off)
    if close_us <= open_us:
        close = replace(session.close, day_offset=session.close.day_offset + 1)
        raise UnitError(_hours(session), "a closing after the opening", f'close = "{format_clock(close)}"')
    if session.cut_off is not None and cut_off_us is not None and not open_us < cut_off_us <= close_us:
        raise UnitError(
            f"cut-off {format_clock(session.cut_off)} in {_hours(session)}",
            "a cut-off after the opening and not after the closing",
            f'cut_off = "{format_clock(session.close)}"',
        )
    return Window(
        business_day=business_day,
        open_us=open_us,
        cut_off_us=cut_off_us,
        close_us=close_us,
        only=session.only,
        session_index=index,
    )


def _hours(session: Session) -> str:
    return f"{format_clock(session.open)} to {format_clock(session.close)}"


def _clock_of(before: Window, after: Window, earlier: Session, later: Session) -> str:
    """Closing of the earlier session that would just touch the later one."""
    seconds = earlier.close.day_offset * 86_400 + earlier.close.seconds - (before.close_us - after.open_us) // 1_000_000
    return f'close = "{format_clock(ClockTime(*divmod(seconds, 86_400)))}"'


def local_us(zone: str, day: date, clock: ClockTime) -> int:
    """Return a wall-clock time relative to `day` in `zone` as microseconds since the epoch, UTC.

    Raises
    ------
    UnitError    the zone's clock skips that time on that day or shows it twice
    """
    local = datetime(day.year, day.month, day.day) + timedelta(days=clock.day_offset, seconds=clock.seconds)
    here = local.replace(tzinfo=_zone(zone))
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        exists = here.astimezone(UTC).astimezone(here.tzinfo).replace(tzinfo=None) == local
        raise UnitError(
            f"{local:%Y-%m-%d %H:%M} in {zone}",
            "a local time that occurs once; this one occurs twice" if exists else "a local time that exists",
            f"{local + timedelta(hours=1):%H:%M}",
        )
    return (here.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


@cache
def _zone(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        raise UnitError(zone, "an IANA time zone", "Asia/Shanghai") from None
