"""chongqing-asean: its trade is the published one, and its figures, with intraday credit too, are its runs'."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from fx.anchored import anchors_of
from fx.currency import to_minor
from fx.rates import rate_on
from scenarios.loader import load
from simcore.calendar import load_calendar
from simcore.datafiles import CATALOGUE
from simcore.model import Scenario
from simcore.results.audit import audit
from simcore.units import Money, format_amount
from tests.scenarios.entries import ASEAN_TRADE, HVPS_DAYS, IMPORT_SHARE, in_one_line, readme, scenario_of, trade_flows
from tests.scenarios.figures import settled, shown

ASEAN = {"VN": 0.32, "MY": 0.21, "TH": 0.16, "SG": 0.14, "ID": 0.08, "PH": 0.05, "LA": 0.015, "KH": 0.012, "MM": 0.009,
         "BN": 0.003, "TL": 0.001}  # fmt: skip


@pytest.fixture(scope="module")
def asean() -> Scenario:
    return scenario_of("chongqing-asean")


def cny_for_one(currency: str, day: date) -> float:
    """CNY for one unit; what the ECB doesn't quote follows the currency it is held against."""
    if currency == "CNY":
        return 1.0
    for anchor in anchors_of(currency):
        return cny_for_one(anchor.anchor, day) / float(anchor.rate)
    return float(rate_on(currency, "CNY", day)[0])


def test_the_flows_of_all_members_add_up_to_the_published_trade(asean: Scenario) -> None:
    """132.65 bn over 248 days, by country and direction; Singapore's exports are in SGD at a rate of February."""
    worth: dict[tuple[str, str], float] = defaultdict(float)
    for flow in trade_flows(asean).values():
        country = asean.participants[next(iter(flow.creditors if flow.purpose == "imports" else flow.debtors))].country
        mean = float(to_unit(flow.amount.median)) * math.exp(flow.amount.sigma**2 / 2)
        rate = cny_for_one(flow.amount.median.currency, date(2026, 6, 19))
        worth[country, flow.purpose] += float(flow.per_day) * mean * rate
    assert {country for country, _ in worth} == set(ASEAN)
    assert sum(worth.values()) == pytest.approx(ASEAN_TRADE / HVPS_DAYS, rel=0.01)
    for country, weight in ASEAN.items():
        imports, exports = worth[country, "imports"], worth[country, "exports"]
        slack = 0.05 if country == "SG" else 0.01
        assert imports == pytest.approx(ASEAN_TRADE / HVPS_DAYS * weight * IMPORT_SHARE, rel=0.01), country
        assert exports == pytest.approx(ASEAN_TRADE / HVPS_DAYS * weight * (1 - IMPORT_SHARE), rel=slack), country


def to_unit(money: Money) -> Decimal:
    """Units of the currency, from minor units."""
    return Decimal(money.amount_minor) / Decimal(to_minor(Decimal(1), money.currency))


def test_the_week_of_asean_is_ordinary_everywhere_but_for_bruneis_weekend(asean: Scenario) -> None:
    for calendar in ("CN", "US", *ASEAN):
        assert len(load_calendar(calendar).business_days(asean.scenario.start, asean.scenario.days)) == 5, calendar


def test_every_member_has_an_rtgs_and_its_rmb_clearing_bank_if_there_is_one(asean: Scenario) -> None:
    for country in ASEAN:
        assert any(rail.kind == "rtgs" and rail.calendar == country for rail in asean.rails.values()), country
    clearing = {who.country: name for name, who in asean.participants.items() if who.kind == "clearing_bank"}
    assert set(clearing) == {"SG", "MY", "TH", "PH", "LA", "KH"}
    for name in clearing.values():
        assert name in asean.accounts["CIPS"], name
        assert f"{name}-BOOKS" in asean.rails, name
    assert (asean.rails["BI-RTGS"].queue, asean.rails["BI-RTGS"].bypass_above) == ("priority", 10)
    assert asean.rails["R-TIMOR"].currency == "USD"
    assert (asean.rails["NIEPS-FX"].currency, asean.rails["NIEPS-FX"].calendar) == ("USD", "VN")
    smallest = {name: rail.batches.below for name, rail in asean.rails.items() if getattr(rail, "batches", None)}
    assert {name: format_amount(amount) for name, amount in smallest.items()} == {
        "NIEPS": "500 mn VND", "RENTAS": "10,000.00 MYR", "BI-RTGS": "100 mn IDR",
    }  # fmt: skip


