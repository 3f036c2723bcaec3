"""Intraday credit as small tables: what is lent against collateral, how long, at what price, and what is left over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from simcore.results.opened import Run
from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.test_gross_terms import ISSUER
from tests.simcore.engine.towns import RING_TOWN, run_town, town

RING = 'mechanisms = [{ use = "gridlock_resolution", every = "30 min", times = ["09:40"] }]'
TOWN = (
    RING_TOWN.replace("days = 1", "days = 2")
    .replace(RING, 'lender = "MAS"\nintraday_credit = { CREDIT }')
    .replace("[accounts.RTGS]\n", ISSUER)
    .replace('"100 SGD"', '"100 mn SGD"')
    .replace('"50 SGD"', '"50 mn SGD"')
    .replace('"20 SGD"', '"20 mn SGD", collateral = "100 mn SGD"')
)
"""A has 100 mn and B 50 mn; C has 20 mn and pledges 100 mn. The rail is open from 09:00 to 17:00."""
MN = 100_000_000
PAYMENTS = "one,2026-03-02T10:01:00+08:00,C,A,60000000,SGD\ntwo,2026-03-02T15:00:00+08:00,A,C,70000000,SGD\n"
"""C pays 60 mn, of which it lacks 40 mn, and has 70 mn back at 15:00."""


def given(folder: Path, credit: str, payments: str = PAYMENTS, change: tuple[str, str] = ("", "")) -> Run:
    """Run the town with these terms of credit; the proofs hold."""
    run = run_town(town(folder, TOWN.replace("CREDIT", credit).replace(*change), payments), folder / "run")
    assert audit(run.path).ok
    return run


def moved(run: Run) -> list[tuple[str, str, str, int]]:
    """Movements that are no payments: hour of the first or second day, kind, who pays whom, minor units."""
    return [
        (f"{row['settled_at']:%d %H:%M}", row["kind"], f"{row['debtor']}>{row['creditor']}", row["amount_minor"])
        for row in rows(run.obligations)
        if row["kind"] != "payment"
    ]


def day_of(run: Run, who: str, day: int = 2) -> dict[str, Any]:
    return next(row for row in rows(run.accounts, participant=who) if row["business_day"].day == day)


def settled_at(run: Run) -> list[str]:
    """When each payment settled, local hours."""
    times = [row["completed_at"] for row in run.payments.to_pylist()]
    return [f"{(time.hour + 8) % 24:02}:{time:%M}" if time else "never" for time in times]


def test_a_repo_is_drawn_at_opening_and_paid_back_at_closing(tmp_path: Path) -> None:
    """C is lent 100 mn less 10 % = 90 mn; at closing it has 30 + 90 mn, so all of it goes back. 09:00 is 01:00 UTC."""
    run = given(tmp_path, 'form = "repo", haircut = "10 %"')
    assert moved(run) == [
        ("02 01:00", "intraday_credit", "MAS>C", 90 * MN),
        ("02 09:00", "intraday_repayment", "C>MAS", 90 * MN),
        ("03 01:00", "intraday_credit", "MAS>C", 90 * MN),
        ("03 09:00", "intraday_repayment", "C>MAS", 90 * MN),
    ]
    assert settled_at(run) == ["10:01", "15:00"]
    assert (day_of(run, "C")["minimum_minor"], day_of(run, "C")["closing_minor"]) == (20 * MN, 30 * MN)
    assert [row["amount_minor"] for row in rows(run.events, event="credit_line")] == [90 * MN, 90 * MN]


def test_an_overdraft_lets_the_account_go_below_zero_within_the_day(tmp_path: Path) -> None:
    """C goes to -40 mn and comes back to 30 mn; no money moves for it. Its limit is 90 mn, the others have none."""
    run = given(tmp_path, 'form = "overdraft", haircut = "10 %"')
    assert moved(run) == []
    assert settled_at(run) == ["10:01", "15:00"]
    assert {who: day_of(run, who)["debit_limit_minor"] for who in ("A", "B", "C")} == {"A": 0, "B": 0, "C": 90 * MN}
    assert day_of(run, "C")["minimum_minor"] == -40 * MN


@pytest.mark.parametrize("form", ["repo", "overdraft"])
def test_collateral_is_the_bound_to_the_minor_unit(tmp_path: Path, form: str) -> None:
    """C needs 40 mn: 60 % off 100 mn is just enough, and a hundredth of a point more isn't."""
    enough = given(tmp_path / "enough", f'form = "{form}", haircut = "60 %"')
    short = given(tmp_path / "short", f'form = "{form}", haircut = "60.01 %"')
    assert (settled_at(enough), settled_at(short)) == (["10:01", "15:00"], ["15:00", "15:00"])


