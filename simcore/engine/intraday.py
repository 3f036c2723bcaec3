"""Intraday credit on one rail: given at the day's opening or on demand, paid back and charged at its closing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from simcore.engine.compile import Compiled, debit_limit
from simcore.engine.control_log import ControlLog
from simcore.engine.credit import BP_E2_WHOLE, OvernightCredit, price_of_time
from simcore.engine.machine import Machine
from simcore.kernels.constants import KIND_CREDIT_CHARGE, KIND_INTRADAY_CREDIT, KIND_INTRADAY_REPAYMENT


def lending_value(collateral: int, haircut: Decimal) -> int:
    """What may be lent against collateral: its value less the haircut, rounded down to a minor unit."""
    return int(collateral * (1 - Fraction(haircut)))


@dataclass
class Pledge:
    """One account that may have credit, and what it has of it."""

    account: int
    holder: str
    own: int
    """Debit limit that isn't intraday credit."""
    value: int
    """What its collateral is good for."""
    line: int = 0
    """The same today: less what it owes from the night before."""
    drawn: int = 0
    drawn_time: int = 0
    """Sum over drawings of amount × instant: with ``drawn``, amount × time follows at any later instant."""
    measured: int = 0
    """Sum of the overdrafts looked at."""
    limit: int = 0
    """Highest debit limit of the business day so far."""
    lowest: int = 0
    """Lowest balance of business days that ended before the credit did."""


class IntradayCredit:
    """The credit of one rail's lender, see :class:`simcore.rails.credit.IntradayCredit`."""

    def __init__(
        self, compiled: Compiled, rail: str, machine: Machine, log: ControlLog, overnight: OvernightCredit
    ) -> None:
        it = compiled.scenario.rails[rail]
        self.terms = it.intraday_credit
        self._overdraft = self.terms.form == "overdraft"
        self._rail, self._currency, self._machine, self._log = rail, it.currency, machine, log
        self._overnight = overnight
        self._lender = compiled.account_index(rail, it.lender)
        self._accounts = machine.accounts_of(compiled.rails.index(rail))
        self._pledges = []
        for holder, account in compiled.scenario.accounts[rail].items():
            if account.collateral is not None:
                haircut = self.terms.haircut if account.haircut is None else account.haircut
                value = lending_value(account.collateral.amount_minor, haircut)
                index = compiled.account_index(rail, holder)
                self._pledges.append(Pledge(index, holder, debit_limit(account), value))
        self._day: dt.date | None = None  # whose credit is given
        self.new_day()

    @property
    def measures(self) -> bool:
        """Whether overdrafts are looked at through the day."""
        return self._overdraft and self.terms.rate is not None and self.terms.charged == "time"

    def limits(self, rows: Any) -> Any:
        """The largest debit limit of each account of the rail in the business day that ends: int64 (n,)."""
        limits = rows["debit_limit"].copy()
        for it in self._pledges:
            at = it.account - self._accounts.start
            limits[at] = it.limit
            if self._day is not None:  # its closing fell into an outage
                it.lowest = min(it.lowest, int(rows["minimum"][at]))
        return limits

    def new_day(self) -> None:
        """Begin another business day; credit is still given where an outage kept it from ending."""
        for it in self._pledges:
            it.limit = it.own + (it.line if self._overdraft and self._day is not None else 0)

    def open(self, now: int, business_day: dt.date) -> None:
        """At an opening for payments: the first of the day fixes what each account may have, and gives it.

        Credit of an earlier day whose closing fell into an outage ends first.
        """
        if self._day == business_day:
            return
        self.close(now)
        self._day = business_day
        for it in self._pledges:
            it.line = max(it.value - self._overnight.owed(it.account), 0)
            self._note(now, "credit_line", it, it.line, "against collateral")
            if self._overdraft:
                self._machine.set_limit(it.account, it.own + it.line, now)
                it.limit = max(it.limit, it.own + it.line)
            elif self.terms.draw == "opening":
                self._draw(it, it.line, now)

    def demand(self, now: int) -> None:
        """Draw what queues lack."""
        for it in self._pledges if self._day is not None else ():
            queued = int(self._machine.accounts["queued_value"][it.account])
            self._draw(it, min(queued - self._machine.funds(it.account), it.line - it.drawn), now)

    def _draw(self, it: Pledge, amount: int, now: int) -> None:
        if amount > 0:
            self._machine.lend(self._lender, it.account, amount, KIND_INTRADAY_CREDIT, now)
            self._note(now, "intraday_credit", it, amount, "lent against collateral until closing")
            self._overnight.lent(it.account, amount)
            it.drawn += amount
            it.drawn_time += amount * now

    def measure(self) -> None:
        """Look at what is overdrawn now."""
        balance = self._machine.accounts["balance"][self._accounts]
        if (balance < 0).any():
            for it in self._pledges:
                it.measured += max(-int(balance[it.account - self._accounts.start]) - it.own, 0)

    def close(self, now: int) -> None:
        """At the day's last closing for payments: pay back and charge; what is lacking is lent overnight."""
        if self._day is None:
            return
        self._log.event(now, "credit_due", rail=self._rail, detail=f"{self._day}")
        self._day = None
        self._machine.advance(now)  # what may still be released goes first
        for it in self._pledges:
            charge, balance = self._charge(it, now), int(self._machine.accounts["balance"][it.account])
            lacking = it.drawn + charge - balance - it.own
            if lacking > 0:
                self._overnight.lend(it.account, lacking, now)
            if it.drawn:
                self._machine.lend(it.account, self._lender, it.drawn, KIND_INTRADAY_REPAYMENT, now)
                self._overnight.lent(it.account, -it.drawn)
                self._note(now, "intraday_repayment", it, it.drawn, "of intraday credit")
            if charge:
                self._machine.lend(it.account, self._lender, charge, KIND_CREDIT_CHARGE, now)
                self._note(now, "credit_charge", it, charge, "for intraday credit")
            if self._overdraft:
                self._machine.set_limit(it.account, it.own, now)
            it.line = it.drawn = it.drawn_time = it.measured = it.lowest = 0

    def _charge(self, it: Pledge, now: int) -> int:
        """The price of the day's credit, half-even."""
        if self.terms.rate is None:
            return 0
        if self.terms.charged == "amount":
            lowest = min(it.lowest, int(self._machine.accounts["minimum"][it.account]))
            used = max(-lowest - it.own, 0) if self._overdraft else it.drawn
            return round(Fraction(used * self.terms.rate, BP_E2_WHOLE))
        used = it.measured * self.terms.measured_every if self._overdraft else it.drawn * now - it.drawn_time
        return price_of_time(used, self.terms.rate, self.terms.year_days)

    def _note(self, now: int, event: str, it: Pledge, amount: int, detail: str) -> None:
        self._log.event(now, event, rail=self._rail, participant=it.holder, currency=self._currency,
                        amount_minor=amount, detail=detail)  # fmt: skip
