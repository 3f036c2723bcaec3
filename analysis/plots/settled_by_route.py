"""Cumulative settled value by route over the run, and the share of payments settled within a time."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.plots import style
from analysis.plots.clock import clock_axis, clock_words, elapsed_axis, window_of
from analysis.plots.sheet import NARROW_MM, amount_axis, axis_mm, end_labels, labels_mm, open_sheet
from analysis.plots.words import say
from analysis.tables import NULL, Tables, local_days

PANEL_MM, LEFT_MM, GAP_MM = 42.0, 16.0, 8.0
POINTS = 600
LEAST_SECONDS = 1.0
G20_SECONDS, G20_SHARE = 3600.0, 75.0
"""At least 75 % of payments within one hour of initiation by end-2027: FSB, Targets for Addressing the Four Challenges
of Cross-Border Payments, 2021, https://www.fsb.org/2021/10/targets-for-addressing-the-four-challenges-of-cross-border-payments-final-report/"""


@dataclass(frozen=True)
class Route:
    """The payments of one route in one currency; arrays (n_settled,), in the order of settlement."""

    name: str
    currency: str
    colour: str
    count: int
    """All payments, also those that never settled."""
    time_us: NDArray[np.int64]
    amount: NDArray[np.int64]
    elapsed_us: NDArray[np.int64]


@style.styled
def settled_by_route(
    tables: Tables, *, language: str = "en", most: int = 7, width_mm: float = style.WIDTH_MM
) -> Figure:
    """Above, the value sent of payments settled so far, one line per route and one panel per currency sent; below, the
    share of all payments of a route that settled within a time after initiation.

    ``most`` is how many routes at most, those with the most payments.
    """
    title = say("route_title", language)
    if not tables.rows("payments"):
        return style.nothing(tables, title, say("no_payments", language), language, width_mm)
    routes, total = routes_of(tables, most)
    settled = tables.ids("payments", "status")
    count = int(_is_settled(tables).sum())
    if not any(route.time_us.size for route in routes):
        text = say("none_settled", language, f"{settled.codes.size:,}")
        return style.nothing(tables, title, text, language, width_mm)
    currencies = list(dict.fromkeys(route.currency for route in routes))
    groups = [[route for route in routes if route.currency == currency] for currency in currencies]
    label_mm = 46.0 if width_mm > NARROW_MM else 27.0
    rows = [_value_labels(tables, group, language, label_mm) for group in groups]
    rows.append([f"{_name(tables, route, language, label_mm)}\n{_share(route, language)}" for route in routes])
    heights = [max(PANEL_MM, labels_mm(texts)) for texts in rows]
    span = tables.span() or (0, 1)
    rail = _first_rail(tables, routes)
    zone = tables.zone(rail)
    ends = [int(route.time_us[-1]) for route in routes if route.time_us.size]
    first, last = window_of(tables, rail, span, zone, max(ends))
    below = clock_words(zone, span[0], first, last, language, width_mm)
    subtitle = say("route_subtitle", language, f"{settled.codes.size:,}", f"{count:,}")
    shown = len({route.name for route in routes})
    if shown < total:
        subtitle += say("then", language) + say("some_routes", language, shown, total)
    body = 2 + sum(heights) + GAP_MM * (len(groups) - 1) + axis_mm(below) + 8 + 12
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm)
    panels, place = [], 2.0
    for position, height in enumerate(heights):
        panels.append(sheet.axes(LEFT_MM, place, width_mm - LEFT_MM - label_mm, height))
        place += height + (GAP_MM if position < len(groups) - 1 else axis_mm(below) + 8)
    for axes, group, texts in zip(panels, groups, rows):
        _value(axes, group, texts, (first, last), zone, span, language)
        clock_axis(axes, first, last, language, most_hours=round(width_mm / 17), most_days=round(width_mm / 14))
    panels[len(groups) - 1].set_xlabel(below, loc="left")
    _speed(panels[-1], routes, rows[-1], language, label_mm)
    sheet.figure.align_ylabels()
    return sheet.figure


def _is_settled(tables: Tables) -> NDArray[np.bool_]:
    status = tables.ids("payments", "status")
    good = np.array([word.startswith("SETTLED") for word in status.words], np.bool_)
    return good[status.codes] & (tables.numbers("payments", "completed_at") != NULL)


def routes_of(tables: Tables, most: int) -> tuple[list[Route], int]:
    """The routes with the most payments, in the order of the scenario, and how many there are."""
    names, currencies = tables.ids("payments", "route"), tables.ids("payments", "currency_sent")
    sent, completed, initiated = (
        tables.numbers("payments", column) for column in ("amount_sent_minor", "completed_at", "initiated_at")
    )
    good = _is_settled(tables)
    counts = np.bincount(names.codes, minlength=len(names.words))
    used = [code for code in range(counts.size) if counts[code]]
    kept = sorted(sorted(used, key=lambda code: -counts[code])[:most])
    found = []
    for position, code in enumerate(kept):
        for currency in range(len(currencies.words)):
            mine = (names.codes == code) & (currencies.codes == currency)
            if not mine.any():
                continue
            rows = np.flatnonzero(mine & good)
            rows = rows[np.argsort(completed[rows], kind="stable")]
            found.append(
                Route(
                    name=names.words[code], currency=currencies.words[currency],
                    colour=style.COLOURS[position % len(style.COLOURS)], count=int(mine.sum()),
                    time_us=completed[rows], amount=sent[rows], elapsed_us=completed[rows] - initiated[rows],
                )
            )  # fmt: skip
    return found, len(used)


