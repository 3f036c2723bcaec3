"""How a scenario file becomes the typed model."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios.loader import from_dict, json_schema, load
from scenarios.resolve import to_dict
from simcore.calendar import Session
from simcore.errors import ScenarioError
from simcore.model import Account, Hop, Latency, Lognormal, Pair, TradeFlow
from simcore.rails.rtgs import Rtgs
from simcore.units import ClockTime, Money

if TYPE_CHECKING:
    from tests.scenarios.conftest import Write

MINUTE = 60_000_000


def test_values_arrive_exact_and_typed(write: Write) -> None:
    loaded = load(write("to-singapore"))
    scenario = loaded.scenario
    assert scenario.scenario.start == dt.date(2026, 3, 2)
    assert scenario.accounts["CIPS"]["CLEAR"] == Account(
        opening=Money(0, "CNY"), funding=Money(10_000_000_000, "CNY"), funded_by="CQ"
    )
    assert scenario.accounts["BOOKS"]["CLEAR"].debit_limit == "unlimited"
    assert scenario.rails["HVPS"] == Rtgs(
        currency="CNY", calendar="CN", sessions=(Session(open=ClockTime(-1, 73_800), close=ClockTime(0, 62_100)),)
    )
    assert scenario.routes["sgd"].hops == (
        Hop(rail="HVPS", debtor="debtor", creditor="FX"),
        Hop(rail="MEPS", debtor="FX", creditor="creditor",
            latency=Latency(lognormal=Lognormal(median=114 * MINUTE, sigma=1.74))),
    )  # fmt: skip
    assert scenario.routes["rmb"].hops[1].latency == 10 * MINUTE
    assert scenario.corridors["cq-sg"].routes == {"rmb": Decimal("0.6"), "sgd": Decimal("0.4")}
    assert scenario.fx.pairs["SGD/CNY"] == Pair(half_spread=250)
    flow = scenario.flows["trade"]
    assert isinstance(flow, TradeFlow)
    assert (flow.per_day, flow.amount.sigma, flow.profile["10"]) == (Decimal(100), 1.2, Decimal(2))


@pytest.mark.parametrize("value", ["08:30:00", '"08:30"', '"8:30"'])
def test_a_time_may_be_a_toml_time_or_text(write: Write, value: str) -> None:
    path = write("two-banks", ('open = "08:30"', f"open = {value}"))
    assert load(path).scenario.rails["RTGS"].sessions[0].open == ClockTime(0, 30_600)


def test_decimals_never_pass_through_a_float(write: Write) -> None:
    path = write("two-banks", ("B01 = 1, B02", "B01 = 0.1000000000000000000000001, B02"))
    flow = load(path).scenario.flows["trade"]
    assert isinstance(flow, TradeFlow)
    assert flow.debtors["B01"] == Decimal("0.1000000000000000000000001")


def test_order_of_the_file_is_kept(write: Write) -> None:
    assert list(load(write("to-singapore")).scenario.rails) == ["HVPS", "CIPS", "BOOKS", "MEPS"]


def test_the_seed_given_goes_before_the_files(write: Write) -> None:
    loaded = load(write("two-banks"), seed=7)
    assert loaded.scenario.scenario.seed == 7
    assert str(loaded.origin["scenario", "seed"]) == "--seed"


def test_a_scenario_is_a_file_or_a_folder(write: Write) -> None:
    path = write("two-banks", name="mine/scenario.toml")
    assert load("mine").scenario == load(path).scenario == load("mine/scenario.toml").scenario
    assert load("mine").folder == path.parent


@pytest.mark.parametrize(("wrong", "right"), [("mine.tml", "mine.toml"), ("folder/mime.toml", "folder/mime2.toml")])
def test_a_wrong_name_gets_the_nearest(write: Write, wrong: str, right: str) -> None:
    write("two-banks", name=right)
    with pytest.raises(ScenarioError) as caught:
        load(wrong)
    (fault,) = caught.value.faults
    assert (fault.code, fault.try_) == ("LH001", right)


def test_origins_name_file_and_line(write: Write) -> None:
    path = write("two-banks")
    origin = load(path, set=["results.grid=5 min"]).origin
    line = path.read_text().splitlines().index('opening = "120 mn CNY"') + 1
    assert str(origin["accounts", "RTGS", "B01", "opening"]) == f"scenario.toml:{line}:1"
    assert str(origin["results", "grid"]) == "--set"
    assert ("scenario", "title_zh") not in origin


def test_every_fault_comes_in_one_pass_and_in_order(write: Write) -> None:
    path = write(
        "to-singapore",
        ("start = 2026-03-02", 'start = "soon"'),
        ('currency = "SGD"', 'currency = "SGX"'),
        ('CQ = { opening = "500 mn CNY" }', 'CQ = { openin = "500 mn CNY" }'),
        ('rail = "BOOKS"', 'rail = "BOKS"'),
        ('per_day = 100', 'per_day = 0'),
    )  # fmt: skip
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert [fault.code for fault in caught.value.faults] == ["LH012", "LH024", "LH010", "LH021", "LH066"]
    lines = [int(fault.where.split(":")[1]) for fault in caught.value.faults]
    assert lines == sorted(lines)


def test_an_entry_that_cannot_be_read_is_still_an_entry(write: Write) -> None:
    """A participant with a faulty line is no unknown participant."""
    path = write("two-banks", ('kind = "commercial_bank"', 'kind = "bank"'))
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert [fault.code for fault in caught.value.faults] == ["LH013"]


# --- accounts in a table -----------------------------------------------------------------------------------------

INLINE = (
    '[accounts.RTGS.B01]\nopening = "120 mn CNY"\n\n[accounts.RTGS.B02]\nopening = "80 mn CNY"\n'
    'debit_limit = "10 mn CNY"\n'
)


def test_accounts_in_a_table_are_the_same_accounts(write: Write) -> None:
    inline = load(write("two-banks", ('opening = "120 mn CNY"', 'opening = "120 mn CNY"\ndebit_limit = "0 CNY"')))
    write("rail,participant,currency,opening,debit_limit,funding\n"
          'RTGS,B01,CNY,"120,000,000.00",0,\n RTGS ,B02,CNY,80 mn CNY,10_000_000,\n', name="accounts.csv")  # fmt: skip
    table = load(write("two-banks", (INLINE, '[accounts]\nfile = "accounts.csv"\n')))
    assert table.scenario == inline.scenario
    assert table.digest == inline.digest
    assert str(table.origin["accounts", "RTGS", "B02", "opening"]) == "accounts.csv:3"


def test_what_the_file_says_goes_over_the_table(write: Write) -> None:
    write("rail,participant,currency,opening,debit_limit\nRTGS,B01,CNY,1,0\nRTGS,B02,CNY,2,0\n", name="accounts.csv")
    path = write("two-banks", (INLINE, '[accounts]\nfile = "accounts.csv"\n[accounts.RTGS.B02]\nopening = "9 CNY"\n'))
    accounts = load(path, set={"accounts.RTGS.B01.debit_limit": "5 CNY"}).scenario.accounts["RTGS"]
    assert accounts["B01"] == Account(opening=Money(100, "CNY"), debit_limit=Money(500, "CNY"))
    assert accounts["B02"] == Account(opening=Money(900, "CNY"), debit_limit=Money(0, "CNY"))


# --- other forms -------------------------------------------------------------------------------------------------


def test_a_run_document_gives_the_model_back(write: Write) -> None:
    scenario = load(write("to-singapore")).scenario
    assert from_dict(json.loads(json.dumps(to_dict(scenario)))) == scenario


def test_a_spoilt_run_document_is_a_fault(write: Write) -> None:
    data = to_dict(load(write("two-banks")).scenario)
    del data["rails"]["RTGS"]["currency"]
    with pytest.raises(ScenarioError, match=r"manifest\.json: rails\.RTGS\.currency \[LH011\]"):
        from_dict(data)


@pytest.fixture
def schema_folder(tmp_path: Path) -> Path:
    (tmp_path / "luhai.schema.json").write_text(json.dumps(json_schema()), encoding="utf-8")
    return tmp_path


def tombi(path: Path, text: str) -> str:
    path.write_text("#:schema ./luhai.schema.json\n" + text, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("tombi")), "lint", "--offline", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=path.parent, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["two-banks", "to-singapore"])
def test_editors_accept_what_we_accept(schema_folder: Path, name: str) -> None:
    text = (Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8")
    text = text.replace('open = "08:30"', "open = 08:30:00")
    assert "linted successfully" in tombi(schema_folder / "scenario.toml", text)


def test_editors_refuse_what_we_refuse(schema_folder: Path) -> None:
    text = (Path(__file__).parent / "two-banks.toml").read_text(encoding="utf-8")
    text = text.replace("bypass", "by-pass").replace("days = 1", 'days = "1"').replace("opening =", "openning =", 1)
    text = text.replace('"2 s"', '"2 sec"')
    found = tombi(schema_folder / "scenario.toml", text)
    for line in ("6:8", "25:9", "28:1", "35:"):
        assert f"scenario.toml:{line}" in found


def test_the_schema_says_what_keys_mean() -> None:
    schema = json_schema()
    assert schema["$defs"]["Account"]["properties"]["funded_by"]["description"].startswith("Whose account")
    assert "from" in schema["$defs"]["Hop"]["properties"]
    assert schema["$defs"]["Rtgs"]["additionalProperties"] is False
    assert "``" not in json.dumps(schema)
