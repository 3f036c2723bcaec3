"""Simulated paths of rates: what holds exactly, for every seed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from fx.rates import history, rate_on
from simcore.errors import ScenarioError
from simcore.market import Gbm, GbmPair, Jumps, MarketHours, MarketSession, RatePathKind
from simcore.rates.paths import simulate
from simcore.rates.steps import open_intervals, steps_of, trading_windows
from simcore.units import parse_clock
from tests.simcore.rates.made import DAY, FX, INFO, bootstrap, draw, gbm

JUMPS = Jumps(per_year=Decimal(100), mean=Decimal("-0.01"), size=Decimal("0.02"))
THREE = ((1, 0.34, 0.07), (0.34, 1, 0.56), (0.07, 0.56, 1))
HOUR = 3_600_000_000


def at(*parts: int) -> int:
    return int(dt.datetime(*parts, tzinfo=dt.UTC).timestamp()) * 1_000_000  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [gbm("0.04", "0.05", "0.06", correlation=THREE, jumps=JUMPS), bootstrap(3)])
def test_the_same_seed_gives_the_same_path_and_another_seed_another(path: RatePathKind) -> None:
    assert draw(path) == draw(path)
    once, again = draw(path), draw(path, seed=66)
    assert all(once[pair].rates[0] == again[pair].rates[0] for pair in once)
    assert all(once[pair].rates[1:] != again[pair].rates[1:] for pair in once)


def test_a_pair_added_at_the_end_leaves_the_others_as_they_were() -> None:
    two = gbm("0.04", "0.05", correlation=[row[:2] for row in THREE[:2]], jumps=JUMPS)
    three = gbm("0.04", "0.05", "0.06", correlation=THREE, jumps=JUMPS)
    assert draw(two).items() <= draw(three).items()
    assert draw(bootstrap(2)).items() <= draw(bootstrap(3)).items()


@pytest.mark.parametrize("path", [gbm("0.04", "0.05", jumps=JUMPS), bootstrap(2, block=3)])
def test_a_longer_run_goes_on_where_the_shorter_ended(path: RatePathKind) -> None:
    short, long = draw(path, days=3), draw(path, days=12)
    for pair, each in short.items():
        assert long[pair].rates[: len(each.rates)] == each.rates
        assert long[pair].times_us[: len(each.times_us)] == each.times_us


def test_rates_keep_their_bits() -> None:
    """The same digits on every machine: a change here changes every run with simulated rates."""
    drawn = draw(gbm("0.04", "0.05", correlation=((1, 0.5), (0.5, 1)), step=DAY, jumps=JUMPS))["SGD/CNY"]
    assert [str(rate) for rate in drawn.rates] == GBM_BITS
    drawn = draw(bootstrap(2, step=12 * HOUR), days=2)["SGD/CNY"]
    assert [str(rate) for rate in drawn.rates] == BOOTSTRAP_BITS


GBM_BITS = ["5.41835095703", "5.46053447415", "5.42666439792", "5.44639838593", "5.49769078157", "5.50325443808"]
BOOTSTRAP_BITS = ["5.41835095703", "5.42183357771", "5.42998965117", "5.43312519514", "5.44242409942"]


def test_rates_are_positive_fractions_of_integers_however_wild() -> None:
    wild = draw(gbm("3", "3", jumps=replace(JUMPS, per_year=Decimal(500), size=Decimal("0.3")), step=DAY), days=20)
    for path in wild.values():
        for rate, (numerator, denominator) in zip(path.rates, path.fractions(), strict=True):
            assert rate > 0
            assert Fraction(numerator, denominator) == Fraction(rate)  # both currencies have two decimals


def test_a_rate_that_leaves_the_exact_arithmetic_is_a_fault_of_the_scenario() -> None:
    with pytest.raises(ScenarioError, match="LH129"):
        draw(gbm("10", step=DAY, drift=Decimal(-10)), days=5000)


def test_a_path_starts_with_the_last_rate_before_the_run_or_its_own() -> None:
    assert draw(gbm("0.04"))["USD/CNY"].rates[0] == rate_on("USD", "CNY", dt.date(2026, 3, 1))[0]
    pairs = {"USD/CNY": replace(FX.pairs["USD/CNY"], rate=Decimal("6.5"))}
    own = simulate("asia", gbm("0.04"), replace(FX, pairs=pairs), INFO, 65)["USD/CNY"]
    assert own.rates[0] == Decimal("6.5")
    assert own.rate_at(at(1970, 1, 1)) == Decimal("6.5")


def test_without_volatility_a_rate_grows_by_its_drift_alone() -> None:
    """252 trading days of 1 % a year from Monday 2 March 2026: exp(0.01) in all."""
    path = draw(gbm("0", drift=Decimal("0.01"), step=DAY), days=352)["USD/CNY"]
    assert len(path.rates) == 1 + 252
    assert float(path.rates[-1] / path.rates[0]) == pytest.approx(np.exp(0.01), rel=1e-11)


def test_a_bootstrap_of_daily_steps_is_made_of_days_that_were() -> None:
    path = draw(bootstrap(1, block=4, first=dt.date(2025, 1, 2)), days=40)["USD/CNY"]
    past = [rate for _, rate in history("USD", "CNY", dt.date(2025, 1, 2), dt.date(2026, 3, 1))]
    ratios = [float(after / before) for before, after in pairwise(past)]
    drawn = [float(after / before) for before, after in pairwise(path.rates)]
    places = [int(np.argmin([abs(each - ratio) for ratio in ratios])) for each in drawn]
    assert all(abs(ratios[place] - each) < 1e-10 for place, each in zip(places, drawn, strict=True))
    for k in range(0, len(places) - 4, 4):  # four in a row, as they followed each other
        assert [(places[k] + j) % len(ratios) for j in range(4)] == places[k : k + 4]


def test_all_pairs_of_a_bootstrap_take_the_same_days() -> None:
    """USD/CNY over SGD/CNY is USD/SGD, so their paths must divide to days of USD/SGD that were."""
    drawn = draw(bootstrap(2, step=DAY), days=30)
    past = [rate for _, rate in history("USD", "SGD", dt.date(2015, 1, 2), dt.date(2026, 3, 1))]
    ratios = np.array([float(after / before) for before, after in pairwise(past)])
    crosses = [float(a / b) for a, b in zip(drawn["USD/CNY"].rates, drawn["SGD/CNY"].rates, strict=True)]
    for before, after in pairwise(crosses):
        assert np.abs(ratios - after / before).min() < 1e-10


def test_steps_begin_at_the_opening_and_cross_midnight() -> None:
    """Onshore yuan: 09:30 to 03:00 in Beijing, so Friday's hours end on Saturday and none begin there."""
    session = MarketSession(open=parse_clock("09:30"), close=parse_clock("03:00+1"))
    hours = MarketHours(calendar="CN", sessions=(session,))
    steps = steps_of(trading_windows(hours, dt.date(2026, 3, 6), 3), 3 * HOUR)
    assert steps.times_us.tolist() == [at(2026, 3, 6, 1, 30) + 3 * HOUR * k for k in range(6)]
    assert steps.share.tolist() == [1 / 6] * 6


def test_a_market_around_the_clock_is_open_from_sunday_evening_to_friday_evening_in_new_york() -> None:
    session = MarketSession(open=parse_clock("17:00-1"), close=parse_clock("17:00"))
    hours = MarketHours(zone="America/New_York", sessions=(session,))
    assert open_intervals(trading_windows(hours, dt.date(2026, 3, 2), 14)) == [
        (at(2026, 3, 1, 22), at(2026, 3, 6, 22)),
        (at(2026, 3, 8, 21), at(2026, 3, 13, 21)),  # summer time began on Sunday the 8th
    ]


def test_correlated_pairs_without_chance_of_their_own_move_as_one() -> None:
    drawn = draw(gbm("0.04", "0.04", correlation=((1, 1), (1, 1))))
    growth = [[rate / path.rates[0] for rate in path.rates] for path in drawn.values()]
    assert max(abs(a - b) for a, b in zip(*growth)) < Decimal("1e-10")


def test_pairs_need_their_own_terms() -> None:
    path = Gbm(kind="gbm", pairs={"USD/CNY": GbmPair(volatility=Decimal(0))}, step=DAY)
    assert set(draw(path)["USD/CNY"].rates) == {rate_on("USD", "CNY", dt.date(2026, 3, 1))[0]}
