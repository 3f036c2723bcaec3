"""What was out in a run and when, as ``events`` say, and which obligations that concerns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import batches, numbers
from analysis.tables import Tables

_SIDES: Final = {"outage_began": 1, "dealer_out": 1, "link_out": 1,
                 "outage_ended": -1, "dealer_back": -1, "link_back": -1}  # fmt: skip
_HOURS: Final = {"opened": True, "opening_missed": True, "closed": False}
_MINUTE, _SECOND = 60_000_000, 1_000_000


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
    hours: list[tuple[int, int]] = field(default_factory=list)
    """Of a rail: when it would have been open."""

    def since(self, entered: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) from when on what came at these instants waited for the end; -1: it came before or after, or waits for
        the rail's hours and not for the end of the outage.
        """
        inside = (entered >= self.begin) & (entered < self.end)
        if self.kind != "rail":
            return np.where(inside, entered, -1)
        opens = np.array([first for first, _ in self.hours], np.int64)
        closes = np.array([last for _, last in self.hours], np.int64)
        at = np.searchsorted(closes, entered, side="right")  # the first hours that end after it
        some = inside & (at < opens.size)
        found = np.full(entered.size, -1, np.int64)
        found[some] = np.maximum(entered[some], opens[at[some]])
        return found


def outages(tables: Tables) -> list[Out]:
    """Everything that was out, in the order in which it began."""
    terms = tables.scenario.get("outages", {})
    if not terms:
        return []
    span = tables.span()
    run_end = span[1] if span else 0
    begun: dict[tuple[str, str], tuple[int, Out]] = {}  # by how many outages
    found: list[Out] = []
    changes: dict[str, list[tuple[int, bool]]] = {}
    for event, rail, who, detail, time in _events(tables):
        if event in _HOURS:
            changes.setdefault(rail, []).append((time, _HOURS[event]))
        elif event in _SIDES:
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
    for out in found:
        if out.kind == "rail":
            out.hours = list(_open_hours(changes.get(out.name, []), out))
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


def _open_hours(changes: list[tuple[int, bool]], out: Out) -> Iterator[tuple[int, int]]:
    """Hours of a rail within an outage; one that never opened or closed has none."""
    changes = sorted(changes)
    at = bisect_right(changes, (out.begin - 1, True))
    is_open = changes[at - 1][1] if at else False
    since = out.begin
    for time, opens in changes[at:]:
        if time >= out.end:
            break
        if is_open and not opens:
            yield since, time
        elif opens and not is_open:
            since = time
        is_open = opens
    if is_open and since < out.end:
        yield since, out.end
