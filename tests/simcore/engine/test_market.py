"""The currency market in whole runs: when quotes step, and what the tables then hold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa

from simcore.engine.conductor import Sizes
from simcore.results.audit import audit
from simcore.results.schema import TABLES
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


def rows(table: pa.Table, **where: Any) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in where.items())]


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


def test_no_table_depends_on_the_sizes_of_buffers(tmp_path: Path) -> None:
    path = town(tmp_path, BOTH, "".join(PAYMENT.replace("p,", f"{k},") for k in range(40)))
    run_town(path, tmp_path / "a")
    run_town(path, tmp_path / "b", sizes=Sizes(slots=2, log_rows=20))
    for name in TABLES:
        assert (tmp_path / "a" / f"{name}.arrow").read_bytes() == (tmp_path / "b" / f"{name}.arrow").read_bytes(), name
