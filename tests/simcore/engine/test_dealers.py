"""Dealers' position limits and refills in whole runs."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest

from fx.dealer import dealer_legs
from simcore.engine.refills import _price
from simcore.results.audit import audit
from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.towns import BANK, FX_TOWN, run_town, town

BEIJING = dt.timezone(dt.timedelta(hours=8))
DEALER = '[fx.dealers.Dealer]\npairs = ["SGD/CNY"]\n'


def clock(time: dt.datetime) -> str:
    return f"{time.astimezone(BEIJING):%d %H:%M}"


def pay(reference: str, time: str, amount: int) -> str:
    return f"{reference},2026-03-02T{time}:00+08:00,Payer,Payee,{amount},CNY\n"


def test_a_dealer_stops_at_its_limit_and_what_comes_then_waits(tmp_path: Path) -> None:
    """It may be short SGD 3,000: two payments of CNY 9,000 take SGD 3,330, so the third waits, at last for the rail."""
    limits = 'position = { limits = { SGD = "3000 SGD" }, every = "10 min" }\n'
    payments = pay("a", "10:01", 9000) + pay("b", "10:02", 9000) + pay("c", "10:11", 9000)
    run = run_town(town(tmp_path, FX_TOWN.replace(DEALER, DEALER + limits), payments), tmp_path / "run")
    assert [row["status"] for row in run.payments.to_pylist()] == ["SETTLED_GROSS"] * 2 + ["WAITING_AT_END"]
    stopped = rows(run.events, event="dealing_stopped")
    assert [(clock(row["time"]), row["participant"], row["currency"], row["amount_minor"], row["detail"])
            for row in stopped] == [("02 10:10", "Dealer", "SGD", -333_000, "CNY to SGD")]  # fmt: skip
    assert audit(tmp_path / "run").ok


@pytest.mark.parametrize("form", ["repo", "overdraft"])
def test_what_a_central_bank_lends_is_no_position(tmp_path: Path, form: str) -> None:
    """The dealer opens with nothing, is lent SGD 9,000 and pays out 3,330: it is short by these, not long by 5,670."""
    limits = 'position = { limits = { SGD = "3000 SGD" }, every = "10 min" }\n'
    text = FX_TOWN.replace(DEALER, DEALER + limits).replace(
        'Dealer = { opening = "10000.00 SGD" }',
        'MAS = { opening = "0 SGD", debit_limit = "unlimited" }\n'
        'Dealer = { opening = "0 SGD", collateral = "9000 SGD" }',
    )
    credit = f'currency = "SGD"\nlender = "MAS"\nintraday_credit = {{ form = "{form}" }}'
    text = text.replace('currency = "SGD"', credit) + BANK.format(name="MAS", kind="central_bank", country="SG")
    payments = pay("a", "10:01", 9000) + pay("b", "10:02", 9000)
    run = run_town(town(tmp_path, text, payments), tmp_path / "run")
    stopped = rows(run.events, event="dealing_stopped")
    assert [(clock(row["time"]), row["amount_minor"], row["detail"]) for row in stopped] == [
        ("02 10:10", -333_000, "CNY to SGD")
    ]
    # Lent on overnight, and lent once more on the second day as far as collateral goes: still the same position.
    assert not rows(run.events, event="dealing_resumed")
    assert rows(run.obligations, kind="credit")


def test_payments_the_other_way_open_the_stopped_direction_again(tmp_path: Path) -> None:
    back = (
        '[routes.back]\nhops = [{ rail = "MEPS", from = "debtor", to = "Dealer" }, '
        '{ rail = "HVPS", from = "Dealer", to = "creditor" }]\n'
    )
    limits = 'position = { limits = { SGD = "3000 SGD" }, every = "10 min" }\n'
    text = FX_TOWN.replace(DEALER, DEALER + limits).replace("[fx.pairs", back + "\n[fx.pairs", 1)
    path = town(tmp_path, text, pay("a", "10:01", 18000) + pay("c", "10:11", 900))
    payments = path.with_name("payments.csv")
    lines = (
        payments.read_text(encoding="utf-8").replace(",currency\n", ",currency,route\n").replace(",CNY\n", ",CNY,fx\n")
    )
    payments.write_text(lines + "r,2026-03-02T10:33:00+08:00,Payee,Payer,1000,SGD,back\n", encoding="utf-8")
    run = run_town(path, tmp_path / "run")
    assert {row["status"] for row in run.payments.to_pylist()} == {"SETTLED_GROSS"}
    assert [
        (clock(row["time"]), row["event"]) for row in run.events.to_pylist() if row["event"].startswith("deal")
    ] == [
        ("02 10:10", "dealing_stopped"),
        ("02 10:40", "dealing_resumed"),
    ]
    waited = [row for row in rows(run.obligations, rail="HVPS", kind="payment") if row["payment_id"] == 1]
    assert clock(waited[0]["settled_at"]) == "02 10:40"
    assert audit(tmp_path / "run").ok


PARENT = BANK.format(name="Parent", kind="commercial_bank", country="SG")


def test_a_refill_comes_from_the_parent_as_far_as_it_has_and_is_no_position(tmp_path: Path) -> None:
    terms = (
        'position = { limits = { SGD = "3000 SGD" }, every = "10 min" }\n'
        'refills = [{ rail = "MEPS", to = "12000 SGD", from = "Parent", times = ["09:30", "14:00"] }]\n'
    )
    text = (FX_TOWN + PARENT).replace(DEALER, DEALER + terms)
    text = text.replace(
        'Payee = { opening = "0 SGD" }', 'Payee = { opening = "0 SGD" }\nParent = { opening = "2500 SGD" }'
    )
    run = run_town(town(tmp_path, text, pay("a", "10:01", 10800)), tmp_path / "run")
    refills = rows(run.obligations, kind="refill")
    assert [(clock(row["settled_at"]), row["debtor"], row["creditor"], row["amount_minor"]) for row in refills] == [
        ("02 09:30", "Parent", "Dealer", 200_000),
        ("02 14:00", "Parent", "Dealer", 50_000),  # SGD 1,998 are wanted, the rest of the parent's money comes
    ]
    assert [row["amount_minor"] for row in rows(run.events, event="short")][:1] == [149_800]
    assert not rows(run.events, event="dealing_stopped")
    assert audit(tmp_path / "run").ok


OTHER = BANK.format(name="Other", kind="dealer", country="SG")


def test_a_dealer_buys_what_it_is_short_of_from_another_at_its_quote(tmp_path: Path) -> None:
    terms = 'refills = [{ rail = "MEPS", to = "10000 SGD", from = "Other", sell_on = "HVPS", times = ["11:00"] }]\n'
    text = (FX_TOWN + OTHER).replace(
        DEALER, DEALER + terms + '\n[fx.dealers.Other]\npairs = ["SGD/CNY"]\nhalf_spread = "4 bp"\n'
    )
    text = text.replace(
        'Payee = { opening = "0 SGD" }', 'Payee = { opening = "0 SGD" }\nOther = { opening = "50 k SGD" }'
    )
    text = text.replace(
        'Dealer = { opening = "0 CNY" }', 'Dealer = { opening = "100 CNY" }\nOther = { opening = "0 CNY" }'
    )
    run = run_town(town(tmp_path, text, pay("a", "10:01", 10800)), tmp_path / "run")
    paid, bought = rows(run.obligations, kind="refill")
    assert (paid["rail"], paid["debtor"], paid["creditor"]) == ("HVPS", "Dealer", "Other")
    assert (bought["rail"], bought["debtor"], bought["creditor"]) == ("MEPS", "Other", "Dealer")
    assert bought["amount_minor"] == 199_800  # all that was paid out
    assert paid["amount_minor"] == pytest.approx(199_800 * 5.4 / (1 - 0.0004), abs=6)
    quote = rows(run.fx, dealer="Other", source="CNY")[0]
    legs = dealer_legs(paid["amount_minor"], quote["half_spread_bp_e2"], quote["numerator"], quote["denominator"])
    assert legs[2] == bought["amount_minor"]
    assert audit(tmp_path / "run").ok


@pytest.mark.parametrize("rate", [(1, 1), (27, 5), (5, 27), (1, 3900), (3900, 1), (41, 200)])
@pytest.mark.parametrize("spread", [0, 400, 50_000])
def test_the_price_is_the_most_that_buys_no_more(rate: tuple[int, int], spread: int) -> None:
    for wanted in (1, 7, 1000, 199_800, 10**12 + 1):
        cost = _price(wanted, spread, *rate)
        assert cost >= 0
        assert dealer_legs(cost, spread, *rate)[2] <= wanted
        worth = Fraction(wanted * rate[1], rate[0]) / (1 - Fraction(spread, 1_000_000))
        assert abs(cost - worth) <= 2 + Fraction(rate[1], rate[0])


def test_a_position_skews_the_spread_of_the_direction_that_carries_it_further(tmp_path: Path) -> None:
    """Short about SGD 1,667 of 3,000: yuan to dollars costs 10 bp × (1 + 2 × 0.556), the way back 10 bp."""
    limits = 'position = { limits = { SGD = "3000 SGD" }, every = "10 min", skew = 2 }\n'
    path = town(tmp_path, FX_TOWN.replace(DEALER, DEALER + limits), pay("a", "10:01", 9009) + pay("b", "10:11", 1000))
    run = run_town(path, tmp_path / "run")
    paid = rows(run.obligations, rail="MEPS")[0]["amount_minor"]
    widened = round(1000 * (1 + 2 * Fraction(paid, 300_000)))
    assert 2000 < widened < 2200
    assert [row["half_spread_bp_e2"] for row in rows(run.fx, source="CNY")][:2] == [1000, widened]
    assert [row["half_spread_bp_e2"] for row in rows(run.fx, source="SGD")] == [1000]
    assert rows(run.payments, reference="b")[0]["fee_minor"] == round(100_000 * Fraction(widened, 1_000_000))
    assert audit(tmp_path / "run").ok
