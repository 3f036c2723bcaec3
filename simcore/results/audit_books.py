"""Replays every movement of money from obligations.arrow: balances, limits, and each account's business days.

A day of an account is a stretch of its movements. Movements are positive, so the sum of debits and credits since the
start of the run grows with each, and the day ends at the one movement where it reaches what accounts.arrow says; no
clock is needed. Rows that share a sequence settle as one set: only the balance after the set counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.results.audit_read import NO_TIME, Batch, Words
from simcore.results.audit_report import Proof, money

_LEAST: Final = -(2**63)
_BOUNDLESS: Final = np.uint64(2**64 - 1)


def _source(entries: NDArray[np.int64], n_open: int) -> NDArray[np.int64]:
    """Movements come as those of sets under way, then two for each obligation: where the row of each stands."""
    return np.where(entries < n_open, entries, n_open + ((entries - n_open) >> 1))


def exact_sum(values: NDArray[np.int64]) -> int:
    """The sum of int64 values as a Python int: no wrap-around."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


class Books:
    """The accounts as accounts.arrow tells them, and as the movements make them.

    Parameters
    ----------
    accounts : Batch    the whole of accounts.arrow; rows are put in the order (account, business day)
    """

    def __init__(self, accounts: Batch, words: Words, conserved: Proof, limits: Proof) -> None:
        self.words, self.conserved, self.limits = words, conserved, limits
        order = np.lexsort((accounts["business_day"], accounts["participant"], accounts["rail"]))
        self.rows: Batch = {name: values[order] for name, values in accounts.items()}
        rows, n = self.rows, order.size
        same = np.zeros(n, np.bool_)
        same[1:] = (rows["rail"][1:] == rows["rail"][:-1]) & (rows["participant"][1:] == rows["participant"][:-1])
        self._starts = np.flatnonzero(~same)
        self._ends = np.append(self._starts[1:], n)[: self._starts.size]
        self._continues = same
        # (rail, participant) → account: a dense table, as it is looked up twice per obligation.
        self._account_of = np.full((words.count("rail") + 1, words.count("participant") + 1), -1, np.int32)
        self._account_of[rows["rail"][self._starts], rows["participant"][self._starts]] = np.arange(self._starts.size)
        self._currency = rows["currency"][self._starts]
        self._floor = np.where(rows["debit_limit_minor"] == NO_TIME, _LEAST, -rows["debit_limit_minor"])
        self.balance = rows["opening_minor"][self._starts].copy()
        self._turnover = rows["debited_minor"].astype(np.uint64) + rows["credited_minor"].astype(np.uint64)
        # Per account: the day under way and the turnover that is left of it.
        self._day = self._starts.copy()
        self._left = self._turnover[self._starts] if n else np.zeros(0, np.uint64)
        # Per day: what the movements make of it.
        self._debited, self._credited = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._lowest, self._highest = rows["opening_minor"].copy(), rows["opening_minor"].copy()
        self._first, self._last = np.full(n, NO_TIME), np.full(n, _LEAST)
        # Accounts whose last movement belongs to a set that may go on in the next batch.
        self._open = np.zeros(0, np.int64)
        self._open_row = np.zeros(0, np.int64)
        self._open_sequence, self._open_time = -1, _LEAST
        self.movements = 0
        self._flows: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._small = np.uint16 if self._starts.size <= 65_535 else np.int32  # numpy sorts 16 bits in linear time
        below = np.flatnonzero(rows["opening_minor"] < self._floor)
        limits.fail_each(below, lambda at: f"accounts row {rows['row'][at]} ({self._name(at)}): opens at "
                                           f"{self._amount('opening_minor', at)}, below its debit limit")  # fmt: skip

    def _name(self, at: int) -> str:
        day = np.datetime64(int(self.rows["business_day"][at]), "D")
        rail, who = self.rows["rail"][at], self.rows["participant"][at]
        return f"{self.words.name('rail', rail)} {self.words.name('participant', who)} {day}"

    def _amount(self, column: str, at: int) -> str:
        return money(self.rows[column][at], self.words.name("currency", self.rows["currency"][at]))

    def accounts_of(self, batch: Batch) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Debited and credited account of each obligation; -1 and a failure where there is none."""
        row = batch["rail"].astype(np.int64) * self._account_of.shape[1]
        debit, credit = (self._account_of.ravel()[row + batch[who]] for who in ("debtor", "creditor"))
        lost = (debit < 0) | (credit < 0)
        if not lost.any():
            lost = (self._currency[debit] != batch["currency"]) | (self._currency[credit] != batch["currency"])
        name = self.words.name
        self.conserved.fail_each(
            np.flatnonzero(lost),
            lambda at: (
                f"obligations row {batch['row'][at]}: accounts.arrow has no account in "
                f"{name('currency', batch['currency'][at])} of {name('debtor', batch['debtor'][at])} "
                f"or {name('creditor', batch['creditor'][at])} on {name('rail', batch['rail'][at])}"
            ),
        )
        return debit, credit

    def note_flows(self, batch: Batch) -> None:
        """Add what was moved for other reasons than a payment, by kind, rail and currency."""
        other = np.flatnonzero(batch["kind"])
        if not other.size:
            return
        kind, rail, currency = (batch[name][other].astype(np.int64) for name in ("kind", "rail", "currency"))
        rails, currencies = int(rail.max()) + 1, int(currency.max()) + 1
        key, amount = (kind * rails + rail) * currencies + currency, batch["amount_minor"][other]
        counts = np.bincount(key)
        # Halves of 32 bits, so that floats add up to 2^21 of them exactly.
        halves = [np.bincount(key, weights=part) for part in (amount >> 32, amount & 0xFFFFFFFF)]
        for at in np.flatnonzero(counts).tolist():
            of = (at // currencies // rails, at // currencies % rails, at % currencies)
            count, value = self._flows.get(of, (0, 0))
            moved = (int(halves[0][at]) << 32) + int(halves[1][at])
            self._flows[of] = (count + int(counts[at]), value + moved)

    def replay(self, settled: Batch, debit: NDArray[np.int32], credit: NDArray[np.int32], final: bool = False) -> None:
        """Book settled obligations, in the order of their sequence.

        Parameters
        ----------
        settled : Batch              row, amount_minor, sequence, settled_at
        debit, credit : int32 (n,)   accounts
        final : bool                 no rows come after these
        """
        amount, n_open = settled["amount_minor"], self._open.size
        source = np.concatenate([self._open_row, settled["row"]])  # the row behind each movement, see _source
        size = n_open + 2 * amount.size
        if not size:
            return
        self.movements += amount.size
        account, moved = np.empty(size, self._small), np.empty(size, np.int64)
        # Accounts of a set under way come first, with nothing moved: their set may end here or go on.
        account[:n_open], account[n_open::2], account[n_open + 1 :: 2] = self._open, debit, credit
        moved[:n_open], moved[n_open::2], moved[n_open + 1 :: 2] = 0, -amount, amount
        order = np.argsort(account, kind="stable")
        which = np.maximum((order - n_open) >> 1, -1) + 1
        sequence = np.append(self._open_sequence, settled["sequence"])[which]
        time = np.append(self._open_time, settled["settled_at"])[which]
        account, moved = account[order], moved[order]
        changes = account[1:] != account[:-1]
        starts = np.append(0, np.flatnonzero(changes) + 1)
        ends = np.append(starts[1:], size)
        who = account[starts].astype(np.int64)
        # Sums run over all accounts at once; whatever wraps on the way is taken off again.
        running = np.cumsum(moved)
        before = running[starts] - moved[starts]
        running += np.repeat(self.balance[who] - before, ends - starts)
        self.balance[who] = running[ends - 1]
        day = self._days(who, starts, ends, np.abs(moved).astype(np.uint64))

        set_ends = np.append(changes | (sequence[1:] != sequence[:-1]), True)
        if not final:
            last = settled["sequence"][-1] if amount.size else self._open_sequence
            held = np.flatnonzero(set_ends & (sequence == last))
            set_ends[held] = False
            self._open_row = source[_source(order[held], n_open)]
            self._open = account[held].astype(np.int64)
            self._open_sequence = int(last)
            self._open_time = int(settled["settled_at"][-1]) if amount.size else self._open_time
        at = np.flatnonzero(set_ends)
        self._note_days(day, moved, time)
        if at.size:
            self._note_positions(day[at], running[at], lambda broken: source[_source(order[at[broken]], n_open)])

    def _days(
        self, who: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], size: NDArray[np.uint64]
    ) -> NDArray[np.int64]:
        """The row of accounts that each movement belongs to; movements are grouped by account."""
        total = np.add.reduceat(size, starts)
        day = np.repeat(self._day[who], ends - starts)
        within = total <= self._left[who]
        self._left[who[within]] -= total[within]
        for at in np.flatnonzero(~within):  # at most once per row of accounts.arrow over the whole run
            account, end = int(who[at]), int(ends[at])
            position, row, left = int(starts[at]), int(self._day[account]), int(self._left[account])
            sums, used = np.cumsum(size[position:end]), 0
            start = position
            while int(sums[-1]) - used > left:
                cut = int(np.searchsorted(sums, np.uint64(used + left), side="right"))
                exact = left == 0 or (cut > 0 and int(sums[cut - 1]) == used + left)
                if not exact or row + 1 >= self._ends[account]:
                    # The sums of this day differ from accounts.arrow; finish() says so. Later days can't be told.
                    left = int(_BOUNDLESS)
                    break
                day[position : start + cut] = row
                position, used, row = start + cut, used + left, row + 1
                left = int(self._turnover[row])
            day[position:end] = row
            self._day[account] = row
            self._left[account] = left if left == int(_BOUNDLESS) else left - (int(sums[-1]) - used)
        return day

    def _note_days(self, day: NDArray[np.int64], moved: NDArray[np.int64], time: NDArray[np.int64]) -> None:
        starts = np.append(0, np.flatnonzero(day[1:] != day[:-1]) + 1)
        rows = day[starts]
        self._credited[rows] += np.add.reduceat(np.maximum(moved, 0), starts)
        self._debited[rows] -= np.add.reduceat(np.minimum(moved, 0), starts)
        ends = np.append(starts[1:], day.size) - 1
        self._first[rows] = np.minimum(self._first[rows], time[starts])
        self._last[rows] = np.maximum(self._last[rows], time[ends])

    def _note_positions(
        self,
        day: NDArray[np.int64],
        balance: NDArray[np.int64],
        row_of: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    ) -> None:
        starts = np.append(0, np.flatnonzero(day[1:] != day[:-1]) + 1)
        rows = day[starts]
        self._lowest[rows] = np.minimum(self._lowest[rows], np.minimum.reduceat(balance, starts))
        self._highest[rows] = np.maximum(self._highest[rows], np.maximum.reduceat(balance, starts))
        if (self._lowest[rows] >= self._floor[rows]).all():
            return
        broken = np.flatnonzero(balance < self._floor[day])
        row = row_of(broken)
        self.limits.fail_each(
            np.argsort(row, kind="stable"),
            lambda k: (
                f"obligations row {row[k]}: leaves {self._name(day[broken[k]])} at "
                f"{money(balance[broken[k]], self.words.name('currency', self.rows['currency'][day[broken[k]]]))}, "
                f"its debit limit is {self._amount('debit_limit_minor', day[broken[k]])}"
            ),
        )

    def finish(self) -> None:
        """Close the set under way and compare every row of accounts.arrow with what the movements made of it."""
        nothing: Batch = {name: np.zeros(0, np.int64) for name in ("row", "amount_minor", "sequence", "settled_at")}
        self.replay(nothing, np.zeros(0, np.int32), np.zeros(0, np.int32), final=True)
        rows, n = self.rows, self.rows["row"].size
        told = np.zeros(n, np.bool_)  # one failure a row is enough

        def compare(column: str, expected: NDArray[np.int64], why: str, where: Any = True) -> None:
            differs = np.flatnonzero((rows[column] != expected) & ~told & where)
            told[differs] = True
            self.conserved.fail_each(
                differs,
                lambda at: (
                    f"accounts row {rows['row'][at]} ({self._name(at)}): {column} is {rows[column][at]}, "
                    f"{why} {expected[at]}"
                ),
            )

        repeated = self._continues & (rows["business_day"] == np.roll(rows["business_day"], 1))
        self.conserved.fail_each(
            np.flatnonzero(repeated), lambda at: f"accounts row {rows['row'][at]} ({self._name(at)}): a second row"
        )
        previous = np.roll(rows["closing_minor"], 1)
        compare("opening_minor", previous, "the business day before closed at", self._continues)
        compare("debited_minor", self._debited, "debits of this day in obligations sum to")
        compare("credited_minor", self._credited, "credits of this day in obligations sum to")
        closing = rows["opening_minor"] + rows["credited_minor"] - rows["debited_minor"]
        compare("closing_minor", closing, "opening + credited − debited is")
        compare("minimum_minor", self._lowest, "the lowest balance the movements give is")
        compare("maximum_minor", self._highest, "the highest balance the movements give is")
        if not told.any():
            self._compare_day_ends()
        self._summarise()

    def _compare_day_ends(self) -> None:
        """A business day of a rail ends for all its accounts at once: no movement of a later day comes earlier."""
        rows = self.rows
        days, group = np.unique(np.stack([rows["rail"], rows["business_day"]], axis=1), axis=0, return_inverse=True)
        group = group.reshape(-1)
        first, last = np.full(len(days), NO_TIME), np.full(len(days), _LEAST)
        np.minimum.at(first, group, self._first)
        np.maximum.at(last, group, self._last)
        holders = np.bincount(rows["rail"][self._starts], minlength=self.words.count("rail"))
        present = np.bincount(group, minlength=len(days))
        until = _LEAST
        for at, (rail, day) in enumerate(days.tolist()):
            until = until if at and days[at - 1][0] == rail else _LEAST
            where = f"{self.words.name('rail', rail)} {np.datetime64(day, 'D')}"
            if present[at] != holders[rail]:
                self.conserved.fail(f"accounts, {where}: {present[at]} of {holders[rail]} accounts have a row")
            if first[at] < until:
                self.conserved.fail(
                    f"accounts, {where}: a movement of this day comes before the last of an earlier one"
                )
            until = max(until, int(last[at]))

    def _summarise(self) -> None:
        """Say what was added up: money of each currency at start and end, its issuers, and what moved why."""
        first, last = self._starts, self._ends - 1
        rows, name = self.rows, self.words.name
        issuer = rows["debit_limit_minor"][first] == NO_TIME
        for code in np.unique(self._currency):
            here, currency = np.flatnonzero(self._currency == code), name("currency", code)
            opening = exact_sum(rows["opening_minor"][first[here]])
            closing = exact_sum(rows["closing_minor"][last[here]])
            if opening != closing:
                self.conserved.fail(f"{currency}: {money(opening, currency)} at the start, {closing} minor at the end")
            self.conserved.details.append(
                f"{currency}: all {here.size} balances sum to {money(opening, currency)} at the start "
                f"and {money(closing, currency)} at the end"
            )
            for account in here[issuer[here]]:
                change = int(rows["closing_minor"][last[account]]) - int(rows["opening_minor"][first[account]])
                who = name("participant", rows["participant"][first[account]])
                rail = name("rail", rows["rail"][first[account]])
                self.conserved.details.append(
                    f"{currency}: {who} issues it on {rail} without limit, net {money(-change, currency)} in this run"
                )
        for (kind, where, code), (count, value) in sorted(self._flows.items()):
            self.conserved.details.append(
                f"{name('kind', kind)} on {name('rail', where)}: {count:,} rows, {money(value, name('currency', code))}"
            )
        bounded = int(np.count_nonzero(~issuer))
        self.limits.details.append(f"{bounded:,} accounts with a limit, {issuer.sum()} without")
