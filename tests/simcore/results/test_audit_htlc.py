"""The audit follows every lock to its end, and finds one that ends otherwise than it may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from simcore.results.audit import audit
from tests.simcore.engine.test_htlc_runs import run as play
from tests.simcore.results.test_audit import edited, first, mend, read

PAYMENTS = "02:00:00 HK-A TH-A 10 USD linked\n02:10:00 HK-B TH-B 20 USD linked"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    done: Any = play(tmp_path, PAYMENTS)
    return Path(done.path)


@pytest.fixture
def late(tmp_path: Path) -> Path:
    done: Any = play(tmp_path, PAYMENTS, 'routes.linked.hops.1.latency="5 h"')
    return Path(done.path)


def messages(run: Path) -> str:
    return "\n".join(line for proof in audit(run).proofs for line in proof.lines())


def test_locks_hold(run: Path, tmp_path: Path) -> None:
    assert audit(run).ok


def test_a_leg_that_is_final_but_not_out_of_its_lock_is_found(run: Path) -> None:
    rows = read(run, "obligations")
    at = first(rows, lambda row: row["kind"] == "payment")
    for k, sequence in enumerate(rows.column("sequence").to_pylist()):
        if k >= at and sequence is not None:
            rows = edited(rows, k, "sequence", sequence + 1)
    mend(run, "obligations", rows)
    assert "hop 0 is final, but not with the end of its lock" in messages(run)


def test_a_lock_that_never_was_is_found(run: Path) -> None:
    rows = read(run, "obligations")
    at = first(rows, lambda row: row["kind"] == "lock")
    mend(run, "obligations", pa.concat_tables([rows.slice(0, at), rows.slice(at + 1)]))
    assert "which isn't what was locked" in messages(run)


def test_a_late_claim_that_is_not_said_is_found(late: Path) -> None:
    """The row that says so is taken out: one leg is final, and the money of the other went back."""
    rows = read(late, "obligations")
    at = first(rows, lambda row: row["status"] == "CLAIMED_LATE")
    mend(late, "obligations", pa.concat_tables([rows.slice(0, at), rows.slice(at + 1)]))
    assert "one leg was claimed and the other went back, and no row says so" in messages(late)
