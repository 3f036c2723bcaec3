"""Wallets: what they paid over the run, what was refused by which rule, and what operators held for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.plots import style
from analysis.plots.clock import clock_axis, clock_words, window_of
from analysis.plots.pick import Steps, instants
from analysis.plots.sheet import NARROW_MM, amount_axis, axis_mm, end_labels, labels_mm, open_sheet
from analysis.plots.words import say
from analysis.tables import Tables, local_days
from analysis.wallet_rows import Wallets

PANEL_MM, LEFT_MM, GAP_MM, ROW_MM, MOST = 40.0, 16.0, 8.0, 5.0, 6
RULES: Final = {
    "REJECTED_INSUFFICIENT_FUNDS": style.ORANGE, "REJECTED_PAYMENT_LIMIT": style.BLUE,
    "REJECTED_DAY_LIMIT": style.SKY, "REJECTED_BALANCE_LIMIT": style.GREEN, "REJECTED_OFFLINE_LIMIT": style.PURPLE,
    "REJECTED_DOUBLE_SPEND": style.VERMILLION, "REJECTED_BANK_RESERVE": style.BLACK,
}  # fmt: skip


@dataclass
class System:
    """What payments from wallet to wallet of one retail system came to; float64 sums are for drawing."""

    name: str
    currency: str
    count: int = 0
    flows: dict[str, tuple[NDArray[np.float64], int]] = field(default_factory=dict)
    """Flow → value settled up to each instant, minor units, and the number settled."""
    asked: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))
    """Kind of holders that pay → outcome → value asked for, minor units."""
    counts: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    """The same for numbers of payments."""
    held: dict[str, tuple[list[int], list[int]]] = field(default_factory=lambda: defaultdict(lambda: ([], [])))
    """Operator → instants, microseconds UTC, and money of the central bank held from each on, minor units."""


@style.styled
def wallets(tables: Tables, *, language: str = "en", width_mm: float = style.WIDTH_MM) -> Figure:
    """Value settled so far by flow; value refused by rule, for each kind of holders that pays; operators' reserves.

    Of several retail systems the one with most payments; at most six flows, the largest, and six operators.
    """
    title, span = say("wallets_title", language), tables.span()
    found = systems_of(tables, span) if span else []
    if not found or span is None:
        return style.nothing(tables, title, say("no_wallets", language), language, width_mm)
    system = max(found, key=lambda each: each.count)
    terms = tables.entry("wallets", system.name)
    name = str((terms.get("name_zh") if language == "zh" else "") or terms.get("name") or system.name)
    title = say("wallets_title_of", language, style.drawable(name, system.name))
    zone, at = tables.zone(str(terms.get("rail", ""))), instants(span)
    narrow = width_mm <= NARROW_MM
    label_mm = 30.0 if narrow else 46.0
    lines = _lines(system, at, language, label_mm)
    who = [each for each in system.asked if system.counts[each]]
    used = [rule for rule in RULES if any(system.asked[each].get(rule) for each in who)]
    held = _held(system, span)
    reserves = [(each, *held[each]) for each in sorted(held, key=lambda each: -max(held[each][1]))[:MOST]
                if max(held[each][1]) > 0]  # fmt: skip
    first, last = window_of(tables, str(terms.get("rail", "")), span, zone)
    first, last = (first, last) if last - first > 2 else tuple(float(local_days(each, zone)) for each in span)
    below = clock_words(zone, span[0], first, last, language, width_mm)
    refused = sum(count for each in who for status, count in system.counts[each].items()
                  if status.startswith("REJECTED"))  # fmt: skip
    subtitle = say("wallets_subtitle", language, f"{system.count:,}", f"{refused:,}")
    if len(found) > 1:
        subtitle += say("then", language) + say("of_systems", language, len(found))
    heights = [max(PANEL_MM, labels_mm(lines[1])), ROW_MM * len(who)]
    tails = [f"{each}\n{style.number(value[-1] / scale)} {unit}" for each, _, value in reserves
             for scale, unit in [style.scale(max(value[-1], 1), system.currency, language)]]  # fmt: skip
    if reserves:
        heights.append(max(PANEL_MM * 0.8, labels_mm(tails)))
    axis = axis_mm(below)
    body = 2 + sum(heights) + GAP_MM * (len(heights) - 1) + 2 * axis + 5
    keys = [Patch(facecolor=RULES[rule], label=say(rule.lower(), language)) for rule in used]
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm, keys)
    wide = width_mm - LEFT_MM - label_mm
    hours, days = round(width_mm / 17), round(width_mm / 14)
    axes, place = sheet.axes(LEFT_MM, 2, wide, heights[0]), 2 + heights[0] + GAP_MM
    _paid(axes, lines, local_days(at, zone), system.currency, language)
    clock_axis(axes, first, last, language, most_hours=hours, most_days=days)
    if reserves:
        axes = sheet.axes(LEFT_MM, place, wide, heights[2])
        place += heights[2] + GAP_MM
        _reserves(axes, reserves, tails, system.currency, zone, language)
        clock_axis(axes, first, last, language, most_hours=hours, most_days=days)
    axes.set_xlabel(below, loc="left")
    left = max(LEFT_MM, max((style.width_em(each) for each in who), default=0) * 7 * style.POINT_MM + 3)
    if who:
        axes = sheet.axes(left, place + axis, width_mm - left - label_mm, heights[1])
        _refused(axes, system, who, used, language, "refused_short" if narrow else "refused_of")
    return sheet.figure


def systems_of(tables: Tables, span: tuple[int, int]) -> list[System]:
    """Every retail system of a run in which a wallet was to pay another."""
    if not tables.scenario.get("wallets"):
        return []
    of, words = Wallets(tables, "holders"), {name: Words() for name in ("system", "flow", "kind", "currency", "status")}
    steps, counts = Steps(instants(span)), dict[int, int]()
    found: dict[str, System] = {}
    columns = (*words, "payer", "amount_minor", "decided_at")
    for batch in batches(tables, "wallet_payments", columns):
        read: dict[str, Any] = {name: each.codes(batch[name]) for name, each in words.items()}
        read |= {name: numbers(batch[name]) for name in columns[len(words) :]}
        read["holders"] = of.of("holders", of.rows(batch["system"], read["payer"]))
        paid = read["kind"] == words["kind"].position("payment")
        read = {name: column[paid] for name, column in read.items()}
        key = read["system"] << 40 | read["holders"] << 20 | read["status"]
        for code in np.unique(key).tolist():
            mine = np.flatnonzero(key == code)
            name = words["system"].words[code >> 40]
            who, status = of.names["holders"].words[code >> 20 & 0xFFFFF], words["status"].words[code & 0xFFFFF]
            system = found.setdefault(name, System(name, words["currency"].words[int(read["currency"][mine[0]])]))
            system.count += mine.size
            system.asked[who][status] += float(read["amount_minor"][mine].sum(dtype=np.float64))
            system.counts[who][status] += int(mine.size)
        done = np.array([word == "SETTLED" for word in words["status"].words])[read["status"]]
        group = (read["system"] << 20 | read["flow"])[done]
        steps.add(group, read["decided_at"][done], read["amount_minor"][done])
        for code, count in zip(*np.unique(group, return_counts=True)):
            counts[int(code)] = counts.get(int(code), 0) + int(count)
    for code in steps.groups():
        flow = words["flow"].words[code & 0xFFFFF]
        found[words["system"].words[code >> 20]].flows[flow] = steps.line(code), counts[code]
    for batch in batches(tables, "wallet_operators", ("system", "operator", "time", "stock_minor", "backing_minor")):
        names = zip(batch["system"].to_pylist(), batch["operator"].to_pylist(), strict=True)
        rest = (numbers(batch[name]).tolist() for name in ("time", "stock_minor", "backing_minor"))
        for (name, operator), time, stock, cover in zip(names, *rest, strict=True):
            if name in found:
                found[name].held[operator][0].append(time)
                found[name].held[operator][1].append(stock + cover)
    return list(found.values())


Lines = tuple[list[NDArray[np.float64]], list[str]]


def _lines(system: System, at: NDArray[np.int64], language: str, label_mm: float) -> Lines:
    """What settled by flow, the largest first, the others as one; and what stands at the end of each."""
    order = sorted(system.flows, key=lambda flow: -system.flows[flow][0][-1])
    shown, rest = (order, []) if len(order) <= MOST else (order[: MOST - 1], order[MOST - 1 :])
    values = [system.flows[flow][0] for flow in shown]
    counts, names = [system.flows[flow][1] for flow in shown], list(shown)
    if rest:
        values.append(np.sum([system.flows[flow][0] for flow in rest], axis=0))
        counts.append(sum(system.flows[flow][1] for flow in rest))
        names.append(say("others", language, len(rest)))
    if not values:
        return [np.zeros(at.size)], [say("none_settled_here", language)]
    scale, unit = style.scale(int(max(value[-1] for value in values)), system.currency, language)
    apart = say("comma", language) if label_mm > 30 else "\n"
    return values, [f"{name}\n{style.number(float(value[-1]) / scale)} {unit}{apart}"
                    + say("payments", language, f"{count:,}")
                    for name, value, count in zip(names, values, counts, strict=True)]  # fmt: skip


def _held(system: System, span: tuple[int, int]) -> dict[str, tuple[list[int], list[int]]]:
    """What each operator held, to the end of the run."""
    return {who: ([*times, max(times[-1], span[1])], [*values, values[-1]])
            for who, (times, values) in system.held.items()}  # fmt: skip


def _paid(axes: Axes, lines: Lines, days: NDArray[np.float64], currency: str, language: str) -> None:
    values, texts = lines
    scale, unit = style.scale(int(max(value[-1] for value in values)), currency, language)
    colours = [style.COLOURS[k] for k in range(len(values))]
    for value, colour in zip(values, colours, strict=True):
        axes.plot(days, value / scale, color=colour, drawstyle="steps-post")
    axes.set_ylim(0, max(float(value[-1]) for value in values) / scale * 1.08 or 1)
    axes.set_ylabel(say("cumulative_short", language, unit))
    amount_axis(axes)
    end_labels(axes, texts, [float(value[-1]) / scale for value in values], colours)


def _reserves(
    axes: Axes, reserves: list[tuple[str, list[int], list[int]]], texts: list[str], currency: str, zone: Any,
    language: str,
) -> None:  # fmt: skip
    scale, unit = style.scale(max(max(values) for _, _, values in reserves), currency, language)
    for k, (_, times, values) in enumerate(reserves):
        axes.plot(local_days(np.array(times, np.int64), zone), np.array(values) / scale, drawstyle="steps-post",
                  color=style.COLOURS[k])  # fmt: skip
    axes.set_ylim(0, max(max(values) for _, _, values in reserves) / scale * 1.08 or 1)
    axes.set_ylabel(say("reserves_axis", language, unit))
    amount_axis(axes)
    end_labels(axes, texts, [values[-1] / scale for _, _, values in reserves],
               [style.COLOURS[k] for k in range(len(reserves))])  # fmt: skip


def _refused(axes: Axes, system: System, who: list[str], used: list[str], language: str, phrase: str) -> None:
    """A bar for each kind of holders, cut by the rule that refused; beside it the share of payments refused."""
    longest = 0.0
    for row, each in enumerate(who):
        whole, start = sum(system.asked[each].values()) or 1.0, 0.0
        for rule in used:
            share = 100 * system.asked[each].get(rule, 0.0) / whole
            axes.barh(row, share, left=start, height=0.62, color=RULES[rule], linewidth=0)
            start += share
        longest = max(longest, start)
        number = sum(system.counts[each].values())
        refused = sum(count for status, count in system.counts[each].items() if status.startswith("REJECTED"))
        text = say(phrase, language, f"{100 * refused / number:.1f}", f"{number:,}")
        axes.annotate(text, (1, row), (4, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                      va="center", fontsize=7, annotation_clip=False)  # fmt: skip
    axes.set_ylim(len(who) - 0.5, -0.5)
    axes.set_yticks(range(len(who)), [style.drawable(each, each) for each in who])
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, max(1.0, 1.05 * longest))
    axes.set_xlabel(say("refused_axis", language), loc="left")
