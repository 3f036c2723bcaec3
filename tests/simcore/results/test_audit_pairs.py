"""The audit finds pairs of which one leg is final and the other isn't, or not at the same instant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import simcore
from simcore.results.audit import audit
from tests.simcore.engine.test_link import run as play
from tests.simcore.results.wrong import first, later_by_one, mend, messages, read, without

PAYMENTS = """
    02:00:00 HK-A TH-A 80 USD linked
    02:10:00 HK-A TH-A 80 USD linked
    02:20:00 HK-A HK-B 100 USD usd
    03:00:30 TH-B FX 1800 THB thb
    """


@pytest.fixture
def run(tmp_path: Path) -> Path:
    done: Any = play(tmp_path, PAYMENTS)
    return Path(done.path)


def test_pairs_hold(run: Path) -> None:
    assert audit(run).ok
    assert simcore.open_run(run).obligations.num_rows > 4


def test_legs_under_two_numbers_are_found(run: Path) -> None:
    """The second leg, and all after it, get the next number: the order of finality still holds."""
    rows = read(run, "obligations")
    at = first(rows, lambda row: row["hop"] == 1 and row["sequence"] is not None)
    mend(run, "obligations", later_by_one(rows, at))
    assert "final without the second leg of its pair" in messages(run)


def test_a_leg_that_is_missing_is_found(run: Path) -> None:
    """The second leg of a pair is taken out of the table."""
    rows = read(run, "obligations")
    at = first(rows, lambda row: row["hop"] == 1 and row["sequence"] is not None)
    mend(run, "obligations", without(rows, at))
    assert "final without the second leg of its pair" in messages(run)
