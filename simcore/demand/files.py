"""Opens a table of payments in CSV, Parquet or Arrow form and yields it in batches, never whole."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from simcore.errors import ScenarioError

BATCH_ROWS = 131_072
CSV_BLOCK = 1024 * 1024
"""Arrow reads up to 32 blocks ahead."""
EXPECTED = "a CSV, Parquet or Arrow file that can be read to its end"


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """What the run document says about a file that was read."""

    file: str
    """As the scenario names it."""
    bytes: int
    sha256: str
    """Hexadecimal."""


class Table(Protocol):
    """An open file: column names and types, the number of rows where the file says it, and its batches."""

    schema: pa.Schema
    rows: int | None

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the named columns from the first row on; batches may have any number of rows."""


@contextmanager
def reading(shown: str) -> Iterator[None]:
    """Turn what goes wrong while reading into the user's fault LH065."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise unreadable(shown, text) from error


def unreadable(where: str, got: str, expected: str = EXPECTED, try_: str = "") -> ScenarioError:
    """The fault of a truncated or unreadable file."""
    return ScenarioError.one("LH065", where, got=got, expected=expected, try_=try_)


def fingerprint(path: Path, shown: str) -> tuple[InputFile, tuple[int, int, int]]:
    """Return size and SHA-256 of a file, and the facts that tell later whether it was changed."""
    with reading(shown), path.open("rb") as file:
        identity = _identity(os.fstat(file.fileno()))
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    return InputFile(file=shown, bytes=size, sha256=digest), identity


def check_unchanged(path: Path, shown: str, identity: tuple[int, int, int]) -> None:
    """LH065 if the file isn't the one whose fingerprint was taken."""
    with reading(shown):
        now = _identity(path.stat())
    if now != identity:
        raise unreadable(shown, "the file was changed while it was being read", "a file that stays as it is")


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def open_table(path: Path, shown: str) -> Table:
    """Open a file by its ending; LH065 if it can't be read or is of another kind."""
    kinds: dict[str, Any] = {".csv": CsvTable, ".parquet": ParquetTable, ".arrow": ArrowTable, ".feather": ArrowTable}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        got = f"a file ending in {path.suffix}" if path.suffix else "a file without ending"
        raise unreadable(shown, got, "a file ending in .csv, .parquet or .arrow")
    if not path.is_file():
        near = sorted(other.name for other in path.parent.glob(f"*{path.suffix}")) if path.parent.is_dir() else []
        raise unreadable(shown, "no such file", f"a file in {path.parent}", near[0] if len(near) == 1 else "")
    with reading(shown):
        table: Table = kind(path, shown)
    return table


class CsvTable:
    """Text separated by commas, UTF-8, one header line; every column is read as text."""

    def __init__(self, path: Path, shown: str) -> None:
        self._path, self._shown = path, shown
        self.rows: int | None = None
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
        if not header:
            raise ScenarioError.one("LH066", shown, got="an empty file", expected="a header line and at least one row")
        self.schema = pa.schema([(name, pa.string()) for name in header])

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the named columns as text."""
        broken: list[Any] = []

        def refuse(row: Any) -> str:
            broken.append(row)
            return "error"

        try:
            with pa.csv.open_csv(
                self._path,
                read_options=pa.csv.ReadOptions(block_size=CSV_BLOCK),
                parse_options=pa.csv.ParseOptions(invalid_row_handler=refuse),
                convert_options=pa.csv.ConvertOptions(
                    column_types={name: pa.string() for name in columns},
                    include_columns=list(columns),
                    strings_can_be_null=False,
                ),
            ) as reader:
                yield from reader
        except pa.ArrowInvalid:
            if not broken:
                raise
            # The row number a threaded parser gives is unknown, so the line is looked up.
            row = broken[0]
            line = self.line_of_text(row.text)
            raise unreadable(
                f"{self._shown}:{line}" if line else self._shown,
                f"{row.actual_columns} fields: {row.text[:60]}",
                f"{row.expected_columns} fields, as in the header; the file may be cut short",
            ) from None

    def line_of_text(self, text: str) -> int | None:
        """Return the number of the first line that reads ``text``."""
        wanted = text.encode().rstrip(b"\r\n")
        with self._path.open("rb") as file:
            return next((number for number, line in enumerate(file, 1) if line.rstrip(b"\r\n") == wanted), None)

    def lines_of_rows(self, rows: Sequence[int]) -> dict[int, int]:
        """Return the line number of data rows counted from 1; empty lines are no rows."""
        wanted, lines, row = set(rows), {}, 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip(b"\r\n"):
                    if row in wanted:
                        lines[row] = number
                        if len(lines) == len(wanted):
                            break
                    row += 1
        return lines


class ParquetTable:
    """Apache Parquet; text columns of few values are read as dictionaries, which makes looking them up cheap."""

    FEW_VALUES = ("debtor", "creditor", "currency", "route", "purpose")

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        with pa.parquet.ParquetFile(path) as file:
            self.schema = file.schema_arrow
            self.rows: int | None = file.metadata.num_rows

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the named columns; a buffered stream keeps a big row group out of memory."""
        coded = [
            name
            for name in self.FEW_VALUES
            if name in columns and (self.schema.field(name).type in (pa.string(), pa.large_string()))
        ]
        with pa.parquet.ParquetFile(self._path, read_dictionary=coded, buffer_size=1 << 20) as file:
            # One row group at a time: over several, the reader keeps the buffers of those it has finished.
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=[group], columns=list(columns)):
                    batch.validate(full=True)
                    yield batch


class ArrowTable:
    """Arrow IPC in file form (also called Feather), one record batch at a time."""

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        with path.open("rb") as file:
            if file.read(6) != b"ARROW1":
                expected = "an Arrow IPC file (a stream can't be told from a truncated one)"
                raise unreadable(shown, "not the Arrow file format", expected)
        # Not memory-mapped: a mapped file that is cut short while it is read kills the process.
        with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as reader:
            self.schema = reader.schema
        self.rows: int | None = None

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the named columns."""
        fields = [self.schema.get_field_index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=fields)
        with pa.OSFile(str(self._path)) as source, pa.ipc.open_file(source, options=options) as reader:
            for index in range(reader.num_record_batches):
                batch = reader.get_batch(index)
                batch.validate(full=True)
                for start in range(0, batch.num_rows, BATCH_ROWS):
                    yield batch.slice(start, BATCH_ROWS)
