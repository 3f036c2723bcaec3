"""What the debtor's own bank asks: an old published tariff by hand, in measures, and where a route is chosen.

A Chinese bank's tariff for remittances (Bank of China, 2009): 0.1 % of the amount, at least CNY 50, at most CNY 260,
plus CNY 150 for the cable. As one fee: 150 + 0.1 %, at least 200, at most 410.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures import cells
from analysis.sending import NO_LIMIT, Tariff, tariffs
from analysis.tables import open_tables
from scenarios.loader import load
from simcore.demand.choice import RouteChoice
from simcore.model import Corridor
from simcore.results.audit import audit
from tests.simcore.engine.test_fees import CHAIN_TOWN
from tests.simcore.engine.towns import run_town, town

BOC = Tariff(fixed=150_00, share=1000, least=200_00, most=410_00)
TERMS = 'sending_fee = { fixed = "150 USD", share = "10 bp", least = "200 USD", most = "410 USD" }\n'
PAID = "".join(
    f"{name},2026-03-02T10:00:00+08:00,A,B,{amount},USD\n" for name, amount in (("a", 10_000), ("b", 100_000))
)


@pytest.mark.parametrize(
    ("amount", "asked"),
    [(1_000, 200), (50_000, 200), (100_000, 250), (200_000, 350), (260_000, 410), (5_000_000, 410)],
)
def test_an_old_tariff_of_a_chinese_bank(amount: int, asked: int) -> None:
    """In CNY: CNY 100,000 cost 100 and the cable."""
    assert BOC.of(np.array([amount * 100])).tolist() == [asked * 100]


@given(st.integers(0, 2**62 - 1), st.integers(0, 1_000_000))
def test_shares_are_exact_for_any_amount(amount: int, share: int) -> None:
    expected = round(Fraction(amount * share, 1_000_000))  # half to even
    assert Tariff(0, share, 0, NO_LIMIT).of(np.array([amount])).tolist() == [expected]


def test_it_counts_as_cost_and_moves_no_money(tmp_path: Path) -> None:
    """USD 10,000 and 100,000, each with 20 and 8 taken on the way: 200 and 250 more are asked beside it."""
    runs = {}
    for name, terms in (("with", TERMS), ("without", "")):
        text = CHAIN_TOWN.replace('charges = "CHARGES"\n', terms)
        runs[name] = run_town(town(tmp_path / name, text, PAID), tmp_path / name / "run")
        assert audit(runs[name].path).ok
    assert runs["with"].obligations.to_pylist() == runs["without"].obligations.to_pylist()
    assert runs["with"].payments.to_pylist() == runs["without"].payments.to_pylist()
    found = {}
    for name, run in runs.items():
        tables = open_tables(run.path)
        for by in ("run", "route", "participant"):
            for each in cells(tables, ["sending_fee_value", "cost_bp", "fee_value"], by):
                found[name, by, each.measure] = each.value
    for by in ("run", "route", "participant"):
        assert found["with", by, "sending_fee_value"] == 450_00
        assert found["with", by, "fee_value"] == found["without", by, "fee_value"] == 56_00
        assert found["with", by, "cost_bp"] == Fraction(506 * 10_000, 110_000)
        assert found["without", by, "cost_bp"] == Fraction(56 * 10_000, 110_000)
        assert found["without", by, "sending_fee_value"] == 0


def test_a_payment_that_comes_back_is_charged_nothing(tmp_path: Path) -> None:
    text = CHAIN_TOWN.replace('charges = "CHARGES"\n', TERMS)
    text = text.replace('latency = "1 h"', 'latency = "1 h", screening = { reject_share = "100 %" }')
    run = run_town(town(tmp_path, text, PAID), tmp_path / "run")
    assert [each.value for each in cells(open_tables(run.path), ["sending_fee_value"])] == [0]


def test_the_tariff_is_read_from_the_run_document_as_it_was_meant(tmp_path: Path) -> None:
    """Whatever way amounts are written there, with commas and cents."""
    terms = 'sending_fee = { fixed = "1500.25 USD", share = "12.5 bp", most = "2 mn USD" }\n'
    run = run_town(town(tmp_path, CHAIN_TOWN.replace('charges = "CHARGES"\n', terms), PAID), tmp_path / "run")
    assert tariffs(open_tables(run.path)) == {"chain": Tariff(1_500_25, 1250, 0, 2_000_000_00)}


def test_who_chooses_a_route_counts_it(tmp_path: Path) -> None:
    """USD 10,000: 200 of the debtor's bank, 20 and 8 on the way."""
    scenario = load(town(tmp_path, CHAIN_TOWN.replace('charges = "CHARGES"\n', TERMS), PAID)).scenario
    corridor = Corridor(debtor_country="SG", creditor_country="SG", routes={"chain": Decimal(1)}, choice="cheapest")
    ways = RouteChoice(scenario, corridor, {})
    at = np.array([1_772_416_800_000_000])
    (cost,) = ways.cost("chain", at, np.array([10_000_00])).tolist()
    assert cost == pytest.approx(200 / 10_000 + 20 / 10_000 + 8 / 9_980)
