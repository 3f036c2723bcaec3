"""Currencies and their minor units: how many decimals each has, and exact text and Decimal forms of an amount.

An amount is an int of minor units beside a currency code; nothing here is ever a float. The table is package data
(`fx/data/currencies.csv`), frozen from ISO 4217 by `tools/freeze_currencies.py`.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import cache
from importlib.resources import files

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)


@cache
def _exponents() -> dict[str, int]:
    with files("fx").joinpath("data/currencies.csv").open("r", encoding="utf-8") as file:
        return {row["code"]: int(row["exponent"]) for row in csv.DictReader(file)}


def currency_codes() -> tuple[str, ...]:
    """Return every ISO 4217 code that has a minor unit, sorted."""
    return tuple(sorted(_exponents()))


def is_currency(code: str) -> bool:
    """Return whether `code` is an ISO 4217 code (upper case) that has a minor unit."""
    return code in _exponents()


def exponent(code: str) -> int:
    """Return the number of decimals of a currency: 2 for CNY, 0 for JPY and VND.

    Raises
    ------
    ValueError    the code isn't in the table
    """
    try:
        return _exponents()[code]
    except KeyError:
        raise ValueError(f"unknown currency {code!r}: not an ISO 4217 code with a minor unit") from None


def format_minor(amount_minor: int, code: str) -> str:
    """Return an amount as people read it, exactly: 123450 CNY minor units are "CNY 1,234.50".

    Parameters
    ----------
    amount_minor : int    minor units, any size and sign
    code : str            ISO 4217 code; unknown codes raise ValueError
    """
    places = exponent(code)
    sign = "-" if amount_minor < 0 else ""
    whole, rest = divmod(abs(int(amount_minor)), 10**places)
    return f"{code} {sign}{whole:,}.{rest:0{places}d}" if places else f"{code} {sign}{whole:,}"


def to_minor(amount: Decimal, code: str) -> int:
    """Return an amount in major units as int64 minor units, exactly; nothing is rounded.

    Parameters
    ----------
    amount : Decimal    major units, any sign
    code : str          ISO 4217 code

    Raises
    ------
    ValueError    unknown code, not a finite number, finer than one minor unit, or beyond int64
    """
    places = exponent(code)
    amount = Decimal(amount)
    if not amount.is_finite():
        raise ValueError(f"{amount} {code} is not an amount")
    sign, digits, power = amount.as_tuple()
    assert isinstance(power, int)
    # The digits are shifted by hand: Decimal arithmetic would round at the context's 28 digits.
    coefficient = int("".join(map(str, digits)) or "0")
    shift = power + places
    if coefficient == 0:
        return 0
    if shift >= 0:
        if amount.adjusted() + places > 19:  # also keeps 1e999999999 from filling the memory
            raise ValueError(f"{amount} {code} does not fit 64 bits of minor units")
        value = coefficient * 10**shift
    else:
        if -shift > len(digits):
            raise ValueError(f"{amount} {code} is finer than one minor unit ({places} decimals)")
        value, rest = divmod(coefficient, 10**-shift)
        if rest:
            raise ValueError(f"{amount} {code} is finer than one minor unit ({places} decimals)")
    value = -value if sign else value
    if not INT64_MIN <= value <= INT64_MAX:
        raise ValueError(f"{amount} {code} does not fit 64 bits of minor units")
    return value


def from_minor(amount_minor: int, code: str) -> Decimal:
    """Return minor units as an exact Decimal of major units with the currency's decimals: 123450 → 1234.50."""
    amount_minor = int(amount_minor)
    digits = tuple(map(int, str(abs(amount_minor))))
    return Decimal((int(amount_minor < 0), digits, -exponent(code)))
