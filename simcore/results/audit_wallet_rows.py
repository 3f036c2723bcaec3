"""Replays the payments of one retail system: every balance at every row, limits, local days, outcomes by the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.wallet_names import INTEREST, PAYMENT, REJECTED_BANK_RESERVE, SETTLED, TOP_UP, WITHDRAWAL
from simcore.results.audit_books import exact_sum
from simcore.results.audit_ids import Ids
from simcore.results.audit_read import Batch, Words
from simcore.results.audit_report import Proof, money
from simcore.results.audit_wallet_books import OperatorBooks
from simcore.results.audit_wallet_offline import check_offline
from simcore.results.audit_wallet_rules import Limits, Seen, expected, limits_of, midnights, running
from simcore.results.schema import WALLET_KINDS, WALLET_STATUSES


class WalletRows:
    """One retail system: state of every wallet after the rows so far."""

    def __init__(
        self, name: str, terms: dict[str, Any], wallets: Batch, books: Batch, words: Words, proofs: tuple[Proof, ...]
    ) -> None:
        self.name, self.terms, self._words = name, terms, words
        self._money, self._limits_proof, self._each = proofs
        self._wallets = wallets
        numbers = wallets.pop("wallet")
        n = numbers.size
        if not np.array_equal(numbers, np.arange(n)):
            self._money.fail(f"wallets of {name}: numbers that aren't 0 to {n - 1} in order")
        self._limits: Limits = limits_of(terms)
        self._class = self._codes("class", list(terms["classes"]), wallets.pop("class"))
        # The scenario in the metadata has its keys sorted; operators come as their books have them.
        operators = [words.name("operator", code) for code in books["operator"][: len(terms["operators"])]]
        self._operator = self._codes("operator", operators, wallets.pop("operator"))
        self._bank = self._codes("bank", operators, wallets.pop("bank"))
        self.balance, self.deposit = wallets["opening_minor"].copy(), wallets["deposit_opening_minor"].copy()
        # One more than there are wallets: what has no payer counts for the last.
        self.spent, self._day = np.zeros(n + 1, np.int64), np.full(n + 1, -1, np.int32)
        self._ids = Ids()
        self._rows = self._interest = 0
        self._offline: list[NDArray[np.int64]] = []
        times = books["time"]
        span = (int(times.min()), int(times.max())) if times.size else (0, 0)
        countries = list(dict.fromkeys(it["country"] for it in terms["holders"].values()))
        self._zone = self._codes("country", countries, wallets.pop("country"))
        self._midnights = [midnights(country, *span) for country in countries]
        is_bank = np.array([terms["operators"].get(name, {}).get("bank", True) for name in operators])
        self.books = OperatorBooks(name, books, words, self._money, is_bank)
        self.books.open(self._operator, self._bank, self.balance, self.deposit)
        over = (self.balance < 0) | (self.balance > self._limits.balance[self._class]) | (self.deposit < 0)
        self._limits_proof.fail_each(np.flatnonzero(over), lambda at: f"wallet {at} of {name} begins beyond a limit")

    def _codes(self, column: str, names: list[str], values: NDArray[Any]) -> NDArray[np.int16]:
        """Positions among ``names`` for codes of a column; -1 stays."""
        codes = np.array([self._words.code(column, one) for one in names], np.int64)
        place = np.full(max(int(codes.max(initial=0)), int(values.max(initial=0))) + 2, -1, np.int16)
        place[codes] = np.arange(codes.size)
        found = place[values]
        if ((found < 0) & (values >= 0)).any():
            self._money.fail(f"wallets of {self.name}: a {column} that the system doesn't have")
        return np.maximum(found, 0) if column != "bank" else found

    # Rows.

    def add(self, batch: Batch) -> None:
        """Look at rows of the system in order, cut where the operators' books were written."""
        start, size = 0, batch["amount_minor"].size
        while True:
            coming = self.books.due
            stop = size if coming is None else min(max(coming - self._rows + start, start), size)
            if stop > start:
                self._piece({name: values[start:stop] for name, values in batch.items()})
                self._rows += stop - start
                start = stop
            if coming is None or coming > self._rows:
                return
            self.books.compare(self._rows)

    def _piece(self, rows: Batch) -> None:
        kind, amount, status = rows["kind"], rows["amount_minor"], rows["status"]
        n, settled = amount.size, status == SETTLED
        self._shape(rows)
        payer, payee = rows["payer"], rows["payee"]
        pays, paid = payer >= 0, payee >= 0
        self._once(rows, kind)
        # Two sides of each row, the payer's first; one that is none is wallet 0 with no change.
        wallet = np.stack([np.where(pays, payer, 0), np.where(paid, payee, 0)], axis=1).reshape(-1)
        gains = np.where(settled, amount, 0)
        topped, swept = np.where(settled, rows["topped_up_minor"], 0), np.where(settled, rows["swept_minor"], 0)
        change = np.stack([np.where(pays, topped - gains, 0), np.where(paid, gains - swept, 0)], axis=1).reshape(-1)
        to_bank = np.stack([np.where(kind == WITHDRAWAL, gains, -topped),
                            np.where(kind == TOP_UP, -gains, swept)], axis=1).reshape(-1)  # fmt: skip
        to_bank[np.stack([~pays, ~paid], axis=1).reshape(-1)] = 0
        before, after = running(wallet, change, self.balance)
        deposit_before, deposit_after = running(wallet, to_bank, self.deposit)
        spent_before, spent_after = self._spend(rows, wallet, np.where(kind == PAYMENT, gains, 0), pays)
        most = self._limits.balance[self._class[wallet]]
        over = (after < 0) | (after > most) | (deposit_after < 0) | ((to_bank != 0) & (self._bank[wallet] < 0))
        self._wrong(self._limits_proof, rows, over.reshape(n, 2).any(axis=1), lambda at: (
            f"leaves {after[2 * at]} in the payer's wallet and {after[2 * at + 1]} in the payee's"))  # fmt: skip
        beyond = spent_after > self._limits.day[self._class[wallet[::2]]]
        beyond = pays & (
            beyond | (settled & (kind == PAYMENT) & (amount > self._limits.payment[self._class[wallet[::2]]]))
        )
        self._wrong(self._limits_proof, rows, beyond, lambda at: (
            f"{amount[at]} with {spent_after[at]} paid in the day, above a limit of the class"))  # fmt: skip
        seen = Seen(
            payer=before[::2], payer_deposit=deposit_before[::2], payee=before[1::2],
            payee_deposit=deposit_before[1::2], spent=spent_before, payer_class=self._class[wallet[::2]],
            payee_class=self._class[wallet[1::2]], payer_bound=self._bank[wallet[::2]] >= 0,
            payee_bound=self._bank[wallet[1::2]] >= 0,
        )  # fmt: skip
        self._outcomes(rows, seen, self._stocks(rows, wallet, to_bank))
        earned = np.zeros_like(change)
        earned[1::2] = np.where(kind == INTEREST, gains, 0)
        self.books.note(self._operator[wallet], self._bank[wallet], change, to_bank, earned)
        self._interest += exact_sum(gains[kind == INTEREST])
        made = rows["offline"] == 1
        if made.any():
            self._offline.append(np.stack([
                payer[made], rows["initiated_at"][made], rows["decided_at"][made], amount[made], status[made],
                rows["payment_id"][made], before[::2][made], rows["row"][made],
            ]).astype(np.int64))  # fmt: skip

    def _shape(self, rows: Batch) -> None:
        """Who may be missing, and what can't be."""
        kind, amount = rows["kind"], rows["amount_minor"]
        outside = (rows["payer"] >= self.balance.size) | (rows["payee"] >= self.balance.size)
        no_payer, no_payee = (kind == TOP_UP) | (kind == INTEREST), kind == WITHDRAWAL
        wrong = outside | ((rows["payer"] < 0) != no_payer) | ((rows["payee"] < 0) != no_payee)
        wrong |= (rows["payer"] == rows["payee"]) | (amount < 1) | (rows["decided_at"] < rows["initiated_at"])
        wrong |= (rows["payment_id"] < 0) != (kind == INTEREST)
        self._wrong(self._each, rows, wrong, lambda at: f"not a {WALLET_KINDS[int(kind[at])]} as one can be")
        for side in ("payer", "payee"):
            rows[side] = np.where(outside, -1, rows[side])

    def _once(self, rows: Batch, kind: NDArray[Any]) -> None:
        where = np.flatnonzero(kind != INTEREST)
        ids = rows["payment_id"]
        again = where[self._ids.again(ids[where])]
        if self._ids.absurd:
            self._each.fail(
                f"wallet_payments of {self.name}: payment_id {self._ids.largest} among {self._ids.count} payments"
            )
        self._each.fail_each(
            again, lambda at: f"wallet_payments row {rows['row'][at]}: payment_id {ids[at]} with two outcomes"
        )

    def _spend(
        self, rows: Batch, wallet: NDArray[np.int64], gains: NDArray[np.int64], pays: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What each payer has paid since its local midnight, before and after each row."""
        day = np.zeros(gains.size, np.int64)
        zone = self._zone[wallet[::2]]
        for number, begins in enumerate(self._midnights):
            here = zone == number
            day[here] = np.searchsorted(begins, rows["decided_at"][here], side="right")
        payer = np.where(pays, wallet[::2], self.balance.size)
        state, days = self.spent, self._day
        order = np.argsort(payer, kind="stable")
        first = np.flatnonzero(np.append(True, payer[order][1:] != payer[order][:-1])) if order.size else order
        # A payer whose first row here is of another day begins at nothing.
        anew = payer[order][first][days[payer[order][first]] != day[order][first]]
        state[anew] = 0
        before, after = running(payer, gains, state, since=day)
        last = np.flatnonzero(np.append(payer[order][1:] != payer[order][:-1], True)) if order.size else order
        days[payer[order][last]] = day[order][last]
        return before, after

    def _stocks(
        self, rows: Batch, wallet: NDArray[np.int64], to_bank: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Under cash: what the banks on both sides of each row held for top-ups before it; int64 (n, 2)."""
        if not self.books.cash:
            return None
        bank, stock = self._bank[wallet], self.books.stock
        state = np.append(stock, 0)
        before, after = running(np.where(bank >= 0, bank, stock.size), np.where(bank >= 0, to_bank, 0), state)
        stock[:] = state[:-1]
        self._wrong(self._limits_proof, rows, (after < 0).reshape(-1, 2).any(axis=1), lambda at: (
            "leaves a bank less than nothing of the central bank's money"))  # fmt: skip
        return before[::2], before[1::2]

    def _outcomes(self, rows: Batch, seen: Seen, stocks: tuple[NDArray[np.int64], NDArray[np.int64]] | None) -> None:
        known, topped_up, swept = expected(rows, seen, self._limits)
        funds = known == REJECTED_BANK_RESERVE
        if stocks is None:
            known = np.where(funds, SETTLED, known)
        else:
            wanted = np.where(rows["kind"] == TOP_UP, rows["amount_minor"], rows["amount_minor"] - seen.payer)
            has = np.where(rows["kind"] == TOP_UP, stocks[1], stocks[0])
            known = np.where(funds & (has >= wanted), SETTLED, known)
        wrong = (known != rows["status"]) | (topped_up != rows["topped_up_minor"]) | (swept != rows["swept_minor"])
        self._wrong(self._each, rows, wrong, lambda at: (
            f"{WALLET_STATUSES[int(rows['status'][at])]} with {rows['topped_up_minor'][at]} topped up and "
            f"{rows['swept_minor'][at]} swept; by the rules {WALLET_STATUSES[int(known[at])]} with {topped_up[at]} and "
            f"{swept[at]}"))  # fmt: skip

    def _wrong(self, proof: Proof, rows: Batch, mask: Any, say: Callable[[int], str]) -> None:
        if mask.any():
            proof.fail_each(np.flatnonzero(mask), lambda at: f"wallet_payments row {rows['row'][at]}: {say(at)}")

    def _closing(self, column: str, values: NDArray[np.int64]) -> None:
        told = self._wallets[column]
        self._money.fail_each(np.flatnonzero(told != values), lambda at: (
            f"wallet {at} of {self.name}: {column} {told[at]}, {values[at]} by its payments"))  # fmt: skip

    def finish(self) -> None:
        """The end: closings, payments made offline, what was issued."""
        self.books.compare(self._rows)
        self.books.finish()
        wallets, name = self._wallets, self.name
        self._closing("closing_minor", self.balance)
        self._closing("deposit_closing_minor", self.deposit)
        first = exact_sum(wallets["opening_minor"]) + exact_sum(wallets["deposit_opening_minor"])
        last = exact_sum(wallets["closing_minor"]) + exact_sum(wallets["deposit_closing_minor"])
        if first + self._interest != last:
            self._money.fail(f"{name}: {first} in wallets and on bank accounts and {self._interest} of interest, "
                             f"{last} at the end")  # fmt: skip
        if self._ids.missing(self._ids.count) is not None:
            self._each.fail(f"wallet_payments of {name}: payments without an outcome")
        if self._offline:
            check_offline(
                np.concatenate(self._offline, axis=1), self._limits, self._class, self._limits_proof, self._each
            )
        currency = self.terms["currency"]
        held = exact_sum(wallets["closing_minor"])
        issued, earned = money(self.books.issued, currency), money(self._interest, currency)
        self._money.details.append(
            f"{name}: {money(held, currency)} in {self.balance.size:,} wallets at the end, {issued} issued by "
            f"{self.terms['issuer']}, {earned} of interest; {self._rows:,} rows replayed"
        )
        self._limits_proof.details.append(
            f"{name}: balances, payments, days from midnight to midnight and what was offline held to the limits of "
            f"{self.balance.size:,} wallets at every row"
        )
        self._each.details.append(f"{name}: {self._ids.count:,} payments decided as the rules of wallets say")