@pytest.mark.parametrize("form", ["repo", "overdraft"])
def test_an_account_may_have_a_haircut_of_its_own(tmp_path: Path, form: str) -> None:
    own = ('collateral = "100 mn SGD"', 'collateral = "100 mn SGD", haircut = "60.01 %"')
    assert settled_at(given(tmp_path, f'form = "{form}", haircut = "1 %"', change=own)) == ["15:00", "15:00"]


ONLY_OUT = PAYMENTS.splitlines()[0] + "\n"


def test_what_a_repo_leaves_unpaid_is_lent_overnight_and_narrows_the_next_days_line(tmp_path: Path) -> None:
    """C has 20 + 90 - 60 = 50 mn at closing and owes 90. On the second day it owes 40 mn and has 50 mn of credit.

    At opening it has nothing, so nothing of the 40 mn is paid back; A's 10 mn come at 10:00 and stay with it.
    """
    back = ONLY_OUT + "two,2026-03-03T10:00:00+08:00,A,C,10000000,SGD\n"
    run = given(tmp_path, 'form = "repo", haircut = "10 %"', back)
    assert moved(run) == [
        ("02 01:00", "intraday_credit", "MAS>C", 90 * MN),
        ("02 09:00", "credit", "MAS>C", 40 * MN),
        ("02 09:00", "intraday_repayment", "C>MAS", 90 * MN),
        ("03 01:00", "intraday_credit", "MAS>C", 50 * MN),
        ("03 09:00", "intraday_repayment", "C>MAS", 50 * MN),
    ]
    assert [(row["participant"], row["amount_minor"]) for row in rows(run.events, event="credit")] == [("C", 40 * MN)]


def test_an_overdraft_at_closing_is_lent_overnight_and_paid_back_at_an_opening_that_finds_money(
    tmp_path: Path,
) -> None:
    """C is lent the 40 mn it is below zero. With 55 mn it had on the evening of the second day it pays on the third."""
    back = ONLY_OUT + "two,2026-03-03T10:00:00+08:00,A,C,55000000,SGD\n"
    run = given(tmp_path, 'form = "overdraft", haircut = "10 %"', back, ("days = 2", "days = 3"))
    assert moved(run) == [("02 09:00", "credit", "MAS>C", 40 * MN), ("04 01:00", "repayment", "C>MAS", 40 * MN)]
    assert [day_of(run, "C", day)["closing_minor"] for day in (2, 3, 4)] == [0, 55 * MN, 15 * MN]
    assert [day_of(run, "C", day)["debit_limit_minor"] for day in (2, 3, 4)] == [90 * MN, 50 * MN, 90 * MN]


def test_an_own_debit_limit_comes_before_credit_and_is_left_at_closing(tmp_path: Path) -> None:
    """C may go to -15 mn by itself, so of its -40 mn only 25 mn are lent overnight."""
    own = ('"20 mn SGD", collateral', '"20 mn SGD", debit_limit = "15 mn SGD", collateral')
    run = given(tmp_path, 'form = "overdraft", haircut = "10 %"', ONLY_OUT, own)
    assert moved(run) == [("02 09:00", "credit", "MAS>C", 25 * MN)]
    assert day_of(run, "C")["debit_limit_minor"] == 105 * MN
    assert [day_of(run, "C", day)["closing_minor"] for day in (2, 3)] == [-15 * MN, -15 * MN]


def test_on_demand_an_account_draws_what_its_queue_lacks_and_no_more(tmp_path: Path) -> None:
    """C's 60 mn comes at 10:01 and lacks 40 mn. Drawn every half hour from 09:00 on, the credit comes at 10:30."""
    run = given(tmp_path, 'form = "repo", haircut = "10 %", draw = "on_demand", draw_every = "30 min"')
    assert moved(run) == [
        ("02 02:30", "intraday_credit", "MAS>C", 40 * MN),
        ("02 09:00", "intraday_repayment", "C>MAS", 40 * MN),
    ]
    assert settled_at(run) == ["10:30", "15:00"]


