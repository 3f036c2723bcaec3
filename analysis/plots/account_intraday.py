"""Intraday balance and queue, one panel per account, on the local clock of the rail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from analysis.plots import style
from analysis.plots.clock import clock_axis, clock_words, shade
from analysis.plots.pick import busiest_rail, by_turnover, currency_of
from analysis.plots.sheet import BOTTOM_MM, NARROW_MM, Key, amount_axis, axis_mm, open_sheet
from analysis.plots.words import duration, say
from analysis.tables import NULL, Tables, local_days

CELL_MM = 36.0
TITLE_MM = 2.6  # per em of 8 pt, since few letters are as wide as we reckon
MOST, MOST_NARROW = 12, 5


@dataclass(frozen=True)
class Account:
    """What one panel shows; arrays (n_snapshot,), amounts int64 minor units."""

    participant: str
    time_us: NDArray[np.int64]
    balance: NDArray[np.int64]
    queued: NDArray[np.int64]
    limit: int | None
    """None for the issuer of the money."""
    peak: int
    """Highest queued value at any event, also between snapshots."""


@style.styled
def account_intraday(
    tables: Tables,
    *,
    language: str = "en",
    rail: str | None = None,
    participants: Sequence[str] | None = None,
    most: int | None = None,
    width_mm: float = style.WIDTH_MM,
) -> Figure:
    """Balance (line) and queued value (area below it) of each account, at the snapshots of ``balances``.

    Parameters
    ----------
    rail : str            the rail; the one with the most settled obligations if None
    participants          whose accounts; those that paid most if None, without issuers of the money
    most : int | None     how many accounts at most when ``participants`` is None; 12, or 5 in a column
    """
    most = most or (MOST if width_mm >= NARROW_MM else MOST_NARROW)
    rail = busiest_rail(tables) if rail is None else rail
    if rail is None or not tables.rows("balances"):
        return style.nothing(
            tables, say("intraday_title", language, "–"), say("no_balances", language), language, width_mm
        )
    name = tables.label("rails", rail, language)
    title = say("intraday_title", language, style.drawable(name, rail))
    ranked = by_turnover(tables, rail)
    chosen = ranked[:most] if participants is None else [who for who in participants if who in ranked]
    shown = _accounts(tables, rail, chosen)
    if not shown:
        return style.nothing(tables, title, say("no_rail", language, rail), language, width_mm)
    currency = currency_of(tables, rail)
    largest = max(int(max(np.abs(each.balance).max(), each.peak)) for each in shown)
    unit, unit_name = style.scale(largest, currency, language)

    columns = 1 if len(shown) == 1 or width_mm < NARROW_MM else 2 if len(shown) <= 4 else 3
    lines = -(-len(shown) // columns)
    zone = tables.zone(rail)
    hours = [(float(local_days(a, zone)), float(local_days(b, zone))) for a, b in tables.open_hours(rail)]
    first, last = _window(local_days(shown[0].time_us, zone), hours)
    below = clock_words(zone, int(shown[0].time_us[0]), first, last, language, width_mm)
    subtitle = _subtitle(tables, len(shown), len(ranked), participants, unit_name, language)
    queued = any(account.peak > 0 for account in shown)
    if not queued:
        subtitle += say("then", language) + say("no_queues", language)
    cell_mm = CELL_MM * (1.6 if columns == len(shown) == 1 else 1 if queued else 0.8)
    bottom_mm = axis_mm(below)
    body = 3 + lines * cell_mm + bottom_mm
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm, _keys(language, bool(hours), queued))
    figure = sheet.figure
    place = style.margins(figure, left=12, right=3, top=sheet.top + 3, bottom=bottom_mm + BOTTOM_MM)
    grid = figure.add_gridspec(lines, columns, hspace=0.34, wspace=0.24, **place)
    for position, account in enumerate(shown):
        line, column = divmod(position, columns)
        days = local_days(account.time_us, zone)
        if queued:
            cell = grid[line, column].subgridspec(2, 1, height_ratios=[2.6, 1], hspace=0.12)
            upper, lower = figure.add_subplot(cell[0]), figure.add_subplot(cell[1])
            _queue(lower, account, days, unit, language)
        else:
            upper = lower = figure.add_subplot(grid[line, column])
        _balance(upper, account, days, unit, language)
        for axes in (upper, lower) if queued else (upper,):
            clock_axis(
                axes,
                first,
                last,
                language,
                most_hours=round(width_mm / 11.3) // columns,
                most_days=round(width_mm / 8) // columns,
            )
            shade(axes, hours)
        if queued:
            style.bare(upper)
        if position + columns < len(shown):
            style.bare(lower)
        who = tables.label("participants", account.participant, language)
        fits = style.width_em(who) * TITLE_MM <= (width_mm - 16) / columns
        upper.set_title(style.drawable(who if fits else account.participant, account.participant))
    high = figure.get_size_inches()[1] / style.MM
    figure.text(12 / width_mm, (BOTTOM_MM + 0.5) / high, below, fontsize=8, va="bottom")
    return figure


def _accounts(tables: Tables, rail: str, chosen: Sequence[str]) -> list[Account]:
    rails, holders = tables.ids("balances", "rail"), tables.ids("balances", "participant")
    here = np.flatnonzero(rails.equal(rail))
    holder = holders.codes[here]
    times, balances, queued = (
        tables.numbers("balances", column)[here] for column in ("time", "balance_minor", "queued_minor")
    )
    of_day = tables.ids("accounts", "rail").equal(rail)
    day_holders = tables.ids("accounts", "participant")
    limits, peaks = (tables.numbers("accounts", each) for each in ("debit_limit_minor", "peak_queue_minor"))
    found = []
    for who in chosen:
        mine = holder == holders.words.index(who) if who in holders.words else np.zeros(holder.size, np.bool_)
        if not mine.any():
            continue
        order = np.argsort(times[mine], kind="stable")
        days = of_day & day_holders.equal(who)
        limit = int(limits[days].max()) if days.any() else 0  # with intraday credit it differs from day to day
        found.append(
            Account(
                participant=who, time_us=times[mine][order], balance=balances[mine][order],
                queued=queued[mine][order], limit=None if limit == NULL else limit,
                peak=int(max(peaks[days].max(initial=0), queued[mine].max())),
            )
        )  # fmt: skip
    return found


def _window(days: NDArray[np.float64], hours: list[tuple[float, float]]) -> tuple[float, float]:
    """What the axis shows: the whole run, or within two days the opening hours and half an hour around them."""
    first, last = float(days[0]), float(days[-1])
    if last - first <= 2 and hours:
        first, last = max(first, hours[0][0] - 1 / 48), min(last, hours[-1][1] + 1 / 48)
    return (first, last) if last > first else (first - 1 / 48, first + 1 / 48)


def _balance(axes: Axes, account: Account, days: NDArray[np.float64], unit: float, language: str) -> None:
    values = account.balance / unit
    axes.plot(days, values, color=style.BLUE, drawstyle="steps-post", clip_on=True)
    axes.axhline(0, color=style.GREY, linewidth=0.5, zorder=1)
    if account.limit:
        span = float(np.ptp(np.append(values, 0.0)))
        if account.limit / unit <= 2 * span:
            axes.axhline(-account.limit / unit, color=style.BLACK, linewidth=0.8, dashes=(4, 2))
        else:
            # A line far below would press the balance flat. The words stand where the balance ends up away from them.
            text = say("limit_at", language, style.number(-account.limit / unit).replace("-", "−"))
            end = values[-max(1, values.size // 4) :]
            low = float(end.min()) < (values.min() + max(values.max(), 0.0)) / 2
            axes.annotate(text, (1, 0.97 if low else 0.03), xycoords="axes fraction", ha="right",
                          va="top" if low else "bottom", fontsize=7)  # fmt: skip
    axes.margins(y=0.08)
    amount_axis(axes)
    if not values.any():  # a limit, if any, stands there in words
        axes.set_ylim(-1, 1)
        axes.set_yticks([0])


def _queue(axes: Axes, account: Account, days: NDArray[np.float64], unit: float, language: str) -> None:
    values = account.queued / unit
    top = float(max(values.max(), account.peak / unit))
    if top > 0:
        axes.fill_between(days, values, step="post", color=style.VERMILLION, linewidth=0)
        axes.set_yticks([0, top], ["0", style.number(top)])
        axes.get_yticklabels()[-1].set_verticalalignment("top")  # above it is the lowest label of the balance
        axes.set_ylim(0, top)
        if not values.any():
            _note(axes, say("queue_between", language))
        return
    axes.set_yticks([0])
    axes.set_ylim(0, 1)
    _note(axes, say("no_queue", language))


def _note(axes: Axes, text: str) -> None:
    axes.annotate(
        text, (0, 0.5), (3, 0), xycoords="axes fraction", textcoords="offset points",
        ha="left", va="center", fontsize=7, color=style.GREY,
    )  # fmt: skip


def _subtitle(
    tables: Tables, shown: int, total: int, participants: Sequence[str] | None, unit: str, language: str
) -> str:
    if total == 1:
        count = say("one_account", language)
    elif participants is not None:
        count = say("chosen_accounts", language, shown, total)
    else:
        count = say("all_accounts" if shown == total else "some_accounts", language, shown, total)
    times = np.unique(tables.numbers("balances", "time"))
    grid = int(np.diff(times).min()) / 1e6 if times.size > 1 else 0
    return f"{count}{say('then', language)}{say('snapshots', language, unit, duration(grid, language))}"


def _keys(language: str, shaded: bool, queued: bool) -> list[Key]:
    keys: list[Key] = [
        Line2D([], [], color=style.BLUE, label=say("balance", language)),
        *([Patch(facecolor=style.VERMILLION, label=say("queued", language))] if queued else []),
        Line2D([], [], color=style.BLACK, linewidth=0.8, dashes=(4, 2), label=say("limit", language)),
    ]
    if shaded:
        keys.append(Patch(facecolor=style.SHADE, edgecolor=style.PALE, linewidth=0.5, label=say("open", language)))
    return keys
