"""Cumulative settled value by route over the run, and the share of payments settled within a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.plots import style
from analysis.plots.clock import clock_axis, clock_words, elapsed_axis, window_of
from analysis.plots.pick import Steps, instants
from analysis.plots.sheet import NARROW_MM, amount_axis, axis_mm, end_labels, labels_mm, open_sheet, panel_mm
from analysis.plots.words import say
from analysis.tables import NULL, Tables, local_days

PANEL_MM, LEFT_MM, GAP_MM = 42.0, 16.0, 8.0
VALUE_POINTS: Final = 4800
LEAST_SECONDS = 1.0
G20_SECONDS, G20_SHARE = 3600.0, 75.0
"""At least 75 % of payments within one hour of initiation by end-2027: FSB, Targets for Addressing the Four Challenges
of Cross-Border Payments, 2021, https://www.fsb.org/2021/10/targets-for-addressing-the-four-challenges-of-cross-border-payments-final-report/"""

# From a millisecond to three years; an hour is one of them, so that the share within it is exact.
DELAYS_US: Final = np.unique(np.append(np.geomspace(1e3, 1e14, 25_000).astype(np.int64), int(G20_SECONDS * 1e6)))


@dataclass(frozen=True)
class Route:
    """The payments of one route in one currency, as sums at the instants and delays at which they change."""

    name: str
    currency: str
    colour: str
    count: int
    """All payments, also those that never settled."""
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]
    """(n_time,), minor units settled up to each instant, to a 4,800th of the run."""
    seconds: NDArray[np.float64]
    within: NDArray[np.float64]
    """(n_delay,), payments settled within so many seconds of initiation, which are known to a thousandth."""

    @property
    def total(self) -> float:
        """Value settled by the end, minor units."""
        return float(self.value[-1]) if self.value.size else 0.0

    @property
    def settled(self) -> int:
        """Payments settled by the end."""
        return int(self.within[-1]) if self.within.size else 0


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
    span = tables.span() or (0, 1)
    routes, total, submitted, settled = routes_of(tables, most, span)
    if not any(route.settled for route in routes):
        return style.nothing(tables, title, say("none_settled", language, f"{submitted:,}"), language, width_mm)
    currencies = list(dict.fromkeys(route.currency for route in routes))
    groups = [[route for route in routes if route.currency == currency] for currency in currencies]
    label_mm = 46.0 if width_mm > NARROW_MM else 27.0
    rows = [_value_labels(tables, group, language, label_mm) for group in groups]
    rows.append([f"{_name(tables, route, language, label_mm)}\n{_share(route, language)}" for route in routes])
    heights = [max(panel_mm(PANEL_MM, len(groups)), labels_mm(texts)) for texts in rows]
    rail = _first_rail(tables, routes)
    zone = tables.zone(rail)
    ends = [int(route.time_us[-1]) for route in routes if route.settled]
    first, last = window_of(tables, rail, span, zone, max(ends))
    below = clock_words(zone, span[0], first, last, language, width_mm)
    subtitle = say("route_subtitle", language, f"{submitted:,}", f"{settled:,}")
    shown = len({route.name for route in routes})
    if shown < total:
        subtitle += say("then", language) + say("some_routes", language, shown, total)
    body = 2 + sum(heights) + GAP_MM * (len(groups) - 1) + axis_mm(below) + 8 + 12
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm)
    panels, place = [], 2.0
    for position, height in enumerate(heights):
        panels.append(sheet.axes(LEFT_MM, place, width_mm - LEFT_MM - label_mm, height))
        place += height + (GAP_MM if position < len(groups) - 1 else axis_mm(below) + 8)
    for axes, group, texts, height in zip(panels, groups, rows, heights):
        _value(axes, group, texts, (first, last), zone, language)
        if height < PANEL_MM:
            axes.set_ylabel(say("cumulative_short", language, _unit(group, language)[1]))
        clock_axis(axes, first, last, language, most_hours=round(width_mm / 17), most_days=round(width_mm / 14))
    panels[len(groups) - 1].set_xlabel(below, loc="left")
    _speed(panels[-1], routes, rows[-1], language, label_mm)
    sheet.figure.align_ylabels()
    return sheet.figure


def routes_of(tables: Tables, most: int, span: tuple[int, int]) -> tuple[list[Route], int, int, int]:
    """The routes with the most payments, in the order of the scenario; how many routes, payments and settled ones.

    Payments are read batch by batch and only sums are kept, so memory doesn't follow their number.
    """
    words = {name: Words() for name in ("route", "currency_sent", "status")}
    value, within = Steps(instants(span, VALUE_POINTS)), Steps(DELAYS_US)
    counts: dict[int, int] = {}
    for batch in batches(tables, "payments", (*words, "amount_sent_minor", "initiated_at", "completed_at")):
        read = {name: words[name].codes(batch[name]) for name in words}
        group = read["route"] << 16 | read["currency_sent"]
        for code, count in zip(*np.unique(group, return_counts=True)):
            counts[int(code)] = counts.get(int(code), 0) + int(count)
        done = numbers(batch["completed_at"])
        good = np.array([word.startswith("SETTLED") for word in words["status"].words])[read["status"]] & (done != NULL)
        delay = done[good] - numbers(batch["initiated_at"])[good]
        value.add(group[good], done[good], numbers(batch["amount_sent_minor"])[good])
        within.add(group[good], delay, np.ones_like(delay))
    of_route: dict[int, int] = {}
    for code, count in counts.items():
        of_route[code >> 16] = of_route.get(code >> 16, 0) + count
    order = list(tables.scenario.get("routes", {}))
    rank = {code: order.index(name) if (name := words["route"].words[code]) in order else len(order) + code
            for code in of_route}  # fmt: skip
    kept = sorted(sorted(of_route, key=lambda code: (-of_route[code], rank[code]))[:most], key=rank.__getitem__)
    settled = sum(int(within.line(code)[-1]) for code in within.groups())
    found = []
    for position, route in enumerate(kept):
        for code in sorted(code for code in counts if code >> 16 == route):
            time, amount = _changes(value, code)
            delay, number = _changes(within, code)
            found.append(
                Route(
                    words["route"].words[route], words["currency_sent"].words[code & 0xFFFF],
                    style.COLOURS[position % len(style.COLOURS)], counts[code], time, amount, delay / 1e6, number,
                )
            )  # fmt: skip
    return found, len(of_route), sum(counts.values()), settled


