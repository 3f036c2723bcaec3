"""What operators of wallets hold of the central bank's money, and what moves on rails for it.

Their books stand in the tables at control events and midnights. Under the deposit regime the central bank's money moves
at those alone; under cash every payment between two operators moves some, so a peak between two rows isn't seen.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pyarrow as pa

from analysis.batches import Words, batches, numbers
from analysis.measures import Found
from analysis.tables import NULL, Tables

_ISSUED, _SETTLED = "wallet_issue", "wallet_settlement"


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``operators``, cut by ``by``; nothing for a run without wallets.

    Rows are operators × control events, so Python integers are quick enough and can't overflow.
    """
    systems = tables.scenario.get("wallets", {})
    if not systems:
        return {}
    peaks: dict[tuple[str, str, str], int] = {}  # system, operator, currency
    held: dict[tuple[str, str, str], int] = defaultdict(int)  # value × time
    owed: dict[tuple[str, str, str], int] = defaultdict(int)  # the same of what counts for reserves
    last: dict[tuple[str, str, str], tuple[int, int, int]] = {}
    times: list[int] = []
    columns = ("time", "stock_minor", "backing_minor", "wallets_minor")
    for batch in batches(tables, "wallet_operators", ("system", "operator", "currency", "regime", *columns)):
        names = zip(*(batch[name].to_pylist() for name in ("system", "operator", "currency")), strict=True)
        rows = zip(*(numbers(batch[name]).tolist() for name in columns), strict=True)
        for key, regime, (time, stock, cover, wallets) in zip(names, batch["regime"].to_pylist(), rows, strict=True):
            since, before, counted = last.get(key, (time, 0, 0))
            held[key] += before * (time - since)
            owed[key] += counted * (time - since)
            bank = systems[key[0]]["operators"][key[1]].get("bank", True)
            last[key] = time, stock + cover, wallets if bank and regime == "deposit" else 0
            peaks[key] = max(peaks.get(key, 0), stock + cover)
            times.append(time)
    found: dict[tuple[str, str, str], Fraction | int] = defaultdict(int)

    def group(operator: str, currency: str) -> str:
        return {"participant": operator, "currency": currency}.get(by, "")

    length = max(times) - min(times) if times else 0
    for key, peak in peaks.items():
        _, operator, currency = key
        since, value, counted = last[key]
        whole, left = (group(operator, currency), currency), max(times) - since
        found["operator_reserves_peak", *whole] += peak
        for name, area, at_last in (("operator_reserves_mean", held[key], value),
                                    ("operator_reserve_base_mean", owed[key], counted)):  # fmt: skip
            found[name, *whole] += Fraction(area + at_last * left, length) if length else at_last
        for name in ("operator_issued_value", "operator_settled_value"):
            found[name, *whole] += 0
    operators = {who for terms in systems.values() for who in terms.get("operators", {})}
    moves = ("kind", "debtor", "currency", "amount_minor", "settled_at")
    kinds = Words()
    for batch in batches(tables, "obligations", moves):
        wanted = [kinds.position(kind) for kind in (_ISSUED, _SETTLED)]
        mine = np.isin(kinds.codes(batch["kind"]), wanted) & (numbers(batch["settled_at"]) != NULL)
        few = {name: batch[name].filter(pa.array(mine)).to_pylist() for name in moves[:-1]}
        for kind, debtor, currency, amount in zip(*few.values(), strict=True):
            if debtor in operators:  # the others are the issuer's, to those who are owed
                name = "operator_issued_value" if kind == _ISSUED else "operator_settled_value"
                found[name, group(debtor, currency), currency] += amount
    return dict(found)
