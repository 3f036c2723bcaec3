"""Wallets in a run: regimes, issue, settlement, interest, buffers, and an audit that finds what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from scenarios.loader import load
from scenarios.resolve import to_dict
from simcore.api import perform_loaded
from simcore.engine.conductor import Sizes
from simcore.results.audit import audit_tables
from simcore.results.opened import Run, open_run
from simcore.results.provenance import file_digest
from simcore.results.schema import WALLET_STATUSES
from tests.simcore.results.wrong import edited, first, mend, read

TOWN = Path(__file__).with_name("wallets-of-a-town.toml")


def run_of(out: Path, changes: dict[str, Any] | None = None) -> Run:
    return open_run(perform_loaded(load(TOWN, set=changes or {}), str(TOWN), out).path)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of(tmp_path_factory.mktemp("town") / "run")


def books(run: Run, event: str) -> list[dict[str, Any]]:
    return [row for row in run.table("wallet_operators").to_pylist() if row["event"] == event]


def test_every_kind_of_row_and_rule_occurs(town: Run) -> None:
    rows = town.table("wallet_payments").to_pylist()
    assert {row["kind"] for row in rows} == {"payment", "top_up", "withdrawal", "interest"}
    assert {row["status"] for row in rows} >= {
        "SETTLED", "OFFLINE_AT_END", "REJECTED_INSUFFICIENT_FUNDS", "REJECTED_PAYMENT_LIMIT", "REJECTED_DOUBLE_SPEND",
        "REJECTED_OFFLINE_LIMIT", "REJECTED_BANK_RESERVE",
    }  # fmt: skip
    counts = Counter(row["status"] for row in rows if row["kind"] != "interest")
    assert dict(counts) == town.manifest["counts"]["wallets"]["e-cny"]["statuses"]


def test_stocks_are_filled_on_the_rail_at_its_openings_under_cash(town: Run) -> None:
    issued = [row for row in town.obligations.to_pylist() if row["kind"] == "wallet_issue"]
    assert {row["creditor"] for row in issued} == {"PBOC"}
    assert {(row["debtor"], row["settled_at"].strftime("%d %H:%M")) for row in issued} == {
        ("CCB", "30 00:30"), ("CCB", "31 00:30"),
    }  # fmt: skip
    stocks = [row["stock_minor"] for row in books(town, "stock") if row["operator"] == "CCB"]
    assert stocks == [10_000_000, 10_000_000]  # CNY 100,000 again


def test_at_new_year_in_beijing_wallet_money_becomes_the_operators(town: Run) -> None:
    begin = {row["operator"]: row for row in books(town, "regime")}
    assert all(row["time"].astimezone(ZoneInfo("Asia/Shanghai")).isoformat() == "2026-01-01T00:00:00+08:00"
               for row in begin.values())  # fmt: skip
    assert [begin[who]["backing_minor"] for who in ("ICBC", "CCB")] == [0, 0]
    assert begin["FIRM"]["backing_minor"] == begin["FIRM"]["wallets_minor"]
    statuses = {
        row["status"] for row in town.table("wallet_payments").to_pylist() if row["decided_at"] > begin["ICBC"]["time"]
    }
    assert "REJECTED_BANK_RESERVE" not in statuses


def test_interest_is_the_rate_times_the_balance_at_midnight(town: Run) -> None:
    # One midnight counts, that into 2 January: 5 % a year of 360 days of what stood in the wallet then.
    rows = town.table("wallet_payments").to_pylist()
    balance = {row["wallet"]: row["opening_minor"] for row in town.table("wallets").to_pylist()}
    paid = {}
    for row in rows:
        if row["kind"] == "interest":
            paid[row["payee"]] = row["amount_minor"]
        elif row["status"] == "SETTLED" and not paid:
            if row["payer"] is not None:
                balance[row["payer"]] += row["topped_up_minor"] - row["amount_minor"]
            if row["payee"] is not None:
                balance[row["payee"]] += row["amount_minor"] - row["swept_minor"]
    banks = {row["wallet"] for row in town.table("wallets").to_pylist() if row["operator"] != "FIRM"}
    due = {wallet: round(Fraction(balance[wallet] * 5, 36_000)) for wallet in banks}
    assert paid == {wallet: amount for wallet, amount in due.items() if amount}
    visitors = {row["wallet"] for row in town.table("wallets").to_pylist() if row["operator"] == "FIRM"}
    assert not visitors & paid.keys()  # its operator is no bank


def test_deposits_settle_net_at_their_times(tmp_path: Path) -> None:
    changes = {"scenario.start": "2026-03-02", "scenario.days": 1, "wallets.e-cny.interest_on": []}
    run = run_of(tmp_path / "run", changes)
    moves = [row for row in run.obligations.to_pylist() if row["kind"] == "wallet_settlement"]
    assert {row["settled_at"].strftime("%H:%M") for row in moves} == {"04:00", "08:00"}  # 12:00 and 16:00 in China
    for time in {row["settled_at"] for row in moves}:
        settled = [row for row in books(run, "settlement") if row["time"] == time]
        assert [row["position_minor"] for row in settled] == [0, 0, 0]
    # The net position of the firm is what banks paid the central bank more than they got, and its cover.
    firm = [
        row["backing_minor"] for row in books(run, "opening") + books(run, "settlement") if row["operator"] == "FIRM"
    ]
    for time, before, after in zip(sorted({row["settled_at"] for row in moves}), firm[:-1], firm[1:], strict=True):
        at_once = [row for row in moves if row["settled_at"] == time]
        paid_in = sum(row["amount_minor"] * (1 if row["creditor"] == "PBOC" else -1) for row in at_once)
        assert after - before == paid_in


def test_a_bank_that_is_short_keeps_all_positions_open(tmp_path: Path) -> None:
    changes = {
        "scenario.start": "2026-03-02", "scenario.days": 1, "wallets.e-cny.interest_on": [],
        "accounts.HVPS.CCB.opening": "0 CNY", "accounts.HVPS.ICBC.opening": "0 CNY",
    }  # fmt: skip
    run = run_of(tmp_path / "run", changes)
    assert run.obligations.num_rows == 0
    assert {row["participant"] for row in run.events.to_pylist() if row["event"] == "short"} <= {"ICBC", "CCB"}
    end = books(run, "end")
    assert any(row["position_minor"] for row in end)
    assert sum(row["position_minor"] for row in end) == 0


def test_operators_in_two_countries_settle_around_the_clock_on_the_ledger_beside_other_payments(tmp_path: Path) -> None:
    source = TOWN.with_name("wallets-over-the-border.toml")
    run = open_run(perform_loaded(load(source), str(source), tmp_path / "run").path)
    moves = [row for row in run.obligations.to_pylist() if row["kind"] == "wallet_settlement"]
    assert {row["rail"] for row in moves} == {"E-CNY"}
    hours = {row["settled_at"].astimezone(ZoneInfo("Asia/Shanghai")).hour for row in moves}
    assert max(hours) >= 21  # HVPS is closed then
    # Each pair of rows is what one operator owed the other: wallets' payments over the border since the last one.
    wallets = {row["wallet"]: row["operator"] for row in run.table("wallets").to_pylist()}
    owed, since = 0, []
    for row in run.table("wallet_payments").to_pylist():
        if row["status"] == "SETTLED" and wallets[row["payer"]] != wallets[row["payee"]]:
            sign = 1 if wallets[row["payer"]] == "CCB" else -1
            since.append((row["decided_at"], sign * row["amount_minor"]))
    for pays, gets in zip(moves[::2], moves[1::2], strict=True):
        owed = sum(amount for at, amount in since if at <= pays["settled_at"])
        since = [(at, amount) for at, amount in since if at > pays["settled_at"]]
        payer, payee = ("CCB", "CCB-SG") if owed > 0 else ("CCB-SG", "CCB")
        assert (pays["debtor"], pays["creditor"], pays["amount_minor"]) == (payer, "PBOC", abs(owed))
        assert (gets["debtor"], gets["creditor"], gets["amount_minor"]) == ("PBOC", payee, abs(owed))
    assert run.payments.num_rows == 28


def test_tables_depend_on_no_buffer(tmp_path: Path) -> None:
    source = TOWN.read_text(encoding="utf-8")
    block = source[source.index("[wallets.e-cny]") :]
    folder = tmp_path / "two"
    folder.mkdir()
    (folder / "scenario.toml").write_text(source + block.replace("wallets.e-cny", "wallets.other"), encoding="utf-8")
    loaded = load(folder)
    found = []
    for name, rows in (("few", 7), ("many", 65_536)):
        run = perform_loaded(loaded, str(folder), tmp_path / name, sizes=Sizes(log_rows=rows))
        assert run.report.ok
        found.append({table: file_digest(run.path / f"{table}.arrow") for table in run.manifest["tables"]})
    assert found[0] == found[1]
    assert len(found[0]) == 10


def test_progress_counts_payments_as_they_are_played(tmp_path: Path) -> None:
    told: list[int] = []
    perform_loaded(
        load(TOWN), str(TOWN), tmp_path / "run", progress=lambda share, now, payments, in_flight: told.append(payments)
    )
    assert told == sorted(told)
    assert len(set(told)) > 50  # not only as many as logs were handed over


def test_other_payments_draw_the_same_beside_wallets_and_without_leave_no_trace(tmp_path: Path) -> None:
    alone = load("fifo-day").scenario
    assert "wallets" not in to_dict(alone)
    with_wallets = replace(alone, wallets=load(TOWN).scenario.wallets)
    assert to_dict(with_wallets)["flows"] == to_dict(alone)["flows"]


def a_town(seed: int) -> dict[str, Any]:
    """Other limits, regimes, stocks, banks and times, so that every rule binds somewhere."""
    random = Random(seed)

    def yuan(low: int, high: int) -> str:
        return f"{random.randint(low, high)} CNY"

    changes: dict[str, Any] = {
        "scenario.seed": seed, "scenario.start": random.choice(["2025-12-30", "2025-12-31", "2026-03-06"]),
        "scenario.days": random.randint(2, 4), "wallets.e-cny.interest_on": [],
        "wallets.e-cny.regime": random.choice(["by_date", "by_date", "deposit"]),
        "wallets.e-cny.settle_at": random.choice([["09:00"], ["08:30", "17:00"], []]),
        "wallets.e-cny.settle_every": "40 min",
        "wallets.e-cny.holders.visitors.count": random.randint(2, 300),
        "wallets.e-cny.holders.visitors.operator": random.choice(["FIRM", "CCB"]),
        "wallets.e-cny.holders.residents.count": random.randint(2, 400),
        "wallets.e-cny.holders.shops.count": random.randint(2, 40),
        "wallets.e-cny.holders.residents.bank": random.choice(["ICBC", "CCB"]),
        "wallets.e-cny.flows.shopping.offline_share": f"{random.randint(1, 60)} %",
        "wallets.e-cny.classes.phone-only": {
            "payment": yuan(50, 400), "day": yuan(400, 900), "balance": yuan(600, 900), "offline": yuan(1, 300),
        },
        "wallets.e-cny.classes.verified": {
            "payment": yuan(100, 900), "day": yuan(900, 3000), "balance": yuan(300, 9000), "offline": yuan(1, 700),
        },
        "accounts.HVPS.CCB.opening": random.choice(["10 mn CNY", "1000 CNY"]),
    }  # fmt: skip
    if changes["wallets.e-cny.regime"] == "deposit":
        changes["wallets.e-cny.operators"] = {"ICBC": {}, "CCB": {}, "FIRM": {"bank": False}}
    return changes


def test_generated_towns_keep_their_promises_and_meet_every_rule(tmp_path: Path) -> None:
    statuses: set[str] = set()
    for seed in range(12):
        run = run_of(tmp_path / f"{seed}", a_town(seed))  # raises where a proof fails
        statuses |= set(run.manifest["counts"]["wallets"]["e-cny"]["statuses"])
    assert statuses == set(WALLET_STATUSES.values())


def settled_payment(row: dict[str, Any]) -> bool:
    return row["kind"] == "payment" and row["status"] == "SETTLED" and row["topped_up_minor"] == 0


WRONG: dict[str, tuple[str, Callable[[dict[str, Any]], bool], str, Any, str]] = {
    "an amount": ("wallet_payments", settled_payment, "amount_minor", lambda value: value + 1, "wallet"),
    "a rejection undone": (
        "wallet_payments", lambda row: row["status"] == "REJECTED_PAYMENT_LIMIT", "status", "SETTLED", "limit",
    ),
    "a payment refused": ("wallet_payments", settled_payment, "status", "REJECTED_DAY_LIMIT", "by the rules SETTLED"),
    "a double spend posted": (
        "wallet_payments", lambda row: row["status"] == "REJECTED_DOUBLE_SPEND", "status", "SETTLED", "wallet",
    ),
    "a bank that had nothing": (
        "wallet_payments", lambda row: row["status"] == "REJECTED_BANK_RESERVE", "status", "SETTLED", "bank",
    ),
    "a device that let it through": (
        "wallet_payments", lambda row: row["status"] == "REJECTED_OFFLINE_LIMIT", "status", "OFFLINE_AT_END", "offline",
    ),
    "an offline payment refused": (
        "wallet_payments", lambda row: row["status"] == "OFFLINE_AT_END", "status", "REJECTED_OFFLINE_LIMIT", "device",
    ),
    "a closing": ("wallets", lambda row: True, "closing_minor", lambda value: value + 1, "closing_minor"),
    "money on a bank account": (
        "wallets", lambda row: row["bank"] == "CCB", "deposit_closing_minor", lambda value: value - 1, "deposit",
    ),
    "an opening": ("wallets", lambda row: True, "opening_minor", lambda value: value + 1, "sum of their wallets"),
    "cover": (
        "wallet_operators", lambda row: row["backing_minor"] > 0, "backing_minor", lambda value: value - 1, "covered",
    ),
    "a stock": (
        "wallet_operators", lambda row: row["event"] == "midnight" and row["regime"] == "cash", "stock_minor",
        lambda value: value + 1, "stocks don't follow",
    ),
    "a position": (
        "wallet_operators", lambda row: row["event"] == "end", "position_minor", lambda value: value + 1, "positions",
    ),
    "issue without pay": (
        "wallet_operators", lambda row: row["event"] == "end", "stock_minor", lambda value: value + 1, "was paid",
    ),
    "two outcomes": ("wallet_payments", lambda row: row["payment_id"] == 9, "payment_id", 8, "two outcomes"),
    "an id beyond all that there can be": (
        "wallet_payments", lambda row: row["payment_id"] == 9, "payment_id", 2**61, f"payment_id {2**61} among",
    ),
    "a payment lost": (
        "wallet_payments", lambda row: row["payment_id"] == 9, "payment_id", 10**6, "payments without an outcome",
    ),
    "a payer who isn't there": ("wallet_payments", settled_payment, "payer", 10**6, "as one can be"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_the_audit_finds(what: str, town: Run, tmp_path: Path) -> None:
    table, wanted, column, value, says = WRONG[what]
    for name in town.manifest["tables"]:
        (tmp_path / f"{name}.arrow").write_bytes((town.path / f"{name}.arrow").read_bytes())
    rows = read(tmp_path, table)
    changed = edited(rows, first(rows, wanted), column, value)
    with pa.OSFile(str(tmp_path / f"{table}.arrow"), "wb") as sink, pa.ipc.new_file(sink, changed.schema) as writer:
        writer.write_table(changed, max_chunksize=65_536)
    report = audit_tables(tmp_path)
    assert not report.ok
    assert says in "\n".join(report.lines())


def test_the_audit_finds_a_day_limit_passed_and_counts_days_by_local_midnights(town: Run, tmp_path: Path) -> None:
    # A payment moved by hours past midnight would count for the other day: limits that hold by luck alone are no proof.
    changes = {"wallets.e-cny.classes.verified.day": "300 CNY", "wallets.e-cny.classes.verified.payment": "200 CNY"}
    run = run_of(tmp_path / "run", changes)
    rows = run.table("wallet_payments")
    at = first(rows, lambda row: row["status"] == "REJECTED_DAY_LIMIT" and row["offline"] == 0)
    mend(run.path, "wallet_payments", edited(rows.combine_chunks(), at, "status", "SETTLED"))
    assert "paid in the day, above a limit" in "\n".join(audit_tables(run.path).lines())


def test_days_end_at_the_midnight_of_the_holders_country(tmp_path: Path) -> None:
    # In Laos it is an hour earlier: what is paid there between 00:00 and 01:00 of Beijing belongs to the day before.
    changes = {
        "wallets.e-cny.holders.visitors.country": "LA", "wallets.e-cny.holders.visitors.count": 60,
        "wallets.e-cny.holders.visitors.balance": "9_000 CNY", "wallets.e-cny.classes.phone-only.payment": "300 CNY",
        "wallets.e-cny.classes.phone-only.day": "600 CNY",
    }  # fmt: skip
    run = run_of(tmp_path / "run", changes)
    visitors = {row["wallet"] for row in run.table("wallets").to_pylist() if row["country"] == "LA"}
    spent: Counter[tuple[int, Any]] = Counter()
    refused = 0
    for row in run.table("wallet_payments").to_pylist():
        if row["kind"] == "payment" and row["payer"] in visitors:
            day = row["decided_at"].astimezone(ZoneInfo("Asia/Vientiane")).date()
            if row["status"] == "SETTLED":
                spent[row["payer"], day] += row["amount_minor"]
            elif row["status"] == "REJECTED_DAY_LIMIT":
                refused += 1
                assert spent[row["payer"], day] + row["amount_minor"] > 60_000
    assert refused > 20
    assert max(spent.values()) <= 60_000
    rows = run.table("wallets").combine_chunks()
    for at in sorted(visitors):
        rows = edited(rows, at, "country", "CN")
    mend(run.path, "wallets", rows)
    assert "REJECTED_DAY_LIMIT" in "\n".join(audit_tables(run.path).lines())
