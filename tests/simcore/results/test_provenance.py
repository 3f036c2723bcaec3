"""Opening a run finds every damage, and says which file has it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simcore.errors import ScenarioError
from simcore.results.opened import open_run
from simcore.results.provenance import (
    canonical,
    digest,
    is_run,
    machine,
    read_manifest,
    verify,
    versions,
    write_manifest,
)
from simcore.results.schema import MANIFEST, TABLES
from tests.simcore.results.town import Town


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Town(2).write(tmp_path / "run")


def codes(path: Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        verify(path)
    return [fault.code for fault in caught.value.faults]


@pytest.mark.parametrize("name", [*(f"{table}.arrow" for table in TABLES), MANIFEST])
def test_one_flipped_bit_is_noticed_in_every_file(name: str, run: Path) -> None:
    path = run / name
    data = path.read_bytes()
    chance = random.Random(name)
    for _ in range(25):
        at = chance.randrange(len(data))
        path.write_bytes(data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :])
        with pytest.raises(ScenarioError) as caught:
            open_run(run)
        assert name in str(caught.value)
    path.write_bytes(data)
    assert open_run(run).payments.num_rows == 60


def test_a_truncated_missing_or_longer_file_is_named(run: Path) -> None:
    path = run / "obligations.arrow"
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    assert codes(run) == ["LH083"]
    with pytest.raises(ScenarioError, match=r"obligations\.arrow.*\n.*cut short"):
        open_run(run)
    path.write_bytes(data + b"x")
    assert codes(run) == ["LH083"]
    path.unlink()
    (run / "fx.arrow").write_bytes(b"")
    assert codes(run) == ["LH082", "LH083"]  # every faulty file, in one pass


def test_rows_are_counted(run: Path) -> None:
    manifest = read_manifest(run)
    manifest["tables"]["events"]["rows"] += 1
    write_manifest(run, manifest)
    assert codes(run) == ["LH085"]


def test_what_is_no_run_is_refused(run: Path, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(ScenarioError, match="LH080"):
            open_run(path)
        assert not is_run(path)
    (run / MANIFEST).write_text("[1, 2")
    with pytest.raises(ScenarioError, match="isn't JSON"):
        open_run(run)


def test_another_schema_version_is_said(run: Path) -> None:
    manifest = json.loads((run / MANIFEST).read_text())
    (run / MANIFEST).write_text(json.dumps(manifest | {"schema_version": 99}))
    with pytest.raises(ScenarioError, match=r"LH081(.|\n)*got +schema version 99(.|\n)*expected +schema version 1"):
        open_run(run)
    assert is_run(run)  # so that it may still be replaced


def test_without_verification_a_run_opens_at_once(run: Path) -> None:
    data = bytearray((run / "balances.arrow").read_bytes())
    data[-20] ^= 1
    (run / "balances.arrow").write_bytes(data)
    assert open_run(run, verify=False).payments.num_rows == 60


def test_a_run_may_be_moved(run: Path, tmp_path: Path) -> None:
    shutil.move(run, tmp_path / "elsewhere")
    assert open_run(tmp_path / "elsewhere").accounts.num_rows > 0


def test_the_digest_of_a_scenario_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": "重庆"}) == '{"a":"重庆","b":1}'.encode()
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1, "b": [3]})


def test_the_run_document_says_what_made_the_run() -> None:
    assert set(versions()) >= {"python", "luhai", "numpy", "numba", "pyarrow", "simpy", "tzdata"}
    assert set(machine()) >= {"system", "cpus"}


def test_reading_a_run_document_imports_nothing_heavy() -> None:
    code = "import sys, simcore.results.provenance; print({'numpy', 'numba', 'pyarrow'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
