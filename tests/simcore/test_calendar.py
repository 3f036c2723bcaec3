"""Business days against published facts, and opening hours as windows in UTC."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.calendar import (
    BusinessCalendar,
    OutsideCalendar,
    Session,
    UnknownCalendar,
    Window,
    calendar_names,
    estimated_days,
    load_calendar,
    local_us,
    session_windows,
)
from simcore.units import ClockTime, UnitError, parse_clock

SHANGHAI = "Asia/Shanghai"
TABLES = [name for name in calendar_names() if name != "ALL"]
DAYS = st.dates(date(2019, 1, 2), date(2030, 12, 30))


def session(opening: str, closing: str, **more: object) -> Session:
    return Session(open=parse_clock(opening), close=parse_clock(closing), **more)  # type: ignore[arg-type]


def shown(windows: list[Window]) -> list[str]:
    """Windows as Beijing time: "Mo 08:30-Mo 17:15"."""

    def local(us: int) -> str:
        return (datetime.fromtimestamp(us // 1_000_000, UTC) + timedelta(hours=8)).strftime("%a %H:%M")

    return [f"{local(window.open_us)}-{local(window.close_us)}" for window in windows]


HVPS = (
    session("20:30-1", "17:15"),
    session("20:30-1", "08:30", only="funding", days="first_closed"),
)
CIPS = (
    session("08:30", "17:00", days="not_after_closed"),
    session("04:30", "17:00", days="after_closed"),
    session("17:00", "08:00+1"),
)

NIEPS = (
    session("08:00", "17:00", days="not_month_end"),
    session("08:00", "17:45", days="month_end"),
)

# --- business days ---


@pytest.mark.parametrize("day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
def test_chinas_make_up_days_of_2026_are_business_days(day: str) -> None:
    assert date.fromisoformat(day).weekday() >= 5
    assert load_calendar("CN").is_business_day(date.fromisoformat(day))


def test_china_has_no_other_working_weekend_in_2026() -> None:
    year = load_calendar("CN").business_days(date(2026, 1, 1), 365)
    assert len([day for day in year if day.weekday() >= 5]) == 6
    assert len(year) == 248


def test_hvps_worked_248_days_in_2025() -> None:
    """As the central bank's figures imply: CNY 8,964.68 tn in the year, 36.15 tn a day."""
    assert len(load_calendar("CN").business_days(date(2025, 1, 1), 365)) == 248


@pytest.mark.parametrize(
    ("calendar", "closed"),
    [
        ("CN", "2026-02-23"),  # Spring Festival runs on through the second Monday
        ("CN", "2026-10-07"),
        ("HK", "2026-04-07"),  # the day after Easter Monday, for Ching Ming on Easter Sunday
        ("HK", "2026-03-07"),  # a Saturday
        ("SG", "2026-02-18"),
        ("SG", "2026-08-10"),  # National Day fell on a Sunday
        ("SG", "2027-02-08"),
        ("MY", "2026-06-01"),
        ("TH", "2026-04-15"),
        ("ID", "2026-03-24"),  # joint leave after Lebaran
        ("PH", "2026-12-30"),
        ("VN", "2026-08-31"),  # exchanged for Saturday 22 August
        ("LA", "2026-10-07"),  # the central bank's day
        ("BN", "2026-03-06"),  # a Friday
        ("US", "2026-11-26"),
        ("TARGET", "2026-04-06"),
    ],
)
def test_days_known_to_be_closed(calendar: str, closed: str) -> None:
    assert not load_calendar(calendar).is_business_day(date.fromisoformat(closed))


@pytest.mark.parametrize(
    ("calendar", "works"),
    [
        ("VN", "2026-08-22"),
        ("MM", "2026-01-03"),
        ("BN", "2026-03-14"),  # a Saturday
        ("US", "2026-07-03"),  # Independence Day fell on Saturday: federal offices closed on Friday, Fedwire didn't
        ("MY", "2021-12-03"),
        ("TH", "2026-07-30"),  # Buddhist Lent Day
        ("SG", "2026-02-19"),
        ("TARGET", "2026-05-04"),
    ],
)
def test_days_known_to_be_open(calendar: str, works: str) -> None:
    assert load_calendar(calendar).is_business_day(date.fromisoformat(works))


