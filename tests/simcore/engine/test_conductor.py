"""Whole runs of small towns: what happens at openings, cycles, cut-offs and closings, and what the tables then say."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import simcore
from simcore.engine.conductor import Sizes
from simcore.errors import ScenarioError
from simcore.results.audit import audit
from simcore.results.schema import TABLES
from tests.simcore.engine.towns import CIPS_TOWN, FX_TOWN, NET_TOWN, RING_TOWN, run_town, town

BEIJING = dt.timezone(dt.timedelta(hours=8))


def rows(table: pa.Table, **where: Any) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in where.items())]


def beijing(row: dict[str, Any], column: str = "settled_at") -> str:
    return f"{row[column].astimezone(BEIJING):%d %H:%M:%S}"


@pytest.fixture
def cips(tmp_path: Path) -> simcore.api.Run:  # type: ignore[name-defined]
    payments = (
        "one,2026-03-02T09:00:00+08:00,East,West,3000000,CNY\n"
        "night,2026-03-02T18:00:00+08:00,East,West,1500000,CNY\n"
        "large,2026-03-03T09:00:00+08:00,East,West,9000000,CNY\n"
    )
    return run_town(town(tmp_path, CIPS_TOWN, payments), tmp_path / "run")


def test_cips_accounts_are_filled_at_opening_and_empty_after_every_session(cips: Any) -> None:
    funding = [
        (beijing(row), row["rail"], row["debtor"], row["creditor"], row["amount_minor"])
        for row in rows(cips.obligations, kind="funding")
    ][:4]
    assert funding == [
        ("02 08:30:00", "HVPS", "East", "CIPS-Co", 400_000_000),
        ("02 08:30:00", "CIPS", "CIPS-Co", "East", 400_000_000),
        ("02 08:30:00", "HVPS", "West", "CIPS-Co", 100_000_000),  # it has 1 mn where 2 mn are wanted
        ("02 08:30:00", "CIPS", "CIPS-Co", "West", 100_000_000),
    ]
    short = rows(cips.events, event="short")[0]
    assert (short["participant"], short["amount_minor"]) == ("West", 100_000_000)
    swept = rows(cips.obligations, kind="sweep", rail="HVPS")[:2]
    assert [(beijing(row), row["creditor"], row["amount_minor"]) for row in swept] == [
        ("02 17:00:00", "East", 100_000_000),
        ("02 17:00:00", "West", 400_000_000),
    ]
    ends = [row["closing_minor"] for row in rows(cips.accounts, rail="CIPS")]
    assert ends == [0] * 15
    days = {row["business_day"] for row in rows(cips.accounts, rail="CIPS")}
    assert days == {dt.date(2026, 3, day) for day in range(2, 7)}


def test_a_payment_in_the_night_session_settles_in_the_night(cips: Any) -> None:
    night = rows(cips.payments, reference="night")[0]
    assert (night["status"], beijing(night, "completed_at")) == ("SETTLED_GROSS", "02 18:00:30")


def test_what_is_too_large_for_the_funds_is_returned_when_the_day_ends(cips: Any) -> None:
    large = rows(cips.payments, reference="large")[0]
    assert (large["status"], beijing(large, "completed_at")) == ("RETURNED_CUT_OFF", "04 08:00:00")


def test_the_last_sweep_uses_the_weekend_window(cips: Any) -> None:
    last = rows(cips.obligations, kind="sweep", rail="HVPS")[-1]
    assert beijing(last) == "07 08:00:00"  # Saturday
    assert not rows(cips.events, event="sweep_postponed")


def test_both_legs_of_a_transfer_are_final_together(cips: Any) -> None:
    sequences: dict[int, list[str]] = {}
    for row in cips.obligations.to_pylist():
        if row["kind"] in ("funding", "sweep"):
            sequences.setdefault(row["sequence"], []).append(row["rail"])
    assert sequences
    assert all(sorted(rails) == ["CIPS", "HVPS"] for rails in sequences.values())


def test_a_dealer_keeps_its_spread_and_pays_the_rest_at_the_mid(tmp_path: Path) -> None:
    payments = "p,2026-03-02T10:00:00+08:00,Payer,Payee,5400.00,CNY\n"
    run = run_town(town(tmp_path, FX_TOWN, payments), tmp_path / "run")
    first, spread, second = run.obligations.to_pylist()
    assert (first["kind"], first["amount_minor"]) == ("payment", 539_460)
    assert (spread["kind"], spread["amount_minor"]) == ("spread", 540)
    assert first["sequence"] == spread["sequence"]
    assert (second["currency"], second["amount_minor"]) == ("SGD", 99_900)
    quote = run.fx.slice(second["fx_id"], 1).to_pylist()[0]
    assert (quote["dealer"], quote["source"], quote["target"]) == ("Dealer", "CNY", "SGD")
    assert Decimal(quote["mid_rate"]) == Decimal("0.185185185185")
    payment = run.payments.to_pylist()[0]
    assert (payment["amount_sent_minor"], payment["amount_received_minor"]) == (540_000, 99_900)
    assert (payment["currency_received"], payment["fee_minor"], payment["hops"]) == ("SGD", 540, 2)
    assert 60 <= (second["entered_at"] - first["settled_at"]).total_seconds() <= 180


def test_a_payment_that_ends_short_of_funds_abroad_comes_all_the_way_back(tmp_path: Path) -> None:
    payments = "p,2026-03-02T10:00:00+08:00,Payer,Payee,540000.00,CNY\n"  # 99,900 SGD; the dealer has 10,000
    run = run_town(town(tmp_path, FX_TOWN, payments), tmp_path / "run")
    payment = run.payments.to_pylist()[0]
    assert payment["status"] == "RETURNED_CUT_OFF"
    assert (payment["amount_received_minor"], payment["fee_minor"]) == (None, 0)
    back = rows(run.obligations, kind="return")[0]
    assert (back["debtor"], back["creditor"], back["amount_minor"]) == ("Dealer", "Payer", 54_000_000)
    # MEPS closes at 18:30, HVPS at 17:15: the money waits for the next morning.
    assert beijing(back) == "03 08:30:00"
    assert payment["completed_at"] == back["settled_at"]


def test_a_net_cycle_settles_a_ring_that_no_one_could_pay_alone(tmp_path: Path) -> None:
    payments = (
        "ab,2026-03-02T09:10:00+08:00,A,B,5000,SGD\n"
        "bc,2026-03-02T09:20:00+08:00,B,C,5000,SGD\n"
        "ca,2026-03-02T09:30:00+08:00,C,A,4950,SGD\n"
        "late,2026-03-02T16:30:00+08:00,A,B,1,SGD\n"
    )
    run = run_town(town(tmp_path, NET_TOWN, payments), tmp_path / "run")
    cycle = run.cycles.to_pylist()[0]
    assert cycle["time"].astimezone(BEIJING).hour == 11
    assert (cycle["settled_count"], cycle["settled_minor"], cycle["moved_minor"]) == (3, 1_495_000, 5_000)
    assert {row["status"] for row in rows(run.obligations, cycle_id=0)} == {"SETTLED_NET"}
    assert len({row["sequence"] for row in rows(run.obligations, cycle_id=0)}) == 1
    assert rows(run.payments, reference="late")[0]["status"] == "RETURNED_CLOSED"
    balance = {row["participant"]: row["closing_minor"] for row in run.accounts.to_pylist()}
    assert balance == {"A": 5_000, "B": 10_000, "C": 15_000}


def test_a_net_cycle_with_a_short_debtor_settles_nothing_and_returns_it_at_the_end(tmp_path: Path) -> None:
    payments = "ab,2026-03-02T09:10:00+08:00,A,B,5000,SGD\nbc,2026-03-02T09:20:00+08:00,B,C,10,SGD\n"
    run = run_town(town(tmp_path, NET_TOWN, payments), tmp_path / "run")
    assert {row["settled_count"] for row in run.cycles.to_pylist()} == {0}
    assert [row["status"] for row in run.payments.to_pylist()] == ["RETURNED_CUT_OFF"] * 2
    assert len(rows(run.events, event="cycle_failed")) == len(
        [n for n in run.cycles.to_pylist() if n["considered_count"]]
    )


def test_a_mechanism_frees_a_ring_at_its_time_and_releases_what_follows(tmp_path: Path) -> None:
    payments = (
        "ab,2026-03-02T09:10:00+08:00,A,B,120,SGD\n"
        "bc,2026-03-02T09:20:00+08:00,B,C,130,SGD\n"
        "ca,2026-03-02T09:35:00+08:00,C,A,110,SGD\n"
    )
    run = run_town(town(tmp_path, RING_TOWN, payments), tmp_path / "run")
    assert {row["status"] for row in run.payments.to_pylist()} == {"SETTLED_OFFSET"}
    assert {beijing(row) for row in run.obligations.to_pylist()} == {"02 09:40:00"}
    assert {row["sequence"] for row in run.obligations.to_pylist()} == {0}
    cycles = run.cycles.to_pylist()
    # 09:30 finds two payments that can't go; 09:40 frees all three; after that there is no queue to look at.
    assert [(row["considered_count"], row["settled_count"]) for row in cycles] == [(2, 0), (3, 3)]
    assert (cycles[1]["mechanism"], cycles[1]["moved_minor"]) == ("gridlock_resolution", 2_000)
    assert {row["participant"]: row["closing_minor"] for row in run.accounts.to_pylist()} == {
        "A": 9_000,
        "B": 4_000,
        "C": 4_000,
    }


def test_an_offset_at_entry_settles_two_opposite_payments_that_neither_can_pay(tmp_path: Path) -> None:
    text = RING_TOWN.replace(
        'mechanisms = [{ use = "gridlock_resolution", every = "30 min", times = ["09:40"] }]',
        'queue = "bypass"\nmechanisms = [{ use = "bilateral_offset", at = "entry", most = 2 }]',
    )
    payments = (
        "ab,2026-03-02T09:10:00+08:00,A,B,300,SGD\n"
        "ac,2026-03-02T09:11:00+08:00,A,C,280,SGD\n"
        "ab2,2026-03-02T09:12:00+08:00,A,B,150,SGD\n"
        "ba,2026-03-02T09:20:00+08:00,B,A,440,SGD\n"  # with ab alone B would lack 90; with ab2 as well it gains
    )
    run = run_town(town(tmp_path, text, payments), tmp_path / "run")
    status = {row["reference"]: row["status"] for row in run.payments.to_pylist()}
    assert status == {"ab": "SETTLED_OFFSET", "ab2": "SETTLED_OFFSET", "ba": "SETTLED_OFFSET", "ac": "RETURNED_CUT_OFF"}
    together = rows(run.obligations, status="SETTLED_OFFSET")
    assert {beijing(row) for row in together} == {"02 09:20:00"}
    assert len({row["sequence"] for row in together}) == 1
    assert audit(run.path).ok


TOWNS = {"cips": CIPS_TOWN, "fx": FX_TOWN, "net": NET_TOWN, "ring": RING_TOWN}


@pytest.mark.parametrize("text", TOWNS.values(), ids=TOWNS)
def test_tables_do_not_depend_on_batch_or_buffer_sizes_and_pass_the_audit(tmp_path: Path, text: str) -> None:
    who = ("A", "B", "SGD") if text in (NET_TOWN, RING_TOWN) else ("East", "West", "CNY")
    if text is FX_TOWN:
        who = ("Payer", "Payee", "CNY")
    day = dt.datetime(2026, 3, 2, 8, 0, tzinfo=BEIJING)
    payments = "".join(
        f"p{n},{(day + dt.timedelta(minutes=7 * n)).isoformat()},{who[n % 2 if text is not FX_TOWN else 0]},"
        f"{who[1 - n % 2 if text is not FX_TOWN else 1]},{40 + 13 * (n % 11)}.{n % 100:02d},{who[2]}\n"
        for n in range(120)
    )
    scenario = town(tmp_path, text, payments)
    one = run_town(scenario, tmp_path / "one")
    two = run_town(scenario, tmp_path / "two", sizes=Sizes(slots=2, log_rows=8), batch=7)
    for table in TABLES:
        assert (one.path / f"{table}.arrow").read_bytes() == (two.path / f"{table}.arrow").read_bytes(), table
    assert audit(one.path).ok


def test_python_gives_arrow_tables_and_a_seed_decides_them() -> None:
    run = simcore.run("fifo-day", set={"rails.RTGS.queue": "bypass"})
    assert isinstance(run.payments, pa.Table)
    assert run.manifest["scenario"]["rails"]["RTGS"]["queue"] == "bypass"


def test_another_seed_gives_other_payments(tmp_path: Path) -> None:
    digests = [
        simcore.run("chongqing-singapore", seed=seed, set={"scenario.days": 1}).manifest["tables"]["payments"]["sha256"]
        for seed in (65, 65, 66)
    ]
    assert digests[0] == digests[1] != digests[2]


def test_a_payment_without_a_way_is_named_and_leaves_no_directory(tmp_path: Path) -> None:
    scenario = town(tmp_path, CIPS_TOWN, "p,2026-03-02T09:00:00+08:00,East,CIPS-Co,1,CNY\n")
    text = scenario.read_text().replace(
        'CIPS-Co = { opening = "0 CNY", debit_limit', 'West-2 = { opening = "0 CNY", debit_limit'
    )
    assert text != scenario.read_text()
    fx = town(tmp_path / "fx", FX_TOWN, "p,2026-03-02T09:00:00+08:00,Payee,Payer,1,CNY\n")
    with pytest.raises(ScenarioError, match="Payee has no account on HVPS") as error:
        run_town(fx, tmp_path / "out")
    assert "payment p" in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fx", "payments.csv", "scenario.toml"]


def test_an_amount_that_outgrows_a_day_of_turnover_stops_the_run(tmp_path: Path) -> None:
    text = FX_TOWN.replace("rate = 5.4", "rate = 0.0000001").replace('"10 mn CNY"', '"20000 tn CNY"')
    scenario = town(tmp_path, text, "p,2026-03-02T10:00:00+08:00,Payer,Payee,20000000000000000,CNY\n")
    with pytest.raises(ScenarioError, match="LH090"):
        run_town(scenario, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_killed_run_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    scenario = town(tmp_path, CIPS_TOWN, "one,2026-03-02T09:00:00+08:00,East,West,3000000,CNY\n")
    command = [sys.executable, "-m", "simcore.cli", "run", str(scenario), "--out", str(tmp_path / "out"), "--quiet"]
    code = "import simcore.results.writer as w, time\nw.RunWriter.close_tables = lambda self: time.sleep(60)\n"
    code += f"import sys; sys.argv = {command[2:]!r}\nfrom simcore.cli import main\nmain()\n"
    child = subprocess.Popen([sys.executable, "-c", code])
    for _ in range(600):
        if any(path.name.startswith(".out") for path in tmp_path.iterdir()):
            break
        time.sleep(0.1)
    time.sleep(0.5)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not (tmp_path / "out").exists()
    run = run_town(scenario, tmp_path / "out")
    assert run.payments.num_rows == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
