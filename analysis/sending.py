"""What debtors' own banks charge their customers, by the tariff of the route; it moves no money between banks.

So no row of a run has it: it follows from the amount sent and from ``sending_fee`` in the run document, exactly:
fixed + share × amount, rounded half to even to minor units, cut to least and most.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.tables import Tables
from fx.currency import to_minor

BP_E2_WHOLE = 1_000_000
NO_LIMIT = 2**62


@dataclass(frozen=True)
class Tariff:
    """One route's, in minor units and hundredths of a basis point."""

    fixed: int
    share: int
    least: int
    most: int

    def of(self, amount: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) the fee of each amount, minor units."""
        whole, rest = np.divmod(amount, BP_E2_WHOLE)  # amount × share may not fit 64 bits
        part, left = np.divmod(rest * self.share, BP_E2_WHOLE)
        fee = whole * self.share + part
        twice = 2 * left
        fee += (twice > BP_E2_WHOLE) | ((twice == BP_E2_WHOLE) & (fee % 2 == 1))
        return np.clip(self.fixed + fee, self.least, self.most)


def tariffs(tables: Tables) -> dict[str, Tariff]:
    """Route → the tariff of the debtor's bank, for the routes that have one."""
    found = {}
    for route in tables.scenario.get("routes", {}):
        terms = tables.entry("routes", route).get("sending_fee")
        if terms:
            fixed, least, most = (_minor(terms.get(key), otherwise) for key, otherwise in _AMOUNTS)
            share = Decimal(str(terms.get("share", "0 bp")).split()[0])
            found[route] = Tariff(fixed, int(share * 100), least, most)
    return found


_SCALES = {"": 0, "mn": 6, "bn": 9, "tn": 12}
_AMOUNTS = (("fixed", 0), ("least", 0), ("most", NO_LIMIT))


def _minor(amount: Any, otherwise: int) -> int:
    """An amount as run documents write it, ``1,234.50 CNY`` or ``1.5 mn CNY``, in minor units."""
    if amount is None:
        return otherwise
    number, *scale, currency = str(amount).split()
    return to_minor(Decimal(number.replace(",", "")).scaleb(_SCALES["".join(scale)]), currency)
