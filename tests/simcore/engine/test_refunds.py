"""Refunds: payments given back after they were final, worked by hand in whole runs; and an audit of wrong ones."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from simcore.engine.conductor import Sizes
from simcore.results.audit import audit, audit_tables
from simcore.results.opened import Run
from tests.simcore.engine.towns import BANK, HEAD, run_town, town

BEIJING = dt.timezone(dt.timedelta(hours=8))
QR_TOWN = (
    HEAD.format(days=3)
    + "".join(
        BANK.format(name=name, kind=kind, country=country)
        for name, kind, country in (
            ("Wallet", "wallet_operator", "CN"), ("Icbc", "dealer", "CN"), ("Kasikorn", "commercial_bank", "TH"),
            ("Nucc", "operator", "CN"),
        )
    )
    + """
[rails.HVPS]
kind = "rtgs"
currency = "CNY"
calendar = "CN"
sessions = [{ open = "08:30", close = "17:15" }]

[rails.QR-CN]
kind = "instant"
currency = "CNY"
settle_on = "HVPS"
operator = "Nucc"
settle_at = ["09:00"]

[rails.QR-TH]
kind = "instant"
currency = "THB"

[accounts.HVPS]
Wallet = { opening = "5000 CNY" }
Icbc = { opening = "0 CNY" }
Nucc = { opening = "0 CNY" }

[accounts.QR-CN]
Wallet = { opening = "2000 CNY" }
Icbc = { opening = "0 CNY", debit_limit = "9000 CNY" }
Nucc = { opening = "0 CNY", debit_limit = "unlimited" }

[accounts.QR-TH]
Icbc = { opening = "10000 THB" }
Kasikorn = { opening = "0 THB" }

[routes.qr]
refunds = { share = "100 %", after = "20 h" }
hops = [
  { rail = "QR-CN", from = "debtor", to = "Icbc" },
  { rail = "QR-TH", from = "Icbc", to = "creditor", fee = { share = "60 bp" } },
]

[fx.pairs."CNY/THB"]
source = "constant"
rate = 5
half_spread = "10 bp"

