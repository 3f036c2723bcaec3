"""The audit finds legs of a shared ledger that aren't final together, and limits that were passed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import simcore
from simcore.results.audit import audit
from tests.simcore.results.test_audit import edited, first, mend, read


@pytest.fixture
def run(tmp_path: Path) -> Path:
    simcore.run("mbridge-thailand", out=tmp_path / "run", set=["scenario.days=12"])
    return tmp_path / "run"


def messages(run: Path) -> str:
    return "\n".join(line for proof in audit(run).proofs for line in proof.lines())


def test_legs_with_two_numbers_of_finality_are_found(run: Path) -> None:
    """The second leg of an exchange, and all after it, get the next number: every other proof still holds."""
    assert audit(run).ok
    rows = read(run, "obligations")
    at = first(rows, lambda row: row["kind"] == "payment" and row["hop"] == 1 and row["sequence"] is not None)
    for k, sequence in enumerate(rows.column("sequence").to_pylist()):
        if k >= at and sequence is not None:
            rows = edited(rows, k, "sequence", sequence + 1)
    mend(run, "obligations", rows)
    assert not audit(run).ok
    assert "on the same ledger, aren't final together" in messages(run)


@pytest.mark.parametrize(
    ("key", "limit", "words"),
    [("most_amount", "1,000.00 CNY", "settled outside the bounds of E-CNY"),
     ("balance_limit", "40,000,000.00 CNY", "above the balance limit of E-CNY")],
)  # fmt: skip
def test_limits_that_were_passed_are_found(run: Path, key: str, limit: str, words: str) -> None:
    """The run had no limit; the scenario that its accounts carry is given one."""
    rows = read(run, "accounts")
    metadata = rows.schema.metadata
    scenario = json.loads(metadata[b"luhai.scenario"])
    scenario["rails"]["E-CNY"][key] = limit
    mend(run, "accounts", rows.replace_schema_metadata({**metadata, b"luhai.scenario": json.dumps(scenario).encode()}))
    assert not audit(run).ok
    assert words in messages(run)
