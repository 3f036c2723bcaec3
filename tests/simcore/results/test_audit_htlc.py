"""The audit follows every lock to its end, and finds one that ends otherwise than it may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.test_htlc_runs import run as play
from tests.simcore.results.wrong import first, later_by_one, mend, messages, read, without

PAYMENTS = "02:00:00 HK-A TH-A 10 USD linked\n02:10:00 HK-B TH-B 20 USD linked"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    done: Any = play(tmp_path, PAYMENTS)
    return Path(done.path)


@pytest.fixture
def late(tmp_path: Path) -> Path:
    done: Any = play(tmp_path, PAYMENTS, 'routes.linked.hops.1.latency="5 h"')
    return Path(done.path)


def test_locks_hold(run: Path, tmp_path: Path) -> None:
    assert audit(run).ok


def test_a_leg_that_is_final_but_not_out_of_its_lock_is_found(run: Path) -> None:
    rows = read(run, "obligations")
    at = first(rows, lambda row: row["kind"] == "payment")
    mend(run, "obligations", later_by_one(rows, at))
    assert "hop 0 is final, but not with the end of its lock" in messages(run)


def test_a_lock_that_never_was_is_found(run: Path) -> None:
    rows = read(run, "obligations")
    at = first(rows, lambda row: row["kind"] == "lock")
    mend(run, "obligations", without(rows, at))
    assert "which isn't what was locked" in messages(run)


def test_a_late_claim_that_is_not_said_is_found(late: Path) -> None:
    """The row that says so is taken out: one leg is final, and the money of the other went back."""
    rows = read(late, "obligations")
    at = first(rows, lambda row: row["status"] == "CLAIMED_LATE")
    mend(late, "obligations", without(rows, at))
    assert "one leg was claimed and the other went back, and no row says so" in messages(late)
