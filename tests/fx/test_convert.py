"""Exact conversion: hand-worked values, and the compiled twin against plain Python at the extremes."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fx.convert import convert_minor, divide_rate, rate_fraction
from fx.convert_kernel import dealer_legs_kernel, mul_div_half_even
from fx.currency import INT64_MAX, currency_codes, exponent
from fx.dealer import BP_E2_WHOLE, Quote, dealer_legs


def sizes(smallest: int) -> st.SearchStrategy[int]:
    """Integers of every bit length up to 63, extremes and powers of two and ten included."""
    near_powers = [p + d for p in [2**k for k in range(64)] + [10**k for k in range(19)] for d in (-1, 0, 1)]
    edges = sorted({v for v in near_powers if smallest <= v <= INT64_MAX})
    by_bits = st.integers(1, 63).flatmap(lambda bits: st.integers(2 ** (bits - 1), 2**bits - 1))
    return st.one_of(by_bits, st.sampled_from(edges), st.integers(smallest, INT64_MAX))


def plain(amount: int, numerator: int, denominator: int) -> int:
    """Half-even by exact fractions; -1 when the result doesn't fit."""
    value = round(Fraction(amount * numerator, denominator))
    return value if value <= INT64_MAX else -1


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [
        (5, 1, 2, 2),  # 2.5 goes to the even neighbour
        (7, 1, 2, 4),  # 3.5 too
        (1, 1, 2, 0),
        (3, 1, 2, 2),
        (0, 7, 3, 0),
        (10**15, 49_500_000_000, 10**8, 495 * 10**15),  # silently wrong where the product wraps 64 bits
        (2**63 - 1, 2**63 - 1, 2**63 - 1, 2**63 - 1),
        (2**63 - 1, 1, 2**63 - 1, 1),
        (2**63 - 1, 2**63 - 2, 2**63 - 1, 2**63 - 2),
    ],
)
def test_known_products(amount: int, numerator: int, denominator: int, expected: int) -> None:
    assert convert_minor(amount, numerator, denominator) == expected
    assert mul_div_half_even(amount, numerator, denominator) == expected


