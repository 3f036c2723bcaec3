"""The audit recomputes the risk tests of a CLS-type system by itself, and finds what would not pass."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from simcore.results.audit import audit, audit_tables
from simcore.results.schema import TABLES
from tests.simcore.engine.test_cls_runs import TRADES
from tests.simcore.engine.test_cls_runs import run as play

SCENARIO = b"luhai.scenario"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    done: Any = play(tmp_path, TRADES)
    return Path(done.path)


def with_terms(run: Path, change: Callable[[dict[str, Any]], None]) -> str:
    """What the audit says of the same tables if the scenario that they carry had other terms."""
    for table in TABLES:
        path = run / f"{table}.arrow"
        with pa.OSFile(str(path)) as source:
            rows = pa.ipc.open_file(source).read_all()
        metadata = dict(rows.schema.metadata)
        scenario = json.loads(metadata[SCENARIO])
        change(scenario["pvp"]["CLS"])
        rows = rows.replace_schema_metadata({**metadata, SCENARIO: json.dumps(scenario).encode()})
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
            writer.write_table(rows)
    return "\n".join(line for proof in audit_tables(run).proofs for line in proof.lines())


def test_a_day_holds(run: Path) -> None:
    assert audit(run).ok


def test_the_same_tables_under_the_same_terms_hold(run: Path) -> None:
    assert "is worth" not in with_terms(run, lambda terms: None)


def test_a_member_that_is_worth_less_than_nothing_is_found(run: Path) -> None:
    """At 26 % A, with USD -360, EUR 200 and JPY 20,000, is worth -453.60 + 296 + 148, each rounded against it."""
    assert "A is worth -963 after haircuts" in with_terms(run, lambda terms: terms.update(haircut="26 %"))


def test_a_member_that_is_short_of_more_than_its_limit_is_found(run: Path) -> None:
    """B is short of EUR 180 at most, worth USD 360, and A of USD 360."""
    said = with_terms(run, lambda terms: terms.update(aggregate_limits={"A": "359.99 USD"}))
    assert "A is short 36000 in all, its limit is 35999" in said
    assert "B is short" not in said
