"""Rates of currencies that the ECB doesn't quote: held against one that it does, an assumption to be shown as such.

The table is package data (`fx/data/anchored_rates.csv`). BND is at par with SGD by agreement between the two countries;
the others are levels of one day against USD, which no run may take for a history.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from fx.convert import divide_rate
from fx.rates import RateNotFound, RatePath, rate_on

ONE = Decimal(1)


@dataclass(frozen=True)
class Anchor:
    """A currency held at a fixed rate against another."""

    code: str
    """ISO 4217 code."""
    anchor: str
    """The currency whose published rates it follows."""
    rate: Decimal
    """Units of `code` for one unit of `anchor`."""
    day: str
    """When the rate was seen; empty where it holds by agreement."""
    status: str
    """published, derived or assumed."""
    source: str
    note: str

    def __str__(self) -> str:
        held = f"{self.rate} {self.code} for one {self.anchor}"
        if not self.day:
            return f"{self.status}: {held} ({self.source}); {self.note}"
        return f"assumed: {held}, as on {self.day} ({self.status}: {self.source}); {self.note}"


@cache
def _anchors() -> dict[str, Anchor]:
    with files("fx").joinpath("data/anchored_rates.csv").open("r", encoding="utf-8") as file:
        return {
            row["code"]: Anchor(
                code=row["code"], anchor=row["anchor"], rate=Decimal(row["rate"]), day=row["date"],
                status=row["status"], source=row["source"], note=row["note"],
            )
            for row in csv.DictReader(file)
        }  # fmt: skip


def anchored_currencies() -> tuple[str, ...]:
    """Return the currencies of the table, sorted."""
    return tuple(sorted(_anchors()))


def anchors_of(*codes: str) -> Iterator[Anchor]:
    """The entries of those of the currencies that stand in the table."""
    return (_anchors()[code] for code in codes if code in _anchors())


def _followed(code: str) -> tuple[str, Decimal]:
    """The quoted currency that a currency follows, and units of the one for one unit of the other."""
    anchor = _anchors().get(code)
    return (code, ONE) if anchor is None else (anchor.anchor, anchor.rate)


def anchored_path(source: str, target: str, start: date, days: int) -> RatePath:
    """Return the path of a pair over a run, where either currency may follow another.

    Raises
    ------
    RateNotFound    as for `RatePath.from_history`, for the currencies that are followed
    """
    (from_code, from_rate), (to_code, to_rate) = _followed(source), _followed(target)
    if from_code == to_code:
        return RatePath.constant(source, target, divide_rate(to_rate, from_rate))
    path = RatePath.from_history(from_code, to_code, start, days)
    return RatePath(source, target, path.times_us, tuple(divide_rate(r * to_rate, from_rate) for r in path.rates))


def anchored_on(source: str, target: str, day: date) -> Decimal:
    """Return the rate of a pair on a day, where either currency may follow another; RateNotFound as `rate_on`."""
    (from_code, from_rate), (to_code, to_rate) = _followed(source), _followed(target)
    return divide_rate(rate_on(from_code, to_code, day)[0] * to_rate, from_rate)


__all__ = ["Anchor", "RateNotFound", "anchored_currencies", "anchored_on", "anchored_path", "anchors_of"]
