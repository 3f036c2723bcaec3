"""Opening a run for measures: columns as they were written, local time, opening hours."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.tables import NULL, Tables, local_days, major, open_tables
from simcore.errors import ScenarioError
from simcore.results.schema import TABLES
from tests.analysis.made import HOUR, MIDNIGHT, make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "made", payments=50, days=2)


@pytest.fixture(scope="module")
def tables(run: Path) -> Tables:
    return open_tables(run)


def test_every_column_is_read_as_it_was_written(run: Path, tables: Tables) -> None:
    for table, columns in TABLES.items():
        with pa.memory_map(str(run / f"{table}.arrow")) as source:
            whole = pa.ipc.open_file(source).read_all()
        for column in columns:
            expected = whole.column(column.name)
            if column.kind == "id":
                ids = tables.ids(table, column.name)
                assert [ids.words[code] if code >= 0 else None for code in ids.codes] == expected.to_pylist()
            elif column.kind != "text":
                kind = pa.int32() if column.kind == "day" else expected.type
                numbers = expected.cast(kind).cast(pa.int64()).to_pylist()
                assert [None if n == NULL else n for n in tables.numbers(table, column.name).tolist()] == numbers


def test_the_names_of_a_column_that_occur(tables: Tables) -> None:
    assert tables.ids("payments", "route").used() == ["fast", "slow"]
    assert tables.ids("payments", "corridor").used() == []
    assert not tables.ids("payments", "route").equal("unheard of").any()


def test_labels_follow_the_language(tables: Tables) -> None:
    assert tables.label("participants", "B001") == "Bank B001"
    assert tables.label("participants", "B001", "zh") == "B001银行"
    assert tables.label("participants", "NOBODY", "zh") == "NOBODY"
    assert tables.name == "made"
    assert str(tables.zone("RTGS")) == "Asia/Shanghai"
    assert str(tables.zone("NONE")) == "UTC"


def test_the_clock_of_a_rail_without_a_calendar_is_that_of_the_rail_it_settles_on(tables: Tables) -> None:
    rails = {**tables.scenario["rails"], "FAST": {"kind": "instant", "settle_on": "RTGS"}}
    linked = Tables(tables.path, {**tables.manifest, "scenario": {**tables.scenario, "rails": rails}})
    assert str(linked.zone("FAST")) == "Asia/Shanghai"


def test_opening_hours_are_those_of_the_events(tables: Tables) -> None:
    day = [(MIDNIGHT + 17 * HOUR // 2, MIDNIGHT + 69 * HOUR // 4)]
    assert tables.open_hours("RTGS") == day + [(a + 24 * HOUR, b + 24 * HOUR) for a, b in day]
    assert tables.open_hours("NONE") == []


def test_a_damaged_run_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    path = run / "balances.arrow"
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ScenarioError, match="LH084"):
        open_tables(run)


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2036, 1, 1)),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London", "Asia/Kathmandu", "UTC"]),
)
def test_local_days_show_the_wall_clock(instant: datetime, zone: str) -> None:
    time_us = round(instant.replace(tzinfo=UTC).timestamp()) * 1_000_000
    local = datetime.fromtimestamp(time_us // 1_000_000, ZoneInfo(zone)).replace(tzinfo=None)
    expected = (local - datetime(1970, 1, 1)).total_seconds() / 86_400
    assert local_days(time_us, ZoneInfo(zone)) == pytest.approx(expected, abs=1e-9)
    assert local_days(np.array([time_us] * 2), ZoneInfo(zone)) == pytest.approx([expected] * 2, abs=1e-9)


def test_major_units_follow_the_currency() -> None:
    assert major(np.array([123450]), "CNY") == pytest.approx([1234.5])
    assert major(np.array([1234]), "JPY") == pytest.approx([1234.0])
