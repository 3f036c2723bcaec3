"""The liquidity-delay frontier: what runs of the same payments needed in liquidity, and how late they settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.measures import cells
from analysis.plots import style
from analysis.plots.sheet import NARROW_MM, Key, amount_axis, axis_mm, open_sheet, panel_mm
from analysis.plots.words import say
from analysis.tables import Tables
from simcore.errors import ScenarioError

PANEL_MM, LEFT_MM, LIST_MM, LINE_MM, HEAD_MM, GAP_MM = 46.0, 16.0, 58.0, 3.6, 5.0, 5.0
MOST: Final = 12
CURRENCIES: Final = 4
LARGE: Final = 5_000_000
"""Most obligations of a run for which bounds are worked out."""
_ASKED: Final = ("delay_indicator", "submitted_count", "submitted_value")
_BOUNDS: Final = ("liquidity_for_payments", "liquidity_lower_bound", "liquidity_upper_bound")


@dataclass(frozen=True)
class Point:
    """A run in one currency: amounts in minor units, ``delay`` the delay indicator, 0 to 1."""

    name: str
    digest: str
    used: int
    lower: int
    upper: int
    delay: float
    count: int = 0
    """Payments submitted."""


@style.styled
def liquidity_delay(
    tables: Tables | Sequence[Tables], *, names: Sequence[str] | None = None, language: str = "en", most: int = MOST,
    width_mm: float = style.WIDTH_MM,
) -> Figure:  # fmt: skip
    """One point per run and one panel per currency in which payments were sent, with the frontier through the best.

    The thin line through a point runs from the lower to the upper bound of liquidity for what settled in that run
    (:mod:`analysis.bounds`). A run is on the frontier if none needed less liquidity and had less delay. Bounds take 60
    bytes for each obligation, so beyond five million of them in a run there are none, and liquidity is that of all
    movements, the measure ``liquidity_used``; the figure says so.

    Parameters
    ----------
    tables          runs of the same payments
    names           what to call them; the names of their directories if None
    most : int      how many runs at most are named, those on the frontier first; the others are dots;
                    at most four currencies, those with most payments

    Raises
    ------
    ScenarioError   LH088: two runs had different payments to make
    """
    runs = [tables] if isinstance(tables, Tables) else list(tables)
    called = [run.path.name for run in runs] if names is None else list(names)
    title = say("frontier_title", language)
    bounded = all(run.rows("obligations") <= LARGE for run in runs)
    every = points_of(runs, called, bounded)
    found = dict(sorted(every.items(), key=lambda each: -each[1][0].count)[:CURRENCIES])
    if not found:
        return style.nothing(runs, title, say("no_payments", language), language, width_mm)
    narrow = width_mm < NARROW_MM
    subtitle = say("frontier_subtitle", language, len(runs)) if len(runs) > 1 else say("frontier_one", language)
    if not bounded:
        subtitle += say("then", language) + say("no_bounds", language)
    if len(found) < len(every):
        subtitle += say("then", language) + say("some_currencies", language, len(found), len(every))
    lines = min(len(runs), most + 1)
    below_mm = LINE_MM * lines + 3.5 if narrow else 0.0
    axis = axis_mm("")
    high_mm = max(panel_mm(PANEL_MM, len(found)), 0.0 if narrow else LINE_MM * lines)
    body = len(found) * (HEAD_MM + high_mm + axis + below_mm) + GAP_MM * (len(found) - 1)
    sheet = open_sheet(runs, title, subtitle, body, language, width_mm, _keys(language, len(runs), bounded))
    high, place = sheet.figure.get_size_inches()[1] / style.MM, 0.0
    for currency, points in found.items():
        unit, unit_name = style.scale(max(point.upper for point in points) or 1, currency, language)
        wide = width_mm - LEFT_MM - (4 if narrow else LIST_MM)
        axes = sheet.axes(LEFT_MM, place + HEAD_MM, wide, high_mm)
        best = frontier(points)
        order = sorted(range(len(points)), key=lambda k: (points[k].used, points[k].delay, k))
        ranked = [k for k in order if k in best] + [k for k in order if k not in best]
        shown = sorted(ranked[:most], key=order.index)
        _draw(axes, points, best, {k: str(n) for n, k in enumerate(shown, start=1)}, unit)
        axes.set_ylabel(say("delay_axis", language))
        axes.set_xlabel(say("liquidity_axis" if bounded else "liquidity_all", language, unit_name), loc="left")
        head = say("sent_in_currency", language, currency)
        sheet.figure.text(2 / width_mm, 1 - (sheet.top + place) / high, head, fontsize=8, va="top")
        texts = [_line(n, points[k], unit, width_mm) for n, k in enumerate(shown, start=1)]
        if len(points) > len(shown):
            texts.append(say("more_runs", language, len(points) - len(shown)))
        x = 4.0 if narrow else width_mm - LIST_MM + 5
        y = place + HEAD_MM + (high_mm + axis + 2 if narrow else 0)
        for n, text in enumerate(texts):
            sheet.figure.text(x / width_mm, 1 - (sheet.top + y + n * LINE_MM) / high, text, fontsize=7, va="top")
        place += HEAD_MM + high_mm + axis + below_mm + GAP_MM
    return sheet.figure


def points_of(runs: Sequence[Tables], names: Sequence[str], bounded: bool = True) -> dict[str, list[Point]]:
    """Liquidity, its bounds and delay of runs, by currency of what was sent; if not bounded, all what was used."""
    needed = _BOUNDS if bounded else ("liquidity_used",) * 3
    found: dict[str, list[Point]] = {}
    first: dict[tuple[str, str], object] = {}
    for position, (run, name) in enumerate(zip(runs, names, strict=True)):
        asked = {(cell.measure, cell.currency): cell.value for cell in cells(run, _ASKED)}
        needs = {(cell.measure, cell.currency): cell.value for cell in cells(run, tuple(dict.fromkeys(needed)))}
        demand = {key: value for key, value in asked.items() if key[0].startswith("submitted")}
        first = first if position else dict(demand)
        if demand != first:
            raise ScenarioError.one(
                "LH088", name, got="other payments, by number or value", expected=f"the payments of {names[0]}",
                try_="run both with the same --seed, flows and days",
            )  # fmt: skip
        for (measure, currency), delay in asked.items():
            if measure == "delay_indicator" and delay is not None:
                count = asked["submitted_count", currency]
                used, lower, upper = (int(needs.get((each, currency)) or 0) for each in needed)
                point = Point(name, run.digest[:6], used, lower, upper, float(delay), int(count or 0))
                found.setdefault(currency, []).append(point)
    return found


def frontier(points: Sequence[Point]) -> list[int]:
    """Positions of the runs that no other betters, by liquidity; of equal ones, the first."""
    best: list[int] = []
    for k in sorted(range(len(points)), key=lambda k: (points[k].used, points[k].delay, k)):
        if not best or points[k].delay < points[best[-1]].delay:
            best.append(k)
    return best


def _draw(axes: Axes, points: Sequence[Point], best: list[int], numbers: dict[int, str], unit: float) -> None:
    for point in points if any(point.lower < point.upper for point in points) else ():
        axes.plot([point.lower / unit, point.upper / unit], [point.delay * 100] * 2, color=style.SKY, linewidth=0.8,
                  marker="|", markersize=5, markeredgewidth=0.8, zorder=1)  # fmt: skip
    if len(best) > 1:
        x, y = (
            [value[k] for k in best] for value in ([p.used / unit for p in points], [p.delay * 100 for p in points])
        )
        axes.plot(x, y, color=style.VERMILLION, linewidth=1.0, drawstyle="steps-post", zorder=2)
    for k, point in enumerate(points):
        on = k in best
        axes.plot(
            point.used / unit, point.delay * 100, marker="o" if on else "s", markersize=7.5 if k in numbers else 3,
            markerfacecolor=style.VERMILLION if on else style.GREY, markeredgecolor="white", markeredgewidth=0.5,
            linestyle="", zorder=3,
        )  # fmt: skip
    top = max(point.delay for point in points) * 100
    axes.set_ylim(-0.05 * (top or 1), (top or 1) * 1.15)
    axes.margins(x=0.05)
    amount_axis(axes)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    _numbers(axes, points, numbers, unit)


def _numbers(axes: Axes, points: Sequence[Point], numbers: dict[int, str], unit: float) -> None:
    """The number of each run above its point, or where another's stands there, at a side or below."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    to_px = axes.transData.transform
    taken: list[tuple[float, float]] = []
    scale = figure.dpi / 72
    spots = to_px([(point.used / unit, point.delay * 100) for point in points])
    every = [(float(x), float(y)) for x, y in spots]
    for k, number in numbers.items():
        x, y = every[k]
        for shift in ((0, 8), (8, 0), (-8, 0), (0, -8), (8, 8), (-8, 8), (8, -8), (-8, -8), (0, 16), (16, 0)):
            spot = x + shift[0] * scale, y + shift[1] * scale
            near = [*taken, *(place for j, place in enumerate(every) if j != k)]
            if all(np.hypot(spot[0] - a, spot[1] - b) > 7.5 * scale for a, b in near):
                break
        taken.append(spot)
        axes.annotate(number, (points[k].used / unit, points[k].delay * 100), shift, textcoords="offset points",
                      ha="center", va="center", fontsize=7, zorder=4)  # fmt: skip


