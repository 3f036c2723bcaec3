"""Wrong tables for audits to find: a value, a row or the scenario of a run changed, under digests that fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from simcore.results.audit import audit
from simcore.results.provenance import read_manifest, write_manifest

SCENARIO = b"luhai.scenario"


def read(run: Path, table: str) -> pa.Table:
    with pa.OSFile(str(run / f"{table}.arrow")) as source:
        return pa.ipc.open_file(source).read_all()


def mend(run: Path, table: str, rows: pa.Table) -> None:
    """Write other rows, and make digest and run document fit them."""
    path = run / f"{table}.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=65_536)
    manifest = read_manifest(run)
    data = path.read_bytes()
    manifest["tables"][table] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "rows": rows.num_rows}
    write_manifest(run, manifest)


def edited(rows: pa.Table, row: int, column: str, value: Any) -> pa.Table:
    """The same table with one value changed; names are looked up in the column's dictionary."""
    at = rows.schema.get_field_index(column)
    kind = rows.schema.field(at).type
    values = rows.column(at).to_pylist()
    values[row] = value(values[row]) if callable(value) else value
    if pa.types.is_dictionary(kind):
        dictionary = rows.column(at).chunk(0).dictionary
        places = [dictionary.index(one).as_py() for one in values]
        changed: Any = pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), dictionary)
    else:
        changed = pa.array(values, kind)
    return rows.set_column(at, rows.schema.field(at), changed)


def first(rows: pa.Table, wanted: Callable[[dict[str, Any]], bool]) -> int:
    """The first row that is as wanted."""
    return next(at for at, row in enumerate(rows.to_pylist()) if wanted(row))


def without(rows: pa.Table, at: int) -> pa.Table:
    """The table without one of its rows."""
    return pa.concat_tables([rows.slice(0, at), rows.slice(at + 1)])


def later_by_one(rows: pa.Table, at: int) -> pa.Table:
    """Obligations of which one, and all that is final after it, have the next number of finality: the order holds."""
    for k, sequence in enumerate(rows.column("sequence").to_pylist()):
        if k >= at and sequence is not None:
            rows = edited(rows, k, "sequence", sequence + 1)
    return rows


def with_scenario(run: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Let the table of accounts say that the run was of another scenario."""
    rows = read(run, "accounts")
    scenario = json.loads(rows.schema.metadata[SCENARIO])
    change(scenario)
    metadata = {**rows.schema.metadata, SCENARIO: json.dumps(scenario).encode()}
    mend(run, "accounts", rows.replace_schema_metadata(metadata))


def messages(run: Path) -> str:
    """All that the audit says."""
    return "\n".join(line for proof in audit(run).proofs for line in proof.lines())
