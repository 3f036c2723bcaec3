"""The currency market in whole runs: when quotes step, and what the tables then hold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from simcore.engine.conductor import Sizes
from simcore.rates.terms import Schedule
from simcore.results.audit import audit
from simcore.results.schema import TABLES
from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.towns import FX_TOWN, run_town, town

BEIJING = dt.timezone(dt.timedelta(hours=8))
PAYMENT = "p,2026-03-02T10:00:00+08:00,Payer,Payee,5400.00,CNY\n"
SGD = '[fx.pairs."SGD/CNY"]\nsource = "constant"\nrate = 5.4\n'
SIMULATED = '[fx.pairs."SGD/CNY"]\nsource = "simulated"\n'
ONSHORE = """
[fx.hours.onshore]
calendar = "CN"
sessions = [{ open = "09:30", close = "03:00+1" }]
"""
GBM = """
[fx.pairs."USD/CNY"]
source = "simulated"
half_spread = "2 bp"

[fx.paths.asia]
kind = "gbm"
step = "30 min"
hours = "onshore"
pairs = { "SGD/CNY" = { volatility = "4 %" }, "USD/CNY" = { volatility = "5 %" } }
correlation = [[1, 0.34], [0.34, 1]]
"""
BOTH = FX_TOWN.replace(SGD, SIMULATED).replace('pairs = ["SGD/CNY"]', 'pairs = ["SGD/CNY", "USD/CNY"]') + ONSHORE + GBM


def test_pairs_that_step_at_one_instant_share_a_control_event(tmp_path: Path) -> None:
    one = (
        FX_TOWN.replace(SGD, SIMULATED)
        + ONSHORE
        + GBM.replace(', "USD/CNY" = { volatility = "5 %" }', "")
        .replace("correlation = [[1, 0.34], [0.34, 1]]", "")
        .replace('[fx.pairs."USD/CNY"]\nsource = "simulated"', '[fx.pairs."USD/CNY"]\nsource = "constant"\nrate = 6.9')
    )
    alone = run_town(town(tmp_path / "one", one, PAYMENT), tmp_path / "run-1")
    together = run_town(town(tmp_path / "both", BOTH, PAYMENT), tmp_path / "run-2")
    assert together.manifest["counts"]["control_events"] == alone.manifest["counts"]["control_events"]
    assert rows(together.fx, source="SGD")[1]["mid_rate"] == rows(alone.fx, source="SGD")[1]["mid_rate"]
    times = [row["time"] for row in rows(together.fx, source="USD")]
    assert times == [row["time"] for row in rows(together.fx, source="SGD")]
    # From the run's midnight the start is in force; then 35 half hours from 09:30 to 02:30 on each of two days,
    # of which those past the second midnight lie after the last closing of a rail.
    assert [f"{time.astimezone(BEIJING):%d %H:%M}" for time in times[:3]] == ["02 00:00", "02 09:30", "02 10:00"]
    assert len(times) == 1 + 35 + 30


def test_a_payment_converts_at_the_simulated_rate_of_its_instant(tmp_path: Path) -> None:
    run = run_town(town(tmp_path, BOTH, PAYMENT), tmp_path / "run")
    second = run.obligations.to_pylist()[2]
    quote = run.fx.slice(second["fx_id"], 1).to_pylist()[0]
    assert (quote["source"], quote["target"], quote["origin"]) == ("CNY", "SGD", "simulated")
    assert f"{quote['time'].astimezone(BEIJING):%d %H:%M}" == "02 10:00"
    assert audit(tmp_path / "run").ok


def test_a_simulated_pair_that_no_dealer_quotes_changes_nothing(tmp_path: Path) -> None:
    unquoted = BOTH.replace('pairs = ["SGD/CNY", "USD/CNY"]', 'pairs = ["SGD/CNY"]')
    run = run_town(town(tmp_path, unquoted, PAYMENT), tmp_path / "run")
    assert {row["source"] for row in run.fx.to_pylist()} == {"SGD", "CNY"}
    assert {row["target"] for row in run.fx.to_pylist()} == {"SGD", "CNY"}
    assert audit(tmp_path / "run").ok


def test_no_table_depends_on_the_sizes_of_buffers(tmp_path: Path) -> None:
    path = town(tmp_path, BOTH, "".join(PAYMENT.replace("p,", f"{k},") for k in range(40)))
    run_town(path, tmp_path / "a")
    run_town(path, tmp_path / "b", sizes=Sizes(slots=2, log_rows=20))
    for name in TABLES:
        assert (tmp_path / "a" / f"{name}.arrow").read_bytes() == (tmp_path / "b" / f"{name}.arrow").read_bytes(), name


@pytest.mark.parametrize("between", ["", 'hours = "onshore"\n', 'value_date = "T+1"\n'])
def test_pairs_that_only_step_give_the_tables_that_all_other_pairs_would(
    tmp_path: Path, between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their steps are laid out before the run; here they are also quoted one by one, beside a pair with more terms."""
    given = "".join(PAYMENT.replace("p,", f"{k},").replace("10:00", f"{9 + k // 8:02d}:{k:02d}") for k in range(50))
    path = town(tmp_path, BOTH.replace(SIMULATED, SIMULATED + between), given)
    quick = run_town(path, tmp_path / "quick")
    first = Schedule.__init__

    def never_only_steps(self: Schedule, *arguments: Any) -> None:
        first(self, *arguments)
        self.only_steps = False

    monkeypatch.setattr(Schedule, "__init__", never_only_steps)
    run_town(path, tmp_path / "slow")
    assert quick.fx.num_rows > 100
    for name in TABLES:
        assert (tmp_path / "quick" / f"{name}.arrow").read_bytes() == (tmp_path / "slow" / f"{name}.arrow").read_bytes()