def test_the_calendar_all_never_closes() -> None:
    assert len(load_calendar("ALL").business_days(date(2026, 1, 1), 365)) == 365


@given(st.sampled_from(TABLES), DAYS)
def test_the_next_business_day_is_the_first_later_one(name: str, day: date) -> None:
    calendar = load_calendar(name)
    if day > date(2030, 12, 1):
        day -= timedelta(days=60)
    following = calendar.next_business_day(day)
    assert calendar.business_days(day + timedelta(days=1), (following - day).days) == [following]


def test_unknown_calendars_are_refused_with_the_names_that_exist() -> None:
    with pytest.raises(UnknownCalendar, match=r"'CH'.*BN, CN, GB") as caught:
        load_calendar("CH")
    assert caught.value.nearest in calendar_names()


def test_days_outside_the_table_are_refused() -> None:
    with pytest.raises(OutsideCalendar, match="SG covers 2019-01-01 to 2030-12-31, not 2031-01-01"):
        load_calendar("SG").is_business_day(date(2031, 1, 1))
    with pytest.raises(OutsideCalendar, match="2018-12-31"):
        session_windows(load_calendar("CN"), SHANGHAI, CIPS, date(2018, 12, 31), 3)


def test_days_past_the_last_notice_are_estimated_even_without_an_entry() -> None:
    china = load_calendar("CN")
    assert china.status(date(2026, 12, 31)) == "published"
    assert china.status(date(2027, 3, 3)) == "estimated"
    assert estimated_days(china, date(2026, 12, 30), 4) == [date(2027, 1, 1), date(2027, 1, 2)]
    assert load_calendar("MM").status(date(2026, 5, 28)) == "estimated"  # Eid al-Adha waits for the moon
    assert load_calendar("SG").status(date(2027, 3, 10)) == "published"
    assert load_calendar("ALL").status(date(2099, 1, 1)) == "published"


def test_a_scenario_can_open_and_close_days() -> None:
    saturday, monday = date(2026, 3, 7), date(2026, 3, 9)
    base = load_calendar("CN")
    changed = base.with_changes([saturday], [monday])
    assert changed.is_business_day(saturday)
    assert not changed.is_business_day(monday)
    assert not base.is_business_day(saturday)
    undone = changed.with_changes([monday], [saturday])
    assert undone.is_business_day(monday)
    assert not undone.is_business_day(saturday)
    assert base.with_changes([date(2027, 3, 6)]).status(date(2027, 3, 6)) == "published"
    with pytest.raises(UnitError, match="add_open and in add_closed"):
        base.with_changes([monday], [monday])


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_sorted_complete_and_well_formed(name: str) -> None:
    text = files("simcore").joinpath(f"data/calendars/{name}.csv").read_bytes()
    assert b"\r" not in text
    rows = list(csv.DictReader(text.decode().splitlines()))
    days = [row["date"] for row in rows]
    assert days == sorted(set(days))
    assert {day[:4] for day in days} == {str(year) for year in range(2019, 2031)}
    assert {row["kind"] for row in rows} <= {"closed", "make_up"}
    assert {row["status"] for row in rows} <= {"published", "estimated"}
    assert all(row["name"] and row["source"] for row in rows)
    assert len(load_calendar(name).digest) == 64


def test_the_frozen_tables_have_not_changed() -> None:
    """A changed table changes past results: it takes a new freeze, a line in the changelog and a new digest here."""
    folder = files("simcore").joinpath("data/calendars")
    digest = hashlib.sha256()
    for name in ["countries", *TABLES]:
        digest.update(folder.joinpath(f"{name}.csv").read_bytes())
    assert digest.hexdigest() == "0eb1d0bd40d8ec897084897466575894059ae72516b0333a0790da7ed4ef624f"


