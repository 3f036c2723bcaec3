"""The two pictures of the netting benchmark: quality against time, and time against size."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from analysis.plots import style

Records = list[dict[str, Any]]
Point = tuple[float, float, str]  # x, y, name of the algorithm
Looks = dict[str, tuple[str, str]]  # its colour and mark
MARKS = ("o", "s", "^", "D", "v")


def _look(names: list[str]) -> Looks:
    """Colour and mark of each algorithm; luhai_best is always the same."""
    others = [name for name in names if name != "luhai_best"]
    colours = [colour for colour in style.COLOURS if colour != style.VERMILLION]
    looks = {name: (colours[k % len(colours)], MARKS[k // len(colours) % len(MARKS)]) for k, name in enumerate(others)}
    return {**looks, "luhai_best": (style.VERMILLION, "o")}


def _note(figure: Any, document: dict[str, Any]) -> None:
    high = figure.get_size_inches()[1] / style.MM
    load = document["load_before"][0] if document["load_before"] else "unknown"
    text = f"{document['command']} · {document['machine']['cpu']} · load {load}"
    figure.text(1 - 2 / style.WIDTH_MM, 1.5 / high, text, fontsize=6, color=style.GREY, ha="right", va="bottom")


def _save(figure: Any, path: Path) -> None:
    """Write a picture in 64 colours, which is a third of the bytes and looks the same."""
    from PIL import Image

    style.save(figure, path, "png")
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def _power(value: float, _: object) -> str:
    """A tick of a logarithmic axis, in digits."""
    return f"{value:,.0f}" if value >= 1 else f"{value:.10f}".rstrip("0")


def _logarithmic(axis: Any) -> None:
    axis.set_major_formatter(_power)
    axis.set_minor_formatter(lambda value, _: "")


def _name_points(axes: Axes, points: list[Point], looks: Looks, apart: float) -> None:
    """Names to the right of the axes, moved apart, each with a thin line to its point."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log":
        heights = [math.log(y / low) / math.log(high / low) for _, y, _ in points]
    else:
        heights = [(y - low) / (high - low) for _, y, _ in points]
    places = style.spread(heights, [apart] * len(points), 0.0, 1.0)
    for (x, y, name), place in zip(points, places):
        axes.annotate(
            name, (x, y), (1.03, place), xycoords="data", textcoords="axes fraction",
            color=looks[name.partition(" (")[0]][0],
            fontsize=6.5, va="center", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": style.PALE, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3,
                        "relpos": (0.0, 0.5)},
        )  # fmt: skip


def quality(records: Records, document: dict[str, Any], path: Path) -> None:
    """One point for each mechanism: mean share of the bound over families against median time per payment.

    A mechanism that was left out in some family at a size is left out there, since its mean would be of other queues.
    """
    ran = [each for each in records if not each["skipped"] and each["kind"] == "mechanism"]
    sizes = sorted({each["payments"] for each in ran if each["payments"] <= 100_000})
    shown = [size for size in (200, 10_000, 100_000) if size in sizes] or sizes[-1:]
    looks = _look(sorted({each["algorithm"] for each in ran}))
    with style.settings():
        figure = style.new_figure(30 + 62 * len(shown))
        panels = figure.subplots(
            len(shown), 1, sharex=True, squeeze=False,
            gridspec_kw={"hspace": 0.22, **style.margins(figure, left=14, right=46, top=17, bottom=16)},
        )[:, 0]  # fmt: skip
        style.heading(
            figure,
            "How much settles, and how long it takes",
            "Value settled, % of the bound if payments were divisible: mean over families, against median time",
        )
        points_of: list[list[Point]] = []
        for axes, size in zip(panels, shown):
            here = [each for each in ran if each["payments"] == size]
            families = {each["family"] for each in here}
            points: list[Point] = []
            for name in looks:
                mine = [each for each in here if each["algorithm"] == name]
                if {each["family"] for each in mine} == families:
                    y = 100 * statistics.fmean(each["share_of_bound"] for each in mine)
                    points.append((statistics.median(each["ns_per_payment"] for each in mine), y, name))
            for x, y, name in points:
                colour, mark = looks[name]
                axes.plot(x, y, mark, color=colour, markersize=7 if name == "luhai_best" else 4.5, clip_on=False)
            axes.set_xscale("log")
            axes.set_ylim(0, 102)
            axes.set_title(f"{size:,} payments, {len(families)} families")
            stopped = any(each["proven"] is False for each in here)
            points_of.append(
                [
                    (x, y, "optimum (not always proven)" if stopped and name == "optimum" else name)
                    for x, y, name in points
                ]
            )
        _logarithmic(panels[-1].xaxis)
        panels[-1].set_xlabel("processor time, ns per queued payment")
        for axes, points in zip(panels, points_of):
            _name_points(axes, points, looks, 0.062)
        _note(figure, document)
        _save(figure, path)


def times_by_size(records: Records, document: dict[str, Any], path: Path) -> None:
    """One line for each algorithm: median processor time of a run against payments in the queue.

    Each line is of the families that the algorithm ran on at all its sizes.
    """
    ran = [each for each in records if not each["skipped"]]
    names = sorted({each["algorithm"] for each in ran})
    looks = _look(names)
    with style.settings():
        figure = style.new_figure(120)
        axes = figure.subplots(gridspec_kw=style.margins(figure, left=20, right=46, top=17, bottom=16))
        style.heading(
            figure, "How time grows with the queue", "Processor time of one run; median over families and seeds"
        )
        ends: list[Point] = []
        for name in names:
            mine = [each for each in ran if each["algorithm"] == name]
            sizes = sorted({each["payments"] for each in mine})
            on = [{each["family"] for each in mine if each["payments"] == size} for size in sizes]
            common = set.intersection(*on)
            y = [
                statistics.median(
                    each["cpu_s"] for each in mine if each["payments"] == size and each["family"] in common
                )
                for size in sizes
            ]
            axes.plot(sizes, y, color=looks[name][0], marker=looks[name][1], markersize=3)
            ends.append((sizes[-1], y[-1], name))
        axes.set_xscale("log")
        axes.set_yscale("log")
        _logarithmic(axes.xaxis)
        _logarithmic(axes.yaxis)
        axes.set_xlabel("payments in the queue")
        axes.set_ylabel("seconds")
        _name_points(axes, ends, looks, 0.038)
        _note(figure, document)
        _save(figure, path)
