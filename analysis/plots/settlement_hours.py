"""Opening hours of the run's rails on one day, on the clocks of all their zones, and when they are open together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.plots import style
from analysis.plots.clock import offset_words
from analysis.plots.pick import clock_rail
from analysis.plots.sheet import NARROW_MM, Key, Sheet, open_sheet
from analysis.plots.words import WEEKDAYS, on_day, say
from analysis.tables import Tables, local_days

ROW_MM, COUNT_MM, CLOCK_MM, MOST = 5.6, 13.0, 6.5, 24
TOGETHER: Final = "#D0E1EE"
HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True)
class Hours:
    """One rail's hours within a day: pairs of microseconds UTC."""

    rail: str
    zone: ZoneInfo
    open: list[tuple[int, int]]


@style.styled
def settlement_hours(
    tables: Tables, *, language: str = "en", day: date | None = None, most: int = MOST,
    width_mm: float = style.WIDTH_MM,
) -> Figure:  # fmt: skip
    """A bar for each stretch in which a rail is open, below it how many are open, and a clock for each zone,
    those that show the same as one.

    Parameters
    ----------
    day : date     a day of the first rail's zone, from midnight to midnight; the first on which most rails open if None
    most : int     how many rails at most, those that come first in the scenario
    """
    title, span = say("hours_title", language), tables.span()
    rails = list(tables.scenario.get("rails", {})) or tables.ids("balances", "rail").used()
    if span is None or not rails:
        return style.nothing(tables, title, say("no_rails", language), language, width_mm)
    main = tables.zone(clock_rail(tables, rails))
    whole = [Hours(rail, tables.zone(rail), hours_of(tables, rail, span)) for rail in rails]
    begin = _midnight(day, main) if day is not None else busiest_day(whole, span, main)
    end = begin + 24 * HOUR_US
    found = [Hours(each.rail, each.zone, _cut(each.open, begin, end)) for each in whole]
    edges, counts = together(found, begin, end)
    clocks = _clocks_of([main, *(each.zone for each in found[:most])], begin)
    subtitle = f"{on_day(float(local_days(begin, main)), language)}{say('then', language)}"
    subtitle += _overlap_words(edges, counts, len(found), main, language)
    if len(found) > most:
        subtitle += say("then", language) + say("first_rails", language, most, len(found))
    labels = [_label(tables, each.rail, language, width_mm) for each in found[:most]]
    names = [_zone_words(zones, begin, width_mm) for zones in clocks]
    # Names of rails end close to their bars, the others leave room for what stands at the first hour.
    widths = [style.width_em(text) + 1.5 for text in labels]
    widths += [style.width_em(text) + 3.0 for text in (*names, say("rails_open", language))]
    left = max(widths) * 7 * style.POINT_MM + 2
    body = 2 + ROW_MM * len(labels) + 3 + COUNT_MM + CLOCK_MM * len(clocks) + 1
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm, _keys(language, edges, counts, len(found)))
    upper = sheet.axes(left, 2, width_mm - left - 5, ROW_MM * len(labels))
    lower = sheet.axes(left, 5 + ROW_MM * len(labels), width_mm - left - 5, COUNT_MM)
    _bars(upper, found[:most], labels, begin, clocks)
    _count(lower, edges, counts, begin, len(found), language)
    for axes in (upper, lower):
        axes.set_xlim(0, 24)
        for since, until in _all_open(edges, counts, len(found)):
            axes.axvspan((since - begin) / HOUR_US, (until - begin) / HOUR_US, color=TOGETHER, linewidth=0, zorder=0)
    _clocks(sheet, lower, dict(zip((zones[0] for zones in clocks), names)), begin, language)
    return sheet.figure


def hours_of(tables: Tables, rail: str, span: tuple[int, int]) -> list[tuple[int, int]]:
    """When a rail was open in the run; one without a calendar always is."""
    if not tables.entry("rails", rail).get("calendar"):
        return [span]
    return _joined(tables.open_hours(rail))


