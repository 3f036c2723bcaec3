"""Who pays whom by country and currency: bands from payers' countries to payees', one panel per currency sent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.plots import style
from analysis.plots.sheet import NARROW_MM, PANELS, Key, labels_mm, open_sheet, panel_mm
from analysis.plots.words import say
from analysis.tables import Tables

PANEL_MM, GAP_MM, HEAD_MM, BAR_MM, NODE_GAP_MM = 30.0, 4.0, 4.5, 2.2, 1.2
MOST = 8
DARK, LIGHT = 0.75, 0.28
_BITS: Final = 12

Place = TypeVar("Place")
Pair = tuple[str, tuple[str, str]]
"""A payer's country; a payee's country and the currency it receives. "" stands for a country that isn't given."""


@dataclass
class Panel:
    """What was sent in one currency: (settled, sent) in minor units for each pair of places, float64."""

    currency: str
    count: int = 0
    bands: dict[Pair, tuple[float, float]] = field(default_factory=dict)

    @property
    def sent(self) -> float:
        """All that was sent."""
        return sum(sent for _, sent in self.bands.values())


@style.styled
def corridor_flows(
    tables: Tables, *, language: str = "en", most: int = MOST, width_mm: float = style.WIDTH_MM
) -> Figure:
    """Value sent, in bands as high as their share of the panel; the lighter part didn't settle by the end.

    ``most`` is how many countries on each side at most, the largest; the others are one. At most six currencies, those
    with most payments.
    """
    title = say("corridor_title", language)
    panels = panels_of(tables)
    if not panels:
        return style.nothing(tables, title, say("no_payments", language), language, width_mm)
    shown = [_folded(panel, most) for panel in sorted(panels, key=lambda panel: -panel.count)[:PANELS]]
    subtitle = say("corridor_subtitle", language, f"{sum(panel.count for panel in panels):,}")
    if len(panels) > len(shown):
        subtitle += say("then", language) + say("some_currencies", language, len(shown), len(panels))
    label_mm = 26.0 if width_mm < NARROW_MM else 36.0
    scales = [style.scale(int(panel.sent), panel.currency, language) for panel in shown]
    texts = [_texts(panel, unit, language) for panel, (unit, _) in zip(shown, scales)]
    heights = [
        max(panel_mm(PANEL_MM, len(shown)), *(labels_mm(list(side.values())) for side in sides)) for sides in texts
    ]
    body = sum(heights) + (HEAD_MM + GAP_MM) * len(shown)
    sheet = open_sheet(tables, title, subtitle, body, language, width_mm, _keys(language))
    # A country has one colour in all panels.
    payers = dict.fromkeys(payer for panel in shown for payer in _sides(panel)[0] if payer not in ("*", ""))
    colours = {payer: style.COLOURS[k % len(style.COLOURS)] for k, payer in enumerate(payers)}
    place = 0.0
    for panel, sides, height, (unit, unit_name) in zip(shown, texts, heights, scales):
        axes = sheet.axes(label_mm, place + HEAD_MM, width_mm - 2 * label_mm, height)
        head = say("sent_in", language, style.number(panel.sent / unit), unit_name, f"{panel.count:,}")
        high = sheet.figure.get_size_inches()[1] / style.MM
        sheet.figure.text(2 / width_mm, 1 - (sheet.top + place) / high, head, fontsize=8, va="top")
        _draw(axes, panel, sides, colours, width_mm - 2 * label_mm, height)
        place += HEAD_MM + height + GAP_MM
    return sheet.figure


