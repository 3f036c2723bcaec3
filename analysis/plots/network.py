"""Who pays whom, net, on one rail: participants on a circle with their net positions, arrows between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from numpy.typing import NDArray

from analysis.batches import Words
from analysis.plots import style
from analysis.plots.pick import PAYING, Flows, busiest_rail, settled
from analysis.plots.sheet import NARROW_MM, Key, open_sheet
from analysis.plots.words import say
from analysis.tables import Tables

MOST, ARROWS = 14, 40
LARGEST_MM, WIDEST_MM = 9.0, 2.0
"""Diameter of the largest circle, width of the widest arrow."""
SIGN: Final = {True: style.BLUE, False: style.VERMILLION}


@dataclass(frozen=True)
class Network:
    """Participants of a rail and what flowed between them, float64, minor units; the last may stand for several."""

    names: list[str]
    others: int
    """How many the last one stands for; 0 if it stands for itself."""
    currency: str
    value: NDArray[np.float64]
    """(n, n), debtors × creditors; nothing on the diagonal."""

    @property
    def net(self) -> NDArray[np.float64]:
        """Received less paid (n,)."""
        found: NDArray[np.float64] = self.value.sum(axis=0) - self.value.sum(axis=1)
        return found

    @property
    def turnover(self) -> NDArray[np.float64]:
        """Received and paid (n,)."""
        found: NDArray[np.float64] = self.value.sum(axis=0) + self.value.sum(axis=1)
        return found


@style.styled
def network(
    tables: Tables, *, language: str = "en", rail: str | None = None, most: int = MOST, arrows: int = ARROWS,
    width_mm: float = style.WIDTH_MM,
) -> Figure:  # fmt: skip
    """A circle for each participant, those that paid most on one side and those that received most on the other.

    Parameters
    ----------
    rail : str      the rail; the one with the most settled obligations if None
    most : int      how many participants at most, by value paid and received; the others are one circle
    arrows : int    how many arrows at most, the largest
    """
    rail = busiest_rail(tables) if rail is None else rail
    name = "–" if rail is None else style.drawable(tables.label("rails", rail, language), rail)
    title = say("network_title", language, name)
    found = None if rail is None else network_of(tables, rail, most)
    if found is None:
        return style.nothing(tables, title, say("no_flows", language), language, width_mm)
    unit, unit_name = style.scale(int(np.abs(found.net).max()), found.currency, language)
    links = _links(found.value)
    subtitle = say("network_subtitle", language, unit_name)
    if len(links) > arrows:
        subtitle += say("comma", language) + say("largest_of", language, arrows, len(links))
    narrow = width_mm < NARROW_MM
    high = 64.0 if narrow else 104.0
    sheet = open_sheet(tables, title, subtitle, high + 2, language, width_mm, _keys(language))
    axes = sheet.axes(0, 0, width_mm, high)
    axes.set_xlim(-width_mm / 2, width_mm / 2)
    axes.set_ylim(-high / 2, high / 2)
    axes.set_axis_off()
    radius = high / 2 - 8 if not narrow else 21.0
    places = _circle(found.net, radius)
    sizes = LARGEST_MM * (0.7 if narrow else 1) * np.sqrt(found.turnover / found.turnover.max())
    _arrows(axes, links[:arrows], places, sizes, narrow)
    for place, size, net in zip(places, sizes, found.net):
        axes.scatter(
            place[0], place[1], s=max(size / style.POINT_MM, 3.0) ** 2, color=SIGN[bool(net >= 0)], edgecolor="white",
            linewidth=0.6, zorder=3,
        )  # fmt: skip
    labels = [_label(tables, found, k, unit, language, width_mm) for k in range(len(found.names))]
    _labels(axes, labels, places, sizes, radius, high)
    return sheet.figure


def network_of(tables: Tables, rail: str, most: int) -> Network | None:
    """Flows between the participants of a rail, by value paid and received; None if nobody paid another."""
    flows, words = Flows(), {"rail": Words(), "currency": Words()}
    words |= {"debtor": flows.names, "creditor": flows.names}
    columns = ("rail", "debtor", "creditor", "currency", "amount_minor")
    currency = ""
    for batch in settled(tables, columns, words, (*PAYING, "return", "refund")):
        here = batch["rail"] == words["rail"].position(rail)
        if here.any():
            flows.add(batch["debtor"][here], batch["creditor"][here], batch["amount_minor"][here])
            currency = words["currency"].words[int(batch["currency"][here][0])]
    value = flows.value
    np.fill_diagonal(value, 0.0)
    turnover = value.sum(axis=0) + value.sum(axis=1)
    order = [k for k in np.argsort(-turnover, kind="stable").tolist() if turnover[k] > 0]
    if not order:
        return None
    shown, rest = (order, []) if len(order) <= most + 1 else (order[:most], order[most:])
    names = [flows.names.words[k] for k in shown]
    small = value[np.ix_(shown, shown)]
    if rest:
        # What flows among the others is inside their circle and no arrow.
        small = np.pad(small, (0, 1))
        small[:-1, -1] = value[np.ix_(shown, rest)].sum(axis=1)
        small[-1, :-1] = value[np.ix_(rest, shown)].sum(axis=0)
        names.append("")
    return Network(names, len(rest), currency, small)


def _links(value: NDArray[np.float64]) -> list[tuple[int, int, float]]:
    """Net payer, net payee and value of each pair between which anything is left, the largest first."""
    net = value - value.T
    pairs = [(int(a), int(b), float(net[a, b])) for a, b in np.argwhere(net > 0)]
    return sorted(pairs, key=lambda link: (-link[2], link[0], link[1]))


def _circle(net: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Places (n, 2) in mm: who received most stands at the top on the right, who paid most at the top on the left."""
    order = np.argsort(-net, kind="stable")
    n = net.size
    right = order[: n - n // 2]
    left = order[n - n // 2 :][::-1]
    places = np.zeros((n, 2))
    for side, members in ((1, right), (-1, left)):
        for k, member in enumerate(members.tolist()):
            angle = np.pi * (0.5 - (k + 0.5) / len(members))
            places[member] = side * radius * np.cos(angle), radius * np.sin(angle)
    return places


def _arrows(
    axes: Axes, links: list[tuple[int, int, float]], places: NDArray[np.float64], sizes: NDArray[np.float64],
    narrow: bool,
) -> None:  # fmt: skip
    for payer, payee, value in links[::-1]:
        share = value / links[0][2]
        width = max(0.25, WIDEST_MM * (0.7 if narrow else 1) * share) / style.POINT_MM
        apart = float(np.hypot(*(places[payee] - places[payer]))) - (sizes[payer] + sizes[payee]) / 2
        head = min(3.5 + 1.3 * width, max(apart, 0.5) / style.POINT_MM / 2)  # never longer than the arrow
        axes.add_patch(
            FancyArrowPatch(
                tuple(places[payer]), tuple(places[payee]), connectionstyle="arc3,rad=0.13",
                arrowstyle=f"simple,tail_width={width},head_width={2.4 + 2.2 * width},head_length={head}",
                shrinkA=sizes[payer] / 2 / style.POINT_MM, shrinkB=sizes[payee] / 2 / style.POINT_MM + 0.5,
                mutation_scale=1, linewidth=0, color=style.GREY, alpha=0.35 + 0.4 * share, zorder=1,
            )
        )  # fmt: skip


def _label(tables: Tables, found: Network, k: int, unit: float, language: str, width_mm: float) -> str:
    net = found.net[k] / unit
    number = f"{'+' if net > 0 else '−' if net < 0 else ''}{style.number(abs(float(net)))}"
    if not found.names[k]:
        return f"{say('others', language, found.others)}\n{number}"
    who, name = found.names[k], tables.label("participants", found.names[k], language)
    name = who if width_mm < NARROW_MM and style.width_em(name) > 7 else style.wrapped(name, 15)
    return f"{style.drawable(name, who)}\n{number}"


def _labels(
    axes: Axes, labels: list[str], places: NDArray[np.float64], sizes: NDArray[np.float64], radius: float, high: float
) -> None:
    for side in (1, -1):
        members = [k for k in range(len(labels)) if places[k, 0] * side > 0]
        heights = [3.0 * (labels[k].count("\n") + 1) + 1.2 for k in members]
        spread = style.spread([float(places[k, 1]) for k in members], heights, -high / 2, high / 2)
        for k, place in zip(members, spread):
            # A label stands beside its circle, or where it had to move, in line with the widest of the ring.
            beside = float(places[k, 0]) * side + sizes[k] / 2 + 1.5
            x = beside if abs(place - places[k, 1]) < 0.5 else max(beside, radius * 0.45 + 3)
            axes.annotate(
                labels[k], (places[k, 0] + side * sizes[k] / 2, places[k, 1]), (side * x, place),
                ha="left" if side > 0 else "right", va="center",
                fontsize=7, linespacing=1.1, zorder=4,
                arrowprops=None if x == beside else {
                    "arrowstyle": "-", "color": style.GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip


def _keys(language: str) -> list[Key]:
    def dot(colour: str, text: str) -> Line2D:
        return Line2D([], [], color=colour, marker="o", linestyle="", markersize=5, label=say(text, language))

    return [dot(SIGN[False], "net_payer"), dot(SIGN[True], "net_receiver"), dot(style.GREY, "area_turnover")]