# --- opening hours ---


def test_hvps_opens_on_sunday_evening_for_monday_and_funds_on_friday_night() -> None:
    windows = session_windows(load_calendar("CN"), SHANGHAI, HVPS, date(2026, 3, 5), 5)
    assert shown(windows) == [
        "Wed 20:30-Thu 17:15",
        "Thu 20:30-Fri 17:15",
        "Fri 20:30-Sat 08:30",
        "Sun 20:30-Mon 17:15",
    ]
    assert [window.business_day.day for window in windows] == [5, 6, 6, 9]
    assert [window.only for window in windows] == ["all", "all", "funding", "all"]
    assert [window.session_index for window in windows] == [0, 0, 1, 0]


def test_hvps_before_a_working_sunday_has_one_closed_night_only() -> None:
    """Sunday 20 September 2026 is worked, so HVPS opens on Saturday evening."""
    windows = session_windows(load_calendar("CN"), SHANGHAI, HVPS, date(2026, 9, 18), 4)
    assert shown(windows) == [
        "Thu 20:30-Fri 17:15",
        "Fri 20:30-Sat 08:30",
        "Sat 20:30-Sun 17:15",
        "Sun 20:30-Mon 17:15",
    ]


def test_cips_opens_early_after_a_break_and_runs_through_the_night() -> None:
    windows = session_windows(load_calendar("CN"), SHANGHAI, CIPS, date(2026, 3, 6), 5)
    assert shown(windows) == [
        "Fri 08:30-Fri 17:00",
        "Fri 17:00-Sat 08:00",
        "Mon 04:30-Mon 17:00",
        "Mon 17:00-Tue 08:00",
        "Tue 08:30-Tue 17:00",
        "Tue 17:00-Wed 08:00",
    ]