HOURS = """
[fx.hours.day]
calendar = "CN"
sessions = [{ open = "09:30", close = "16:30" }]
"""
THREE = (
    "early,2026-03-02T09:10:00+08:00,Payer,Payee,1000,CNY\n"
    "noon,2026-03-02T12:00:00+08:00,Payer,Payee,1000,CNY\n"
    "late,2026-03-02T16:45:00+08:00,Payer,Payee,1000,CNY\n"
)


def into_dealer(run: Any) -> dict[str, str]:
    """When each payment's money reached the dealer, local time."""
    names = {row["payment_id"]: row["reference"] for row in run.payments.to_pylist()}
    return {
        names[row["payment_id"]]: f"{row['settled_at'].astimezone(BEIJING):%d %H:%M}"
        for row in rows(run.obligations, rail="HVPS", kind="payment")
    }


def test_what_is_to_be_exchanged_outside_the_hours_waits_for_the_opening(tmp_path: Path) -> None:
    text = FX_TOWN.replace(SGD, SGD + 'hours = "day"\n') + HOURS
    run = run_town(town(tmp_path, text, THREE), tmp_path / "run")
    assert into_dealer(run) == {"early": "02 09:30", "noon": "02 12:00", "late": "03 09:30"}
    entered = {f"{row['entered_at'].astimezone(BEIJING):%d %H:%M}" for row in rows(run.obligations, rail="HVPS")}
    assert entered == {"02 09:30", "02 12:00", "03 09:30"}
    assert [row["event"] for row in run.events.to_pylist() if row["event"].startswith("market")] == [
        "market_opened",
        "market_closed",
    ] * 2
    assert audit(tmp_path / "run").ok


def test_a_rail_that_closes_first_is_waited_for_as_well(tmp_path: Path) -> None:
    """The market opens at 09:30, the rail at 10:00 on Monday: a payment waits for both, in either order."""
    text = FX_TOWN.replace(SGD, SGD + 'hours = "day"\n').replace('open = "08:30"', 'open = "10:00"') + HOURS
    run = run_town(town(tmp_path, text, THREE), tmp_path / "run")
    assert into_dealer(run) == {"early": "02 10:00", "noon": "02 12:00", "late": "03 10:00"}


def test_outside_the_hours_the_last_quote_holds_at_a_wider_spread(tmp_path: Path) -> None:
    terms = 'hours = "day"\nwhen_closed = "last_quote"\nclosed_half_spread = "50 bp"\n'
    run = run_town(town(tmp_path, FX_TOWN.replace(SGD, SGD + terms) + HOURS, THREE), tmp_path / "run")
    assert into_dealer(run) == {"early": "02 09:10", "noon": "02 12:00", "late": "02 16:45"}
    spreads = [row["amount_minor"] for row in rows(run.obligations, kind="spread")]
    assert spreads == [500, 100, 500]  # 50, 10 and 50 bp of CNY 1,000
    assert [row["half_spread_bp_e2"] for row in rows(run.fx, source="CNY")] == [5000, 1000, 5000, 1000, 5000]
    assert audit(tmp_path / "run").ok


def test_a_spread_by_hour_is_a_new_row_of_fx_only_where_it_changes(tmp_path: Path) -> None:
    text = FX_TOWN.replace(SGD, SGD + 'hours = "day"\nspread_by_hour = { 12 = 2, 13 = 2 }\n') + HOURS
    run = run_town(town(tmp_path, text, THREE), tmp_path / "run")
    quoted = [
        (f"{row['time'].astimezone(BEIJING):%d %H}", row["half_spread_bp_e2"]) for row in rows(run.fx, source="CNY")
    ]
    assert quoted == [("02 00", 1000), ("02 12", 2000), ("02 14", 1000), ("03 12", 2000), ("03 14", 1000)]
    assert [row["amount_minor"] for row in rows(run.obligations, kind="spread")] == [100, 200, 100]


def test_what_was_sold_is_paid_on_its_value_date(tmp_path: Path) -> None:
    run = run_town(town(tmp_path, FX_TOWN.replace(SGD, SGD + 'value_date = "T+1"\n'), THREE), tmp_path / "run")
    second = rows(run.obligations, rail="MEPS")
    assert {f"{row['settled_at'].astimezone(BEIJING):%d %H:%M}" for row in second} == {"03 09:00"}
    assert {row["entered_at"].astimezone(BEIJING).hour for row in second} == {0}  # latency after midnight
    late = run_town(town(tmp_path / "2", FX_TOWN.replace(SGD, SGD + 'value_date = "T+2"\n'), THREE), tmp_path / "run-2")
    assert {row["status"] for row in late.payments.to_pylist()} == {"IN_TRANSIT_AT_END"}
    assert audit(tmp_path / "run").ok


def test_large_amounts_have_their_own_spread(tmp_path: Path) -> None:
    """From SGD 100 on twice the spread, from SGD 1,000 on none: CNY 540 and CNY 5,400 at 5.4."""
    sizes = 'spread_by_size = [{ from = "100 SGD", factor = 2 }, { from = "1000 SGD", factor = 0 }]\n'
    amounts = ("539.99", "540", "5399.99", "5400")
    payments = "".join(f"{a},2026-03-02T10:00:00+08:00,Payer,Payee,{a},CNY\n" for a in amounts)
    run = run_town(town(tmp_path, FX_TOWN.replace(SGD, SGD + sizes), payments), tmp_path / "run")
    fees = {row["reference"]: row["fee_minor"] for row in run.payments.to_pylist()}
    assert fees == dict(zip(amounts, (54, 108, 1080, 0), strict=True))
    assert audit(tmp_path / "run").ok
