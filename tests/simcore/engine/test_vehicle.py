"""Yuan to baht by one dealer or over the dollar by two: each amount worked anew with fractions, and whole books."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.towns import run_town

SCENARIO = Path(__file__).with_name("baht-direct-or-dollar.toml")
WHOLE = 1_000_000


def half_even(value: Fraction) -> int:
    return round(value)  # of a fraction to the nearest integer, ties to the even one


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run_town(SCENARIO, tmp_path_factory.mktemp("vehicle") / "run")


def exchanged(amount: int, quote: dict[str, Any]) -> tuple[int, int]:
    """(what the dealer keeps, what it pays) of an amount it receives."""
    spread = half_even(Fraction(amount * quote["half_spread_bp_e2"], WHOLE))
    return spread, half_even((amount - spread) * Fraction(quote["numerator"], quote["denominator"]))


def test_every_amount_is_that_of_its_quotes(run: Any) -> None:
    quotes = run.fx.to_pylist()
    hops: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in run.obligations.to_pylist():
        if row["kind"] == "payment":
            hops[row["payment_id"]].append(row)
    lengths = set()
    for payment in run.payments.to_pylist():
        rows = sorted(hops[payment["payment_id"]], key=lambda row: row["hop"])
        lengths.add(len(rows))
        amount, fee = payment["amount_sent_minor"], 0
        for row, later in zip(rows, [*rows[1:], None], strict=True):
            spread = 0
            if later is not None:
                quote = quotes[later["fx_id"]]
                assert (quote["dealer"], quote["source"], quote["target"]) == (
                    row["creditor"], row["currency"], later["currency"]
                )  # fmt: skip
                assert quote["time"] <= row["settled_at"]
                spread, following = exchanged(amount, quote)
                fee += spread if row["hop"] == 0 else 0
            else:
                following = amount
            assert row["amount_minor"] == amount - spread
            amount = following
        assert (payment["amount_received_minor"], payment["fee_minor"]) == (amount, fee)
    assert lengths == {2, 3}
    assert {payment["status"] for payment in run.payments.to_pylist()} == {"SETTLED_GROSS"}


def test_the_books_of_each_dealer_balance_to_the_unit(run: Any) -> None:
    """What a dealer's accounts gained or lost is what it received and paid, in each currency, and nobody else's did."""
    moved: dict[tuple[str, str], int] = defaultdict(int)
    for row in run.obligations.to_pylist():
        moved[row["debtor"], row["currency"]] -= row["amount_minor"]
        moved[row["creditor"], row["currency"]] += row["amount_minor"]
    change: dict[tuple[str, str], int] = defaultdict(int)
    for row in run.accounts.to_pylist():
        change[row["participant"], row["currency"]] += row["closing_minor"] - row["opening_minor"]
    assert {key: value for key, value in change.items() if value} == moved
    for currency in ("CNY", "USD", "THB"):
        assert sum(value for (_, code), value in moved.items() if code == currency) == 0
    received = sum(payment["amount_received_minor"] for payment in run.payments.to_pylist())
    assert -moved["BAHT-DEALER", "THB"] - moved["TH-DEALER", "THB"] == moved["BKK-BANK", "THB"] == received
    assert moved["CN-DEALER", "USD"] == -moved["TH-DEALER", "USD"] < 0
    assert audit(run.path).ok


def test_the_three_pairs_move_together_so_that_only_spreads_tell_the_two_ways_apart(run: Any) -> None:
    """Days drawn are the same for all pairs, so log returns sum to zero around the triangle, in any part of a day."""
    at = {}
    for row in run.fx.to_pylist():
        at[row["source"], row["target"], row["time"]] = Fraction(row["numerator"], row["denominator"])
    times = {time for _, _, time in at}
    assert len(times) > 100
    for time in times:
        around = at["CNY", "USD", time] * at["USD", "THB", time] * at["THB", "CNY", time]
        assert abs(float(around) - 1) < 1e-10
