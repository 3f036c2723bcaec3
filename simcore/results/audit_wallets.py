"""Replays retail systems from their tables, and compares what issuers were paid with what operators hold.

Shares no code with the loop that played them. Memory holds the wallets, a bit per payment, and payments made offline.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import KIND_WALLET_ISSUE, KIND_WALLET_REDEMPTION, KIND_WALLET_SETTLEMENT
from simcore.results.audit_read import Batch, TableReader, Words
from simcore.results.audit_report import Proof
from simcore.results.schema import ALL_TABLES, WALLET_KINDS, WALLET_STATUSES

if TYPE_CHECKING:
    from simcore.results.audit_wallet_rows import WalletRows

_WALLETS: Final = (
    "wallet", "class", "operator", "bank", "country", "opening_minor", "closing_minor", "deposit_opening_minor",
    "deposit_closing_minor",
)  # fmt: skip
_KINDS: Final = (KIND_WALLET_ISSUE, KIND_WALLET_REDEMPTION, KIND_WALLET_SETTLEMENT)


class Wallets:
    """All retail systems of a run; none where the scenario has none."""

    def __init__(self, folder: Path, scenario: dict[str, Any], words: Words, proofs: tuple[Proof, ...]) -> None:
        self._folder, self._outer, self._proofs = folder, words, proofs
        self._terms: dict[str, Any] = scenario.get("wallets", {})
        self._paid_in: dict[tuple[int, int], int] = {}  # (rail, issuer) → what it was paid, net
        self._ends = {
            (words.code("rail", it["rail"]), words.code("debtor", it["issuer"])) for it in self._terms.values()
        }

    def note(self, batch: Batch) -> None:
        """Look at obligations: what issuers were paid for money in stocks and behind wallets, and paid back."""
        if not self._terms:
            return
        rows = np.flatnonzero(np.isin(batch["kind"], _KINDS) & (batch["sequence"] >= 0))
        for at in rows.tolist():
            rail, amount = int(batch["rail"][at]), int(batch["amount_minor"][at])
            for who, sign in ((int(batch["creditor"][at]), 1), (int(batch["debtor"][at]), -1)):
                if (rail, who) in self._ends:
                    self._paid_in[rail, who] = self._paid_in.get((rail, who), 0) + sign * amount

    def finish(self) -> None:
        """Replay every system."""
        if not self._terms:
            return
        from simcore.results.audit_wallet_rows import WalletRows  # other runs don't need the rules of wallets

        words = Words(WALLET_STATUSES, WALLET_KINDS)
        for name in self._terms:
            words.code("system", name)
        books = self._read("wallet_operators", words).whole()
        systems = [
            WalletRows(name, terms, wallets, _of(books, number), words, self._proofs)
            for number, ((name, terms), wallets) in enumerate(zip(self._terms.items(), self._wallets(words)))
        ]
        for batch in self._read("wallet_payments", words).batches():
            for number, system in enumerate(systems):
                system.add(batch if len(systems) == 1 else _of(batch, number))
        for system in systems:
            system.finish()
        self._issued(systems)

    def _read(self, table: str, words: Words) -> TableReader:
        return TableReader(self._folder, table, tuple(column.name for column in ALL_TABLES[table]), words)

    def _wallets(self, words: Words) -> list[Batch]:
        """The wallets of each system, column after column and no wider than they need be: there may be millions."""
        parts: list[dict[str, list[NDArray[Any]]]] = [{name: [] for name in _WALLETS} for _ in self._terms]
        for batch in TableReader(self._folder, "wallets", ("system", *_WALLETS), words).batches():
            for number, columns in enumerate(parts):
                for name, values in _of(batch, number).items():
                    if name in columns:
                        columns[name].append(values if values.dtype == np.int64 else values.astype(np.int16))
        nothing = np.zeros(0, np.int64)
        return [{name: np.concatenate(columns.pop(name) or [nothing]) for name in _WALLETS} for columns in parts]

    def _issued(self, systems: list[WalletRows]) -> None:
        """What stocks and cover grew by is what the issuer was paid on the rail."""
        grown: dict[tuple[int, int], int] = {}
        for system in systems:
            end = (self._outer.code("rail", system.terms["rail"]), self._outer.code("debtor", system.terms["issuer"]))
            grown[end] = grown.get(end, 0) + system.books.issued - system.books.issued_first
        for end, amount in grown.items():
            paid = self._paid_in.get(end, 0)
            if paid != amount:
                who = f"{self._outer.name('debtor', end[1])} on {self._outer.name('rail', end[0])}"
                self._proofs[0].fail(f"{who} was paid {paid} for money of wallets, which grew by {amount}")


def _of(rows: Batch, system: int) -> Batch:
    mine = rows["system"] == system
    return rows if mine.all() else {name: values[mine] for name, values in rows.items()}
