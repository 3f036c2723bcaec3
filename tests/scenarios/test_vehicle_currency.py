"""The figures in the README of vehicle-currency are those of its runs, and each cost is that of its spreads by hand."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.results.audit import audit
from tests.scenarios.figures import asked, minutes, shown

README = Path(__file__).parents[2] / "scenarios" / "catalogue" / "vehicle-currency" / "README.md"
COUNTRIES = {"th": ("Thailand", "THB"), "my": ("Malaysia", "MYR"), "id": ("Indonesia", "IDR")}
OVER_THE_DOLLAR = {"th": 10 + 10, "my": 10 + 10, "id": 10 + 20}  # bp, the two half-spreads
STEPS = (5, 10, 20, 25, 30, 40)  # bp, the half-spread of the direct pairs
BP = Fraction(1, 10_000)


def one_path(path: str) -> list[str]:
    return [
        f'corridors.{key.upper()}.routes={{direct-{key} = "{100 * (path == "direct")} %", '
        f'dollar-{key} = "{100 * (path == "dollar")} %"}}'
        for key in COUNTRIES
    ]


def at_half_spread(bp: int) -> list[str]:
    return [f'fx.pairs."{currency}/CNY".half_spread={bp} bp' for _, currency in COUNTRIES.values()]


def command(changes: list[str], out: str) -> str:
    return "luhai run vehicle-currency " + " ".join(f"--set '{one}'" for one in changes) + f" --out runs/{out}"


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("vehicle-currency")
    return {
        path: simcore.run("vehicle-currency", out=folder / path, set=one_path(path)) for path in ("direct", "dollar")
    }


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Any]:
    folder = tmp_path_factory.mktemp("half-spreads")
    return {bp: simcore.run("vehicle-currency", out=folder / str(bp), set=at_half_spread(bp)) for bp in STEPS}


def of_country(run: Any, key: str) -> list[dict[str, Any]]:
    return [row for row in run.payments.to_pylist() if row["route"].endswith(f"-{key}")]


def test_the_figures_of_either_path_are_those_of_the_same_payments(paths: dict[str, Any]) -> None:
    text = README.read_text(encoding="utf-8")
    for path, run in paths.items():
        assert command(one_path(path), path) in text, command(one_path(path), path)
        costs = {each.group: each.value for each in cells(open_tables(run.path), ["cost_bp"], by="route")}
        for key, (country, _) in COUNTRIES.items():
            payments = of_country(run, key)
            done = [row for row in payments if row["status"] == "SETTLED_GROSS"]
            took = [minutes(row) for row in done]
            line = (
                f"| {country} | `{path}` | {len(done)} of {len(payments)} | {shown(median(took), 1, 60)} | "
                f"{shown(fmean(took), 1, 60)} | {float(costs[f'{path}-{key}'] or 0):.1f} bp |"
            )
            assert line in text, line
    assert len({asked(run) for run in paths.values()}) == 1


def test_the_principal_at_risk_is_that_of_the_tables(paths: dict[str, Any]) -> None:
    text = README.read_text(encoding="utf-8")
    for path, run in paths.items():
        sums: list[str] = []
        for name in ("principal_at_risk", "principal_at_risk_peak"):
            unit = 3600 * 100 if name == "principal_at_risk" else 100
            sums.append(", ".join(
                f"{each.currency} {float(each.value or 0) / unit / 1e6:,.1f} mn"
                for each in cells(open_tables(run.path), [name])
            ))  # fmt: skip
        line = f"| `{path}` | {sums[0]} | {sums[1]} |"
        assert line in text, line


def test_the_direct_share_at_each_half_spread(sweep: dict[int, Any]) -> None:
    text = README.read_text(encoding="utf-8")
    for bp, run in sweep.items():
        line = f"| {bp} bp |"
        for key in COUNTRIES:
            rows = of_country(run, key)
            direct = [row for row in rows if row["route"] == f"direct-{key}"]
            value = sum(row["amount_sent_minor"] for row in direct) / sum(row["amount_sent_minor"] for row in rows)
            line += f" {100 * len(direct) / len(rows):.0f} %, {100 * value:.0f} % |"
        assert line in text, line
    for bp in (5, 25):
        assert command(at_half_spread(bp), f"bp-{bp}") in text, command(at_half_spread(bp), f"bp-{bp}")


def test_payers_switch_where_the_fee_is_worth_what_the_direct_pair_costs_more(
    sweep: dict[int, Any], paths: dict[str, Any]
) -> None:
    """Direct pays up to the two half-spreads, and beyond for amounts below USD 20 / (direct - the two)."""
    rates = [
        Fraction(row["numerator"], row["denominator"])
        for row in paths["dollar"].fx.to_pylist() if (row["source"], row["target"]) == ("CNY", "USD")
    ]  # fmt: skip
    low, high = min(rates), max(rates)
    assert high < low * Fraction(101, 100)
    seen = 0
    for bp, run in sweep.items():
        for key, both in OVER_THE_DOLLAR.items():
            rows = of_country(run, key)
            if bp <= both:
                assert {row["route"] for row in rows} == {f"direct-{key}"}, (bp, key)
                continue
            switch = 2000 / ((bp - both) * BP)  # US cents, after BOC's 10 bp
            for row in rows:
                dollars = row["amount_sent_minor"] * (1 - 10 * BP)
                if row["route"] == f"direct-{key}":
                    assert dollars * low <= switch
                else:
                    assert dollars * high >= switch
                seen += 1
    assert seen > 500


def test_a_direct_payment_pays_one_half_spread_and_one_over_the_dollar_two_and_a_fee(paths: dict[str, Any]) -> None:
    own = {"th": (10, 10), "my": (10, 10), "id": (20, 20)}  # bp: the direct pair, the dollar pair
    for path, run in paths.items():
        quotes = run.fx.to_pylist()
        hops: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in run.obligations.to_pylist():
            if row["kind"] == "payment":
                hops[row["payment_id"]].append(row)
        for key, (direct, second) in own.items():
            for payment in of_country(run, key):
                if payment["status"] != "SETTLED_GROSS":
                    continue
                rows = sorted(hops[payment["payment_id"]], key=lambda row: row["hop"])
                rate = [Fraction(quotes[row["fx_id"]]["numerator"], quotes[row["fx_id"]]["denominator"])
                        for row in rows if row["fx_id"] is not None]  # fmt: skip
                sent = payment["amount_sent_minor"]
                if path == "direct":
                    assert len(rate) == 1
                    by_hand = sent * (1 - direct * BP) * rate[0]
                else:
                    assert len(rate) == 2
                    by_hand = (sent * (1 - 10 * BP) * rate[0] - 2000) * (1 - second * BP) * rate[1]
                # each half cent lost in rounding is carried along at the rates that follow
                assert abs(payment["amount_received_minor"] - by_hand) <= sum(rate, Fraction(1)) + rate[-1]


def test_the_books_are_audited(paths: dict[str, Any], sweep: dict[int, Any]) -> None:
    for run in (*paths.values(), sweep[25]):
        assert audit(run.path).ok


def test_how_much_of_the_risk_is_of_payments_left_over_the_weekend(paths: dict[str, Any]) -> None:
    """What settled payments had at risk, from their rows alone; the rest of the measure is of those still waiting."""
    text = README.read_text(encoding="utf-8")
    for path, currency in (("direct", "CNY"), ("dollar", "USD")):
        hops: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in paths[path].obligations.to_pylist():
            if row["kind"] == "payment":
                hops[row["payment_id"]].append(row)
        done = 0.0
        for rows in hops.values():
            if len(rows) == 1:
                continue  # still at the first hop: nothing has been exchanged
            before, last = sorted(rows, key=lambda row: row["hop"])[-2:]
            if before["currency"] == currency != last["currency"] and last["settled_at"] is not None:
                done += before["amount_minor"] * (last["settled_at"] - before["settled_at"]).total_seconds()
        whole = {each.currency: each.value for each in cells(open_tables(paths[path].path), ["principal_at_risk"])}
        left = 100 * (1 - done / float(whole[currency] or 0))
        assert f"{left:.0f} % of the {currency} × hours" in text, f"{left:.0f} % of the {currency} × hours"
