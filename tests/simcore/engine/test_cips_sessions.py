"""CIPS is empty after every session: in weeks drawn from 2026, with holidays, make-up working days and weekends."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import simcore
from scenarios.loader import load
from simcore.calendar import load_calendar
from simcore.engine.timetable import timetable

SCENARIO = str(Path(__file__).parents[2] / "scenarios" / "to-singapore.toml")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PUBLISHED_HOURS = [
    'rails.HVPS.sessions=[{ open = "20:30-1", close = "17:15" }, '
    '{ open = "20:30-1", close = "08:30", days = "first_closed", only = "funding" }]',
    'rails.CIPS.sessions=[{ open = "08:30", close = "17:00", days = "not_after_closed" }, '
    '{ open = "04:30", close = "17:00", days = "after_closed" }, { open = "17:00", close = "08:00+1" }]',
    'fx.pairs."SGD/CNY".source=constant',
    'fx.pairs."SGD/CNY".rate=5.4',
]


BATCHES = (
    "",
    'rails.CIPS.batches={ every = "1 h", below = "1 mn CNY" }',
    'rails.CIPS.batches={ at = ["11:00", "23:00"], from_priority = 5, when_short = "wait" }',
    'rails.CIPS.batches={ every = "20 min", from_priority = 0, when_short = "unwind" }',
)
TOP_UPS = ("", "", "rails.CIPS.fund_every=45 min", 'rails.CIPS.fund_at=["11:00", "22:00"]')
BACK = [
    'routes.back={ hops = [{ rail = "BOOKS", from = "debtor", to = "CLEAR" }, '
    '{ rail = "CIPS", from = "CLEAR", to = "creditor" }] }',
    'flows.back={ kind = "trade", route = "back", debtors = { SG = 1 }, creditors = { CQ = 1 }, per_day = 80, '
    'amount = { median = "1 mn CNY", sigma = 1.2 }, calendar = "CN", profile = { 10 = 1, 16 = 1, 23 = 1 } }',
    # Too urgent for batches from priority 5 on and small enough to be covered, where nothing else may settle: a batch
    # that waits until its session closes may be covered on no day of a short run.
    'flows.urgent={ kind = "trade", route = "rmb", debtors = { CQ = 1 }, creditors = { SG = 1 }, per_day = 20, '
    'priority = 0, amount = { median = "10 k CNY", sigma = 0.5 }, calendar = "CN", profile = { 09 = 1, 16 = 1 } }',
]


@given(start=st.dates(dt.date(2026, 1, 2), dt.date(2026, 12, 20)), days=st.integers(4, 12), seed=st.integers(0, 999),
       batches=st.sampled_from(BATCHES), top_ups=st.sampled_from(TOP_UPS))  # fmt: skip
@example(
    start=dt.date(2026, 2, 12), days=12, seed=65, batches="", top_ups=TOP_UPS[2]
)  # make-up Saturday the 14th, then Spring Festival
@example(
    start=dt.date(2026, 9, 18), days=12, seed=65, batches=BATCHES[1], top_ups=TOP_UPS[2]
)  # make-up Sunday the 20th, Mid-Autumn
@example(
    start=dt.date(2026, 9, 30), days=12, seed=65, batches=BATCHES[2], top_ups=TOP_UPS[3]
)  # National Day, make-up Saturday the 10th
@example(
    start=dt.date(2026, 1, 2), days=4, seed=2, batches=BATCHES[2], top_ups=TOP_UPS[3]
)  # no batch of its two business days is covered
@settings(max_examples=12, deadline=None)
def test_every_account_of_cips_is_zero_after_every_session(
    start: dt.date, days: int, seed: int, batches: str, top_ups: str
) -> None:
    """Movements are replayed in the order of finality, with and without batches and injections in between.

    Many of these runs end between two business days, when HVPS is open in the hours of a day that isn't in the run.
    """
    calendar = load_calendar("CN")
    assume(any(calendar.is_business_day(start + dt.timedelta(days=k)) for k in range(days)))  # or no scenario at all
    changes = [*PUBLISHED_HOURS, f"scenario.start={start}", f"scenario.days={days}"]
    changes += [*BACK, batches] if batches else []
    changes += [top_ups] if top_ups else []
    times = timetable(load(SCENARIO, set=changes).scenario)
    assert times.end_us == max(window.close_us for rail in times.windows.values() for window in rail)
    windows = times.windows["CIPS"]
    closings = sorted(EPOCH + dt.timedelta(microseconds=window.close_us) for window in windows)
    with tempfile.TemporaryDirectory() as folder:
        run = simcore.run(SCENARIO, out=Path(folder) / "run", set=changes, seed=seed)
        rows = [row for row in run.obligations.to_pylist() if row["rail"] == "CIPS" and row["settled_at"] is not None]
        assert bool(run.cycles.num_rows) == bool(batches)
        last = {row["participant"]: row["closing_minor"] for row in run.accounts.to_pylist() if row["rail"] == "CIPS"}
    assert {row["kind"] for row in rows} >= {"payment", "funding", "sweep"}
    rows.sort(key=lambda row: row["sequence"])
    balance: dict[str, int] = defaultdict(int)
    moved = 0
    for closing in closings:
        # A session's last batch and what it releases come before its sweeps, the next session's funding after them.
        order = [(row["settled_at"], row["kind"] == "sweep") for row in rows]
        end = 1 + max(
            (k for k, (at, swept) in enumerate(order) if at < closing or (at == closing and swept)), default=-1
        )
        for row in rows[moved:end]:
            balance[row["debtor"]] -= row["amount_minor"]
            balance[row["creditor"]] += row["amount_minor"]
            moved += 1
        assert not any(balance.values()), (closing, dict(balance))
    assert moved == len(rows), "nothing moves on CIPS after its last session"
    assert not any(last.values())


def test_the_last_night_is_swept_where_the_next_business_day_is_not_in_the_run(tmp_path: Path) -> None:
    """Monday alone. HVPS opens at 20:30 for Tuesday; the run has no Tuesday, so it opens for CIPS's sweep only.

    Monday's hours of HVPS end at 17:15. CIPS's night closes on Tuesday at 08:00, and with it HVPS and the run. The
    accounts table books all of this to Monday, and a payment initiated on Monday night still waits for HVPS.
    """
    changes = [*PUBLISHED_HOURS, "scenario.start=2026-03-02", "scenario.days=1", "flows.trade.profile={ 22 = 1 }"]
    run = simcore.run(SCENARIO, out=tmp_path / "run", set=changes, seed=7)
    beijing = dt.timezone(dt.timedelta(hours=8))
    hvps = [
        (f"{row['time'].astimezone(beijing):%a %H:%M}", row["event"], row["detail"] or "")
        for row in run.events.to_pylist()
        if row["rail"] == "HVPS" and row["event"] != "fixing"
    ]
    assert hvps == [
        ("Sun 20:30", "opened", "2026-03-02"),
        ("Mon 17:15", "closed", ""),
        ("Mon 20:30", "opened_for_funding", "2026-03-02"),
        ("Tue 08:00", "closed", ""),
    ]
    days = [(row["rail"], str(row["business_day"])) for row in run.accounts.to_pylist()]
    assert {day for rail, day in days if rail in ("HVPS", "CIPS")} == {"2026-03-02"}
    assert [row["closing_minor"] for row in run.accounts.to_pylist() if row["rail"] == "CIPS"] == [0, 0, 0]
    sweeps = [row for row in run.obligations.to_pylist() if row["kind"] == "sweep" and row["rail"] == "HVPS"]
    assert f"{max(row['settled_at'] for row in sweeps).astimezone(beijing):%a %H:%M}" == "Tue 08:00"
    hops = [row for row in run.obligations.to_pylist() if row["kind"] == "payment" and row["rail"] == "HVPS"]
    assert hops
    assert {row["status"] for row in hops} == {"WAITING_AT_END"}


def test_after_the_last_day_of_the_calendar_nothing_is_assumed() -> None:
    """Nobody knows whether HVPS opens for the day after the table's last one, so the last night stays unswept."""
    calendar = load_calendar("CN")
    last = next(day for k in range(9) if calendar.is_business_day(day := calendar.last - dt.timedelta(days=k)))
    night = 'rails.CIPS.sessions=[{ open = "08:30", close = "08:00+1" }]'
    constant = [change for change in PUBLISHED_HOURS if change.startswith("fx")]

    def hours(start: dt.date) -> list[str]:
        changes = [night, *constant, f"scenario.start={start}", "scenario.days=1"]
        return [window.only for window in timetable(load(SCENARIO, set=changes).scenario).windows["HVPS"]]

    assert hours(last) == ["all"]
    assert hours(last - dt.timedelta(days=1)) == ["all", "funding"]
