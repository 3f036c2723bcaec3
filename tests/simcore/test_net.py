"""``luhai net``: what it reads, prints and writes."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from simcore import cli
from simcore.lsm import REGISTRY
from simcore.lsm.base import Problem, Selection
from simcore.lsm.gridlock_resolution import GridlockResolution

QUEUE = """id,debtor,creditor,amount,currency
p1,A,B,20,SGD
v1,A,C,1000,VND
p2,B,A,15,SGD
p3,A,B,30,SGD
p4,B,A,12,SGD
v2,C,A,700,VND
p5,A,B,15,SGD
p6,B,A,80,SGD
"""
BALANCES = """participant,currency,opening,debit_limit
A,SGD,10,0
B,SGD,8.00,0
C,SGD,-1.5,2
C,VND,0,0
A,VND,100,200
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queue.csv").write_text(QUEUE)
    (tmp_path / "balances.csv").write_text(BALANCES)
    return tmp_path


def net(*arguments: str) -> int:
    return cli.status(["net", *arguments])


def rows(path: Path) -> list[tuple[object, ...]]:
    with pa.OSFile(str(path)) as source:
        return [tuple(row.values()) for row in pa.ipc.open_file(source).read_all().to_pylist()]


def test_the_published_case_with_a_second_currency(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ubin 2.2.3 in SGD; in VND the debtor's limit covers the difference."""
    assert net("queue.csv", "--algorithm", "gridlock_resolution", "--balances", "balances.csv", "--out", "out") == 0
    assert rows(here / "out" / "settled.arrow") == [
        ("p1", True, 0), ("v1", True, 0), ("p2", True, 0), ("p3", False, 3000), ("p4", True, 0), ("v2", True, 0),
        ("p5", False, 1500), ("p6", False, 8000),
    ]  # fmt: skip
    assert rows(here / "out" / "positions.arrow") == [
        ("A", "SGD", 1000, 1700), ("B", "SGD", 800, 100), ("C", "SGD", -150, -150),
        ("A", "VND", 100, -200), ("C", "VND", 0, 300),
    ]  # fmt: skip
    printed = capsys.readouterr().out
    assert "2 currencies, each netted by itself" in printed
    assert "settled              3  SGD 47.00  (50.0 % by count, 27.3 % by value)" in printed
    assert "settled              2  VND 1,700  (100.0 % by count, 100.0 % by value)" in printed
    assert "A                     VND -200" in printed
    document = json.loads((here / "out" / "net.json").read_text())
    assert document["algorithm"] == "gridlock_resolution"
    assert document["currencies"]["SGD"]["value_minor"] == 4700
    assert [entry["file"] for entry in document["inputs"]] == ["queue.csv", "balances.csv"]


def test_without_balances_everybody_opens_with_nothing(here: Path) -> None:
    assert net("queue.csv", "-a", "gridlock_resolution", "--out", "out") == 0
    assert not any(settled for _, settled, _ in rows(here / "out" / "settled.arrow"))
    assert {opening for *_, opening, _ in rows(here / "out" / "positions.arrow")} == {0}


def as_parquet(table: pa.Table, path: Path) -> None:
    dictionaries = table.set_column(1, "debtor", table["debtor"].dictionary_encode())
    pa.parquet.write_table(dictionaries, path)


def as_arrow(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


@pytest.mark.parametrize(("ending", "make"), [("parquet", as_parquet), ("arrow", as_arrow)])
def test_the_form_of_the_file_changes_nothing(here: Path, ending: str, make: object) -> None:
    table = pa.csv.read_csv("queue.csv", convert_options=pa.csv.ConvertOptions(column_types={"amount": pa.string()}))
    make(table, here / f"queue.{ending}")  # type: ignore[operator]
    for name in ("csv", ending):
        arguments = ("-a", "partial_netting", "--set", "readd=true", "--balances", "balances.csv")
        assert net(f"queue.{name}", *arguments, "--out", name) == 0
    for name in ("settled", "positions"):
        assert (here / "csv" / f"{name}.arrow").read_bytes() == (here / ending / f"{name}.arrow").read_bytes()


def test_minor_units_and_whole_numbers_as_ids(here: Path) -> None:
    table = pa.table(
        {
            "id": [7, 9],
            "debtor": ["A", "B"],
            "creditor": ["B", "A"],
            "amount_minor": [150, 100],
            "currency": ["JPY"] * 2,
        }
    )
    as_arrow(table, here / "minor.arrow")
    (here / "minor.csv").write_text("participant,currency,opening_minor,debit_limit_minor\nA,JPY,30,20\nB,JPY,0,0\n")
    assert net("minor.arrow", "-a", "bilateral_offset", "--balances", "minor.csv", "--out", "out") == 0
    assert rows(here / "out" / "settled.arrow") == [(7, True, 0), (9, True, 0)]
    assert rows(here / "out" / "positions.arrow") == [("A", "JPY", 30, -20), ("B", "JPY", 0, 50)]


def test_limits_come_from_a_table(here: Path) -> None:
    """A limit that the net outflow of the free set keeps changes nothing; one that it passes takes payments out."""
    (here / "limits.csv").write_text("participant,towards,currency,limit\nA,B,SGD,4\nC,,SGD,1\n")
    arguments = ("-a", "t2_partial", "--balances", "balances.csv", "--out")
    assert net("queue.csv", *arguments, "free") == 0
    assert net("queue.csv", *arguments, "bound", "--set", "limits=limits.csv") == 0
    free, bound = (
        {str(name) for name, settled, _ in rows(here / out / "settled.arrow") if settled} for out in ("free", "bound")
    )
    assert free == {"p1", "p2", "p4", "v1", "v2"}
    assert bound == free  # A pays B 20 and gets 27
    (here / "limits.csv").write_text("participant,towards,currency,limit_minor\nB,A,SGD,699\n")
    assert net("queue.csv", *arguments, "tight", "--set", "limits=limits.csv") == 0
    # B's net outflow of 7.00 is one cent too much.
    tight = {str(name) for name, settled, _ in rows(here / "tight" / "settled.arrow") if settled}
    assert tight == {"p1", "p2", "v1", "v2"}
    assert json.loads((here / "tight" / "net.json").read_text())["parameters"] == {"limits": "limits.csv"}


def test_ceilings_come_from_a_table(here: Path) -> None:
    """A has 10 and owes 8 to B, which owes nothing: B may hold 7.99 or 8 SGD. The row in CNY concerns nobody."""
    (here / "one.csv").write_text("id,debtor,creditor,amount,currency\n1,A,B,8,SGD\n")
    (here / "funds.csv").write_text("participant,currency,opening\nA,SGD,10\nB,SGD,0\n")
    arguments = ("-a", "chips_release", "--balances", "funds.csv", "--set", "ceilings=ceilings.csv", "--out")
    for ceiling, settles in (("7.99", False), ("8", True)):
        (here / "ceilings.csv").write_text(f"participant,currency,ceiling\nB,SGD,{ceiling}\nB,CNY,0\n")
        assert net("one.csv", *arguments, ceiling) == 0
        assert rows(here / ceiling / "settled.arrow") == [("1", settles, 0 if settles else 800)]
    assert json.loads((here / "8" / "net.json").read_text())["parameters"]["ceilings"] == "ceilings.csv"


def test_clearing_cancels_and_moves_no_money(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A triangle of debts 100, 80, 70 cancels 70 all round: 40 are left."""
    (here / "debts.csv").write_text("id,debtor,creditor,amount,currency\n1,A,B,100,EUR\n2,B,C,80,EUR\n3,C,A,70,EUR\n")
    assert net("debts.csv", "-a", "set_off", "--out", "out") == 0
    assert rows(here / "out" / "settled.arrow") == [("1", False, 3000), ("2", False, 1000), ("3", True, 0)]
    assert {(opening, closing) for *_, opening, closing in rows(here / "out" / "positions.arrow")} == {(0, 0)}
    assert "cancelled            1  EUR 210.00" in capsys.readouterr().out


def test_what_stands_at_out_is_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "out").mkdir()
    assert net("queue.csv", "-a", "gridlock_resolution", "--out", "out") == 2
    assert "LH070" in capsys.readouterr().err
    assert list((here / "out").iterdir()) == []


def test_a_mechanism_that_overdraws_is_caught(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command counts after every set itself; nothing is written."""

    def careless(self: GridlockResolution, problem: Problem) -> Selection:
        return Selection(set_of=np.arange(problem.size, dtype=np.int32))

    monkeypatch.setattr(GridlockResolution, "select", careless)
    assert net("queue.csv", "-a", "gridlock_resolution", "--balances", "balances.csv", "--out", "out") == 3
    assert "set 0 leaves A with SGD -10.00" in capsys.readouterr().err
    assert not list(here.glob("*out*"))


def test_the_list_has_every_algorithm_and_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert net("--list") == 0
    printed = capsys.readouterr().out
    for name, cls in REGISTRY.entries().items():
        assert f"\n{name}\n" in f"\n{printed}"
        for field in fields(cls):
            assert f"--set {field.name}=" in printed
    assert "--set remove=last   last or smallest\n        Which payment of the shortest account goes" in printed


@pytest.mark.parametrize("name", [name for name in REGISTRY.entries() if name != "optimum"])
def test_every_algorithm_runs_from_the_command(here: Path, name: str) -> None:
    assert net("queue.csv", "-a", name, "--balances", "balances.csv", "--seed", "65") == 0


def test_what_is_missing_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert net() == 2
    assert "luhai net --list" in capsys.readouterr().err
