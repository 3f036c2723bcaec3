"""Result tables as numpy arrays, one record batch at a time, for the audit: ids become small integers, nulls -1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simcore.errors import ScenarioError
from simcore.results.ahead import ahead
from simcore.results.schema import ALL_TABLES, CUSTOMER, KINDS, STATUSES, arrow_schema, columns_of

NO_TIME: Final = 2**63 - 1
Batch = dict[str, Any]
"""Column → numpy array (n,); "row" is the number of each row in its table, from 0."""

_DOMAIN: Final = {
    "debtor": "participant", "creditor": "participant", "dealer": "participant", "bank": "operator",
    "currency_sent": "currency", "currency_received": "currency", "source": "currency", "target": "currency",
}  # fmt: skip


class Words:
    """One number per name, the same in every table, though each file has a dictionary of its own."""

    def __init__(self, statuses: Mapping[int, str] = STATUSES, kinds: Mapping[int, str] = KINDS) -> None:
        self._codes: dict[str, dict[str, int]] = {
            "status": {name: code for code, name in statuses.items()},
            "kind": {name: code for code, name in kinds.items()},
        }
        self._names: dict[str, dict[int, str]] = {"status": dict(statuses), "kind": dict(kinds)}

    def code(self, column: str, name: str) -> int:
        """The number of a name; new ones get the next number, but statuses and kinds are those of the schema."""
        domain = _DOMAIN.get(column, column)
        codes = self._codes.setdefault(domain, {})
        if name not in codes:
            if domain in ("status", "kind"):
                raise ValueError(f"{name!r} is no {domain}")
            codes[name] = len(codes)
            self._names.setdefault(domain, {})[codes[name]] = name
        return codes[name]

    def name(self, column: str, code: int) -> str:
        """The name behind a number."""
        return self._names[_DOMAIN.get(column, column)].get(int(code), "none")

    def count(self, domain: str) -> int:
        """How many names a domain has so far."""
        return len(self._codes.get(domain, ()))


class TableReader:
    """Reads chosen columns of one table.

    Raises
    ------
    ScenarioError   LH085: not an Arrow file, or other columns than the schema has
    """

    def __init__(self, folder: Path, table: str, columns: tuple[str, ...], words: Words) -> None:
        self.path = folder / f"{table}.arrow"
        self.table = table
        expected = arrow_schema(table)
        self._columns = [column for column in ALL_TABLES[table] if column.name in columns]
        customers = table == "payments" and CUSTOMER.name in columns
        self._words = words
        self._meaning: dict[str, NDArray[Any]] = {}
        try:
            # Read, not mapped: pages of a map would count as memory that grows with the number of payments.
            source = pa.OSFile(str(self.path))
            found = pa.ipc.open_file(source).schema
            if customers and CUSTOMER.name in found.names:
                expected = arrow_schema(table, columns_of(table, True))
                self._columns.append(CUSTOMER)
            self._nullable = {column.name: column.nullable for column in self._columns}
            fields = [expected.get_field_index(column.name) for column in self._columns]
            self._reader = pa.ipc.open_file(
                source, options=pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
            )
        except (OSError, ValueError) as error:
            raise self._fault(f"no Arrow file: {error}") from None
        self._metadata: dict[bytes, bytes] = found.metadata or {}
        if not found.equals(expected):
            raise self._fault(f"columns {', '.join(f'{one.name} {one.type}' for one in found)}")

    def _fault(self, got: str) -> ScenarioError:
        return ScenarioError.one("LH085", str(self.path), got=got, expected=f"the table {self.table} of this schema")

    def scenario(self) -> dict[str, Any]:
        """The resolved scenario that the table carries; empty where no run of a scenario wrote it."""
        try:
            found = json.loads(self._metadata.get(b"luhai.scenario", b"{}"))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def batches(self) -> Iterator[Batch]:
        """Every record batch, in order."""
        start, count = 0, self._reader.num_record_batches
        # Unpacked in another thread; names are numbered in this one, in the order of the rows.
        unpacked = ahead(self._reader.get_batch(index) for index in range(count))
        for index in range(count):
            try:
                arrow = next(unpacked)
                batch = {column.name: self._values(arrow, column.name, column.kind) for column in self._columns}
            except (OSError, ValueError, IndexError) as error:
                raise self._fault(f"record batch {index} that can't be read: {error}") from None
            batch["row"] = np.arange(start, start + arrow.num_rows)
            start += arrow.num_rows
            if arrow.num_rows:
                yield batch

    def whole(self) -> Batch:
        """All rows at once, for tables that stay small."""
        parts = list(self.batches())
        if not parts:
            return {name: np.zeros(0, np.int64) for name in [*(column.name for column in self._columns), "row"]}
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _values(self, batch: pa.RecordBatch, name: str, kind: str) -> NDArray[Any]:
        array = batch.column(batch.schema.get_field_index(name))
        if kind == "id":
            if not array.null_count:
                return self._coded(name, array)
            if not self._nullable[name]:
                raise ValueError(f"{name} has nulls")
            present = array.is_valid().to_numpy(zero_copy_only=False)
            if not present.any():  # then the dictionary is empty
                return np.full(len(array), -1, np.int32)
            return np.where(present, self._coded(name, array), np.int32(-1))
        if kind == "text":
            return np.array(array.to_pylist(), object)
        types: dict[str, Any] = {"small": np.int8, "day": np.int32}
        numpy_type = types.get(kind, np.int64)
        values = np.frombuffer(array.buffers()[1], numpy_type)[array.offset : array.offset + len(array)]
        if array.null_count:
            nothing = NO_TIME if kind == "time" else -1
            if name == "debit_limit_minor":
                nothing = NO_TIME
            values = np.where(array.is_valid().to_numpy(zero_copy_only=False), values, numpy_type(nothing))
        return values

    def _coded(self, name: str, array: pa.DictionaryArray) -> NDArray[np.int32]:
        indices = np.frombuffer(array.indices.buffers()[1], np.int32)[array.offset : array.offset + len(array)]
        meaning = self._meaning.get(name)
        if meaning is None:
            # The file format has one dictionary per column for the whole file.
            texts = array.dictionary.to_pylist()
            meaning = np.array([self._words.code(name, text) for text in texts], dtype=np.int32)
            self._meaning[name] = meaning
        if indices.size and int(indices.view(np.uint32).max()) >= meaning.size:
            raise IndexError(f"{name} has an index outside its dictionary")
        return meaning[indices]


class _Chosen(Batch):
    """Some rows of a batch; a column is taken out of it when it is first asked for."""

    def __init__(self, batch: Batch, at: NDArray[Any]) -> None:
        super().__init__()
        self.batch, self.at = batch, at

    def __missing__(self, name: str) -> NDArray[Any]:
        self[name] = self.batch[name][self.at]
        return self[name]


def pick(batch: Batch, mask: NDArray[np.bool_]) -> Batch:
    """These rows, to look at: columns can be asked for, not listed."""
    at = np.flatnonzero(mask)
    # Of chosen rows each is taken once, out of the batch itself.
    return _Chosen(batch.batch, batch.at[at]) if isinstance(batch, _Chosen) else _Chosen(batch, at)


def chosen(batch: Batch, at: NDArray[np.int64]) -> Batch:
    """The rows at these positions; the batch itself where that is all of them as they stand."""
    whole = at.size == batch["row"].size and np.array_equal(at, np.arange(at.size))
    return batch if whole else _Chosen(batch, at)
