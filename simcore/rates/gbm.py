"""Paths of rates by geometric Brownian motion, correlated over pairs, with jumps after Merton."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.demand.portable import exp, normal
from simcore.market import Gbm, GbmPair, Jumps
from simcore.rates.correlation import cholesky
from simcore.rates.steps import DAYS_A_YEAR, Steps
from simcore.rng import stream

Floats = NDArray[np.float64]
SMALLEST_TERM = 1e-18  # a uniform has 53 bits, so no draw can reach what lies behind


def gbm_returns(path: Gbm, steps: Steps, seed: int) -> dict[str, Floats]:
    """Return the log returns of each pair: pair → float64 (n_step,).

    Over a step of h years with volatility s, drift m and, for jumps with intensity l, mean a and size b,

        return = (m − s²/2 − l k) h + s √h z + Σ jumps,    k = exp(a + b²/2) − 1

    so the expected rate grows by m a year. The normals z of a pair are its own stream of chance, mixed by row i of the
    Cholesky factor with those of the pairs before it.

    Raises
    ------
    ValueError    the matrix is none of correlations, which the checks of a scenario find first

    References
    ----------
    Merton (1976), "Option pricing when underlying stock returns are discontinuous", J. of Financial Economics 3.
    """
    n = len(path.pairs)
    matrix = [[float(entry) for entry in row] for row in path.correlation] or np.eye(n).tolist()
    factor = cholesky(matrix)
    if factor is None:
        raise ValueError("not a correlation matrix")
    years = steps.share * (1.0 / DAYS_A_YEAR)
    own: list[Floats] = []
    returns: dict[str, Floats] = {}
    for row, (name, terms) in zip(factor, path.pairs.items(), strict=True):
        own.append(normal(stream(seed, f"fx:{name}").random(years.size)))
        mixed = np.zeros(years.size)
        for weight, normals in zip(row, own, strict=False):  # no BLAS: its order of sums differs between machines
            mixed += weight * normals
        returns[name] = _drift(terms) * years + float(terms.volatility) * np.sqrt(years) * mixed
        if terms.jumps is not None:
            returns[name] += _jumps(terms.jumps, years, stream(seed, f"fx:{name}:jumps"))
    return returns


def _drift(terms: GbmPair) -> float:
    """Growth of the logarithm a year, so that the expected rate grows by the pair's drift."""
    drift = float(terms.drift) - 0.5 * float(terms.volatility) * float(terms.volatility)
    if terms.jumps is not None:
        mean, size = float(terms.jumps.mean), float(terms.jumps.size)
        growth = float(exp(np.array([mean + 0.5 * size * size]))[0]) - 1.0
        drift -= float(terms.jumps.per_year) * growth
    return drift


def _jumps(jumps: Jumps, years: Floats, chance: np.random.Generator) -> Floats:
    """The sum of the jumps in each step: a Poisson number by inversion, then one normal for all of them together."""
    uniform = chance.random(2 * years.size).reshape(years.size, 2)
    expected = float(jumps.per_year) * years
    term = exp(-expected)
    reached = term.copy()
    count = np.zeros(years.size)
    k = 0
    while (more := (uniform[:, 0] >= reached) & ((term > SMALLEST_TERM) | (k < expected))).any():
        k += 1
        term = term * expected / k
        reached += term
        count[more] += 1.0
    return count * float(jumps.mean) + np.sqrt(count) * float(jumps.size) * normal(uniform[:, 1])