def panels_of(tables: Tables) -> list[Panel]:
    """What was sent, by currency sent, country of the payer, country of the payee and currency received."""
    words = {name: Words() for name in ("debtor", "creditor", "currency_sent", "currency_received", "status")}
    countries = Words()
    settled: dict[int, float] = defaultdict(float)
    sent: dict[int, float] = defaultdict(float)
    counts: dict[int, float] = defaultdict(float)
    for batch in batches(tables, "payments", (*words, "amount_sent_minor")):
        read = {name: words[name].codes(batch[name]) for name in words}
        amount = numbers(batch["amount_sent_minor"])
        key = read["currency_sent"]
        for part in (_places(tables, words["debtor"], countries)[read["debtor"]],
                     _places(tables, words["creditor"], countries)[read["creditor"]],
                     read["currency_received"]):  # fmt: skip
            key = key << _BITS | part
        good = np.array([word.startswith("SETTLED") for word in words["status"].words])[read["status"]]
        keys, row = np.unique(key, return_inverse=True)
        for total, weights in ((sent, amount), (settled, amount * good), (counts, np.ones_like(amount))):
            for code, value in zip(keys.tolist(), np.bincount(row, weights=weights)):
                total[code] += float(value)
    found: dict[str, Panel] = {}
    mask = (1 << _BITS) - 1
    for code in sent:
        currency = words["currency_sent"].words[code >> 3 * _BITS]
        payer, payee = (countries.words[code >> shift * _BITS & mask] for shift in (2, 1))
        received = words["currency_received"].words[code & mask]
        panel = found.setdefault(currency, Panel(currency))
        panel.count += int(counts[code])
        panel.bands[payer, (payee, received)] = settled[code], sent[code]
    return list(found.values())


def _places(tables: Tables, people: Words, countries: Words) -> NDArray[np.int64]:
    """The country of each participant, as positions."""
    return np.array([countries.position(str(tables.entry("participants", who).get("country") or ""))
                     for who in people.words], np.int64)  # fmt: skip


def _folded(panel: Panel, most: int) -> Panel:
    """Beyond ``most`` on a side, the smallest as one, called "*"."""
    left: dict[str, float] = defaultdict(float)
    right: dict[tuple[str, str], float] = defaultdict(float)
    for (payer, payee), (_, sent) in panel.bands.items():
        left[payer] += sent
        right[payee] += sent
    kept_left = {payer for payer, _ in sorted(left.items(), key=lambda each: (-each[1], each[0]))[:most]}
    kept_right = {payee for payee, _ in sorted(right.items(), key=lambda each: (-each[1], each[0]))[:most]}
    folded = Panel(panel.currency, panel.count)
    for (payer, payee), (settled, sent) in panel.bands.items():
        pair = payer if payer in kept_left else "*", payee if payee in kept_right else ("*", "")
        before = folded.bands.get(pair, (0.0, 0.0))
        folded.bands[pair] = before[0] + settled, before[1] + sent
    return folded


def _sides(panel: Panel) -> tuple[dict[str, list[float]], dict[tuple[str, str], list[float]]]:
    """[settled, sent] of each place, the largest first, the folded ones last."""
    left: dict[str, list[float]] = {}
    right: dict[tuple[str, str], list[float]] = {}
    for (payer, payee), values in panel.bands.items():
        for total in (left.setdefault(payer, [0.0, 0.0]), right.setdefault(payee, [0.0, 0.0])):
            total[0] += values[0]
            total[1] += values[1]
    by_left = sorted(left.items(), key=lambda each: (each[0] == "*", -each[1][1], each[0]))
    by_right = sorted(right.items(), key=lambda each: (each[0][0] == "*", -each[1][1], each[0]))
    return dict(by_left), dict(by_right)


def _texts(panel: Panel, unit: float, language: str) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    def name(place: str) -> str:
        return say("other_countries", language) if place == "*" else place or say("no_country", language)

    def value(settled: float, sent: float) -> str:
        share = settled / sent * 100 if sent else 0.0
        return f"{style.number(sent / unit)} ({'100' if settled == sent else f'{min(share, 99.9):.3g}'} %)"

    left, right = _sides(panel)
    return (
        {place: f"{name(place)}\n{value(*values)}" for place, values in left.items()},
        {place: f"{name(place[0])}{' · ' * bool(place[1])}{place[1]}\n{value(*values)}"
         for place, values in right.items()},
    )  # fmt: skip


