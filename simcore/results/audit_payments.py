"""Follows every payment along its hops: who, how much, in what order, and with what outcome.

Two tables are read side by side. A payment is looked at once its own row is there and obligations.arrow has passed its
time of completion, so only payments in flight are held.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.results.audit_bounds import Bounds
from simcore.results.audit_hops import Hops
from simcore.results.audit_ids import Ids
from simcore.results.audit_ledgers import Ledgers
from simcore.results.audit_links import Links
from simcore.results.audit_outages import Outages
from simcore.results.audit_pairs import Pairs
from simcore.results.audit_read import NO_TIME, Batch, Words, chosen
from simcore.results.audit_report import Proof
from simcore.results.audit_rows import SETTLED
from simcore.results.schema import STATUSES


def _orphan(rows: Batch, at: int) -> str:
    return f"obligations row {rows['row'][at]}: payment {rows['payment_id'][at]} isn't in payments.arrow"


def _join(parts: list[Batch]) -> Batch:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _kept(batch: Batch, at: NDArray[Any]) -> Batch:
    """These rows by themselves, so that the batch can go."""
    return {name: values[at] for name, values in batch.items()}


def rising(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions that put values in rising order, equal ones as they stand."""
    size = values.size
    if size < 2 or bool((values[1:] >= values[:-1]).all()):
        return np.arange(size)
    least = int(values.min())
    bits = size.bit_length()
    if (int(values.max()) - least).bit_length() + bits > 62:
        return np.argsort(values, kind="stable")
    keys = ((values - least) << bits) | np.arange(size)  # sorting is several times faster than argsort
    keys.sort()
    return keys & ((1 << bits) - 1)


class Payments:
    """Holds what is in flight and proves payments as they become complete."""

    def __init__(
        self, fx: Batch, words: Words, proof: Proof, ledgers: Ledgers, bounds: Bounds, pairs: Pairs, outages: Outages,
        links: Links, refunded: tuple[NDArray[np.int64], NDArray[np.int64]],
    ) -> None:  # fmt: skip
        self.words, self.proof = words, proof
        self._hops = Hops(fx, words, proof, ledgers, bounds, pairs, outages, links)
        self._refunded, self._until = refunded
        self._obligations: list[Batch] = []
        self._payments: list[Batch] = []
        self._fresh = self._held = 0  # rows that came since the last time, and that were left then
        self._ids = Ids()
        self.outcomes = np.zeros(len(SETTLED), np.int64)
        self.latest = -(2**63)

    def add_obligations(self, batch: Batch) -> None:
        """Rows of obligations.arrow that belong to payments."""
        self._obligations.append(batch)
        self._fresh += batch["row"].size

    def add_payments(self, batch: Batch) -> None:
        """Rows of payments.arrow; ``latest`` is then the time up to which their outcomes are known."""
        self._count_once(batch)
        self.outcomes += np.bincount(batch["status"], minlength=self.outcomes.size)
        self.latest = max(self.latest, int(batch["completed_at"].max()))
        self._payments.append(batch)
        self._fresh += batch["row"].size

    def _count_once(self, batch: Batch) -> None:
        ids = batch["payment_id"]
        again = self._ids.again(ids)
        self.proof.fail_each(np.flatnonzero(ids < 0), lambda at: f"payments row {batch['row'][at]}: id {ids[at]}")
        if self._ids.absurd:
            self.proof.fail(f"payments: id {self._ids.largest} among the first {self.count} rows")
        self.proof.fail_each(again, lambda at: f"payments row {batch['row'][at]}: payment {ids[at]} a second time")

    @property
    def count(self) -> int:
        """Payments so far."""
        return self._ids.count

    def _last_row(self, payments: Batch) -> NDArray[np.int64]:
        """When each payment is complete with all its rows: at its end, or when its refund came back."""
        times: NDArray[np.int64] = payments["completed_at"]
        if not self._refunded.size:
            return times
        at = np.minimum(np.searchsorted(self._refunded, payments["payment_id"]), self._refunded.size - 1)
        mine = self._refunded[at] == payments["payment_id"]
        return np.where(mine, np.maximum(times, self._until[at]), times)

    def resolve(self, frontier: int) -> None:
        """Prove every payment that was complete before ``frontier`` (microseconds), and forget it.

        What is in flight is moved each time, so it waits until as much has come: the work grows with the rows then.
        """
        if not self._payments or (self._fresh < self._held and frontier != NO_TIME):
            return
        self._prove(frontier)
        self._fresh, self._held = 0, sum(batch["row"].size for batch in (*self._payments, *self._obligations))

    def _prove(self, frontier: int) -> None:
        payments = _join(self._payments)
        done = (self._last_row(payments) < frontier) | (frontier == NO_TIME)
        self._payments = [] if done.all() else [_kept(payments, ~done)]
        taken = np.flatnonzero(done)
        if not taken.size:
            return
        payments = chosen(payments, taken[rising(payments["payment_id"][taken])])
        ids = payments["payment_id"]
        if not self._obligations:
            self._hops.prove(payments, {}, np.zeros(0, np.int64))
            return
        rows = _join(self._obligations)
        order = rising(rows["payment_id"])
        wanted = rows["payment_id"][order]
        at: NDArray[Any] = np.arange(ids.size)
        if not np.array_equal(ids, wanted):
            at = np.minimum(np.searchsorted(ids, wanted), ids.size - 1)
        found = ids[at] == wanted
        self._obligations = [] if found.all() else [_kept(rows, np.sort(order[~found]))]
        self._hops.prove(payments, chosen(rows, order[found]), at[found])

    def finish(self, expected: int | None) -> None:
        """Prove the rest; every id from 0 on must have been there once, and no obligation may be left without one."""
        self.resolve(NO_TIME)
        for rows in self._obligations:
            self.proof.fail_each(np.arange(rows["row"].size), partial(_orphan, rows))
        wanted = self.count if expected is None else expected
        if self.count != wanted:
            self.proof.fail(f"payments: {self.count:,} rows, {wanted:,} payments were submitted")
        largest = self._ids.largest
        if largest + 1 != self.count:
            gap = self._ids.missing(largest + 1)
            missing = f"payment {gap} is missing" if gap is not None else f"the largest id is {largest}"
            self.proof.fail(f"payments: {self.count:,} rows, but {missing}")
        for code in np.flatnonzero(self.outcomes):
            self.proof.details.append(f"{STATUSES[int(code)]}: {self.outcomes[code]:,}")