def test_instants_are_utc_microseconds() -> None:
    (window,) = session_windows(
        load_calendar("SG"),
        "Asia/Singapore",
        [session("09:00", "24:00", cut_off=ClockTime(0, 63_000))],
        date(2026, 3, 2),
        1,
    )
    assert window.open_us == int(datetime(2026, 3, 2, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert window.cut_off_us == int(datetime(2026, 3, 2, 9, 30, tzinfo=UTC).timestamp()) * 1_000_000
    assert window.close_us == int(datetime(2026, 3, 2, 16, tzinfo=UTC).timestamp()) * 1_000_000


def test_a_day_from_midnight_to_24_touches_the_next() -> None:
    windows = session_windows(load_calendar("ALL"), SHANGHAI, [session("00:00", "24:00")], date(2026, 3, 6), 3)
    assert [a.close_us - b.open_us for a, b in pairwise(windows)] == [0, 0]
    assert windows == session_windows(
        load_calendar("CN"), SHANGHAI, [session("00:00", "24:00", days="every")], date(2026, 3, 6), 3
    )


def test_hours_that_never_open_give_no_window() -> None:
    weekend = date(2026, 3, 7)
    assert session_windows(load_calendar("CN"), SHANGHAI, CIPS, weekend, 2) == []
    assert session_windows(load_calendar("CN"), SHANGHAI, [], date(2026, 3, 2), 5) == []


@pytest.mark.parametrize(
    ("sessions", "message"),
    [
        ([session("17:00", "08:30")], "17:00 to 08:30.*closing after the opening.*08:30\\+1"),
        ([session("08:30", "08:30")], "closing after the opening"),
        ([session("08:30", "17:30"), session("17:00", "20:00")], "08:30 to 17:30 of 2026-03-02.*overlap.*17:00"),
        ([session("08:30", "09:00+1")], "08:30 to 09:00\\+1 of 2026-03-02 and .* of 2026-03-03.*08:30\\+1"),
        ([session("08:30", "17:00", cut_off=parse_clock("17:01"))], "cut-off 17:01 in 08:30 to 17:00"),
        ([session("08:30", "17:00", cut_off=parse_clock("08:30"))], "cut-off 08:30"),
    ],
)
def test_impossible_hours_are_refused(sessions: list[Session], message: str) -> None:
    with pytest.raises(UnitError, match=message):
        session_windows(load_calendar("CN"), SHANGHAI, sessions, date(2026, 3, 2), 2)


@pytest.mark.parametrize(
    ("day", "clock", "why"),
    [("2026-03-08", "02:30", "that exists"), ("2026-11-01", "01:30", "occurs twice")],
)
def test_local_times_that_clocks_skip_or_repeat_are_refused(day: str, clock: str, why: str) -> None:
    with pytest.raises(UnitError, match=f"{day} {clock} in America/New_York.*{why}"):
        local_us("America/New_York", date.fromisoformat(day), parse_clock(clock))


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UnitError, match="Asia/Chongking"):
        local_us("Asia/Chongking", date(2026, 3, 2), ClockTime(0, 0))


@given(st.sampled_from(TABLES), DAYS, st.integers(1, 30), st.integers(0, 86_399), st.integers(1, 86_400))
def test_one_window_per_business_day_in_order(name: str, first: date, days: int, opening: int, length: int) -> None:
    calendar = load_calendar(name)
    first = min(first, date(2030, 11, 1))
    hours = Session(open=ClockTime(0, opening), close=ClockTime(*divmod(opening + length, 86_400)))
    windows = session_windows(calendar, SHANGHAI, [hours], first, days)
    assert [window.business_day for window in windows] == calendar.business_days(first, days)
    for window in windows:
        assert window.close_us - window.open_us == length * 1_000_000
    for before, after in pairwise(windows):
        assert before.close_us <= after.open_us


@given(st.sampled_from(TABLES), DAYS, st.integers(1, 14), st.integers(1, 14))
def test_windows_of_two_stretches_are_those_of_the_whole(name: str, first: date, one: int, two: int) -> None:
    """A window belongs to one business day: nothing is lost or doubled where a run is cut in two."""
    calendar = load_calendar(name)
    first = min(first, date(2030, 11, 1))
    for hours in (HVPS, CIPS):
        whole = session_windows(calendar, SHANGHAI, hours, first, one + two)
        parts = session_windows(calendar, SHANGHAI, hours, first, one)
        parts += session_windows(calendar, SHANGHAI, hours, first + timedelta(days=one), two)
        assert whole == parts


def test_calendars_compare_and_hash_as_values() -> None:
    base = load_calendar("CN")
    assert isinstance(base, BusinessCalendar)
    assert base == replace(base)
    assert base.with_changes() == base


@pytest.mark.parametrize(
    ("first", "late"),
    [
        ("2026-06-22", ["2026-06-29", "2026-06-30"]),  # Monday and Tuesday
        ("2026-05-25", ["2026-05-28", "2026-05-29"]),  # the month ends on a Sunday
        ("2026-12-25", ["2026-12-30", "2026-12-31"]),
        ("2030-12-25", ["2030-12-30", "2030-12-31"]),  # the last days of the table
    ],
)
def test_vietnams_system_closes_later_on_the_last_two_workdays_of_a_month(first: str, late: list[str]) -> None:
    """Circular 37/2016 of the State Bank of Vietnam: 17:45 instead of 17:00. Each business day has one session."""
    vietnam, start = load_calendar("VN"), date.fromisoformat(first)
    days = min(10, (date(2030, 12, 31) - start).days + 1)
    windows = session_windows(vietnam, "Asia/Ho_Chi_Minh", NIEPS, start, days)
    assert [window.business_day for window in windows] == vietnam.business_days(start, days)
    hours = {str(window.business_day): (window.close_us - window.open_us) // 60_000_000 for window in windows}
    assert [day for day, minutes in hours.items() if minutes == 9 * 60 + 45] == late
    assert set(hours.values()) == {9 * 60, 9 * 60 + 45}
