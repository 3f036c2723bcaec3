"""The tables of a run as Parquet, CSV, Excel or Stata files: every file whole, or none.

    export(open_tables("runs/week"), "csv", ["payments"], Path("week"))

Amounts stay int64 minor units in every format; CSV and Excel have them in major units too, exactly. What a format can't
hold is refused before a byte is written, and no digit is ever lost: a column with a number that a spreadsheet or Stata
would round is text there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from os import getpid, path
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from analysis.tables import Tables
from simcore.errors import ScenarioError
from simcore.results.schema import Column, tables_of

FORMATS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "parquet": ("analysis.export_arrow", ()),
    "csv": ("analysis.export_arrow", ()),
    "xlsx": ("analysis.export_excel", ("xlsxwriter",)),
    "dta": ("analysis.export_stata", ("pandas",)),
}
"""Each format's module, whose function ``write_FORMAT`` writes it, and the libraries of the extra that it needs."""
BOOK: Final = "tables.xlsx"
GUIDE: Final = "columns.csv"
EXCEL_ROWS: Final = 1_048_576


def export(
    tables: Tables, form: str, names: Sequence[str] = (), out: Path | None = None, replace: bool = False
) -> list[Path]:
    """Write tables of a run as files of another format.

    Parameters
    ----------
    tables : Tables       from :func:`analysis.tables.open_tables`
    form : str            one of ``FORMATS``
    names : str           tables, all if none is named
    out : path            folder for the files, ``export`` inside the run if not given
    replace : bool        replace files of the same names; without it they are a fault

    Returns
    -------
    list of Path          a file per table (and ``columns.csv`` beside CSV); for xlsx one workbook

    Raises
    ------
    ScenarioError         LH013 no such format or table, LH072 a place that can't be written, LH105 a library is
                          missing, LH115 more than the format holds, LH116 files that are already there
    """
    has = tables_of(tables.scenario)
    for name, known, where in [(form, list(FORMATS), "--format"), *((n, list(has), "--table") for n in names)]:
        if name not in known:
            raise ScenarioError.one("LH013", where, got=f'"{name}"', expected=f"one of {', '.join(known)}")
    wanted = [name for name in has if not names or name in names]
    module, libraries = FORMATS[form]
    for library in libraries:
        need_library(library, form)
    if form == "xlsx":
        _need_few_rows(tables, wanted)
    out = tables.path / "export" if out is None else out
    files = [BOOK] if form == "xlsx" else [f"{name}.{form}" for name in wanted] + [GUIDE] * (form == "csv")
    # What isn't a file is never replaced, and is found before the first file moves to its place.
    there = [name for name in files if path.lexists(out / name) and not (replace and path.isfile(out / name))]
    if there:
        raise ScenarioError.one(
            "LH116", str(out), got=f"{', '.join(there)}, already there", expected="no file of these names",
            try_="--replace, or another --out",
        )  # fmt: skip
    with _whole_or_none(out) as folder:
        getattr(import_module(module), f"write_{form}")(tables, wanted, folder)
    return [out / name for name in files]


def need_library(library: str, form: str) -> None:
    """Raise LH105, with the command that installs it, unless a library of the extra ``export`` is there."""
    try:
        import_module(library)
    except ImportError as error:
        raise ScenarioError.one(
            "LH105", f"--format {form}", got=f"{library} can't be imported ({error})",
            expected="the libraries of the extra 'export', xlsxwriter and pandas", try_="pip install 'luhai[export]'",
        ) from None  # fmt: skip


def file_schema(tables: Tables, table: str) -> pa.Schema:
    """The Arrow schema of a table as its file has it, the run's metadata included."""
    with pa.memory_map(str(tables.path / f"{table}.arrow")) as source:
        return pa.ipc.open_file(source).schema


def record_batches(tables: Tables, table: str) -> Iterator[pa.RecordBatch]:
    """The batches of a table as they stand in its file, one in memory at a time."""
    with pa.memory_map(str(tables.path / f"{table}.arrow")) as source:
        reader = pa.ipc.open_file(source)
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)


def currency_of(column: Column) -> str:
    """The column with the currency of an amount; empty for what is no amount."""
    name = column.unit.removeprefix("minor units of ")
    return "" if column.kind != "minor" else "currency" if name == "the currency column" else name


def major_name(column: Column) -> str:
    """What the column of an amount is called where it stands in major units."""
    return column.name.removesuffix("_minor")


def too_long(tables: Tables, table: str, largest: int) -> set[str]:
    """Columns of numbers with a value beyond ±``largest``, which a format would round."""
    found = set()
    for batch in record_batches(tables, table):
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            if pa.types.is_int64(array.type):
                least, most = pc.min_max(array).as_py().values()
                if least is not None and max(-least, most) > largest:
                    found.add(name)
    return found


def label(column: Column) -> str:
    """What a column means, and its unit."""
    return f"{column.meaning} ({column.unit})" if column.unit else column.meaning


def _need_few_rows(tables: Tables, wanted: Sequence[str]) -> None:
    many = {name: tables.rows(name) for name in wanted if tables.rows(name) >= EXCEL_ROWS}
    if many:
        raise ScenarioError.one(
            "LH115", str(tables.path), got=", ".join(f"{name} with {rows:,} rows" for name, rows in many.items()),
            expected=f"at most {EXCEL_ROWS - 1:,} rows a table, which is what a sheet of Excel holds below its head",
            try_="--format parquet or csv, or --table with the shorter ones",
        )  # fmt: skip


@contextmanager
def _whole_or_none(out: Path) -> Iterator[Path]:
    """A hidden sibling of ``out`` to write into; its files move to ``out`` once all are there, or vanish."""
    out = Path(path.abspath(out))
    hidden = out.with_name(f".{out.name}.partial-{getpid()}")
    made = [parent for parent in reversed(out.parents) if not parent.exists()]
    try:
        hidden.mkdir(parents=True)
        yield hidden
        if path.lexists(out):
            for file in sorted(hidden.iterdir()):
                file.replace(out / file.name)
        else:
            hidden.rename(out)
    except OSError as error:
        got = f"a place that can't be written ({error.strerror or error})"
        raise ScenarioError.one("LH072", str(out), got=got, expected="a folder to write tables into") from None
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
        for parent in reversed(made):
            with suppress(OSError):
                parent.rmdir()
