"""Simulated paths of rates against their parameters: moments lie where theory puts them, to five standard errors."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pytest

from fx.rates import RatePath, history
from simcore.market import Jumps
from tests.simcore.rates.made import DAY, PAIRS, bootstrap, draw, gbm

THREE = ((1, 0.34, 0.07), (0.34, 1, 0.56), (0.07, 0.56, 1))
YEARS = 20


def returns(path: RatePath) -> np.ndarray:
    return np.array([log(after / before) for before, after in pairwise(path.rates)])


@pytest.mark.parametrize("step", [DAY, 6 * 3_600_000_000])
def test_volatility_and_correlation_are_those_asked_for(step: int) -> None:
    """The standard error of a volatility from n normal returns is 1/√(2n) of it, of a correlation (1 − r²)/√n."""
    paths = draw(gbm("0.04", "0.05", "0.06", correlation=THREE, step=step), days=365 * YEARS)
    drawn = np.array([returns(path) for path in paths.values()])
    n, steps_a_year = drawn.shape[1], 252 * (DAY // step)
    assert n == pytest.approx(YEARS * 261 * (DAY // step), rel=0.01)
    for each, asked in zip(drawn, (0.04, 0.05, 0.06), strict=True):
        measured = each.std() * sqrt(steps_a_year)
        assert abs(measured / asked - 1) < 5 / sqrt(2 * n)
    measured = np.corrcoef(drawn)
    for i in range(3):
        for j in range(i):
            assert abs(measured[i, j] - THREE[i][j]) < 5 * (1 - THREE[i][j] ** 2) / sqrt(n)


def test_jumps_give_the_cumulants_of_a_compound_poisson_process() -> None:
    """Variance a year s² + l (a² + b²); fourth cumulant l (a⁴ + 6 a² b² + 3 b⁴), whatever the step."""
    rate, mean, size, volatility = 50.0, -0.004, 0.01, 0.04
    jumps = Jumps(per_year=Decimal(50), mean=Decimal("-0.004"), size=Decimal("0.01"))
    each = returns(draw(gbm("0.04", step=DAY, jumps=jumps), days=365 * 40)["USD/CNY"])
    variance = (volatility**2 + rate * (mean**2 + size**2)) / 252
    fourth = rate * (mean**4 + 6 * mean**2 * size**2 + 3 * size**4) / 252
    centred = each - each.mean()
    assert abs(centred.var() / variance - 1) < 5 * sqrt((fourth / variance**2 + 2) / each.size)
    assert (centred**4).mean() / variance**2 - 3 == pytest.approx(fourth / variance**2, rel=0.25)


@pytest.mark.slow
def test_the_expected_rate_grows_by_the_drift_jumps_or_not() -> None:
    jumps = Jumps(per_year=Decimal(5), mean=Decimal("-0.02"), size=Decimal("0.03"))
    path = gbm("0.08", step=DAY, jumps=jumps, drift=Decimal("0.03"))
    growth = np.array([(p := draw(path, days=352, seed=seed)["USD/CNY"]).rates[-1] / p.rates[0] for seed in range(800)])
    growth = growth.astype(float)
    assert abs(growth.mean() - exp(0.03)) < 5 * growth.std() / sqrt(growth.size)


def test_a_bootstrap_has_the_moments_of_its_history() -> None:
    """The first four moments and the correlations of 10,000 drawn days against those of the days drawn from."""
    first, last = dt.date(2019, 1, 2), dt.date(2026, 2, 27)
    past = []
    for pair in PAIRS:
        rates = [float(rate) for _, rate in history(*pair.split("/"), first, last)]
        past.append(np.diff(np.log(rates)))
    paths = draw(bootstrap(3, first=first, last=last, block=10), days=14_000)
    drawn = np.array([returns(path) for path in paths.values()])
    n = drawn.shape[1]
    assert n == 10_000
    for mine, theirs in zip(drawn, past, strict=True):
        assert abs(mine.mean() - theirs.mean()) < 5 * theirs.std() / sqrt(n)
        kurtosis = ((theirs - theirs.mean()) ** 4).mean() / theirs.var() ** 2
        assert abs(mine.std() / theirs.std() - 1) < 2 * 5 * sqrt((kurtosis - 1) / n) / 2  # twice: days hang together
        for power in (3, 4):  # skewness and kurtosis, by the history's own mean and deviation
            mine_k, theirs_k = (((x - theirs.mean()) / theirs.std()) ** power for x in (mine, theirs))
            assert abs(mine_k.mean() - theirs_k.mean()) < 2 * 5 * theirs_k.std() / sqrt(n)
    assert np.abs(np.corrcoef(drawn) - np.corrcoef(past)).max() < 0.06


def test_steps_within_a_day_keep_the_variance_of_a_day() -> None:
    by_day = returns(draw(bootstrap(1, block=5, step=DAY), days=1400)["USD/CNY"])
    by_hour = returns(draw(bootstrap(1, block=5, step=DAY // 24), days=1400)["USD/CNY"])
    assert by_hour.size == 24 * by_day.size
    assert sqrt(24) * by_hour.std() == pytest.approx(by_day.std(), rel=0.15)