def _changes(steps: Steps, group: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The instants at which a sum changes, and what it is from then on."""
    if group not in steps.groups():
        return np.zeros(0, np.int64), np.zeros(0)
    line = steps.line(group)
    rises = np.flatnonzero(np.diff(line, prepend=0.0))
    return steps.at[rises], line[rises]


def _first_rail(tables: Tables, routes: list[Route]) -> str:
    """The rail on which payments of the first route begin; its clock is the picture's."""
    hops = tables.entry("routes", routes[0].name).get("hops") or [{}]
    rail = str(hops[0].get("rail", ""))
    if rail:
        return rail
    used = tables.ids("balances", "rail").used()
    return used[0] if used else ""


def _unit(routes: list[Route], language: str) -> tuple[float, str]:
    return style.scale(int(max(route.total for route in routes)), routes[0].currency, language)


def _value_labels(tables: Tables, routes: list[Route], language: str, label_mm: float) -> list[str]:
    unit, unit_name = _unit(routes, language)
    return [
        f"{_name(tables, route, language, label_mm)}\n{style.number(route.total / unit)} {unit_name}"
        + (say("comma", language) if label_mm > 30 else "\n")
        + say("payments", language, f"{route.settled:,}")
        for route in routes
    ]


def _value(
    axes: Axes, routes: list[Route], texts: list[str], days: tuple[float, float], zone: ZoneInfo, language: str
) -> None:
    unit, unit_name = _unit(routes, language)
    for route in routes:
        x = np.concatenate([[days[0]], local_days(route.time_us, zone), [days[1]]])
        axes.plot(
            x, np.concatenate([[0], route.value, [route.total]]) / unit, color=route.colour, drawstyle="steps-post"
        )
    ends = [route.total / unit for route in routes]
    axes.set_ylim(0, max(ends) * 1.08 or 1)
    axes.set_ylabel(say("cumulative", language, unit_name))
    amount_axis(axes)
    end_labels(axes, texts, ends, [route.colour for route in routes])


def _speed(axes: Axes, routes: list[Route], texts: list[str], language: str, label_mm: float) -> None:
    drawn = np.concatenate([route.seconds for route in routes])
    faster = bool(drawn.min() < LEAST_SECONDS)  # they are counted at the left edge
    least = LEAST_SECONDS if faster else min(float(drawn.min()), G20_SECONDS) / 1.6
    most = max(float(drawn.max()), G20_SECONDS) * 1.6
    for route in routes:
        seconds = np.concatenate([[least], np.clip(route.seconds, least, None), [most]])
        before = int(np.searchsorted(route.seconds, least, side="right"))
        number = np.concatenate([[route.within[before - 1] if before else 0], route.within, [route.settled]])
        axes.plot(seconds, number / route.count * 100, color=route.colour, drawstyle="steps-post")
    ends = [route.settled / route.count * 100 for route in routes]
    axes.set_ylim(0, 104)
    axes.axvline(G20_SECONDS, color=style.GREY, linewidth=0.6, dashes=(3, 2), zorder=1)
    axes.plot([G20_SECONDS], [G20_SHARE], marker="D", markersize=4.5, markerfacecolor="white",
              markeredgecolor=style.BLACK, markeredgewidth=0.9, zorder=3)  # fmt: skip
    axes.set_ylabel(say("share", language))
    axes.set_xlabel(say("elapsed", language), loc="left")
    axes.set_yticks([0, 25, 50, 75, 100])
    elapsed_axis(axes, least, most, language, faster)
    end_labels(axes, texts, ends, [route.colour for route in routes])
    if label_mm < 30:
        words, x, side = say("g20_short", language), 0.0, "left"
    else:
        # At the line, on the side where there is room; else from the left edge.
        words = say("g20", language)
        place = float(np.log(G20_SECONDS / least) / np.log(most / least))
        room = style.width_em(words) * 7 * style.POINT_MM * 0.95 / (style.WIDTH_MM - LEFT_MM - label_mm)
        x, side = (place, "left") if place + room <= 1 else (place, "right") if place >= room else (0.0, "left")
    axes.annotate(
        words, (x, 1.0), (0, 1), xycoords="axes fraction", textcoords="offset points", ha=side, va="bottom",
        fontsize=7, color=style.GREY,
    )  # fmt: skip


def _share(route: Route, language: str) -> str:
    if not route.settled:
        return say("none_settled_here", language)
    # "100 %" is kept for all of them.
    percent = route.settled / route.count * 100
    return say("share_settled", language, "100" if percent == 100 else f"{min(percent, 99.9):.1f}")


def _name(tables: Tables, route: Route, language: str, label_mm: float) -> str:
    """The full name where there is room, else the one that tables use."""
    name = tables.label("routes", route.name, language) if label_mm > 30 else route.name
    return style.drawable(style.wrapped(name, label_mm / 2.7), route.name)
