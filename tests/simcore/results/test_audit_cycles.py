"""The audit makes every row of cycles anew from the obligations that it settled, and finds rows that say otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.test_batches import played
from tests.simcore.results.wrong import edited, mend, messages, read


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A batch at 10:00 of 4 to and 3 back, another at 17:00 of 1; a payment of 8 settles alone."""
    return Path(played(tmp_path, """
        small  09:00  A  B  4
        back   09:05  B  A  3
        large  09:10  A  C  8
        late   16:00  C  A  1
    """).path)  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("settled_count", 3, "says 3 obligations, CNY 7,000,000.00, moved by CNY 1,000,000.00; its obligations: 2"),
        ("settled_minor", 1, "says 2 obligations, CNY 0.01"),
        ("moved_minor", 700_000_000, "moved by CNY 7,000,000.00; its obligations: 2 obligations, CNY 7,000,000.00, "
                                     "moved by CNY 1,000,000.00"),
        ("cycle_id", 1, "cycles row 0: cycle_id is 1"),
        ("rail", "HVPS", "no row of cycles with cycle_id 0, its rail"),
    ],
)  # fmt: skip
def test_a_row_of_cycles_that_its_obligations_do_not_make_is_found(
    run: Path, column: str, value: Any, words: str
) -> None:
    rows = read(run, "cycles")
    if column == "rail":
        rows = renamed(rows, value)
    mend(run, "cycles", edited(rows, 0, column, value))
    assert not audit(run).ok
    assert words in messages(run)


def renamed(rows: Any, name: str) -> Any:
    """The table with another word in its dictionary of rails, so that a row can have it."""
    import pyarrow as pa

    at = rows.schema.get_field_index("rail")
    values = pa.DictionaryArray.from_arrays(
        rows.column(at).chunk(0).indices, pa.array([*rows.column(at).chunk(0).dictionary.to_pylist(), name])
    )
    return rows.set_column(at, rows.schema.field(at), values)


def test_an_obligation_in_another_cycle_is_found(run: Path) -> None:
    rows = read(run, "obligations")
    at = rows.column("cycle_id").to_pylist().index(0)
    mend(run, "obligations", edited(rows, at, "cycle_id", 1))
    assert not audit(run).ok
    assert f"obligations row {at}: no row of cycles with cycle_id 1, its rail and its time of settlement" in messages(
        run
    )
