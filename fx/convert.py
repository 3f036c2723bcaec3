"""Exact conversion between currencies with integers: half-even rounding of amount × numerator / denominator.

A rate enters as a pair of int64 (numerator, denominator) such that

    target_minor = half_even(source_minor × numerator / denominator)

with both currencies' decimals already inside the pair. The compiled twin is in `fx.convert_kernel`; this module
imports nothing heavy.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import gcd

from fx.currency import INT64_MAX, exponent

RATE_DIGITS = 12
"""Significant digits kept in a rate that comes from a division (a cross, an inverse); rounded half-even."""

_RATE_CONTEXT = Context(prec=RATE_DIGITS, rounding=ROUND_HALF_EVEN)


def convert_minor(amount_minor: int, numerator: int, denominator: int) -> int:
    """Return half_even(amount × numerator / denominator), exact whatever the size.

    Parameters
    ----------
    amount_minor : int               minor units of the source currency, ≥ 0
    numerator, denominator : int     the rate as a fraction, both > 0

    Raises
    ------
    ValueError       a negative amount, or a numerator or denominator that isn't positive
    OverflowError    the result doesn't fit int64
    """
    if amount_minor < 0 or numerator <= 0 or denominator <= 0:
        raise ValueError(f"cannot convert {amount_minor} at {numerator}/{denominator}: signs")
    quotient, rest = divmod(amount_minor * numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient & 1):
        quotient += 1
    if quotient > INT64_MAX:
        raise OverflowError(f"{amount_minor} × {numerator} / {denominator} does not fit 64 bits")
    return quotient


def rate_fraction(rate: Decimal, source: str, target: str) -> tuple[int, int]:
    """Return "1 unit of `source` = `rate` units of `target`" as a reduced fraction over minor units.

    1 CNY = 20.5 JPY gives (41, 200): 100 CNY minor units × 41 / 200 = 20.5 yen, before rounding.

    Parameters
    ----------
    rate : Decimal           > 0, taken exactly as it is: no digit is dropped
    source, target : str     ISO 4217 codes

    Returns
    -------
    tuple[int, int]          numerator, denominator; each 1..2^63-1, no common divisor

    Raises
    ------
    ValueError               not a positive finite rate, an unknown code, or a fraction that doesn't fit int64
    """
    rate = Decimal(rate)
    if not rate.is_finite() or rate <= 0:
        raise ValueError(f"the rate {source}/{target} must be a positive number, not {rate}")
    # Far outside any rate that fits; refused before Decimal builds powers of ten with a billion digits.
    if abs(rate.adjusted()) > 40:
        raise ValueError(f"the rate {source}/{target} = {rate} does not fit a fraction of two 64-bit integers")
    numerator, denominator = rate.as_integer_ratio()
    numerator *= 10 ** exponent(target)
    denominator *= 10 ** exponent(source)
    common = gcd(numerator, denominator)
    numerator, denominator = numerator // common, denominator // common
    if numerator > INT64_MAX or denominator > INT64_MAX:
        raise ValueError(
            f"the rate {source}/{target} = {rate} does not fit a fraction of two 64-bit integers; "
            f"give it with at most {RATE_DIGITS} significant digits"
        )
    return numerator, denominator


def divide_rate(dividend: Decimal, divisor: Decimal) -> Decimal:
    """Return dividend / divisor with 12 significant digits, half-even: the one place where a rate is rounded."""
    return _RATE_CONTEXT.divide(dividend, divisor)
