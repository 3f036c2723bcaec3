"""Exchange rates over the run: the mid rate of each pair, and what each dealer pays and asks around it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.plots import style
from analysis.plots.clock import clock_axis, clock_words
from analysis.plots.phrases import PHRASES
from analysis.plots.pick import clock_rail
from analysis.plots.sheet import NARROW_MM, axis_mm, label_mm, open_sheet
from analysis.plots.words import say
from analysis.tables import Tables, local_days

PANEL_MM, LEFT_MM, GAP_MM, MOST, DEALERS, POINTS = 30.0, 18.0, 8.0, 6, 4, 2000
PARTS: Final = 1e6
"""A hundredth of a basis point."""


@dataclass(frozen=True)
class Quotes:
    """Quotes of one dealer for a pair, in the order they came into force; arrays (n_quote,)."""

    time_us: NDArray[np.int64]
    mid: NDArray[np.float64]
    half_spread: NDArray[np.float64]
    """As a share of one."""


@dataclass
class Pair:
    """``target`` for one of ``source``, by dealer."""

    source: str
    target: str
    dealers: dict[str, Quotes] = field(default_factory=dict)


@style.styled
def fx_path(
    tables: Tables, *, language: str = "en", pairs: list[str] | None = None, most: int = MOST,
    width_mm: float = style.WIDTH_MM,
) -> Figure:  # fmt: skip
    """Mid rates as steps, one panel per pair; the bands are a dealer's buying and selling rate, half a spread each way.

    Parameters
    ----------
    pairs : names      such as "USD/CNY", CNY for one USD; those of the scenario if None
    most : int         how many pairs at most when ``pairs`` is None
    """
    title = say("fx_title", language)
    found, origins, count = pairs_of(tables)
    chosen = [name for name in (found if pairs is None else pairs) if name in found]
    shown = chosen[:most] if pairs is None else chosen
    if not shown:
        return style.nothing(tables, title, say("no_quotes", language), language, width_mm)
    times = np.concatenate([quotes.time_us for name in shown for quotes in found[name].dealers.values()])
    span = tables.span() or (int(times.min()), int(times.max()))
    zone = tables.zone(clock_rail(tables, tables.scenario.get("rails", {})))
    first, last = (float(local_days(time, zone)) for time in span)
    last = last if last > first else first + 1 / 48
    below = clock_words(zone, span[0], first, last, language, width_mm)
    subtitle = say("fx_subtitle", language, f"{count:,}", _origins(origins, language))
    if len(shown) < len(chosen):
        subtitle += say("then", language) + say("some_pairs", language, len(shown), len(chosen))
    texts = [_words(tables, found[name], language, width_mm) for name in shown]
    heights = [max(PANEL_MM, label_mm(text)) for text in texts]
    body = 2 + sum(heights) + GAP_MM * (len(shown) - 1) + axis_mm(below)
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm)
    right = 24.0 if width_mm < NARROW_MM else 40.0
    place = 2.0
    for name, words, height in zip(shown, texts, heights):
        axes = sheet.axes(LEFT_MM, place, width_mm - LEFT_MM - right, height)
        place += height + GAP_MM
        units = units_of(found[name])
        _draw(axes, found[name], units, span, zone)
        clock_axis(axes, first, last, language, most_hours=round(width_mm / 17), most_days=round(width_mm / 14))
        axes.set_ylabel(say("per", language, found[name].target, _many(units, found[name].source)))
        axes.annotate(words, (1.02, 1), xycoords="axes fraction", ha="left", va="top", fontsize=7, linespacing=1.25)
    axes.set_xlabel(below, loc="left")
    return sheet.figure


def pairs_of(tables: Tables) -> tuple[dict[str, Pair], list[str], int]:
    """Quotes by pair, the pair written as the scenario does; where rates come from; the number of quotes."""
    words = {name: Words() for name in ("dealer", "source", "target", "origin")}
    parts: dict[str, list[Any]] = defaultdict(list)
    for batch in batches(
        tables, "fx", ("time", "dealer", "source", "target", "mid_rate", "half_spread_bp_e2", "origin")
    ):
        for name in ("dealer", "source", "target"):
            parts[name].append(words[name].codes(batch[name]))
        parts["origin"].append(words["origin"].codes(batch["origin"].dictionary_encode()))
        parts["mid"].append(batch["mid_rate"].cast("float64").to_numpy(zero_copy_only=False))
        for name in ("time", "half_spread_bp_e2"):
            parts[name].append(numbers(batch[name]))
    if not parts:
        return {}, [], 0
    read = {name: np.concatenate(columns) for name, columns in parts.items()}
    named = [name for name in tables.scenario.get("fx", {}).get("pairs", {}) if name.count("/") == 1]
    found: dict[str, Pair] = {name: Pair(*name.split("/")) for name in named}
    key = (read["dealer"] << 20 | read["source"]) << 20 | read["target"]
    for row in np.sort(np.unique(key, return_index=True)[1]).tolist():
        dealer, source, target = (words[name].words[int(read[name][row])] for name in ("dealer", "source", "target"))
        # A quote for the way back has the same mid rate, turned over.
        if f"{target}/{source}" not in found:
            mine = key == key[row]
            half = read["half_spread_bp_e2"][mine] / PARTS
            pair = found.setdefault(f"{source}/{target}", Pair(source, target))
            pair.dealers[dealer] = Quotes(read["time"][mine], read["mid"][mine], half)
    origins = [words["origin"].words[code] for code in np.unique(read["origin"])]
    return {name: pair for name, pair in found.items() if pair.dealers}, origins, key.size


def units_of(pair: Pair) -> int:
    """For how many units of the source an axis shows the rate, so that it has no more than two zeros in front."""
    least, units = min(float(quotes.mid.min()) for quotes in pair.dealers.values()), 1
    while 0 < least * units < 0.01:
        units *= 1000
    return units


def _many(units: int, currency: str) -> str:
    return currency if units == 1 else f"{units:,} {currency}"


def _draw(axes: Axes, pair: Pair, units: int, span: tuple[int, int], zone: ZoneInfo) -> None:
    widest = sorted(pair.dealers.values(), key=lambda quotes: -float(quotes.half_spread.max()))
    for k, quotes in enumerate(widest):
        days, mid, half = _steps(quotes, span)
        shade = style.SKY if k % 2 == 0 else style.BLUE
        low, high = units * mid * (1 - half), units * mid / (1 - half)
        axes.fill_between(local_days(days, zone), low, high, step="post", color=shade, alpha=0.35, linewidth=0)
    days, mid, _ = _steps(widest[0], span)
    width = 1.1 if days.size <= 200 else 0.6  # a line that moves all the time would hide its band
    axes.plot(local_days(days, zone), units * mid, color=style.BLACK, drawstyle="steps-post", linewidth=width)
    axes.margins(y=0.15)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))


def _steps(quotes: Quotes, span: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Instants, mid rates and half spreads, from the run's begin to its end; of very many, those at 2,000 instants."""
    first = max(0, int(np.searchsorted(quotes.time_us, span[0], side="right")) - 1)
    row = np.arange(first, quotes.time_us.size)
    if row.size > POINTS:
        at = np.linspace(max(span[0], int(quotes.time_us[first])), span[1], POINTS)
        row = np.unique(np.searchsorted(quotes.time_us, at, side="right") - 1)
    time = np.append(np.maximum(quotes.time_us[row], span[0]), max(span[1], int(quotes.time_us[-1])))
    row = np.append(row, row[-1])
    return time, quotes.mid[row], quotes.half_spread[row]


