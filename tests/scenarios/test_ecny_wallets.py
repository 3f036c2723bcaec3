"""The figures in the README of e-cny-wallets are its runs': what limits refuse, what operators move and tie up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.results.audit import audit

README = Path(__file__).parents[2] / "scenarios" / "catalogue" / "e-cny-wallets" / "README.md"
CLASS = "wallets.e-cny.holders.{}.class=middle"
RUNS = {
    "deposit": [],
    "cash": ["wallets.e-cny.regime=cash"],
    "middle": [CLASS.format("visitors-sg"), CLASS.format("visitors-la")],
}
WHO = ("visitors", "residents")
REFUSED = ("REJECTED_PAYMENT_LIMIT", "REJECTED_INSUFFICIENT_FUNDS")
DAYS = 14


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder, text, done = tmp_path_factory.mktemp("wallets"), README.read_text(encoding="utf-8"), {}
    for name, changes in RUNS.items():
        said = "".join(f" --set {change}" for change in changes)
        assert f"    luhai run e-cny-wallets{said} --out runs/{name}\n" in text
        done[name] = simcore.run("e-cny-wallets", out=folder / name, set=changes)
    return done


def paid(run: Any) -> list[dict[str, Any]]:
    """Payments between wallets, with the wallets on both sides."""
    wallets = run.table("wallets").to_pylist()
    rows = [row for row in run.table("wallet_payments").to_pylist() if row["kind"] == "payment"]
    return [row | {"payer": wallets[row["payer"]], "payee": wallets[row["payee"]]} for row in rows]


def money(minor: int) -> str:
    return f"{minor / 1e8:.2f} mn" if minor >= 10**8 else f"{minor / 1e5:.0f} k"


def asked(run: Any) -> dict[str, str]:
    """Holders → a row of the table: number, value, what settled, what was refused by which rule."""
    counts: Counter[tuple[str, str]] = Counter()
    values: Counter[tuple[str, str]] = Counter()
    for row in paid(run):
        for status in (row["status"], "all"):
            counts[row["payer"]["holders"].split("-")[0], status] += 1
            values[row["payer"]["holders"].split("-")[0], status] += row["amount_minor"]
    found = {}
    for who in WHO:
        shown = [f"{counts[who, 'all']:,}", money(values[who, "all"])]
        for status in ("SETTLED", *REFUSED):
            shares = (100 * part[who, status] / part[who, "all"] for part in (counts, values))
            shown.append(" / ".join(f"{share:.1f} %" for share in shares))
        found[who] = " | ".join(shown)
    return found


def moved(run: Any) -> str:
    """Between operators, gross; what HVPS saw of it; what the central bank had issued at midnight in the mean."""
    between = sum(row["amount_minor"] for row in paid(run)
                  if row["status"] == "SETTLED" and row["payer"]["operator"] != row["payee"]["operator"])  # fmt: skip
    on_rail = [row for row in run.obligations.to_pylist() if row["kind"].startswith("wallet_")]
    books = [row for row in run.table("wallet_operators").to_pylist() if row["event"] == "midnight"]
    issued = sum(row["stock_minor"] + row["backing_minor"] for row in books)
    return " | ".join([
        money(between), f"{len(on_rail)}", money(sum(row["amount_minor"] for row in on_rail)), money(issued // DAYS),
    ])  # fmt: skip


def test_the_figures_are_those_of_runs_which_the_audit_confirms(runs: dict[str, Any]) -> None:
    text, missing = README.read_text(encoding="utf-8"), []
    for name, run in runs.items():
        assert audit(run.path).ok
        for who, shown in asked(run).items():
            if name != "cash" and (name == "deposit" or who == "visitors"):
                missing.append(f"| `{name}` | {who} | {shown} |")
        if name != "middle":
            missing.append(f"| `{name}` | {moved(run)} |")
    assert [line for line in missing if line not in text] == []


def test_both_regimes_decide_the_same_payments_alike(runs: dict[str, Any]) -> None:
    names = ("payment_id", "kind", "payer", "payee", "amount_minor", "status", "decided_at")
    one, other = (runs[name].table("wallet_payments").to_pylist() for name in ("deposit", "cash"))
    one = [row for row in one if row["kind"] != "interest"]
    assert [[row[name] for name in names] for row in one] == [[row[name] for name in names] for row in other]


def test_what_the_text_says_besides(runs: dict[str, Any]) -> None:
    text = " ".join(README.read_text(encoding="utf-8").split())
    payments = paid(runs["deposit"])
    crossing = sum(row["amount_minor"] for row in payments
                   if row["status"] == "SETTLED" and row["payer"]["country"] != row["payee"]["country"])  # fmt: skip
    assert f"CNY {money(crossing)} went across the border" in text
    statuses = Counter(row["status"] for row in payments)
    assert "REJECTED_DAY_LIMIT" not in statuses
    assert "No payment met a limit per day" in text
    assert f"{statuses['REJECTED_OFFLINE_LIMIT']} offline payments" in text
    interest = [row["amount_minor"] for row in runs["deposit"].table("wallet_payments").to_pylist()
                if row["kind"] == "interest"]  # fmt: skip
    assert f"CNY {sum(interest) / 100:.2f} of interest" in text
    gain = sum(row["amount_minor"] for row in paid(runs["middle"]) if row["status"] == "SETTLED")
    gain -= sum(row["amount_minor"] for row in payments if row["status"] == "SETTLED")
    assert f"CNY {money(gain)} more" in text
    base = {name: cells(open_tables(runs[name].path), ["operator_reserve_base_mean"]) for name in ("deposit", "cash")}
    assert f"CNY {money(int(base['deposit'][0].value or 0))} of balances are deposits" in text
    assert [one.value for one in base["cash"]] == [0]
    assert not [row for row in runs["deposit"].events.to_pylist() if row["event"] == "short"]


def test_netting_leaves_most_because_money_runs_one_way(runs: dict[str, Any]) -> None:
    rows = [row for row in runs["deposit"].obligations.to_pylist() if row["kind"] == "wallet_settlement"]
    received = Counter[str]()
    for row in rows:
        if row["debtor"] == "PBOC":
            received[row["creditor"]] += row["amount_minor"]
    text = " ".join(README.read_text(encoding="utf-8").split())
    assert f"CNY {money(sum(received.values()))} reached net creditors" in text
    assert f"CCB CNY {money(received['CCB'])} of it" in text
