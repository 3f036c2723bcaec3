"""The figures in the README of pvp-coverage are those of its runs; risk falls with coverage, on the same payments."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from tests.scenarios.figures import asked, minutes, within_hour

README = Path(__file__).parents[2] / "scenarios" / "catalogue" / "pvp-coverage" / "README.md"
COVERAGE = (0, 25, 50, 75, 100)


def changes(coverage: int) -> list[str]:
    return [
        f'corridors.{way}.routes={{ {way}-linked = "{coverage} %", {way}-apart = "{100 - coverage} %" }}'
        for way in ("baht", "dollars")
    ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Any]:
    folder = tmp_path_factory.mktemp("pvp-coverage")
    return {each: simcore.run("pvp-coverage", out=folder / str(each), set=changes(each)) for each in COVERAGE}


def risk(run: Any) -> dict[str, float]:
    """``USD`` and ``USD peak``: millions × hours at risk, and millions at the highest instant; so for THB."""
    found = {"USD": 0.0, "THB": 0.0, "USD peak": 0.0, "THB peak": 0.0}
    for cell in cells(open_tables(run.path), ["principal_at_risk", "principal_at_risk_peak"]):
        peak = cell.measure.endswith("peak")
        found[cell.currency + " peak" * peak] = float(cell.value or 0) / 1e8 / (1 if peak else 3600)
    return found


def row(coverage: int, run: Any) -> str:
    payments = run.payments.to_pylist()
    linked = sum(each["route"].endswith("-linked") for each in payments)
    left = risk(run)
    took = [minutes(each) for each in payments if each["status"] == "SETTLED_GROSS"]
    returned = sum(each["status"].startswith("RETURNED") for each in payments)
    cells_ = [f"{coverage} %", str(linked)]
    for currency in ("USD", "THB"):
        cells_ += [f"{left[currency]:,.0f} mn × h", f"{left[currency + ' peak']:,.1f} mn"]
    cells_ += [str(len(took)), str(returned), f"{within_hour(took, len(payments)):.1f} %"]
    return f"| {' | '.join(cells_)} |"


def test_the_figures_are_those_of_runs(runs: dict[int, Any]) -> None:
    text = README.read_text(encoding="utf-8")
    for coverage, run in runs.items():
        command = " ".join(f"--set '{each}'" for each in changes(coverage))
        assert f"luhai run pvp-coverage {command} --out runs/{coverage}" in text
        assert row(coverage, run) in text, row(coverage, run)
    half, none = risk(runs[50]), risk(runs[0])
    for currency, words in (("USD", "{} per cent of the dollars' risk"), ("THB", "{} per cent of the baht's")):
        assert words.format(round(100 * half[currency] / none[currency])) in text.replace("\n  ", " ")


def test_the_same_payments_were_asked_for_and_coverage_is_nested(runs: dict[int, Any]) -> None:
    assert len({asked(run) for run in runs.values()}) == 1
    tables = [run.payments.to_pylist() for run in runs.values()]
    linked = [{each["payment_id"] for each in one if each["route"].endswith("-linked")} for one in tables]
    assert all(less <= more for less, more in pairwise(linked))


def test_risk_is_positive_without_the_link_falls_with_it_and_is_zero_where_all_go_over_it(runs: dict[int, Any]) -> None:
    left = [risk(runs[coverage]) for coverage in COVERAGE]
    for currency in ("USD", "THB"):
        values = [each[currency] for each in left]
        assert all(before > after for before, after in pairwise(values))
        assert values[-1] == left[-1][currency + " peak"] == 0


def test_what_comes_back_at_full_coverage_is_that_of_a_holiday_in_thailand(runs: dict[int, Any]) -> None:
    back = [each for each in runs[100].payments.to_pylist() if each["status"].startswith("RETURNED")]
    assert {(each["route"], each["status"], each["initiated_at"].date()) for each in back} == {
        ("baht-linked", "RETURNED_CUT_OFF", dt.date(2026, 3, 3))
    }
    moved = {each["payment_id"] for each in runs[100].obligations.to_pylist() if each["sequence"] is not None}
    assert not moved & {each["payment_id"] for each in back}