def test_the_figures_of_chongqing_asean_are_those_of_a_run_which_the_audit_confirms(
    asean: Scenario, tmp_path: Path
) -> None:
    run = simcore.run("chongqing-asean", out=tmp_path / "run")
    assert audit(run.path).ok
    payments, text = run.payments.to_pylist(), in_one_line(readme("chongqing-asean"))
    for country in ASEAN:
        mine = [row for row in payments if asean.participants[row["creditor"]].country == country]
        rmb = [row for row in mine if row["route"].startswith("rmb")]
        share = 100 * sum(row["amount_sent_minor"] for row in rmb) / sum(row["amount_sent_minor"] for row in mine)
        row = f"| {country} | {len(mine)} | {100 * len(rmb) / len(mine):.0f} % | {share:.0f} % |"
        for part in (rmb, [row for row in mine if not row["route"].startswith("rmb")]):
            took = settled(part)
            row += f" {shown(median(took))} |" if took else " none |"
        assert row in text, f"the README should say\n{row}"
    imports = [row for row in payments if row["purpose"] == "imports"]
    rmb = sum(row["amount_sent_minor"] for row in imports if row["route"].startswith("rmb"))
    share = 100 * rmb / sum(row["amount_sent_minor"] for row in imports)
    assert f"In all {share:.0f} % of imports are paid in RMB, by value" in text
    waiting = [row for row in payments if row["status"] == "WAITING_AT_END"]
    friday = sum((row["initiated_at"] + timedelta(hours=8)).weekday() == 4 for row in waiting)
    assert f"{len(waiting)} payments still wait when the week ends, {friday} of them initiated on Friday" in text
    returned = sum(row["status"] == "RETURNED_CUT_OFF" for row in payments)
    assert f"{returned} are returned at the end of a day" in text
    hops = [row for row in run.obligations.to_pylist() if row["kind"] == "payment" and row["status"] == "SETTLED_NET"]
    least = {rail: asean.rails[rail].batches.below.amount_minor for rail in ("NIEPS", "BI-RTGS", "RENTAS")}
    assert all(row["amount_minor"] < least[row["rail"]] for row in hops)
    small = [sum(row["rail"] == rail for row in hops) for rail in least]
    assert f"{sum(small)} obligations were too small for real-time settlement" in text
    assert f"{small[0]} in Vietnam" in text
    assert f"{small[1]} in Indonesia and {small[2]} in Malaysia" in text
    kept = sum(row["route"] == "usd-vn-kept" and row["status"].startswith("SETTLED") for row in payments)
    assert f"{kept} payments reached Vietnam's exporters in dollars" in text
    check_credit(run, tmp_path, text)


def check_credit(without: Any, tmp_path: Path, text: str) -> None:
    """The same week with intraday credit: what the README says of it, and where its terms come from."""
    scenario = load(CATALOGUE / "chongqing-asean" / "intraday-credit.toml").scenario
    giving = [name for name, rail in scenario.rails.items() if getattr(rail, "intraday_credit", None) is not None]
    assert set(giving) == {"HVPS", "MEPS+", "NIEPS", "RENTAS", "BI-RTGS", "PHILPASS"}
    for name in giving:
        source = scenario.sources[f"rails.{name}.intraday_credit"]
        assert source.status == ("assumed" if name == "RENTAS" else "published")
        assert source.source in text or source.source == "assumption"
        for account in scenario.accounts[name].values():
            assert account.collateral is None or 2 * account.collateral.amount_minor == account.opening.amount_minor
    run = simcore.run(CATALOGUE / "chongqing-asean" / "intraday-credit.toml", out=tmp_path / "with")
    ends = [Counter(row["status"] for row in each.payments.to_pylist()) for each in (without, run)]
    back = [each["RETURNED_CUT_OFF"] + each["RETURN_PENDING_AT_END"] for each in ends]
    settled = [f"{each['SETTLED_GROSS'] + each['SETTLED_NET']:,}" for each in ends]
    assert back[1] == 0
    assert f"{settled[1]} payments settle instead of {settled[0]}, and none comes back for want of funds, where " \
           f"{back[0]} did." in text  # fmt: skip
    names = ["intraday_credit_peak", "intraday_credit_mean", "overnight_credit"]
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for cell in cells(open_tables(run.path), names, "participant"):
        found[cell.group, cell.currency].append(float(cell.value or 0) / 1e8)
    using = {key: values for key, values in found.items() if values[0]}
    assert set(using) == {("CRCB", "CNY"), ("DBS-CN", "CNY"), ("CITI-SG", "SGD")}
    for (who, currency), (peak, mean, overnight) in using.items():
        rail = {"CNY": "HVPS", "SGD": "MEPS+"}[currency]
        row = (
            f"| {who} on {rail} | {currency} {peak:.1f} mn | {currency} {mean:.2f} mn | {currency} {overnight:.1f} mn |"
        )
        assert row in text, f"the README should say\n{row}"
