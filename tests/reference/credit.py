"""Days of one fifo rail with intraday credit once more, in plain Python and by the words of the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

MINUTE = 60_000_000


@dataclass
class Bank:
    """An account: what it holds, what it may have, what is queued to be paid from it."""

    balance: int
    own: int = 0
    value: int = 0
    """What its collateral is good for."""
    line: int = 0
    drawn: int = 0
    overnight: int = 0
    nights: int = 0
    """Overnight credit × time since interest was taken."""
    cost: int = 0
    """Credit × time so far today."""
    lowest: int = 0
    queue: list[int] = field(default_factory=list)


class Line(NamedTuple):
    """A payment; times are microseconds."""

    at: int
    debtor: str
    creditor: str
    amount: int


class Terms(NamedTuple):
    """As in the scenario; ``draw_every`` only on demand, ``rate`` in hundredths of a basis point."""

    overdraft: bool
    draw_every: int | None
    rate: int
    by_amount: bool
    roll_over: bool
    overnight_rate: int = 0


class CreditDays:
    """What happens: ``settled`` payment → instant, ``moved`` (instant, kind, debtor, creditor, amount)."""

    def __init__(self, banks: dict[str, Bank], lender: str, terms: Terms, lines: list[Line],
                 days: list[tuple[int, int]]) -> None:  # fmt: skip
        self.banks, self.lender, self.terms, self.lines = banks, lender, terms, lines
        self.settled: dict[int, int] = {}
        self.moved: list[tuple[int, str, str, str, int]] = []
        self.waiting: list[int] = []
        self.work: list[str] = []  # credited accounts, first come first served
        self.since = 0  # the last opening or closing
        coming = list(range(len(lines)))
        for opens, closes in days:
            while coming and lines[coming[0]].at < opens:
                self.waiting.append(coming.pop(0))
            self.open(opens)
            for now in range(opens, closes, MINUTE):  # all payments come at whole minutes
                if now > opens:
                    self.look(MINUTE)
                while coming and lines[coming[0]].at == now:
                    self.enter(coming.pop(0), now)
                if terms.draw_every and now > opens and (now - opens) % terms.draw_every == 0:
                    self.demand(now)
            self.look(MINUTE)
            self.close(closes)

    def move(self, now: int, kind: str, debtor: str, creditor: str, amount: int) -> None:
        if amount <= 0:
            return
        self.banks[debtor].balance -= amount
        self.banks[creditor].balance += amount
        self.banks[debtor].lowest = min(self.banks[debtor].lowest, self.banks[debtor].balance)
        self.note(creditor)
        if kind:
            self.moved.append((now, kind, debtor, creditor, amount))

    def funds(self, bank: Bank) -> int:
        return bank.balance + bank.own + (bank.line if self.terms.overdraft else 0)

    def note(self, who: str) -> None:
        if self.banks[who].queue and who not in self.work:
            self.work.append(who)

    def enter(self, number: int, now: int) -> None:
        """It joins the queue; where it is the first of it, it may go at once."""
        debtor = self.lines[number].debtor
        self.banks[debtor].queue.append(number)
        if self.banks[debtor].queue == [number]:
            self.note(debtor)
        self.release(now)

    def release(self, now: int) -> None:
        """The first in the queue of each account that was credited settles while its funds last."""
        while self.work:
            bank = self.banks[self.work[0]]
            if bank.queue and self.funds(bank) >= self.first(bank).amount:
                number = bank.queue.pop(0)
                self.settled[number] = now
                self.move(now, "", *self.lines[number][1:])
            else:
                self.work.pop(0)

    def first(self, bank: Bank) -> Line:
        return self.lines[bank.queue[0]]

    def pledges(self) -> list[tuple[str, Bank]]:
        return [(who, bank) for who, bank in self.banks.items() if bank.value]

    def open(self, now: int) -> None:
        for who, bank in self.pledges():
            bank.nights += bank.overnight * (now - self.since)
            interest = round(Fraction(bank.nights * self.terms.overnight_rate, 10**6 * 360 * 1440 * MINUTE))
            bank.nights = 0
            lacking = max(interest - max(bank.balance, 0), 0)
            bank.overnight += lacking
            self.move(now, "credit", self.lender, who, lacking)
            self.move(now, "credit_charge", who, self.lender, interest)
            back = min(bank.overnight, max(bank.balance, 0))
            bank.overnight -= back
            self.move(now, "repayment", who, self.lender, back)
        self.since = now
        for who, bank in self.pledges():
            bank.line = max(bank.value - bank.overnight, 0)
            self.note(who)
            if not self.terms.overdraft and not self.terms.draw_every:
                self.draw(now, who, bank.line)
        self.release(now)
        for number in self.waiting:
            self.enter(number, now)
        self.waiting = []

    def draw(self, now: int, who: str, amount: int) -> None:
        if amount > 0:
            self.banks[who].drawn += amount
            self.move(now, "intraday_credit", self.lender, who, amount)

    def demand(self, now: int) -> None:
        """What queues lack, all at one instant; then releases."""
        for who, bank in self.pledges():
            lacking = sum(self.lines[number].amount for number in bank.queue) - self.funds(bank)
            self.draw(now, who, min(lacking, bank.line - bank.drawn))
        self.release(now)

    def look(self, since: int) -> None:
        """A stretch has gone by: what stands is charged for the whole of it (a repo moves at whole minutes anyway)."""
        for bank in self.banks.values():
            bank.cost += since * (max(-bank.balance - bank.own, 0) if self.terms.overdraft else bank.drawn)

    def close(self, now: int) -> None:
        if not self.terms.roll_over:
            for bank in self.banks.values():
                bank.queue = []
        for who, bank in self.pledges():
            if self.terms.by_amount:
                used = max(-bank.lowest - bank.own, 0) if self.terms.overdraft else bank.drawn
                charge = round(Fraction(used * self.terms.rate, 10**6))
            else:
                charge = round(Fraction(bank.cost * self.terms.rate, 10**6 * 360 * 1440 * MINUTE))
            bank.nights += bank.overnight * (now - self.since)
            lacking = max(bank.drawn + charge - bank.balance - bank.own, 0)
            bank.overnight += lacking
            self.move(now, "credit", self.lender, who, lacking)
            self.move(now, "intraday_repayment", who, self.lender, bank.drawn)
            self.move(now, "credit_charge", who, self.lender, charge)
            bank.drawn = bank.cost = 0
        self.since = now
        for bank in self.banks.values():
            bank.line, bank.lowest, bank.cost = 0, bank.balance, 0
