"""Inheritance between scenario files, values set from outside, and what is never read."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios import extend
from scenarios.document import MOST_BYTES
from scenarios.extend import read_document
from scenarios.loader import load
from scenarios.settings import apply_settings
from simcore import datafiles
from simcore.errors import ScenarioError
from simcore.model import ReplayFlow

if TYPE_CHECKING:
    from tests.scenarios.conftest import Write


def codes(error: pytest.ExceptionInfo[ScenarioError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


# --- extends -----------------------------------------------------------------------------------------------------


def test_tables_merge_and_everything_else_replaces(write: Write) -> None:
    write("a = 1\n[t]\nx = [1, 2]\ny = 2\n[t.u]\nz = 3\n", name="base.toml")
    path = write('extends = "base.toml"\nb = 2\n[t]\nx = [9]\nu.w = 4\n')
    document = read_document(path)
    assert document.data == {"a": 1, "b": 2, "t": {"x": [9], "y": 2, "u": {"z": 3, "w": 4}}}
    assert str(document.origins["t", "x", 0]) == "scenario.toml:4:6"
    assert ("t", "x", 1) not in document.origins
    assert str(document.origins["t", "y"]) == "base.toml:4:1"


def test_a_chain_runs_from_the_oldest_to_the_youngest(write: Write) -> None:
    write("a = 1\nb = 1\nc = 1\n", name="oldest.toml")
    write('extends = "oldest.toml"\nb = 2\nc = 2\n', name="middle.toml")
    assert read_document(write('extends = "middle.toml"\nc = 3\n')).data == {"a": 1, "b": 2, "c": 3}


def test_removed_entries_are_gone(write: Write) -> None:
    write('[p.A]\nx = 1\n[p."B.C"]\nx = 2\n[p.D]\n', name="base.toml")
    path = write('extends = "base.toml"\nremove = [\'p."B.C"\', "p.A.x"]\n[p.D]\ny = 1\n')
    document = read_document(path)
    assert document.data == {"p": {"A": {}, "D": {"y": 1}}}
    assert ("p", "B.C", "x") not in document.origins


def test_a_child_may_remove_and_give_anew(write: Write) -> None:
    write('[l]\nlognormal = { median = "1 s" }\n', name="base.toml")
    path = write('extends = "base.toml"\nremove = ["l.lognormal"]\n[l]\nexponential = 1\n')
    assert read_document(path).data == {"l": {"exponential": 1}}


def test_a_circle_is_refused(write: Write) -> None:
    write('extends = "b.toml"\n', name="a.toml")
    write('extends = "a.toml"\n', name="b.toml")
    with pytest.raises(ScenarioError) as caught:
        read_document("a.toml")
    assert codes(caught) == ["LH006"]


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "the catalogue"
    for module in (extend, datafiles):
        monkeypatch.setattr(module, "CATALOGUE", folder)
    (folder / "entry").mkdir(parents=True)
    (folder / "entry" / "payments.csv").write_text("reference\n")
    return folder


REPLAY = ('kind = "trade"', 'kind = "replay"\nfile = "payments.csv"\nroute = "direct"\n#')


def replaying(catalogue: Path) -> None:
    """An entry whose flow replays a file of the entry."""
    text = (Path(__file__).parent / "two-banks.toml").read_text()
    text = text[: text.index("[flows.trade]")]
    (catalogue / "entry" / "scenario.toml").write_text(
        text + '[flows.day]\nkind = "replay"\nfile = "payments.csv"\nroute = "direct"\n'
    )


def test_a_catalogue_entry_can_be_extended_and_brings_its_files(catalogue: Path, write: Write) -> None:
    replaying(catalogue)
    loaded = load(write('extends = "entry"\n[rails.RTGS]\nqueue = "fifo"\n', name="mine/scenario.toml"))
    flow = loaded.scenario.flows["day"]
    assert isinstance(flow, ReplayFlow)
    assert flow.file == "catalogue:entry/payments.csv"  # the same name on every machine
    assert datafiles.data_path(loaded.folder, flow.file) == catalogue / "entry" / "payments.csv"
    assert loaded.scenario.rails["RTGS"].queue == "fifo"
    assert load("entry").scenario.flows["day"].file == "payments.csv"  # type: ignore[union-attr]


def test_a_base_in_another_folder_names_its_own_files(write: Write, tmp_path: Path, catalogue: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "accounts.csv").write_text(
        "rail,participant,currency,opening,debit_limit\nRTGS,B01,CNY,5,0\nRTGS,B02,CNY,5,0\n"
    )
    text = (Path(__file__).parent / "two-banks.toml").read_text()
    before, after = text[: text.index("[accounts")], text[text.index("[routes") :]
    write(f'{before}[accounts]\nfile = "accounts.csv"\n{after}', name="base/base.toml")
    scenario = load(write('extends = "base/base.toml"\n')).scenario
    assert scenario.accounts["RTGS"]["B01"].opening.amount_minor == 500


# --- what is never read ------------------------------------------------------------------------------------------


def test_a_link_out_of_the_folder_is_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "base.toml").write_text("a = 1\n")
    path = write('extends = "base.toml"\n', name="mine/scenario.toml")
    (tmp_path / "mine" / "base.toml").symlink_to(tmp_path / "secret" / "base.toml")
    with pytest.raises(ScenarioError) as caught:
        read_document(path)
    assert codes(caught) == ["LH007"]


@pytest.mark.parametrize("name", ["../payments.csv", "/etc/passwd", "link.csv", "catalogue:../../pyproject.toml"])
def test_data_files_outside_the_folder_are_refused(write: Write, tmp_path: Path, name: str) -> None:
    (tmp_path / "payments.csv").write_text("reference\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "link.csv").symlink_to(tmp_path / "payments.csv")
    text = (Path(__file__).parent / "two-banks.toml").read_text()
    text = text[: text.index("[flows.trade]")]
    flow = f'[flows.day]\nkind = "replay"\nfile = "{name}"\nroute = "direct"\n'
    with pytest.raises(ScenarioError) as caught:
        load(write(text + flow, name="mine/scenario.toml"))
    assert codes(caught) == ["LH007"]


def test_a_loop_of_links_is_refused(write: Write, tmp_path: Path) -> None:
    path = write('extends = "a.toml"\n')
    (tmp_path / "a.toml").symlink_to(tmp_path / "b.toml")
    (tmp_path / "b.toml").symlink_to(tmp_path / "a.toml")
    with pytest.raises(ScenarioError) as caught:
        read_document(path)
    assert codes(caught)[0] in ("LH005", "LH007")


def test_a_huge_file_is_refused(write: Write) -> None:
    path = write("a = 1\n")
    with path.open("rb+") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(ScenarioError, match="more than 64 MB"):
        read_document(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "scenario.toml")
    with pytest.raises(ScenarioError) as caught:
        read_document(tmp_path / "scenario.toml")
    assert codes(caught) == ["LH002"]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "9" * 5000,
        "a = " + "{ b = " * 2000 + "1" + " }" * 2000,
        '"\\u0000" = 1',
        "a = 1e99999999999",
        "\ufeffa = 2",
    ],
)
def test_hostile_values_are_faults(write: Write, text: str) -> None:
    with pytest.raises(ScenarioError):
        load(write(text))


# --- --set -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("scenario.days=2", ("scenario", "days"), 2),
        ("scenario.title=2 days", ("scenario", "title"), "2 days"),
        ('scenario.title="2"', ("scenario", "title"), "2"),
        ("scenario.start=2026-03-03", ("scenario", "start"), dt.date(2026, 3, 3)),
        ("results.grid=5 min", ("results", "grid"), "5 min"),
        ("flows.trade.per_day=0.1", ("flows", "trade", "per_day"), Decimal("0.1")),
        ("routes.direct.hops.0.latency=5 s", ("routes", "direct", "hops", 0, "latency"), "5 s"),
        ('rails.RTGS.sessions=[{open="09:00",close="10:00"}]', ("rails", "RTGS", "sessions"),
         [{"open": "09:00", "close": "10:00"}]),
        ('participants."B01".name=x=y', ("participants", "B01", "name"), "x=y"),
        ("scenario.title=1\nb=2", ("scenario", "title"), "1\nb=2"),
    ],
)  # fmt: skip
def test_settings(write: Write, setting: str, path: tuple[str | int, ...], value: object) -> None:
    document = read_document(write("two-banks"))
    apply_settings(document, [setting])
    found: object = document.data
    for part in path:
        found = found[part]  # type: ignore[index]
    assert found == value
    assert str(document.origins[path]) == "--set"


def test_settings_from_python_are_the_same(write: Write) -> None:
    path = write("two-banks")
    from_text = load(path, set=["flows.trade.amount.sigma=0.3", "scenario.days=3", "results.grid=1 min"])
    values = {"flows.trade.amount.sigma": 0.3, "scenario.days": 3, "results.grid": "1 min"}
    assert load(path, set=values).scenario == from_text.scenario


def test_a_name_with_signs_may_be_typed_without_quotes(write: Write) -> None:
    path = write("to-singapore", ('[fx.pairs."SGD/CNY"]', '[fx.pairs."SGD/CNY"]\nsource = "constant"'))
    loaded = load(path, set=["fx.pairs.SGD/CNY.rate=5.3"])
    assert loaded.scenario.fx.pairs["SGD/CNY"].rate == Decimal("5.3")


@pytest.mark.parametrize("setting", ["days", "a..b=1", "=1", '"a=1', "rails.RTGS.sessions.x.open=1"])
def test_settings_that_lead_nowhere(write: Write, setting: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(write("two-banks"), set=[setting])
    assert codes(caught) == ["LH008"]


SOURCED = """
[sources]
"rails.RTGS.sessions.0" = { status = "published", source = "https://example.org/hours" }
"flows.trade.per_day" = { status = "derived", source = "https://example.org/flows" }
"scenario.days" = { status = "assumed", source = "assumption" }
"""


def test_a_source_goes_with_the_value_that_an_heir_replaces(write: Write, tmp_path: Path) -> None:
    base = write("two-banks")
    base.write_text(base.read_text(encoding="utf-8") + SOURCED, encoding="utf-8")
    heir = base.parent / "heir.toml"
    heir.write_text(
        f'extends = "{base.name}"\n[scenario]\ndays = 1\n[rails.RTGS]\nsessions = []\n[flows.trade]\nper_day = 3\n'
        '[sources]\n"flows.trade.per_day" = { status = "published", source = "https://example.org/new" }\n',
        encoding="utf-8",
    )
    days = load(base).scenario.scenario.days
    sources = load(heir).scenario.sources
    assert "rails.RTGS.sessions.0" not in sources
    assert sources["flows.trade.per_day"].status == "published"
    assert ("scenario.days" in sources) == (days == 1), "a value that is the same keeps its source"


def test_a_setting_takes_the_sources_of_parts_that_are_gone(write: Write) -> None:
    base = write("two-banks")
    base.write_text(base.read_text(encoding="utf-8") + SOURCED, encoding="utf-8")
    sources = load(base, set=["rails.RTGS.sessions=[]", "flows.trade.per_day=3"]).scenario.sources
    assert set(sources) == {"flows.trade.per_day", "scenario.days"}
