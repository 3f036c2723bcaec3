"""Proves that nothing happened on what was out, by the outages that events.arrow records.

Without outages in the scenario that the tables carry nothing is read and nothing is claimed.
"""

from __future__ import annotations

import json
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
Spans = dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Number of a name → beginnings and ends, rising."""


class Outages:
    """What was out when; ``proof`` is None in a run without outages."""

    def __init__(self, folder: Path, metadata: dict[bytes, bytes], words: Words) -> None:
        self._words = words
        self.proof: Proof | None = None
        self._rails: Spans = {}
        self._participants: Spans = {}
        self._dealers: Spans = {}
        try:
            scenario = json.loads(metadata.get(b"luhai.scenario", b"{}"))
        except ValueError:  # a table that no run of a scenario wrote
            scenario = {}
        if not scenario.get("outages"):
            return
        self.proof = Proof("outages", "Nothing became final on what was out, and whoever was out sent nothing")
        ledgers = [name for name, rail in scenario["rails"].items() if rail.get("kind") == "ledger"]
        self._ledgers = np.array([words.code("rail", name) for name in ledgers], np.int64)
        events = TableReader(folder, "events", ("time", "event", "rail", "participant"), words).whole()
        self._read(events)

    def _read(self, events: Batch) -> None:
        """Make spans of the beginnings and ends; what one outage hands over to the next stays out."""
        begun: dict[tuple[str, int], tuple[int, int]] = {}  # what is out: by how many outages, since when
        found: dict[tuple[str, int], list[tuple[int, int]]] = {}
        names = {self._words.code("event", name): side for name, side in _SIDES.items()}
        columns = (events[name].tolist() for name in ("time", "event", "rail", "participant"))
        for time, event, rail, participant in zip(*columns, strict=True):
            if event not in names:
                continue
            kind, change = names[event]
            key = ("rail", rail) if rail >= 0 else (kind, participant)
            number, since = begun.get(key, (0, time))
            since = since if number else time
            number += change
            begun[key] = number, since
            if number == 0:
                found.setdefault(key, []).append((since, time))
            elif number < 0 and self.proof is not None:
                self.proof.fail(f"events: an outage of {self._words.name(kind, key[1])} ended that hadn't begun")
        for key, (number, since) in begun.items():
            if number > 0:
                found.setdefault(key, []).append((since, NO_TIME))
        groups = {"rail": self._rails, "outage": self._participants, "dealer": self._dealers}
        for (kind, code), spans in found.items():
            starts, ends = (np.array(side, np.int64) for side in zip(*spans, strict=True))
            groups[kind][code] = starts, ends
        if self.proof is not None:
            self.proof.details.append(f"{sum(map(len, found.values())):,} times that something was out")

    @staticmethod
    def _within(spans: Spans, who: NDArray[Any], time: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which times fall into an outage of whoever stands beside them."""
        found = np.zeros(time.size, np.bool_)
        for code, (starts, ends) in spans.items():
            mine = np.flatnonzero(who == code)
            k = np.searchsorted(starts, time[mine], side="right") - 1
            found[mine] = (k >= 0) & (time[mine] < ends[np.maximum(k, 0)])
        return found

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

    def exchanged(self, before: Batch, here: Batch) -> NDArray[np.bool_]:
        """Which hops into a dealer reached it for an exchange while it was out; ``here`` are those that follow."""
        if not self._dealers and not self._participants:
            return np.zeros(here["row"].size, np.bool_)
        first = ~np.isin(before["rail"], self._ledgers) | (before["hop"] == 0)
        changes = first & (before["currency"] != here["currency"])
        dealer, entered = before["creditor"], before["entered_at"]
        return changes & (
            self._within(self._dealers, dealer, entered) | self._within(self._participants, dealer, entered)
        )
