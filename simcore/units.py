"""Amounts, durations, clock times and rates as scenario files write them, parsed to exact integers and back.

Every parser takes what a TOML file can hold and raises `UnitError` for anything that isn't exactly meaningful: a bare
number where a unit is needed, an amount finer than a minor unit, a duration finer than a microsecond.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from difflib import get_close_matches

from fx.currency import INT64_MAX, currency_codes, exponent, from_minor, is_currency, to_minor

SCALES = {"k": 3, "mn": 6, "bn": 9, "tn": 12, "万": 4, "亿": 8, "万亿": 12}
"""Scale words of an amount, as powers of ten: thousand, million, billion, trillion, 万, 亿, 万亿."""

DURATION_UNITS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
"""Duration units in microseconds."""

DAY_SECONDS = 86_400

_NUMBER = r"[+-]?(?:\d{1,3}(?:[,_]\d{3})+|\d+)(?:\.\d+)?"
_AMOUNT_WORDS = re.compile(r"\s*(?P<number>[^\s万亿A-Za-z]+)\s*(?P<words>.*?)\s*")
_QUANTITY = re.compile(rf"\s*(?P<number>{_NUMBER})\s*(?P<unit>\S.*?)?\s*", re.ASCII)
_CLOCK = re.compile(r"\s*(\d{1,2}):(\d{2})(?::(\d{2}))?([+-]\d)?\s*", re.ASCII)


class UnitError(ValueError):
    """A value that can't be read: what was found, what was expected, what to write instead.

    Attributes
    ----------
    got, expected, try_ : str    the three lines of the message; `try_` is a value that would be accepted
    """

    def __init__(self, got: object, expected: str, try_: str) -> None:
        self.got = got if isinstance(got, str) else repr(got)
        self.expected = expected
        self.try_ = try_
        super().__init__(f"got {self.got!r}, expected {expected}; try {try_!r}")


@dataclass(frozen=True, order=True)
class Money:
    """An amount of one currency."""

    amount_minor: int
    """Minor units, int64."""
    currency: str
    """ISO 4217 code."""


@dataclass(frozen=True, order=True)
class ClockTime:
    """A local wall-clock time relative to a calendar day."""

    day_offset: int
    """Days after that day; negative for the days before. 24:00 is 00:00 of the next day."""
    seconds: int
    """Seconds since local midnight on the clock, 0..86,399."""


def _decimal(number: str) -> Decimal:
    return Decimal(number.replace(",", "").replace("_", ""))


def _scaled(number: Decimal, power: int) -> Decimal:
    """number × 10^power with every digit kept (Decimal arithmetic would round at 28)."""
    sign, digits, places = number.as_tuple()
    assert isinstance(places, int)
    return Decimal((sign, digits, places + power))


def _plain(number: Decimal) -> str:
    """A Decimal without exponent or trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_amount(value: object) -> Money:
    """Return an amount such as "1.5 bn CNY", "1,000.50 CNY", "3.2 万 CNY" or "-20 k SGD".

    The text is a number, an optional scale word (k mn bn tn 万 亿 万亿) and a currency. Commas and underscores may
    group thousands. Whether a negative amount makes sense is for the caller to say.

    Raises
    ------
    UnitError    no currency, an unknown one, a bare "m", finer than one minor unit, or beyond int64
    """
    expected = "a number, a scale if any (k mn bn tn 万 亿) and a currency"
    if not isinstance(value, str):
        raise UnitError(value, expected, f"{value} CNY" if isinstance(value, int | Decimal) else "1.5 bn CNY")
    match = _AMOUNT_WORDS.fullmatch(value)
    if match is None or not re.fullmatch(_NUMBER, match["number"], re.ASCII):
        raise UnitError(value, expected, "1.5 bn CNY")
    number, words = match["number"], match["words"].split()
    # "1.5bn CNY" and "3.2万 CNY" are one word less than "1.5 bn CNY" but read alike.
    scale = words[0] if len(words) == 2 else ""
    if not words or (len(words) == 1 and words[0] in SCALES):
        raise UnitError(value, "a currency after the number", " ".join([number, *words, "CNY"]))
    if len(words) > 2:
        raise UnitError(value, expected, "1.5 bn CNY")
    if scale and scale not in SCALES:
        if scale == "m":
            expected = "a scale that can't be misread: mn is a million, k a thousand"
            raise UnitError(value, expected, f"{number} mn {words[1]}")
        near = scale.lower() if scale.lower() in SCALES else "mn"
        raise UnitError(value, "one of the scales k mn bn tn 万 亿", f"{number} {near} {words[1]}")
    code = words[-1]
    if not is_currency(code):
        raise UnitError(value, "an ISO 4217 currency", " ".join(filter(None, [number, scale, _nearest_currency(code)])))
    amount = _scaled(_decimal(number), SCALES[scale] if scale else 0)
    try:
        return Money(to_minor(amount, code), code)
    except ValueError as error:
        if "finer" in str(error):
            places = exponent(code)
            near = amount.quantize(Decimal(1).scaleb(-places), ROUND_UP) if amount.adjusted() < 20 else Decimal(1)
            raise UnitError(value, f"whole minor units: {code} has {places} decimals", f"{near:f} {code}") from None
        most = from_minor(INT64_MAX, code)
        raise UnitError(value, f"at most {most:f} {code}, which is what 64 bits hold", f"{most:f} {code}") from None


