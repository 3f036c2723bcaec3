"""Proves rows that stand beside the hops of payments: spreads and fees, parts, and what went back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import RETURN_PENDING_AT_END
from simcore.results.audit_read import Batch
from simcore.results.audit_refunds import reverses
from simcore.results.audit_report import Fail
from simcore.results.audit_rows import AT_END, SETTLED
from simcore.results.schema import STATUSES

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
MOST_HOPS = 128


def add_spreads(
    fail: Fail, payments: Batch, hops: Batch, key: Ints, spread: Ints,
    spread_sum: Ints, rows: Batch, owner: Ints,
) -> None:  # fmt: skip
    """Add each spread, or fee, to the hop it stands beside."""
    at = partner(key, owner, rows)
    known = at >= 0
    same = known.copy()
    for column in ("rail", "debtor", "creditor", "currency", "sequence", "status", "entered_at"):
        same &= hops[column][at] == rows[column]
    fail(rows, ~same, lambda k: "a spread or fee without the payment row it belongs to")
    np.add.at(spread, at[known], rows["amount_minor"][known])
    charged = rows["currency"] == payments["currency_sent"][owner]
    np.add.at(spread_sum, owner[charged], rows["amount_minor"][charged])


def add_parts(fail: Fail, hops: Batch, key: Ints, parts: Ints, rows: Batch, owner: Ints) -> None:
    """Add each part to the hop it is a part of."""
    at = partner(key, owner, rows)
    known = at >= 0
    same = known & SETTLED[rows["status"]]
    for column in ("rail", "debtor", "creditor", "currency", "entered_at"):
        same &= hops[column][at] == rows[column]
    same &= ~SETTLED[hops["status"][at]] | (rows["sequence"] < hops["sequence"][at])
    fail(rows, ~same, lambda k: "a part without the payment row it is a part of")
    np.add.at(parts, at[known], rows["amount_minor"][known])


def prove_returns(
    fail: Fail, n: int, hops: Batch, key: Ints, moved: Ints, rows: Batch,
    owner: Ints, status: NDArray[np.int32],
) -> Ints:  # fmt: skip
    """Compare each return with the hop it reverses; how many of each payment settled."""
    at = partner(key, owner, rows)
    reversed_ = reverses(hops, at, moved, rows)
    fail(
        rows,
        ~reversed_,
        lambda k: (
            "a return that reverses no settled hop"
            if at[k] < 0
            else (f"a return, yet not what reverses {hops['row'][at[k]]}, the row of that hop")
        ),
    )
    owed = moved[at]
    fail(
        rows,
        reversed_ & (owed != rows["amount_minor"]),
        lambda k: f"returns {rows['amount_minor'][k]}, the hop moved {owed[k]}",
    )
    late = reversed_ & SETTLED[hops["status"][at]] & (hops["settled_at"][at] > rows["entered_at"])
    fail(rows, late, lambda k: "returned before the hop had settled")
    ends = status[owner]
    wrong = SETTLED[ends] | (AT_END[ends] & (ends != RETURN_PENDING_AT_END))
    fail(rows, wrong, lambda k: f"a return, yet the payment is {STATUSES[int(ends[k])]}")
    rank = owner * MOST_HOPS + rows["hop"]
    again = (owner[1:] == owner[:-1]) & (rank[1:] >= rank[:-1])
    fail(rows, np.append(False, again), lambda k: "returned out of order, or twice")
    return np.bincount(owner[SETTLED[rows["status"]]], minlength=n)


def partner(key: Ints, owner: Ints, rows: Batch) -> Ints:
    """The position in ``key`` of the payment row with this payment and hop, -1 where there is none."""
    wanted = owner * MOST_HOPS + rows["hop"]
    if not key.size:
        return np.full(wanted.size, -1)
    at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
    return np.where(key[at] == wanted, at, -1)