@settings(max_examples=5000, deadline=None)
@given(sizes(0), sizes(1), sizes(1))
@example(2**63 - 1, 2, 2)
@example(2**63 - 1, 2**62, 2**62 + 1)
@example(2**62, 4, 2)
@example(2**63 - 1, 4, 4)
@example(2**63 - 1, 2**63 - 1, 1)
@example(2**62, 2, 1)  # exactly 2^63, one more than fits
@example((2**64 - 1) // 3, 3, 2)  # 2^63 - 1/2 rounds to 2^63
@example((2**64 - 1) // 3, 6, 4)
def test_the_kernel_is_exact_at_any_size(amount: int, numerator: int, denominator: int) -> None:
    assert mul_div_half_even(amount, numerator, denominator) == plain(amount, numerator, denominator)


@settings(max_examples=2000, deadline=None)
@given(sizes(0), sizes(1), st.data())
def test_the_kernel_is_exact_where_the_result_only_just_fits(amount: int, numerator: int, data: st.DataObject) -> None:
    smallest = max(1, amount * numerator // 2**63)
    if smallest > INT64_MAX:
        return
    denominator = data.draw(st.integers(max(1, smallest - 2), min(INT64_MAX, smallest + 2)))
    assert mul_div_half_even(amount, numerator, denominator) == plain(amount, numerator, denominator)


@settings(max_examples=2000, deadline=None)
@given(sizes(0), sizes(1))
def test_halves_go_to_the_even_neighbour_at_any_size(amount: int, numerator: int) -> None:
    for denominator in (2, 2 * numerator, 2**62):
        if denominator <= INT64_MAX:
            assert mul_div_half_even(amount, numerator, denominator) == plain(amount, numerator, denominator)


@settings(deadline=None)
@given(sizes(0), sizes(1), sizes(1))
def test_the_plain_version_agrees_with_fractions(amount: int, numerator: int, denominator: int) -> None:
    expected = plain(amount, numerator, denominator)
    if expected < 0:
        with pytest.raises(OverflowError):
            convert_minor(amount, numerator, denominator)
    else:
        assert convert_minor(amount, numerator, denominator) == expected


@pytest.mark.parametrize("bad", [(-1, 1, 1), (1, 0, 1), (1, 1, 0), (1, -1, 1), (1, 1, -1)])
def test_wrong_signs_are_refused(bad: tuple[int, int, int]) -> None:
    assert mul_div_half_even(*bad) == -1
    with pytest.raises(ValueError, match="signs"):
        convert_minor(*bad)


@settings(max_examples=2000, deadline=None)
@given(sizes(0), st.one_of(st.integers(0, 1000), st.integers(0, BP_E2_WHOLE)), sizes(1), sizes(1))
def test_the_dealer_kernel_equals_the_plain_dealer(amount: int, spread: int, numerator: int, denominator: int) -> None:
    principal, kept, target = map(int, dealer_legs_kernel(amount, spread, numerator, denominator))
    assert principal + kept == amount
    assert kept == round(Fraction(amount * spread, BP_E2_WHOLE))
    assert target == plain(principal, numerator, denominator)
    if target < 0:
        with pytest.raises(OverflowError):
            dealer_legs(amount, spread, numerator, denominator)
    else:
        assert dealer_legs(amount, spread, numerator, denominator) == (principal, kept, target)


@pytest.mark.parametrize("bad", [(-1, 0, 1, 1), (1, -1, 1, 1), (1, BP_E2_WHOLE + 1, 1, 1), (1, 0, 0, 1), (1, 0, 1, 0)])
def test_a_dealer_refuses_what_is_out_of_range(bad: tuple[int, int, int, int]) -> None:
    assert dealer_legs_kernel(*bad) == (-1, -1, -1)
    with pytest.raises(ValueError):
        dealer_legs(*bad)


def test_a_dealer_keeps_the_spread_in_the_source_currency() -> None:
    quote = Quote(source="CNY", target="SGD", mid=Decimal("0.1921"), spread_bp_e2=500)
    # CNY 1,000,000.00 at 5 bp: 500.00 kept, 999,500.00 × 0.1921 = 192,003.95
    assert quote.legs(100_000_000) == (99_950_000, 50_000, 19_200_395)


@pytest.mark.parametrize(
    ("rate", "source", "target", "fraction"),
    [
        ("20.5", "CNY", "JPY", (41, 200)),
        ("1", "SGD", "BND", (1, 1)),
        ("0.05", "JPY", "CNY", (5, 1)),
        ("3.25", "KWD", "USD", (13, 40)),
        ("6.652882", "USD", "CNY", (3326441, 500000)),
    ],
)
def test_rates_become_reduced_fractions_over_minor_units(
    rate: str, source: str, target: str, fraction: tuple[int, int]
) -> None:
    assert rate_fraction(Decimal(rate), source, target) == fraction


CODES = st.sampled_from(currency_codes())


@given(st.integers(1, 10**12 - 1), st.integers(-13, 0), CODES, CODES)
def test_a_rate_fraction_loses_nothing(digits: int, power: int, source: str, target: str) -> None:
    rate = Decimal(digits).scaleb(power)
    numerator, denominator = rate_fraction(rate, source, target)
    shift = Fraction(10) ** (exponent(target) - exponent(source))
    assert Fraction(numerator, denominator) == Fraction(rate) * shift
    assert Fraction(numerator, denominator).denominator == denominator


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_a_rate_is_a_positive_number(rate: str) -> None:
    with pytest.raises(ValueError, match="must be a positive number"):
        rate_fraction(Decimal(rate), "CNY", "SGD")


@pytest.mark.parametrize("rate", ["1E+999999999", "1E-999999999", "3.1415926535897932384626"])
def test_a_rate_too_fine_for_64_bits_says_so(rate: str) -> None:
    with pytest.raises(ValueError, match="does not fit a fraction of two 64-bit integers"):
        rate_fraction(Decimal(rate), "CNY", "SGD")


def test_derived_rates_keep_twelve_digits_half_even() -> None:
    assert divide_rate(Decimal(2), Decimal(3)) == Decimal("0.666666666667")
    assert divide_rate(Decimal("1000000000005"), Decimal(10)) == Decimal("100000000000")
    assert divide_rate(Decimal("1000000000015"), Decimal(10)) == Decimal("100000000002")


def test_the_kernel_body_is_right_as_plain_python() -> None:
    """The same function without numba, warnings as errors: no step may leave 64 bits."""
    script = """
import random
from fractions import Fraction
from fx.convert_kernel import dealer_legs_kernel, mul_div_half_even
draw = random.Random(65)
for _ in range(3000):
    a, n, d = (draw.getrandbits(draw.randint(1, 63)) for _ in range(3))
    n, d = n or 1, d or 1
    value = round(Fraction(a * n, d))
    assert mul_div_half_even(a, n, d) == (value if value < 2**63 else -1), (a, n, d)
    assert dealer_legs_kernel(a, 250, n, d)[1] == round(Fraction(a * 250, 10**6)), a
m = 2**63 - 1
assert mul_div_half_even(m, m, m) == m and mul_div_half_even(m, m, 1) == -1 and mul_div_half_even(m, 1, m) == 1
"""
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-W", "error::RuntimeWarning", "-c", script], env=env, check=True)
