"""What ``luhai measures`` prints: every unit in words, one row a cell, liquidity against its bounds."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv

from analysis.measure_list import MEASURES
from analysis.measures import Cell, measure
from analysis.measures_command import against_bounds, shown
from analysis.tables import open_tables
from simcore import cli
from tests.analysis.made import HOUR, MIDNIGHT, make_run
from tests.analysis.test_bounds import Owed, write


@pytest.mark.parametrize(
    ("measure", "value", "currency", "text"),
    [
        ("settled_count", 12345, "CNY", "12,345 payments"),
        ("settled_value", 12345, "CNY", "CNY 123.45"),
        ("settled_value", 12345, "JPY", "JPY 12,345"),
        ("settled_value", 12345, "", " 12,345"),
        ("within_hour", Fraction(1, 8), "CNY", "12.50 %"),
        ("mean_time", Fraction(90), "CNY", "1.50 min"),
        ("cost_bp", Fraction(5, 2), "CNY", "2.50 bp"),
        ("turnover", Fraction(5, 2), "CNY", "2.50"),
        ("principal_at_risk", Fraction(360_000), "CNY", "CNY 1.00 × hours"),
        ("turnover", None, "CNY", "-"),
    ],
)
def test_a_value_is_shown_in_its_unit(measure: str, value: int | Fraction | None, currency: str, text: str) -> None:
    assert shown(Cell(measure, "", currency, value)) == text


def test_all_measures_and_the_bounds_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", payments=60)
    assert cli.status(["measures", str(run), "--out", str(tmp_path / "m.csv")]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = measure(open_tables(run))
    assert [line.split()[0] for line in lines[1 : 1 + table.num_rows]] == table.column("measure").to_pylist()
    assert lines[-1].strip().startswith("RTGS: CNY ")
    assert csv.read_csv(tmp_path / "m.csv").column("measure").to_pylist() == table.column("measure").to_pylist()
    assert cli.status(["measures", str(run), "settled_value", "--by", "route", "--out", str(tmp_path / "m.arrow")]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["measure", "route", "money", "value"]
    with pa.memory_map(str(tmp_path / "m.arrow")) as source:
        assert pa.ipc.open_file(source).read_all().column("group").to_pylist() == ["fast", "slow"]


@pytest.mark.parametrize(
    "wrong",
    [["speed"], ["liquidity_used", "--by", "route"], ["--by", "planet"], ["--out", "m.tex"], ["--out", "no/m.csv"]],
)
def test_wrong_calls_say_so(wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
                            monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    run = make_run(tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    assert cli.status(["measures", str(run), *wrong]) == 2
    assert capsys.readouterr().out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_distance_to_the_best_is_said_in_a_sentence(tmp_path: Path) -> None:
    at = [MIDNIGHT + (9 + k) * HOUR for k in range(3)]
    owed = [Owed(0, "A", "B", 10000, at[0], at[1], 1), Owed(0, "B", "A", 6000, at[1], at[0], 0),
            Owed(1, "A", "B", 500, at[0], at[0], 2)]  # fmt: skip
    assert against_bounds(open_tables(write(tmp_path / "run", owed))) == [
        "SG: SGD 5.00 at best, SGD 5.00 used, 0.0 % above it, SGD 5.00 at once; the bounds meet",
        "SH: CNY 40.00 at best, CNY 100.00 used, 150.0 % above it, CNY 100.00 at once; level 1.00",
    ]
    assert set(MEASURES) >= {"liquidity_level", "netting_possible"}
