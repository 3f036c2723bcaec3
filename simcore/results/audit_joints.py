"""Proves each hop of a payment that follows another one: who passes on what, when, at which quote of fx.arrow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.results.audit_ledgers import Ledgers
from simcore.results.audit_outages import Outages
from simcore.results.audit_read import NO_TIME, Batch, Words
from simcore.results.audit_report import Fail

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
_JOINT = ("row", "payment_id", "hop", "rail", "debtor", "creditor", "currency", "amount_minor", "entered_at",
          "settled_at", "sequence", "status", "fx_id")  # fmt: skip


def converted(amount: Ints, numerator: Ints, denominator: Ints) -> Ints:
    """amount × numerator / denominator, rounded half to even and cut to int64; positive int64 of any size.

    A quotient in float64 is off by less than 2^12 below 2^62, so its rest is below 2^12 denominators. Modulo 2^64, in
    which int64 wraps, that rest is exact where the denominator is below 2^50; the others are Python's.
    """
    rough = amount.astype(np.float64) * numerator / denominator
    sure = (rough < 2.0**62) & (denominator < 2**50)
    whole = np.where(sure, rough, 0.0).astype(np.int64)
    rest = amount * numerator - whole * denominator
    more, rest = np.divmod(rest, denominator)
    whole += more
    whole += (2 * rest > denominator) | ((2 * rest == denominator) & (whole % 2 == 1))
    for at in np.flatnonzero(~sure).tolist():
        exact, left = divmod(int(amount[at]) * int(numerator[at]), bottom := int(denominator[at]))
        whole[at] = min(exact + (2 * left > bottom or (2 * left == bottom and exact % 2)), NO_TIME)
    return whole


class Joints:
    """Compares neighbours among the hops of payments."""

    def __init__(self, fx: Batch, words: Words, ledgers: Ledgers, outages: Outages) -> None:
        self.words, self._ledgers, self._outages = words, ledgers, outages
        self._fx = fx
        self._fx_order = np.argsort(fx["fx_id"], kind="stable")

    def check(
        self, fail: Fail, hops: Batch, gross: Ints, parts: Ints, done: Bools, joined: Bools, agreed: Ints
    ) -> None:
        """Each hop that follows another one of the same payment; ``joined`` (n - 1,) says of each row but the first.

        ``agreed`` (n,): when the exchange of what a hop brings was agreed.
        """
        name = self.words.name
        # Neighbours are compared in place: taking out the joined ones costs more than looking at the others too.
        before = {column: hops[column][:-1] for column in _JOINT}
        here = {column: hops[column][1:] for column in _JOINT}
        parts, done = parts[:-1], done[:-1]
        fail(
            here,
            joined & (here["hop"] <= before["hop"]),
            lambda k: f"comes after hop {before['hop'][k]} of the same payment",
        )
        fail(
            here,
            joined & (here["debtor"] != before["creditor"]),
            lambda k: (
                f"debtor {name('debtor', here['debtor'][k])}, but the hop before (row {before['row'][k]}) paid "
                f"{name('creditor', before['creditor'][k])}"
            ),
        )
        fail(here, joined & ~done, lambda k: "follows a hop that never settled")
        fail(
            here,
            joined & self._ledgers.apart(before, here),
            lambda k: f"and hop {before['hop'][k]}, on the same ledger, aren't final together",
        )
        fail(
            before,
            joined & self._outages.exchanged(before, here, agreed[:-1]),
            lambda k: f"brought to {name('creditor', before['creditor'][k])} for an exchange while it was out",
        )
        one_set = (here["sequence"] == before["sequence"]) & (here["sequence"] >= 0)
        fail(
            here,
            joined & done & ~one_set & (here["entered_at"] < before["settled_at"]),
            lambda k: "entered its rail before the hop before had settled",
        )
        expected = before["amount_minor"] + parts
        changes = joined & (here["currency"] != before["currency"])
        fail(here, changes & (parts > 0), lambda k: "exchanges what came in parts")
        unquoted = changes.copy()
        fx, rows = self._fx, np.flatnonzero(changes if self._fx_order.size else changes[:0])
        quote, good = self._quoted(here["fx_id"][rows])
        good &= (fx["source"][quote] == before["currency"][rows]) & (fx["target"][quote] == here["currency"][rows])
        rows, quote = rows[good], quote[good]
        unquoted[rows] = False
        expected[rows] = converted(before["amount_minor"][rows], fx["numerator"][quote], fx["denominator"][quote])
        fail(
            here,
            unquoted,
            lambda k: (
                f"fx_id {here['fx_id'][k]} is no quote "
                f"{name('currency', before['currency'][k])}/{name('currency', here['currency'][k])}"
            ),
        )
        paid = gross[1:]
        fail(
            here,
            joined & ~unquoted & (paid != expected),
            lambda k: (
                f"amount_minor with spread is {paid[k]}, the hop before gives {expected[k]}"
                + (f" at fx row {here['fx_id'][k]}" if changes[k] else "")
            ),
        )

    def _quoted(self, fx_id: Ints) -> tuple[Ints, Bools]:
        """Rows of fx with these numbers, and whether there is one."""
        ids = self._fx["fx_id"][self._fx_order]
        place = np.minimum(np.searchsorted(ids, fx_id), ids.size - 1)
        return self._fx_order[place], ids[place] == fx_id
