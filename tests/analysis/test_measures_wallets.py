"""Measures of wallets against the rows of their tables, added up one by one in every cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
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
        group = ""
        if by in OF_WALLET:
            group = (payer or payee or {})[OF_WALLET[by]]
        elif by in SLOTS:
            group = row["initiated_at"].strftime(SLOTS[by])
        elif by != "run":
            group = row[by] or ""
        for measure, value in parts(row, payer, payee):
            found[measure, group] += value
    return {key: value for key, value in found.items() if value}


@pytest.mark.parametrize("by", GROUPS["wallets"])
def test_every_cut_is_what_its_rows_add_up_to(town: Run, by: str) -> None:
    whole = by_hand(town, "run")
    assert len(whole) == 9  # or a measure is compared with nothing
    expected = by_hand(town, by)
    found = {(one.measure, one.group): one.value for one in cells(open_tables(town.path), NAMES, by)}
    shares = {key: found.pop(key) for key in list(found) if key[0] == "wallet_rejected_share"}
    if by == "status":
        expected = {key: value for key, value in expected.items() if key[0] == "wallet_count"}
    assert {key: value for key, value in found.items() if value} == expected
    for (_, group), share in shares.items():
        asked = expected.get(("wallet_count", group), 0)
        refused = expected.get(("wallet_rejected_count", group), 0)
        assert share == (Fraction(refused, asked) if asked else None)
