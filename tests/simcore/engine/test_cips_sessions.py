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


@given(start=st.dates(dt.date(2026, 1, 2), dt.date(2026, 12, 20)), days=st.integers(4, 12), seed=st.integers(0, 999))
@example(start=dt.date(2026, 2, 12), days=12, seed=65)  # make-up Saturday the 14th, then Spring Festival
@example(start=dt.date(2026, 9, 18), days=12, seed=65)  # make-up Sunday the 20th, Mid-Autumn
@example(start=dt.date(2026, 9, 30), days=12, seed=65)  # National Day, make-up Saturday the 10th
@settings(max_examples=12, deadline=None)
def test_every_account_of_cips_is_zero_after_every_session(start: dt.date, days: int, seed: int) -> None:
    """Movements are replayed; where one session closes as the next opens, funding and payments are the next's.

    A run that ends between two business days leaves out HVPS's hours of that evening, and nothing can be swept
    without them: the last night is then not asked about.
    """
    calendar = load_calendar("CN")
    assume(any(calendar.is_business_day(start + dt.timedelta(days=k)) for k in range(days)))  # or no scenario at all
    changes = [*PUBLISHED_HOURS, f"scenario.start={start}", f"scenario.days={days}"]
    windows = timetable(load(SCENARIO, set=changes).scenario).windows
    swept = [
        window
        for window in windows["CIPS"]
        if any(source.open_us <= window.close_us <= source.close_us for source in windows["HVPS"])
    ]
    left = [window for window in windows["CIPS"] if window not in swept]
    assert left in ([], windows["CIPS"][-1:]), "only the last night may find HVPS's day outside the run"
    ends = [calendar.is_business_day(start + dt.timedelta(days=days - back)) for back in (1, 0)]
    assert bool(left) == all(ends), "and only where one business day is the run's last and the next isn't in it"
    closings = sorted(EPOCH + dt.timedelta(microseconds=window.close_us) for window in swept)
    with tempfile.TemporaryDirectory() as folder:
        run = simcore.run(SCENARIO, out=Path(folder) / "run", set=changes, seed=seed)
        rows = [row for row in run.obligations.to_pylist() if row["rail"] == "CIPS" and row["settled_at"] is not None]
        last = {row["participant"]: row["closing_minor"] for row in run.accounts.to_pylist() if row["rail"] == "CIPS"}
    assert {row["kind"] for row in rows} >= {"payment", "funding", "sweep"}
    after = [(row["settled_at"], row["kind"] != "sweep") for row in rows]  # sweeps first at one instant
    order = sorted(range(len(rows)), key=after.__getitem__)
    balance: dict[str, int] = defaultdict(int)
    k = moved = 0
    for closing in closings:
        while k < len(rows) and after[order[k]] <= (closing, False):
            row = rows[order[k]]
            balance[row["debtor"]] -= row["amount_minor"]
            balance[row["creditor"]] += row["amount_minor"]
            k, moved = k + 1, moved + 1
        assert not any(balance.values()), (closing, dict(balance))
    if not left:
        assert moved == len(rows), "nothing moves on CIPS after its last session"
        assert not any(last.values())
