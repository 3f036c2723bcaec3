"""A run directory appears whole or not at all, with the same bytes however its rows came in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from simcore.errors import InvariantError, ScenarioError
from simcore.results import writer_tables
from simcore.results.opened import open_run
from simcore.results.provenance import file_digest, verify
from simcore.results.schema import TABLES, arrow_schema
from simcore.results.writer import RunWriter
from tests.simcore.results.town import Town


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def digests(run: Path) -> dict[str, str]:
    return {table: file_digest(run / f"{table}.arrow") for table in TABLES}


@pytest.mark.parametrize("compression", ["zstd", None])
def test_same_bytes_whatever_the_chunks(
    compression: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_tables, "BATCH_ROWS", 16)  # so that even a small run has several record batches
    town = Town(4)
    runs = [
        town.write(tmp_path / f"run{chunk}", chunk=chunk, compression=compression) for chunk in (1, 3, 16, 17, 1000)
    ]
    assert len({tuple(digests(run).values()) for run in runs}) == 1
    with pa.memory_map(str(runs[0] / "payments.arrow")) as source:
        reader = pa.ipc.open_file(source)
        assert [reader.get_batch(k).num_rows for k in range(reader.num_record_batches)] == [16, 16, 16, 12]
    assert digests(Town(5).write(tmp_path / "other", compression=compression)) != digests(runs[0])


def test_tables_have_the_columns_of_the_schema_and_say_what_they_are(tmp_path: Path) -> None:
    town = Town(4)
    run = open_run(town.write(tmp_path / "run"))
    for table in TABLES:
        schema = run.table(table).schema
        assert schema.equals(arrow_schema(table)), table
        assert schema.metadata[b"luhai.scenario"] == b"town"
        assert schema.metadata[b"luhai.schema_version"] == b"1"
        assert schema.field(0).metadata[b"meaning"]
    assert run.payments.num_rows == 60
    assert run.manifest["tables"]["payments"]["rows"] == 60
    assert "60 payments" in repr(run)
    with pytest.raises(KeyError, match="there is payments"):
        run.table("payment")


def test_values_arrive_as_they_were_given(tmp_path: Path) -> None:
    town = Town(4)
    run = open_run(town.write(tmp_path / "run"))
    by_id = {row["payment_id"]: row for row in run.payments.to_pylist()}
    assert sorted(by_id) == list(range(60))
    for given in town.demand:
        row = by_id[given["id"]]
        assert row["reference"] == (f"ref-{given['id']}" if given["id"] % 3 else None)
        assert row["corridor"] == ("k" if given["id"] % 2 else None)
        assert (row["debtor"], row["creditor"]) == (given["debtor"], given["creditor"])
        assert row["amount_sent_minor"] == given["given"]
        assert row["currency_received"] == ("USD" if given["route"] == 1 else "CNY")
        assert (row["amount_received_minor"] is None) == (not row["status"].startswith("SETTLED"))
    accounts = run.accounts.to_pylist()
    assert {row["participant"] for row in accounts if row["debit_limit_minor"] is None} == {"CB", "OP"}
    events = run.events.to_pylist()
    assert [(row["event"], row["participant"], row["amount_minor"]) for row in events] == [
        ("opened", None, None), ("funding", "A", 100),
    ]  # fmt: skip
    assert run.fx.to_pylist()[0]["dealer"] == "DEALER"


def test_nothing_appears_before_publishing(tmp_path: Path) -> None:
    town, out = Town(0), tmp_path / "deep" / "run"
    with RunWriter(out, town.names, compression=None, metadata={}) as writer:
        town.fill(writer)
        assert writer.close_tables().name.startswith(".run.partial-")
        assert not out.exists()
    assert list(tmp_path.iterdir()) == []  # the parent that was made is gone too


def test_a_payment_without_outcome_is_a_broken_promise(tmp_path: Path) -> None:
    town = Town(0)
    with RunWriter(tmp_path / "run", town.names, compression=None, metadata={}) as writer:
        writer.demand(town.batch(0, 60))
        with pytest.raises(InvariantError, match="60 payments have no outcome"):
            writer.publish({})
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_run_is_only_replaced_when_asked(tmp_path: Path) -> None:
    out = Town(0).write(tmp_path / "run")
    before = digests(out)
    with pytest.raises(ScenarioError, match="LH070"):
        Town(1).write(out)
    assert digests(out) == before
    Town(1).write(out, replace=True)
    assert digests(out) != before
    verify(out)
    assert hidden(tmp_path) == []


def test_what_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("years of work")
    (thesis / "manifest.json").write_text('{"format": "something else"}')
    with pytest.raises(ScenarioError, match="LH071"):
        Town(0).write(thesis, replace=True)
    link = tmp_path / "link"
    link.symlink_to(Town(0).write(tmp_path / "run"))
    with pytest.raises(ScenarioError, match="LH071"):
        Town(0).write(link, replace=True)
    assert (thesis / "chapter.txt").read_text() == "years of work"
    assert hidden(tmp_path) == []


def test_a_place_that_cannot_be_written_is_the_users_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match="LH072"):
        Town(0).write(tmp_path / "file" / "run")
    if os.geteuid():
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(ScenarioError, match="LH072"):
            Town(0).write(tmp_path / "locked" / "run")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    town = Town(0)
    with RunWriter(tmp_path / "run", town.names, compression=None, metadata={}) as writer:
        writer._tables["obligations"]._sink.close()
        full = pa.OSFile("/dev/full", "wb")
        writer._tables["obligations"]._writer = pa.ipc.new_file(full, writer._tables["obligations"]._schema)
        town.fill(writer)
        with pytest.raises(ScenarioError, match="LH073"):
            writer.publish({})
    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_one_run_are_refused(tmp_path: Path) -> None:
    town = Town(0)
    with (
        RunWriter(tmp_path / "run", town.names, compression=None, metadata={}),
        pytest.raises(ScenarioError, match="LH074"),
    ):
        RunWriter(tmp_path / "run", town.names, compression=None, metadata={})


KILLED = """
import sys, pathlib
from tests.simcore.results.town import Town
from simcore.results.writer import RunWriter
town = Town(0)
writer = RunWriter(pathlib.Path(sys.argv[1]), town.names, compression="zstd", metadata={}, replace=True)
town.fill(writer)
if sys.argv[2] == "closed":
    writer.close_tables()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("when", ["filling", "closed"])
