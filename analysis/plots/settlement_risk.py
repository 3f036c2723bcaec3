"""Principal at risk over the run: what was paid on one leg of a conversion while the other was not yet final."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.batches import Words
from analysis.measures_outside import exposed
from analysis.measures_risk import legs
from analysis.plots import style
from analysis.plots.clock import clock_axis, clock_words, instant_words, window_of
from analysis.plots.pick import INSTANTS, Steps, clock_rail, instants
from analysis.plots.sheet import PANELS, amount_axis, axis_mm, open_sheet, panel_mm
from analysis.plots.words import duration, say
from analysis.tables import Tables, local_days

PANEL_MM, LEFT_MM, GAP_MM = 34.0, 16.0, 8.0
FINE = 64
"""How often the value is looked at within each interval that is drawn."""


@dataclass(frozen=True)
class Risk:
    """Principal paid in one currency and at risk: ``value`` float64 (n_interval,), minor units, highest in each."""

    currency: str
    rails: list[str]
    value: NDArray[np.float64]
    peak_us: int
    """When it was highest, to a 64th of an interval."""
    legs: int
    """Of conversions."""
    outside: int = 0
    """Legs of in/out swaps paid beside a system of the kind CLS."""


@style.styled
def settlement_risk(tables: Tables, *, language: str = "en", width_mm: float = style.WIDTH_MM) -> Figure:
    """Value at risk over time, one panel per currency of the leg paid.

    A leg is at risk from its finality until that of the amount it bought, its way back, or the end of the run, as in
    the measure ``principal_at_risk``; outside legs of in/out swaps are added, as in ``outside_at_risk``. Drawn is the
    highest value in each of 600 intervals. Currencies that never are at risk have no panel; at most six, those with
    most legs.
    """
    title, span = say("risk_title", language), tables.span()
    found, at = risks(tables, span) if span else ([], np.zeros(0, np.int64))
    if not found or span is None:
        return style.nothing(tables, title, say("no_conversions", language), language, width_mm)
    count, outside = sum(risk.legs for risk in found), sum(risk.outside for risk in found)
    safe = [risk.currency for risk in found if not risk.value.any()]
    found = [risk for risk in found if risk.value.any()]
    every = len(found)
    largest = sorted(found, key=lambda risk: -risk.legs - risk.outside)[:PANELS]
    found = [risk for risk in found if any(risk is each for each in largest)]
    if not found:
        return style.nothing(tables, title, say("never_at_risk", language, f"{count:,}"), language, width_mm)
    clock = clock_rail(tables, [rail for risk in found for rail in risk.rails])
    zone = tables.zone(clock)
    until = max(int(at[np.flatnonzero(risk.value)[-1]]) for risk in found)
    first, last = window_of(tables, clock, span, zone, until)
    below = clock_words(zone, span[0], first, last, language, width_mm)
    seconds = (span[1] - span[0]) / INSTANTS / 1e6
    step = duration(round(seconds / 60) * 60 if seconds >= 120 else float(f"{seconds:.2g}"), language)
    high = panel_mm(PANEL_MM, len(found))
    body = 2 + (high + GAP_MM) * len(found) - GAP_MM + axis_mm(below)
    subtitle = say("risk_subtitle", language, step, f"{count:,}")
    if outside:
        subtitle += say("comma", language) + say("risk_outside", language, f"{outside:,}")
    if safe:
        subtitle += say("then", language) + say("never_here", language, say("comma", language).join(safe))
    if len(found) < every:
        subtitle += say("then", language) + say("some_currencies", language, len(found), every)
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm)
    for position, risk in enumerate(found):
        axes = sheet.axes(LEFT_MM, 2 + position * (high + GAP_MM), width_mm - LEFT_MM - 6, high)
        _draw(axes, risk, local_days(at, zone), zone, language)
        clock_axis(axes, first, last, language, most_hours=round(width_mm / 12), most_days=round(width_mm / 11))
    axes.set_xlabel(below, loc="left")
    return sheet.figure


def risks(tables: Tables, span: tuple[int, int]) -> tuple[list[Risk], NDArray[np.int64]]:
    """Value at risk by currency, and where each interval begins, int64 (n_interval,), microseconds UTC."""
    words = {name: Words() for name in ("rail", "debtor", "creditor", "currency", "kind")}
    fine = instants(span, INSTANTS * FINE)
    begun, ended = Steps(fine), Steps(fine)
    counts: dict[int, int] = {}
    rails: dict[int, dict[str, None]] = {}
    for leg in legs(tables, words):
        begun.add(leg["currency"], leg["since"], leg["amount_minor"])
        ended.add(leg["currency"], np.maximum(leg["until"], leg["since"]), leg["amount_minor"])
        for code, count in zip(*np.unique(leg["currency"], return_counts=True)):
            counts[int(code)] = counts.get(int(code), 0) + int(count)
            used = np.unique(leg["rail"][leg["currency"] == code]).tolist()
            rails.setdefault(int(code), {}).update(dict.fromkeys(words["rail"].words[rail] for rail in used))
    beside: dict[int, int] = {}
    for each in exposed(tables):
        code = words["currency"].position(each.leg.currency)
        of, amount = np.array([code]), np.array([each.leg.amount_minor])
        begun.add(of, np.array([each.since]), amount)
        ended.add(of, np.array([each.until]), amount)
        beside[code] = beside.get(code, 0) + 1
        rails.setdefault(code, {})[each.leg.rail] = None
    starts = np.arange(0, fine.size, FINE)
    found = []
    for code in begun.groups():
        value = begun.line(code) - ended.line(code)
        found.append(
            Risk(
                words["currency"].words[code], list(rails[code]), np.maximum.reduceat(value, starts),
                int(fine[value.argmax()]), counts.get(code, 0), beside.get(code, 0),
            )
        )  # fmt: skip
    return found, fine[starts]


def _draw(axes: Axes, risk: Risk, days: NDArray[np.float64], zone: ZoneInfo, language: str) -> None:
    highest = float(risk.value.max())
    unit, unit_name = style.scale(int(highest), risk.currency, language)
    axes.fill_between(days, risk.value / unit, step="post", color=style.ORANGE, alpha=0.45, linewidth=0)
    axes.plot(days, risk.value / unit, drawstyle="steps-post", color=style.VERMILLION, linewidth=0.6)
    axes.set_ylim(0, highest / unit * 1.22 or 1)
    axes.set_ylabel(say("risk_axis", language, unit_name))
    amount_axis(axes)
    if highest:
        when = instant_words(float(local_days(risk.peak_us, zone)), language)
        axes.annotate(
            say("risk_peak", language, style.number(highest / unit), unit_name, when), (1, 1), xycoords="axes fraction",
            ha="right", va="top", fontsize=7,
        )  # fmt: skip
