"""What is exported reads back as the table, to the unit and the microsecond; what can't be held is refused whole."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import export as exporting
from analysis.export import FORMATS, export
from analysis.tables import open_tables
from fx.currency import exponent, from_minor, to_minor
from simcore import cli
from simcore.errors import ScenarioError
from simcore.kernels import constants as c
from simcore.results.schema import TABLES
from simcore.results.writer import EventRow, Names, RunWriter
from tests.analysis.made import MIDNIGHT, make_run, scenario

EPOCH = dt.datetime(1970, 1, 1)
LARGE = [0, 10**15 - 1, 10**15, 2**53 - 1, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63) + 1]
DETAIL = ['plain, with "quotes"', "two\nlines", "=1+1", "重庆—新加坡", "", "https://example.org", "x" * 3000]


def hostile(out: Path) -> Path:
    """A run with amounts at the edge of 64 bits, currencies of no and of two decimals, and text of every kind."""
    names = Names(
        participants=["甲", "=B"], rails=["CN", "JP"], routes=["r"], flows=["f"], purposes=["p"], corridors=[],
        currencies=["CNY", "JPY"], account_rail=np.array([0, 1], np.int32),
        account_participant=np.array([0, 1], np.int32), account_currency=np.array([0, 1], np.int32),
        account_limit=np.array([c.UNLIMITED, 0], np.int64), route_currency_sent=np.zeros(1, np.int32),
        route_currency_received=np.ones(1, np.int32),
    )  # fmt: skip
    with RunWriter(out, names, compression="zstd", metadata={}) as writer:
        n = 2 * len(LARGE)
        writer.balances({
            "time": MIDNIGHT + np.arange(n) * 1_000_001, "account": np.tile([0, 1], n // 2),
            "balance": np.repeat(LARGE, 2), "queued": np.arange(n), "queued_count": np.arange(n),
        })  # fmt: skip
        writer.accounts({
            "account": np.array([0, 1]), "business_day": np.full(2, MIDNIGHT // 86_400_000_000 + 1),
            **{name: np.array([-5, 123456]) for name in
               ("opening", "closing", "minimum", "maximum", "debited", "credited", "peak_queue")},
        })  # fmt: skip
        for k, text in enumerate(DETAIL):
            money = "JPY" if k % 2 else "CNY"
            writer.events([EventRow(MIDNIGHT + k, "short", rail="JP", currency=money, amount_minor=7 * k, detail=text)])
        writer.events([EventRow(MIDNIGHT + 9, "opened", detail="no amount")])
        return writer.publish({"seed": 1, "scenario": scenario(["甲", "=B"])})


@pytest.fixture(params=["made", "hostile"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", days=2) if request.param == "made" else hostile(tmp_path / "run")


def table_of(run: Path, name: str) -> pa.Table:
    with pa.memory_map(str(run / f"{name}.arrow")) as source:
        return pa.ipc.open_file(source).read_all()


def rows_of(run: Path, name: str) -> list[dict[str, Any]]:
    """The table in words and whole numbers: times as microseconds, days as days since 1970."""
    found: list[dict[str, Any]] = []
    for row in table_of(run, name).to_pylist():
        for column in TABLES[name]:
            value = row[column.name]
            if column.kind == "time" and value is not None:
                row[column.name] = (value.replace(tzinfo=None) - EPOCH) // dt.timedelta(microseconds=1)
            if column.kind == "day":
                row[column.name] = (value - EPOCH.date()).days
        found.append(row)
    return found


def currency(row: dict[str, Any], column: str) -> str:
    """The row's currency for a column of amounts."""
    part = {"amount_sent_minor": "_sent", "fee_minor": "_sent", "amount_received_minor": "_received"}.get(column, "")
    return str(row[f"currency{part}"])


def test_parquet_is_the_arrow_table(run: Path, tmp_path: Path) -> None:
    export(open_tables(run), "parquet", out=tmp_path / "out")
    for name in TABLES:
        expected, found = table_of(run, name), pq.read_table(tmp_path / "out" / f"{name}.parquet")
        assert found.to_pylist() == expected.to_pylist()
        assert found.schema.equals(expected.schema, check_metadata=True)
        assert found.schema.names == [column.name for column in TABLES[name]]