def test_a_killed_run_leaves_nothing_and_the_next_one_works(when: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(out), when],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not out.exists()
    assert hidden(tmp_path) == [f".run.partial-{process.pid}"]
    verify(Town(0).write(out))
    assert hidden(tmp_path) == []


def test_a_run_moved_aside_by_a_killed_replacement_comes_back(tmp_path: Path) -> None:
    out = Town(0).write(tmp_path / "run")
    before = digests(out)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    out.rename(tmp_path / f".run.replaced-{dead.pid}")
    with pytest.raises(ScenarioError, match="LH070"):
        Town(1).write(out)
    assert digests(out) == before


def test_somebody_elses_hidden_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f".run.partial-{os.getppid()}").mkdir()
    (tmp_path / ".run2.partial-999999999").mkdir()
    Town(0).write(tmp_path / "run")
    assert len(hidden(tmp_path)) == 2


def test_nulls_hide_what_stood_under_them() -> None:
    """Otherwise a leftover value would change the bytes of a file and nothing else."""
    valid = np.array([True, False, True])
    one = writer_tables.arrow_column(np.array([1, 7, 3]), "minor", None, valid)
    other = writer_tables.arrow_column(np.array([1, 9, 3]), "minor", None, valid)
    assert [buffer.to_pybytes() for buffer in one.buffers()] == [buffer.to_pybytes() for buffer in other.buffers()]
    assert one.to_pylist() == [1, None, 3]
