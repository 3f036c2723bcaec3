"""Cut-offs of hops: what a bank is told too late goes on with its next business day, though the rail is open."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scenarios.loader import load
from simcore.demand.choice import RouteChoice
from simcore.engine.hop_hours import shut_times
from simcore.engine.machine import Machine
from simcore.engine.spec import HopSpec
from simcore.engine.timetable import timetable
from simcore.kernels import constants as c
from simcore.model import Corridor
from simcore.results.audit import audit
from tests.reference.play import Step
from tests.reference.simple import CREDITOR, DEBTOR, OPEN, balances, day, outcomes, payment, rail, world
from tests.reference.twin import Twin
from tests.simcore.engine.towns import BANK, HEAD, run_town, town

BOTH = pytest.mark.parametrize("kind", [Machine, Twin])
EARLY = (HopSpec(rail=0, debtor=DEBTOR, creditor=CREDITOR, cut_off=True),)
HOUR = 3_600_000_000


@BOTH
def test_what_comes_after_the_cut_off_goes_on_when_the_hop_opens_again(kind: type) -> None:
    """A pays B 1 at 1, 3 and 5; the hop is shut from 2 (afterwards) to 6, while the rail stays open all the time."""
    spec = world([rail()], [[10, 0]], routes=(EARLY,))
    played = day(kind, spec, [payment(at, "A>B", 1) for at in (1, 3, 5)], [OPEN, Step(2, "shut_hop", 0, 3)])
    assert outcomes(played) == ["SETTLED_GROSS 1", "SETTLED_GROSS 6", "SETTLED_GROSS 6"]
    entered = [row[6] for row in played.rows("obligations")]
    assert entered == [1, 6, 6]  # the payer keeps the money till then
    assert balances(played) == [7, 3]


@BOTH
@pytest.mark.parametrize("when_closed", [c.WAIT, c.REJECT, c.RETURN])
def test_the_bank_sends_nothing_to_a_closed_rail_after_its_cut_off(kind: type, when_closed: int) -> None:
    """The rail closes at 3 and opens at 6, as the hop does; without a cut-off what arrives at 4 may be turned away."""
    script = [OPEN, Step(2, "shut_hop", 0, 3), Step(3, "close", 0, 0), Step(6, "open", 0, 0)]
    for route, outcome in ((EARLY, "SETTLED_GROSS 6"), ((replace(EARLY[0], cut_off=False),), "")):
        spec = world([rail(when_closed=when_closed)], [[10, 0]], routes=(route,))
        closed = {c.WAIT: "SETTLED_GROSS 6", c.REJECT: "REJECTED_CLOSED 4", c.RETURN: "RETURNED_CLOSED 4"}
        assert outcomes(day(kind, spec, [payment(4, "A>B", 1)], script)) == [outcome or closed[when_closed]]


@BOTH
def test_money_on_its_way_back_knows_no_cut_off(kind: type) -> None:
    """A pays B through C; C is short on an instant rail at 4, and the first hop, shut since 2, takes it back."""
    middle = (c.ROLE_PARTICIPANT, 2)
    chain = (
        HopSpec(rail=0, debtor=DEBTOR, creditor=middle, cut_off=True),
        HopSpec(rail=1, debtor=middle, creditor=CREDITOR, latency_us=3),
    )
    spec = world([rail(), rail(c.INSTANT)], [[10, 0, 0], [0, 0, 0]], routes=(chain,))
    script = [OPEN, Step(0, "open", 1, 0), Step(2, "shut_hop", 0, 3)]
    assert outcomes(day(kind, spec, [payment(1, "A>B", 5)], script)) == ["REJECTED_INSUFFICIENT_FUNDS 4"]


# The rail is open from 09:00 to 17:00 in Beijing, from Monday 2 to Tuesday 10 March 2026. Tuesday 3 March is Makha
# Bucha, a holiday in Thailand, where clocks are an hour behind.
WEEK = (
    HEAD.format(days=9)
    + "".join(BANK.format(name=name, kind="commercial_bank", country="CN") for name in ("A", "B"))
    + """
[rails.RTGS]
kind = "rtgs"
currency = "CNY"
calendar = "CN"
sessions = [{ open = "09:00", close = "17:00" }]

[accounts.RTGS]
A = { opening = "100 mn CNY" }
B = { opening = "100 mn CNY" }

