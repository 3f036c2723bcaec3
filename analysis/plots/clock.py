"""Axes of time: the wall clock of a rail with hours or days, and elapsed time on a logarithmic scale."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from analysis.plots.style import MM, PALE, POINT_MM, SHADE, WIDTH_MM, width_em, wrapped
from analysis.plots.words import MONTHS, WEEKDAYS, duration, from_to, say
from analysis.tables import Tables, local_days

BEYOND_MM: Final = 2.5
"""How far the name of a day may stand out at the right end of an axis: no figure has less room there."""

# Elapsed times worth a tick, in seconds.
MARKS: Final = (
    1, 10, 60, 600, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400,
)  # fmt: skip


def clock_axis(axes: Axes, first: float, last: float, language: str, most_hours: int, most_days: int) -> None:
    """Ticks of local time from day number ``first`` to ``last``: hours within two days, beyond that days."""
    axes.set_xlim(first, last)
    if last - first <= 2:
        hours = (last - first) * 24
        step = next((step for step in (0.25, 0.5, 1, 2, 3, 4, 6, 12, 24) if hours / step <= most_hours), 24)
        ticks = np.arange(math.ceil(first * 24 / step - 1e-9), math.floor(last * 24 / step + 1e-9) + 1) * step / 24
        minutes = [round(tick * 1440) % 1440 for tick in ticks]
        axes.set_xticks(ticks, [f"{minute // 60:02}:{minute % 60:02}" for minute in minutes])
        return
    midnights = range(math.ceil(first), math.floor(last) + 1)
    axes.xaxis.set_major_locator(FixedLocator(list(midnights)))
    axes.xaxis.set_major_formatter(NullFormatter())
    for midnight in midnights:
        axes.axvline(midnight, color=PALE, linewidth=0.5, zorder=0.5)
    # A day is named at its noon; of many days, some.
    days = [day for day in range(math.floor(first), math.ceil(last)) if first <= day + 0.5 <= last]
    per_day = _wide_mm(axes) / (last - first)
    every = max(1, math.ceil(len(days) / most_days))
    while any(_day_mm(day, language, every > 1, 0.8) > every * per_day for day in days[::every]):
        every += 1
    named = [
        day
        for day in days[::every]
        if _day_mm(day, language, every > 1) / 2 <= (last - day - 0.5) * per_day + BEYOND_MM
    ]
    axes.set_xticks([day + 0.5 for day in named], [_day(day, language, every > 1) for day in named], minor=True)
    axes.tick_params(axis="x", which="minor", length=0)


def _day(day: int, language: str, dated: bool) -> str:
    date = datetime(1970, 1, 1) + timedelta(days=day)
    if not dated:
        return WEEKDAYS[language][date.weekday()]
    return f"{date.month}月{date.day}日" if language == "zh" else f"{date.day} {MONTHS[date.month - 1][:3]}"


def _day_mm(day: int, language: str, dated: bool, space_em: float = 0.0) -> float:
    return (width_em(_day(day, language, dated)) + space_em) * 7 * POINT_MM


def clock_words(
    zone: ZoneInfo, start_us: int, first: float, last: float, language: str, width_mm: float = WIDTH_MM
) -> str:
    """What stands under an axis of local time: zone, its offset, the days; in lines that fit a figure of this width."""
    days = from_to(first, last, language)
    if str(zone) == "UTC":
        words = say("clock_utc", language, days)
    else:
        words = say("clock", language, zone, offset_words(zone, start_us), days)
    return wrapped(words, (width_mm - 24) / (8 * POINT_MM))


def offset_words(zone: ZoneInfo, time_us: int) -> str:
    """A zone's offset at an instant: "UTC+08:00"."""
    if str(zone) == "UTC":
        return "UTC"
    shift = round((float(local_days(time_us, zone)) - time_us / 86_400e6) * 1440)
    return f"UTC{'+' if shift >= 0 else '−'}{abs(shift) // 60:02}:{abs(shift) % 60:02}"


def instant_words(days: float, language: str) -> str:
    """An instant as people write it, to the minute: "Mon 2 March 09:15"."""
    minute = round(days * 1440)
    date = datetime(1970, 1, 1) + timedelta(minutes=minute)
    day = f"{date.month}月{date.day}日" if language == "zh" else f"{date.day} {MONTHS[date.month - 1]}"
    weekday = WEEKDAYS[language][date.weekday()]
    return f"{day}（{weekday}）{date:%H:%M}" if language == "zh" else f"{weekday} {day} {date:%H:%M}"


def window_of(
    tables: Tables, rail: str, span: tuple[int, int], zone: ZoneInfo, until_us: int | None = None
) -> tuple[float, float]:
    """What an axis shows, as day numbers: the whole run, or within two days a rail's hours and half an hour around.

    ``until_us`` is the last thing to be seen, if that is later than the rail's last closing.
    """
    first, last = float(local_days(span[0], zone)), float(local_days(span[1], zone))
    hours = tables.open_hours(rail)
    if last - first <= 2 and hours:
        first = max(first, float(local_days(hours[0][0], zone)) - 1 / 48)
        last = min(last, float(local_days(max(hours[-1][1], until_us or 0), zone)) + 1 / 48)
    return (first, last) if last > first else (first - 1 / 48, first + 1 / 48)


def shade(axes: Axes, hours: list[tuple[float, float]]) -> None:
    """Colour the stretches of time in which a rail is open."""
    for opened, closed in hours:
        axes.axvspan(opened, closed, color=SHADE, linewidth=0, zorder=0)


def elapsed_axis(axes: Axes, least: float, most: float, language: str, faster: bool) -> None:
    """A logarithmic axis of seconds with marks people use; ``faster`` if the left edge stands for less as well."""
    axes.set_xscale("log")
    axes.set_xlim(least, most)
    marks = [mark for mark in MARKS if least <= mark <= most]
    words = [duration(mark, language) for mark in marks]
    if faster and marks and marks[0] == least:
        words[0] = f"≤ {words[0]}"
    # On a narrow axis every mark is a tick, but not each is named: an hour first, then from left to right.
    wide_mm = _wide_mm(axes)
    places = [math.log(mark / least) / math.log(most / least) * wide_mm for mark in marks]
    halves = [(width_em(word) + 0.6) * 7 * POINT_MM / 2 for word in words]
    named: list[int] = []
    for k in sorted(range(len(marks)), key=lambda k: (marks[k] != 3_600, k)):
        if all(abs(places[k] - places[other]) >= halves[k] + halves[other] for other in named):
            named.append(k)
    axes.set_xticks(marks, [word if k in named else "" for k, word in enumerate(words)])
    axes.xaxis.set_minor_locator(NullLocator())


def _wide_mm(axes: Axes) -> float:
    figure = axes.get_figure(root=True)
    assert figure is not None
    return float(axes.get_position().width * figure.get_size_inches()[0] / MM)