def _first_rail(tables: Tables, routes: list[Route]) -> str:
    """The rail on which payments of the first route begin; its clock is the picture's."""
    hops = tables.entry("routes", routes[0].name).get("hops") or [{}]
    rail = str(hops[0].get("rail", ""))
    if rail:
        return rail
    used = tables.ids("balances", "rail").used()
    return used[0] if used else ""


def _total(route: Route) -> int:
    """Sum in minor units, exact."""
    return sum(map(int, route.amount)) if route.amount.size < 1000 else int(np.sum(route.amount, dtype=object))


def _unit(routes: list[Route], language: str) -> tuple[float, str]:
    return style.scale(max(_total(route) for route in routes), routes[0].currency, language)


def _value_labels(tables: Tables, routes: list[Route], language: str, label_mm: float) -> list[str]:
    unit, unit_name = _unit(routes, language)
    return [
        f"{_name(tables, route, language, label_mm)}\n{style.number(_total(route) / unit)} {unit_name}"
        + (say("comma", language) if label_mm > 30 else "\n")
        + say("payments", language, f"{route.time_us.size:,}")
        for route in routes
    ]


def _value(
    axes: Axes, routes: list[Route], texts: list[str], days: tuple[float, float], zone: ZoneInfo, span: tuple[int, int],
    language: str,
) -> None:  # fmt: skip
    totals = [_total(route) for route in routes]
    unit, unit_name = _unit(routes, language)
    grid = np.unique(np.linspace(span[0], max(span[1], span[0] + 1), POINTS).astype(np.int64))
    ends = []
    for route, total in zip(routes, totals):
        # Up to as many payments as points, each is drawn; beyond, the exact sum at each point of a grid.
        sums = np.concatenate([[0], np.cumsum(route.amount, dtype=np.float64)])
        times = route.time_us if route.time_us.size <= POINTS else grid
        at = np.searchsorted(route.time_us, times, side="right")
        x = np.concatenate([[days[0]], local_days(times, zone), [days[1]]])
        y = np.concatenate([[0], sums[at], [float(total)]]) / unit
        axes.plot(x, y, color=route.colour, drawstyle="steps-post")
        ends.append(float(total) / unit)
    axes.set_ylim(0, max(ends) * 1.08 or 1)
    axes.set_ylabel(say("cumulative", language, unit_name))
    amount_axis(axes)
    end_labels(axes, texts, ends, [route.colour for route in routes])


def _speed(axes: Axes, routes: list[Route], texts: list[str], language: str, label_mm: float) -> None:
    elapsed = [np.sort(route.elapsed_us) / 1e6 for route in routes]
    drawn = np.concatenate([each for each in elapsed if each.size])
    faster = bool(drawn.min() < LEAST_SECONDS)  # they are counted at the left edge
    least = LEAST_SECONDS if faster else min(float(drawn.min()), G20_SECONDS) / 1.6
    most = max(float(drawn.max()), G20_SECONDS) * 1.6
    ends = []
    for route, seconds in zip(routes, elapsed):
        steps = np.geomspace(least, most, POINTS)
        if 0 < seconds.size <= POINTS:
            steps = np.concatenate([[least], np.clip(seconds, least, None), [most]])
        share = np.searchsorted(seconds, steps, side="right") / route.count * 100
        axes.plot(steps, share, color=route.colour, drawstyle="steps-post")
        ends.append(float(seconds.size / route.count * 100))
    axes.set_ylim(0, 104)
    axes.axvline(G20_SECONDS, color=style.GREY, linewidth=0.6, dashes=(3, 2), zorder=1)
    axes.plot([G20_SECONDS], [G20_SHARE], marker="D", markersize=4.5, markerfacecolor="white",
              markeredgecolor=style.BLACK, markeredgewidth=0.9, zorder=3)  # fmt: skip
    axes.set_ylabel(say("share", language))
    axes.set_xlabel(say("elapsed", language), loc="left")
    axes.set_yticks([0, 25, 50, 75, 100])
    elapsed_axis(axes, least, most, language, faster)
    end_labels(axes, texts, ends, [route.colour for route in routes])
    left = np.log(G20_SECONDS / least) < 0.5 * np.log(most / least)
    if label_mm < 30:
        axes.annotate(
            say("g20_short", language), (0, 1.0), (0, 1), xycoords="axes fraction", textcoords="offset points",
            ha="left", va="bottom", fontsize=7, color=style.GREY,
        )  # fmt: skip
        return
    axes.annotate(
        say("g20", language), (G20_SECONDS, 1.0), (0, 1), xycoords=axes.get_xaxis_transform(),
        textcoords="offset points", ha="left" if left else "right", va="bottom", fontsize=7, color=style.GREY,
    )  # fmt: skip


def _share(route: Route, language: str) -> str:
    if not route.elapsed_us.size:
        return say("none_settled_here", language)
    # "100 %" is kept for all of them.
    percent = route.elapsed_us.size / route.count * 100
    return say("share_settled", language, "100" if percent == 100 else f"{min(percent, 99.9):.1f}")


def _name(tables: Tables, route: Route, language: str, label_mm: float) -> str:
    """The full name where there is room, else the one that tables use."""
    name = tables.label("routes", route.name, language) if label_mm > 30 else route.name
    return style.drawable(style.wrapped(name, label_mm / 2.7), route.name)