def _nearest_currency(code: str) -> str:
    """The currency most likely meant: the same letters in another order (CYN), else similar ones, else CNY."""
    known = currency_codes()
    same_letters = [candidate for candidate in known if sorted(candidate) == sorted(code.upper())]
    return (same_letters or get_close_matches(code.upper(), known, n=1, cutoff=0.3) or ["CNY"])[0]


def format_amount(money: Money) -> str:
    """Return an amount as `parse_amount` reads it back, in the largest scale that stays short: "1.5 bn CNY"."""
    amount = from_minor(money.amount_minor, money.currency)
    for scale in ("tn", "bn", "mn"):
        scaled = _plain(_scaled(amount, -SCALES[scale]))
        if abs(Decimal(scaled)) >= 1 and len(scaled.partition(".")[2]) <= 3:
            return f"{scaled} {scale} {money.currency}"
    return f"{amount:,f} {money.currency}"


def parse_duration(value: object) -> int:
    """Return a duration such as "5 min", "1.9 h" or "250 ms" in microseconds (units us ms s min h d).

    Raises
    ------
    UnitError    a bare number, an unknown unit, a negative length, finer than a microsecond, or beyond int64
    """
    expected = "a number and a unit of time (us ms s min h d)"
    if not isinstance(value, str):
        raise UnitError(value, expected, f"{value} s" if isinstance(value, int | Decimal) else "5 min")
    match = _QUANTITY.fullmatch(value)
    if match is None:
        raise UnitError(value, expected, "5 min")
    number, unit = match["number"], match["unit"]
    if unit not in DURATION_UNITS:
        near = {"m": "min", "sec": "s", "mins": "min", "hr": "h", "hour": "h", "hours": "h", "day": "d", "days": "d"}
        raise UnitError(
            value, expected, f"{number} {near.get(unit or 's', 's')}" if " " not in (unit or "") else "90 min"
        )
    if number.startswith("-"):
        raise UnitError(value, "a duration that isn't negative", f"{number[1:]} {unit}")
    numerator, denominator = _decimal(number).as_integer_ratio()
    microseconds, rest = divmod(numerator * DURATION_UNITS[unit], denominator)
    if rest:
        raise UnitError(value, "a whole number of microseconds", f"{microseconds} us")
    if microseconds > INT64_MAX:
        raise UnitError(value, f"at most {INT64_MAX} us, which is what 64 bits hold", "1 d")
    return microseconds


