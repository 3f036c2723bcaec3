"""A table as the report's page draws it: cells that know whether they are heads or numbers, and rows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True)
class Cell:
    """One cell; all texts are plain and escaped by the page."""

    text: str = ""
    value: str = ""
    """The number behind ``text``, exact: whole minor units or counts, fractions as ``a/b``; empty for words."""
    lines: Sequence[str] = ()
    """Further lines below the first."""
    code: str = ""
    """A name as the scenario has it, set beside the text."""
    number: bool = False
    link: str = ""
    """The id of the place in the page where the word is explained."""
    anchor: str = ""
    """The id of this place, for links to it."""
    title: str = ""
    marks: Sequence[str] = ()
    """Statuses of inputs: published, derived, assumed."""


@dataclass(frozen=True)
class Table:
    """``heads`` has one cell per column; the first ``n_heads`` cells of a row are its heads."""

    id: str
    caption: str
    heads: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    n_heads: int = 1
    note: str = ""

    def without_empty_columns(self) -> Table:
        """The same table without columns in which no row says anything."""
        kept = [k for k in range(len(self.heads)) if not self.rows or any(row[k] not in EMPTY for row in self.rows)]
        rows = [[row[k] for k in kept] for row in self.rows]
        n_heads = sum(k < self.n_heads for k in kept)
        return replace(self, heads=[self.heads[k] for k in kept], rows=rows, n_heads=n_heads)


EMPTY: Final = (Cell(), Cell("–", number=True))
"""What a cell is that says nothing."""


@dataclass
class Rows:
    """Rows that are collected up to a limit, and how many were beyond it."""

    most: int
    kept: list[list[Cell]] = field(default_factory=list)
    dropped: int = 0

    def add(self, row: list[Cell]) -> None:
        """Keep a row if there is room."""
        if len(self.kept) < self.most:
            self.kept.append(row)
        else:
            self.dropped += 1
