"""What debtors' own banks charge their customers, by the tariff of the route; it moves no money between banks.

So no row of a run has it: it follows from the amount sent and from ``sending_fee`` in the run document, exactly:
fixed + share × amount, rounded half to even to minor units, cut to least and most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.tables import Tables
from simcore.units import parse_amount, parse_bp

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
            found[route] = Tariff(fixed, parse_bp(terms.get("share", "0 bp")), least, most)
    return found


_AMOUNTS = (("fixed", 0), ("least", 0), ("most", NO_LIMIT))


def _minor(amount: Any, otherwise: int) -> int:
    """An amount as run documents write it, in minor units."""
    return otherwise if amount is None else parse_amount(amount).amount_minor
