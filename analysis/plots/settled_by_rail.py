"""Cumulative settled value by rail over the run: which system carries the payments, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.batches import Words
from analysis.plots import style
from analysis.plots.clock import clock_axis, clock_words, window_of
from analysis.plots.pick import Steps, clock_rail, instants, settled
from analysis.plots.sheet import NARROW_MM, PANELS, amount_axis, axis_mm, end_labels, labels_mm, open_sheet, panel_mm
from analysis.plots.words import say
from analysis.tables import Tables, local_days

PANEL_MM, LEFT_MM, GAP_MM, MOST = 42.0, 16.0, 8.0, 7
DASHES: Final = ((1, 0), (5, 1.5), (2, 1), (6, 1, 1, 1), (3, 2), (1, 1), (8, 2))


@dataclass(frozen=True)
class Rail:
    """What settled on one rail: ``value`` float64 (n_instants,), minor units up to each instant."""

    name: str
    currency: str
    value: NDArray[np.float64]
    count: int


@style.styled
def settled_by_rail(
    tables: Tables, *, language: str = "en", most: int = MOST, width_mm: float = style.WIDTH_MM
) -> Figure:
    """The value of obligations settled so far, one line per rail and one panel per currency.

    Counted are payments, spreads and fees; not returns, funding, sweeps and overnight credit. The clock is that of the
    scenario's first rail. ``most`` is how many rails of one currency at most; the others are one grey line.
    At most six currencies, those with most obligations.
    """
    title, span = say("rail_title", language), tables.span()
    rails = rails_of(tables, span) if span else []
    if not rails or span is None:
        return style.nothing(tables, title, say("no_obligations", language), language, width_mm)
    every = _groups(rails, most)
    largest = sorted(range(len(every)), key=lambda k: -sum(rail.count for rail in every[k]))[:PANELS]
    groups = [every[k] for k in sorted(largest)]
    label_mm = 46.0 if width_mm > NARROW_MM else 28.0
    scales = [style.scale(int(max(each.value[-1] for each in group)), group[0].currency, language) for group in groups]
    texts = [
        [_label(tables, rail, scale, language, label_mm) for rail in group] for group, scale in zip(groups, scales)
    ]
    heights = [max(panel_mm(PANEL_MM, len(groups)), labels_mm(each)) for each in texts]
    clock = clock_rail(tables, [rail.name for rail in rails])
    zone, at = tables.zone(clock), instants(span)
    until = max(int(at[np.searchsorted(rail.value, rail.value[-1])]) for rail in rails)
    first, last = window_of(tables, clock, span, zone, until)
    below = clock_words(zone, span[0], first, last, language, width_mm)
    subtitle = say("rail_subtitle", language, f"{sum(rail.count for rail in rails):,}")
    if len(groups) < len(every):
        subtitle += say("then", language) + say("some_currencies", language, len(groups), len(every))
    body = 2 + sum(heights) + GAP_MM * (len(groups) - 1) + axis_mm(below)
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm)
    place = 2.0
    for group, lines, scale, height in zip(groups, texts, scales, heights):
        axes = sheet.axes(LEFT_MM, place, width_mm - LEFT_MM - label_mm, height)
        place += height + GAP_MM
        colours = _draw(axes, group, local_days(at, zone), scale[0])
        clock_axis(axes, first, last, language, most_hours=round(width_mm / 17), most_days=round(width_mm / 14))
        axes.set_ylabel(say("cumulative" if height >= PANEL_MM else "cumulative_short", language, scale[1]))
        end_labels(axes, lines, [rail.value[-1] / scale[0] for rail in group], colours)
    axes.set_xlabel(below, loc="left")
    return sheet.figure


def rails_of(tables: Tables, span: tuple[int, int]) -> list[Rail]:
    """What settled on each rail, in the order in which rails were first used."""
    words = {"rail": Words(), "currency": Words()}
    steps = Steps(instants(span))
    counts: dict[int, int] = {}
    for batch in settled(tables, ("rail", "currency", "amount_minor", "settled_at"), words):
        group = batch["rail"] << 16 | batch["currency"]
        steps.add(group, batch["settled_at"], batch["amount_minor"])
        for code, count in zip(*np.unique(group, return_counts=True)):
            counts[int(code)] = counts.get(int(code), 0) + int(count)
    return [
        Rail(words["rail"].words[code >> 16], words["currency"].words[code & 0xFFFF], steps.line(code), counts[code])
        for code in steps.groups()
    ]


def _groups(rails: list[Rail], most: int) -> list[list[Rail]]:
    """Rails by currency, the largest first; beyond ``most`` as one without a name."""
    found = []
    for currency in dict.fromkeys(rail.currency for rail in rails):
        group = sorted((rail for rail in rails if rail.currency == currency), key=lambda rail: -rail.value[-1])
        if len(group) > most:
            rest = group[most - 1 :]
            value = np.sum([rail.value for rail in rest], axis=0)
            group = [*group[: most - 1], Rail("", currency, value, sum(rail.count for rail in rest))]
        found.append(group)
    return found


def _label(tables: Tables, rail: Rail, scale: tuple[float, str], language: str, label_mm: float) -> str:
    name = say("other_rails", language)
    if rail.name:
        name = tables.label("rails", rail.name, language) if label_mm > 30 else rail.name
        name = style.drawable(style.wrapped(name, label_mm / 2.7), rail.name)
    count = say("obligations", language, f"{rail.count:,}")
    value = f"{style.number(float(rail.value[-1]) / scale[0])} {scale[1]}"
    return f"{name}\n{value}{say('comma', language)}{count}" if label_mm > 30 else f"{name}\n{value}\n{count}"


def _draw(axes: Axes, rails: list[Rail], days: NDArray[np.float64], unit: float) -> list[str]:
    colours = [style.COLOURS[k % len(style.COLOURS)] if rail.name else style.GREY for k, rail in enumerate(rails)]
    for rail, colour, dashes in zip(rails, colours, DASHES * 2):
        axes.plot(days, rail.value / unit, color=colour, drawstyle="steps-post", dashes=dashes)
    axes.set_ylim(0, max(rail.value[-1] for rail in rails) / unit * 1.08 or 1)
    amount_axis(axes)
    return colours
