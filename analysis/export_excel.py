"""Tables as one Excel workbook: a sheet each, amounts in major units beside minor ones, and a sheet of meanings.

Excel shows 15 digits and forgets the rest when a cell is edited, so a column with a longer number is text. Its clock is
a float of days: a time is a date-time to the second, and the microseconds within that second are a column beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from analysis.export import BOOK, currency_of, major_name, record_batches, too_long
from analysis.tables import Tables
from fx.currency import exponent, from_minor, is_currency
from simcore.errors import ScenarioError
from simcore.results.schema import ALL_TABLES, Column

LARGEST: Final = 10**15 - 1
DAY, TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
_EPOCH_DAYS: Final = 25_569  # 1 January 1970 on Excel's calendar
_DAY_SECONDS: Final = 86_400

Cells = list[tuple[Any, str]]
"""Value and number format of a column's cells; None for an empty one."""


def write_xlsx(tables: Tables, names: Sequence[str], folder: Path) -> None:
    """One workbook, row by row, so that memory doesn't grow with the rows."""
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    # Its temporary files stand in the hidden folder, where nothing is left behind.
    book = Workbook(str(folder / BOOK), {"constant_memory": True, "tmpdir": str(folder)})
    book.set_properties({"created": dt.datetime(1980, 1, 1)})  # or the same tables would give other bytes every day
    for name in names:
        text = too_long(tables, name, LARGEST)
        sheet = _Sheet(book, name, [head for column in ALL_TABLES[name] for head in _heads(column)])
        for batch in record_batches(tables, name):
            columns = [each for column in ALL_TABLES[name] for each in _cells(batch, column, column.name in text)]
            for values in zip(*columns, strict=True):
                sheet.add(values)
    sheet = _Sheet(book, "columns", ["table", "column", "unit", "meaning"])
    for name in names:
        for column in ALL_TABLES[name]:
            sheet.add([(word, "") for word in (name, column.name, column.unit, column.meaning)])
    try:
        book.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


class _Sheet:
    """A sheet that is filled from the top; its head stays in sight."""

    def __init__(self, book: Any, name: str, heads: Sequence[str]) -> None:
        self._book, self._formats, self._name, self._row = book, {"": None}, name, 0
        self._sheet = book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(heads) - 1, 20)
        self.add([(head, "") for head in heads])

    def add(self, values: Sequence[tuple[Any, str]]) -> None:
        """Write a row of values with their number formats."""
        for place, (value, form) in enumerate(values):
            if form not in self._formats:
                self._formats[form] = self._book.add_format({"num_format": form})
            if isinstance(value, str):  # never read as a formula or a link, whatever it begins with
                if self._sheet.write_string(self._row, place, value):
                    raise ScenarioError.one(
                        "LH115", f"{self._name}, row {self._row}", got=f"a text of {len(value):,} characters",
                        expected="at most 32,767 characters, which is what a cell of Excel holds",
                        try_="--format parquet or csv",
                    )  # fmt: skip
            elif value is not None:
                self._sheet.write_number(self._row, place, value, self._formats[form])
        self._row += 1


def _heads(column: Column) -> list[str]:
    extra = {"minor": [major_name(column)], "time": [f"{column.name}_us"]}
    return [column.name, *extra.get(column.kind, [])]


def _cells(batch: pa.RecordBatch, column: Column, text: bool) -> list[Cells]:
    """The cells of a column, and of the one beside it if it has one."""
    array = batch.column(column.name)
    if column.kind in ("id", "text"):
        return [[(word, "") for word in array.cast(pa.string()).to_pylist()]]
    if column.kind == "day":
        return [[(None if day is None else day + _EPOCH_DAYS, DAY) for day in array.cast(pa.int32()).to_pylist()]]
    numbers = array.cast(pa.int64()).to_pylist()
    if column.kind == "time":
        parts = [(None, None) if time is None else divmod(time, 1_000_000) for time in numbers]
        clock = [(None if s is None else s / _DAY_SECONDS + _EPOCH_DAYS, TIME) for s, _ in parts]
        return [clock, [(rest, "") for _, rest in parts]]
    plain: Cells = [(str(number) if text and number is not None else number, "") for number in numbers]
    if column.kind != "minor":
        return [plain]
    majors: Cells = []
    for number, currency in zip(numbers, batch.column(currency_of(column)).cast(pa.string()).to_pylist(), strict=True):
        known = currency is not None and is_currency(currency)
        exact = None if number is None else from_minor(number, currency) if known else number
        places = exponent(currency) if known else 0
        form = f"#,##0.{'0' * places}" if places else "#,##0"
        majors.append((exact if exact is None else f"{exact}" if text else float(exact), form))
    return [plain, majors]