def test_on_demand_the_pledge_is_the_most_that_is_drawn_in_a_day(tmp_path: Path) -> None:
    """Of the 70 mn that two payments lack 50 mn are to be had: the first goes, the second waits for the 70 mn."""
    more = "zero,2026-03-02T10:00:30+08:00,C,B,30000000,SGD\n" + PAYMENTS
    run = given(tmp_path, 'form = "repo", haircut = "50 %", draw = "on_demand", draw_every = "30 min"', more)
    assert moved(run)[0] == ("02 02:30", "intraday_credit", "MAS>C", 50 * MN)
    assert settled_at(run) == ["10:30", "15:00", "15:00"]


PRICES = [
    # 90 mn for 8 of 24 hours at 36 bp of 360 days: 90 mn x 0.001 % x 8 / 24
    ('form = "repo", haircut = "10 %", rate = "36 bp"', [30_000, 30_000]),
    # the same year at 365 days: 30,000 x 360 / 365 = 29,589.04
    ('form = "repo", haircut = "10 %", rate = "36 bp", year_days = 365', [29_589, 29_589]),
    # 40 mn from 10:30 to 17:00: 40 mn x 0.001 % x 6.5 / 24 = 108.33; nothing is drawn on the second day
    ('form = "repo", draw = "on_demand", draw_every = "30 min", rate = "36 bp"', [10_833]),
    # 40 mn at the end of each minute from 10:01 to 15:00, 299 of them: 40 mn x 0.001 % x 299 / 1440 = 83.06
    ('form = "overdraft", rate = "36 bp"', [8_306]),
    # looked at every 40 minutes, 8 times from 10:20 to 15:00: 40 mn x 0.001 % x 320 / 1440 = 88.89
    ('form = "overdraft", rate = "36 bp", measured_every = "40 min"', [8_889]),
    # once on the highest use: 90 mn and 40 mn at 1 bp
    ('form = "repo", haircut = "10 %", rate = "1 bp", charged = "amount"', [900_000, 900_000]),
    ('form = "overdraft", rate = "1 bp", charged = "amount"', [400_000]),
]


@pytest.mark.parametrize(("credit", "charges"), PRICES)
def test_the_price_of_credit_is_paid_to_the_lender_at_closing(tmp_path: Path, credit: str, charges: list[int]) -> None:
    run = given(tmp_path, credit)
    found = rows(run.obligations, kind="credit_charge")
    assert [row["amount_minor"] for row in found] == charges
    assert {(row["debtor"], row["creditor"], f"{row['settled_at']:%H:%M}") for row in found} == {("C", "MAS", "09:00")}


def test_a_charge_that_cant_be_paid_is_lent_overnight_too(tmp_path: Path) -> None:
    """C ends 40 mn below zero and owes 419 minutes of it besides: 40 mn x 0.001 % x 419 / 1440 = 116.39."""
    run = given(tmp_path, 'form = "overdraft", rate = "36 bp"', ONLY_OUT)
    assert moved(run) == [
        ("02 09:00", "credit", "MAS>C", 40 * MN + 11_639),
        ("02 09:00", "credit_charge", "C>MAS", 11_639),
    ]


def test_interest_is_taken_at_each_opening_for_the_time_since_the_one_before(tmp_path: Path) -> None:
    """C owes 40 mn from 17:00 on, at 6 % of 360 days. After 16 hours: 40 mn x 6 % / 360 x 16 / 24 = 4,444.44, lent on.

    At noon it is paid 55 mn. A day after the first opening it owes 40,004,444.44 x 6 % / 360 = 6,667.41 more, and pays
    that and the rest.
    """
    back = ONLY_OUT + "two,2026-03-03T12:00:00+08:00,A,C,55000000,SGD\n"
    run = given(tmp_path, 'form = "overdraft", overnight_rate = "600 bp"', back, ("days = 2", "days = 3"))
    assert moved(run) == [
        ("02 09:00", "credit", "MAS>C", 40 * MN),
        ("03 01:00", "credit", "MAS>C", 444_444),
        ("03 01:00", "credit_charge", "C>MAS", 444_444),
        ("04 01:00", "credit_charge", "C>MAS", 666_741),
        ("04 01:00", "repayment", "C>MAS", 40 * MN + 444_444),
    ]
    assert [day_of(run, "C", day)["debit_limit_minor"] for day in (2, 3, 4)] == [100 * MN, 60 * MN - 444_444, 100 * MN]


