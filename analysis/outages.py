"""What was out in a run and when, as ``events`` say, and which obligations that concerns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import batches, numbers
from analysis.tables import Tables

_SIDES: Final = {"outage_began": 1, "dealer_out": 1, "link_out": 1,
                 "outage_ended": -1, "dealer_back": -1, "link_back": -1}  # fmt: skip
_HOURS: Final = {"opened": True, "opening_missed": True, "closed": False}
_MINUTE, _SECOND = 60_000_000, 1_000_000
NEVER: Final = 2**62


@dataclass(frozen=True)
class Hours:
    """When a rail would have been open by its hours, outages or not: rising, microseconds UTC."""

    opens: NDArray[np.int64]
    closes: NDArray[np.int64]

    def next_open(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) each instant, or where the rail is closed then, its next opening; a time beyond all others for none."""
        at = np.searchsorted(self.closes, time, side="right")  # the first hours that end after it
        found = np.full(time.size, NEVER, np.int64)
        some = at < self.opens.size
        found[some] = np.maximum(time[some], self.opens[at[some]])
        return found


@dataclass
class Out:
    """One thing for the time it was out: from ``begin`` on until, and without, ``end``, microseconds UTC.

    ``label`` is the outage's name and beginning; where outages overlap or touch on one thing, that of the first.
    """

    label: str
    kind: str
    """``rail``, ``participant``, ``dealer`` or ``link``."""
    name: str
    begin: int
    end: int
    is_over: bool
    """Whether it ended within the run."""
    hours: Hours | None = None
    """Of a rail: its hours, in outages too."""

    def since(self, entered: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) from when on what came at these instants waited for the end; -1: it came before or after, or waits for
        the rail's hours and not for the end of the outage.
        """
        found = entered if self.hours is None else self.hours.next_open(entered)
        return np.where((found >= self.begin) & (found < self.end), found, -1)


_SHUT: Final = Hours(np.zeros(0, np.int64), np.zeros(0, np.int64))


def outages(tables: Tables) -> list[Out]:
    """Everything that was out, in the order in which it began."""
    terms = tables.scenario.get("outages", {})
    if not terms:
        return []
    span = tables.span()
    run_end = span[1] if span else 0
    begun: dict[tuple[str, str], tuple[int, Out]] = {}  # by how many outages
    found: list[Out] = []
    for event, rail, who, detail, time in _events(tables):
        if event in _SIDES:
            kind, name = ("rail", rail) if rail else ("participant", who)
            if event in ("dealer_out", "dealer_back"):
                kind = "dealer"
            elif event in ("link_out", "link_back"):
                kind, name = "link", detail
            count, out = begun.get((kind, name), (0, None))
            if not count or out is None:
                cause = _cause(terms, detail) if kind == "link" else detail
                out = Out(f"{cause} {_clock(time)}", kind, name, time, run_end, False)
                found.append(out)
            count += _SIDES[event]
            out.end, out.is_over = (time, True) if not count else (run_end, False)
            # What one outage hands over to the next at one instant began before the other ended, so it is one.
            begun[kind, name] = count, out
    hours = rail_hours(tables)
    for out in found:
        if out.kind == "rail":
            out.hours = hours.get(out.name)
    return found


def rail_hours(tables: Tables) -> dict[str, Hours]:
    """The hours of every rail that ever opened, or should have."""
    changes: dict[str, list[tuple[int, bool]]] = {}
    for event, rail, _, _, time in _events(tables):
        if event in _HOURS:
            changes.setdefault(rail, []).append((time, _HOURS[event]))
    found = {}
    for rail, mine in changes.items():
        spans: list[tuple[int, int]] = []
        since: int | None = None
        for time, opens in sorted(mine):  # a closing before an opening of the same instant
            if opens:
                since = time if since is None else since  # opened late, after the opening that it missed
            elif since is not None:
                spans.append((since, time))
                since = None
        if since is not None:
            spans.append((since, NEVER))
        found[rail] = Hours(*(np.array(side, np.int64) for side in zip(*spans, strict=True))) if spans else _SHUT
    return found


def _events(tables: Tables) -> Iterator[tuple[Any, ...]]:
    names = ("event", "rail", "participant", "detail")
    for batch in batches(tables, "events", (*names, "time")):
        columns = [batch[name].to_pylist() for name in names]
        yield from zip(*columns, numbers(batch["time"]).tolist(), strict=True)


def _cause(terms: dict[str, Any], link: str) -> str:
    """The outage of a link, which events name by the link; the link itself where several have it."""
    whose = [name for name, each in terms.items() if link in each.get("links", ())]
    return whose[0] if len(whose) == 1 else link


def _clock(time: int) -> str:
    """An instant in UTC, as short as it can be said."""
    unit = "m" if time % _MINUTE == 0 else "s" if time % _SECOND == 0 else "us"
    return str(np.datetime64(time, "us").astype(f"datetime64[{unit}]")).replace("T", " ")