def _draw(
    axes: Axes, panel: Panel, texts: tuple[dict[str, str], dict[tuple[str, str], str]], colours: dict[str, str],
    wide: float, high: float,
) -> None:  # fmt: skip
    """Bars of places in mm on both sides, bands between them in the payer's colour."""
    axes.set_xlim(0, wide)
    axes.set_ylim(high, 0)
    axes.set_axis_off()
    left, right = _sides(panel)
    room = high - NODE_GAP_MM * (max(len(left), len(right)) - 1)
    per_mm = room / panel.sent if panel.sent else 0.0
    starts_left = _stack({place: values[1] * per_mm for place, values in left.items()}, high)
    starts_right = _stack({place: values[1] * per_mm for place, values in right.items()}, high)
    at_left, at_right = dict(starts_left), dict(starts_right)
    order = sorted(panel.bands, key=lambda pair: (list(left).index(pair[0]), list(right).index(pair[1])))
    for payer, payee in order:
        settled, sent = (value * per_mm for value in panel.bands[payer, payee])
        for thick, alpha in ((settled, DARK), (sent - settled, LIGHT)):
            if thick > 0:
                axes.add_patch(
                    _band(at_left[payer], at_right[payee], thick, wide, colours.get(payer, style.GREY), alpha)
                )
            at_left[payer] += thick
            at_right[payee] += thick
    for place, start in starts_left.items():
        axes.add_patch(
            Rectangle((0, start), BAR_MM, left[place][1] * per_mm, color=colours.get(place, style.GREY), linewidth=0)
        )
    for goal, start in starts_right.items():
        size = right[goal][1] * per_mm
        axes.add_patch(Rectangle((wide - BAR_MM, start), BAR_MM, size, color=style.BLACK, linewidth=0))
    _labels(axes, list(texts[0].values()), [starts_left[p] + left[p][1] * per_mm / 2 for p in left], -1.5, 0.0, high)
    _labels(axes, list(texts[1].values()), [starts_right[p] + right[p][1] * per_mm / 2 for p in right],
            wide + 1.5, wide, high)  # fmt: skip


def _stack(sizes: dict[Place, float], high: float) -> dict[Place, float]:
    """Where each begins, from the top down, the whole in the middle."""
    place = (high - sum(sizes.values()) - NODE_GAP_MM * (len(sizes) - 1)) / 2
    found = {}
    for name, size in sizes.items():
        found[name] = place
        place += size + NODE_GAP_MM
    return found


def _band(left: float, right: float, thick: float, wide: float, colour: str, alpha: float) -> PathPatch:
    a, b, middle = BAR_MM, wide - BAR_MM, wide / 2
    points = [(a, left), (middle, left), (middle, right), (b, right), (b, right + thick), (middle, right + thick),
              (middle, left + thick), (a, left + thick), (a, left)]  # fmt: skip
    curve = Path.CURVE4
    codes = [Path.MOVETO, curve, curve, curve, Path.LINETO, curve, curve, curve, Path.CLOSEPOLY]
    return PathPatch(Path(points, codes), facecolor=colour, alpha=alpha, linewidth=0)


def _labels(axes: Axes, texts: list[str], places: list[float], x: float, edge: float, high: float) -> None:
    heights = [labels_mm([text]) for text in texts]
    for text, place, moved in zip(texts, places, style.spread(places, heights, -1, high + 1)):
        far = abs(moved - place) > 1.0
        # From the label's side towards the bar: from its middle, the line would cross the labels beside it.
        line = {"arrowstyle": "-", "color": style.GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0,
                "relpos": (0 if x > 0 else 1, 0.5)}  # fmt: skip
        axes.annotate(
            text, (edge, place), (x + (2.5 if x > 0 else -2.5) * far, moved), ha="left" if x > 0 else "right",
            va="center", fontsize=7, linespacing=1.1, annotation_clip=False,
            arrowprops=line if far else None,
        )  # fmt: skip


def _keys(language: str) -> list[Key]:
    return [Patch(facecolor=style.GREY, alpha=alpha, linewidth=0, label=say(text, language))
            for alpha, text in ((DARK, "settled"), (LIGHT, "not_settled"))]  # fmt: skip
