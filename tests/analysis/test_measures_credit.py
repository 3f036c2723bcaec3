"""Measures of central banks' credit against small days that are worked by hand, and against how runs are cut."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from analysis.measures import cells
from analysis.tables import open_tables
from tests.simcore.engine.test_intraday_credit import MN, ONLY_OUT, OUT, given

NAMES = ["intraday_credit_peak", "intraday_credit_mean", "credit_charge", "overnight_credit"]


def values(run: Path, by: str = "run") -> dict[tuple[str, str], int | Fraction | None]:
    return {(cell.measure, cell.group): cell.value for cell in cells(open_tables(run), NAMES, by)}


def test_a_repo_is_used_from_drawing_to_closing(tmp_path: Path) -> None:
    """40 mn are drawn at 10:30 of one of two days of 8 hours: 6.5 of 16 hours, at 36 bp for 108.33."""
    credit = 'form = "repo", draw = "on_demand", draw_every = "30 min", rate = "36 bp"'
    found = values(given(tmp_path, credit).path)
    assert found == {
        ("intraday_credit_peak", ""): 40 * MN,
        ("intraday_credit_mean", ""): Fraction(40 * MN * 13, 32),
        ("credit_charge", ""): 10_833,
    }


def test_an_overdraft_is_used_while_the_account_is_below_its_own_limit(tmp_path: Path) -> None:
    """C is at -40 mn from 10:01 to 15:00; with 15 mn of its own limit 25 mn of that are the central bank's."""
    own = ('"20 mn SGD", collateral', '"20 mn SGD", debit_limit = "15 mn SGD", collateral')
    for change, credit in ((("", ""), 40 * MN), (own, 25 * MN)):
        found = values(given(tmp_path / str(credit), 'form = "overdraft"', change=change).path)
        assert found["intraday_credit_peak", ""] == credit
        assert found["intraday_credit_mean", ""] == Fraction(credit * 299, 960)


def test_what_is_owed_overnight_is_no_intraday_credit(tmp_path: Path) -> None:
    found = values(given(tmp_path, 'form = "overdraft"', ONLY_OUT).path)
    assert found["overnight_credit", ""] == 40 * MN
    assert found["intraday_credit_mean", ""] == Fraction(40 * MN * 419, 960)


@pytest.mark.parametrize("credit", ['form = "repo", rate = "36 bp"', 'form = "overdraft", rate = "36 bp"'])
def test_parts_are_what_the_whole_is_made_of(tmp_path: Path, credit: str) -> None:
    run = given(tmp_path, credit, ONLY_OUT).path
    whole = values(run)
    for by, groups in (("rail", {"RTGS"}), ("participant", {"C"}), ("currency", {"SGD"})):
        parts = values(run, by)
        assert {group for _, group in parts} == groups
        assert {name: value for (name, _), value in parts.items()} == {
            name: value for (name, _), value in whole.items()
        }
    days = values(run, "day")
    for name in ("intraday_credit_peak", "credit_charge", "overnight_credit"):
        assert sum(value or 0 for (each, _), value in days.items() if each == name) == whole.get((name, ""), 0)
    mean = sum(value or 0 for (each, _), value in days.items() if each == "intraday_credit_mean")
    assert mean == 2 * (whole["intraday_credit_mean", ""] or 0)  # two days of the same length


@pytest.mark.parametrize(("form", "days"), [("overdraft", [40 * MN, 0]), ("repo", [90 * MN, 50 * MN])])
def test_credit_that_an_outage_carries_into_the_next_day_counts_once(
    tmp_path: Path, form: str, days: list[int]
) -> None:
    """C lacks 40 mn when the rail goes out at 16:00; at 10:00 on Tuesday they become an overnight loan.

    A repo of 90 mn is then paid back and drawn anew, 50 mn: what the collateral is still free for. Tuesday's lowest
    balance is still Monday's -40 mn, though nothing was drawn on Tuesday.
    """
    run = given(tmp_path, f'form = "{form}", haircut = "10 %"', ONLY_OUT,
                ("[flows.day]\n", OUT.replace("UNTIL", "10:00+1"))).path  # fmt: skip
    by_day = values(run, "day")
    assert [by_day["intraday_credit_peak", f"2026-03-0{day}"] for day in (2, 3)] == days
    assert values(run)["intraday_credit_peak", ""] == sum(days)
