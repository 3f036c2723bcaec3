"""How every picture looks: size, colours, fonts, amounts, the line in the corner, and files of fixed bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache, wraps
from pathlib import Path
from typing import Any, Final, ParamSpec

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from analysis.plots.words import say
from analysis.tables import Tables
from fx.currency import exponent, is_currency

MM: Final = 1 / 25.4
POINT_MM: Final = 25.4 / 72
WIDTH_MM: Final = 170.0
COLUMN_MM: Final = 85.0
"""The text width of a page, and one of its two columns."""
# Okabe and Ito (2008), https://jfly.uni-koeln.de/color/, without yellow, which is lost on white paper.
BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, BLACK = "#CC79A7", "#56B4E9", "#000000"
COLOURS: Final = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
GREY, PALE, SHADE = "#666666", "#D8D8D8", "#EAF1F6"
FONT: Final = Path(__file__).resolve().parent.parent / "data" / "LuhaiCJK.otf"
SETTINGS: Final[dict[str, Any]] = {
    "font.family": ["DejaVu Sans", "Luhai CJK"],
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "axes.titlelocation": "left",
    "axes.titlepad": 3.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": GREY,
    "axes.labelcolor": "black",
    "axes.unicode_minus": True,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.1,
    "figure.dpi": 150.0,
    "savefig.dpi": 200.0,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "svg.hashsalt": "luhai",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": True,
}
# What a file would say of the hour it was made, or of who made it.
METADATA: Final[dict[str, dict[str, Any]]] = {
    "png": {"Software": "Luhai"},
    "svg": {"Date": None, "Creator": "Luhai"},
    "pdf": {"CreationDate": None, "Creator": "Luhai", "Producer": None},
}
Parameters = ParamSpec("Parameters")


def settings() -> AbstractContextManager[None]:
    """Within it, figures are made and saved in this style."""
    _register_font()
    defaults: Any = matplotlib.rcParamsDefault
    everything: Any = {**defaults, **SETTINGS, "backend": "agg"}
    return matplotlib.rc_context(everything)


def styled(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Make a figure function draw in this style, whatever the caller's own settings are."""

    @wraps(draw)
    def inside(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with settings():
            return draw(*args, **kwargs)

    return inside


@cache
def _register_font() -> None:
    font_manager.fontManager.addfont(str(FONT))


@cache
def _characters() -> frozenset[int]:
    latin = font_manager.findfont("DejaVu Sans")
    return frozenset(FT2Font(latin).get_charmap()) | frozenset(FT2Font(str(FONT)).get_charmap())


def drawable(text: str, fallback: str) -> str:
    """A text if our two fonts have all its characters, else the fallback, with a box for what that one lacks."""
    if all(ord(character) in _characters() for character in text if character != "\n"):
        return text
    return "".join(character if ord(character) in _characters() else "□" for character in fallback)


def width_em(text: str) -> float:
    """About how wide a text is, in units of its font size."""
    return sum(1.0 if ord(character) > 0x2E7F else 0.6 for character in text)


def chinese(text: str) -> bool:
    """Whether a text has Chinese characters, which are as wide as high."""
    return any(ord(character) > 0x2E7F for character in text)


def wrapped(text: str, most_em: float) -> str:
    """A text in lines of at most this width: broken between words, in Chinese anywhere but before a mark."""
    lines, line = [], ""
    for piece in re.findall(r"[⺀-￿][，。、；：）]*|[^⺀-￿\s]+[，。、；：）]*|\s+", text):
        if line.strip() and piece.strip() and width_em(line + piece) > most_em:
            lines.append(line.strip())
            line = ""
        line += piece
    return "\n".join([*lines, line.strip()])


def new_figure(height_mm: float, width_mm: float = WIDTH_MM) -> Figure:
    """An empty figure, as wide as a page."""
    figure = Figure(figsize=(width_mm * MM, height_mm * MM))
    FigureCanvasAgg(figure)
    return figure


def margins(figure: Figure, *, left: float, right: float, top: float, bottom: float) -> dict[str, float]:
    """Margins in mm as fractions of the figure, for a grid of axes."""
    wide, high = figure.get_size_inches() / MM
    return {"left": left / wide, "right": 1 - right / wide, "top": 1 - top / high, "bottom": bottom / high}


def heading(figure: Figure, title: str, subtitle: str) -> float:
    """Title and subtitle in the upper left corner, in as many lines as they need; where they end, mm from the top."""
    wide, high = figure.get_size_inches() / MM
    place = 2.0
    for text, size, line_mm, colour in ((title, 10, 4.3, BLACK), (subtitle, 8, 3.5, GREY)):
        lines = wrapped(text, (wide - 4) / (size * POINT_MM * (1 if chinese(text) else 0.88)))
        figure.text(2 / wide, 1 - place / high, lines, fontsize=size, color=colour, va="top", linespacing=1.15)
        place += 0.7 + line_mm * (lines.count("\n") + 1)
    return place


def heading_mm(title: str, subtitle: str, width_mm: float) -> float:
    """How high :func:`heading` will be on a figure of this width."""
    return heading(new_figure(100, width_mm), title, subtitle)


def corner(figure: Figure, tables: Tables | Sequence[Tables], language: str) -> None:
    """Which run this is, in the lower right corner: scenario, seed, digest of the tables, version; or which runs."""
    runs = [tables] if isinstance(tables, Tables) else list(tables)
    manifest = runs[0].manifest
    versions = manifest.get("versions")
    version = versions.get("luhai", "") if isinstance(versions, dict) else ""
    parts = list(dict.fromkeys(run.name for run in runs))[:3]
    seeds = dict.fromkeys(run.manifest.get("seed") for run in runs)
    if len(seeds) == 1 and manifest.get("seed") is not None:
        parts.append(f"{say('seed', language)} {manifest['seed']}")
    several = say("runs", language, len(runs))
    parts.append(f"{say('tables', language)} {runs[0].digest[:12]}" if len(runs) == 1 else several)
    text = " · ".join([*parts, f"Luhai {version}".strip()])
    wide, high = figure.get_size_inches() / MM
    # Never wider than the figure, whatever the scenario is called.
    size = min(6.0, (wide - 4) / POINT_MM / max(1.0, width_em(text)))
    figure.text(1 - 2 / wide, 1.5 / high, drawable(text, text), fontsize=size, color=GREY, ha="right", va="bottom")


def nothing(
    tables: Tables | Sequence[Tables], title: str, text: str, language: str, width_mm: float = WIDTH_MM
) -> Figure:
    """A figure that says why there is nothing to see."""
    figure = new_figure(60, width_mm)
    heading(figure, title, "")
    lines = wrapped(text, (width_mm - 8) / (8 * POINT_MM))
    figure.text(0.5, 0.5, lines, ha="center", va="center", color=GREY)
    corner(figure, tables, language)
    figure.set_label(text)
    return figure


def why_nothing(figure: Figure) -> str:
    """What a figure of :func:`nothing` says; empty for one that shows something."""
    return "" if figure.axes else str(figure.get_label())


def scale(largest_minor: int, currency: str, language: str) -> tuple[float, str]:
    """Minor units for one unit of the axis, and what that unit is called: 1e8 and "mn CNY"."""
    power = exponent(currency) if is_currency(currency) else 0
    value = largest_minor / 10**power
    chinese = ((1e12, "万亿"), (1e8, "亿"), (1e4, "万"))
    english = ((1e12, "tn"), (1e9, "bn"), (1e6, "mn"), (1e3, "thousand"))
    for size, word in chinese if language == "zh" else english:
        if value >= size:
            return size * 10**power, f"{word} {currency}"
    return float(10**power), currency


def number(value: float) -> str:
    """A value with three digits that count, two below one."""
    if abs(value) >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2g}"