def _origins(origins: list[str], language: str) -> str:
    names = [say(f"origin_{origin}", language) if f"origin_{origin}" in PHRASES else origin for origin in origins]
    return say("comma", language).join(style.drawable(name, name) for name in names)


def _words(tables: Tables, pair: Pair, language: str, width_mm: float) -> str:
    """The last mid rate, for as many units as on the axis, and each dealer's half spread."""
    last = max(pair.dealers.values(), key=lambda quotes: quotes.time_us[-1])
    lines = [say("mid_last", language, f"{units_of(pair) * last.mid[-1]:.6g}")]
    for dealer, quotes in list(pair.dealers.items())[:DEALERS]:
        name = tables.label("participants", dealer, language)
        fits = style.width_em(name) * 7 * style.POINT_MM <= (0 if width_mm < NARROW_MM else 26)
        bp = sorted({round(half * 1e4, 2) for half in quotes.half_spread})
        words = f"{bp[0]:g}" if len(bp) == 1 else f"{bp[0]:g}–{bp[-1]:g}"
        lines.append(say("spread_of", language, style.drawable(name if fits else dealer, dealer), words))
    if len(pair.dealers) > DEALERS:
        lines.append(say("more_dealers", language, len(pair.dealers) - DEALERS))
    return "\n".join(lines)
