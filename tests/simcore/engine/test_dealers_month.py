"""A month of flows and refills: what each dealer has in each currency follows from its deals, to the unit."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.towns import run_town

SCENARIO = Path(__file__).with_name("baht-direct-or-dollar.toml")
WHOLE = 1_000_000
DEALERS = ("BAHT-DEALER", "CN-DEALER", "TH-DEALER")
# The flows back, refills from a parent, and refills bought from another dealer on two rails, in July with its holidays.
MONTH = [
    "scenario.start=2026-07-01",
    "scenario.days=31",
    'participants.PARENT={ name = "Parent", kind = "commercial_bank", country = "TH" }',
    'accounts.HVPS.CQ-BANK={ opening = "600 mn CNY" }',
    'accounts.BAHTNET.PARENT={ opening = "2 bn THB" }',
    'accounts.BAHTNET.BAHT-DEALER={ opening = "40 mn THB" }',
    'accounts.BAHTNET.TH-DEALER={ opening = "400 mn THB" }',
    'accounts.HVPS.TH-DEALER={ opening = "1 mn CNY" }',
    'accounts.BAHTNET.BKK-BANK={ opening = "600 mn THB" }',
    'accounts.USD-NOSTRO.CN-DEALER={ opening = "3 mn USD" }',
    'accounts.USD-NOSTRO.TH-DEALER={ opening = "2 mn USD" }',
    'fx.dealers.BAHT-DEALER={ pairs = ["THB/CNY"], position = { limits = { THB = "150 mn THB" }, every = "30 min", '
    'skew = 1 }, refills = [{ rail = "BAHTNET", to = "40 mn THB", from = "PARENT", times = ["09:00", "13:00"] }] }',
    'fx.dealers.CN-DEALER={ pairs = ["USD/CNY"], refills = [{ rail = "USD-NOSTRO", to = "3 mn USD", '
    'from = "TH-DEALER", sell_on = "HVPS", times = ["22:00-1"] }] }',
    'fx.dealers.TH-DEALER={ pairs = ["USD/THB", "USD/CNY"] }',
    'routes.back={ hops = [{ rail = "BAHTNET", from = "debtor", to = "BAHT-DEALER", latency = "5 min" }, '
    '{ rail = "HVPS", from = "BAHT-DEALER", to = "creditor", latency = "10 min" }] }',
    'flows.exports={ kind = "trade", route = "back", debtors = { BKK-BANK = 1 }, creditors = { CQ-BANK = 1 }, '
    'per_day = 20, amount = { median = "900 k THB", sigma = 1.1 }, calendar = "TH", profile = { 10 = 1, 15 = 1 } }',
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run_town(SCENARIO, tmp_path_factory.mktemp("month") / "run", set=MONTH)


def test_the_month_has_what_it_is_about(run: Any) -> None:
    kinds = Counter(row["kind"] for row in run.obligations.to_pylist() if row["sequence"] is not None)
    assert kinds["payment"] > 2_000
    assert kinds["refill"] > 30
    assert {row["debtor"] for row in run.obligations.to_pylist() if row["kind"] == "refill"} == {
        "PARENT", "CN-DEALER", "TH-DEALER",
    }  # fmt: skip
    days = {str(row["business_day"]) for row in run.accounts.to_pylist() if row["rail"] == "BAHTNET"}
    assert len(days) == 21, "two holidays in Thailand"
    assert {row["event"] for row in run.events.to_pylist()} >= {"dealing_stopped", "dealing_resumed", "refill"}
    assert audit(run.path).ok


def test_each_dealers_books_balance_per_currency_to_the_unit(run: Any) -> None:
    """From deals alone, each worked anew by its quote: received with the spread, paid at the mid; and refills."""
    quotes, refills = run.fx.to_pylist(), []
    position: Counter[tuple[str, str]] = Counter()
    legs: dict[int, dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in run.obligations.to_pylist():
        if row["sequence"] is None:
            continue
        if row["kind"] == "refill":
            refills.append(row)
        else:
            legs[row["payment_id"]][row["hop"]].append(row)
    deals = 0
    for hops in legs.values():
        for hop, rows in hops.items():
            for row in rows:  # payment and spread in, or the same back
                for who, sign in ((row["debtor"], -1), (row["creditor"], 1)):
                    if who in DEALERS and row["kind"] == "return":
                        position[who, row["currency"]] += sign * row["amount_minor"]
            [paid] = [row for row in rows if row["kind"] == "payment"]
            spread = sum(row["amount_minor"] for row in rows if row["kind"] == "spread")
            if paid["creditor"] in DEALERS:
                position[paid["creditor"], paid["currency"]] += paid["amount_minor"] + spread
            if paid["debtor"] in DEALERS:
                quote = quotes[paid["fx_id"]]
                [before] = [row for row in hops[hop - 1] if row["kind"] == "payment"]
                assert (quote["dealer"], quote["source"], quote["target"]) == (
                    paid["debtor"], before["currency"], paid["currency"],
                )  # fmt: skip
                worth = round(before["amount_minor"] * Fraction(quote["numerator"], quote["denominator"]))
                kept = sum(row["amount_minor"] for row in hops[hop - 1] if row["kind"] == "spread")
                whole = before["amount_minor"] + kept
                assert kept == round(Fraction(whole * quote["half_spread_bp_e2"], WHOLE))
                assert worth == sum(row["amount_minor"] for row in rows if row["kind"] in ("payment", "spread"))
                position[paid["debtor"], paid["currency"]] -= worth
                deals += 1
    assert deals > 1_500
    for row in refills:
        position[row["debtor"], row["currency"]] -= row["amount_minor"]
        position[row["creditor"], row["currency"]] += row["amount_minor"]
    change: Counter[tuple[str, str]] = Counter()
    for row in run.accounts.to_pylist():
        change[row["participant"], row["currency"]] += row["closing_minor"] - row["opening_minor"]
    of = {key: value for key, value in change.items() if key[0] in DEALERS and value}
    assert of == {key: value for key, value in position.items() if key[0] in DEALERS and value}
    for currency in ("CNY", "USD", "THB"):
        assert sum(value for (_, code), value in change.items() if code == currency) == 0


def test_a_refill_that_is_bought_is_a_deal_at_the_sellers_quote(run: Any) -> None:
    """Two legs at one event: dollars from the Thai dealer on the books in New York, yuan to it on HVPS."""
    sets: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in run.obligations.to_pylist():
        if row["kind"] == "refill" and row["debtor"] != "PARENT":
            sets[row["settled_at"]].append(row)
    assert len(sets) > 5
    for legs in sets.values():
        assert sorted((row["currency"], row["debtor"]) for row in legs) == [("CNY", "CN-DEALER"), ("USD", "TH-DEALER")]
