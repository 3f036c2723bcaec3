"""Phrases, days and lengths of time as pictures say them, in English and Chinese."""

from __future__ import annotations

from typing import Final

from analysis.plots.phrases import PHRASES

WEEKDAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
LANGUAGES: Final = tuple(WEEKDAYS)


def say(key: str, language: str, *values: object) -> str:
    """A phrase in a language, with values put in."""
    return PHRASES[key][LANGUAGES.index(language)].format(*values)


def said() -> str:
    """Every character that pictures use by themselves."""
    parts = [text for pair in PHRASES.values() for text in pair]
    return "".join([*parts, *WEEKDAYS["en"], *WEEKDAYS["zh"], *MONTHS, "年月日至小时分钟秒天周万亿"])


def on_day(days: float, language: str) -> str:
    """A day as people write it: "Mon 2 March 2026"."""
    import datetime as dt

    day = dt.date(1970, 1, 1) + dt.timedelta(days=int(days // 1))
    weekday = WEEKDAYS[language][day.weekday()]
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日（{weekday}）"
    return f"{weekday} {day.day} {MONTHS[day.month - 1]} {day.year}"


def from_to(first: float, last: float, language: str) -> str:
    """The days a picture covers; ``last`` is the end, so that a midnight belongs to the day before."""
    last = max(first, last - 1e-6)
    if first // 1 == last // 1:
        return on_day(first, language)
    return f"{on_day(first, language)}{' to ' if language == 'en' else '至'}{on_day(last, language)}"


def duration(seconds: float, language: str) -> str:
    """A length of time in its largest whole unit: "15 min", "1 h", "2 d"."""
    units = {"en": ("s", "min", "h", "d"), "zh": ("秒", "分钟", "小时", "天")}[language]
    for size, unit in zip((86_400, 3_600, 60), reversed(units)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} {units[0]}"
