"""In which currency payments cross borders: the hops between participants of two countries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.tables import Tables

RMB = "CNY"
_COLUMNS = ("payment_id", "kind", "debtor", "creditor", "currency")


@dataclass(frozen=True)
class Crossings:
    """By ``payment_id``, whether any hop lies between two countries, and whether all of those are in renminbi."""

    crossed: NDArray[np.bool_]  # (n_payment,)
    in_rmb: NDArray[np.bool_]  # (n_payment,)


@lru_cache(maxsize=1)  # measures are asked for by run, by route and so on
def crossings(tables: Tables) -> Crossings | None:
    """What crossed; None, with nothing read, where all participants are of one country."""
    country = {name: str(entry.get("country", "")) for name, entry in tables.scenario.get("participants", {}).items()}
    if len(set(country.values())) < 2:
        return None
    countries, people, kinds, money = Words(), Words(), Words(), Words()
    crossed = np.zeros(tables.rows("payments"), np.bool_)
    other = np.zeros(crossed.size, np.bool_)
    for batch in batches(tables, "obligations", _COLUMNS):
        payer, payee = people.codes(batch["debtor"]), people.codes(batch["creditor"])
        kind, currency = kinds.codes(batch["kind"]), money.codes(batch["currency"])
        home = np.array([countries.position(country.get(name, "")) for name in people.words], np.int64)
        hop = (kind == kinds.position("payment")) | (kind == kinds.position("part"))
        hop &= (home[payer] != home[payee]) & batch["payment_id"].is_valid().to_numpy(zero_copy_only=False)
        payment = numbers(batch["payment_id"])[hop]
        crossed[payment] = True
        other[payment[currency[hop] != money.position(RMB)]] = True
    return Crossings(crossed, crossed & ~other)
