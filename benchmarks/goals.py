"""A goal, the figure measured for it, and whether it was met."""

from __future__ import annotations

from typing import Any, NamedTuple


class Goal(NamedTuple):
    """``figure`` is None where it could not be measured; ``note`` then says why."""

    what: str
    figure: float | None
    wanted: float
    at_least: bool
    unit: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal was reached; None if it was not measured."""
        if self.figure is None:
            return None
        return self.figure >= self.wanted if self.at_least else self.figure <= self.wanted

    def record(self) -> dict[str, Any]:
        """For the JSON."""
        sign = ">=" if self.at_least else "<="
        return {**self._asdict(), "goal": f"{sign} {self.wanted:g} {self.unit}".strip(), "met": self.met}

    def row(self) -> tuple[str, str, str, str]:
        """For the table."""
        figure = "-" if self.figure is None else f"{self.figure:.3g} {self.unit}".strip()
        word = {True: "met", False: "NOT MET", None: "not measured"}[self.met]
        return self.what, figure, self.record()["goal"], f"{word}; {self.note}" if self.note else word
