"""What three loops must agree on: sums over every row they wrote and every account they kept, as one small record."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

_ACCOUNT_FIELDS = (
    "balance",
    "minimum",
    "maximum",
    "debited",
    "credited",
    "queued_value",
    "queued_count",
    "queued_peak",
)


class Digest(NamedTuple):
    """Sums wrap at 2^64 and are weighted with the row's place, so that a changed order changes them."""

    settled: int
    delayed: int  # settled later than they entered
    queued_at_end: int
    settle_time: int
    order: int
    payments: int
    accounts: int
    minimum_balance: int

    @property
    def queued_share(self) -> float:
        """The share of all payments that had to queue."""
        return (self.delayed + self.queued_at_end) / max(self.settled + self.queued_at_end, 1)


class Totals:
    """Takes the rows as they are flushed."""

    def __init__(self) -> None:
        self.settled = self.delayed = 0
        self.settle_time = self.order = self.payments = 0

    def add_obligations(self, rows: Any) -> None:
        """Rows of ``OBLIGATION_ROW``, in order of finality."""
        self.settled += int(rows["payment_id"].size)
        self.delayed += int((rows["settled_at"] > rows["entered_at"]).sum())
        self.settle_time += _sum(rows["settled_at"])
        place = rows["sequence"].astype(np.uint64) + np.uint64(1)
        accounts = rows["debit_account"].astype(np.uint64) * np.uint64(1_000_003) + rows["credit_account"].astype(
            np.uint64
        )
        with np.errstate(over="ignore"):
            mixed = rows["payment_id"].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + accounts
            mixed += rows["amount"].astype(np.uint64) * np.uint64(31) + rows["entered_at"].astype(np.uint64)
            self.order += _sum(mixed * place)

    def add_payments(self, rows: Any) -> None:
        """Rows of ``PAYMENT_ROW``."""
        with np.errstate(over="ignore"):
            mixed = rows["amount_received"].astype(np.uint64) + rows["completed_at"].astype(np.uint64) * np.uint64(7)
            self.payments += _sum(mixed * (rows["payment_id"].astype(np.uint64) + np.uint64(1)))

    def digest(self, accounts: Any) -> Digest:
        """With the accounts as they stand at the end: a record array or anything indexed by the same names."""
        figures = 0
        for weight, name in enumerate(_ACCOUNT_FIELDS, start=1):
            column = np.asarray(accounts[name]).astype(np.uint64)
            with np.errstate(over="ignore"):
                figures += weight * _sum(column * np.arange(1, column.size + 1, dtype=np.uint64))
        wrap = 1 << 64
        return Digest(
            settled=self.settled,
            delayed=self.delayed,
            queued_at_end=int(np.asarray(accounts["queued_count"]).sum()),
            settle_time=self.settle_time % wrap,
            order=self.order % wrap,
            payments=self.payments % wrap,
            accounts=figures % wrap,
            minimum_balance=int(np.asarray(accounts["minimum"]).min()),
        )


def _sum(column: Any) -> int:
    return int(column.astype(np.uint64).sum(dtype=np.uint64))
