"""Compiled twins of `fx.convert` and `fx.dealer`: integer conversion with a 128-bit intermediate.

The functions may be called from other kernels. They work on unsigned 64-bit words, because numba wraps signed overflow
in silence, and no step can leave 64 bits, so the same body is right when NUMBA_DISABLE_JIT=1 runs it as plain Python.
Annotations of kernels name numpy's types: a caller outside kernels gets Python ints from the compiled functions.
"""

from __future__ import annotations

import numba
import numpy as np

LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)
SHIFT_63 = np.uint64(63)
ZERO = np.uint64(0)
ONE = np.uint64(1)
INT64_LIMIT = np.uint64(2**63)
INVALID = np.int64(-1)
BP_E2_WHOLE = np.int64(1_000_000)
"""100 %, in hundredths of a basis point."""


@numba.njit(cache=False, nogil=True)
def mul_div_half_even(amount: np.int64, numerator: np.int64, denominator: np.int64) -> np.int64:
    """Return half_even(amount × numerator / denominator), the twin of `fx.convert.convert_minor`.

    Parameters
    ----------
    amount : int64                     ≥ 0
    numerator, denominator : int64     > 0

    Returns
    -------
    int64       the result; -1 when an input is out of range or the result doesn't fit int64

    Notes
    -----
    The product is built from 32-bit halves. When it fits 64 bits one division does; otherwise long division takes as
    many bits at a time as the denominator leaves room for (three steps for a rate of 12 digits, 63 at worst).
    No allocation, no exception.
    """
    if amount < 0 or numerator <= 0 or denominator <= 0:
        return INVALID
    a = np.uint64(amount)
    b = np.uint64(numerator)
    d = np.uint64(denominator)
    a_high, a_low = a >> SHIFT_32, a & LOW_32
    b_high, b_low = b >> SHIFT_32, b & LOW_32
    # The high halves are < 2^31, so none of these sums passes 64 bits, and `high` is < 2^62.
    low_low = a_low * b_low
    middle = a_high * b_low + (low_low >> SHIFT_32)
    middle_2 = a_low * b_high + (middle & LOW_32)
    high = a_high * b_high + (middle >> SHIFT_32) + (middle_2 >> SHIFT_32)
    low = ((middle_2 & LOW_32) << SHIFT_32) | (low_low & LOW_32)
    if high == ZERO:
        quotient = low // d
        remainder = low - quotient * d
        if quotient >= INT64_LIMIT:
            return INVALID
    else:
        if ((high << ONE) | (low >> SHIFT_63)) >= d:  # product / 2^63 ≥ d: the quotient would need 64 bits
            return INVALID
        room = ONE
        while (d >> (SHIFT_63 - room)) == ZERO:
            room += ONE
        quotient = ZERO
        remainder = high
        bits_left = np.uint64(64)
        while bits_left > ZERO:
            # remainder < d < 2^(64 - room), so it can be shifted by `room` bits
            step = min(room, bits_left)
            bits_left -= step
            remainder = (remainder << step) | ((low >> bits_left) & ((ONE << step) - ONE))
            digit = remainder // d
            remainder -= digit * d
            quotient = (quotient << step) | digit
    missing = d - remainder  # what is lacking to the next whole; comparing it avoids doubling the remainder
    if remainder > missing or (remainder == missing and (quotient & ONE) == ONE):
        quotient += ONE
        if quotient >= INT64_LIMIT:
            return INVALID
    return np.int64(quotient)


@numba.njit(cache=False, nogil=True)
def dealer_legs_kernel(
    amount: np.int64, spread_bp_e2: np.int64, numerator: np.int64, denominator: np.int64
) -> tuple[np.int64, np.int64, np.int64]:
    """Return (principal, spread, target) of a conversion through a dealer, the twin of `fx.dealer.dealer_legs`.

    Parameters
    ----------
    amount : int64                     minor units of the source currency, ≥ 0
    spread_bp_e2 : int64               half-spread in hundredths of a basis point, 0..1,000,000
    numerator, denominator : int64     the mid rate, both > 0

    Returns
    -------
    tuple of three int64    principal + spread = amount in source minor units; target in target minor units.
                            target is -1 when it doesn't fit int64; all three are -1 when an input is out of range
    """
    if amount < 0 or spread_bp_e2 < 0 or spread_bp_e2 > BP_E2_WHOLE or numerator <= 0 or denominator <= 0:
        return INVALID, INVALID, INVALID
    spread = np.int64(0)
    if spread_bp_e2 > 0:
        spread = mul_div_half_even(amount, spread_bp_e2, BP_E2_WHOLE)
    principal = np.int64(amount) - spread
    return principal, spread, mul_div_half_even(principal, numerator, denominator)
