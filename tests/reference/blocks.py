"""The blocks of a shared ledger in plain Python, written from the rule and not from the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from fx.dealer import dealer_legs
from simcore.kernels import constants as c
from tests.reference.state import Payment, Rail
from tests.reference.twin import Twin

Leg = tuple[int, int, int]
"""Debit account, credit account, amount."""


class LedgerTwin(Twin):
    """A twin that knows ledgers: rails whose obligations settle in blocks, all legs of a payment together."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.ledgers = sorted({rail.ledger for rail in self.spec.rails if rail.ledger != c.NONE})
        self.held: dict[int, list[Payment]] = {ledger: [] for ledger in self.ledgers}
        self.due = dict.fromkeys(self.ledgers, c.NEVER)
        self.last = dict.fromkeys(self.ledgers, c.NONE)
        self.reached = 0
        self.on_block: Any = lambda ledger, now, figures: None

    # --- when blocks are ---

    def _collect(self, payment: Payment, rail: Rail) -> None:
        ledger = self.spec.rails[self._hop(payment).rail].ledger
        if ledger == c.NONE:
            super()._collect(payment, rail)
            return
        self.held[ledger].append(payment)
        if self.due[ledger] == c.NEVER:
            self.due[ledger] = self._first_block(ledger, self.now)

    def _first_block(self, ledger: int, now: int) -> int:
        """The first multiple of the interval that isn't before now and comes after the last block."""
        every = self.spec.rails[ledger].block_every
        at = now
        while at % every or at <= self.last[ledger]:
            at += 1
        return at

    def _look_again(self, now: int) -> None:
        for ledger in self.ledgers:
            if self.held[ledger] and self.due[ledger] == c.NEVER and self.rails[ledger].releases:
                self.due[ledger] = self._first_block(ledger, now)

    def advance(self, until_us: int) -> None:
        self.reached = max(self.reached, until_us)
        while True:
            due, ledger = min([(self.due[ledger], ledger) for ledger in self.ledgers], default=(c.NEVER, c.NONE))
            super().advance(min(until_us, due + 1))
            sooner = min(self.due.values(), default=c.NEVER)
            if sooner < due:
                continue
            if due >= until_us:
                return
            self.block(ledger, due)

    def _next_event(self, until_us: int) -> bool:
        """An arrival may bring a block nearer: nothing after it happens first."""
        return super()._next_event(min(until_us, min(self.due.values(), default=c.NEVER) + 1))

    def open(self, rail: int, now_us: int) -> None:
        super().open(rail, now_us)
        self._look_again(now_us)

    def close(self, rail: int) -> None:
        super().close(rail)
        if rail in self.due:
            self.due[rail] = c.NEVER

    def transfer(self, *arguments: Any) -> None:
        super().transfer(*arguments)
        self._look_again(arguments[-1])

    def set_limit(self, *arguments: Any) -> None:
        super().set_limit(*arguments)
        self._look_again(arguments[-1])

    def lend(self, *arguments: Any) -> None:
        super().lend(*arguments)
        self._look_again(arguments[-1])

    def quote(self, *arguments: Any, **named: Any) -> None:
        super().quote(*arguments, **named)
        self._look_again(self.reached)

    def return_queued(self, rail: int, now_us: int) -> None:
        if rail in self.held:
            self._rest()
            self.now = now_us
            for payment in [one for one in self.held[rail] if not one.returning]:
                self._take(rail, payment)
                self._fail(payment, c.RETURNED_CUT_OFF)
        super().return_queued(rail, now_us)

    def _take(self, ledger: int, payment: Payment) -> None:
        self.held[ledger].remove(payment)
        self.book[payment.debit].count(payment.amount, -1)

    # --- what a block does ---

    def _legs(self, payment: Payment) -> list[Leg]:
        """The hops that the payment has in a row on the ledger, with nothing between them; its money may go back."""
        route, ledger = self.spec.routes[payment.route], self.spec.rails[self._hop(payment).rail].ledger
        legs = [(payment.debit, payment.credit, payment.amount)]
        at, amount = payment.hop, payment.amount
        if payment.returning:
            following = sorted((k for k in payment.moved if k < payment.hop), reverse=True)
        else:
            following = self._later(payment)
        for k in following:
            rail = route[k].rail
            if self.spec.rails[rail].ledger != ledger or not self.rails[rail].releases:
                break
            debit = self._account(rail, self._who(route[k].debtor, payment))
            credit = self._account(rail, self._who(route[k].creditor, payment))
            if payment.returning:
                legs.append((credit, debit, payment.moved[k]))
                continue
            if route[k].latency_us > 0 or route[k].draw != c.NONE:
                break
            before = self.spec.rails[route[at].rail].currency
            after = self.spec.rails[rail].currency
            if before != after:
                who = self.book[legs[-1][1]].participant
                index = self.spec.quotes.index((who, before, after))
                numerator, denominator, half_spread, _, _, value_at = self.quotes[index]
                half_spread = max([(0, half_spread), *(one for one in self.sizes[index] if one[0] <= amount)])[1]
                target = dealer_legs(amount, half_spread, numerator, denominator)[2]
                if value_at > self.now or target == 0:
                    break
                amount = target
            elif route[at].has_fee:
                there, payment.hop = payment.hop, at
                amount -= self._fee(payment, amount)
                payment.hop = there
            legs.append((debit, credit, amount))
            at = k
        return legs

    def _positions(self, payments: list[Payment]) -> dict[int, int]:
        net: dict[int, int] = {}
        for payment in payments:
            for debit, credit, amount in self._legs(payment):
                net[debit] = net.get(debit, 0) - amount
                net[credit] = net.get(credit, 0) + amount
        return net

    def _obstacle(self, payment: Payment, net: dict[int, int]) -> str:
        """Why the payment can't go at these positions: its payers' funds before its payees' limits."""
        over = False
        for debit, credit, _ in self._legs(payment):
            if net[debit] < 0 and self.book[debit].available + net[debit] < 0:
                return "short"
            payee = self.book[credit]
            limit = self.spec.rails[payee.rail].balance_limit
            issuer = payee.debit_limit == c.UNLIMITED
            over = over or (not payment.returning and not issuer and net[credit] > 0
                            and payee.balance + net[credit] > limit)  # fmt: skip
        return "over" if over else ""

    def _apply(self, net: dict[int, int]) -> None:
        for k, change in net.items():
            self.book[k].move(change)

    def block(self, ledger: int, now_us: int) -> None:
        terms, self.now = self.spec.rails[ledger], now_us
        self.due[ledger], self.last[ledger] = c.NEVER, now_us
        figures = np.zeros((len(self.rails), 6), np.int64)
        decided: list[tuple[Payment, str]] = []
        room = terms.capacity

        def count(payment: Payment, first: int) -> None:
            for debit, _, amount in self._legs(payment):
                figures[self.book[debit].rail, first : first + 2] += (1, amount)

        def decide(payment: Payment, what: str) -> None:
            self._take(ledger, payment)
            decided.append((payment, what))

        # While any payment can settle, the one that came first does; what comes later is looked at only then.
        waiting: list[Payment] = []
        for payment in list(self.held[ledger]):
            if room == 0:
                break
            count(payment, 0)
            terms_of = [(self.spec.rails[self.book[k].rail], amount) for k, _, amount in self._legs(payment)]
            beyond = any(amount < it.least_amount or amount > it.most_amount for it, amount in terms_of)
            if beyond and not payment.returning:
                decide(payment, "limit")
                continue
            waiting.append(payment)
            while room > 0:
                able = [one for one in waiting if not self._obstacle(one, self._positions([one]))]
                if not able:
                    break
                first = able[0]
                self._apply(self._positions([first]))
                count(first, 2)
                for debit, _, amount in self._legs(first):
                    figures[self.book[debit].rail, 4] += amount
                waiting.remove(first)
                decide(first, "alone")
                room -= 1
        # What is left as one set: while an account is in the way, the newest of what it pays or receives is taken out.
        if terms.gridlock and room > 0:
            together = self.held[ledger][:room]
            while True:
                net = self._positions(together)
                in_the_way = [payment for payment in together if self._obstacle(payment, net)]
                if not in_the_way:
                    break
                together.remove(in_the_way[-1])
            net = self._positions(together)
            for k, change in net.items():
                figures[self.book[k].rail, 4] += max(-change, 0)
            self._apply(net)
            for payment in together:
                count(payment, 2)
                decide(payment, "set")
            room -= len(together)
        if room > 0:
            for payment in list(self.held[ledger]):
                if payment.returning:
                    continue
                obstacle = self._obstacle(payment, self._positions([payment]))
                if obstacle == "over":
                    decide(payment, "limit")
                elif terms.rejects:
                    decide(payment, "short")
        elif self.held[ledger]:
            self.due[ledger] = self._first_block(ledger, now_us)
        number = self.next_cycle()
        for k, rail in enumerate(self.spec.rails):
            if rail.ledger == ledger and figures[k, 0]:
                figures[k, 5] = number
                number += 1
        self._write(decided, figures)
        self.on_block(ledger, now_us, figures)

    def next_cycle(self) -> int:
        return 0

    def _write(self, decided: list[tuple[Payment, str]], figures: Any) -> None:
        shared = c.NONE
        for payment, what in decided:
            if what == "limit":
                self._fail(payment, c.REJECTED_LIMIT)
            elif what == "short":
                self._fail(payment, c.REJECTED_INSUFFICIENT_FUNDS)
            else:
                status = c.SETTLED_OFFSET if what == "set" else c.SETTLED_GROSS
                if what == "alone" or shared == c.NONE:
                    sequence = self._next_sequence()
                    shared = sequence if what == "set" else shared
                self._write_legs(payment, status, shared if what == "set" else sequence, figures)

    def _write_legs(self, payment: Payment, status: int, sequence: int, figures: Any) -> None:
        legs = self._legs(payment)
        for k, (debit, credit, amount) in enumerate(legs):
            if k > 0:  # it goes on inside the block
                self.in_transit.remove(payment)
                payment.entered_at = self.now
            self.book[debit].debited += amount
            self.book[credit].credited += amount
            assert (payment.debit, payment.credit, payment.amount) == (debit, credit, amount)
            self._make_final(payment, status, sequence, int(figures[self.book[debit].rail, 5]))