def busiest_day(rails: list[Hours], span: tuple[int, int], zone: ZoneInfo) -> int:
    """Midnight in ``zone`` of the first day on which most rails are open, and longest together, microseconds UTC."""
    first, last = (int(local_days(time, zone) // 1) for time in span)
    best, begin = (-1, -1), 0
    for day in range(first, last + 1):
        midnight = _midnight(date.fromordinal(date(1970, 1, 1).toordinal() + day), zone)
        cut = [_cut(rail.open, midnight, midnight + 24 * HOUR_US) for rail in rails]
        rank = sum(map(bool, cut)), sum(until - since for hours in cut for since, until in hours)
        if rank > best:
            best, begin = rank, midnight
    return begin


def together(rails: list[Hours], begin: int, end: int) -> tuple[list[int], list[int]]:
    """Instants at which the number of open rails changes, from ``begin`` to ``end``, and the number from each on."""
    edges = sorted({begin, end, *(time for rail in rails for pair in rail.open for time in pair)})
    counts = [sum(a <= edge < b for rail in rails for a, b in rail.open) for edge in edges[:-1]]
    return edges, counts


def _joined(hours: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches that touch as one: a new business day at the same instant closes nothing."""
    found: list[tuple[int, int]] = []
    for since, until in hours:
        if found and found[-1][1] == since:
            since = found.pop()[0]
        found.append((since, until))
    return found


def _cut(hours: list[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    return [(max(a, begin), min(b, end)) for a, b in hours if a < end and b > begin]


def _midnight(day: date, zone: ZoneInfo) -> int:
    from datetime import datetime

    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1_000_000


def _all_open(edges: list[int], counts: list[int], n: int) -> list[tuple[int, int]]:
    return _joined([(a, b) for a, b, count in zip(edges, edges[1:], counts) if count == n > 1])


def _overlap_words(edges: list[int], counts: list[int], n: int, zone: ZoneInfo, language: str) -> str:
    stretches = _all_open(edges, counts, n)
    if n == 1:
        return say("one_rail", language)
    if not stretches:
        return say("never_together", language, n, max(counts))
    hours = sum(b - a for a, b in stretches) / HOUR_US
    clock = say("comma", language).join(f"{_clock(a, zone)}–{_clock(b, zone)}" for a, b in stretches)
    return say("together", language, n, f"{hours:.4g}", clock, zone)


def _clock(time_us: int, zone: ZoneInfo) -> str:
    minute = round(float(local_days(time_us, zone)) % 1 * 1440)
    return f"{minute // 60:02}:{minute % 60:02}"


def _bars(axes: Axes, rails: list[Hours], labels: list[str], begin: int, clocks: list[list[ZoneInfo]]) -> None:
    for row, each in enumerate(rails):
        place = next(k for k, zones in enumerate(clocks) if each.zone in zones)
        colour = style.COLOURS[place % len(style.COLOURS)]
        spans = [((a - begin) / HOUR_US, (b - a) / HOUR_US) for a, b in each.open]
        axes.broken_barh(spans, (row + 0.18, 0.64), color=colour, linewidth=0)
    axes.set_ylim(len(rails), 0)
    axes.set_yticks(np.arange(len(rails)) + 0.5, labels)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _count(axes: Axes, edges: list[int], counts: list[int], begin: int, n: int, language: str) -> None:
    hours = (np.array(edges) - begin) / HOUR_US
    axes.stairs(counts, hours, fill=True, color=style.PALE)
    axes.stairs(counts, hours, color=style.BLACK, linewidth=0.8)
    axes.set_ylim(0, n * 1.12)
    axes.set_yticks([0, n])
    axes.tick_params(axis="x", labelbottom=False)
    axes.set_ylabel("")
    axes.annotate(
        say("rails_open", language), (0, 0.5), (-16, 0), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="center", fontsize=7,
    )  # fmt: skip
    axes.set_xticks(range(0, 25, 3))


def _clocks(sheet: Sheet, lower: Axes, zones: dict[ZoneInfo, str], begin: int, language: str) -> None:
    """A line of hours for each zone; midnight has the name of the day that begins."""
    place = lower.get_position()
    high = sheet.figure.get_size_inches()[1] / style.MM
    step = 2 if sheet.wide >= NARROW_MM else 4
    for row, (zone, words) in enumerate(zones.items()):
        colour = style.COLOURS[row % len(style.COLOURS)]
        bottom = place.y0 - (1.2 + row * CLOCK_MM) / high
        axes = sheet.figure.add_axes((place.x0, bottom, place.width, 1e-4))
        axes.set_xlim(0, 24)
        axes.set_yticks([])
        start = float(local_days(begin, zone)) * 24
        ticks = [hour for hour in range(int(np.ceil(start - 1e-9)), int(start + 24 + 1e-9) + 1) if hour % step == 0]
        names = [WEEKDAYS[language][(hour // 24 + 3) % 7] if hour % 24 == 0 else f"{hour % 24:02}" for hour in ticks]
        axes.set_xticks([hour - start for hour in ticks], names)
        axes.tick_params(axis="x", length=2.5, pad=1.5, labelcolor=colour, color=colour)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.annotate(
            words, (0, 0), (-14, -5), xycoords="axes fraction", textcoords="offset points", ha="right", va="top",
            fontsize=7, color=colour,
        )  # fmt: skip


def _clocks_of(zones: list[ZoneInfo], begin: int) -> list[list[ZoneInfo]]:
    """Zones whose clocks show the same on that day, together."""
    found: dict[tuple[float, float], list[ZoneInfo]] = {}
    for zone in dict.fromkeys(zones):
        found.setdefault((local_days(begin, zone), local_days(begin + 24 * HOUR_US, zone)), []).append(zone)
    return list(found.values())


def _zone_words(zones: list[ZoneInfo], time_us: int, width_mm: float) -> str:
    """The names of zones on one line of hours, as far as there is room, and their offset."""
    cities = [str(zone).rsplit("/", 1)[-1].replace("_", " ") for zone in zones]
    room = 1 if width_mm < NARROW_MM else 2
    words = ", ".join(cities[:room]) + (f" +{len(cities) - room}" if len(cities) > room else "")
    offset = offset_words(zones[0], time_us)
    return words if width_mm < NARROW_MM or words == offset else f"{words} {offset}"


def _keys(language: str, edges: list[int], counts: list[int], n: int) -> list[Key]:
    if not _all_open(edges, counts, n):
        return []
    return [Patch(facecolor=TOGETHER, edgecolor=style.PALE, linewidth=0.5, label=say("all_open", language))]


def _label(tables: Tables, rail: str, language: str, width_mm: float) -> str:
    label = tables.label("rails", rail, language)
    fits = style.width_em(label) * 7 * style.POINT_MM <= width_mm * 0.32
    return style.drawable(label if fits else rail, rail)
