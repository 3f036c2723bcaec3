"""Tables as Stata files: words as value labels, meanings and units as variable labels, by pandas; a table in memory.

Stata counts time in a float of milliseconds, which pandas cuts to whole ones: a time is a date-time to the second and
the microseconds within that second a variable beside it. Its largest exact whole number is 2^53: a column with a longer
one is text. Stata has no missing text: it is empty there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from analysis.export import file_schema, label, record_batches, too_long
from analysis.tables import Tables
from simcore.results.schema import ALL_TABLES, Column

LARGEST: Final = 2**53 - 1
_LABEL: Final = 80  # characters of a variable label
_LABELS: Final = 32_000  # bytes of all the value labels of a variable
_SHORT: Final = 2_045  # bytes of a text that isn't a "strL"


def write_dta(tables: Tables, names: Sequence[str], folder: Path) -> None:
    """One file per table, in the form of Stata 14 and later (UTF-8)."""
    import pandas as pd

    for name in names:
        table = pa.Table.from_batches(record_batches(tables, name), file_schema(tables, name)).unify_dictionaries()
        text = too_long(tables, name, LARGEST)
        columns: dict[str, Any] = {}
        for column in ALL_TABLES[name]:
            columns |= _series(table.column(column.name), column, column.name in text)
        labels = {column.name: shortened(label(column)) for column in ALL_TABLES[name]}
        labels |= {head: "microseconds within that second" for head in columns if head not in labels}
        dates = {c.name: "tc" if c.kind == "time" else "td" for c in ALL_TABLES[name] if c.kind in ("time", "day")}
        pd.DataFrame(columns).to_stata(
            folder / f"{name}.dta", write_index=False, version=118, variable_labels=labels, convert_dates=dates,
            convert_strl=[head for head, series in columns.items() if _is_long(series)],
            data_label=shortened(f"{name} of {tables.name}, tables {tables.digest[:16]}"),
            time_stamp=dt.datetime(1980, 1, 1),  # or the same tables would give other bytes every minute
        )  # fmt: skip


def shortened(text: str) -> str:
    """A text of at most 80 characters, cut at a word."""
    return text if len(text) <= _LABEL else text[: _LABEL - 1].rsplit(" ", 1)[0] + "…"


def _series(values: pa.ChunkedArray, column: Column, text: bool) -> dict[str, Any]:
    """A column as pandas hands it to Stata, and the microseconds beside a time."""
    import pandas as pd

    if column.kind == "id":
        words = values.chunk(0).dictionary.to_pylist() if values.num_chunks else []
        if 0 < sum(len(word.encode()) + 1 for word in words) < _LABELS:
            return {column.name: values.to_pandas()}
    if column.kind in ("id", "text") or text:
        return {column.name: pd.Series(values.cast(pa.string()).fill_null("").to_pylist(), dtype=object)}
    if column.kind == "day":
        return {column.name: values.cast(pa.timestamp("s")).to_pandas()}
    if column.kind != "time":
        return {column.name: values.cast(pa.int64()).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)}
    second = pc.floor_temporal(values, unit="second")
    rest = pc.subtract(values, second).cast(pa.int64())
    return {
        column.name: second.to_pandas().dt.tz_localize(None),
        f"{column.name}_us": rest.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get),
    }


def _is_long(series: Any) -> bool:
    return series.dtype == object and max((len(text.encode()) for text in series), default=0) > _SHORT
