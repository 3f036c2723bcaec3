"""Principal at risk: the value that was paid on one leg of a conversion while the other leg was not yet final."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.exact import sums
from analysis.measures import Found
from analysis.tables import NULL, Tables

_COLUMNS = ("payment_id", "hop", "kind", "rail", "debtor", "currency", "amount_minor", "settled_at", "fx_id")


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``risk``, cut by ``by``, in the currency of the leg paid."""
    words = {name: Words() for name in ("rail", "debtor", "currency", "kind")}
    bought = _rows(tables, words, legs=None)
    if not bought["key"].size:
        return {}
    paid = _rows(tables, words, legs=np.sort(bought["key"]) - 1)
    back = paid["kind"] == words["kind"].position("return")
    # By the key of the leg paid: when the leg bought became final, and when the leg paid came back.
    span = tables.span()
    end = span[1] if span else 0
    until = _at(paid["key"], bought["key"] - 1, bought["settled_at"])
    returned = _at(paid["key"], paid["key"][back], paid["settled_at"][back])
    until = np.where(until != NULL, until, np.where(returned != NULL, returned, end))
    leg = ~back & (paid["settled_at"] != NULL)
    since, until, amount = paid["settled_at"][leg], until[leg], paid["amount_minor"][leg]
    length = np.maximum(until - since, 0)
    column = {"rail": "rail", "participant": "debtor", "currency": "currency"}.get(by)
    group = paid[column][leg] if column else np.zeros(since.size, np.int64)
    keys, row = np.unique(group << 16 | paid["currency"][leg], return_inverse=True)
    value_time = sums(row.reshape(-1), keys.size, amount, length)
    found: Found = {}
    for position, key in enumerate(keys.tolist()):
        here = (row.reshape(-1) == position) & (length > 0)
        name = words[column].words[key >> 16] if column else ""
        currency = words["currency"].words[key & 0xFFFF]
        found["principal_at_risk", name, currency] = Fraction(value_time[position], 1_000_000)
        found["principal_at_risk_peak", name, currency] = _peak(since[here], until[here], amount[here])
    return found


def _rows(tables: Tables, words: dict[str, Words], legs: NDArray[np.int64] | None) -> dict[str, NDArray[np.int64]]:
    """Rows of converted amounts (``legs`` None), or those of given keys; a key is payment_id × 128 + hop."""
    parts: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
    for batch in batches(tables, "obligations", _COLUMNS):
        kind = words["kind"].codes(batch["kind"])
        payment, back = (words["kind"].position(name) for name in ("payment", "return"))
        key = numbers(batch["payment_id"]) * 128 + numbers(batch["hop"])
        if legs is None:
            keep = (kind == payment) & batch["fx_id"].is_valid().to_numpy(zero_copy_only=False)
        else:
            place = np.minimum(np.searchsorted(legs, key), legs.size - 1)
            keep = ((kind == payment) | (kind == back)) & (legs[place] == key)
        read = {name: words[name].codes(batch[name]) for name in ("rail", "debtor", "currency")}
        read |= {name: numbers(batch[name]) for name in ("amount_minor", "settled_at")} | {"key": key, "kind": kind}
        for name, column in read.items():
            parts[name].append(column[keep])
    return defaultdict(lambda: np.zeros(0, np.int64), {name: np.concatenate(each) for name, each in parts.items()})


def _at(wanted: NDArray[np.int64], keys: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The value of each wanted key, ``NULL`` where there is none."""
    if not keys.size:
        return np.full(wanted.size, NULL, np.int64)
    order = np.argsort(keys, kind="stable")
    place = np.minimum(np.searchsorted(keys[order], wanted), keys.size - 1)
    return np.where(keys[order][place] == wanted, values[order][place], NULL)


def _peak(since: NDArray[np.int64], until: NDArray[np.int64], amount: NDArray[np.int64]) -> int:
    """Highest value exposed at one instant; what ends at an instant is gone before what begins at it."""
    time, change = np.concatenate([until, since]), np.concatenate([-amount, amount])
    level = highest = 0
    for step in change[np.argsort(time, kind="stable")].tolist():
        level += step
        highest = max(highest, level)
    return highest
