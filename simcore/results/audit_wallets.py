"""Replays wallets from their tables: every balance at every row, limits, local days, operators' books, what was issued.

Shares no code with the loop that played them. Memory holds the wallets, a bit per payment, and payments made offline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import KIND_WALLET_ISSUE, KIND_WALLET_REDEMPTION, KIND_WALLET_SETTLEMENT
from simcore.kernels.wallet_names import (
    INTEREST,
    OFFLINE_AT_END,
    PAYMENT,
    REJECTED_BANK_RESERVE,
    REJECTED_INSUFFICIENT_FUNDS,
    REJECTED_OFFLINE_LIMIT,
    REJECTED_PAYMENT_LIMIT,
    SETTLED,
    TOP_UP,
    WITHDRAWAL,
)
from simcore.results.audit_books import exact_sum
from simcore.results.audit_read import Batch, TableReader, Words
from simcore.results.audit_report import Proof, money
from simcore.results.audit_wallet_rules import Limits, Seen, device, expected, limits_of, midnights, running
from simcore.results.schema import ALL_TABLES, WALLET_KINDS, WALLET_STATUSES

_SCENARIO: Final = b"luhai.scenario"
_KINDS: Final = (KIND_WALLET_ISSUE, KIND_WALLET_REDEMPTION, KIND_WALLET_SETTLEMENT)
_BOOKS: Final = ("wallets", "deposits", "stock", "backing", "position")


class Wallets:
    """All retail systems of a run; none where the scenario in a table's metadata has none."""

    def __init__(self, folder: Path, metadata: dict[bytes, bytes], words: Words, proofs: tuple[Proof, ...]) -> None:
        self._folder, self._outer, self._proofs = folder, words, proofs
        try:
            self._terms: dict[str, Any] = json.loads(metadata.get(_SCENARIO, b"{}")).get("wallets", {})
        except ValueError:  # a table that no run of a scenario wrote
            self._terms = {}
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
        words = Words(WALLET_STATUSES, WALLET_KINDS)
        for name in self._terms:
            words.code("system", name)
        whole = {table: self._read(table, words).whole() for table in ("wallets", "wallet_operators")}
        systems = []
        for number, (name, terms) in enumerate(self._terms.items()):
            mine = {table: _of(rows, number) for table, rows in whole.items()}
            systems.append(_System(name, terms, mine["wallets"], mine["wallet_operators"], words, self._proofs))
        del whole
        for batch in self._read("wallet_payments", words).batches():
            for number, system in enumerate(systems):
                system.add(batch if len(systems) == 1 else _of(batch, number))
        for system in systems:
            system.finish()
        self._issued(systems)

    def _read(self, table: str, words: Words) -> TableReader:
        return TableReader(self._folder, table, tuple(column.name for column in ALL_TABLES[table]), words)

    def _issued(self, systems: list[_System]) -> None:
        """What stocks and cover grew by is what the issuer was paid on the rail."""
        grown: dict[tuple[int, int], int] = {}
        for system in systems:
            end = (self._outer.code("rail", system.terms["rail"]), self._outer.code("debtor", system.terms["issuer"]))
            grown[end] = grown.get(end, 0) + system.issued - system.issued_first
        for end, amount in grown.items():
            paid = self._paid_in.get(end, 0)
            if paid != amount:
                who = f"{self._outer.name('debtor', end[1])} on {self._outer.name('rail', end[0])}"
                self._proofs[0].fail(f"{who} was paid {paid} for money of wallets, which grew by {amount}")


def _of(rows: Batch, system: int) -> Batch:
    mine = rows["system"] == system
    return rows if mine.all() else {name: values[mine] for name, values in rows.items()}


