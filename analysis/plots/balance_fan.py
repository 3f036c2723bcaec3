"""Balances of one rail as bands of quantiles: over its participants along the run, or over days by time of day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from analysis.plots import style
from analysis.plots.clock import clock_axis, clock_words, shade, window_of
from analysis.plots.pick import busiest_rail, by_turnover, currency_of, issuers
from analysis.plots.sheet import Key, amount_axis, axis_mm, open_sheet
from analysis.plots.words import duration, from_to, say
from analysis.tables import Tables, local_days

PANEL_MM, LEFT_MM = 62.0, 16.0
BANDS: Final = ((5, 95, "#C6DCEC"), (25, 75, "#7FB2D8"))
"""From so many per cent to so many, and the colour: the wider the lighter."""


@dataclass(frozen=True)
class Fan:
    """Balances to take quantiles of, float64 (n_instant, n_member), minor units; and the instants as day numbers."""

    days: NDArray[np.float64]
    balance: NDArray[np.float64]

    def quantile(self, percent: float) -> NDArray[np.float64]:
        """The quantile over members at each instant (n_instant,), linear between neighbours."""
        found: NDArray[np.float64] = np.quantile(self.balance, percent / 100, axis=1)
        return found


@style.styled
def balance_fan(
    tables: Tables, *, language: str = "en", rail: str | None = None,
    over: Literal["participants", "days"] | None = None, participant: str | None = None,
    width_mm: float = style.WIDTH_MM,
) -> Figure:  # fmt: skip
    """Median, middle half and middle nine tenths of balances at each snapshot.

    Parameters
    ----------
    rail : str           the rail; the one with the most settled obligations if None
    over : str           "participants": of all holders but issuers, along the run; "days": of one holder, over the
                         rail's business days by local time of day; if None, days where a participant is named or the
                         rail has but one, else participants
    participant : str    whose days; who paid most if None, operators of systems aside
    """
    rail = busiest_rail(tables) if rail is None else rail
    name = "–" if rail is None else style.drawable(tables.label("rails", rail, language), rail)
    title = say("fan_title", language, name)
    if rail is None or not tables.ids("balances", "rail").equal(rail).any():
        text = say("no_balances", language) if rail is None else say("no_rail", language, rail)
        return style.nothing(tables, title, text, language, width_mm)
    people = [who for who in by_turnover(tables, rail) if who not in issuers(tables, rail)] or by_turnover(tables, rail)
    if over is None:
        over = "days" if participant is not None or len(people) == 1 else "participants"
    banks = [who for who in people if tables.entry("participants", who).get("kind") != "operator"]
    who = (banks or people)[0] if participant is None else participant
    fan = over_participants(tables, rail, people) if over == "participants" else over_days(tables, rail, who)
    if not fan.balance.size:
        return style.nothing(tables, title, say("no_rail_of", language, who, rail), language, width_mm)
    unit, unit_name = style.scale(int(np.abs(fan.quantile(95)).max()), currency_of(tables, rail), language)
    step = duration(round(float(np.diff(fan.days).min()) * 86_400) if fan.days.size > 1 else 0, language)
    zone, span = tables.zone(rail), tables.span() or (0, 1)
    if over == "participants":
        subtitle = say("fan_people", language, fan.balance.shape[1], unit_name, step)
        first, last = window_of(tables, rail, span, zone)
        below = clock_words(zone, span[0], first, last, language, width_mm)
        hours = [(float(local_days(a, zone)), float(local_days(b, zone))) for a, b in tables.open_hours(rail)]
    else:
        subtitle = say("fan_days", language, _name(tables, who, language), fan.balance.shape[1], unit_name, step)
        first, last, hours = 0.0, 1.0, []
        days = from_to(float(local_days(span[0], zone)), float(local_days(span[1], zone)), language)
        below = style.wrapped(say("clock_days", language, zone, days), (width_mm - 20) / (8 * style.POINT_MM))
    body = 2 + PANEL_MM + axis_mm(below)
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm, _keys(language, bool(hours)))
    axes = sheet.axes(LEFT_MM, 2, width_mm - LEFT_MM - 6, PANEL_MM)
    _draw(axes, fan, unit)
    clock_axis(axes, first, last, language, most_hours=round(width_mm / 12), most_days=round(width_mm / 11))
    shade(axes, hours)
    axes.set_ylabel(say("balance_axis", language, unit_name))
    axes.set_xlabel(below, loc="left")
    return sheet.figure


def over_participants(tables: Tables, rail: str, people: list[str]) -> Fan:
    """Balances of several holders at the snapshots of a run; those without one at every snapshot are left out."""
    here = np.flatnonzero(tables.ids("balances", "rail").equal(rail))
    holders = tables.ids("balances", "participant")
    time, balance = (tables.numbers("balances", column)[here] for column in ("time", "balance_minor"))
    times, row = np.unique(time, return_inverse=True)
    wanted = np.full(len(holders.words) + 1, -1)
    for place, who in enumerate(people):
        if who in holders.words:
            wanted[holders.words.index(who)] = place
    column = wanted[holders.codes[here]]
    table = np.full((times.size, len(people)), np.nan)
    table[row[column >= 0], column[column >= 0]] = balance[column >= 0]
    return Fan(local_days(times, tables.zone(rail)), table[:, np.isfinite(table).all(axis=0)])


def over_days(tables: Tables, rail: str, participant: str) -> Fan:
    """One holder's balances by local time of day on the rail's business days; days that lack a snapshot left out."""
    here = tables.ids("balances", "rail").equal(rail) & tables.ids("balances", "participant").equal(participant)
    days = local_days(tables.numbers("balances", "time")[here], tables.zone(rail))
    balance = tables.numbers("balances", "balance_minor")[here]
    business = np.unique(tables.numbers("accounts", "business_day")[tables.ids("accounts", "rail").equal(rail)])
    day = np.floor(days + 1e-9)
    second = np.round((days - day) * 86_400).astype(np.int64)
    seconds, row = np.unique(second, return_inverse=True)
    table = np.full((seconds.size, business.size), np.nan)
    column = np.searchsorted(business, day)
    on = (column < business.size) & np.isin(day, business)
    table[row[on], column[on]] = balance[on]
    return Fan(seconds / 86_400, table[:, np.isfinite(table).all(axis=0)])


def _draw(axes: Axes, fan: Fan, unit: float) -> None:
    # A balance holds until the next snapshot, so the last one is drawn to the end of its interval.
    for low, high, colour in BANDS:
        axes.fill_between(
            fan.days, fan.quantile(low) / unit, fan.quantile(high) / unit, step="post", color=colour, linewidth=0
        )
    axes.plot(fan.days, fan.quantile(50) / unit, color=style.BLACK, drawstyle="steps-post")
    axes.axhline(0, color=style.GREY, linewidth=0.5, zorder=1)
    axes.margins(y=0.06)
    amount_axis(axes, 5)


def _keys(language: str, shaded: bool) -> list[Key]:
    keys: list[Key] = [Line2D([], [], color=style.BLACK, label=say("median", language))]
    keys += [Patch(facecolor=colour, label=say("fan_wide", language, low, high)) for low, high, colour in BANDS[::-1]]
    if shaded:
        keys.append(Patch(facecolor=style.SHADE, edgecolor=style.PALE, linewidth=0.5, label=say("open", language)))
    return keys


def _name(tables: Tables, participant: str, language: str) -> str:
    return style.drawable(tables.label("participants", participant, language), participant)
