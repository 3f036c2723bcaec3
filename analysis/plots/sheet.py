"""A page or column to draw on: title, subtitle, keys and corner in their places, axes placed in millimetres below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.plots import style
from analysis.tables import Tables

Key = Line2D | Patch
KEY_MM, BOTTOM_MM, NARROW_MM = 3.6, 5.0, 120.0
PANELS = 6
"""How many panels stand one below the other at most."""
LABEL_MM = 3.1
"""One line of a label of 7 points."""


@dataclass(frozen=True)
class Sheet:
    """A figure with its heading; ``wide`` and ``top`` (where the body begins) in mm."""

    figure: Figure
    wide: float
    top: float

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose upper left corner stands so far from the left edge and below the top of the body, in mm."""
        high = self.figure.get_size_inches()[1] / style.MM
        place = left / self.wide, 1 - (self.top + top + height) / high, width / self.wide, height / high
        return self.figure.add_axes(place)


def open_sheet(
    tables: Tables | Sequence[Tables], title: str, subtitle: str, body_mm: float, language: str, width_mm: float,
    keys: Sequence[Key] = (),
) -> Sheet:  # fmt: skip
    """A figure just high enough for its heading, its keys and a body of ``body_mm``."""
    columns = _columns(keys, width_mm)
    keys_mm = KEY_MM * -(-len(keys) // columns) + 1.5 if keys else 0.0
    heading_mm = style.heading_mm(title, subtitle, width_mm)
    top = heading_mm + keys_mm + 1.5
    figure = style.new_figure(top + body_mm + BOTTOM_MM, width_mm)
    style.heading(figure, title, subtitle)
    if keys:
        high = figure.get_size_inches()[1] / style.MM
        figure.legend(
            handles=list(keys), loc="upper left", bbox_to_anchor=(2 / width_mm, 1 - (heading_mm + 0.8) / high),
            ncols=columns, frameon=False, fontsize=7, handlelength=1.8, columnspacing=1.6, borderaxespad=0, borderpad=0,
            labelspacing=0.35,
        )  # fmt: skip
    style.corner(figure, tables, language)
    return Sheet(figure, width_mm, top)


def _columns(keys: Sequence[Key], width_mm: float) -> int:
    """How many keys fit side by side."""
    if not keys:
        return 1
    widths = [(style.width_em(str(key.get_label())) * 0.92 + 4.5) * 7 * style.POINT_MM for key in keys]
    for columns in range(len(keys), 1, -1):
        # A legend fills column by column, the first ones with one more.
        if sum(part.max() for part in np.array_split(np.array(widths), columns)) <= width_mm - 4:
            return columns
    return 1


def axis_mm(label: str) -> float:
    """How much room an axis with ticks and this label below needs."""
    return 5.5 + 3.6 * (label.count("\n") + 1)


def panel_mm(whole: float, panels: int) -> float:
    """How high each of several panels is, so that all of them stay on a page."""
    return whole * (1.0 if panels <= 2 else 0.8 if panels <= 4 else 0.6 if panels <= 6 else 0.45)


def labels_mm(texts: Sequence[str]) -> float:
    """How high a stack of labels of line ends is."""
    return sum(label_mm(text) for text in texts)


def label_mm(text: str) -> float:
    """How high one is."""
    return LABEL_MM * (text.count("\n") + 1.4)


def end_labels(axes: Axes, texts: Sequence[str], values: Sequence[float], colours: Sequence[str]) -> None:
    """Names at the right end of lines, moved apart where they would overlap, with a thin leader where they moved."""
    low, high = axes.get_ylim()
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure_mm = figure.get_size_inches()[1] / style.MM
    per_mm = (high - low) / (axes.get_position().height * figure_mm)
    heights = [label_mm(text) * per_mm for text in texts]
    places = style.spread(values, heights, low, high + LABEL_MM * per_mm)  # below it are ticks
    for text, value, place, colour in zip(texts, values, places, colours):
        axes.annotate(
            text, (1, value), (1.025, place), xycoords=axes.get_yaxis_transform(),
            textcoords=axes.get_yaxis_transform(), fontsize=7, color=colour, va="center", annotation_clip=False,
            linespacing=1.15, arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0,
                                          "shrinkB": 0, "relpos": (0, 0.5)},
        )  # fmt: skip


def amount_axis(axes: Axes, most: int = 4) -> None:
    """Few round ticks on an axis of amounts."""
    axes.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}".replace("-", "−")))
