"""Tables as Parquet, equal to the Arrow tables, and as CSV with words, decimals and ISO 8601 times; batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from analysis.export import GUIDE, currency_of, file_schema, major_name, record_batches
from analysis.tables import Tables
from fx.currency import exponent, is_currency
from simcore.results.schema import ALL_TABLES, Column

GROUP_ROWS: Final = 262_144
"""Rows of a row group: enough that readers can skip and share them, few enough for memory."""


def write_parquet(tables: Tables, names: Sequence[str], folder: Path) -> None:
    """Parquet with the schema of the Arrow tables, units and meanings in it; words stay dictionaries."""
    from pyarrow import parquet

    for name in names:
        schema = file_schema(tables, name)
        with parquet.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd") as writer:
            group: list[pa.RecordBatch] = []
            for batch in record_batches(tables, name):
                group.append(batch)
                if sum(each.num_rows for each in group) >= GROUP_ROWS:
                    writer.write_table(pa.Table.from_batches(group), row_group_size=GROUP_ROWS)
                    group = []
            if group:
                writer.write_table(pa.Table.from_batches(group), row_group_size=GROUP_ROWS)


def write_csv(tables: Tables, names: Sequence[str], folder: Path) -> None:
    """CSV in UTF-8 with a head; text stands in quotes, so that an empty text and a missing one stay apart."""
    from pyarrow import csv

    for name in names:
        places = most_places(tables, name)
        schema = pa.schema([field for column in ALL_TABLES[name] for field in _fields(column, places)])
        with csv.CSVWriter(folder / f"{name}.csv", schema) as writer:
            for batch in record_batches(tables, name):
                arrays = [array for column in ALL_TABLES[name] for array in _arrays(batch, column, places)]
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    rows = [
        (name, column.name, column.kind, column.unit, column.meaning) for name in names for column in ALL_TABLES[name]
    ]
    heads = ("table", "column", "kind", "unit", "meaning")
    csv.write_csv(pa.table([list(each) for each in zip(*rows, strict=True)], names=heads), folder / GUIDE)


def most_places(tables: Tables, name: str) -> int:
    """Decimals of the table's currency that has most: what a column of decimals needs."""
    found = {0}
    for batch in record_batches(tables, name):
        for column in ALL_TABLES[name]:
            if currency := currency_of(column):
                found |= {exponent(word) for word in batch.column(currency).dictionary.to_pylist() if is_currency(word)}
        break  # every dictionary is complete from the first batch on
    return max(found)


def major(minor: pa.Array, currency: pa.DictionaryArray, places: int) -> pa.Array:
    """Amounts in major units: decimal128 with ``places`` decimals, exact; null where the amount is."""
    size = [Decimal(1).scaleb(-exponent(word) if is_currency(word) else 0) for word in currency.dictionary.to_pylist()]
    factors = pa.array(size, pa.decimal128(places + 1, places)).take(currency.indices)
    return pc.multiply(minor.cast(pa.decimal128(19, 0)), factors)


def _fields(column: Column, places: int) -> list[pa.Field]:
    if column.kind in ("id", "text", "time"):
        return [pa.field(column.name, pa.string())]
    if column.kind == "minor":
        wide = pa.decimal128(21 + places, places)  # what multiplying 19 digits by a factor of places + 1 gives
        return [pa.field(column.name, pa.int64()), pa.field(major_name(column), wide)]
    return [pa.field(column.name, {"count": pa.int64(), "small": pa.int8(), "day": pa.date32()}[column.kind])]


def _arrays(batch: pa.RecordBatch, column: Column, places: int) -> list[pa.Array]:
    array = batch.column(column.name)
    if column.kind == "id":
        return [array.cast(pa.string())]
    if column.kind == "time":
        return [pc.replace_substring(array.cast(pa.string()), " ", "T")]
    if column.kind == "minor":
        return [array, major(array, batch.column(currency_of(column)), places)]
    return [array]