def spread(places: Sequence[float], apart: Sequence[float], low: float, high: float) -> list[float]:
    """Places moved as little as needed so that neighbours stand apart, inside low to high where there is room.

    ``apart`` is the height of each; order is kept.
    """
    order = sorted(range(len(places)), key=lambda k: places[k])
    # Neighbours that would overlap join a block, which lies where its members' wishes balance.
    blocks: list[tuple[float, list[int], float, float]] = []  # start, members, height, sum of wished starts
    for k in order:
        members, height, wishes = [k], apart[k], places[k] - apart[k] / 2
        start = min(max(wishes, low), high - height)
        while blocks and blocks[-1][0] + blocks[-1][2] > start:
            _, before, above, theirs = blocks.pop()
            wishes += theirs - above * len(members)
            members, height = before + members, above + height
            start = min(max(wishes / len(members), low), high - height)
        blocks.append((start, members, height, wishes))
    moved = list(places)
    for start, members, _, _ in blocks:
        for k in members:
            moved[k] = start + apart[k] / 2
            start += apart[k]
    return moved


def bare(axes: Axes) -> None:
    """Take away ticks and labels of the x axis; the panel below has them."""
    axes.tick_params(axis="x", which="both", length=0, labelbottom=False)


def save(figure: Figure, path: Path, form: str) -> None:
    """Write a picture: the same tables give the same bytes. It appears whole or not at all."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with settings(), hidden.open("wb") as file:
            # As type 42, matplotlib announces our CFF font as TrueType, which strict readers refuse; type 3 is drawn.
            ours = any(chinese(text.get_text()) for text in figure.findobj(Text))
            matplotlib.rcParams["pdf.fonttype"] = 3 if ours else 42
            figure.savefig(file, format=form, metadata=METADATA[form])
        os.replace(hidden, path)
    finally:
        hidden.unlink(missing_ok=True)
