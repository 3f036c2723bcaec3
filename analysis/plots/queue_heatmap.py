"""Value queued on one rail by participant and local hour: who waits for funds, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.plots import style
from analysis.plots.pick import busiest_rail, currency_of, issuers
from analysis.plots.sheet import Sheet, open_sheet
from analysis.plots.words import duration, say
from analysis.tables import Tables, local_days

ROW_MM, BAR_MM, MOST = 4.2, 16.0, 20
# Light to dark, so that it reads without colour: ColorBrewer's Oranges, https://colorbrewer2.org, by way of matplotlib.
SHADES: Final = ("#FFFFFF", "#FEE6CE", "#FDC28C", "#FD8D3C", "#E2580B", "#A33803", "#5B1D02")


@dataclass(frozen=True)
class Queues:
    """Mean queued value by participant and local hour over the snapshots of all days, float64, minor units."""

    participants: list[str]
    mean: NDArray[np.float64]
    """(n_participant, 24); NaN for an hour without a snapshot."""
    peak: NDArray[np.int64]
    """(n_participant,), highest value at any event, also between snapshots."""
    snapshots: int


@style.styled
def queue_heatmap(
    tables: Tables, *, language: str = "en", rail: str | None = None, most: int = MOST,
    width_mm: float = style.WIDTH_MM,
) -> Figure:  # fmt: skip
    """Mean value queued in each hour of the rail's local day, one row per participant, and beside it the highest value.

    Parameters
    ----------
    rail : str     the rail; the one with most obligations queued at snapshots if None
    most : int     how many participants at most, those whose queue was longest; the others are one row, summed
    """
    rail = _most_queued(tables) if rail is None else rail
    name = "–" if rail is None else style.drawable(tables.label("rails", rail, language), rail)
    title = say("queue_title", language, name)
    if rail is None or not tables.ids("balances", "rail").equal(rail).any():
        text = say("no_balances", language) if rail is None else say("no_rail", language, rail)
        return style.nothing(tables, title, text, language, width_mm)
    found = queues(tables, rail)
    waited = np.flatnonzero(found.peak > 0)
    if not waited.size:
        return style.nothing(tables, title, say("nobody_queued", language), language, width_mm)
    if not np.nansum(found.mean[waited]) > 0:
        return style.nothing(tables, title, _between(tables, rail, found, language), language, width_mm)
    order = waited[np.argsort(-np.nansum(found.mean[waited], axis=1), kind="stable")]
    shown, rest = (order, order[:0]) if order.size == most + 1 else (order[:most], order[most:])
    mean, peak = found.mean[shown], found.peak[shown].astype(np.float64)
    labels = [_name(tables, found.participants[k], language, width_mm) for k in shown]
    if rest.size:
        mean = np.vstack([mean, found.mean[rest].sum(axis=0)])
        peak = np.append(peak, found.peak[rest].max())
        labels.append(say("others_summed", language, rest.size))
    unit, unit_name = style.scale(int(found.peak.max()), currency_of(tables, rail), language)
    zone = tables.zone(rail)
    subtitle = say("queue_subtitle", language, unit_name, waited.size, len(found.participants), zone)
    if rest.size:
        subtitle += say("then", language) + say("rest_peak", language)
    sheet = open_sheet(tables, title, subtitle, 4 + ROW_MM * len(labels) + 19, language, width_mm)
    left = max(map(style.width_em, labels)) * 7 * style.POINT_MM + 4
    axes = sheet.axes(left, 4, width_mm - left - BAR_MM - 4, ROW_MM * len(labels))
    edges = classes(float(np.nanmax(mean)) / unit)
    _cells(axes, mean / unit, edges, labels, width_mm)
    _peaks(sheet, axes, peak / unit, language)
    _classes(sheet, axes, edges, unit_name, language)
    axes.set_xlabel(say("local_hour", language, zone), loc="left")
    return sheet.figure


def _between(tables: Tables, rail: str, found: Queues, language: str) -> str:
    """A sentence about queues that no snapshot shows."""
    at = int(found.peak.argmax())
    unit, unit_name = style.scale(int(found.peak[at]), currency_of(tables, rail), language)
    times = np.unique(tables.numbers("balances", "time"))
    apart = duration(int(np.diff(times).min()) / 1e6 if times.size > 1 else 0, language)
    who = style.drawable(tables.label("participants", found.participants[at], language), found.participants[at])
    return say("queued_between", language, apart, style.number(float(found.peak[at]) / unit), unit_name, who)


def _most_queued(tables: Tables) -> str | None:
    rails, counts = tables.ids("balances", "rail"), tables.numbers("balances", "queued_count")
    queued = np.bincount(rails.codes, weights=counts, minlength=len(rails.words)) if rails.codes.size else np.zeros(0)
    return rails.words[int(queued.argmax())] if queued.any() else busiest_rail(tables)


def queues(tables: Tables, rail: str) -> Queues:
    """The queues of every holder of an account on a rail, issuers of its money left out unless they queued."""
    here = tables.ids("balances", "rail").equal(rail)
    holders = tables.ids("balances", "participant")
    codes, position = np.unique(holders.codes[here], return_inverse=True)
    time, queued = tables.numbers("balances", "time")[here], tables.numbers("balances", "queued_minor")[here]
    hour = (np.floor(local_days(time, tables.zone(rail)) * 24 + 1e-9) % 24).astype(np.int64)
    cell, size = position * 24 + hour, codes.size * 24
    counts = np.bincount(cell, minlength=size)
    with np.errstate(invalid="ignore"):
        mean = (np.bincount(cell, weights=queued, minlength=size) / counts).reshape(codes.size, 24)
    peak = np.zeros(codes.size, np.int64)
    np.maximum.at(peak, position, queued)
    names = [holders.words[code] for code in codes]
    place = {name: k for k, name in enumerate(names)}
    of_rail, of_day = tables.ids("accounts", "rail").equal(rail), tables.ids("accounts", "participant")
    for code, highest in zip(of_day.codes[of_rail], tables.numbers("accounts", "peak_queue_minor")[of_rail]):
        if (row := place.get(of_day.words[code])) is not None:
            peak[row] = max(peak[row], highest)
    money = issuers(tables, rail)
    kept = [k for k, name in enumerate(names) if name not in money or peak[k] > 0]
    return Queues([names[k] for k in kept], mean[kept], peak[kept], int(np.unique(time).size))


def classes(largest: float) -> list[float]:
    """Bounds of six classes up to the largest value, each about a third of the next: …, 1, 3, 10, 30."""
    if largest <= 0:
        return [1.0, 2.0]
    steps = [m * 10.0**k for k in range(-4, 14) for m in (1, 3)]
    last = next(k for k, step in enumerate(steps) if step >= largest)
    return [0.0, *steps[max(0, last - 5) : last + 1]]


def _cells(axes: Axes, mean: NDArray[np.float64], edges: list[float], labels: list[str], width_mm: float) -> None:
    hours = np.flatnonzero(np.isfinite(mean).any(axis=0) & (np.nan_to_num(mean) > 0).any(axis=0))
    first, last = (int(hours[0]), int(hours[-1]) + 1) if hours.size else (0, 24)
    first, last = max(0, first - 1), min(24, last + 1)
    colours = ListedColormap(_shades(len(edges) - 1)).with_extremes(bad=style.PALE)
    # A class begins just above its bound, so that what is exactly nothing is white.
    part = mean[:, first:last]
    axes.pcolormesh(
        np.arange(first, last + 1), np.arange(len(labels) + 1),
        np.ma.masked_array(np.where(part > 0, part, -1.0), np.isnan(part)),
        cmap=colours, norm=BoundaryNorm([-2.0, *edges], len(edges)), edgecolors="white", linewidth=0.6,
    )  # fmt: skip
    axes.set_ylim(len(labels), 0)
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels)
    axes.tick_params(axis="y", length=0)
    every = 1 if (last - first) * 7.5 <= width_mm * 0.55 else 2 if (last - first) * 3.8 <= width_mm * 0.55 else 3
    ticks = [hour for hour in range(first, last + 1) if hour % every == 0]
    axes.set_xticks(ticks, [f"{hour:02}" for hour in ticks])
    axes.spines["left"].set_visible(False)


def _shades(classes_count: int) -> list[str]:
    return [SHADES[0], *SHADES[len(SHADES) - classes_count :]]


def _peaks(sheet: Sheet, axes: Axes, peak: NDArray[np.float64], language: str) -> None:
    for row, value in enumerate(peak):
        axes.annotate(
            style.number(float(value)), (1, row + 0.5), (BAR_MM / style.POINT_MM - 2, 0),
            xycoords=axes.get_yaxis_transform(), textcoords="offset points", ha="right", va="center", fontsize=7,
        )  # fmt: skip
    axes.annotate(
        say("peak", language), (1, 0), (BAR_MM / style.POINT_MM - 2, 2), xycoords=axes.get_yaxis_transform(),
        textcoords="offset points", ha="right", va="bottom", fontsize=7, color=style.GREY,
    )  # fmt: skip


def _classes(sheet: Sheet, axes: Axes, edges: list[float], unit: str, language: str) -> None:
    """A strip of the classes below the map."""
    high = sheet.figure.get_size_inches()[1] / style.MM
    below = axes.get_position()
    left = below.x0 if below.width * sheet.wide >= 66 else 4 / sheet.wide
    strip = sheet.figure.add_axes((left, below.y0 - 14.5 / high, min(66.0, sheet.wide - 24) / sheet.wide, 2.4 / high))
    n = len(edges)
    for k, colour in enumerate(_shades(n - 1)):
        strip.axvspan(k, k + 1, facecolor=colour, edgecolor=style.GREY, linewidth=0.4)
    strip.set_xlim(0, n)
    strip.set_yticks([])
    strip.set_xticks([0.5, *range(1, n + 1)], ["0", "", *(f"{edge:,.6g}" for edge in edges[1:])])
    strip.tick_params(axis="x", length=0, pad=1.5)
    for side in strip.spines.values():
        side.set_visible(False)
    strip.annotate(
        unit, (1, 0.5), (4, 0), xycoords="axes fraction", textcoords="offset points", ha="left", va="center", fontsize=7
    )


def _name(tables: Tables, participant: str, language: str, width_mm: float) -> str:
    """The full name where there is room, else the one that tables use."""
    label = tables.label("participants", participant, language)
    fits = style.width_em(label) * 7 * style.POINT_MM <= width_mm * 0.31
    return style.drawable(label if fits else participant, participant)
