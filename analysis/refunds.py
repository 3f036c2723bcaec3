"""Which payments were refunded: settled, and their money back with the debtor before the run ended."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.tables import NULL, Tables


@lru_cache(maxsize=1)  # measures are asked for by run, by route and so on
def refunded(tables: Tables) -> NDArray[np.bool_] | None:
    """(n_payment,) by ``payment_id``; None, with nothing read, where no route has refunds.

    A refund goes back hop by hop, so it is done with the row of the kind ``refund`` that pays the debtor.
    """
    if not any(terms.get("refunds") for terms in tables.scenario.get("routes", {}).values()):
        return None
    people, kinds = Words(), Words()
    debtor = np.zeros(tables.rows("payments"), np.int64)
    for batch in batches(tables, "payments", ("payment_id", "debtor")):
        debtor[numbers(batch["payment_id"])] = people.codes(batch["debtor"])
    found = np.zeros(debtor.size, np.bool_)
    for batch in batches(tables, "obligations", ("payment_id", "kind", "creditor", "settled_at")):
        mine = np.flatnonzero((kinds.codes(batch["kind"]) == kinds.position("refund"))
                              & (numbers(batch["settled_at"]) != NULL))  # fmt: skip
        payment = numbers(batch["payment_id"])[mine]
        found[payment[people.codes(batch["creditor"])[mine] == debtor[payment]]] = True
    return found
