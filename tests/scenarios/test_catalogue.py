"""The catalogue: every entry loads, says where each number comes from, and does what its README says it does."""

from __future__ import annotations

import csv
import math
import re
import subprocess
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from fx.anchored import anchors_of
from fx.currency import format_minor, to_minor
from fx.rates import rate_on
from scenarios.extend import catalogue_names
from scenarios.keys import parse_path, shown_path
from scenarios.loader import load
from scenarios.resolve import to_dict
from simcore.calendar import load_calendar
from simcore.datafiles import CATALOGUE
from simcore.model import Scenario, TradeFlow
from simcore.results.audit import audit
from simcore.units import Money, format_amount
from tests.scenarios.figures import asked, minutes, settled, shown, within_hour

ENTRIES = catalogue_names()
HEADINGS = ("## Question", "## Model", "## Sources", "## What is left out", "## Figures")
TOOLS = Path(__file__).resolve().parents[2] / "tools"


def readme(entry: str) -> str:
    return (CATALOGUE / entry / "README.md").read_text(encoding="utf-8")


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def scenario_of(entry: str) -> Scenario:
    return load(entry).scenario


# --- every entry --------------------------------------------------------------------------------------------------


def test_the_catalogue_has_its_entries() -> None:
    assert {"chongqing-singapore", "fifo-day"} <= set(ENTRIES)
    folders = {path.name for path in CATALOGUE.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert folders == set(ENTRIES), "a folder of the catalogue without a scenario.toml"


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_loads_under_its_own_name_with_a_question_in_two_languages(entry: str) -> None:
    info = scenario_of(entry).scenario
    assert info.name == entry
    assert info.question.endswith("?")
    assert re.search(r"[一-鿿]", info.title_zh)
    assert info.left_out
    assert info.seed is not None, "an entry gives the same figures to everybody"


@pytest.mark.parametrize("entry", ENTRIES)
def test_everybody_has_a_chinese_name(entry: str) -> None:
    scenario = scenario_of(entry)
    for name, who in [*scenario.participants.items(), *scenario.rails.items(), *scenario.routes.items()]:
        assert re.search(r"[一-鿿]", who.name_zh), name


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_readme_has_its_headings_in_order_and_the_question(entry: str) -> None:
    text = readme(entry)
    places = [text.find(f"\n{heading}\n") for heading in HEADINGS]
    assert -1 not in places, HEADINGS[places.index(-1)]
    assert places == sorted(places)
    assert in_one_line(scenario_of(entry).scenario.question) in in_one_line(text)
    assert f"luhai run {entry}" in text


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_readme_says_what_the_scenario_says_is_left_out(entry: str) -> None:
    section = in_one_line(readme(entry).split("## What is left out")[1].split("\n## ")[0])
    for line in scenario_of(entry).scenario.left_out:
        assert re.split(r"[:;.,]", line)[0] in section, line


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every plain value of a resolved scenario with its key path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, str(index)))
    else:
        yield path, value


def is_number(value: Any) -> bool:
    """Numbers, amounts, durations, shares, dates and clock times."""
    if isinstance(value, str):
        return re.match(r"[+-]?\d", value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_number_has_a_source(entry: str) -> None:
    scenario = scenario_of(entry)
    resolved = to_dict(scenario)
    del resolved["sources"]
    covered = {tuple(str(part) for part in parse_path(name)) for name in scenario.sources}
    numbers = [path for path, value in leaves(resolved) if is_number(value)]
    assert len(numbers) > 20
    bare = [path for path in numbers if not any(path[:depth] in covered for depth in range(1, len(path) + 1))]
    assert not bare, "numbers without a source: " + ", ".join(shown_path(path) for path in bare)


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_is_published_or_derived_has_an_address_and_what_is_assumed_a_reason(entry: str) -> None:
    for path, source in scenario_of(entry).sources.items():
        if source.status == "assumed":
            assert source.source == "assumption", path
            assert source.note, path
        else:
            places = source.source.split(" | ")
            assert all(re.match(r"https?://|European Central Bank", place) for place in places), path
        if source.status == "derived":
            assert source.note, f"{path} doesn't say how it was derived"


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_address_of_the_readmes_sources_stands_in_the_scenario(entry: str) -> None:
    section = readme(entry).split("## Sources")[1].split("\n## ")[0]
    text = (CATALOGUE / entry / "scenario.toml").read_text(encoding="utf-8")
    for address in re.findall(r"https?://[^\s|]+", section):
        assert address in text


# --- fifo-day -----------------------------------------------------------------------------------------------------


def test_the_files_of_fifo_day_come_out_again_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, TOOLS / "make_fifo_day.py", tmp_path], cwd=TOOLS.parent, check=True,
                   capture_output=True, timeout=120, env={"PYTHONPATH": str(TOOLS.parent)})  # fmt: skip
    for name in ("accounts.csv", "payments.csv"):
        assert (tmp_path / name).read_bytes() == (CATALOGUE / "fifo-day" / name).read_bytes(), name


