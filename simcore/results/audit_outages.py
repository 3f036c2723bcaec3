"""Proves that nothing happened on what was out, by the outages that events.arrow records.

Without outages in the scenario that the tables carry nothing is read and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import (
    KIND_FUNDING,
    KIND_ISSUE,
    KIND_LOCK,
    KIND_OUTSIDE,
    KIND_PART,
    KIND_PAY_IN,
    KIND_PAYMENT,
    KIND_REFILL,
    KIND_REFUND,
    KIND_RETURN,
    REJECTED_TIME_LIMIT,
)
from simcore.results.audit_read import NO_TIME, Batch, TableReader, Words
from simcore.results.audit_report import Proof

_SENT: Final = (KIND_PAYMENT, KIND_PART, KIND_RETURN, KIND_REFUND, KIND_FUNDING, KIND_ISSUE, KIND_REFILL,
                KIND_PAY_IN, KIND_OUTSIDE, KIND_LOCK)  # fmt: skip
"""Kinds of rows that somebody sends; the others a rail or an operator books by itself."""
_SIDES: Final = {
    "outage_began": ("outage", 1), "outage_ended": ("outage", -1),
    "dealer_out": ("dealer", 1), "dealer_back": ("dealer", -1),
}  # fmt: skip
_LINK_SIDES: Final = {"link_out": 1, "link_back": -1}
Span = tuple[NDArray[np.int64], NDArray[np.int64]]
Spans = dict[int, Span]
"""Number of a name → beginnings and ends, rising."""


def _spans(sides: Iterable[tuple[Any, int, int]]) -> tuple[dict[Any, Span], bool]:
    """Beginnings (+1) and ends (-1) by instant as spans of whatever they are of; whether one ended without beginning.

    What one outage hands over to the next stays out.
    """
    begun: dict[Any, tuple[int, int]] = {}  # what is out: by how many outages, since when
    found: dict[Any, list[tuple[int, int]]] = {}
    odd = False
    for key, change, time in sides:
        number, since = begun.get(key, (0, time))
        since = since if number else time
        number += change
        begun[key] = number, since
        odd |= number < 0
        if number == 0:
            found.setdefault(key, []).append((since, time))
    for key, (number, since) in begun.items():
        if number > 0:
            found.setdefault(key, []).append((since, NO_TIME))
    return {
        key: (np.array([begin for begin, _ in spans], np.int64), np.array([end for _, end in spans], np.int64))
        for key, spans in found.items()
    }, odd


class Outages:
    """What was out when; ``proof`` is None in a run without outages."""

    def __init__(self, folder: Path, scenario: dict[str, Any], words: Words) -> None:
        self._words = words
        self.proof: Proof | None = None
        self._rails: Spans = {}
        self._participants: Spans = {}
        self._dealers: Spans = {}
        self._links: Spans = {}
        if not scenario.get("outages"):
            return
        self.proof = Proof("outages", "Nothing became final on what was out, and whoever was out sent nothing")
        ledgers = [name for name, rail in scenario["rails"].items() if rail.get("kind") == "ledger"]
        self._ledgers = np.array([words.code("rail", name) for name in ledgers], np.int64)
        events = TableReader(folder, "events", ("time", "event", "rail", "participant", "detail"), words).whole()
        self._read_links(events, scenario)
        self._read(events)

    def _read_links(self, events: Batch, scenario: dict[str, Any]) -> None:
        """When links were out; their names stand in the text of events only."""
        links = [name for name, terms in scenario.get("pvp", {}).items() if terms.get("kind") == "link"]
        hops_of = {
            self._words.code("route", name): route["hops"] for name, route in scenario["routes"].items()
        } if links else {}  # fmt: skip
        most = max((len(hops) for hops in hops_of.values()), default=0)
        self._link_of = np.full((max(hops_of, default=-1) + 2, most + 1), -1)
        for code, hops in hops_of.items():
            self._link_of[code, : len(hops)] = [
                links.index(hop["pvp"]) if hop.get("pvp") in links else -1 for hop in hops
            ]
        if links:
            sides = {self._words.code("event", name): side for name, side in _LINK_SIDES.items()}
            columns = (events[name].tolist() for name in ("time", "event", "detail"))
            self._links = _spans(
                (links.index(detail), sides[event], time)
                for time, event, detail in zip(*columns, strict=True)
                if event in sides
            )[0]

    def _read(self, events: Batch) -> None:
        """When rails, participants and dealers were out."""
        names = {self._words.code("event", name): side for name, side in _SIDES.items()}
        columns = (events[name].tolist() for name in ("time", "event", "rail", "participant"))
        sides = [
            (("rail", rail) if rail >= 0 else (names[event][0], participant), names[event][1], time)
            for time, event, rail, participant in zip(*columns, strict=True)
            if event in names
        ]
        found, odd = _spans(sides)
        if odd and self.proof is not None:
            self.proof.fail("events: an outage ended that hadn't begun")
        groups = {"rail": self._rails, "outage": self._participants, "dealer": self._dealers}
        for (kind, code), spans in found.items():
            groups[kind][code] = spans
        if self.proof is not None:
            times = sum(starts.size for starts, _ in [*found.values(), *self._links.values()])
            self.proof.details.append(f"{times:,} times that something was out")

    @staticmethod
    def _back_at(spans: Spans, who: NDArray[Any], time: NDArray[np.int64]) -> NDArray[np.int64]:
        """The end of the outage of whoever stands beside it into which each time falls; -1 where it falls into none."""
        found = np.full(time.size, -1)
        for code, (starts, ends) in spans.items():
            mine = np.flatnonzero(who == code)
            k = np.searchsorted(starts, time[mine], side="right") - 1
            end = ends[np.maximum(k, 0)]
            found[mine] = np.where((k >= 0) & (time[mine] < end), end, -1)
        return found

    def _within(self, spans: Spans, who: NDArray[Any], time: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which times fall into an outage of whoever stands beside them."""
        return self._back_at(spans, who, time) >= 0

    def check(self, batch: Batch, settled: NDArray[np.bool_]) -> None:
        """Nothing is final on a rail that was out; nothing reached its rail from a participant that was."""
        if self.proof is None:
            return
        name, rail, kind = self._words.name, batch["rail"], batch["kind"]
        final = settled & self._within(self._rails, rail, batch["settled_at"])
        self.proof.fail_each(
            np.flatnonzero(final),
            lambda at: f"obligations row {batch['row'][at]}: final while {name('rail', rail[at])} was out",
        )
        # Legs on a ledger that follow another one are sent with it, by whoever sent the first.
        first = ~np.isin(rail, self._ledgers) | ((kind == KIND_PAYMENT) & (batch["hop"] == 0))
        first &= batch["status"] != REJECTED_TIME_LIMIT  # given up by its link, so nobody sent it
        sent = np.isin(kind, _SENT) & first & self._within(self._participants, batch["debtor"], batch["entered_at"])
        self.proof.fail_each(
            np.flatnonzero(sent),
            lambda at: f"obligations row {batch['row'][at]}: sent while {name('debtor', batch['debtor'][at])} was out",
        )

    def exchanged(self, before: Batch, here: Batch, agreed: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which hops into a dealer were exchanged and final in the outage in which that was ``agreed``.

        ``here`` are the hops that follow. What came to a closed rail in the outage may have been let in after it.
        """
        if not self._dealers and not self._participants:
            return np.zeros(here["row"].size, np.bool_)
        first = ~np.isin(before["rail"], self._ledgers) | (before["hop"] == 0)
        out = np.zeros(first.size, np.bool_)
        for spans in (self._dealers, self._participants):
            ends = [self._back_at(spans, before["creditor"], time) for time in (agreed, before["settled_at"])]
            out |= (ends[0] == ends[1]) & (ends[0] >= 0)
        return out & first & (before["currency"] != here["currency"])

    def linked(self, route: NDArray[Any], hops: Batch) -> NDArray[np.bool_]:
        """Which first legs of pairs became final while their link was out."""
        if not self._links:
            return np.zeros(hops["row"].size, np.bool_)
        known, place = (np.minimum(of, size - 1) for of, size in zip((route, hops["hop"]), self._link_of.shape))
        return self._within(self._links, self._link_of[known, place], hops["settled_at"])