def _line(n: int, point: Point, unit: float, width_mm: float) -> str:
    room = (width_mm - 8 if width_mm < NARROW_MM else LIST_MM - 7) / style.POINT_MM
    tail = f": {style.number(point.used / unit)}; {point.delay * 100:.2f} % ({point.digest})"
    name = style.drawable(point.name, point.name)
    while _points(f"{n} {name}{tail}") > room and len(name) > 4:
        name = f"…{name.lstrip('…')[1:]}"
    return f"{n} {name}{tail}"


def _points(text: str) -> float:
    """How wide a text of 7 points is at most, hinted; reckoned where it isn't Latin."""
    if style.chinese(text):
        return 7 * style.width_em(text)
    return 1.08 * float(TextPath((0, 0), text, size=7).get_extents().width)


def _keys(language: str, runs: int, bounded: bool) -> list[Key]:
    def dot(colour: str, marker: str, text: str) -> Line2D:
        return Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=say(text, language))

    bounds = Line2D([], [], color=style.SKY, linewidth=0.8, marker="|", markersize=5, label=say("bounds", language))
    if runs == 1:
        return [bounds] * bounded
    line = Line2D([], [], color=style.VERMILLION, linewidth=1, marker="o", markersize=5, label=say("best", language))
    return [line, dot(style.GREY, "s", "not_best"), *[bounds] * bounded]
