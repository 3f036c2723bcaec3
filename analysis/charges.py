"""Charges of payments in other currencies than the one sent, valued in it at the rates by which the money came there.

``payments.fee_minor`` has what was charged in the currency sent. A dealer or correspondent further on keeps its part in
another currency; back along the conversions of its own payment that part is worth

    charge × denominator / numerator      of each conversion on a hop up to that of the charge, at its mid rate

in the currency sent. Each charge is rounded to a thousandth of a minor unit, half to even.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.tables import Tables

PARTS: Final = 1000
"""Parts of a minor unit that a charge is counted in."""
_HOPS: Final = 128
_COLUMNS: Final = ("payment_id", "hop", "kind", "currency", "amount_minor")


@dataclass(frozen=True)
class Charges:
    """What payments were charged in other currencies, each payment once, in the order of ``payment_id``."""

    payment_id: NDArray[np.int64]  # (n,)
    charged: NDArray[np.int64]  # (n,) thousandths of a minor unit of the currency sent

    def of(self, payment_id: NDArray[np.int64]) -> NDArray[np.int64]:
        """(m,) what each of these payments was charged."""
        if not self.payment_id.size:
            return np.zeros(payment_id.size, np.int64)
        place = np.minimum(np.searchsorted(self.payment_id, payment_id), self.payment_id.size - 1)
        return np.where(self.payment_id[place] == payment_id, self.charged[place], 0)


@lru_cache(maxsize=1)  # measures are asked for by run, by route and so on
def other_charges(tables: Tables) -> Charges:
    """Fees and spreads charged in another currency than the payment's; nothing is read where nothing is exchanged."""
    none = np.zeros(0, np.int64)
    if not tables.rows("fx"):
        return Charges(none, none)
    words = Words()
    sent = np.zeros(tables.rows("payments"), np.int16)
    for batch in batches(tables, "payments", ("payment_id", "currency_sent")):
        sent[numbers(batch["payment_id"])] = words.codes(batch["currency_sent"])
    charges = _charges(tables, sent, words)
    if not charges.shape[1]:
        return Charges(none, none)
    concerned = np.zeros(sent.size, np.bool_)
    concerned[charges[0] // _HOPS] = True
    keys, fx = _conversions(tables, concerned)
    up, down = (tables.numbers("fx", name).tolist() for name in ("numerator", "denominator"))
    spans = np.searchsorted(keys, np.array([charges[0] // _HOPS * _HOPS, charges[0] + 1])).tolist()
    rates, worth = fx.tolist(), dict[int, int]()
    for key, amount, first, last in zip(*charges.tolist(), *spans, strict=True):
        top, bottom = amount * PARTS, 1
        for rate in rates[first:last]:
            top, bottom = top * down[rate], bottom * up[rate]
        payment = key // _HOPS
        worth[payment] = worth.get(payment, 0) + _half_even(top, bottom)
    payments = sorted(worth)
    return Charges(np.array(payments, np.int64), np.array([worth[each] for each in payments], np.int64))


def _half_even(top: int, bottom: int) -> int:
    whole, rest = divmod(top, bottom)
    return whole + (2 * rest > bottom or (2 * rest == bottom and whole % 2))


def _charges(tables: Tables, sent: NDArray[np.int16], words: Words) -> NDArray[np.int64]:
    """(2, n) payment_id × 128 + hop and amount of each charge in another currency than the one sent."""
    kinds, found = Words(), [np.zeros((2, 0), np.int64)]
    for batch in batches(tables, "obligations", _COLUMNS):
        kind = kinds.codes(batch["kind"])
        mine = (kind == kinds.position("spread")) | (kind == kinds.position("fee"))
        mine &= batch["payment_id"].is_valid().to_numpy(zero_copy_only=False)
        if mine.any():
            payment, currency = numbers(batch["payment_id"])[mine], words.codes(batch["currency"])[mine]
            key = payment * _HOPS + numbers(batch["hop"])[mine]
            other = currency != sent[payment]
            found.append(np.array([key[other], numbers(batch["amount_minor"])[mine][other]]))
    return np.concatenate(found, axis=1)


def _conversions(tables: Tables, concerned: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys and rows of ``fx`` of the converted hops of some payments, in the order of the keys."""
    keys, fx = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for batch in batches(tables, "obligations", ("payment_id", "hop", "fx_id")):
        mine = batch["fx_id"].is_valid().to_numpy(zero_copy_only=False)
        payment = numbers(batch["payment_id"])
        mine &= concerned[np.where(mine, payment, 0)]
        keys.append(payment[mine] * _HOPS + numbers(batch["hop"])[mine])
        fx.append(numbers(batch["fx_id"])[mine])
    key, rate = np.concatenate(keys), np.concatenate(fx)
    order = np.unique(key, return_index=True)[1]
    return key[order], rate[order]
