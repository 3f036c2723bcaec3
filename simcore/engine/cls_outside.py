"""Outside legs of in/out swaps: paid on the funding rails, each by itself, so that whoever pays first is at risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import simpy

from simcore.engine.clock import FUNDING, Clock
from simcore.engine.cls_books import ClsBooks
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.kernels.cls import Pairs
from simcore.kernels.constants import KIND_OUTSIDE
from simcore.units import format_duration

AFTER_RAILS = 200_000
"""Places of these events in their class: after those of rails and dealers."""


@dataclass
class Leg:
    """One leg: a member owes another an amount in one currency."""

    payer: int
    payee: int
    currency: int
    amount: int
    paid_at: int | None = None
    other: Leg | None = field(default=None, repr=False)


class Outside:
    """The legs of one system's day that haven't been paid."""

    def __init__(self, compiled: Compiled, books: ClsBooks, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._compiled, self._books, self._machine, self._clock, self._log = compiled, books, machine, clock, log
        self._legs: list[Leg] = []

    def add(self, swaps: Pairs, now: int) -> None:
        """Take the outside legs of a day's swaps, and pay what can be paid."""
        for one, other, gives, takes, given, taken in zip(*(column.tolist() for column in swaps), strict=True):
            first, second = Leg(one, other, gives, given), Leg(other, one, takes, taken)
            first.other, second.other = second, first
            self._legs += [first, second]
            self._books.note(now, "swap", one, gives, given, f"outside, to {self._books.members[other]}")
            self._books.note(now, "swap", other, takes, taken, f"outside, to {self._books.members[one]}")
        self.pay(now)

    def pay(self, now: int) -> None:
        """Pay every leg whose rail is open and whose payer has the money."""
        for leg in self._legs:
            self._pay(leg, now)
        self._legs = [leg for leg in self._legs if leg.paid_at is None]

    def _pay(self, leg: Leg, now: int) -> None:
        books = self._books
        payer, payee = (int(books.payer[who, leg.currency]) for who in (leg.payer, leg.payee))
        if not self._machine.is_open(books.funding_rails[leg.currency]) or not books.acts(leg.payer, leg.currency, now):
            return
        if payer != payee:  # else both are paid for by one bank, and no money moves
            if books.funds(payer) < leg.amount:
                return
            self._machine.lend(payer, payee, leg.amount, KIND_OUTSIDE, now)
        leg.paid_at = now
        books.note(now, "outside_paid", leg.payer, leg.currency, leg.amount, f"to {books.members[leg.payee]}")
        first = leg.other
        assert first is not None
        if first.paid_at is not None:
            apart = f"for {format_duration(now - first.paid_at)}" if now > first.paid_at else "for no time"
            books.note(now, "outside_at_risk", first.payer, first.currency, first.amount, apart)

    def rest(self) -> Iterator[simpy.Event]:
        """After the day's last pay-in: what is left is tried once more when its rail opens next, and then given up."""
        late = [(self._opens(leg.currency), leg) for leg in self._legs]
        self._legs = []
        for opens in sorted({at for at, _ in late if at is not None}):
            yield self._clock.at(opens, FUNDING, AFTER_RAILS)
            for at, leg in late:
                if at == opens:
                    self._pay(leg, opens)
        for _, leg in late:
            if leg.paid_at is None:
                lost = leg.other is not None and leg.other.paid_at is not None
                what = "though the other leg was paid" if lost else "nor was the other leg"
                self._books.note(self._clock.now, "outside_failed", leg.payer, leg.currency, leg.amount, what)

    def _opens(self, currency: int) -> int | None:
        """The next opening of a currency's funding rail; now where it is open, None where there is none."""
        now, rail = self._clock.now, self._compiled.rails[self._books.funding_rails[currency]]
        return next((max(window.open_us, now) for window in self._compiled.timetable.windows[rail]
                     if window.only == "all" and window.close_us > now), None)  # fmt: skip
