"""Proves refunds: what was final goes back in full, the last hop first, each hop after the one before came back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import KIND_REFUND
from simcore.results.audit_read import Batch, TableReader, Words
from simcore.results.audit_report import Fail
from simcore.results.audit_rows import SETTLED

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
_COLUMNS = ("payment_id", "kind", "settled_at")
_REVERSED = {"rail": "rail", "debtor": "creditor", "creditor": "debtor", "currency": "currency"}


def refunded_until(folder: Path, scenario: dict[str, Any], words: Words) -> tuple[Ints, Ints]:
    """Which payments have refunds, rising, and until when their rows come: NO_TIME where one didn't settle.

    Refunds come long after their payments, which are proved and forgotten once they are complete; so those with
    refunds have to be known beforehand. The table is read once more, three columns of it, and only where the scenario
    has refunds.
    """
    ids, until = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    if any(route.get("refunds") for route in scenario.get("routes", {}).values()):
        for batch in TableReader(folder, "obligations", _COLUMNS, words).batches():
            rows = batch["kind"] == KIND_REFUND
            ids.append(batch["payment_id"][rows])
            until.append(batch["settled_at"][rows])
    payments, of = np.unique(np.concatenate(ids), return_inverse=True)
    latest = np.full(payments.size, -(2**63))
    np.maximum.at(latest, of, np.concatenate(until))
    return payments, latest


def reverses(hops: Batch, at: Ints, moved: Ints, rows: Batch) -> Bools:
    """Which rows bring back what the hop at ``at`` moved: -1 where there is none."""
    found = (at >= 0) & (moved[at] > 0)
    for column, other in _REVERSED.items():
        found &= hops[other][at] == rows[column]
    return found


def prove_refunds(
    fail: Fail, hops: Batch, owner: Ints, moved: Ints, rows: Batch, of: Ints, at: Ints, ends: Batch
) -> None:
    """Compare each row of a refund with the hop it reverses and with the row before it.

    Parameters
    ----------
    hops, owner, moved : the rows of payments by payment and hop, whose they are, and what each moved
    rows, of, at       : the rows of refunds by payment, whose they are, and the position in ``hops`` of the hop each
                         reverses, -1 where there is none
    ends               : the payments
    """
    known = at >= 0
    right = reverses(hops, at, moved, rows)
    fail(rows, ~right, lambda k: "a refund that reverses no settled hop")
    fail(rows, right & (moved[at] != rows["amount_minor"]), lambda k: (
        f"refunds {rows['amount_minor'][k]}, the hop moved {moved[at[k]]}"))  # fmt: skip
    fail(rows, ~SETTLED[ends["status"][of]], lambda k: "a refund of a payment that wasn't final")
    fail(rows, rows["entered_at"] < ends["completed_at"][of], lambda k: "refunded before the payment was final")
    first = np.append(True, of[1:] != of[:-1])
    following = np.append(owner[1:], -1)  # the last hop of a payment is followed by one of another
    fail(rows, first & known & (following[at] == of), lambda k: "a refund that doesn't begin with the last hop")
    later = np.flatnonzero(~first)
    if later.size:
        broken = np.zeros(of.size, np.bool_)
        broken[later] = at[later] != at[later - 1] - 1
        broken[later] |= ~SETTLED[rows["status"][later - 1]]
        one_set = (rows["sequence"][later] == rows["sequence"][later - 1]) & (rows["sequence"][later] >= 0)
        broken[later] |= ~one_set & (rows["entered_at"][later] < rows["settled_at"][later - 1])
        fail(rows, broken, lambda k: "a refund out of order: the hop after it hasn't come back before")
