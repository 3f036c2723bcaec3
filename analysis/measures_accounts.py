"""Measures from the table of accounts: liquidity, credit, turnover and how unequally they are spread."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np

from analysis.measures import Found
from analysis.measures_payments import ratio
from analysis.tables import NULL, Tables


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``accounts``, cut by ``by``; accounts of issuers, which have no limit, left out.

    Rows are accounts × days, so Python integers are quick enough and can't overflow.
    """
    read = {name: tables.ids("accounts", name) for name in ("rail", "participant", "currency")}
    days = tables.numbers("accounts", "business_day")
    columns = [tables.numbers("accounts", f"{name}_minor") for name in ("opening", "minimum", "debited", "debit_limit")]
    parts: dict[tuple[str, str], dict[tuple[str, str], list[int]]] = defaultdict(
        lambda: defaultdict(lambda: [0, 0, 0, 0, 0])
    )
    for row, (opening, lowest, debited, limit) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        if limit == NULL:
            continue
        words = {name: ids.words[ids.codes[row]] for name, ids in read.items()}
        group = str(np.datetime64(int(days[row]), "D")) if by == "day" else words.get(by, "")
        accounts = parts[group, words["currency"]]
        if (account := (words["rail"], words["participant"])) not in accounts:
            accounts[account][3:] = [opening, lowest]  # days of one account stand in their order
        sums = accounts[account]
        sums[4] = min(sums[4], lowest)
        for position, value in enumerate((max(0, opening - lowest), max(0, -lowest), debited)):
            sums[position] += value
    found: Found = {}
    for (group, currency), accounts in parts.items():
        used, drawn, debited = ([each[k] for each in accounts.values()] for k in range(3))
        needed = [max(0, first - lowest) for *_, first, lowest in accounts.values()]
        values: dict[str, int | Fraction | None] = {
            "liquidity_used": sum(used), "liquidity_needed": sum(needed),
            "credit_drawn": sum(drawn), "debited_value": sum(debited),
            "turnover": ratio(sum(debited), sum(used)), "liquidity_gini": gini(used),
            "herfindahl": ratio(sum(d * d for d in debited), sum(debited) ** 2),
        }  # fmt: skip
        found |= {(name, group, currency): value for name, value in values.items()}
    return found


def gini(values: list[int]) -> Fraction | None:
    """Gini coefficient, Σ|u_i − u_j| / (2 n Σu) over ordered pairs, by ranks; None where all are zero."""
    n = len(values)
    weighted = sum((2 * rank - n - 1) * value for rank, value in enumerate(sorted(values), start=1))
    return ratio(weighted, n * sum(values))
