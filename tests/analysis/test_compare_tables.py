"""What ``luhai compare`` shows, worked by hand: routes by themselves, outages against the run without, wallets."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from analysis.compare import compare
from analysis.compare_command import compare_command
from analysis.compare_text import amount, notes, outages, payments, time, wallets
from analysis.measures import cells
from analysis.tables import open_tables
from scenarios.loader import load
from simcore.api import perform_loaded
from simcore.errors import ScenarioError
from tests.analysis.test_measures_wallets import TOWN
from tests.analysis.test_outside_legs import SWAPS, T2_LATE
from tests.simcore.engine.test_cls_runs import TRADES
from tests.simcore.engine.test_cls_runs import run as cls_run
from tests.simcore.engine.test_htlc_runs import ONE
from tests.simcore.engine.test_htlc_runs import run as locked_run
from tests.simcore.engine.test_intraday_credit import given
from tests.simcore.engine.test_link import run as link_run
from tests.simcore.engine.test_outages import outage, paid, play
from tests.simcore.engine.test_refunds import QR_TOWN, pay
from tests.simcore.engine.towns import RING_TOWN, routed_town, run_town

TWO_ROUTES = RING_TOWN.replace('[flows.day]', """[routes.other]
hops = [{ rail = "RTGS", from = "debtor", to = "creditor" }]

