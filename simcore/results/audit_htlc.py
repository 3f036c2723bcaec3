"""Proves what hash time locks promise: what is locked is claimed or goes back, and a claim too late is said to be.

A payment is looked at from its first lock to its last unlock, so memory follows what is locked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simcore.kernels.constants import CLAIMED_LATE, KIND_LOCK, KIND_PAYMENT, KIND_UNLOCK
from simcore.results.audit_read import Batch
from simcore.results.audit_report import Proof

_COLUMNS = ("payment_id", "kind", "hop", "rail", "debtor", "creditor", "amount_minor", "sequence", "status", "row")
Lock = tuple[int, int, int, int]
"""Rail, owner, escrow, amount."""


@dataclass
class _Payment:
    open: dict[int, Lock] = field(default_factory=dict)  # hop → what is locked for it
    unlocked: dict[int, int] = field(default_factory=dict)  # hop → sequence in which its lock ended
    final: set[int] = field(default_factory=set)  # hops claimed
    row: int = -1


class Htlc:
    """Follows every payment with a lock."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof
        self._payments: dict[int, _Payment] = {}

    def check(self, batch: Batch) -> None:
        """Follow one record batch; rows without locks cost one look at their kinds."""
        lock = (batch["kind"] == KIND_LOCK) | (batch["kind"] == KIND_UNLOCK)
        late = batch["status"] == CLAIMED_LATE
        if not self._payments and not (lock.any() or late.any()):
            return
        mine = lock | late
        known = np.array(sorted({*self._payments, *batch["payment_id"][mine].tolist()}), np.int64)
        at = np.flatnonzero(np.isin(batch["payment_id"], known) & (lock | (batch["kind"] == KIND_PAYMENT)))
        for payment, kind, *row in zip(*(batch[name][at].tolist() for name in _COLUMNS), strict=True):
            self._row(payment, kind, *row)

    def _row(self, payment: int, kind: int, hop: int, rail: int, debtor: int, creditor: int, amount: int,
             sequence: int, status: int, row: int) -> None:  # fmt: skip
        if kind == KIND_PAYMENT and payment not in self._payments and status != CLAIMED_LATE:
            return  # a hop before the pair, or after it
        it = self._payments.setdefault(payment, _Payment())
        it.row = row
        if kind == KIND_LOCK:
            if hop in it.open or hop in it.unlocked:
                self._say(row, payment, f"locked twice for hop {hop}")
            it.open[hop] = (rail, debtor, creditor, amount)
        elif kind == KIND_UNLOCK:
            was = it.open.pop(hop, None)
            if was != (rail, creditor, debtor, amount):
                self._say(row, payment, f"unlocked for hop {hop}, which isn't what was locked")
            it.unlocked[hop] = sequence
        elif status == CLAIMED_LATE:
            if hop not in it.unlocked or hop - 1 not in it.final or hop in it.final:
                self._say(row, payment, "called claimed late, yet not one leg alone was claimed")
            it.final.add(hop)
        elif sequence >= 0 and (hop in it.unlocked or hop in it.open):
            if it.unlocked.get(hop) != sequence:
                self._say(row, payment, f"hop {hop} is final, but not with the end of its lock")
            it.final.add(hop)
        if len(it.unlocked) and not it.open:
            self._end(payment, it)

    def _end(self, payment: int, it: _Payment) -> None:
        """Nothing is locked: forget what is settled wholly, or went back wholly."""
        if not it.final or len(it.final) == len(it.unlocked) == 2:
            del self._payments[payment]

    def finish(self) -> None:
        """What is left was locked at the end, or claimed by one side only, which has to be said."""
        for payment, it in self._payments.items():
            if not it.open and len(it.final) == 1 and len(it.unlocked) == 2:
                self._say(it.row, payment, "one leg was claimed and the other went back, and no row says so")
        self._payments.clear()

    def _say(self, row: int, payment: int, what: str) -> None:
        self._proof.fail(f"obligations row {row} (payment {payment}): {what}")