def test_fifo_day_is_what_thirty_lines_of_plain_python_make_of_its_files() -> None:
    """DESIGN's rule for strict queues on one rail, read from the two files; nothing of the engine is used."""
    folder = CATALOGUE / "fifo-day"
    with (folder / "accounts.csv").open(encoding="ascii", newline="") as file:
        funds = {
            row["participant"]: to_minor(Decimal(row["opening"]), "CNY") + to_minor(Decimal(row["debit_limit"]), "CNY")
            for row in csv.DictReader(file)
        }
    queues: dict[str, deque[tuple[str, str, int]]] = defaultdict(deque)
    arrived: dict[str, datetime] = {}
    final: dict[str, datetime | None] = {}
    amounts: dict[str, int] = {}
    peak = 0
    with (folder / "payments.csv").open(encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            now, reference = datetime.fromisoformat(row["initiated_at"]), row["reference"]
            arrived[reference], final[reference] = now, None
            amounts[reference] = to_minor(Decimal(row["amount"]), "CNY")
            queues[row["debtor"]].append((reference, row["creditor"], amounts[reference]))
            credited = [row["debtor"]]
            while credited:
                bank = credited.pop(0)
                while queues[bank] and queues[bank][0][2] <= funds[bank]:
                    settled, creditor, amount = queues[bank].popleft()
                    funds[bank] -= amount
                    funds[creditor] += amount
                    final[settled] = now
                    credited.append(creditor)
            peak = max(peak, sum(map(len, queues.values())))

    run = simcore.run("fifo-day")
    outcome = {row["reference"]: row for row in run.payments.to_pylist()}
    returned = [reference for reference, at in final.items() if at is None]
    assert {reference for reference, row in outcome.items() if row["status"] == "RETURNED_CUT_OFF"} == set(returned)
    for reference, at in final.items():
        if at is not None:
            assert outcome[reference]["status"] == "SETTLED_GROSS"
            assert outcome[reference]["completed_at"] == at

    waits = [(at - arrived[reference]).total_seconds() / 60 for reference, at in final.items() if at is not None]
    waits = [wait for wait in waits if wait > 0]
    value = sum(amounts.values()) - sum(amounts[reference] for reference in returned)
    hours, rest = divmod(round(max(waits)), 60)
    text = in_one_line(readme("fifo-day"))
    assert f"| {len(final) - len(returned):,} settled | {format_minor(value, 'CNY')} |" in text
    assert f"{len(waits)} after queueing, for {fmean(waits):.0f} minutes on average and {hours} h {rest} min" in text
    left = sum(amounts[reference] for reference in returned)
    assert f"| {len(returned)} returned at 17:15 | {format_minor(left, 'CNY')} |" in text
    assert f"Up to {peak} payments were queued at one time." in text
    assert len(waits) > 0.15 * len(final), "a good share queues"
    assert 0 < len(returned) < 0.05 * len(final), "a little is returned"


# --- chongqing-singapore ------------------------------------------------------------------------------------------

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
ASEAN_TRADE, SINGAPORE, HVPS_DAYS = 132.65e9, 0.14, 248
IMPORT_SHARE, RMB_SHARE = 75.76 / 112.17, 0.28


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


def trade_flows(week: Scenario) -> dict[str, TradeFlow]:
    return {name: flow for name, flow in week.flows.items() if isinstance(flow, TradeFlow)}


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
    hour = 60 * minute
    assert chain.median < 2 * hour
    assert chain.median * math.exp(chain.sigma**2 / 2) / hour == pytest.approx(8.6, rel=0.02)


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


def test_the_figures_of_three_paths_are_those_of_the_same_payments_down_each(tmp_path: Path) -> None:
    text, sent = in_one_line(readme("three-paths")), set()
    for path in ("clearing-bank", "cips-direct", "correspondents"):
        shares = ", ".join(f'{name} = "{100 * (name == path)} %"' for name in scenario_of("three-paths").routes)
        command = f"corridors.to-uob.routes={{{shares}}}"
        assert f"luhai run three-paths --set '{command}' --out runs/{path}" in text
        run = simcore.run("three-paths", out=tmp_path / path, set=[command])
        sent.add(asked(run))
        took, number = settled(run.payments.to_pylist()), run.payments.num_rows
        [cost] = [each.value for each in cells(open_tables(tmp_path / path), ["cost_bp"]) if each.currency == "CNY"]
        typical, mean = (shown(time, 1, 60) for time in (median(took), fmean(took)))
        within = within_hour(took, number)
        row = f"| `{path}` | {100 * len(took) / number:.1f} % | {typical} | {mean} | {within:.1f} % | "
        assert row + (f"{float(cost):.1f} bp |" if cost else "0 | none |") in text, row
    assert len(sent) == 1, "each path is sent the same payments"


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


# --- chongqing-asean ----------------------------------------------------------------------------------------------

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