class _System:
    """One retail system: state of every wallet after the rows so far."""

    def __init__(
        self, name: str, terms: dict[str, Any], wallets: Batch, books: Batch, words: Words, proofs: tuple[Proof, ...]
    ) -> None:
        self.name, self.terms, self._words = name, terms, words
        self._money, self._limits_proof, self._each = proofs
        self._wallets, self._books = wallets, books
        n = wallets["wallet"].size
        if not np.array_equal(wallets["wallet"], np.arange(n)):
            self._money.fail(f"wallets of {name}: numbers that aren't 0 to {n - 1} in order")
        self._limits: Limits = limits_of(terms)
        self._class = self._codes("class", list(terms["classes"]), wallets["class"])
        # The scenario in the metadata has its keys sorted; operators come as their books have them.
        operators = [words.name("operator", code) for code in books["operator"][: len(terms["operators"])]]
        self._operator = self._codes("operator", operators, wallets["operator"])
        self._bank = self._codes("bank", operators, wallets["bank"])
        self._is_bank = np.array([terms["operators"].get(name, {}).get("bank", True) for name in operators])
        self._n_operator = len(operators)
        self.balance, self.deposit = wallets["opening_minor"].copy(), wallets["deposit_opening_minor"].copy()
        # One more than there are wallets: what has no payer counts for the last.
        self.spent, self._day = np.zeros(n + 1, np.int64), np.full(n + 1, -1, np.int64)
        self._counted, self._rows = 0, 0
        self._seen_ids = np.zeros(0, np.bool_)
        self._interest = 0
        self._offline: list[NDArray[np.int64]] = []
        times = books["time"]
        span = (int(times.min()), int(times.max())) if times.size else (0, 0)
        countries = list(dict.fromkeys(it["country"] for it in terms["holders"].values()))
        self._zone = self._codes("country", countries, wallets["country"])
        self._midnights = [midnights(country, *span) for country in countries]
        self._snapshots = self._read_books(operators)
        self._state = dict.fromkeys(_BOOKS, np.zeros(self._n_operator, np.int64))
        self._cash, self.issued, self.issued_first = True, 0, 0
        self._before: dict[str, NDArray[np.int64]] = {}
        self._flows = self._operator_sums()
        self._compare()  # the opening, and what else comes before the first row
        over = (self.balance < 0) | (self.balance > self._limits.balance[self._class]) | (self.deposit < 0)
        self._limits_proof.fail_each(np.flatnonzero(over), lambda at: f"wallet {at} of {name} begins beyond a limit")

    def _codes(self, column: str, names: list[str], values: NDArray[Any]) -> NDArray[np.int64]:
        """Positions among ``names`` for codes of a column; -1 stays."""
        codes = np.array([self._words.code(column, one) for one in names], np.int64)
        place = np.full(max(int(codes.max(initial=0)), int(values.max(initial=0))) + 2, -1, np.int64)
        place[codes] = np.arange(codes.size)
        found = place[values]
        if ((found < 0) & (values >= 0)).any():
            self._money.fail(f"wallets of {self.name}: a {column} that the system doesn't have")
        return np.maximum(found, 0) if column != "bank" else found

    def _read_books(self, operators: list[str]) -> Iterator[tuple[int, str, str, Batch]]:
        """(rows before, event, regime, books by operator), in the order of the table."""
        rows, n = self._books, len(operators)
        if rows["time"].size % n or not rows["time"].size:
            self._money.fail(f"wallet_operators of {self.name}: {rows['time'].size} rows of {n} operators")
            return
        for first in range(0, rows["time"].size, n):
            part = slice(first, first + n)
            yield (
                int(rows["rows_before"][first]), self._words.name("event", rows["event"][first]),
                self._words.name("regime", rows["regime"][first]),
                {name: rows[f"{name}_minor"][part] for name in _BOOKS},
            )  # fmt: skip

    def _operator_sums(self) -> dict[str, NDArray[np.int64]]:
        """What changed with each operator since the last snapshot."""
        return {name: np.zeros(self._n_operator, np.int64) for name in _BOOKS}

    # Rows.

    def add(self, batch: Batch) -> None:
        """Look at rows of the system in order, cut where the operators' books were written."""
        start, size = 0, batch["amount_minor"].size
        while True:
            coming = self._next()
            stop = size if coming is None else min(max(coming - self._rows + start, start), size)
            if stop > start:
                self._piece({name: values[start:stop] for name, values in batch.items()})
                self._rows += stop - start
                start = stop
            if coming is None or coming > self._rows:
                return
            self._compare()

    def _next(self) -> int | None:
        """How many rows come before the next snapshot of the books."""
        if not hasattr(self, "_waiting"):
            self._waiting = next(self._snapshots, None)
        return None if self._waiting is None else self._waiting[0]

    def _piece(self, rows: Batch) -> None:
        kind, amount, status = rows["kind"], rows["amount_minor"], rows["status"]
        n, settled = amount.size, status == SETTLED
        self._shape(rows)
        payer, payee = rows["payer"], rows["payee"]
        pays, paid = payer >= 0, payee >= 0
        self._ids(rows, kind)
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
        self._sums(rows, wallet, change, to_bank, gains)
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

    def _ids(self, rows: Batch, kind: NDArray[Any]) -> None:
        ids = rows["payment_id"][kind != INTEREST]
        if ids.size and int(ids.max()) >= self._seen_ids.size:
            more = max(2 * self._seen_ids.size, int(ids.max()) + 1)
            self._seen_ids = np.concatenate([self._seen_ids, np.zeros(more - self._seen_ids.size, np.bool_)])
        twice = self._seen_ids[ids]
        if twice.any() or np.unique(ids).size != ids.size:
            self._each.fail(f"wallet_payments of {self.name}: a payment_id with two outcomes near row {rows['row'][0]}")
        self._seen_ids[ids] = True
        self._counted += ids.size

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
        if not self._cash:
            return None
        bank = self._bank[wallet]
        whose = np.where(bank >= 0, bank, self._n_operator)
        state = np.append(self._state["stock"], 0)
        before, after = running(whose, np.where(bank >= 0, to_bank, 0), state)
        self._state["stock"] = state[:-1]
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

    def _sums(
        self, rows: Batch, wallet: NDArray[np.int64], change: NDArray[np.int64], to_bank: NDArray[np.int64],
        gains: NDArray[np.int64],
    ) -> None:  # fmt: skip
        """Add up by operator what moved, for the next snapshot; sums below 2^62, as the amounts of a run are."""
        operator, bank = self._operator[wallet], self._bank[wallet]
        np.add.at(self._flows["wallets"], operator, change)
        held = bank >= 0
        np.add.at(self._flows["deposits"], bank[held], to_bank[held])
        # Between operators and banks money of the central bank moves, or a position: all that isn't interest.
        earned = np.zeros_like(change)
        earned[1::2] = np.where(rows["kind"] == INTEREST, gains, 0)
        np.add.at(self._flows["position"], operator, change - earned)
        np.add.at(self._flows["position"], bank[held], to_bank[held])

    def _wrong(self, proof: Proof, rows: Batch, mask: Any, say: Callable[[int], str]) -> None:
        if mask.any():
            proof.fail_each(np.flatnonzero(mask), lambda at: f"wallet_payments row {rows['row'][at]}: {say(at)}")

    # Books.

    def _compare(self) -> None:
        """Compare the operators' books with the rows before them, as long as one is due."""
        while (due := self._next()) is not None and due <= self._rows:
            _, event, regime, books = self._waiting  # type: ignore[misc]
            self._waiting = next(self._snapshots, None)
            self._book(event, regime == "cash", books)

    def _book(self, event: str, cash: bool, books: Batch) -> None:
        last, flows = self._state, self._flows
        if event == "opening":
            made = self._operator_sums()
            np.add.at(made["wallets"], self._operator, self.balance)
            held = self._bank >= 0
            np.add.at(made["deposits"], self._bank[held], self.deposit[held])
            last = {**self._operator_sums(), **{name: made[name] for name in ("wallets", "deposits")}}
            self._cash = cash
        promises = {
            "wallets of operators aren't the sum of their wallets":
                books["wallets"] == last["wallets"] + flows["wallets"],
            "deposits of banks aren't the sum of the bank accounts":
                books["deposits"] == last["deposits"] + flows["deposits"],
            "positions don't add up to zero": np.array([books["position"].sum() == 0]),
            "a stock below zero": books["stock"] >= 0,
        }  # fmt: skip
        covered = books["backing"] + np.where(self._is_bank, 0, books["position"])
        promises["wallets aren't covered"] = covered == np.where(cash | ~self._is_bank, books["wallets"], 0)
        if event in ("midnight", "interest", "end"):  # nothing but wallets has moved since the last
            if cash:
                promises["stocks don't follow from top-ups and withdrawals"] = books["stock"] == self._state["stock"]
            else:
                moved = last["position"] + flows["position"]
                promises["positions don't follow from the payments"] = books["position"] == moved
        elif event == "settlement":
            promises["positions that settled aren't zero"] = books["position"] == 0
        for promise, kept in promises.items():
            if not kept.all():
                self._money.fail(f"wallet_operators of {self.name}, {event} after {self._rows} rows: {promise}")
        self.issued = exact_sum(books["stock"]) + exact_sum(books["backing"])
        if event == "opening":
            self.issued_first = self.issued
        self._state = {name: values.copy() for name, values in books.items()}
        self._flows, self._cash = self._operator_sums(), cash

    def finish(self) -> None:
        """The end: closings, payments made offline, what was issued."""
        self._compare()
        if self._next() is not None:
            self._money.fail(f"wallet_operators of {self.name}: books after more rows than there are")
        wallets, name = self._wallets, self.name
        for column, values in (("closing_minor", self.balance), ("deposit_closing_minor", self.deposit)):
            for at in np.flatnonzero(wallets[column] != values).tolist():
                self._money.fail(f"wallet {at} of {name}: {column} {wallets[column][at]}, {values[at]} by its payments")
        first = exact_sum(wallets["opening_minor"]) + exact_sum(wallets["deposit_opening_minor"])
        last = exact_sum(wallets["closing_minor"]) + exact_sum(wallets["deposit_closing_minor"])
        if first + self._interest != last:
            self._money.fail(f"{name}: {first} in wallets and on bank accounts and {self._interest} of interest, "
                             f"{last} at the end")  # fmt: skip
        missing = int((~self._seen_ids[: self._counted]).sum()) if self._counted <= self._seen_ids.size else 1
        if missing:
            self._each.fail(f"wallet_payments of {name}: payments without an outcome")
        self._under_way()
        currency = self.terms["currency"]
        held = exact_sum(wallets["closing_minor"])
        issued, earned = money(self.issued, currency), money(self._interest, currency)
        self._money.details.append(
            f"{name}: {money(held, currency)} in {wallets['wallet'].size:,} wallets at the end, {issued} issued by "
            f"{self.terms['issuer']}, {earned} of interest; {self._rows:,} rows replayed"
        )
        self._limits_proof.details.append(
            f"{name}: balances, payments, days from midnight to midnight and what was offline held to the limits of "
            f"{wallets['wallet'].size:,} wallets at every row"
        )
        self._each.details.append(f"{name}: {self._counted:,} payments decided as the rules of wallets say")

    def _under_way(self) -> None:
        """What was paid offline and not yet posted never passed the cap; devices refused what they had to."""
        if not self._offline:
            return
        payer, made, done, amount, status, number, balance, row = np.concatenate(self._offline, axis=1)
        refused = device({"offline": np.ones(status.size), "status": status})
        posted = ~refused & (status != OFFLINE_AT_END)
        # At one instant postings come before new payments, each by number.
        who = np.concatenate([payer, payer[posted]])
        when = np.concatenate([made, done[posted]])
        order = np.concatenate([np.ones(payer.size), np.zeros(int(posted.sum()))])
        change = np.concatenate([np.where(refused, 0, amount), -amount[posted]])
        at = np.lexsort((np.concatenate([number, number[posted]]), order, when))
        state = np.zeros(self.balance.size, np.int64)
        before, after = running(who[at], change[at], state)
        found = np.empty_like(before)
        found[at] = before
        cap = self._limits.offline[self._class[who]]
        over = np.empty_like(after)
        over[at] = after
        bad = np.flatnonzero((over > cap)[: payer.size])
        self._limits_proof.fail_each(bad, lambda k: f"wallet_payments row {row[k]}: more offline than the cap allows")
        before_made, cap = found[: payer.size], cap[: payer.size]
        large = amount > self._limits.payment[self._class[payer]]
        full = before_made + amount > cap
        poor = before_made + amount > balance
        right = np.select(
            [status == REJECTED_PAYMENT_LIMIT, status == REJECTED_OFFLINE_LIMIT, status == REJECTED_INSUFFICIENT_FUNDS],
            [large, ~large & full, ~large & ~full & poor], ~large & ~full,
        )  # fmt: skip
        self._each.fail_each(
            np.flatnonzero(~right),
            lambda k: f"wallet_payments row {row[k]}: {WALLET_STATUSES[int(status[k])]}, not by the rules of a device",
        )
