"""What a picture shows when it isn't told: the rail most used, the participants that paid most, instants of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.tables import NULL, Tables

PAYING: Final = ("payment", "spread", "fee")
"""Kinds of obligations by which payments move money; funding, sweeps, credit and returns are not among them."""
INSTANTS: Final = 600
Columns = dict[str, NDArray[np.int64]]


def busiest_rail(tables: Tables) -> str | None:
    """The rail on which most obligations settled; the first of those with snapshots if none did."""
    words = Words()
    counts = np.zeros(0, np.int64)
    for batch in batches(tables, "obligations", ("rail", "settled_at")):
        codes = words.codes(batch["rail"])[batch["settled_at"].is_valid().to_numpy(zero_copy_only=False)]
        found = np.bincount(codes, minlength=max(len(words.words), counts.size))
        found[: counts.size] += counts
        counts = found
    busy = dict(zip(words.words, counts.tolist()))
    with_snapshots = tables.ids("balances", "rail").used()
    return max(with_snapshots, key=lambda rail: busy.get(rail, 0), default=None)


def by_turnover(tables: Tables, rail: str) -> list[str]:
    """The holders of accounts on a rail, those first that paid most; issuers of the money last."""
    here = tables.ids("accounts", "rail").equal(rail)
    holders = tables.ids("accounts", "participant")
    debited, limits = tables.numbers("accounts", "debited_minor"), tables.numbers("accounts", "debit_limit_minor")
    paid: dict[int, int] = {}
    issuers = set()
    for code, amount, limit in zip(holders.codes[here], debited[here], limits[here]):
        paid[int(code)] = paid.get(int(code), 0) + int(amount)
        if limit == NULL:
            issuers.add(int(code))
    order = sorted(paid, key=lambda code: (code in issuers, -paid[code], code))
    plain = [code for code in order if code not in issuers]
    return [holders.words[code] for code in plain or order] + [
        holders.words[c] for c in order if plain and c in issuers
    ]


def issuers(tables: Tables, rail: str) -> set[str]:
    """The holders on a rail whose account has no limit: they issue its money."""
    here = tables.ids("accounts", "rail").equal(rail) & (tables.numbers("accounts", "debit_limit_minor") == NULL)
    holders = tables.ids("accounts", "participant")
    return {holders.words[code] for code in np.unique(holders.codes[here])}


def clock_rail(tables: Tables, rails: Iterable[str]) -> str:
    """The rail whose clock a picture of several has: the first of the scenario among them."""
    named = list(rails)
    return next((rail for rail in tables.scenario.get("rails", {}) if rail in named), named[0] if named else "")


def currency_of(tables: Tables, rail: str) -> str:
    """The currency of a rail that has snapshots."""
    here = tables.ids("balances", "rail").equal(rail)
    currencies = tables.ids("balances", "currency")
    return currencies.words[int(currencies.codes[here][0])]


def instants(span: tuple[int, int], most: int = INSTANTS) -> NDArray[np.int64]:
    """Instants at equal distances from the first to the last of a run: int64 (at most ``most``,), microseconds UTC."""
    return np.unique(np.linspace(span[0], max(span[1], span[0] + 1), most).astype(np.int64))


class Steps:
    """Sums over time at given instants: amounts are added batch by batch, and only the sums are kept.

    They are float64, for drawing: exact to 2^53 minor units and to sixteen digits beyond.
    """

    def __init__(self, at: NDArray[np.int64]) -> None:
        self.at = at
        self._added: dict[int, NDArray[np.float64]] = {}

    def add(self, group: NDArray[np.int64], time_us: NDArray[np.int64], amount: NDArray[np.int64]) -> None:
        """Add amounts from their instants on, in the line of their group; what is later than the last is left out."""
        place = np.searchsorted(self.at, time_us, side="left")
        for code in np.unique(group).tolist():
            mine = group == code
            found = np.bincount(place[mine], weights=amount[mine], minlength=self.at.size + 1).astype(np.float64)
            self._added[code] = found + self._added[code] if code in self._added else found

    def groups(self) -> list[int]:
        """The groups that were met, ascending."""
        return sorted(self._added)

    def line(self, group: int) -> NDArray[np.float64]:
        """The sum up to and with each instant, float64 (n_instants,)."""
        return np.cumsum(self._added[group][: self.at.size])


class Flows:
    """Value by payer and payee, added batch by batch: ``value`` float64 (n, n), debtors × creditors, minor units."""

    def __init__(self) -> None:
        self.names = Words()
        self.value = np.zeros((0, 0))

    def add(self, debtor: NDArray[np.int64], creditor: NDArray[np.int64], amount: NDArray[np.int64]) -> None:
        """Add amounts; debtors and creditors are positions in ``names``."""
        n = len(self.names.words)
        grown = n - len(self.value)
        if grown:
            self.value = np.pad(self.value, (0, grown))
        self.value += np.bincount(debtor * n + creditor, weights=amount, minlength=n * n).reshape(n, n)


def settled(
    tables: Tables, columns: tuple[str, ...], words: dict[str, Words], kinds: tuple[str, ...] = PAYING
) -> Iterator[Columns]:
    """Settled obligations of some kinds, batch by batch, as int64 columns (n,); names as positions in ``words``."""
    kind = Words()
    for batch in batches(tables, "obligations", tuple(dict.fromkeys((*columns, "kind", "settled_at")))):
        wanted = np.isin(kind.codes(batch["kind"]), [kind.position(name) for name in kinds])
        keep = wanted & batch["settled_at"].is_valid().to_numpy(zero_copy_only=False)
        if keep.any():
            yield {
                name: (words[name].codes(batch[name]) if name in words else numbers(batch[name]))[keep]
                for name in columns
            }
