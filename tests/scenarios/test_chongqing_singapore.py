"""chongqing-singapore: institutions, trade and distributions are the published ones; its figures are a run's."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from statistics import fmean, median
from typing import Any

import pytest

import simcore
from fx.currency import format_minor
from fx.rates import rate_on
from simcore.calendar import load_calendar
from simcore.model import Scenario, TradeFlow
from tests.scenarios.entries import ASEAN_TRADE, HVPS_DAYS, IMPORT_SHARE, in_one_line, readme, scenario_of, trade_flows
from tests.scenarios.figures import minutes, shown, within_hour

# Institutions as the reference tables of the project name them, each with the country it stands in.
INSTITUTIONS = {
    "CRCB": ("Chongqing Rural Commercial Bank", "重庆农村商业银行", "CN"),
    "BCQ": ("Bank of Chongqing", "重庆银行", "CN"),
    "CCB": ("China Construction Bank Chongqing", "中国建设银行重庆市分行", "CN"),
    "BOC": ("Bank of China Chongqing", "中国银行重庆市分行", "CN"),
    "ICBC": ("ICBC Chongqing", "中国工商银行重庆市分行", "CN"),
    "CIB": ("Industrial Bank Chongqing", "兴业银行重庆分行", "CN"),
    "CITIC": ("China CITIC Bank Chongqing", "中信银行重庆分行", "CN"),
    "OCBC-CN": ("OCBC (China) Chongqing", "华侨银行（中国）重庆分行", "CN"),
    "BBL-CN": ("Bangkok Bank (China) Chongqing", "盘谷银行（中国）重庆分行", "CN"),
    "DBS-CN": ("DBS (China) Chongqing", "星展银行（中国）重庆分行", "CN"),
    "UOB-CN": ("UOB (China) Chongqing", "大华银行（中国）重庆分行", "CN"),
    "ICBC-SG": ("ICBC Singapore", "中国工商银行新加坡分行", "SG"),
    "PBOC": ("People's Bank of China", "中国人民银行", "CN"),
    "MAS": ("Monetary Authority of Singapore", "新加坡金融管理局", "SG"),
}
SINGAPORE, RMB_SHARE = 0.14, 0.28


@pytest.fixture(scope="module")
def week() -> Scenario:
    return scenario_of("chongqing-singapore")


def test_institutions_are_those_of_the_reference(week: Scenario) -> None:
    found = {name: (who.name, who.name_zh, who.country) for name, who in week.participants.items()}
    assert {name: found[name] for name in INSTITUTIONS} == INSTITUTIONS
    for name in set(week.participants) - set(INSTITUTIONS):
        source = week.sources[f"participants.{name}"]
        assert source.status == "published" or "widely known" in source.note or source.note == "invented", name


def test_the_week_has_no_holiday_in_any_of_the_three_cities(week: Scenario) -> None:
    for calendar in ("CN", "SG", "US"):
        assert len(load_calendar(calendar).business_days(week.scenario.start, week.scenario.days)) == 5, calendar


def daily_value(week: Scenario, flow: TradeFlow) -> float:
    """Mean value of a flow on a business day, CNY."""
    mean = flow.amount.median.amount_minor / 100 * math.exp(flow.amount.sigma**2 / 2)
    currency = flow.amount.median.currency
    rate = 1.0 if currency == "CNY" else float(rate_on(currency, "CNY", date(2026, 2, 27))[0])
    return float(flow.per_day) * mean * rate


def test_the_flows_carry_the_trade_of_the_two_cities(week: Scenario) -> None:
    per_day = ASEAN_TRADE * SINGAPORE / HVPS_DAYS
    values = {name: daily_value(week, flow) for name, flow in trade_flows(week).items()}
    assert sum(values.values()) == pytest.approx(per_day, rel=0.01)
    imports = sum(value for name, value in values.items() if week.flows[name].purpose == "imports")
    assert imports == pytest.approx(per_day * IMPORT_SHARE, rel=0.01)


def test_rmb_takes_its_share_both_ways(week: Scenario) -> None:
    shares: dict[str, list[float]] = {"imports": [0.0, 0.0], "exports": [0.0, 0.0]}
    for flow in trade_flows(week).values():
        routes = week.corridors[flow.corridor].routes if flow.corridor else {flow.route or "": Decimal(1)}
        for route, share in routes.items():
            value = daily_value(week, flow) * float(share)
            shares[flow.purpose][0] += value
            shares[flow.purpose][1] += value if route.startswith("rmb") else 0.0
    for purpose, (total, rmb) in shares.items():
        assert rmb / total == pytest.approx(RMB_SHARE, rel=0.01), purpose


def test_a_bank_takes_the_same_part_of_every_flow_and_of_the_number_of_payments(week: Scenario) -> None:
    """Banks in CIPS and banks with an agent stand in flows of their own; weights and numbers must agree."""
    flows = trade_flows(week)
    chongqing = flows["exports-usd"].creditors
    assert sum(chongqing.values()) == sum(flows["exports-usd"].debtors.values()) == 100
    for direct, agent in (("imports-direct", "imports-agent"), ("exports-rmb-direct", "exports-rmb-agent")):
        side = "debtors" if direct.startswith("imports") else "creditors"
        parts = [getattr(flows[name], side) for name in (direct, agent)]
        assert parts[0] | parts[1] == chongqing
        expected = float(sum(parts[0].values())) / float(sum(chongqing.values()))
        numbers = [float(flows[name].per_day) for name in (direct, agent)]
        assert numbers[0] / sum(numbers) == pytest.approx(expected, rel=0.005)
        assert all("CNY" not in week.participants[name].agents for name in parts[0])
        assert all(week.participants[name].agents["CNY"] in week.accounts["CIPS"] for name in parts[1])


def test_distributions_are_the_fits_that_the_readme_gives(week: Scenario) -> None:
    latency = {name: [hop.latency for hop in route.hops] for name, route in week.routes.items()}
    minute = 60_000_000
    agent = latency["rmb-agent"][1].exponential
    assert 1 - math.exp(-5 * minute / agent.mean) == pytest.approx(0.78, abs=0.005)
    receiving = latency["rmb-agent"][2].lognormal
    below = 0.5 * math.erfc(-math.log(5 * minute / receiving.median) / receiving.sigma / math.sqrt(2))
    assert below == pytest.approx(0.33, abs=0.005)
    chain = latency["usd"][1].lognormal
    assert 1.9 * math.exp(chain.sigma**2 / 2) == pytest.approx(8.6, rel=0.02), "sigma is that of median and mean"
    assert chain == latency["usd-in"][1].lognormal
    assert f"lognormal, median {chain.median / (60 * minute):g} h, sigma {chain.sigma}" in readme("chongqing-singapore")


def test_the_figures_in_the_readme_are_those_of_a_run(week: Scenario) -> None:
    run = simcore.run("chongqing-singapore")
    payments = run.payments.to_pylist()
    text = in_one_line(readme("chongqing-singapore"))
    for row in figures(payments):
        assert row in text, f"the README should say\n{row}"
    waits = hours_waited(payments, run.obligations.to_pylist())
    settled = sum(row["route"] == "usd" and row["status"] == "SETTLED_GROSS" for row in payments)
    meps, hvps = sum(waits["usd", "MEPS+"]) / settled, sum(waits["usd", "HVPS"]) / settled
    assert f"{meps:.1f} h pass before a closed MEPS+" in text
    assert f"and {hvps:.1f} h in HVPS" in text
    assert sum(len(hours) for (route, _), hours in waits.items() if route in ("rmb-direct", "rmb-agent")) == 1
    left = Counter(row["status"] for row in payments)
    assert 0 < left["RETURNED_CUT_OFF"] < 0.05 * len(payments), "a few payments are short of funds, not most"


def hours_waited(
    payments: list[dict[str, Any]], obligations: list[dict[str, Any]]
) -> dict[tuple[str, str], list[float]]:
    """(route, rail) → hours between reaching the rail and settling there, where not at once, of settled payments."""
    route = {row["payment_id"]: row["route"] for row in payments if row["status"] == "SETTLED_GROSS"}
    waits: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in obligations:
        if row["kind"] == "payment" and row["payment_id"] in route and row["settled_at"] > row["entered_at"]:
            hours = (row["settled_at"] - row["entered_at"]).total_seconds() / 3600
            waits[route[row["payment_id"]], row["rail"]].append(hours)
    return waits


def figures(payments: list[dict[str, Any]]) -> list[str]:
    """The README's table, one row a route."""
    rows = []
    for route in ("rmb-direct", "rmb-agent", "usd", "rmb-direct-in", "rmb-agent-in", "usd-in"):
        mine = [row for row in payments if row["route"] == route]
        done = [row for row in mine if row["status"].startswith("SETTLED")]
        took = [minutes(row) for row in done]
        currency, fee = done[0]["currency_sent"], sum(row["fee_minor"] for row in done)
        spread = format_minor(fee, currency) if fee else "none"
        within = within_hour(took, len(took))
        rows.append(
            f"| `{route}` | {len(mine)} | {len(done)} | {shown(median(took))} | {shown(fmean(took))} | "
            f"{within:.0f} % | {spread} |"
        )
    return rows
