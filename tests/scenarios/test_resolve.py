"""The resolved form: it loads again to the same model, and the same model always has the same digest."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.loader import from_dict, load
from scenarios.resolve import canonical_json, digest, to_dict, to_toml
from simcore import model
from simcore.calendar import ClockTime, Session
from simcore.model import Scenario
from simcore.rails.books import Books
from simcore.rails.cips import Cips
from simcore.rails.deferred_net import DeferredNet
from simcore.rails.instant import Instant
from simcore.rails.rtgs import Rtgs
from simcore.units import Money

if TYPE_CHECKING:
    from tests.scenarios.conftest import Write


@pytest.mark.parametrize("name", ["two-banks", "to-singapore"])
def test_the_resolved_form_loads_again_to_the_same_model(write: Write, name: str) -> None:
    loaded = load(write(name))
    again = load(write(to_toml(loaded.scenario), name="resolved.toml"))
    assert again.scenario == loaded.scenario
    assert again.digest == loaded.digest
    assert to_toml(again.scenario) == to_toml(loaded.scenario)


def test_every_default_is_visible(write: Write) -> None:
    text = to_toml(load(write("two-banks")).scenario)
    assert 'when_closed = "wait"' in text
    assert 'grid = "15 min"' in text
    assert "# corridor: not given" in text


def test_origins_stand_beside_the_values(write: Write) -> None:
    loaded = load(write("two-banks"), set=["scenario.days=3"])
    text = to_toml(loaded.scenario, loaded.origin)
    assert "days = 3  # --set" in text
    assert 'title = "Two banks, one rail"  # scenario.toml:3:1' in text
    assert 'grid = "15 min"  # default' in text
    assert tomllib.loads(text)["scenario"]["days"] == 3


def test_the_digest_sees_the_model_not_the_writing(write: Write) -> None:
    one = load(write("two-banks"))
    changes = {
        '"2 s"': '"2000 ms"',
        '"120 mn CNY"': '"1.2亿 CNY"',
        "per_day = 100": "per_day = 100.0",
        "= 65": "= 65 # !",
    }
    other = load(write("two-banks", *changes.items()))
    assert one.digest == other.digest
    changed = load(write("two-banks", ('"2 s"', '"2001 ms"')))
    assert one.digest != changed.digest


# --- any scenario ------------------------------------------------------------------------------------------------

names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t\"\\'#"), max_size=12
)
currencies = st.sampled_from(["CNY", "SGD", "JPY", "USD", "VND", "BHD"])
money = st.builds(Money, st.integers(-(2**63), 2**63 - 1), currencies)
durations = st.integers(0, 2**63 - 1) | st.integers(0, 10**6).map(lambda minutes: minutes * 60_000_000)
clocks = st.builds(ClockTime, st.integers(-9, 8), st.integers(0, 86_399))
decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
shares = st.decimals(min_value=0, max_value=3, allow_nan=False, allow_infinity=False)
floats = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e20, max_value=1e20)
dates = st.dates()
spreads = st.integers(0, 1_000_000)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def table(keys: st.SearchStrategy[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(keys, values, max_size=3)


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


sessions = st.builds(
    Session, open=clocks, close=clocks, cut_off=maybe(clocks), only=st.sampled_from(["all", "funding"]),
    days=st.sampled_from(["business", "after_closed", "every"]),
)  # fmt: skip
common: dict[str, Any] = {
    "currency": currencies, "name": texts, "name_zh": texts, "calendar": maybe(names), "sessions": several(sessions),
    "add_open": several(dates), "add_closed": several(dates), "when_closed": st.sampled_from(["wait", "reject"]),
    "end_of_day": st.sampled_from(["return", "roll_over"]),
}  # fmt: skip
queue = st.sampled_from(["fifo", "priority", "bypass"])
rails = st.one_of(
    st.builds(Rtgs, **common, queue=queue),
    st.builds(Books, **common, queue=queue),
    st.builds(Cips, **common, operator=names, funding_rail=names, queue=queue),
    st.builds(
        Instant,
        **common,
        settle_on=maybe(names),
        operator=maybe(names),
        settle_at=several(clocks),
        settle_every=maybe(durations),
        when_short=st.sampled_from(["wait", "share"]),
    ),
    st.builds(DeferredNet, **common, cycle_every=maybe(durations), cycle_at=several(clocks)),
)
latencies = durations | st.builds(
    model.Latency,
    lognormal=maybe(st.builds(model.Lognormal, median=durations, sigma=floats)),
    exponential=maybe(st.builds(model.Exponential, mean=durations)),
    uniform=maybe(st.builds(model.Uniform, low=durations, high=durations)),
    least=durations,
    most=maybe(durations),
)
hops = st.builds(model.Hop, rail=names, debtor=names, creditor=names, latency=latencies)
trade = st.builds(
    model.TradeFlow, kind=st.just("trade"), corridor=maybe(names), route=maybe(names), debtors=table(names, decimals),
    creditors=table(names, decimals), per_day=decimals, calendar=names, profile=table(names, decimals),
    zone=maybe(names), purpose=texts, priority=st.integers(-(2**63), 2**63 - 1),
    amount=st.builds(model.LognormalAmount, median=money, sigma=floats, least=maybe(money), most=maybe(money)),
)  # fmt: skip
replay = st.builds(model.ReplayFlow, kind=st.just("replay"), file=texts, route=maybe(names), corridor=texts)
scenarios = st.builds(
    Scenario,
    scenario=st.builds(model.Info, name=texts, title=texts, title_zh=texts, question=texts, left_out=several(texts),
                       start=dates, days=st.integers(1, 99), seed=maybe(st.integers(0, 2**63 - 1)),
                       base_currency=currencies),
    participants=table(names, st.builds(model.Participant, name=texts, name_zh=texts, kind=st.just("dealer"),
                                        country=texts, agents=table(names, names))),
    rails=table(names, rails),
    accounts=table(names, table(names, st.builds(model.Account, opening=money, reserved=maybe(money),
                                                 debit_limit=maybe(money | st.just("unlimited")),
                                                 funding=maybe(money), funded_by=maybe(names),
                                                 settled_by=maybe(names)))),
    routes=table(names, st.builds(model.Route, name=texts, hops=several(hops))),
    flows=table(names, trade | replay),
    corridors=table(names, st.builds(model.Corridor, debtor_country=texts, creditor_country=texts,
                                     routes=table(names, shares))),
    fx=st.builds(model.Fx,
                 pairs=table(names, st.builds(model.Pair, source=st.sampled_from(["ecb", "given"]),
                                              rate=maybe(decimals), file=maybe(texts), half_spread=spreads)),
                 dealers=table(names, st.builds(model.Dealer, pairs=several(names),
                                                half_spread=maybe(spreads)))),
    results=st.builds(model.Results, grid=durations),
    sources=table(names, st.builds(model.Source, status=st.just("derived"), source=texts, note=texts)),
)  # fmt: skip


def test_there_is_one_zero(write: Write) -> None:
    """Files are read so; a model made in Python may hold the other one."""
    scenario = load(write("two-banks")).scenario
    flow: Any = scenario.flows["trade"]
    other = replace(scenario, flows={"trade": replace(flow, amount=replace(flow.amount, sigma=-0.0))})
    assert "sigma = 0.0 " in to_toml(other)


@given(scenarios)
def test_any_model_is_written_so_that_it_reads_back(scenario: Scenario) -> None:
    text = to_toml(scenario)
    again = from_dict(tomllib.loads(text, parse_float=Decimal))
    assert again == scenario
    assert to_toml(again) == text
    assert from_dict(to_dict(scenario)) == scenario
    assert canonical_json(again) == canonical_json(scenario)


def test_the_digest_is_the_same_on_every_machine() -> None:
    loaded = load(Path(__file__).parent / "two-banks.toml")
    assert digest(loaded.scenario) == "9b5c39d6f36cb4431be3fba3b15c06ae4e7f22d64f2576e1c199974845a0c108"


def test_mechanisms_are_written_out_and_load_again(tmp_path: Path) -> None:
    text = 'rails.RTGS.mechanisms=[{use="bilateral_offset",at="entry",most=3}, "gridlock_resolution"]'
    once = load(Path(__file__).parent / "two-banks.toml", set=[text]).scenario
    (tmp_path / "again.toml").write_text(to_toml(once), encoding="utf-8")
    again = load(tmp_path / "again.toml").scenario
    assert again == once
    offset, gridlock = again.rails["RTGS"].mechanisms
    assert (offset.use, offset.at, offset.most, offset.rule) == ("bilateral_offset", "entry", 3, "ten")
    assert (gridlock.use, gridlock.every) == ("gridlock_resolution", 300_000_000)


MARKET = """
[fx.pairs."USD/CNY"]
source = "simulated"
rate = 6.9
half_spread = "2 bp"
hours = "onshore"
when_closed = "last_quote"
closed_half_spread = "20 bp"
spread_by_hour = { 17 = 1.5 }
spread_by_volatility = { window = 20, normal = "4 %" }
spread_by_size = [{ from = "5 mn USD", factor = 2 }]
value_date = "T+1"

