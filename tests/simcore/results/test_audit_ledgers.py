"""The audit finds legs of a shared ledger that aren't final together, and limits that were passed."""

from __future__ import annotations

from pathlib import Path

import pytest

import simcore
from simcore.results.audit import audit
from tests.simcore.results.wrong import first, later_by_one, mend, messages, read, with_scenario


@pytest.fixture
def run(tmp_path: Path) -> Path:
    simcore.run("mbridge-thailand", out=tmp_path / "run", set=["scenario.days=12"])
    return tmp_path / "run"


def test_legs_with_two_numbers_of_finality_are_found(run: Path) -> None:
    """The second leg of an exchange, and all after it, get the next number: every other proof still holds."""
    assert audit(run).ok
    rows = read(run, "obligations")
    at = first(rows, lambda row: row["kind"] == "payment" and row["hop"] == 1 and row["sequence"] is not None)
    mend(run, "obligations", later_by_one(rows, at))
    assert not audit(run).ok
    assert "on the same ledger, aren't final together" in messages(run)


@pytest.mark.parametrize(
    ("key", "limit", "words"),
    [("most_amount", "1,000.00 CNY", "settled outside the bounds of E-CNY"),
     ("balance_limit", "40,000,000.00 CNY", "above the balance limit of E-CNY")],
)  # fmt: skip
def test_limits_that_were_passed_are_found(run: Path, key: str, limit: str, words: str) -> None:
    """The run had no limit; the scenario that its accounts carry is given one."""
    with_scenario(run, lambda scenario: scenario["rails"]["E-CNY"].update({key: limit}))
    assert not audit(run).ok
    assert words in messages(run)