def test_the_end_of_the_day_may_be_forced_beside_intraday_credit(tmp_path: Path) -> None:
    """C may lack 30 mn and lacks 40 mn. At closing the payment settles with 10 mn overnight; the other 30 follow."""
    forced = ('lender = "MAS"', 'lender = "MAS"\nend_of_day = "force"')
    run = given(tmp_path, 'form = "overdraft", haircut = "70 %"', ONLY_OUT, forced)
    assert moved(run) == [("02 09:00", "credit", "MAS>C", 10 * MN), ("02 09:00", "credit", "MAS>C", 30 * MN)]


def test_a_day_of_several_sessions_has_one_line(tmp_path: Path) -> None:
    """Drawn at the first opening, paid back at the last closing; what is queued over noon stays queued."""
    noon = ('[{ open = "09:00", close = "17:00" }]',
            '[{ open = "09:00", close = "12:00" }, { open = "13:00", close = "17:00" }]')  # fmt: skip
    run = given(tmp_path, 'form = "repo", haircut = "10 %", rate = "36 bp"', change=noon)
    assert [row[:3] for row in moved(run)] == [
        (f"{day} {hour}", kind, who)
        for day in ("02", "03")
        for hour, kind, who in (("01:00", "intraday_credit", "MAS>C"), ("09:00", "intraday_repayment", "C>MAS"),
                                ("09:00", "credit_charge", "C>MAS"))
    ]  # fmt: skip
    over = given(tmp_path / "over", 'form = "overdraft", haircut = "10 %", rate = "36 bp"', change=noon)
    # 119 minutes from 10:01 to 12:00 and 120 from 13:00 to 15:00: 40 mn x 0.001 % x 239 / 1440 = 66.39
    assert [row["amount_minor"] for row in rows(over.obligations, kind="credit_charge")] == [6_639]


OUT = """
[outages.evening]
rails = ["RTGS"]
times = [{ day = 2026-03-02, from = "16:00", to = "UNTIL" }]

[flows.day]
"""


@pytest.mark.parametrize("form", ["repo", "overdraft"])
def test_an_outage_at_closing_leaves_credit_until_the_rail_opens_again(tmp_path: Path, form: str) -> None:
    """C is lacking 40 mn when the rail is out from 16:00 to the next day's 10:00: then it is lent them on overnight."""
    out = ("[flows.day]\n", OUT.replace("UNTIL", "10:00+1"))
    run = given(tmp_path, f'form = "{form}", haircut = "10 %"', ONLY_OUT, out)
    lent, back = (
        [("02 01:00", "intraday_credit", "MAS>C", 90 * MN)],
        [("03 02:00", "intraday_repayment", "C>MAS", 90 * MN)],
    )
    again = [("03 02:00", "intraday_credit", "MAS>C", 50 * MN), ("03 09:00", "intraday_repayment", "C>MAS", 50 * MN)]
    repo = form == "repo"
    assert moved(run) == [*(lent * repo), ("03 02:00", "credit", "MAS>C", 40 * MN), *(back * repo), *(again * repo)]
    due = [f"{row['time']:%d %H:%M}" for row in rows(run.events, event="credit_due")]
    assert due == ["03 02:00", "03 09:00"]
    if form == "overdraft":
        assert [day_of(run, "C", day)["debit_limit_minor"] for day in (2, 3)] == [90 * MN, 90 * MN]
        assert day_of(run, "C")["closing_minor"] == -40 * MN


@pytest.mark.parametrize("until", ["16:30", "10:00:30+1", "18:00+2"])
@pytest.mark.parametrize("charged", ["time", "amount"])
@pytest.mark.parametrize("form", ["repo", "overdraft"])
def test_the_audit_follows_credit_through_outages(tmp_path: Path, form: str, charged: str, until: str) -> None:
    """The second ends between two minutes and the last after the run's last closing: every run proves its books."""
    credit = f'form = "{form}", haircut = "10 %", rate = "36 bp", charged = "{charged}", overnight_rate = "600 bp"'
    run = given(tmp_path, credit, PAYMENTS, ("[flows.day]\n", OUT.replace("UNTIL", until)))
    assert rows(run.events, event="outage_began")
    out = given(tmp_path / "out", credit, ONLY_OUT, ("[flows.day]\n", OUT.replace("UNTIL", until)))
    assert bool(rows(out.events, event="credit_due")) == (until != "18:00+2")
