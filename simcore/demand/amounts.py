"""Drawn amounts in minor units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.demand import portable
from simcore.draws import LognormalAmount

MOST_MINOR = 10**18
"""What an amount without ``most`` is cut to, so that a wide lognormal can't leave 64 bits."""


def lognormal_minor(amount: LognormalAmount, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Amounts (n,) for uniforms (n,) in [0, 1): whole minor units, half to even, at least 1, within least and most."""
    least = max(1, amount.least.amount_minor if amount.least else 1)
    most = amount.most.amount_minor if amount.most else MOST_MINOR
    value = float(amount.median.amount_minor) * portable.exp(float(amount.sigma) * portable.normal(uniform))
    # The float cut keeps the cast in range; the integer cut is exact.
    return np.clip(np.rint(np.minimum(value, 9e18)).astype(np.int64), least, most)