def test_csv_has_words_decimals_and_iso_times(run: Path, tmp_path: Path) -> None:
    export(open_tables(run), "csv", out=tmp_path / "out")
    for name, columns in TABLES.items():
        with (tmp_path / "out" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file))
        expected = rows_of(run, name)
        assert len(found) == len(expected)
        for read, row in zip(found, expected, strict=True):
            for column in columns:
                text, value = read[column.name], row[column.name]
                if value is None:
                    assert text == ""
                elif column.kind == "time":
                    assert len(text) == len("2026-03-02T01:00:00.000000Z")
                    moment = dt.datetime.fromisoformat(text)
                    assert moment.utcoffset() == dt.timedelta(0)
                    assert (moment.replace(tzinfo=None) - EPOCH) // dt.timedelta(microseconds=1) == value
                elif column.kind == "day":
                    assert (dt.date.fromisoformat(text) - EPOCH.date()).days == value
                else:
                    assert text == str(value)
                if column.kind == "minor":
                    major = read[column.name.removesuffix("_minor")]
                    if value is None:
                        assert major == ""
                    else:
                        assert to_minor(Decimal(major), currency(row, column.name)) == value


def test_csv_keeps_a_missing_text_and_an_empty_one_apart(tmp_path: Path) -> None:
    run = hostile(tmp_path / "run")
    export(open_tables(run), "csv", ["events"], tmp_path / "out")
    lines = (tmp_path / "out" / "events.csv").read_text(encoding="utf-8")
    assert ',"CNY",28,0.28,""\n' in lines
    assert ',"opened",,,,,,"no amount"\n' in lines


def test_a_workbook_holds_every_table(run: Path, tmp_path: Path) -> None:
    export(open_tables(run), "xlsx", out=tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out" / "tables.xlsx")
    assert book.sheetnames == [*TABLES, "columns"]
    for name, columns in TABLES.items():
        heads, *lines = list(book[name].iter_rows())
        expected = rows_of(run, name)
        assert len(lines) == len(expected)
        for line, row in zip(lines, expected, strict=True):
            read = dict(zip([head.value for head in heads], line, strict=True))
            for column in columns:
                cell, value = read[column.name], row[column.name]
                assert cell.data_type != "f"  # no text became a formula
                if value is None:
                    assert cell.value is None
                elif column.kind in ("time", "day"):
                    assert isinstance(cell.value, dt.datetime)
                    since = cell.value - EPOCH
                    if column.kind == "time":
                        assert since // dt.timedelta(microseconds=1) + read[f"{column.name}_us"].value == value
                    else:
                        assert since == dt.timedelta(days=value)
                elif column.kind in ("id", "text"):
                    assert (cell.value or "") == value
                else:
                    assert int(cell.value) == value
                    assert isinstance(cell.value, str) or abs(value) < 10**15
                if column.kind == "minor" and value is not None:
                    beside, where = read[column.name.removesuffix("_minor")], currency(row, column.name)
                    assert from_minor(value, where) == round(Decimal(str(beside.value)), exponent(where))


def test_stata_has_labels_and_every_digit(run: Path, tmp_path: Path) -> None:
    export(open_tables(run), "dta", out=tmp_path / "out")
    for name, columns in TABLES.items():
        path = tmp_path / "out" / f"{name}.dta"
        with pd.read_stata(path, iterator=True) as reader:
            labels = reader.variable_labels()
            worded = set(reader.value_labels())
        found, expected = pd.read_stata(path, convert_missing=False), rows_of(run, name)
        assert len(found) == len(expected)
        for column in columns:
            assert labels[column.name].startswith(column.meaning[:40])
            assert len(labels[column.name]) <= 80
            values = [row[column.name] for row in expected]
            if column.kind == "id":
                assert column.name in worded or not any(values)
            for k, (read, value) in enumerate(zip(found[column.name].tolist(), values, strict=True)):
                if value is None:
                    assert read == "" or pd.isna(read)
                elif column.kind == "time":
                    whole = (read.to_pydatetime() - EPOCH) // dt.timedelta(microseconds=1)
                    assert whole + int(found[f"{column.name}_us"][k]) == value
                elif column.kind == "day":
                    assert read.to_pydatetime() - EPOCH == dt.timedelta(days=value)
                elif column.kind in ("id", "text"):
                    assert read == value
                else:
                    assert int(read) == value
                    assert isinstance(read, str) or abs(value) < 2**53


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_run_gives_the_same_bytes(form: str, tmp_path: Path) -> None:
    run = hostile(tmp_path / "run")
    first, again = (export(open_tables(run), form, out=tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert sorted(first) == sorted((tmp_path / "a").iterdir())


def test_many_words_are_text_in_stata(tmp_path: Path) -> None:
    """All value labels of a variable must stay below 32,000 bytes."""
    run = make_run(tmp_path / "run", banks=7_000, payments=20, grid=False)
    export(open_tables(run), "dta", ["payments"], tmp_path / "out")
    found = pd.read_stata(tmp_path / "out" / "payments.dta")
    assert found["debtor"].tolist() == [row["debtor"] for row in rows_of(run, "payments")]
    assert found["status"].dtype == "category"


def test_large_tables_are_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path / "run", payments=70_000, grid=False)
    monkeypatch.setattr("analysis.export_arrow.GROUP_ROWS", 65_536)
    export(open_tables(run), "parquet", ["payments"], tmp_path / "out")
    export(open_tables(run), "csv", ["payments"], tmp_path / "out")
    assert pq.ParquetFile(tmp_path / "out" / "payments.parquet").num_row_groups == 2
    assert pq.read_table(tmp_path / "out" / "payments.parquet").to_pylist() == table_of(run, "payments").to_pylist()
    assert sum(1 for _ in (tmp_path / "out" / "payments.csv").open()) == 70_001


def test_too_many_rows_for_a_sheet_are_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path / "run", payments=40)
    monkeypatch.setattr(exporting, "EXCEL_ROWS", 40)
    with pytest.raises(
        ScenarioError, match=r"payments with 40 rows, obligations with 40 rows, balances with 485"
    ) as raised:
        export(open_tables(run), "xlsx", out=tmp_path / "out" / "deep")
    assert [fault.code for fault in raised.value.faults] == ["LH115"]
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(exporting, "EXCEL_ROWS", 41)
    export(open_tables(run), "xlsx", ["payments"], tmp_path / "out")


def test_a_text_too_long_for_a_cell_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "DETAIL", ["x" * 32_768])
    run = hostile(tmp_path / "run")
    with pytest.raises(ScenarioError, match="a text of 32,768 characters"):
        export(open_tables(run), "xlsx", out=tmp_path / "deep" / "out")
    assert sorted(tmp_path.iterdir()) == [run]
    export(open_tables(run), "dta", ["events"], tmp_path / "out")  # a "strL" there
    assert pd.read_stata(tmp_path / "out" / "events.dta")["detail"][0] == "x" * 32_768


