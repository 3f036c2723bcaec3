"""Compares the books of a retail system's operators with its wallets: sums, cover, positions, what was issued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.results.audit_books import exact_sum
from simcore.results.audit_read import Batch, Words
from simcore.results.audit_report import Proof

Ints = NDArray[Any]  # int64, or narrower where they are positions of names
_BOOKS: Final = ("wallets", "deposits", "stock", "backing", "position")
_UNMOVED: Final = ("midnight", "interest", "end")
"""Events between which and the one before nothing has moved but wallets."""
_ISSUING: Final = ("opening", "stock", "settlement")
"""Events at which the central bank may have issued or taken back."""


class OperatorBooks:
    """The operators as wallet_operators.arrow tells them, and as the rows of wallet_payments make them.

    ``issued`` is what they hold of the central bank's money, ``issued_first`` what they held at first; ``stock`` is
    what each bank holds for top-ups, followed row by row; ``cash`` is the regime.
    """

    def __init__(self, name: str, rows: Batch, words: Words, proof: Proof, is_bank: NDArray[np.bool_]) -> None:
        self._name, self._rows, self._words, self._proof, self._is_bank = name, rows, words, proof, is_bank
        self._snapshots = self._read()
        self._waiting = next(self._snapshots, None)
        self._last, self._flows = self._nothing(), self._nothing()
        self.stock = self._last["stock"]
        self.cash, self.issued, self.issued_first = True, 0, 0

    def _nothing(self) -> dict[str, Ints]:
        return {name: np.zeros(self._is_bank.size, np.int64) for name in _BOOKS}

    def _read(self) -> Iterator[tuple[int, str, str, Batch]]:
        """(rows before, event, regime, books by operator), in the order of the table."""
        rows, n = self._rows, self._is_bank.size
        if not n or rows["time"].size % n:
            self._proof.fail(f"wallet_operators of {self._name}: {rows['time'].size} rows of {n} operators")
            return
        for first in range(0, rows["time"].size, n):
            part = slice(first, first + n)
            yield (
                int(rows["rows_before"][first]), self._words.name("event", rows["event"][first]),
                self._words.name("regime", rows["regime"][first]),
                {name: rows[f"{name}_minor"][part] for name in _BOOKS},
            )  # fmt: skip

    @property
    def due(self) -> int | None:
        """How many rows come before the next books; None where there are no more."""
        return None if self._waiting is None else self._waiting[0]

    def open(self, operator: Ints, bank: Ints, balance: Ints, deposit: Ints) -> None:
        """What the operators' wallets and bank accounts hold before the first row; (n_wallet,) each."""
        np.add.at(self._last["wallets"], operator, balance)
        np.add.at(self._last["deposits"], bank[bank >= 0], deposit[bank >= 0])
        self.compare(0)

    def note(self, operator: Ints, bank: Ints, change: Ints, to_bank: Ints, earned: Ints) -> None:
        """Add up what moved; (n,) each: in wallets, on the bank accounts bound to them, and what of it is interest.

        Sums stay below 2^62, as those of a run do.
        """
        held = bank >= 0
        np.add.at(self._flows["wallets"], operator, change)
        np.add.at(self._flows["deposits"], bank[held], to_bank[held])
        # All but interest moves money of the central bank between operators and banks, or their positions.
        np.add.at(self._flows["position"], operator, change - earned)
        np.add.at(self._flows["position"], bank[held], to_bank[held])

    def compare(self, rows: int) -> None:
        """Compare all books that are due after so many rows."""
        while self._waiting is not None and self._waiting[0] <= rows:
            _, event, regime, books = self._waiting
            self._waiting = next(self._snapshots, None)
            self._book(event, regime == "cash", books, rows)

    def _book(self, event: str, cash: bool, books: Batch, rows: int) -> None:
        last, flows = self._last, self._flows
        issued = exact_sum(books["stock"]) + exact_sum(books["backing"])
        covered = books["backing"] + np.where(self._is_bank, 0, books["position"])
        promises = {
            "wallets of operators aren't the sum of their wallets":
                books["wallets"] == last["wallets"] + flows["wallets"],
            "deposits of banks aren't the sum of the bank accounts":
                books["deposits"] == last["deposits"] + flows["deposits"],
            "positions don't add up to zero": np.array([books["position"].sum() == 0]),
            "a stock below zero": books["stock"] >= 0,
            "wallets aren't covered": covered == np.where(cash | ~self._is_bank, books["wallets"], 0),
            "money was issued, or taken back": np.array([event in _ISSUING or issued == self.issued]),
        }  # fmt: skip
        if event in _UNMOVED and cash:
            promises["stocks don't follow from top-ups and withdrawals"] = books["stock"] == self.stock
        elif event in _UNMOVED:
            moved = last["position"] + flows["position"]
            promises["positions don't follow from the payments"] = books["position"] == moved
        elif event == "settlement":
            promises["positions that settled aren't zero"] = books["position"] == 0
        for promise, kept in promises.items():
            if not kept.all():
                self._proof.fail(f"wallet_operators of {self._name}, {event} after {rows} rows: {promise}")
        self.issued, self.cash = issued, cash
        if event == "opening":
            self.issued_first = issued
        self._last = {name: values.copy() for name, values in books.items()}
        self.stock, self._flows = self._last["stock"], self._nothing()

    def finish(self) -> None:
        """No books may be left over."""
        if self._waiting is not None:
            self._proof.fail(f"wallet_operators of {self._name}: books after more rows than there are")