[routes.early]
hops = [{ rail = "RTGS", from = "debtor", to = "creditor", TERMS }]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "early"
"""
)
CASES = [
    ('cut_off = "14:00"', "02 13:59:59", "02 13:59:59"),
    ('cut_off = "14:00"', "02 14:00:00", "02 14:00:00"),  # at the very instant it is still taken
    ('cut_off = "14:00"', "02 14:00:01", "03 09:00:00"),
    ('cut_off = "14:00"', "02 20:00:00", "03 09:00:00"),
    ('cut_off = "14:00"', "03 00:30:00", "03 09:00:00"),
    ('cut_off = "14:00"', "06 15:00:00", "09 09:00:00"),  # Friday
    ('cut_off = "14:00", opens = "10:30"', "02 15:00:00", "03 10:30:00"),
    ('cut_off = "14:00", opens = "10:30"', "03 09:30:00", "03 10:30:00"),  # before the bank's day
    ('cut_off = "14:00", cut_off_calendar = "TH"', "02 15:00:00", "02 15:00:00"),  # 14:00 in Bangkok
    ('cut_off = "14:00", cut_off_calendar = "TH"', "02 15:00:01", "04 09:00:00"),
    ('cut_off = "14:00", cut_off_calendar = "TH"', "03 10:00:00", "04 09:00:00"),  # the holiday itself
    ('cut_off = "14:00"', "10 15:00:00", None),  # the run ends before the next business day
]


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-03-{text}+08:00")


@pytest.mark.parametrize(("terms", "initiated", "settled"), CASES)
def test_cut_offs_go_by_business_days(tmp_path: Path, terms: str, initiated: str, settled: str | None) -> None:
    line = f"one,{instant(initiated).isoformat()},A,B,1000,CNY\n"
    run = run_town(town(tmp_path, WEEK.replace("TERMS", terms), line), tmp_path / "run")
    (row,) = run.payments.to_pylist()
    assert row["completed_at"] == (None if settled is None else instant(settled))
    assert row["status"] == ("IN_TRANSIT_AT_END" if settled is None else "SETTLED_GROSS")
    assert audit(run.path).ok


@pytest.mark.parametrize(("terms", "initiated", "settled"), [case for case in CASES if case[2]])
def test_who_chooses_a_route_knows_its_cut_offs(tmp_path: Path, terms: str, initiated: str, settled: str) -> None:
    """What is expected is what happens above, since nobody is short."""
    scenario = load(town(tmp_path, WEEK.replace("TERMS", terms), "")).scenario
    corridor = Corridor(debtor_country="CN", creditor_country="CN", routes={"early": 1}, choice="fastest")  # type: ignore[dict-item]
    at = np.array([round(instant(initiated).timestamp() * 1_000_000)], np.int64)
    expected = (instant(settled) - instant(initiated)).total_seconds()
    assert RouteChoice(scenario, corridor, {}).duration_us("early", at).tolist() == [expected * 1_000_000]


def test_nothing_enters_a_hop_that_is_shut(tmp_path: Path) -> None:
    """Two thousand payments at any hour of a week: each enters at once, at the opening of the rail, or of the hop."""
    rng = np.random.default_rng(65)
    seconds = np.sort(rng.integers(0, 9 * 86_400, 2000))
    start = instant("02 00:00:00")
    lines = "".join(
        f"p{k},{(start + dt.timedelta(seconds=int(at))).isoformat()},{'AB'[k % 2]},{'BA'[k % 2]},100,CNY\n"
        for k, at in enumerate(seconds)
    )
    text = WEEK.replace("TERMS", 'cut_off = "11:15", opens = "09:45", cut_off_calendar = "TH"')
    path = town(tmp_path, text, lines)
    run = run_town(path, tmp_path / "run")
    scenario = load(path).scenario
    hop, windows = scenario.routes["early"].hops[0], timetable(scenario).windows["RTGS"]
    shut = shut_times(hop, scenario.rails["RTGS"], windows, scenario.scenario, 9)
    rows = run.table("obligations").to_pydict()
    entered = np.array([round(at.timestamp() * 1_000_000) for at in rows["settled_at"] if at is not None])
    assert entered.size > 1000
    assert not any(((entered > begins) & (entered < ends)).any() for begins, ends in shut)
    opening = {ends for _, ends in shut}
    assert sum(int(at) in opening for at in entered) > 500
    assert sum(row["event"] == "hop_cut_off" for row in run.table("events").to_pylist()) == 7  # with the start
    assert audit(run.path).ok
