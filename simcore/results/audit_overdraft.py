"""What accounts of one rail were overdrawn by at each instant that is charged for, replayed from obligations.arrow.

Between two movements a balance stands, so that what it costs is the number of instants looked at in between times the
overdraft. The sums are kept in two halves of 32 bits: neither can overflow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simcore.results.audit_read import Batch, Words


class Overdrafts:
    """Sums over the instants looked at of what each account is below its own limit, by business day.

    Parameters
    ----------
    own : participant → debit limit that isn't intraday credit, minor units
    windows : (business day, opening, closing) of the rail's sessions, looked at each time ``every`` has passed
    """

    def __init__(
        self, words: Words, rail: str, own: dict[str, int], windows: list[tuple[int, int, int]], every: int,
        accounts: Batch,
    ) -> None:  # fmt: skip
        self._rail, self._every = words.code("rail", rail), every
        self._holders = list(own)
        codes = [words.code("participant", who) for who in own]
        self._place = np.full(words.count("participant") + 1, -1)
        self._place[codes] = np.arange(len(codes))
        self._own = np.array(list(own.values()), np.int64)
        self._days = list(dict.fromkeys(day for day, _, _ in windows))
        # A stretch ends before anything that happens at the instant at which the next begins.
        instants = [np.arange(opens + every, closes + 1, every) - 1 for _, opens, closes in windows]
        self._instants = np.concatenate(instants) if instants else np.zeros(0, np.int64)
        # Overdrafts end with the day, so what stands between two movements belongs to the day of the first.
        self._begins = np.array([min(of[1] for of in windows if of[0] == day) for day in self._days], np.int64)
        self._high = np.zeros((len(codes), len(self._days) + 1), np.int64)
        self._low = np.zeros_like(self._high)
        self._balance = np.zeros(len(codes), np.int64)
        for place, code in enumerate(codes):
            mine = np.flatnonzero((accounts["rail"] == self._rail) & (accounts["participant"] == code))
            if mine.size:
                first = mine[np.argmin(accounts["business_day"][mine])]
                self._balance[place] = accounts["opening_minor"][first]
        self._since = np.full(len(codes), -(2**63), np.int64)

    def _of(self, participant: NDArray[np.int32]) -> NDArray[np.int64]:
        return self._place[np.minimum(participant, self._place.size - 1)]

    def follow(self, batch: Batch, settled: NDArray[np.bool_]) -> None:
        """Take the movements of one record batch, in order of finality."""
        here = np.flatnonzero(settled & (batch["rail"] == self._rail))
        debit, credit = self._of(batch["debtor"][here]), self._of(batch["creditor"][here])
        amount, time = batch["amount_minor"][here], batch["settled_at"][here]
        account = np.stack([debit, credit], axis=1).ravel()
        moved = np.stack([-amount, amount], axis=1).ravel()
        time = np.repeat(time, 2)
        mine = np.flatnonzero(account >= 0)
        if mine.size:
            self._add(account[mine], moved[mine], time[mine])

    def _add(self, account: NDArray[np.int64], moved: NDArray[np.int64], time: NDArray[np.int64]) -> None:
        """Each account's balance as it stood, and since when; then what each movement makes of it."""
        present = np.unique(account)
        account = np.concatenate([present, account])
        order = np.argsort(account, kind="stable")
        account = account[order]
        moved = np.concatenate([self._balance[present], moved])[order]
        time = np.concatenate([self._since[present], time])[order]
        starts = np.flatnonzero(np.append(True, account[1:] != account[:-1]))
        running = np.cumsum(moved)
        balance = running - np.repeat(running[starts] - moved[starts], np.diff(np.append(starts, account.size)))
        ends = np.append(starts[1:], account.size) - 1
        inside = np.ones(account.size, np.bool_)
        inside[ends] = False  # how long the last of each stands isn't known yet
        at = np.flatnonzero(inside)
        self._note(account[at], balance[at], time[at], time[at + 1])
        self._balance[account[ends]], self._since[account[ends]] = balance[ends], time[ends]

    def _note(
        self, account: NDArray[np.int64], balance: NDArray[np.int64], since: NDArray[np.int64], until: NDArray[np.int64]
    ) -> None:  # fmt: skip
        beyond = np.maximum(-balance - self._own[account], 0)
        instants = np.searchsorted(self._instants, until) - np.searchsorted(self._instants, since)
        day = np.searchsorted(self._begins, since, side="right") - 1  # -1, the last column, before the first day
        np.add.at(self._high, (account, day), (beyond >> 32) * instants)
        np.add.at(self._low, (account, day), (beyond & 0xFFFFFFFF) * instants)

    def finish(self) -> None:
        """What stands at the end stands until after every instant."""
        every = np.arange(self._balance.size)
        self._note(every, self._balance, self._since, np.full(every.size, 2**63 - 1))

    def amount_time(self, who: str, business_day: int) -> int:
        """Minor units × microseconds that an account was overdrawn on a business day."""
        at = self._holders.index(who), self._days.index(business_day)
        return ((int(self._high[at]) << 32) + int(self._low[at])) * self._every
