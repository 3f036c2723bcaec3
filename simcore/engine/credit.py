"""Overnight credit at the end of a rail's day: for what is still queued, or for what intraday credit leaves unpaid."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.engine.mechanisms import problem_of, queued_slots
from simcore.engine.short import positions
from simcore.kernels.constants import KIND_CREDIT, KIND_CREDIT_CHARGE, KIND_REPAYMENT

Lent = Callable[[str, str, int], None]
"""Takes who, which currency and how many minor units."""
BP_E2_WHOLE = 1_000_000
DAY_US = 86_400_000_000


def price_of_time(amount_time: int, rate: int, year_days: int) -> int:
    """What minor units × microseconds cost at a rate a year in hundredths of a basis point, half-even."""
    return round(Fraction(amount_time * rate, BP_E2_WHOLE * year_days * DAY_US))


class OvernightCredit:
    """The loans of one rail.

    Where the end of the day is forced, the whole queue settles as one set. Before it, each account is lent what its
    balance and debit limit lack for its net position in that set and not a unit more; the loan is money that the rail's
    lender issues. At each opening, before any payment of the day, an account pays interest, where there is a rate for
    it, and pays back what it owes as far as its balance is above zero. ``lent`` is told who was lent, or paid back
    where the amount is below zero, in which currency and how much.
    """

    def __init__(
        self, compiled: Compiled, rail: str, machine: Machine, log: ControlLog,
        lent: Lent = lambda holder, currency, amount_minor: None,
    ) -> None:  # fmt: skip
        terms = compiled.scenario.rails[rail]
        self._rail, self._currency = rail, terms.currency
        self._machine, self._log, self._lent = machine, log, lent
        self._lender = compiled.account_index(rail, terms.lender)
        self._holders = {compiled.account_index(rail, holder): holder for holder in compiled.scenario.accounts[rail]}
        intraday = getattr(terms, "intraday_credit", None)
        self._rate = intraday.overnight_rate if intraday else None
        self._year_days = intraday.year_days if intraday else 0
        self._owed: dict[int, int] = {}
        self._owed_time: dict[int, int] = {}  # sum of amount × instant since when it is owed, or interest was taken

    def _note(self, now: int, event: str, account: int, amount: int, detail: str) -> None:
        self._log.event(now, event, rail=self._rail, participant=self._holders[account], currency=self._currency,
                        amount_minor=amount, detail=detail)  # fmt: skip

    def owed(self, account: int) -> int:
        """What an account owes from the nights before."""
        return self._owed.get(account, 0)

    def lent(self, account: int, amount: int) -> None:
        """Tell who wants to know that an account was lent something, or paid it back."""
        self._lent(self._holders[account], self._currency, amount)

    def _owes(self, account: int, amount: int, now: int, why: str) -> None:
        self._owed[account] = self.owed(account) + amount
        self._owed_time[account] = self._owed_time.get(account, 0) + amount * now
        self.lent(account, amount)
        self._note(now, "credit", account, amount, why)

    def lend(self, account: int, amount: int, now: int) -> None:
        """Lend overnight what an account lacks to pay intraday credit back."""
        self._machine.lend(self._lender, account, amount, KIND_CREDIT, now)
        self._owes(account, amount, now, "lent overnight: intraday credit that couldn't be paid back")

    def force(self, rail: int, cycle_id: int, now: int) -> dict[str, int] | None:
        """Settle the whole queue of the rail; figures for ``cycles``, or None where it is empty."""
        chosen = queued_slots(self._machine, rail)
        if not chosen.size:
            return None
        problem = problem_of(self._machine, rail, chosen)
        net = positions(problem, np.arange(problem.size))
        value, where = int(problem.amount.sum()), self._machine.accounts_of(rail)
        rows = self._machine.accounts[where]
        loans = []
        # What is reserved may be used here: only what neither that nor the limit covers is lent.
        for at, lacking in enumerate((-rows["balance"] - rows["debit_limit"] - net).tolist()):
            if lacking > 0:
                account = where.start + at
                loans.append((self._lender, account, lacking))
                self._owes(account, lacking, now, "lent overnight for what was queued")
        self._machine.settle_sets(rail, chosen, np.zeros(chosen.size, np.int64), cycle_id, now, loans)
        return {
            "considered_count": int(chosen.size),
            "considered_minor": value,
            "settled_count": int(chosen.size),
            "settled_minor": value,
            "moved_minor": int(-net[net < 0].sum()),
        }

    def pay_back(self, now: int) -> None:
        """Take interest, and pay back what is owed as far as balances go."""
        for account in sorted(self._owed):
            self._take_interest(account, now)
            owed = self._owed[account]
            amount = min(owed, max(int(self._machine.accounts["balance"][account]), 0))
            if amount > 0:
                self._machine.lend(account, self._lender, amount, KIND_REPAYMENT, now)
                self.lent(account, -amount)
                self._note(now, "repayment", account, amount, "of overnight credit")
            self._owed[account] = owed - amount
            self._owed_time[account] = (owed - amount) * now
        self._owed = {account: owed for account, owed in self._owed.items() if owed}

    def _take_interest(self, account: int, now: int) -> None:
        if self._rate is None:
            return
        interest = price_of_time(self._owed[account] * now - self._owed_time[account], self._rate, self._year_days)
        if not interest:
            return
        lacking = interest - max(int(self._machine.accounts["balance"][account]), 0)
        if lacking > 0:
            self._machine.lend(self._lender, account, lacking, KIND_CREDIT, now)
            self._owes(account, lacking, now, "lent on: interest that couldn't be paid")
        self._machine.lend(account, self._lender, interest, KIND_CREDIT_CHARGE, now)
        self._note(now, "credit_charge", account, interest, "for overnight credit")
