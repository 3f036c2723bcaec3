"""Wallets in plain Python: dictionaries, a sorted list of what is to come, and the rules one after another.

It looks at every wallet and operator after every event and stops where a promise is broken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo


@dataclass
class Limits:
    payment: int
    day: int
    balance: int
    offline: int


@dataclass
class Wallet:
    balance: int
    operator: int
    limits: Limits
    zone: str
    bank: int | None
    deposit: int
    spent: dict[date, int] = field(default_factory=dict)  # by local day
    under_way: int = 0
    counted: date | None = None  # the last midnight counted for interest
    balance_days: int = 0


@dataclass
class Operator:
    bank: bool
    reserve: int
    backing: int = 0
    position: int = 0
    moved: int = 0
    interest: int = 0


@dataclass
class Paid:
    """A payment as it came."""

    number: int
    at: int
    payer: int  # -1: from the payee's bank account
    payee: int  # -1: to the payer's bank account
    amount: int
    delay: int | None  # None is online


def local_day(at: int, zone: str) -> date:
    return datetime.fromtimestamp(at // 1_000_000, UTC).astimezone(ZoneInfo(zone)).date()


class Wallets:
    """The whole system; ``rows`` is what the log must hold, in order."""

    def __init__(self, wallets: list[Wallet], operators: list[Operator], payments: list[Paid], cash: bool, start: int):
        self.wallets, self.operators, self.cash = wallets, operators, cash
        self.coming = list(payments)
        self.offline: list[Paid] = []
        self.rows: list[tuple[int, int, str, int, int, bool]] = []
        self.paid_interest: list[tuple[int, int, int]] = []  # wallet, amount, what of it went to the bank account
        for it in wallets:
            it.counted = local_day(start, it.zone)
            if cash or not operators[it.operator].bank:
                operators[it.operator].backing += it.balance
        self.money = sum(it.balance + it.deposit for it in wallets)
        self.central = sum(it.reserve + it.backing for it in operators)

    def play(self, until: int) -> None:
        while True:
            posting = min(self.offline, key=lambda it: (it.at + it.delay, it.number), default=None)
            new = self.coming[0] if self.coming else None
            if posting and (new is None or posting.at + posting.delay <= new.at):
                at = posting.at + posting.delay
                if at >= until:
                    break
                self.offline.remove(posting)
                self.wallets[posting.payer].under_way -= posting.amount
                self.decide(posting, at, offline=True)
            elif new and new.at < until:
                self.coming.pop(0)
                if new.delay is None:
                    self.decide(new, new.at, offline=False)
                else:
                    self.make_offline(new)
            else:
                break
            self.look()
        for it in self.wallets:
            self.count_midnights(it, until)

    def write(self, paid: Paid, at: int, status: str, topped_up: int = 0, swept: int = 0) -> None:
        self.rows.append((paid.number, at, status, topped_up, swept, paid.delay is not None))

    def make_offline(self, paid: Paid) -> None:
        it = self.wallets[paid.payer]
        if paid.amount > it.limits.payment:
            self.write(paid, paid.at, "REJECTED_PAYMENT_LIMIT")
        elif it.under_way + paid.amount > it.limits.offline:
            self.write(paid, paid.at, "REJECTED_OFFLINE_LIMIT")
        elif it.under_way + paid.amount > it.balance:
            self.write(paid, paid.at, "REJECTED_INSUFFICIENT_FUNDS")
        else:
            it.under_way += paid.amount
            self.offline.append(paid)

    def decide(self, paid: Paid, at: int, offline: bool) -> None:
        if paid.payer == -1 or paid.payee == -1:
            self.ask_exchange(paid)
            return
        payer, payee, amount = self.wallets[paid.payer], self.wallets[paid.payee], paid.amount
        self.count_midnights(payer, at)
        self.count_midnights(payee, at)
        today = local_day(at, payer.zone)
        spent = payer.spent.get(today, 0)
        swept = max(payee.balance + amount - payee.limits.balance, 0)
        short = max(amount - payer.balance, 0)
        if amount > payer.limits.payment:
            status = "REJECTED_PAYMENT_LIMIT"
        elif spent + amount > payer.limits.day:
            status = "REJECTED_DAY_LIMIT"
        elif swept and payee.bank is None:
            status = "REJECTED_BALANCE_LIMIT"
        elif short and offline:
            status = "REJECTED_DOUBLE_SPEND"
        elif short and (payer.bank is None or payer.deposit < short or amount > payer.limits.balance):
            status = "REJECTED_INSUFFICIENT_FUNDS"
        elif short and self.cash and self.operators[payer.bank].reserve < short:
            status = "REJECTED_BANK_RESERVE"
        else:
            self.exchange(payer, short)
            payer.balance -= amount
            payer.spent[today] = spent + amount
            payee.balance += amount
            self.between(payer.operator, payee.operator, amount)
            self.exchange(payee, -swept)
            self.write(paid, at, "SETTLED", short, swept)
            return
        self.write(paid, at, status)

    def ask_exchange(self, paid: Paid) -> None:
        top_up = paid.payer == -1
        it = self.wallets[paid.payee if top_up else paid.payer]
        self.count_midnights(it, paid.at)
        status = "SETTLED"
        if top_up and it.balance + paid.amount > it.limits.balance:
            status = "REJECTED_BALANCE_LIMIT"
        elif it.bank is None or (it.deposit if top_up else it.balance) < paid.amount:
            status = "REJECTED_INSUFFICIENT_FUNDS"
        elif top_up and self.cash and self.operators[it.bank].reserve < paid.amount:
            status = "REJECTED_BANK_RESERVE"
        else:
            self.exchange(it, paid.amount if top_up else -paid.amount)
        self.write(paid, paid.at, status)

    def exchange(self, it: Wallet, amount: int) -> None:
        if amount == 0:
            return
        it.deposit -= amount
        it.balance += amount
        if self.cash:
            self.operators[it.bank].reserve -= amount
            self.operators[it.operator].backing += amount
        else:
            self.operators[it.bank].position -= amount
            self.operators[it.operator].position += amount

    def between(self, payer: int, payee: int, amount: int) -> None:
        one, other = self.operators[payer], self.operators[payee]
        if one is other:
            return
        if self.cash:
            one.backing -= amount
            one.moved += amount
            other.backing += amount
        else:
            one.position -= amount
            other.position += amount

    def count_midnights(self, it: Wallet, at: int) -> None:
        today = local_day(at, it.zone)
        it.balance_days += it.balance * (today - it.counted).days
        it.counted = today

    def settle_cycle(self) -> list[int]:
        short = [k for k, it in enumerate(self.operators) if it.bank and it.reserve + it.position < 0]
        if not short:
            for it in self.operators:
                if it.bank:
                    it.reserve += it.position
                else:
                    it.backing += it.position
                it.moved += max(-it.position, 0)
                it.position = 0
        self.look()
        return short

    def to_deposits(self) -> None:
        for it in self.operators:
            if it.bank:
                it.reserve, it.backing = it.reserve + it.backing, 0
        self.cash = False
        for wallet in self.wallets:
            wallet.balance_days = 0

    def pay_interest(self, rate_e9: int, days: int) -> None:
        for number, it in enumerate(self.wallets):
            operator = self.operators[it.operator]
            if not operator.bank or self.cash:
                continue
            earned = round(Fraction(it.balance_days * rate_e9, days * 10**9))  # half to even
            above = max(it.balance + earned - it.limits.balance, 0)
            if above and it.bank is None:
                continue
            it.balance_days = 0
            if earned:
                self.paid_interest.append((number, earned, above))
            it.balance += earned
            operator.interest += earned
            self.money += earned
            self.exchange(it, -above)
        self.look()

    def look(self) -> None:
        """Hold everything to the promises, at this event."""
        for it in self.wallets:
            assert 0 <= it.balance <= it.limits.balance
            assert all(spent <= it.limits.day for spent in it.spent.values())
            assert 0 <= it.under_way <= it.limits.offline
            assert it.deposit >= 0
        assert sum(it.balance + it.deposit for it in self.wallets) == self.money
        assert sum(it.position for it in self.operators) == 0
        assert sum(it.reserve + it.backing for it in self.operators) == self.central
        for k, it in enumerate(self.operators):
            assert it.reserve >= 0
            held = sum(wallet.balance for wallet in self.wallets if wallet.operator == k)
            if self.cash or not it.bank:
                assert it.backing + it.position == held
            else:
                assert it.backing == 0
