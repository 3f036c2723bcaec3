"""Runs side by side: pairing, differences, what is printed and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from analysis.compare import compare
from analysis.compare_command import tex
from analysis.compare_text import differences
from analysis.paired import Outcomes, difference, outcomes, require_pair
from analysis.tables import open_tables
from simcore.cli import status
from simcore.errors import ScenarioError
from tests.analysis.made import make_run


def test_a_difference_is_that_of_the_values_and_lies_in_its_interval(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / f"r{share}", payments=80, settled=share, seed=3) for share in (0.5, 0.9)]
    first, other = (outcomes(open_tables(run)) for run in runs)
    found = difference(first, other, "settlement_rate_count")
    assert found is not None
    value, low, high = found
    assert value == pytest.approx(other.settled.mean() - first.settled.mean())
    assert low is not None
    assert high is not None
    assert 0 < low <= value <= high
    assert difference(first, first, "within_hour") == (0, 0, 0)
    assert difference(first, other, "mean_time") == difference(first, other, "mean_time")


def test_payments_of_one_hour_have_a_difference_and_no_interval() -> None:
    demand = {"initiated_at": np.arange(4, dtype=np.int64), "payment_id": np.arange(4)}
    runs = [
        Outcomes(demand, np.array(settled), np.zeros(4, np.int64)) for settled in ([True] * 2 + [False] * 2, [True] * 4)
    ]
    assert difference(*runs, "settlement_rate_count") == (0.5, None, None)
    row = {"run": "b", "measure": "settlement_rate_count_difference", "value": 0.5, "low": None, "high": None}
    names = [(name, pa.string()) for name in ("run", "measure")]
    table = pa.Table.from_pylist([row], pa.schema(names + [(name, pa.float64()) for name in ("value", "low", "high")]))
    assert differences(table) == ["b: settled +50.00 points (no interval: all payments begin in one hour)"]


def test_runs_that_differ_in_flow_only_cannot_be_paired() -> None:
    column = {"payment_id": np.arange(2), "flow": np.array(["imports", "imports"])}
    nothing = np.zeros(2, np.bool_), np.zeros(2, np.int64)
    first, other = Outcomes(column, *nothing), Outcomes(column | {"flow": np.array(["imports", "exports"])}, *nothing)
    require_pair(first, first, ("a", "a"))
    with pytest.raises(ScenarioError, match="flow differs in 1 payments, first in payment 1"):
        require_pair(first, other, ("a", "b"))


def test_other_payments_cannot_be_paired(tmp_path: Path) -> None:
    runs = [
        ("a", open_tables(make_run(tmp_path / "a"))),
        ("b", open_tables(make_run(tmp_path / "b", seed=2, manifest={"scenario": {"rails": {}}}))),
    ]
    with pytest.raises(ScenarioError, match="LH088"):
        compare(runs)
    runs[1] = ("c", open_tables(make_run(tmp_path / "c", payments=7, manifest={"scenario": {"rails": {}}})))
    with pytest.raises(ScenarioError, match="7 payments against 40"):
        compare(runs)


def test_empty_runs_compare_to_nothing(tmp_path: Path) -> None:
    runs = [(name, open_tables(make_run(tmp_path / name, payments=0, grid=False))) for name in "ab"]
    assert compare(runs).num_rows == 0


def test_latex_escapes_names() -> None:
    assert r"a\_b & all & x & 5 \%" in tex([["run", "route", "money", "share"], ["a_b", "all", "x", "5 %"]])


def test_two_queue_rules_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for rule in ("fifo", "bypass"):
        out = str(tmp_path / rule)
        assert (
            status(["run", "fifo-day", "--quiet", "--seed", "65", "--out", out, "--set", f"rails.RTGS.queue={rule}"])
            == 0
        )
    capsys.readouterr()
    runs = [str(tmp_path / rule) for rule in ("fifo", "bypass")]
    assert status(["compare", *runs, "--out", str(tmp_path / "table.csv")]) == 0
    said = capsys.readouterr().out
    assert "Differences to" in said
    assert "mean" in said
    assert (tmp_path / "table.csv").read_text().startswith('"run","route","part","currency","measure"')
    assert status(["compare", *runs, "--out", "table.doc"]) == 2
    assert status(["compare", str(tmp_path)]) == 2
    assert status(["run", "fifo-day", "--quiet", "--seed", "65", "--out", str(tmp_path / "other"), "--set",
                   "flows.day.purpose=other"]) == 0  # fmt: skip
    assert status(["compare", runs[0], str(tmp_path / "other")]) == 0  # a purpose changes nothing that is paid
