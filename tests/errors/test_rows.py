"""The gallery of faulty payments: each folder of ``rows`` is one file that can't be replayed, and what it must give.

Every case is run as a user would: exit code 2, the whole message on stderr, no output directory.
``LUHAI_GALLERY=write`` writes the texts anew after a message was changed on purpose.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simcore.cli import status

ROWS = Path(__file__).parent / "rows"
CASES = sorted(path.parent.name for path in ROWS.glob("*/payments.csv"))


def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``luhai run`` says on stderr about a folder's scenario, which must have failed and left nothing."""
    before = sorted(path.name for path in folder.iterdir())
    assert status(["run", "scenario.toml", "--out", "out"]) == 2
    assert sorted(path.name for path in folder.iterdir()) == before
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.replace("Compiling the event loop; once per version, about half a minute …\n", "")


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROWS / "town.toml", tmp_path / "scenario.toml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("case", CASES)
def test_the_message_is_the_expected_one(case: str, town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(ROWS / case / "payments.csv", town / "payments.csv")
    found = run(town, capsys)
    expected = ROWS / case / "expected.txt"
    if os.environ.get("LUHAI_GALLERY") == "write":
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_truncated_file_is_refused(kind: str, town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    n = 1000
    times = pa.array([1_772_413_200_000_000 + k for k in range(n)], pa.timestamp("us", "UTC"))
    columns = {
        "reference": [f"p{k}" for k in range(n)],
        "initiated_at": times,
        "debtor": ["B01"] * n,
        "creditor": ["B02"] * n,
        "amount_minor": [100] * n,
        "currency": ["CNY"] * n,
    }
    file = town / f"payments.{kind}"
    table = pa.table(columns)
    if kind == "parquet":
        pq.write_table(table, file)
    else:
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    scenario = town / "scenario.toml"
    scenario.write_text(scenario.read_text().replace("payments.csv", file.name))
    said = run(town, capsys)
    assert said.startswith(f"payments.{kind} [LH065]\n  got       "), said
    file.write_bytes(whole)
    assert status(["run", "scenario.toml", "--out", "out", "--quiet"]) == 0


def test_an_output_directory_that_cannot_be_made(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(ROWS / "unsorted" / "payments.csv", town / "payments.csv")
    (town / "file").write_text("not a folder")
    assert status(["run", "scenario.toml", "--out", "file/out"]) == 2
    assert "LH072" in capsys.readouterr().err
    (town / "taken").mkdir()
    (town / "taken" / "thesis.tex").write_text("precious")
    assert status(["run", "scenario.toml", "--out", "taken", "--replace"]) == 2
    assert "LH071" in capsys.readouterr().err
    assert (town / "taken" / "thesis.tex").read_text() == "precious"
