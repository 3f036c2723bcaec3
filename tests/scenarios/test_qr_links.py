"""The figures in the README of qr-links are those of its runs, and what netting moves is what payments add up to."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.datafiles import CATALOGUE
from simcore.results.audit import audit

ENTRY = CATALOGUE / "qr-links"
QR = {"CNY": "QR-CN", "MYR": "QR-MY", "IDR": "QR-ID", "VND": "QR-VN"}
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOLIDAYS = {"Golden Week": ("2026-10-01", "2026-10-07"), "Mid-Autumn": ("2026-09-25", "2026-09-27")}
LEAN = ["accounts.QR-CN.ALIPAY.opening=550 k CNY", "accounts.QR-CN.TENPAY.opening=450 k CNY"]
RUNS: dict[str, tuple[str, list[str]]] = {
    "today": ("qr-links", []),
    "no-rush": ("qr-links", [f"flows.out-{key}.holiday=1" for key in ("my", "id", "vn")]),
    "hourly": ("qr-links", [f"rails.{rail}.settle_every=1 h" for rail in QR.values()]),
    "apart": ("apart.toml", []),
    "holidays": ("holidays.toml", []),
    "every-day": ("every-day.toml", []),
    "lean": ("qr-links", LEAN),
}


def command(name: str) -> str:
    what, changes = RUNS[name]
    source = what if what == "qr-links" else f"qr-links/{what.removesuffix('.toml')}"
    return " ".join(["luhai run", source, *(f"--set '{one}'" for one in changes), f"--out runs/{name}"])


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("qr-links")
    return {
        name: simcore.run(what if what == "qr-links" else ENTRY / what, out=folder / name, set=changes)
        for name, (what, changes) in RUNS.items()
    }


def needed(run: Any) -> dict[str, int]:
    """Currency → what accounts on the QR rails had to have; rails of one country together."""
    found = {one.group: int(one.value or 0) for one in cells(open_tables(run.path), ["liquidity_needed"], by="rail")}
    return {
        currency: sum(value for rail, value in found.items() if rail.startswith(mine)) for currency, mine in QR.items()
    }


def rows_where(run: Any, column: str, words: list[str]) -> list[dict[str, Any]]:
    """Rows of obligations with one of these words in a column, and the columns looked at here."""
    columns = ["rail", "kind", "debtor", "creditor", "amount_minor", "settled_at", "sequence", "hop"]
    mine = pc.is_in(run.obligations[column].cast(pa.string()), pa.array(words))
    return list(run.obligations.select(columns).filter(mine).to_pylist())


def paid_over_hvps(run: Any) -> int:
    """What net debtors among the banks paid in, over all settlements on HVPS."""
    net: dict[tuple[int, str], int] = defaultdict(int)
    for row in rows_where(run, "kind", ["settlement"]):
        if row["rail"] == "HVPS":
            net[row["sequence"], row["debtor"]] -= row["amount_minor"]
            net[row["sequence"], row["creditor"]] += row["amount_minor"]
    return sum(-value for value in net.values() if value < 0)


def millions(minor: int, currency: str) -> str:
    return f"{minor / (1 if currency == 'VND' else 100) / 1e6:,.2f}"


def test_what_is_needed_and_moved_is_in_the_readme(runs: dict[str, Any]) -> None:
    text = (ENTRY / "README.md").read_text(encoding="utf-8")
    for name, run in runs.items():
        assert command(name) in text, command(name)
        if name == "lean":
            continue
        paid = millions(paid_over_hvps(run), "CNY")
        line = " | ".join(
            [f"| `{name}`"] + [millions(value, currency) for currency, value in needed(run).items()] + [f"{paid} |"]
        )
        assert line in text, line


def test_what_wallets_that_are_short_refuse_is_in_the_readme(runs: dict[str, Any]) -> None:
    text = (ENTRY / "README.md").read_text(encoding="utf-8")
    asked: dict[str, int] = defaultdict(int)
    refused: dict[str, int] = defaultdict(int)
    for row in runs["lean"].payments.select(["currency_sent", "initiated_at", "status"]).to_pylist():
        if row["currency_sent"] == "CNY":
            day = row["initiated_at"].astimezone(SHANGHAI).date().isoformat()
            when = next((name for name, (first, last) in HOLIDAYS.items() if first <= day <= last), "other days")
            asked[when] += 1
            refused[when] += row["status"] == "REJECTED_INSUFFICIENT_FUNDS"
    assert len(asked) == 3
    for when, number in asked.items():
        line = f"| {when} | {refused[when]:,} of {number:,} | {100 * refused[when] / number:.1f} % |"
        assert line in text, line


def test_netting_both_ways_is_what_the_payments_of_both_directions_leave(runs: dict[str, Any]) -> None:
    """By hand from the rows of QR-CN: sums of what each account paid and received since the last settlement."""
    rows = rows_where(runs["today"], "rail", ["QR-CN", "HVPS"])
    of = {"MBB": "ICBC", "BMRI": "ICBC", "VCB": "ICBC"}
    position: dict[str, int] = defaultdict(int)
    gross = paid_in = 0
    last = None
    for row in rows:
        if row["rail"] == "QR-CN" and row["kind"] != "settlement" and row["settled_at"]:
            position[row["debtor"]] -= row["amount_minor"]
            position[row["creditor"]] += row["amount_minor"]
            gross += row["amount_minor"] * (row["debtor"] == "UPI")  # through the network once
        elif row["rail"] == "HVPS" and row["kind"] == "settlement" and row["sequence"] != last:
            last = row["sequence"]
            banks: dict[str, int] = defaultdict(int)
            for who, value in position.items():
                banks[of.get(who, who)] += value
            paid_in += sum(-value for value in banks.values() if value < 0)
            position.clear()
    text = (ENTRY / "README.md").read_text(encoding="utf-8")
    assert paid_over_hvps(runs["today"]) == paid_in
    assert f"CNY {millions(gross, 'CNY')} mn" in text, millions(gross, "CNY")
    assert f"CNY {millions(paid_in, 'CNY')} mn" in text, millions(paid_in, "CNY")
    share = f"{float(100 * (1 - Fraction(paid_in, gross))):.0f} %"
    assert f"netting saves {share}" in text, share


def test_costs_are_in_the_readme(runs: dict[str, Any]) -> None:
    text = (ENTRY / "README.md").read_text(encoding="utf-8")
    for one in cells(open_tables(runs["today"].path), ["cost_bp"], by="route"):
        assert f"| `{one.group}` | {float(one.value or 0):.1f} bp |" in text, one
    back = [row for row in rows_where(runs["today"], "kind", ["refund"]) if row["hop"] == 0]
    assert f"{len(back):,} of {runs['today'].payments.num_rows:,} payments" in text, len(back)


def test_the_books_are_right_where_refunds_and_refused_payments_meet(runs: dict[str, Any]) -> None:
    assert audit(Path(runs["lean"].path)).ok


def test_holidays_alone_change_and_payments_are_the_same(runs: dict[str, Any]) -> None:
    words, numbers = ("debtor", "creditor", "status"), ("payment_id", "initiated_at", "amount_sent_minor")
    columns = dict.fromkeys(words, pa.string()) | dict.fromkeys(numbers, pa.int64())
    first = runs["today"].payments.select(list(columns)).sort_by("payment_id")
    for name in ("holidays", "every-day", "hourly", "apart"):
        again = runs[name].payments.select(list(columns)).sort_by("payment_id")
        assert all(again[column].cast(kind).equals(first[column].cast(kind)) for column, kind in columns.items()), name
    assert needed(runs["holidays"])["CNY"] < needed(runs["today"])["CNY"] < needed(runs["apart"])["CNY"]
