"""exp, log and the normal quantile built from + − × ÷ and √ only, so that draws have the same bits on every machine.

numpy's own ``exp`` and ``log`` pick an implementation by processor, and the last bit may differ; an amount that lies
next to a rounding boundary would then differ by a minor unit. IEEE 754 fixes the result of every operation used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# ln 2 in two parts: the first has so few bits that its product with a small integer is exact.
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
EXP_SERIES = [1.0 / factorial(k) for k in range(13, -1, -1)]
ATANH_SERIES = [1.0 / (2 * k + 1) for k in range(10, -1, -1)]

# Wichura (1988), Algorithm AS 241, highest power first; the denominators end in 1.
CENTRAL = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
TAIL = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
FAR_TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)


def _polynomial(coefficients: Sequence[float], x: Floats) -> Floats:
    """Horner's rule, in place; numpy rounds after each step, so nothing is fused."""
    value = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= x
        value += coefficient
    return value


def exp(x: Floats) -> Floats:
    """Return e^x for (n,) float64, right to about two units in the last place; x is cut to ±500."""
    x = np.clip(x, -500.0, 500.0)
    power = np.rint(x * (1.0 / LN2_HIGH))
    rest = (x - power * LN2_HIGH) - power * LN2_LOW
    return np.ldexp(_polynomial(EXP_SERIES, rest), power.astype(np.int32))


def log(x: Floats) -> Floats:
    """Return the natural logarithm of (n,) positive float64, right to about two units in the last place."""
    mantissa, power = np.frexp(x)
    small = mantissa < 0.7071067811865476
    mantissa = np.where(small, mantissa + mantissa, mantissa)
    exponent = power.astype(np.float64) - small
    s = (mantissa - 1.0) / (mantissa + 1.0)
    return exponent * LN2_HIGH + ((s + s) * _polynomial(ATANH_SERIES, s * s) + exponent * LN2_LOW)


def normal(uniform: Floats) -> Floats:
    """Return standard normal numbers, one for each uniform in [0, 1): the quantile function of the normal.

    One uniform gives one normal, in order; so a stream is consumed evenly however a run is cut into batches.

    References
    ----------
    Wichura (1988), "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37(3).
    """
    uniform = np.maximum(uniform, 2.0**-54)  # a uniform of exactly 0 has no quantile
    q = uniform - 0.5
    r = 0.180625 - q * q
    result = _polynomial(CENTRAL[0], r) * q / _polynomial(CENTRAL[1], r)
    tail = np.flatnonzero(np.abs(q) > 0.425)
    if tail.size:
        p = np.where(q[tail] < 0.0, uniform[tail], 1.0 - uniform[tail])
        root = np.sqrt(-log(p))
        near, far = root - 1.6, root - 5.0
        value = _polynomial(TAIL[0], near) / _polynomial(TAIL[1], near)
        if (root > 5.0).any():
            value = np.where(root > 5.0, _polynomial(FAR_TAIL[0], far) / _polynomial(FAR_TAIL[1], far), value)
        result[tail] = np.where(q[tail] < 0.0, -value, value)
    return result
