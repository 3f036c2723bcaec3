"""How payments choose routes: the least expected cost, the least expected time, or odds by both."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fx.rates import RatePath
from scenarios.loader import load
from simcore.demand.choice import RouteChoice, typical_us
from simcore.model import Exponential, Latency, Lognormal, Uniform
from simcore.results.audit import audit
from tests.simcore.engine.towns import TWO_WAYS as TWO_WAYS_TOWN
from tests.simcore.engine.towns import run_town

HOUR = 3_600_000_000
TWO_WAYS = (
    TWO_WAYS_TOWN
    + """
[flows.day]
kind = "trade"
corridor = "two"
debtors = { A = 1 }
creditors = { B = 1 }
per_day = 400
amount = { median = "10 k CNY", sigma = 1 }
calendar = "CN"
profile = { 08 = 1, 12 = 1, 20 = 1 }
"""
)
MONDAY = 1_772_409_600_000_000 - 8 * HOUR  # 2026-03-02 00:00 in Beijing


def choice(folder: Path, rule: str) -> RouteChoice:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.toml").write_text(TWO_WAYS.replace("CHOICE", rule), encoding="utf-8")
    scenario = load(folder / "scenario.toml").scenario
    return RouteChoice(scenario, scenario.corridors["two"], {})


def at(*clocks: float) -> Any:
    return np.array([MONDAY + round(clock * HOUR) for clock in clocks], np.int64)


def test_time_counts_hours_calendars_and_typical_latencies(tmp_path: Path) -> None:
    """At 08:00 the rail opens in an hour, at 12:00 it is open, at 20:00 it is the next morning; the books take 2 h."""
    ways = choice(tmp_path, 'choice = "fastest"')
    assert (ways.duration_us("rtgs", at(8, 12, 20, 17)) / HOUR).tolist() == [1, 0, 13, 16]
    assert (ways.duration_us("books", at(8, 12, 20, 17)) / HOUR).tolist() == [2, 2, 2, 2]
    picked = ways.choose(at(8, 12, 20), np.full(3, 1_000_000), np.zeros(3))
    assert [ways.names[k] for k in picked] == ["rtgs", "rtgs", "books"]
    friday_evening = at(4 * 24 + 20)
    assert (ways.duration_us("rtgs", friday_evening) / HOUR).tolist() == [2 * 24 + 13]


def test_time_counts_the_batches_that_a_hop_always_takes(tmp_path: Path) -> None:
    """Open from 09:00 to 17:00, batches at 10:00, every 3 h (12:00, 15:00) and at closing, when all is too late."""
    times = '{ every = "3 h", at = ["10:00"] }'
    choice(tmp_path, "")
    changes = [f"rails.RTGS.batches={times}", "routes.rtgs.hops.0.service=batch"]
    scenario = load(tmp_path / "scenario.toml", set=changes).scenario
    ways = RouteChoice(scenario, scenario.corridors["two"], {})
    clocks = (8, 10, 10.5, 12.5, 16, 17)
    assert (ways.duration_us("rtgs", at(*clocks)) / HOUR).tolist() == [2, 0, 1.5, 2.5, 1, 17]
    net = ("rails.RTGS={ kind = 'deferred_net', currency = 'CNY', calendar = 'CN', "
           "sessions = [{ open = '09:00', close = '17:00' }], cycle_every = '3 h', cycle_at = ['10:00'] }")  # fmt: skip
    cycles = RouteChoice(load(tmp_path / "scenario.toml", set=[net]).scenario, scenario.corridors["two"], {})
    assert (cycles.duration_us("rtgs", at(*clocks)) / HOUR).tolist() == [2, 0, 1.5, 2.5, 1, 17]


def test_cost_counts_fees_as_a_share_of_the_amount(tmp_path: Path) -> None:
    """CNY 10,000: 50 + 10 are 0.6 %; CNY 1 mn: 50 + 1,000 are 0.105 %."""
    ways = choice(tmp_path, 'choice = "cheapest"')
    shares = ways.cost("books", at(12, 12), np.array([1_000_000, 100_000_000]))
    assert shares.tolist() == pytest.approx([0.006, 0.00105])
    assert ways.cost("rtgs", at(12), np.array([1_000_000])).tolist() == [0]
    assert ways.choose(at(20), np.array([1_000_000]), np.zeros(1)).tolist() == [0]  # it waits until the morning


@pytest.mark.parametrize("rule", ['choice = "cheapest"', 'choice = "fastest"', 'choice = "logit"\ntime_value = "1 bp"'])
def test_a_route_is_left_where_a_rail_refuses_the_amount(rule: str, tmp_path: Path) -> None:
    """The rail, cheaper and at noon faster, takes CNY 10,000 to 1 mn only; where no way is open, the rule goes on."""
    text = TWO_WAYS.replace("CHOICE", rule + ('\nscale = "0.01 bp"' if "logit" in rule else ""))
    bounds = 'currency = "CNY"\nleast_amount = "10 k CNY"\nmost_amount = "1 mn CNY"\ncalendar'
    text = text.replace('currency = "CNY"\ncalendar', bounds, 1)
    (tmp_path / "scenario.toml").write_text(text, encoding="utf-8")
    scenario = load(tmp_path / "scenario.toml").scenario
    ways = RouteChoice(scenario, scenario.corridors["two"], {})
    amounts = np.array([999_999, 1_000_000, 100_000_000, 100_000_001])
    picked = ways.choose(np.repeat(at(12), 4), amounts, np.zeros(4))
    assert [ways.names[k] for k in picked] == ["books", "rtgs", "rtgs", "books"]
    rails = {
        **scenario.rails,
        "BOOKS": replace(scenario.rails["BOOKS"], most_amount=scenario.rails["RTGS"].least_amount),
    }
    ways = RouteChoice(replace(scenario, rails=rails), scenario.corridors["two"], {})
    assert ways.choose(at(12), np.array([100_000_001]), np.zeros(1)).tolist() == [0]


def test_spreads_and_rates_count_where_money_is_exchanged() -> None:
    """USD to CNY at 10 bp, then CNY to SGD at 5 bp: 15 bp less a bit of a bit."""
    loaded = load("chongqing-singapore").scenario
    paths = {name: RatePath.constant(*name.split("/"), rate) for name, rate in
             (("USD/CNY", Decimal(7)), ("USD/SGD", Decimal("1.35")))}  # fmt: skip
    ways = RouteChoice(loaded, replace(loaded.corridors["imports-direct"], choice="cheapest"), paths)
    assert ways.cost("usd", at(12), np.array([100_000_000])).tolist() == pytest.approx([0.0015])
    assert ways.cost("rmb-direct", at(12), np.array([100_000_000])).tolist() == [0]


def test_odds_follow_shares_cost_and_time(tmp_path: Path) -> None:
    """At noon, CNY 1 mn: the books cost 10.5 bp and 2 h at 1 bp each; with a scale of 10 bp that is odds of e^1.25."""
    ways = choice(tmp_path, 'choice = "logit"\ntime_value = "1 bp"\nscale = "10 bp"')
    n = 100_000
    uniform = (np.arange(n) + 0.5) / n
    picked = ways.choose(np.repeat(at(12), n), np.full(n, 100_000_000), uniform)
    assert (picked == 0).mean() == pytest.approx(1 / (1 + np.exp(-1.25)), abs=1e-4)


@pytest.mark.parametrize(
    ("latency", "median"),
    [
        (HOUR, HOUR),
        (Latency(lognormal=Lognormal(median=HOUR, sigma=2.0)), HOUR),
        (Latency(exponential=Exponential(mean=HOUR)), 0.6931471805599453 * HOUR),
        (Latency(uniform=Uniform(low=HOUR, high=3 * HOUR)), 2 * HOUR),
        (Latency(uniform=Uniform(low=HOUR, high=3 * HOUR), most=HOUR), HOUR),
    ],
)
def test_what_a_latency_typically_is(latency: int | Latency, median: float) -> None:
    assert typical_us(latency) == median


def test_a_run_with_the_fastest_route_sends_the_same_payments_as_one_with_shares(tmp_path: Path) -> None:
    runs = {}
    for rule in ("shares", "fastest"):
        folder = tmp_path / rule
        folder.mkdir()
        (folder / "scenario.toml").write_text(TWO_WAYS.replace("CHOICE", f'choice = "{rule}"'), encoding="utf-8")
        runs[rule] = run_town(folder / "scenario.toml", folder / "run")
        assert audit(runs[rule].path).ok
    columns = ["initiated_at", "debtor", "creditor", "amount_sent_minor"]
    order = [("initiated_at", "ascending"), ("amount_sent_minor", "ascending")]
    one, other = (runs[rule].payments.sort_by(order) for rule in ("shares", "fastest"))
    assert one.select(columns).to_pylist() == other.select(columns).to_pylist()
    by_hour = {(row["initiated_at"].hour + 8) % 24: row["route"] for row in other.to_pylist()}
    assert by_hour == {8: "rtgs", 12: "rtgs", 20: "books"}
