"""Measured values as people read them, beside the exact number that a cell keeps."""

from __future__ import annotations

from fractions import Fraction

from analysis.measure_list import MEASURES
from analysis.measures import Cell as Measured
from analysis.report.table import Cell
from analysis.report.words import say
from fx.currency import exponent, is_currency

_TIMES = {"en": ("s", "min", "h", "d"), "zh": ("秒", "分钟", "小时", "天")}


def shown(found: Measured | None, language: str) -> Cell:
    """A measured value as a cell; an en dash where it isn't measured, or isn't defined.

    Amounts are in major units with all their digits, shares in per cent, times in the unit that suits each; what is
    rounded is so for the eye only, as ``Cell.value`` is exact.
    """
    if found is None:
        return Cell("–", number=True)
    if found.value is None:
        return Cell("–", number=True, title=say("undefined", language))
    return Cell(text(found.value, MEASURES[found.measure].unit, found.currency, language), value=exact(found.value),
                number=True)  # fmt: skip


def exact(value: int | Fraction) -> str:
    """A number without loss: ``12`` or ``1/3``."""
    return str(value)


def text(value: int | Fraction, unit: str, currency: str, language: str) -> str:
    """A value of a unit of :data:`MEASURES` in words."""
    if unit == "share":
        return percent(value)
    if unit == "seconds":
        return time(value, language)
    if unit == "basis points":
        return f"{float(value):,.1f} " + ("bp" if language == "en" else "基点")
    if unit == "minor units":
        return amount(value, currency)
    if unit == "minor units × seconds":
        hours = Fraction(value) / (3600 * 10 ** _places(currency))
        return f"{round(hours):,} " + ("h" if language == "en" else "小时")
    return f"{value:,}" if isinstance(value, int) else f"{float(value):,.2f}"


def percent(value: int | Fraction) -> str:
    """A share in per cent, two decimals; 100 % is kept for all, 0 % for none."""
    hundredths = round(Fraction(value) * 10_000)
    if hundredths == 10_000 and value < 1:
        return "> 99.99 %"
    if hundredths == 0 and value > 0:
        return "< 0.01 %"
    return f"{hundredths // 100} %" if value in (0, 1) else f"{hundredths / 100:.2f} %"


def amount(value: int | Fraction, currency: str) -> str:
    """Minor units as major units, all digits."""
    minor = round(value)
    places = _places(currency)
    whole, rest = divmod(abs(minor), 10**places)
    return ("−" if minor < 0 else "") + (f"{whole:,}.{rest:0{places}d}" if places else f"{whole:,}")


def _places(currency: str) -> int:
    return exponent(currency) if is_currency(currency) else 0


def time(seconds: int | Fraction, language: str) -> str:
    """A length of time with about three digits, in the largest unit of which there are two."""
    for size, unit in zip((86_400, 3_600, 60), reversed(_TIMES[language])):
        if seconds >= 2 * size:
            return f"{float(seconds / size):,.1f} {unit}"
    return f"{float(seconds):.1f} {_TIMES[language][0]}" if seconds else f"0 {_TIMES[language][0]}"
