"""How volatile a rate has lately been, step by step, and by what factor spreads widen for it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from fx.rates import RatePath
from simcore.demand.portable import log
from simcore.market import VolatilitySpread
from simcore.rates.steps import DAYS_A_YEAR

DAY_US = 86_400_000_000
SIX_PLACES = Decimal("0.000001")


def trailing_volatility(path: RatePath, window: int) -> NDArray[np.float64]:
    """Return the volatility a year over the last ``window`` returns up to each step: float64 (n_step,), NaN before.

    A return counts for 1/(252 n) of a year where its UTC day has n steps, so that days without any, and pauses within a
    day, don't count as calm. Sums are exact differences of running sums to about 1e-12, far below what a spread shows.
    """
    rates = np.array([float(rate) for rate in path.rates])
    returns = log(rates[1:] / rates[:-1])
    squares = np.concatenate([[0.0], returns * returns])
    days = np.array(path.times_us, np.int64) // DAY_US
    _, place, counts = np.unique(days, return_inverse=True, return_counts=True)
    years = (1.0 / DAYS_A_YEAR) / counts[place]
    moved, passed = np.cumsum(squares), np.cumsum(years)
    found = np.full(rates.size, np.nan)
    if rates.size > window:
        mean = np.maximum(moved[window:] - moved[:-window], 0.0) / (passed[window:] - passed[:-window])
        found[window:] = np.sqrt(mean)
    return found


def volatility_factors(path: RatePath, terms: VolatilitySpread) -> list[Decimal]:
    """Return the factor of the half-spread in force from each step of a path, to six decimals; at least 1."""
    excess = trailing_volatility(path, terms.window) / float(terms.normal) - 1.0
    widened = 1.0 + float(terms.factor) * np.maximum(np.nan_to_num(excess), 0.0)
    return [Decimal(each).quantize(SIX_PLACES) for each in widened.tolist()]
