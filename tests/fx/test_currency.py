"""Currencies: decimals, exact text, exact conversion between major and minor units."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fx.currency import currency_codes, exponent, format_minor, from_minor, is_currency, to_minor

INT64 = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("code", "decimals"),
    [
        ("CNY", 2),
        ("SGD", 2),
        ("THB", 2),
        ("IDR", 2),
        ("LAK", 2),
        ("MMK", 2),
        ("KHR", 2),
        ("JPY", 0),
        ("VND", 0),
        ("KWD", 3),
    ],
)
def test_decimals_of_each_currency_are_those_of_iso_4217(code: str, decimals: int) -> None:
    assert exponent(code) == decimals


@pytest.mark.parametrize("code", ["CYN", "cny", "", "XAU", "XXX", "DEM"])
def test_codes_without_a_minor_unit_are_not_currencies(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(ValueError, match="unknown currency"):
        exponent(code)


@pytest.mark.parametrize(
    ("amount_minor", "code", "text"),
    [
        (123450, "CNY", "CNY 1,234.50"),
        (-5, "CNY", "CNY -0.05"),
        (0, "SGD", "SGD 0.00"),
        (1234567, "JPY", "JPY 1,234,567"),
        (-1234, "VND", "VND -1,234"),
        (1234567, "KWD", "KWD 1,234.567"),
        (2**63 - 1, "CNY", "CNY 92,233,720,368,547,758.07"),
    ],
)
def test_amounts_read_as_people_write_them(amount_minor: int, code: str, text: str) -> None:
    assert format_minor(amount_minor, code) == text


@pytest.mark.parametrize(
    ("amount", "code", "minor"),
    [
        ("1.5", "CNY", 150),
        ("1.500", "CNY", 150),
        ("-0.01", "THB", -1),
        ("1E+3", "JPY", 1000),
        ("0E-50", "CNY", 0),
        ("0E+999999", "CNY", 0),
        ("92233720368547758.07", "CNY", 2**63 - 1),
        ("-92233720368547758.08", "CNY", -(2**63)),
    ],
)
def test_to_minor_is_exact(amount: str, code: str, minor: int) -> None:
    assert to_minor(Decimal(amount), code) == minor


@pytest.mark.parametrize(
    ("amount", "code", "why"),
    [
        ("10.005", "THB", "finer than one minor unit"),
        ("0.5", "JPY", "finer than one minor unit"),
        ("1E-999999999", "CNY", "finer than one minor unit"),
        ("92233720368547758.08", "CNY", "does not fit"),
        ("1E+999999999", "CNY", "does not fit"),
        ("NaN", "CNY", "not an amount"),
        ("Infinity", "CNY", "not an amount"),
        ("1", "CYN", "unknown currency"),
    ],
)
def test_to_minor_refuses_what_it_cannot_hold(amount: str, code: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        to_minor(Decimal(amount), code)


@given(INT64, st.sampled_from(currency_codes()))
def test_minor_units_survive_the_way_through_decimal_and_text(amount_minor: int, code: str) -> None:
    assert to_minor(from_minor(amount_minor, code), code) == amount_minor
    name, text = format_minor(amount_minor, code).split()
    assert name == code
    assert Decimal(text.replace(",", "")) == from_minor(amount_minor, code)


def test_fx_imports_nothing_heavy() -> None:
    code = "import sys, fx.currency, fx.convert, fx.rates, fx.dealer; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "fx.rates" in loaded
    assert not {"numpy", "numba", "pyarrow"} & set(loaded)
