"""The commands about scenario files: show, check, list, new."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios import describe, extend
from scenarios.describe import check_command, list_command, new_command, show_command
from scenarios.loader import load
from simcore import datafiles
from simcore.errors import ScenarioError

if TYPE_CHECKING:
    from tests.scenarios.conftest import Write


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of one entry with a file of its own."""
    folder = tmp_path / "the catalogue"
    for module in (extend, datafiles, describe):
        monkeypatch.setattr(module, "CATALOGUE", folder)
    (folder / "first").mkdir(parents=True)
    text = (Path(__file__).parent / "two-banks.toml").read_text(encoding="utf-8")
    text = text.replace(
        'title = "Two banks, one rail"', 'title = "Two banks"\ntitle_zh = "两家银行"\nquestion = "Who waits?"'
    )
    (folder / "first" / "scenario.toml").write_text(text.replace('"two-banks"', "'first' # its name"), encoding="utf-8")
    (folder / "first" / "README.md").write_text("about it\n")
    return folder


def test_show_says_what_the_model_contains(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "to-singapore",
        ('name = "Bank of Chongqing"', 'name = "Bank of Chongqing", name_zh = "重庆银行"'),
        ("seed = 65\n", 'left_out = ["fees"]\n'),
        ("[flows.trade]", '[sources."rails.HVPS.sessions"]\nstatus = "published"\nsource = "PBC"\n\n[flows.trade]'),
        ("[flows.trade]", '[sources."flows.trade.per_day"]\nstatus = "assumed"\nsource = "assumption"\n'
         'note = "a guess"\n\n[flows.trade]'),
    )  # fmt: skip
    assert show_command("scenario.toml", settings={}) is None
    text = capsys.readouterr().out
    for line in (
        "2026-03-02 to 2026-03-03 (2 days) · seed drawn at each run · base CNY",
        "    CQ             Bank of Chongqing 重庆银行, commercial bank",
        "      open 20:30-1 to 17:15 = 12:30-1 to 09:15 UTC",
        "      funded from HVPS through CIPS-CO",
        "      debtor ─CIPS (CNY)→ CLEAR ─BOOKS (CNY, after 10 min)→ creditor",
        "after lognormal, median 114 min, sigma 1.74)→ creditor",
        "  corridor cq-sg: CN → SG by rmb 60 %, sgd 40 %",
        "  SGD/CNY          ECB reference rates, half-spread 2.5 bp",
        "Sources (1 published, 0 derived, 1 assumed)",
        "  assumed    flows.trade.per_day: assumption (a guess)",
        "  - fees",
    ):
        assert line in text


def test_what_show_resolved_prints_loads_again(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("to-singapore")
    show_command(str(path), settings={"scenario.days": "3"}, resolved=True)
    again = load(write(capsys.readouterr().out, name="again.toml"))
    assert again.scenario == load(path, set={"scenario.days": "3"}).scenario


def test_check_raises_every_fault_as_text(write: Write) -> None:
    with pytest.raises(ScenarioError, match=r"scenario\.toml:6:1: scenario\.dayz \[LH010\]"):
        check_command(str(write("two-banks", ("days = 1", "days = 1\ndayz = 2"))), settings={})


def test_check_as_json_is_for_machines(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("two-banks", ("days = 1", "days = 1\ndayz = 2"))
    assert check_command("scenario.toml", settings={}, form="json") == 2
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert fault.pop("expected").startswith("one of name, title, ")
    assert fault == {
        "code": "LH010", "where": "scenario.toml:6:1: scenario.dayz", "file": "scenario.toml", "line": 6, "column": 1,
        "path": "scenario.dayz", "got": "the key dayz", "try": "days",
    }  # fmt: skip
    path.write_text(path.read_text().replace("dayz = 2", ""))
    assert check_command("scenario.toml", settings={}, form="json") is None
    assert re.fullmatch("[0-9a-f]{64}", json.loads(capsys.readouterr().out)["digest"])


def test_list_gives_titles_and_questions(catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    list_command()
    name, *rest = capsys.readouterr().out.split(maxsplit=1)
    assert name == "first"
    assert [line.strip() for line in rest[0].splitlines()] == ["Two banks", "两家银行", "Who waits?"]


def test_new_copies_an_entry_under_its_own_name(catalogue: Path, write: Write, tmp_path: Path) -> None:
    write("", name="other.txt")
    new_command("mine", entry="first")
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [
        "README.md", "luhai.schema.json", "scenario.toml"
    ]  # fmt: skip
    text = (tmp_path / "mine" / "scenario.toml").read_text(encoding="utf-8")
    assert text.startswith("#:schema ./luhai.schema.json\n")
    assert 'name = "mine" # its name' in text
    assert load("mine").scenario.scenario.name == "mine"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_new_overwrites_nothing(catalogue: Path, write: Write, tmp_path: Path) -> None:
    write("mine", name="deep/mine")
    with pytest.raises(ScenarioError) as caught:
        new_command("mine", directory=tmp_path / "deep", entry="first")
    assert caught.value.faults[0].code == "LH070"
    assert (tmp_path / "deep" / "mine").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "entry", "code", "hint"),
    [("mine", "frist", "LH001", "first"), ("a/b", "first", "LH017", "a-b"), ("../x", "first", "LH017", "x")],
)
def test_new_refuses_wrong_names(catalogue: Path, write: Write, name: str, entry: str, code: str, hint: str) -> None:
    write("", name="other.txt")
    with pytest.raises(ScenarioError) as caught:
        new_command(name, entry=entry)
    (fault,) = caught.value.faults
    assert (fault.code, fault.try_) == (code, hint)


def test_every_entry_of_the_catalogue_is_without_faults() -> None:
    for name in extend.catalogue_names():
        loaded = load(name)
        assert loaded.scenario.scenario.name == name
        assert loaded.scenario.sources, f"{name} says nowhere where its numbers come from"


def test_show_marks_rates_that_are_assumed(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("to-singapore", ("[fx.dealers.FX]", ANCHORED + "\n[fx.dealers.FX]"))
    show_command(str(path), settings=())
    shown = capsys.readouterr().out
    assert "  USD/MMK          anchored, half-spread 150 bp\n      assumed: 2100 MMK for one USD" in shown
    assert "  CNY/VND          simulated, half-spread 30 bp\n      assumed: 25948 VND for one USD" in shown
    assert "  CNY/LAK          simulated from 3300, half-spread 50 bp\n  path" in shown  # a rate of its own


ANCHORED = """
[fx.pairs."USD/MMK"]
source = "anchored"
half_spread = "150 bp"

[fx.pairs."CNY/VND"]
source = "simulated"
half_spread = "30 bp"

[fx.pairs."CNY/LAK"]
source = "simulated"
rate = 3300
half_spread = "50 bp"

[fx.paths.neighbours]
kind = "gbm"
step = "1 d"
pairs = { "CNY/VND" = { volatility = "2.44 %" }, "CNY/LAK" = { volatility = "2.61 %" } }
"""