def format_duration(duration_us: int) -> str:
    """Return a duration as `parse_duration` reads it back, in the largest unit that divides it: "90 min"."""
    for unit in ("d", "h", "min", "s", "ms"):
        if duration_us and duration_us % DURATION_UNITS[unit] == 0:
            return f"{duration_us // DURATION_UNITS[unit]} {unit}"
    return f"{duration_us} us" if duration_us else "0 s"


def parse_clock(value: object) -> ClockTime:
    """Return a wall-clock time: "08:30", "08:30:15", "24:00", "20:30-1" (the day before), "08:00+1", or a TOML time.

    Raises
    ------
    UnitError    not such a text, a time with a zone or fractions of a second, an hour past 24:00
    """
    expected = "a local time HH:MM, with -1 or +1 for the day before or after"
    if isinstance(value, datetime.time):
        if value.tzinfo is not None or value.microsecond:
            raise UnitError(value.isoformat(), "a local time in whole seconds, without zone", value.strftime("%H:%M"))
        return ClockTime(0, value.hour * 3600 + value.minute * 60 + value.second)
    if not isinstance(value, str):
        raise UnitError(value, expected, "08:30")
    match = _CLOCK.fullmatch(value)
    if match is None:
        raise UnitError(value, expected, "20:30-1")
    hours, minutes, seconds = int(match[1]), int(match[2]), int(match[3] or 0)
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > DAY_SECONDS:
        raise UnitError(value, "a time between 00:00 and 24:00", "24:00")
    offset = int(match[4] or 0)
    return ClockTime(offset + total // DAY_SECONDS, total % DAY_SECONDS)


def format_clock(clock: ClockTime) -> str:
    """Return a time as `parse_clock` reads it back: "20:30-1"; the midnight that ends the day is "24:00"."""
    if clock == ClockTime(1, 0):
        return "24:00"
    hours, rest = divmod(clock.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    text = f"{hours:02d}:{minutes:02d}" + (f":{seconds:02d}" if seconds else "")
    return text + (f"{clock.day_offset:+d}" if clock.day_offset else "")


def parse_percent(value: object) -> Decimal:
    """Return a share as an exact fraction of one: "28 %" and 0.28 are both Decimal("0.28").

    A bare number is a fraction and must lie between 0 and 1; with the sign any non-negative number goes ("150 %").

    Raises
    ------
    UnitError    not a number, negative, or a bare number above 1
    """
    expected = "a percentage or a fraction between 0 and 1"
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number, sign = Decimal(repr(value)) if isinstance(value, float) else Decimal(value), None
        if not number.is_finite():
            raise UnitError(str(value), expected, "28 %")
    else:
        match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
        if match is None or match["unit"] not in (None, "%"):
            raise UnitError(value, expected, "28 %")
        number, sign = _decimal(match["number"]), match["unit"]
    if number < 0:
        raise UnitError(str(value), "a share that isn't negative", "28 %")
    if sign:
        return _scaled(number, -2)
    if number > 1:
        raise UnitError(str(value), expected, f"{number} %")
    return number


def parse_bp(value: object) -> int:
    """Return basis points such as "5 bp" or "2.25 bp" in hundredths of a basis point (500, 225).

    Raises
    ------
    UnitError    no unit, negative, more than 10,000 bp, or finer than 0.01 bp
    """
    expected = "basis points with at most two decimals"
    if not isinstance(value, str):
        raise UnitError(value, expected, f"{value} bp" if isinstance(value, int | Decimal) else "5 bp")
    match = _QUANTITY.fullmatch(value)
    if match is None or match["unit"] != "bp":
        raise UnitError(value, expected, f"{match['number']} bp" if match and not match["unit"] else "5 bp")
    hundredths = _scaled(_decimal(match["number"]), 2)
    if not 0 <= hundredths <= 1_000_000:
        raise UnitError(value, "between 0 and 10,000 bp", "5 bp")
    if hundredths != int(hundredths):
        raise UnitError(value, expected, f"{_plain(_scaled(Decimal(round(hundredths)), -2))} bp")
    return int(hundredths)