def test_nothing_is_written_over_unless_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = make_run(tmp_path / "run"), tmp_path / "out"
    out.mkdir()
    (out / "payments.csv").write_text("mine")
    (out / "notes.txt").write_text("mine too")
    arguments = ["export", str(run), "--format", "csv", "--out", str(out)]
    assert cli.status(arguments) == 2
    assert "[LH116]" in capsys.readouterr().err
    assert [path.read_text() for path in sorted(out.iterdir())] == ["mine too", "mine"]
    assert cli.status([*arguments, "--table", "accounts"]) == 0
    assert cli.status([*arguments, "--replace"]) == 0
    assert (out / "payments.csv").read_text().startswith('"payment_id"')
    assert (out / "notes.txt").read_text() == "mine too"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    (out / "fx.csv").unlink()
    (out / "fx.csv").mkdir()
    (out / "payments.csv").write_text("mine again")
    assert cli.status([*arguments, "--replace"]) == 2
    assert "fx.csv, already there" in capsys.readouterr().err
    assert (out / "payments.csv").read_text() == "mine again"


def test_the_default_place_is_inside_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run")
    assert cli.status(["export", str(run), "--table", "fx"]) == 0
    assert capsys.readouterr().out == f"{run / 'export' / 'fx.parquet'}\n"
    open_tables(run)  # still the run that was written


def test_faults_name_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_tables(make_run(tmp_path / "run"))
    with pytest.raises(ScenarioError, match=r"--table \[LH013\]"):
        export(run, "csv", ["payment"])
    with pytest.raises(ScenarioError, match=r"--format \[LH013\]"):
        export(run, "sas")
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match="LH072"):
        export(run, "csv", out=tmp_path / "file" / "below")
    for form, library in (("xlsx", "xlsxwriter"), ("dta", "pandas")):
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(ScenarioError, match=rf"LH105[\s\S]*{library}[\s\S]*pip install 'luhai\[export\]'"):
            export(run, form, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = open_tables(make_run(tmp_path / "run"))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("analysis.export_arrow.major", full)
    with pytest.raises(ScenarioError, match="No space left on device"):
        export(run, "csv", out=tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
