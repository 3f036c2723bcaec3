"""Settlement risk of each path of ``three-paths``, worked by hand to the second."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pytest

import simcore
from analysis.compare import compare
from analysis.measures import cells
from analysis.tables import Tables, open_tables
from tests.simcore.engine.towns import routed_town

SCENARIO = """
extends = "three-paths"
remove = ["flows.imports"]

[scenario]
name = "by-hand"
days = {days}

[routes.correspondents]
hops = [
  {{ rail = "HVPS", from = "debtor", to = "BOC", latency = "10 min" }},
  {{ rail = "USD-NOSTRO", from = "BOC", to = "NY-CORR" }},
  {{ rail = "USD-NOSTRO", from = "NY-CORR", to = "creditor.agent.USD", latency = "5 h" }},
  {{ rail = "MEPS+", from = "creditor.agent.USD", to = "creditor" }},
]

[routes.clearing-bank]
hops = [
  {{ rail = "CIPS", from = "debtor", to = "ICBC-SG", latency = "10 min" }},
  {{ rail = "ICBC-SG-BOOKS", from = "ICBC-SG", to = "creditor", latency = "10 min" }},
]

[flows.by-hand]
kind = "replay"
file = "payments.csv"
route = "{route}"
"""
HEAD = "reference,initiated_at,debtor,creditor,amount,currency\n"
MINUTE = 60


def play(folder: Path, route: str, time: str, days: int = 2) -> Tables:
    """One payment of CNY 1,000,000, initiated at a time of Monday 2 March 2026 in Chongqing."""
    folder.mkdir(parents=True)
    (folder / "by-hand.toml").write_text(SCENARIO.format(route=route, days=days), encoding="utf-8")
    row = f"P-1,2026-03-02T{time}+08:00,CCB,UOB,1000000.00,CNY\n"
    (folder / "payments.csv").write_text(HEAD + row, encoding="utf-8")
    simcore.run(folder / "by-hand.toml", seed=1, out=folder / "run")
    return open_tables(folder / "run")


def at_risk(tables: Tables) -> dict[str, float]:
    """Minor units × seconds by currency."""
    return {each.currency: float(each.value or 0) for each in cells(tables, ["principal_at_risk"])}


def cut(tables: Tables, by: str) -> dict[str, int]:
    """Minor units × seconds by route, corridor, pair or participant, where there are any; of all currencies."""
    found: Counter[str] = Counter()
    for each in cells(tables, ["principal_at_risk"], by):
        found[each.group] += int(each.value or 0)
    assert found.total() == sum(at_risk(tables).values())
    return {group: value for group, value in found.items() if value}


def paid(tables: Tables, hop: int) -> int:
    """What the payment itself moved on a hop, minor units, spreads and fees apart."""
    table = simcore.open_run(tables.path).obligations
    mine = pc.and_(pc.equal(table["hop"], hop), pc.equal(table["kind"].cast("string"), "payment"))
    [amount] = table.filter(mine)["amount_minor"].to_pylist()
    return int(amount)


@pytest.mark.parametrize("route", ["clearing-bank", "cips-direct"])
def test_where_nothing_is_exchanged_nothing_is_at_risk(tmp_path: Path, route: str) -> None:
    tables = play(tmp_path / route, route, "09:30:00")
    assert simcore.open_run(tables.path).payments["status"].to_pylist() == ["SETTLED_GROSS"]
    assert at_risk(tables) == {}


def test_renminbi_are_at_risk_until_the_books_in_new_york_open(tmp_path: Path) -> None:
    """09:30 + 10 min: HVPS pays Bank of China at 09:40. New York opens at 21:00 the evening before, 10:00 in Chongqing.

    The dollars go on at 10:00, 20 minutes later. Five hours on, at 15:00, Singapore is open: no dollar is at risk.
    """
    tables = play(tmp_path / "morning", "correspondents", "09:30:00")
    assert paid(tables, 0) == 99_900_000  # CNY 1,000,000 less a spread of 10 basis points
    assert at_risk(tables) == {"CNY": 99_900_000 * 20 * MINUTE, "USD": 0}
    assert cut(tables, "pair") == {"CNY to USD": 99_900_000 * 20 * MINUTE}
    assert cut(tables, "participant") == {"CCB": 99_900_000 * 20 * MINUTE}


def test_dollars_are_at_risk_until_singapore_opens(tmp_path: Path) -> None:
    """14:50:30 + 10 min: HVPS and New York both settle at 15:00:30: one after the other, but at the same instant.

    Citibank has the dollars at 20:00:30; MEPS+ closed at 18:30 and opens at 09:00: 12 h 59 min 30 s.
    """
    tables = play(tmp_path / "afternoon", "correspondents", "14:50:30")
    seconds = 12 * 3600 + 59 * MINUTE + 30
    assert at_risk(tables) == {"CNY": 0, "USD": paid(tables, 2) * seconds}
    assert cut(tables, "pair") == {"USD to SGD": paid(tables, 2) * seconds}
    assert cut(tables, "participant") == {"NY-CORR": paid(tables, 2) * seconds}


def test_what_is_between_two_hops_at_the_end_is_at_risk_until_then(tmp_path: Path) -> None:
    """The dollars reach Citibank at 20:00:30 on the last day: the run ends before they go on."""
    tables = play(tmp_path / "end", "correspondents", "14:50:30", days=1)
    span = tables.span()
    assert span is not None
    [done] = [row for row in simcore.open_run(tables.path).obligations.to_pylist()
              if row["hop"] == 2 and row["kind"] == "payment"]  # fmt: skip
    assert done["settled_at"].isoformat().startswith("2026-03-02T12:00:30")
    value = done["amount_minor"] * (span[1] / 1e6 - done["settled_at"].timestamp())
    assert at_risk(tables)["USD"] == value
    assert cut(tables, "pair") == {"USD to SGD": value}


def test_each_route_of_one_run_has_its_own_risk(tmp_path: Path) -> None:
    """The morning's payment of above by correspondents, CNY 1,000,000, and the afternoon's, CNY 3,000,000, by a twin.

    A third one goes by the clearing bank at the same time as the second, and has nothing at risk.
    """
    text = SCENARIO.format(days=2, route="correspondents")
    twin = text[text.index("[routes.correspondents]") : text.index("[routes.clearing-bank]")]
    text += "\n" + twin.replace("correspondents", "twin")
    (tmp_path / "by-hand.toml").write_text(text, encoding="utf-8")
    rows = [
        "P-1,2026-03-02T09:30:00+08:00,CCB,UOB,1000000.00,CNY,correspondents",
        "P-2,2026-03-02T14:50:30+08:00,CCB,UOB,3000000.00,CNY,twin",
        "P-3,2026-03-02T14:50:30+08:00,CCB,UOB,2000000.00,CNY,clearing-bank",
    ]
    head = HEAD.replace("currency", "currency,route")
    (tmp_path / "payments.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    simcore.run(tmp_path / "by-hand.toml", seed=1, out=tmp_path / "run")
    tables = open_tables(tmp_path / "run")
    hops = {(row["payment_id"], row["hop"]): row for row in simcore.open_run(tables.path).obligations.to_pylist()
            if row["kind"] == "payment"}  # fmt: skip
    dollars = hops[1, 2]["amount_minor"] * (12 * 3600 + 59 * MINUTE + 30)
    assert cut(tables, "route") == {"correspondents": 99_900_000 * 20 * MINUTE, "twin": dollars}
    assert cut(tables, "corridor") == {"": 99_900_000 * 20 * MINUTE + dollars}
    assert cut(tables, "pair") == {"CNY to USD": 99_900_000 * 20 * MINUTE, "USD to SGD": dollars}
    shown = {(row["route"], row["currency"]): row["value"] for row in compare([("run", tables)]).to_pylist()
             if row["measure"] == "principal_at_risk"}  # fmt: skip
    assert shown == {
        ("", "CNY"): 99_900_000 * 20 * MINUTE, ("", "USD"): dollars,
        ("correspondents", "CNY"): 99_900_000 * 20 * MINUTE, ("correspondents", "USD"): 0,
        ("twin", "CNY"): 0, ("twin", "USD"): dollars, ("clearing-bank", "CNY"): 0,
    }  # fmt: skip


TOWNS = Path(__file__).parents[1] / "simcore" / "engine"
WAYS = [
    # Hong Kong opens at 00:30 UTC and Bangkok at 01:30: dollars of 00:45 are paid 45 minutes before their baht.
    ("linked", "HK-A TH-A", "apart", 1_000 * 45 * MINUTE),
    ("linked", "HK-A TH-A", "linked", 0),
    ("together", "HK TH", "apart", 1_000 * 45 * MINUTE),
    ("together", "HK TH", "link", 0),
    ("together", "HK FX", "cls", 0),  # there a trade is with the dealer itself
    # By locks dollars are claimed first, and the payee has 15 minutes for its baht.
    ("locked", "HK-A TH-A", "linked", (1_000 + 2_000) * 15 * MINUTE),
]
APART = """
[routes.apart]
hops = [{ rail = "USD-CHATS", from = "debtor", to = "FX" }, { rail = "BAHTNET", from = "FX", to = "creditor" }]
"""


@pytest.mark.parametrize(("town", "who", "route", "risk"), WAYS)
def test_the_same_payments_are_at_risk_without_payment_versus_payment_and_not_with_it(
    town: str, who: str, route: str, risk: int, tmp_path: Path
) -> None:
    """One seed, USD 10 at 00:45 and 20 at 02:00 UTC, and only the way of settling them differs."""
    text = (TOWNS / f"{town}.toml").read_text(encoding="utf-8") + APART * (town == "together")
    path = routed_town(tmp_path, text, f"00:45:00 {who} 10 USD {route}\n02:00:00 {who} 20 USD {route}")
    run = simcore.run(path, out=tmp_path / "run", seed=7)
    settled = [row["status"] == "SETTLED_GROSS" for row in run.payments.to_pylist()]
    assert settled.count(True) == (1 if route == "cls" else 2)  # matched at 01:00 UTC: the second is too late that day
    assert at_risk(open_tables(run.path))["USD"] == risk
