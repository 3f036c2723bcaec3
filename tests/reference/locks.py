"""Money of payments in hash time locks in plain Python, written from the rule and not from the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from fx.dealer import dealer_legs
from simcore.kernels import constants as c
from tests.reference.links import LinkTwin
from tests.reference.state import Payment


class LockTwin(LinkTwin):
    """A twin that knows locks. What the machine calls a slot is a payment_id here."""

    def _enter_pair(self, payment: Payment) -> bool:
        """Over a link that locks a pair waits, whatever its funds, until somebody takes it up."""
        if not self._is_pair(payment) or self._hop(payment).link not in self.spec.locking:
            return super()._enter_pair(payment)
        payment.place = "held"
        self.held[self._hop(payment).link].append(payment)
        self.book[payment.debit].count(payment.amount, +1)
        return True

    def held_pairs(self, which: int) -> list[int]:
        return [payment.payment_id for payment in self.held[which]]

    def match(self, chosen: Any) -> Any:
        """For each pair: both participants, both rails, both amounts, the quote and its terms."""
        return np.array([self._matched(self.alive[int(number)]) for number in chosen], np.int64)

    def _matched(self, payment: Payment) -> list[int]:
        route, k = self.spec.routes[payment.route], payment.hop
        one, other = (self.book[account].participant for account in (payment.debit, payment.credit))
        gives, takes = route[k].rail, route[k + 1].rail
        quote = self.spec.quotes.index((other, self.rails[gives].currency, self.rails[takes].currency))
        numerator, denominator, _, fx_id, _, _ = self.quotes[quote]
        half_spread = self._half_spread(quote, payment.amount)
        taken = dealer_legs(payment.amount, half_spread, numerator, denominator)[2]
        return [one, other, gives, takes, payment.amount, taken, quote, numerator, denominator, half_spread, fx_id]

    def keep_held(self, which: int, number: int) -> None:
        """It stands in no list any more and is none of those queued, but it is still at its rail."""
        self._let_go(self.alive[number])

    def return_held(self, which: int, chosen: Any, status: int, now_us: int) -> None:
        self._rest()
        self.now = now_us
        for payment in [self.alive[int(number)] for number in chosen]:
            self._let_go(payment)
            self._fail(payment, status)

    def return_kept(self, number: int, status: int, now_us: int) -> None:
        self.now = now_us
        self._fail(self.alive[number], status)
        self._rest()

    def move_lock(self, number: int, later: int, debit: int, credit: int, amount: int, kind: int, now_us: int) -> None:
        assert self.book[debit].balance + self.book[debit].debit_limit >= amount > 0
        self.now = now_us
        self._move(debit, credit, amount)
        self._lock_row(self.alive[number], later, debit, credit, amount, kind, self._next_sequence())
        self._note_credit(credit)
        self._rest()

    def _lock_row(self, payment: Payment, later: int, debit: int, credit: int, amount: int, kind: int, sequence: int
                  ) -> None:  # fmt: skip
        self.obligation_rows.append((payment.payment_id, payment.hop + later, kind, debit, credit, amount, self.now,
                                     self.now, sequence, c.SETTLED_GROSS, c.NONE, c.NONE))  # fmt: skip

    def claim(self, number: int, escrow: int, kind: int, keeps: bool, found: Any, now_us: int) -> None:
        """The lock ends and the leg settles as one set: its payer is never seen to have the money in between."""
        payment, self.now = self.alive[number], now_us
        payment.entered_at = min(payment.entered_at, now_us)
        sequence, amount = self._next_sequence(), payment.amount
        self.book[escrow].move(-amount)
        self.book[payment.credit].move(amount)
        for payer, payee in ((escrow, payment.debit), (payment.debit, payment.credit)):
            self.book[payer].debited += amount
            self.book[payee].credited += amount
        self._lock_row(payment, 0, escrow, payment.debit, amount, kind, sequence)
        self._use(payment, amount)
        self._note_credit(payment.credit)
        quote, numerator, denominator, half_spread, fx_id = (int(number) for number in found[6:])
        before, sizes = self.quotes[quote], self.sizes[quote]
        self.quotes[quote] = (numerator, denominator, half_spread, fx_id, *before[4:])
        self.sizes[quote] = []
        self._make_final(payment, c.SETTLED_GROSS, sequence, c.NONE)
        self.quotes[quote], self.sizes[quote] = before, sizes
        if keeps:
            self.in_transit.remove(payment)
            payment.place, payment.entered_at = "held", now_us
        self._rest()

    def lose(self, number: int, status: int, now_us: int) -> None:
        """The second leg will never settle, and the first has: nothing comes back."""
        payment, self.now = self.alive.pop(number), now_us
        self._log(payment, c.KIND_PAYMENT, payment.amount, c.NONE, status, c.NONE, payment.fx_id, settled=False)
        self.payment_rows.append((payment.payment_id, c.NONE, payment.fee, now_us, status, len(payment.moved)))
