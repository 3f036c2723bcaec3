"""What each route needs of liquidity by itself: the largest net debits that its payments alone make."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from analysis.batches import Words, batches, numbers
from analysis.bounds import issuers
from analysis.bounds_rows import business_days, finality_order, read_rows, walk
from analysis.measures import Found
from analysis.tables import Tables

_HOPS = 128


def compute(tables: Tables, by: str) -> Found:
    """``route_liquidity``, by route and currency of the account; nothing for a run without payments."""
    rows, route, words = read_rows(tables, business_days(tables)), np.zeros(tables.rows("payments"), np.int32), Words()
    for batch in batches(tables, "payments", ("payment_id", "route")):
        route[numbers(batch["payment_id"])] = words.codes(batch["route"])
    order, unlimited = finality_order(rows), issuers(tables)
    taken = route[rows.key[order] // _HOPS] if order.size else np.zeros(0, np.int32)
    needed: dict[tuple[str, str], int] = defaultdict(int)
    for code in np.unique(taken).tolist():
        mine = order[taken == code]
        [found] = walk(rows, mine, rows.amount, sets=True)
        met = np.unique(np.concatenate([rows.debtor[mine], rows.creditor[mine]]))
        for place in met.tolist():
            rail, participant, currency = rows.accounts[place // rows.n_day]
            if (rail, participant) not in unlimited:
                needed[words.words[code], currency] += found.highest[place]
    return {("route_liquidity", *key): value for key, value in needed.items()}
