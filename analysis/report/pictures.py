"""The pictures of a run as data: addresses, so that the page needs no other file."""

from __future__ import annotations

import tempfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from analysis.plots import FIGURES, draw, possible, standard, style
from analysis.tables import Tables

MOST_BYTES: Final = 160_000
"""A drawing of more bytes than this goes in as pixels: a picture of many accounts is a long list of strokes."""
_TYPES: Final = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True)
class Picture:
    """One picture: what it shows in words, and ``data:`` with its bytes in base64."""

    shows: str
    data: str


def chosen(tables: Tables, alone: bool) -> list[str]:
    """The standard pictures; for a run that stands alone also those of queues, rails and conversions if it has them."""
    paid, several = tables.rows("payments") > 0, len(tables.scenario.get("rails", {})) > 1
    more = {
        "queue_heatmap": bool((tables.numbers("balances", "queued_minor") > 0).any()),
        "settled_by_rail": paid and several,
        "settlement_hours": several,
        "settlement_risk": paid and tables.rows("fx") > 0,
        "network": paid,
    }
    common = standard(tables)
    return [name for name in possible(tables) if name in common or (alone and more.get(name, False))]


def pictures(tables: Tables, language: str, alone: bool = True) -> list[Picture]:
    """The pictures of a run that suit it, in the order of the registry."""
    found = []
    with tempfile.TemporaryDirectory(prefix="luhai-report-") as folder:
        for name in chosen(tables, alone):
            figure = draw(tables, name, language=language)
            if style.why_nothing(figure) and name != "account_intraday":  # which says that there are no balances
                continue
            for form in ("svg", "png"):
                path = Path(folder) / f"{name}.{form}"
                style.save(figure, path, form)
                if path.stat().st_size <= MOST_BYTES:
                    break
            shows = FIGURES[name].shows_zh if language == "zh" else FIGURES[name].shows
            data = f"data:{_TYPES[form]};base64,{b64encode(path.read_bytes()).decode()}"
            found.append(Picture(shows[0].upper() + shows[1:], data))
    return found
