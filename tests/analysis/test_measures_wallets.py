"""Measures of wallets against the rows of their tables, added up one by one in every cut."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from analysis.measure_list import GROUPS, MEASURES
from analysis.measures import cells
from analysis.tables import open_tables
from scenarios.loader import load
from simcore.api import perform_loaded
from simcore.results.opened import Run, open_run

TOWN = Path(__file__).parents[1] / "simcore" / "engine" / "wallets-of-a-town.toml"
OF_WALLET = {"participant": "operator", "holders": "holders", "country": "country", "class": "class"}
NAMES = [name for name, measure in MEASURES.items() if measure.family == "wallets"]
SLOTS = {"day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Run:
    changes = {"wallets.e-cny.holders.shops.country": "SG", "wallets.e-cny.classes.verified.balance": "2000 CNY",
               "wallets.e-cny.classes.verified.payment": "1500 CNY",
               "wallets.e-cny.holders.residents.balance": "1000 CNY"}  # fmt: skip
    out = tmp_path_factory.mktemp("wallets") / "run"
    return open_run(perform_loaded(load(TOWN, set=changes), str(TOWN), out).path)


def parts(row: dict[str, Any], payer: dict[str, Any] | None, payee: dict[str, Any] | None) -> Iterator[tuple[str, int]]:
    """What one row adds to which measure."""
    amount, done = row["amount_minor"], row["status"] == "SETTLED"
    if row["kind"] == "payment":
        assert payer is not None
        assert payee is not None
        yield "wallet_count", 1
        yield "wallet_rejected_count", row["status"].startswith("REJECTED")
        yield "wallet_offline_count", row["offline"]
        yield "wallet_double_spend_value", amount * (row["status"] == "REJECTED_DOUBLE_SPEND")
        yield "wallet_value", amount * done
        yield "wallet_crossing_value", amount * (done and payer["country"] != payee["country"])
        yield "wallet_between_operators_value", amount * (done and payer["operator"] != payee["operator"])
    yield "wallet_topped_up_value", row["topped_up_minor"] + amount * (done and row["kind"] == "top_up")
    yield "wallet_to_bank_value", row["swept_minor"] + amount * (done and row["kind"] == "withdrawal")


def by_hand(run: Run, by: str) -> dict[tuple[str, str], int]:
    wallets = run.table("wallets").to_pylist()
    found: Counter[tuple[str, str]] = Counter()
    for row in run.table("wallet_payments").to_pylist():
        payer, payee = (None if row[side] is None else wallets[row[side]] for side in ("payer", "payee"))
        group = group_of(row, wallets, by)
        for measure, value in parts(row, payer, payee):
            found[measure, group] += value
    return {key: value for key, value in found.items() if value}


def group_of(row: dict[str, Any], wallets: list[dict[str, Any]], by: str) -> str:
    payer, payee = (None if row[side] is None else wallets[row[side]] for side in ("payer", "payee"))
    if by in OF_WALLET:
        return str((payer or payee or {})[OF_WALLET[by]])
    if by in SLOTS:
        return str(row["initiated_at"].strftime(SLOTS[by]))
    return "" if by == "run" else str(row[by] or "")


def offline_peaks(run: Run, by: str, groups: Iterable[str]) -> dict[str, int]:
    """The most that was paid offline and not yet posted, looked at whenever something was paid so."""
    wallets, rows = run.table("wallets").to_pylist(), run.table("wallet_payments").to_pylist()
    paid = [(group_of(row, wallets, by), row) for row in rows if row["offline"] and row["kind"] == "payment"]
    found = dict.fromkeys(groups, 0)
    for group, row in paid:
        now = row["initiated_at"]
        open_ = [each["amount_minor"] for other, each in paid if other == group and each["initiated_at"] <= now
                 and (each["status"] == "OFFLINE_AT_END" or each["decided_at"] > now)]  # fmt: skip
        found[group] = max(found[group], sum(open_))
    return found


def test_operators_hold_what_their_books_say_and_pay_what_the_rail_has(town: Run) -> None:
    """Most held of each, and its mean from one row of its books to the next; issues and settlements by their rows."""
    books: dict[str, list[tuple[float, int]]] = defaultdict(list)
    counted: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for row in town.table("wallet_operators").to_pylist():
        at, deposit = row["time"].timestamp(), row["regime"] == "deposit" and row["operator"] != "FIRM"
        books[row["operator"]].append((at, row["stock_minor"] + row["backing_minor"]))
        counted[row["operator"]].append((at, row["wallets_minor"] * deposit))
    first, last = min(at for each in books.values() for at, _ in each), max(at for e in books.values() for at, _ in e)
    all_ = cells(open_tables(town.path), by="participant")
    found = {(each.measure, each.group): each.value for each in all_ if each.measure.startswith("operator_")}
    for who, rows in books.items():
        assert found["operator_reserves_peak", who] == max(value for _, value in rows)
        held = sum(value * (until - at) for (at, value), (until, _) in pairwise([*rows, (last, 0)]))
        assert float(found["operator_reserves_mean", who] or 0) == pytest.approx(held / (last - first))
        base = sum(value * (until - at) for (at, value), (until, _) in pairwise([*counted[who], (last, 0)]))
        assert float(found["operator_reserve_base_mean", who] or 0) == pytest.approx(base / (last - first))
        assert (base > 0) == (who != "FIRM")  # it covers all in full, and the banks' wallets are deposits from 2026 on
        for name, kind in (("operator_issued_value", "wallet_issue"), ("operator_settled_value", "wallet_settlement")):
            moved = [row["amount_minor"] for row in town.obligations.to_pylist()
                     if row["kind"] == kind and row["debtor"] == who]  # fmt: skip
            assert found[name, who] == sum(moved)
    assert any(value for (name, _), value in found.items() if name != "operator_reserves_peak")


@pytest.mark.parametrize("by", GROUPS["wallets"])
def test_every_cut_is_what_its_rows_add_up_to(town: Run, by: str) -> None:
    whole = by_hand(town, "run")
    assert len(whole) == 9  # or a measure is compared with nothing
    expected = by_hand(town, by)
    found = {(one.measure, one.group): one.value for one in cells(open_tables(town.path), NAMES, by)}
    shares = {key: found.pop(key) for key in list(found) if key[0] == "wallet_rejected_share"}
    peaks = {key[1]: found.pop(key) for key in list(found) if key[0] == "wallet_offline_peak"}
    assert peaks == ({} if by == "status" else offline_peaks(town, by, peaks))
    if by == "status":
        expected = {key: value for key, value in expected.items() if key[0] == "wallet_count"}
    assert {key: value for key, value in found.items() if value} == expected
    for (_, group), share in shares.items():
        asked = expected.get(("wallet_count", group), 0)
        refused = expected.get(("wallet_rejected_count", group), 0)
        assert share == (Fraction(refused, asked) if asked else None)