[fx.pairs."THB/CNY"]
source = "simulated"
half_spread = "10 bp"

[fx.hours.onshore]
calendar = "CN"
sessions = [{ open = "09:30", close = "03:00+1" }]

[fx.paths.dollar]
kind = "gbm"
step = "1 min"
pairs = { "USD/CNY" = { volatility = "4.04 %", drift = -0.01, jumps = { per_year = 6, size = 0.006 } } }
correlation = [[1]]

[fx.paths.baht]
kind = "block_bootstrap"
pairs = ["THB/CNY"]
first = 2019-01-02
hours = "onshore"

[fx.dealers.FX]
position = { limits = { SGD = "10 mn SGD" }, skew = 0.5 }
refills = [{ rail = "MEPS", to = "5 mn SGD", from = "SG", times = ["09:30", "14:00"] }]
pairs = ["SGD/CNY"]
"""


def test_a_whole_currency_market_is_written_out_and_loads_again(write: Write) -> None:
    loaded = load(write("to-singapore", ('[fx.dealers.FX]\npairs = ["SGD/CNY"]\n', MARKET)))
    again = load(write(to_toml(loaded.scenario), name="resolved.toml"))
    assert again.scenario == loaded.scenario
    assert again.digest == loaded.digest
    assert from_dict(to_dict(loaded.scenario)) == loaded.scenario
