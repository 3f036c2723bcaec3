"""Cost in every currency and the currency of the border, against plain definitions over the rows of a run."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import simcore
from analysis.charges import PARTS, other_charges
from analysis.measures import cells
from analysis.tables import Tables, open_tables
from tests.analysis.made import make_run


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("cost") / "run"
    simcore.run("chongqing-singapore", seed=7, out=folder, set={"scenario.days": 4})
    return open_tables(folder)


def rows(tables: Tables, table: str) -> list[dict[str, Any]]:
    return list(getattr(simcore.open_run(tables.path), table).to_pylist())


def hops(tables: Tables) -> dict[int, list[dict[str, Any]]]:
    """Rows of each payment in the order of its hops."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(tables, "obligations"):
        if row["payment_id"] is not None and row["kind"] in ("payment", "spread", "fee"):
            found[row["payment_id"]].append(row)
    return {payment: sorted(each, key=lambda row: row["hop"]) for payment, each in found.items()}


def plain_cost(payment: dict[str, Any], mine: list[dict[str, Any]], fx: dict[int, dict[str, Any]]) -> Fraction:
    """Walk a payment along its hops, carrying what one minor unit of the currency sent is worth there."""
    worth, cost = Fraction(1), Fraction(0)
    seen = set()
    for row in mine:
        if row["fx_id"] is not None and row["hop"] not in seen:
            seen.add(row["hop"])
            worth *= Fraction(fx[row["fx_id"]]["numerator"], fx[row["fx_id"]]["denominator"])
        if row["kind"] in ("spread", "fee"):
            cost += Fraction(row["amount_minor"]) / worth
    return cost


def test_two_dealers_at_ten_basis_points_cost_nineteen_point_nine_nine(tables: Tables) -> None:
    # CNY 1,000,000 pay 1,000 to the first dealer; the second keeps 10 bp of what 999,000 bought: 999 more.
    [cost] = [each.value for each in cells(tables, ["cost_bp"], "route") if each.group == "usd"]
    assert cost is not None
    assert float(cost) == pytest.approx(19.99, abs=1e-4)


def test_cost_is_the_sum_of_charges_carried_back_to_the_currency_sent(tables: Tables) -> None:
    fx = {row["fx_id"]: row for row in rows(tables, "fx")}
    mine, cost, value = hops(tables), defaultdict(Fraction), defaultdict(int)
    for payment in rows(tables, "payments"):
        if payment["status"].startswith("SETTLED"):
            cost[payment["currency_sent"]] += plain_cost(payment, mine[payment["payment_id"]], fx)
            value[payment["currency_sent"]] += payment["amount_sent_minor"]
    found = {each.currency: each.value for each in cells(tables, ["cost_bp"])}
    assert set(found) == set(value) == {"CNY", "SGD"}
    for currency, total in cost.items():
        settled = sum(row["status"].startswith("SETTLED") for row in rows(tables, "payments"))
        rounding = Fraction(settled * 2 * 10_000, PARTS * value[currency])
        each = found[currency]
        assert each is not None
        assert abs(each - total * 10_000 / value[currency]) <= rounding


def test_renminbi_cross_the_border_only_where_every_hop_abroad_is_in_them(tables: Tables) -> None:
    country = {name: each["country"] for name, each in tables.scenario["participants"].items()}
    abroad, in_rmb, mine = defaultdict(int), defaultdict(int), hops(tables)
    for payment in rows(tables, "payments"):
        crossing = {row["currency"] for row in mine.get(payment["payment_id"], ())
                    if row["kind"] == "payment" and country[row["debtor"]] != country[row["creditor"]]}  # fmt: skip
        if payment["status"].startswith("SETTLED") and crossing:
            abroad[payment["route"]] += 1
            in_rmb[payment["route"]] += crossing == {"CNY"}
    found = {each.group: each.value for each in cells(tables, ["rmb_crossing_share"], "route")}
    assert found == {route: Fraction(in_rmb[route], abroad[route]) for route in abroad}
    assert found["usd"] == 0
    assert found["rmb-direct"] == 1


def test_nothing_is_read_where_nothing_is_exchanged_and_nothing_crosses(tmp_path: Path) -> None:
    made = open_tables(make_run(tmp_path / "run"))
    assert other_charges(made).payment_id.size == 0
    [share] = {each.value for each in cells(made, ["rmb_crossing_share"])}
    assert share is None