[fx.dealers.Icbc]
pairs = ["CNY/THB"]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "qr"
"""
)  # fmt: skip


def pay(time: str, amount: int, day: int = 2) -> str:
    return f"{day}-{time},2026-03-{day:02}T{time}:00+08:00,Wallet,Kasikorn,{amount},CNY\n"


def rows_of(run: Run, *kinds: str) -> list[tuple[str, str, str, str, str, float]]:
    return [
        (row["kind"], f"{row['settled_at'].astimezone(BEIJING):%d %H:%M}" if row["settled_at"] else row["status"],
         row["rail"], row["debtor"], row["creditor"], row["amount_minor"] / 100)
        for row in run.obligations.to_pylist() if row["kind"] in kinds
    ]  # fmt: skip


def balances(run: Run) -> dict[tuple[str, str], int]:
    return {(row["rail"], row["participant"]): row["balance_minor"] for row in run.balances.to_pylist()}


def test_a_refund_gives_back_all_that_was_paid_the_last_hop_first(tmp_path: Path) -> None:
    """1000 CNY less 1 CNY of spread are 4995 THB, of which Kasikorn keeps 29.97. After 20 hours all of it goes back.

    The bank's position has been settled by then, so it gives back what it may owe.
    """
    run = run_town(town(tmp_path, QR_TOWN, pay("15:00", 1000)), tmp_path / "run", sizes=Sizes(slots=2, log_rows=8))
    assert rows_of(run, "payment", "spread", "fee", "refund") == [
        ("payment", "02 15:00", "QR-CN", "Wallet", "Icbc", 999),
        ("spread", "02 15:00", "QR-CN", "Wallet", "Icbc", 1),
        ("payment", "02 15:00", "QR-TH", "Icbc", "Kasikorn", 4965.03),
        ("fee", "02 15:00", "QR-TH", "Icbc", "Kasikorn", 29.97),
        ("refund", "03 11:00", "QR-TH", "Kasikorn", "Icbc", 4995),
        ("refund", "03 11:00", "QR-CN", "Icbc", "Wallet", 1000),
    ]
    (payment,) = run.payments.to_pylist()
    assert (payment["status"], payment["amount_received_minor"]) == ("SETTLED_GROSS", 496_503)
    assert audit(tmp_path / "run").ok


def test_refunds_net_with_payments_where_positions_settle(tmp_path: Path) -> None:
    """At 09:00 on the 3rd the wallet owes what it sent; on the 4th what it sent since, 300, less what came back, 1000.

    So the bank that exchanges pays 700 to the wallet, and every position is where it began.
    """
    payments = pay("15:00", 1000) + pay("14:00", 300, day=3)
    run = run_town(town(tmp_path, QR_TOWN, payments), tmp_path / "run")
    settled = [row for row in rows_of(run, "settlement") if row[2] == "HVPS"]
    assert [row[1:] for row in settled] == [
        ("03 09:00", "HVPS", "Wallet", "Nucc", 1000),
        ("03 09:00", "HVPS", "Nucc", "Icbc", 1000),
        ("04 09:00", "HVPS", "Nucc", "Wallet", 700),
        ("04 09:00", "HVPS", "Icbc", "Nucc", 700),
    ]
    assert audit(tmp_path / "run").ok


def test_who_has_to_give_back_and_has_no_money_lets_the_refund_wait(tmp_path: Path) -> None:
    """Kasikorn has paid out what it received; a payment that comes later lets the refund go."""
    poor = QR_TOWN.replace('to = "creditor", fee = { share = "60 bp" } }', 'to = "creditor" }')
    poor += '\n[flows.out]\nkind = "replay"\nfile = "out.csv"\nroute = "out"\n'
    poor = poor.replace(
        "[fx.pairs", '[routes.out]\nhops = [{ rail = "QR-TH", from = "debtor", to = "creditor" }]\n\n[fx.pairs', 1
    )
    path = town(tmp_path, poor, pay("15:00", 1000) + pay("14:00", 950, day=3))
    head = "reference,initiated_at,debtor,creditor,amount,currency\n"
    (tmp_path / "out.csv").write_text(head + "x,2026-03-02T16:00:00+08:00,Kasikorn,Icbc,4500,THB\n")
    run = run_town(path, tmp_path / "run")
    assert [row[:5] for row in rows_of(run, "refund")] == [
        ("refund", "03 14:00", "QR-TH", "Kasikorn", "Icbc"),  # waited from 11:00 on
        ("refund", "03 14:00", "QR-CN", "Icbc", "Wallet"),
        ("refund", "QUEUED_AT_END", "QR-TH", "Kasikorn", "Icbc"),
    ]
    assert [row["status"] for row in run.payments.to_pylist()] == ["SETTLED_GROSS"] * 3
    assert audit(tmp_path / "run").ok


def test_a_share_is_refunded_and_payments_are_the_same_without(tmp_path: Path) -> None:
    payments = "".join(f"{k},2026-03-02T10:{k // 60:02}:{k % 60:02}+08:00,Wallet,Kasikorn,1,CNY\n" for k in range(1000))
    drawn = 'after = { lognormal = { median = "10 h", sigma = 1 }, least = "1 h", most = "30 h" }'
    some = QR_TOWN.replace('share = "100 %", after = "20 h"', f'share = "10 %", {drawn}')
    run = run_town(town(tmp_path, some, payments), tmp_path / "run")
    back = [row for row in run.obligations.to_pylist() if row["kind"] == "refund" and row["rail"] == "QR-CN"]
    assert 60 < len(back) < 140  # 100, give or take four standard deviations
    ends = {row["payment_id"]: row["completed_at"] for row in run.payments.to_pylist()}
    delays = [(row["settled_at"] - ends[row["payment_id"]]) / dt.timedelta(hours=1) for row in back]
    assert 1 <= min(delays) < 4 < max(delays) <= 30
    none = run_town(town(tmp_path, some.replace("refunds = {", "# {"), payments), tmp_path / "none")
    paid = [
        [row for row in each.obligations.drop_columns(["sequence"]).to_pylist() if row["kind"] != "refund"]
        for each in (run, none)
    ]
    assert [row for row in paid[0] if row["kind"] != "settlement"] == [
        row for row in paid[1] if row["kind"] != "settlement"
    ]


def changed(folder: Path, name: str, which: Any, column: str, value: Any) -> None:
    """Write one cell of the first row of obligations that fits."""
    with pa.ipc.open_file(str(folder / f"{name}.arrow")) as reader:
        table = reader.read_all()
    rows = table.to_pylist()
    at = next(k for k, row in enumerate(rows) if which(row))
    rows[at][column] = value(rows[at]) if callable(value) else value
    whole = pa.Table.from_pylist(rows, schema=table.schema)
    with pa.ipc.new_file(str(folder / f"{name}.arrow"), table.schema) as writer:
        writer.write_table(whole.unify_dictionaries())


WRONG = [
    ("amount", lambda row: row["kind"] == "refund", "amount_minor", lambda row: row["amount_minor"] - 1, "refunds "),
    ("too early", lambda row: row["kind"] == "refund" and row["hop"] == 1, "entered_at",
     lambda row: row["entered_at"] - dt.timedelta(hours=21), "before the payment was final"),
    ("somebody else's", lambda row: row["kind"] == "refund" and row["hop"] == 1, "payment_id", 1, "refund"),
    ("another hop", lambda row: row["kind"] == "refund" and row["hop"] == 1, "hop", 0, "reverses no settled hop"),
    ("not the last hop first", lambda row: row["kind"] == "refund" and row["hop"] == 0, "kind", "return", "a return"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "which", "column", "value", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_the_audit_names_a_wrong_refund(
    tmp_path: Path, what: str, which: Any, column: str, value: Any, said: str
) -> None:
    payments = pay("15:00", 1000) + pay("16:00", 500)
    run = run_town(town(tmp_path, QR_TOWN, payments), tmp_path / "run", compression="none")
    assert audit_tables(run.path).ok
    changed(run.path, "obligations", which, column, value)
    report = audit_tables(run.path)
    assert not report.ok
    assert said in "\n".join(report.lines())


@pytest.mark.parametrize("seed", range(12))
def test_generated_days_pass_the_audit(tmp_path: Path, seed: int) -> None:
    """Poor acquirers, closed rails, outages, returns and refunds together; what goes back makes and loses no money."""
    roll = random.Random(seed)
    times = sorted(roll.randint(0, 47 * 3600) for _ in range(120))
    start = dt.datetime(2026, 3, 2, tzinfo=BEIJING)
    payments = "".join(
        f"{k},{(start + dt.timedelta(seconds=at)).isoformat()},Wallet,Kasikorn,{roll.randint(1, 90)},CNY\n"
        for k, at in enumerate(times)
    )
    after = roll.choice(['"0 s"', '"90 min"', '{ exponential = { mean = "6 h" } }'])
    text = QR_TOWN.replace(
        'share = "100 %", after = "20 h"', f'share = "{roll.choice([20, 60, 100])} %", after = {after}'
    )
    text = text.replace('kind = "instant"\ncurrency = "THB"', roll.choice([
        'kind = "instant"\ncurrency = "THB"',
        'kind = "rtgs"\ncurrency = "THB"\ncalendar = "TH"\nsessions = [{ open = "08:30", close = "17:30" }]',
        'kind = "deferred_net"\ncurrency = "THB"\ncalendar = "TH"\nsessions = [{ open = "08:30", close = "17:30" }]\n'
        'cycle_every = "90 min"',
    ]))  # fmt: skip
    what = roll.choice(['rails = ["QR-CN"]', 'rails = ["QR-TH"]', 'participants = ["Kasikorn"]', 'dealers = ["Icbc"]'])
    lasts = '{ uniform = { low = "5 min", high = "3 h" } }'
    text += f'\n[outages.now-and-then]\n{what}\nevery = "7 h"\nlasts = {lasts}\n'
    run = run_town(town(tmp_path, text, payments), tmp_path / "run", sizes=Sizes(slots=2, log_rows=8))
    assert any(row["kind"] == "refund" for row in run.obligations.to_pylist())
    assert audit(tmp_path / "run").ok
    held = balances(run)
    assert held["QR-TH", "Icbc"] + held["QR-TH", "Kasikorn"] == 1_000_000
