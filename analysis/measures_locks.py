"""Liquidity in locks: what hash time locks kept from its owner, times how long, its peak, and what was in vain."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np

from analysis.batches import Words, batches, numbers
from analysis.measures import Found
from analysis.measures_risk import peak
from analysis.tables import Tables

_COLUMNS = ("payment_id", "hop", "kind", "rail", "debtor", "creditor", "currency", "amount_minor", "settled_at",
            "sequence")  # fmt: skip
_NUMBERS = ("payment_id", "hop", "amount_minor", "settled_at", "sequence")
_NAMES = ("kind", "rail", "debtor", "creditor", "currency")


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``locks``, cut by ``by``, in the currency locked.

    Memory follows what is locked: a lock is kept until its end.
    """
    words = {name: Words() for name in _NAMES}
    span = tables.span()
    open_: dict[tuple[int, int], tuple[str, str, int, int]] = {}
    ended: dict[tuple[int, int, int], tuple[str, str, int]] = {}  # by payment, hop and sequence, until its claim is met
    total: dict[tuple[str, str], int] = {}
    vain: dict[tuple[str, str], int] = {}
    held: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)  # since, until and amount of each
    for batch in batches(tables, "obligations", _COLUMNS):
        names = {name: words[name].codes(batch[name]) for name in _NAMES}
        plain = [numbers(batch[name]).tolist() for name in _NUMBERS]
        kinds = [words["kind"].words[code] for code in names["kind"].tolist()]
        for at, kind in enumerate(kinds):
            if kind not in ("lock", "unlock", "payment"):
                continue
            payment, hop, amount, time, sequence = (column[at] for column in plain)
            if kind == "lock":
                group = {"rail": "rail", "participant": "debtor", "currency": "currency"}.get(by)
                name = words[group].words[int(names[group][at])] if group else ""
                open_[payment, hop] = (name, words["currency"].words[int(names["currency"][at])], amount, time)
            elif kind == "unlock" and (payment, hop) in open_:
                name, currency, locked, since = open_.pop((payment, hop))
                value = locked * (time - since)
                total[name, currency] = total.get((name, currency), 0) + value
                held[name, currency].append((since, time, locked))
                vain[name, currency] = vain.get((name, currency), 0) + value
                ended[payment, hop, sequence] = (name, currency, value)
            elif (payment, hop, sequence) in ended:  # claimed, so not in vain
                name, currency, value = ended.pop((payment, hop, sequence))
                vain[name, currency] -= value
    for name, currency, amount, since in open_.values():
        until = span[1] if span else since
        value = amount * (until - since)
        held[name, currency].append((since, until, amount))
        total[name, currency] = total.get((name, currency), 0) + value
        vain.setdefault((name, currency), 0)
    found: Found = {}
    for (name, currency), value in total.items():
        found["locked_liquidity", name, currency] = Fraction(value, 1_000_000)
        found["locked_in_vain", name, currency] = Fraction(vain[name, currency], 1_000_000)
        columns = (np.array(column, np.int64) for column in zip(*held[name, currency], strict=True))
        found["locked_peak", name, currency] = peak(*columns)
    return found