[flows.day]""").replace('route = "direct"\n', "")  # fmt: skip


@pytest.mark.parametrize(("value", "text"), [
    (0, "0"), (999_999, "999,999"), (1_413_953_430, "1.414 bn"), (12_345_678, "12.35 mn"), (703_265_025, "703.3 mn"),
    (1.87e12, "1.870 tn"), (2.5e15, "2500 tn"),
])  # fmt: skip
def test_amounts_have_four_digits(value: float, text: str) -> None:
    assert amount(value).replace(",", "") == text.replace(",", "")


@pytest.mark.parametrize(("seconds", "text"), [
    (4.21, "4.2 s"), (119, "119.0 s"), (120, "2.0 min"), (7199, "120.0 min"), (7200, "2.0 h"), (106_044, "29.5 h"),
])  # fmt: skip
def test_times_are_in_the_unit_that_suits(seconds: float, text: str) -> None:
    assert time(seconds) == text


def test_what_a_route_needs_is_its_largest_net_debit_by_itself(tmp_path: Path) -> None:
    """By `direct` A pays B 30 at 10:00 and B pays A 20 at 11:00: A needs 30, B nothing.

    By `other` B pays C 20 at 10:30 and C pays A 25 at 10:45: B needs 20, C 5. Together A needs 30, C 5 and B
    10: it has had A's 30 before it pays 20 and 20.
    """
    table = "\n".join(["02:00:00 A B 30 SGD direct", "02:30:00 B C 20 SGD other", "02:45:00 C A 25 SGD other",
                       "03:00:00 B A 20 SGD direct"])  # fmt: skip
    tables = open_tables(run_town(routed_town(tmp_path, TWO_ROUTES, table), tmp_path / "run").path)
    found = {each.group: each.value for each in cells(tables, ["route_liquidity"], "route")}
    assert found == {"direct": 30_00, "other": 25_00}
    [whole] = cells(tables, ["liquidity_for_payments"], "run")
    assert whole.value == 45_00
    text = payments(compare([("run", tables)]))
    needed = text.heads.index("needed")
    assert {row[0]: row[needed] for row in text.rows} == {"all": "45", "direct": "30", "other": "25"}


def test_risk_of_routes_adds_up_to_that_of_the_run(tmp_path: Path) -> None:
    """USD 20 apart at 01:00, half an hour before BAHTNET opens, and USD 10 over the link: only the first is at risk."""
    done = link_run(tmp_path, "01:00:00 HK-A TH-A 20 USD apart\n02:00:00 HK-A TH-A 10 USD linked")
    tables = open_tables(done.path)
    by_route = {each.group: each.value for each in cells(tables, ["principal_at_risk"], "route")}
    [whole] = cells(tables, ["principal_at_risk"], "run")
    assert set(by_route) == {"linked", "apart"}
    assert (by_route["linked"], by_route["apart"]) == (0, whole.value)
    assert whole.value == 20_00 * 30 * 60


def test_an_outage_beside_the_run_without_it(tmp_path: Path) -> None:
    """Without it the payments of 10:00 and 10:30 settle at once; with it at 11:00: 45 min later in the mean."""
    rows = paid("09:59 A B 10", "10:00 A B 10", "10:30 B C 40", "11:30 A B 10")
    without = play(tmp_path / "without", RING_TOWN, rows)
    out = play(tmp_path / "out", RING_TOWN + outage('rails = ["RTGS"]', ("10:00", "11:00")), rows)
    table = compare([("without", open_tables(without.path)), ("out", open_tables(out.path))])
    apart = {row["measure"]: row["value"] for row in table.to_pylist() if row["measure"].endswith("_difference")}
    assert apart["mean_time_waited_difference"] == 45 * 60
    assert apart["mean_time_difference"] == 45 * 60 / 2
    text = outages(table)
    assert text is not None
    assert text.heads[:3] == ["outage (UTC)", "money", "run"]
    [row] = text.rows
    assert row == ["out 2026-03-02 02:00", "SGD", "out", "60.0 min", "2", "50", "45.0 min", "0.0 s", "0", "0", "0",
                   "0.0 s"]  # fmt: skip


def test_runs_without_outages_have_no_such_table(tmp_path: Path) -> None:
    table = compare([("a", open_tables(play(tmp_path, RING_TOWN, paid("10:00 A B 10")).path))])
    assert outages(table) is None
    assert wallets(table) is None
    assert "waited" not in str(table.column("measure"))


def test_wallets_under_two_limits_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limits = {"plain": {}, "tight": {"wallets.e-cny.classes.verified.payment": "150 CNY"}}
    runs = {name: perform_loaded(load(TOWN, set=change, seed=65), str(TOWN), tmp_path / name)
            for name, change in limits.items()}  # fmt: skip
    table = compare([(name, open_tables(run.path)) for name, run in runs.items()])
    text = wallets(table)
    assert text is not None
    assert text.heads == ["wallets", "money", "plain", "tight"]
    assert text.rows[0][0] == "payments asked for"
    assert text.rows[0][2] == text.rows[0][3]
    shares = {row[0].strip(): row[2] for row in text.rows if row[0].startswith("  ")}
    whole = {row["part"]: row["value"] for row in table.to_pylist() if row["measure"] == "wallet_share"
             and row["run"] == "tight"}  # fmt: skip
    assert abs(sum(whole.values()) - 1) < 1e-9
    assert set(shares) >= {part for part in whole if part.startswith("REJECTED")} >= {"REJECTED_PAYMENT_LIMIT"}
    assert compare_command([run.path for run in runs.values()], None) == 0
    assert "operators' reserves, most" in capsys.readouterr().out


def test_wallets_with_other_payments_cannot_be_paired(tmp_path: Path) -> None:
    policies = ((65, {}), (66, {"wallets.e-cny.classes.verified.payment": "150 CNY"}))
    first, other = (
        perform_loaded(load(TOWN, seed=seed, set=change), str(TOWN), tmp_path / str(seed)) for seed, change in policies
    )
    with pytest.raises(ScenarioError, match="LH088"):
        compare([("first", open_tables(first.path)), ("other", open_tables(other.path))])


def test_every_form_of_the_table_has_the_same_rows(tmp_path: Path) -> None:
    run = play(tmp_path, RING_TOWN + outage('rails = ["RTGS"]', ("10:00", "11:00")), paid("10:30 A B 10"))
    table = compare([(str(run.path), open_tables(run.path))])
    for form in ("csv", "json", "arrow"):
        assert compare_command([run.path], tmp_path / f"table.{form}") == 0
    with pa.memory_map(str(tmp_path / "table.arrow")) as source:
        assert pa.ipc.open_file(source).read_all().equals(table)
    assert json.loads((tmp_path / "table.json").read_text()) == table.to_pylist()
    read = pyarrow.csv.read_csv(tmp_path / "table.csv").to_pylist()
    assert [row["measure"] for row in read] == table["measure"].to_pylist()
    assert [row["value"] for row in read] == table["value"].to_pylist()


def test_columns_are_explained_and_stand_there_only_where_something_is_in_them(tmp_path: Path) -> None:
    text = payments(compare([("run", open_tables(play(tmp_path / "plain", RING_TOWN, paid("10:30 A B 10")).path))]))
    assert text.heads == ["route", "money", "payments", "settled", "value", "median", "mean", "in 1 h", "cost",
                          "liquidity", "needed", "at risk"]  # fmt: skip
    assert not any("locked" in line for line in notes(text))
    refunds = compare([("run", open_tables(play(tmp_path / "qr", QR_TOWN, pay("09:00", 10)).path))])
    text = payments(refunds)
    refunded = text.heads.index("refunded")
    assert [row[refunded] for row in text.rows if row[1] == "CNY"] == ["10", "10"]


def column(table: pa.Table, head: str) -> dict[str, str]:
    """Money → what the row of the whole run has in a column."""
    text = payments(table)
    return {row[1]: row[text.heads.index(head)] for row in text.rows if row[0] == "all"}


def test_locks_outside_legs_and_the_price_of_credit_have_columns_where_there_are_some(tmp_path: Path) -> None:
    """THB 300 are locked for half an hour, USD 10 for ten minutes. USD 200 are outside for two hours before the euro.

    A repo of 40 mn at 36 bp is paid SGD 108.33, which no payment bears.
    """
    locked = compare([("run", open_tables(locked_run(made(tmp_path / "locked"), ONE).path))])
    assert column(locked, "locked") == {"THB": "150", "USD": "2"}
    cls = cls_run(made(tmp_path / "cls"), TRADES, text=SWAPS | T2_LATE)
    swapped = compare([("run", open_tables(cls.path))])
    assert column(swapped, "outside") == {"EUR": "100", "JPY": "-", "USD": "200"}
    assert column(swapped, "outside at risk") == {"EUR": "0", "JPY": "-", "USD": "400"}
    terms = 'form = "repo", draw = "on_demand", draw_every = "30 min", rate = "36 bp"'
    credit = compare([("run", open_tables(given(made(tmp_path / "credit"), terms).path))])
    assert column(credit, "credit") == {"SGD": "108"}
    assert column(credit, "cost") == {"SGD": "0.0 bp"}
    assert any(line.startswith("credit: what banks paid the central bank") for line in notes(payments(credit)))


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
