"""Checks payments made offline: what was under way never passed the cap, and devices refused what they had to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.wallet_names import (
    OFFLINE_AT_END,
    REJECTED_INSUFFICIENT_FUNDS,
    REJECTED_OFFLINE_LIMIT,
    REJECTED_PAYMENT_LIMIT,
)
from simcore.results.audit_report import Proof
from simcore.results.audit_wallet_rules import Limits, device, running
from simcore.results.schema import WALLET_STATUSES


def check_offline(
    rows: NDArray[np.int64], limits: Limits, class_of: NDArray[np.int16], kept: Proof, decided: Proof
) -> None:
    """Look at all payments made offline.

    Parameters
    ----------
    rows : int64 (8, n)    payer, made at, decided at, amount, status, payment_id, the payer's balance before the row,
                           number of the row
    class_of : int16 (n_wallet,)
    """
    payer, made, done, amount, status, number, balance, row = rows
    refused = device({"offline": np.ones(status.size), "status": status})
    posted = ~refused & (status != OFFLINE_AT_END)
    # At one instant postings come before new payments, each by number.
    who = np.concatenate([payer, payer[posted]])
    when = np.concatenate([made, done[posted]])
    order = np.concatenate([np.ones(payer.size), np.zeros(int(posted.sum()))])
    change = np.concatenate([np.where(refused, 0, amount), -amount[posted]])
    at = np.lexsort((np.concatenate([number, number[posted]]), order, when))
    state = np.zeros(class_of.size, np.int64)
    before, after = running(who[at], change[at], state)
    found = np.empty_like(before)
    found[at] = before
    cap = limits.offline[class_of[who]]
    over = np.empty_like(after)
    over[at] = after
    bad = np.flatnonzero((over > cap)[: payer.size])
    kept.fail_each(bad, lambda k: f"wallet_payments row {row[k]}: more offline than the cap allows")
    before_made, cap = found[: payer.size], cap[: payer.size]
    large = amount > limits.payment[class_of[payer]]
    full = before_made + amount > cap
    poor = before_made + amount > balance
    right = np.select(
        [status == REJECTED_PAYMENT_LIMIT, status == REJECTED_OFFLINE_LIMIT, status == REJECTED_INSUFFICIENT_FUNDS],
        [large, ~large & full, ~large & ~full & poor], ~large & ~full,
    )  # fmt: skip
    decided.fail_each(
        np.flatnonzero(~right),
        lambda k: f"wallet_payments row {row[k]}: {WALLET_STATUSES[int(status[k])]}, not by the rules of a device",
    )
