"""Payments read from files: the three formats alike, exact amounts, and one clear message for every fault."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simcore.demand.chunk import concatenate
from simcore.demand.replay import ReplaySource
from simcore.errors import Fault, ScenarioError
from tests.simcore.demand import make

NAMES = ["B00", "B01", "B02", "B03"]
ROUTES = ["direct", "sgd", "yen"]
CURRENCIES = ["CNY", "SGD", "JPY"]


def read(path: Path, *, in_memory: int | None = None, **flow: Any) -> dict[str, list[Any]]:
    """Read a file through the flow, as columns of plain Python values."""
    source = ReplaySource(
        make.replay(path.name, **flow),
        path.parent,
        index=0,
        participants=NAMES,
        routes=ROUTES,
        route_currency=CURRENCIES,
        start_us=make.START_US,
        end_us=make.START_US + make.DAY_US,
        reference_check_in_memory=in_memory,
    )
    purposes = list(dict.fromkeys(["replay", *source.purposes]))
    chunk = concatenate(list(source.chunks({name: index for index, name in enumerate(purposes)})))
    columns = {name: getattr(chunk, name).tolist() for name in chunk._fields if name != "reference"}
    assert chunk.reference is not None
    columns["purpose"] = [purposes[index] for index in columns["purpose"]]
    return {**columns, "reference": chunk.reference.to_pylist()}


def faults(path: Path, **options: Any) -> list[Fault]:
    with pytest.raises(ScenarioError) as error:
        read(path, **options)
    return error.value.faults


def faults_of(folder: Path, records: list[dict[str, Any]], **flow: Any) -> list[tuple[str, str]]:
    """Code and place of each fault of a CSV file."""
    return [(fault.code, fault.where) for fault in faults(make.write_csv(folder / "payments.csv", records), **flow)]


# ---- what is read ---------------------------------------------------------------------------------------------------


def test_a_plain_csv_file(tmp_path: Path):
    records = make.rows(
        {"amount": "1500.05"},
        {"debtor": "B02", "route": "sgd", "currency": "SGD", "amount": "2", "priority": "0", "purpose": "oil"},
        {"route": "yen", "currency": "JPY", "amount": "300", "latest": "2026-03-02T10:00:00Z"},
    )
    found = read(make.write_csv(tmp_path / "payments.csv", records))
    nine = make.START_US + 9 * make.HOUR_US
    assert found == {
        "reference": ["P1", "P2", "P3"],
        "initiated_at": [nine, nine + make.MINUTE_US, nine + 2 * make.MINUTE_US],
        "debtor": [0, 2, 0],
        "creditor": [1, 1, 1],
        "route": [0, 1, 2],
        "amount_minor": [150_005, 200, 300],
        "priority": [5, 0, 5],
        "flow": [0, 0, 0],
        "customer": [-1, -1, -1],  # files have none
        "purpose": ["replay", "oil", "replay"],
    }


@pytest.mark.parametrize(
    "time",
    ["2026-03-02T09:00:00+08:00", "2026-03-02T01:00:00Z", "2026-03-02 01:00:00.000000Z", "1772413200000000"],
)
def test_ways_to_write_nine_in_the_morning(tmp_path: Path, time: str):
    path = make.write_csv(tmp_path / "payments.csv", make.rows({"initiated_at": time}))
    assert read(path)["initiated_at"] == [make.START_US + 9 * make.HOUR_US]


@pytest.mark.parametrize(
    "text, minor",
    [("1.50", 150), ("0.01", 1), ("1e3", 100_000), ("92233720368547758.07", 2**63 - 1), ("1.500000", 150)],
)
def test_amounts_are_exact(tmp_path: Path, text: str, minor: int):
    path = make.write_csv(tmp_path / "payments.csv", make.rows({"amount": text}))
    assert read(path)["amount_minor"] == [minor]


def test_amount_minor_may_stand_in(tmp_path: Path):
    record = {key: value for key, value in make.PAYMENT.items() if key != "amount"}
    path = make.write_csv(tmp_path / "payments.csv", [{**record, "amount_minor": 12_345}])
    assert read(path)["amount_minor"] == [12_345]


TYPED: dict[str, list[pa.Array]] = {
    "reference": [
        pa.array(["7", "8"]),
        pa.array([7, 8]),
        pa.array(["7", "8"], pa.large_string()),
        pa.array(["7", "8"]).dictionary_encode(),
    ],
    "initiated_at": [
        pa.array([make.START_US, make.START_US + 1_000_000]).cast(kind)
        for kind in (pa.int64(), pa.uint64(), pa.timestamp("us", "Asia/Shanghai"))
    ]
    + [
        pa.array([dt.datetime(2026, 3, 1, 16, 0, second, tzinfo=dt.UTC) for second in (0, 1)]).cast(
            pa.timestamp(unit, "UTC")
        )
        for unit in ("s", "ms", "ns")
    ],
    "debtor": [pa.array(["B00", "B01"], pa.large_string()), pa.array(["B00", "B01"]).dictionary_encode()],
    "amount": [
        pa.array([Decimal("12.50"), Decimal(3)], kind)
        for kind in (pa.decimal128(10, 2), pa.decimal128(38, 18), pa.decimal256(50, 5), pa.decimal64(10, 2))
    ]
    + [pa.array(["12.50", "3"])],
    "priority": [pa.array([5, None], pa.int8()), pa.array([5, 5], pa.uint64()), pa.nulls(2), pa.array(["5", ""])],
    "latest": [pa.nulls(2), pa.array([None, make.START_US]), pa.array(["", "2026-03-02T09:00:00Z"])],
    "purpose": [pa.array([None, ""]), pa.nulls(2), pa.array(["replay", None]).dictionary_encode()],
}


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
@pytest.mark.parametrize("column, position", [(name, k) for name, arrays in TYPED.items() for k in range(len(arrays))])
def test_columns_of_many_types_mean_the_same(tmp_path: Path, column: str, position: int, ending: str):
    plain = {
        "reference": pa.array(["7", "8"]),
        "initiated_at": TYPED["initiated_at"][0],
        "debtor": pa.array(["B00", "B01"]),
        "creditor": pa.array(["B02", "B03"]),
        "amount": pa.array(["12.5", "3.00"]),
        "currency": pa.array(["CNY", "CNY"]),
    }
    expected = read(make.write_table(tmp_path / f"plain{ending}", pa.table(plain)))
    array = TYPED[column][position]
    typed = read(make.write_table(tmp_path / f"typed{ending}", pa.table({**plain, column: array})))
    assert typed == expected
    assert expected["amount_minor"] == [1250, 300]


def test_a_big_file_reads_alike_in_every_format(tmp_path: Path):
    table = make.payments_table(300_000, participants=4)
    whole_seconds = pa.compute.floor_temporal(table["initiated_at"], unit="second").cast(pa.timestamp("us", "UTC"))
    table = table.set_column(1, "initiated_at", whole_seconds)
    found = [read(make.write_table(tmp_path / f"payments{end}", table)) for end in (".csv", ".parquet", ".arrow")]
    assert found[0] == found[1] == found[2]
    assert found[0]["reference"] == table["reference"].to_pylist()
    assert found[0]["amount_minor"] == [int(amount * 100) for amount in table["amount"].to_pylist()]


payment = st.fixed_dictionaries(
    {
        "debtor": st.sampled_from(NAMES[:2]),
        "creditor": st.sampled_from(NAMES[2:]),
        "minor": st.integers(1, 2**63 - 1),
        "route": st.sampled_from([0, 1, 2]),
        "gap_us": st.integers(0, 10**8),
        "priority": st.none() | st.integers(0, 9),
        "purpose": st.sampled_from(["", "oil", "fruit", "气"]),
        "reference": st.text("abcXYZ019-_/é陆", min_size=1, max_size=30),
    }
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(payment, min_size=1, max_size=40, unique_by=lambda row: row["reference"]), st.integers(1, 50))
def test_round_trip_through_csv_parquet_and_arrow(tmp_path: Path, rows: list[dict[str, Any]], chunk_rows: int):
    times = [make.START_US + int(gap) for gap in np.cumsum([row["gap_us"] for row in rows])]
    exponents = [[2, 2, 0][row["route"]] for row in rows]
    amounts = [Decimal(row["minor"]).scaleb(-places) for row, places in zip(rows, exponents)]
    table = pa.table(
        {
            "reference": [row["reference"] for row in rows],
            "initiated_at": pa.array(times, pa.int64()),
            "debtor": [row["debtor"] for row in rows],
            "creditor": [row["creditor"] for row in rows],
            "amount": pa.array([f"{amount:f}" for amount in amounts]),
            "currency": [CURRENCIES[row["route"]] for row in rows],
            "route": [ROUTES[row["route"]] for row in rows],
            "priority": pa.array([row["priority"] for row in rows], pa.int8()),
            "purpose": [row["purpose"] for row in rows],
        }
    )
    expected = {
        "reference": [row["reference"] for row in rows],
        "initiated_at": times,
        "debtor": [NAMES.index(row["debtor"]) for row in rows],
        "creditor": [NAMES.index(row["creditor"]) for row in rows],
        "route": [row["route"] for row in rows],
        "amount_minor": [row["minor"] for row in rows],
        "priority": [5 if row["priority"] is None else row["priority"] for row in rows],
        "flow": [0] * len(rows),
        "customer": [-1] * len(rows),  # files have none
        "purpose": [row["purpose"] or "replay" for row in rows],
    }
    for ending in (".csv", ".parquet", ".arrow"):
        path = make.write_table(tmp_path / f"payments{ending}", table, chunk_rows)
        assert read(path, route=None) == expected


# ---- faults of rows -------------------------------------------------------------------------------------------------

ROW_FAULTS = [
    ("debtor", "B99", "LH061"),
    ("creditor", "", "LH069"),
    ("creditor", "B00", "LH069"),
    ("initiated_at", "2026-02-30T09:00:00+08:00", "LH062"),
    ("initiated_at", "2026-03-02T09:00:00", "LH062"),
    ("initiated_at", "2026-03-02", "LH062"),
    ("initiated_at", "2026-03-02T09:01:00.1234567+08:00", "LH062"),
    ("initiated_at", "", "LH062"),
    ("initiated_at", "2026-03-02T08:59:59+08:00", "LH064"),
    ("initiated_at", "2026-03-01T23:59:59+08:00", "LH069"),
    ("initiated_at", "2026-03-03T00:00:00+08:00", "LH069"),
    ("reference", "", "LH069"),
    ("reference", "P1", "LH063"),
    ("amount", "0", "LH067"),
    ("amount", "-5.00", "LH067"),
    ("amount", "1.005", "LH067"),
    ("amount", "1,5", "LH065"),
    ("amount", "five", "LH067"),
    ("amount", "NaN", "LH067"),
    ("amount", "92233720368547758.08", "LH067"),
    ("amount", "184467440737095516.21", "LH067"),  # 2^64 + 5 minor units: the low half alone looks fine
    ("amount", "1" * 40, "LH067"),
    ("amount", "1e99", "LH067"),
    ("amount", "", "LH069"),
    ("currency", "SGD", "LH068"),
    ("currency", "", "LH068"),
    ("route", "derect", "LH069"),
    ("priority", "10", "LH069"),
    ("priority", "-1", "LH069"),
    ("priority", "high", "LH069"),
    ("latest", "tomorrow", "LH062"),
]


@pytest.mark.parametrize("column, value, code", ROW_FAULTS)
def test_a_faulty_row_is_named(tmp_path: Path, column: str, value: str, code: str):
    good = {"route": "direct", "priority": "5", "latest": "2026-03-02T18:00:00+08:00"}
    found = faults_of(tmp_path, make.rows(good, {**good, column: value}, good))
    where = "payments.csv:3" if code == "LH065" else f"payments.csv:3: row 2: {column}"
    assert found == [(code, where)]


def test_every_fault_of_a_batch_comes_at_once_in_the_order_of_rows(tmp_path: Path):
    records = make.rows({}, {"debtor": "B0"}, {"amount": "x", "currency": "USD"}, {"amount": "-1"}, {"amount": "1.001"})
    assert faults_of(tmp_path, records) == [
        ("LH061", "payments.csv:3: row 2: debtor"),
        ("LH068", "payments.csv:4: row 3: currency"),
        ("LH067", "payments.csv:5: row 4: amount"),
        ("LH067", "payments.csv:6: row 5: amount"),
    ]


def test_at_most_twenty_faults_are_shown(tmp_path: Path):
    records = make.rows(*[{"debtor": "B9", "amount": "x"}] * 30)
    found = faults_of(tmp_path, records)
    assert len(found) == 20
    assert found[-1][1].startswith("payments.csv:11: row 10:")


def test_empty_lines_do_not_shift_the_line_that_is_named(tmp_path: Path):
    path = make.write_csv(tmp_path / "payments.csv", make.rows({}, {"debtor": "B99"}))
    path.write_text(path.read_text().replace("\n", "\n\n", 2))
    assert faults(path)[0].where == "payments.csv:5: row 2: debtor"


def test_the_whole_message(tmp_path: Path):
    path = make.write_csv(tmp_path / "payments.csv", make.rows({}, {"creditor": "b01"}))
    assert str(faults(path)[0]) == (
        "payments.csv:3: row 2: creditor [LH061]\n"
        "  got       'b01'\n"
        "  expected  the name of a participant of the scenario\n"
        "  try       B01"
    )


def test_a_time_without_offset_says_how_to_write_it(tmp_path: Path):
    path = make.write_csv(tmp_path / "payments.csv", make.rows({"initiated_at": "2026-03-02 09:00:00"}))
    assert faults(path)[0].try_ == "2026-03-02T09:00:00+08:00, or whichever offset is meant"


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
@pytest.mark.parametrize("in_memory", [None, 1_000])
def test_faults_far_into_a_file(tmp_path: Path, ending: str, in_memory: int | None):
    """Row numbers run on over batches; a duplicate may lie any number of rows apart."""
    table = make.payments_table(200_000, participants=4)
    debtors, references = table["debtor"].to_pylist(), table["reference"].to_pylist()
    debtors[150_000], references[199_999] = "B77", references[3]
    bad_debtor = table.set_column(2, "debtor", pa.array(debtors))
    [fault] = faults(make.write_table(tmp_path / f"debtor{ending}", bad_debtor), in_memory=in_memory)
    assert (fault.code, fault.where) == ("LH061", f"debtor{ending}: row 150001: debtor")
    twice = table.set_column(0, "reference", pa.array(references))
    [fault] = faults(make.write_table(tmp_path / f"twice{ending}", twice), in_memory=in_memory)
    assert (fault.code, fault.where) == ("LH063", f"twice{ending}: row 200000: reference")
    assert fault.got == "'REF000000003' again, as in row 4"


def test_rows_out_of_order_over_a_batch_boundary(tmp_path: Path):
    table = make.payments_table(4, participants=4).take([2, 3, 0, 1])
    [fault] = faults(make.write_table(tmp_path / "payments.arrow", table, chunk_rows=2))
    assert (fault.code, fault.where) == ("LH064", "payments.arrow: row 3: initiated_at")


# ---- faults of columns and files ------------------------------------------------------------------------------------


def test_missing_columns_are_named_together(tmp_path: Path):
    record = {"reference": "P1", "initiated": "2026-03-02T09:00:00Z", "debtor": "B00", "ammount": "1", "priorty": "3"}
    found = faults_of(tmp_path, [record], route=None)
    assert found == [
        ("LH060", f"payments.csv: {name}")
        for name in ("initiated_at", "creditor", "currency", "amount", "route", "priorty")
    ]


def test_other_columns_are_ignored(tmp_path: Path):
    assert read(make.write_csv(tmp_path / "payments.csv", make.rows({"remark": "x"})))["reference"] == ["P1"]


@pytest.mark.parametrize("header", ["amount,amount", "amount,amount_minor"])
def test_an_amount_given_twice(tmp_path: Path, header: str):
    path = tmp_path / "payments.csv"
    row = "P1,2026-03-02T09:00:00Z,B00,B01,CNY,1,100"
    path.write_text(f"reference,initiated_at,debtor,creditor,currency,{header}\n{row}\n")
    assert [(fault.code, fault.where) for fault in faults(path)] == [("LH060", "payments.csv: amount")]


@pytest.mark.parametrize(
    "column, array, code",
    [
        ("initiated_at", pa.array([make.START_US], pa.int64()).cast(pa.timestamp("us")), "LH062"),
        ("initiated_at", pa.array([make.START_US * 1000 + 1], pa.int64()).cast(pa.timestamp("ns", "UTC")), "LH062"),
        ("initiated_at", pa.array([1.5]), "LH062"),
        ("initiated_at", pa.array([None], pa.int64()), "LH062"),
        ("amount", pa.array([1.25]), "LH067"),
        ("amount", pa.array([Decimal("1.255")]), "LH067"),
        ("amount", pa.array([None], pa.decimal128(10, 2)), "LH069"),
        ("debtor", pa.array([1]), "LH069"),
        ("priority", pa.array([1.0]), "LH069"),
        ("reference", pa.array([None], pa.string()), "LH069"),
        ("reference", pa.array([1.5]), "LH069"),
    ],
)
def test_columns_of_a_type_that_cannot_be_exact(tmp_path: Path, column: str, array: pa.Array, code: str):
    table = make.payments_table(1, participants=4)
    table = (
        table.set_column(table.column_names.index(column), column, array)
        if column in table.column_names
        else (table.append_column(column, array))
    )
    [fault] = faults(make.write_table(tmp_path / "payments.parquet", table))
    assert fault.code == code
    assert column in fault.where


def cut(path: Path, keep: float) -> Path:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    return path


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".csv"])
def test_a_truncated_file(tmp_path: Path, ending: str):
    path = make.write_table(tmp_path / f"payments{ending}", make.payments_table(1_000, participants=4))
    if ending == ".csv":
        path.write_bytes(path.read_bytes()[:-20])
    else:
        cut(path, 0.7)
    [fault] = faults(path)
    assert fault.code == "LH065"
    assert fault.where.startswith(f"payments{ending}")


HEADER = b"reference,initiated_at,debtor,creditor,amount,currency\n"


@pytest.mark.parametrize(
    "name, content, code",
    [
        ("payments.csv", b"", "LH066"),
        ("payments.csv", HEADER, "LH066"),
        ("payments.csv", b"reference,initiated_at\xff\n", "LH065"),
        ("payments.csv", HEADER + b"P\xff,2026-03-02T09:00:00Z,B00,B01,1,CNY\n", "LH065"),
        ("payments.parquet", b"", "LH065"),
        ("payments.arrow", b"nonsense", "LH065"),
        ("payments.xlsx", b"", "LH065"),
    ],
)
def test_files_that_hold_no_payments(tmp_path: Path, name: str, content: bytes, code: str):
    (tmp_path / name).write_bytes(content)
    assert [fault.code for fault in faults(tmp_path / name)] == [code]


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_a_table_without_rows(tmp_path: Path, ending: str):
    path = make.write_table(tmp_path / f"payments{ending}", make.payments_table(4, participants=4).slice(0, 0))
    assert [fault.code for fault in faults(path)] == ["LH066"]


def test_an_arrow_stream_is_not_a_file(tmp_path: Path):
    table = make.payments_table(4, participants=4)
    with pa.ipc.new_stream(str(tmp_path / "payments.arrow"), table.schema) as writer:
        writer.write_table(table)
    assert [fault.code for fault in faults(tmp_path / "payments.arrow")] == ["LH065"]


def test_a_missing_file(tmp_path: Path):
    make.write_csv(tmp_path / "payments.csv", make.rows({}))
    [fault] = faults(tmp_path / "payment.csv")
    assert (fault.code, fault.got, fault.try_) == ("LH065", "no such file", "payments.csv")


def test_a_file_that_changes_while_it_is_read(tmp_path: Path):
    path = make.write_table(tmp_path / "payments.csv", make.payments_table(40_000, participants=4))
    source = ReplaySource(
        make.replay(path.name),
        tmp_path,
        index=0,
        participants=NAMES,
        routes=ROUTES,
        route_currency=CURRENCIES,
        start_us=make.START_US,
        end_us=make.START_US + make.DAY_US,
    )
    chunks = source.chunks({"replay": 0})
    next(chunks)
    with path.open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ScenarioError, match="changed while it was being read"):
        list(chunks)
