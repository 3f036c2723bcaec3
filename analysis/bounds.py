"""Bounds of liquidity: what settling needed, beside the least it could need and what settling at once would need.

For an account, a business day of its rail, and the obligations of payments that settled on it (hops and their parts,
spreads, fees and returns; not funding, sweeps, overnight credit or shares of losses):

    lower = max(0, paid − received)             all of them as one set at the end of the day
    used  = the largest net debit               in the order of finality, a set counting with its end
    upper = the largest net debit               each at the instant it entered, one after another
    level = (used − lower) / (upper − lower)    0 at the lower bound, 1 at the upper, more where waiting cost liquidity

Sums run over accounts; issuers, which have no limit, are left out. Source: Leinonen and Soramäki, Bank of Finland
Discussion Paper 16/99 (1999). Positions begin at zero, so ``used`` is the ``liquidity_used`` of the table of accounts
where nothing but payments moves money.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa

from analysis.bounds_rows import business_days, entry_order, finality_order, read_rows, walk
from analysis.tables import NULL, Tables

FIGURES: Final = ("gross", "lower", "used", "upper", "submitted")


@dataclass
class Needs:
    """What an account needed on a day, or several together, in minor units."""

    gross: int = 0
    """Value it paid in obligations that settled."""
    lower: int = 0
    used: int = 0
    upper: int = 0
    submitted: int = 0
    """The upper bound with what never settled, on the day it entered, as well."""

    def __iadd__(self, other: Needs) -> Needs:
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    @property
    def level(self) -> Fraction | None:
        """Where between its bounds what was used lies; None where they meet."""
        return Fraction(self.used - self.lower, self.upper - self.lower) if self.upper > self.lower else None


@dataclass(frozen=True, order=True)
class Account:
    """An account on one business day of its rail, YYYY-MM-DD."""

    rail: str
    currency: str
    day: str
    participant: str


@lru_cache(maxsize=1)  # measures and the sentences about them ask for the same
def needs(tables: Tables) -> dict[Account, Needs]:
    """What each account with a limit needed on each business day on which it paid or was paid.

    Memory is about 60 bytes for each row of ``obligations``.
    """
    days = business_days(tables)
    rows = read_rows(tables, days)
    order = entry_order(rows)
    rows.entered = rows.key = np.zeros(0, np.int64)  # two of four columns that nobody needs any more
    settled = rows.sequence != NULL
    amounts = [rows.amount] if settled.all() else [rows.amount, np.where(settled, rows.amount, 0)]
    with ThreadPoolExecutor(1) as other:  # numpy lets go of Python's lock while it sorts and sums
        at_once = other.submit(walk, rows, order, *amounts)
        [used] = walk(rows, finality_order(rows), rows.amount, sets=True)
        walked = at_once.result()
    submitted, upper = walked[0], walked[-1]
    unlimited, found = issuers(tables), {}
    met = np.bincount(rows.debtor, minlength=len(used.net)) + np.bincount(rows.creditor, minlength=len(used.net))
    for place in np.flatnonzero(met).tolist():
        rail, participant, currency = rows.accounts[place // rows.n_day]
        if (rail, participant) not in unlimited:
            _, names = days.get(rail, (None, [""]))
            account = Account(rail, currency, names[place % rows.n_day], participant)
            peaks = (each.highest[place] for each in (used, upper, submitted))
            found[account] = Needs(used.paid[place], max(0, used.net[place]), *peaks)
    return dict(sorted(found.items()))


def bounds(tables: Tables) -> pa.Table:
    """Liquidity and its bounds for each rail, currency and business day.

    Returns
    -------
    pyarrow.Table     rail, currency, business_day, gross_minor, lower_minor, used_minor, upper_minor, submitted_minor
                      (decimal128, so that no sum can overflow), level (float64, null where the bounds meet)
    """
    total: dict[tuple[str, str, str], Needs] = defaultdict(Needs)
    for account, need in needs(tables).items():
        total[account.rail, account.currency, account.day] += need
    texts = [pa.array([key[k] for key in total], pa.string()) for k in range(3)]
    figures = [pa.array([Decimal(getattr(need, name)) for need in total.values()], pa.decimal128(38, 0))
               for name in FIGURES]  # fmt: skip
    level = pa.array([None if need.level is None else float(need.level) for need in total.values()], pa.float64())
    heads = ["rail", "currency", "business_day", *(f"{name}_minor" for name in FIGURES), "level"]
    return pa.table([*texts, *figures, level], names=heads)


def issuers(tables: Tables) -> set[tuple[str, str]]:
    """Accounts without a limit, as rail and participant."""
    rails, people = tables.ids("accounts", "rail"), tables.ids("accounts", "participant")
    free = np.flatnonzero(tables.numbers("accounts", "debit_limit_minor") == NULL)
    return {(rails.words[rails.codes[row]], people.words[people.codes[row]]) for row in free.tolist()}
