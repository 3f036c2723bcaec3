"""Payment versus payment over links in plain Python, written from the rule and not from the kernel."""

from __future__ import annotations

from typing import Any

from fx.dealer import dealer_legs
from simcore.kernels import constants as c
from tests.reference.state import Payment
from tests.reference.twin import Twin


class LinkTwin(Twin):
    """A twin that knows links: a hop and the next one are final together, or neither is."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.held: list[list[Payment]] = [[] for _ in range(self.spec.n_link)]
        self.on_block: Any = None
        self.links_out: set[int] = set()

    def _is_pair(self, payment: Payment) -> bool:
        """The next hop must be there for this payment: where its two roles are one participant, it falls away."""
        if self._hop(payment).link == c.NONE or payment.returning:
            return False
        return self._later(payment)[:1] == [payment.hop + 1]

    def _enter_pair(self, payment: Payment) -> bool:
        if not self._is_pair(payment):
            return False
        what = self._possible(payment)
        if what == "nothing yet":
            payment.place = "held"
            self.held[self._hop(payment).link].append(payment)
            self.book[payment.debit].count(payment.amount, +1)
        else:
            self._carry_out(payment, what)
        return True

    def _possible(self, payment: Payment) -> str:
        route, k = self.spec.routes[payment.route], payment.hop
        rails = [self.rails[route[hop].rail] for hop in (k, k + 1)]
        if any(rail.state != c.OPEN for rail in rails) or self._hop(payment).link in self.links_out:
            return "nothing yet"
        dealer = self.book[payment.credit].participant
        quote = self.spec.quotes.index((dealer, rails[0].currency, rails[1].currency))
        numerator, denominator, half_spread, _, opens_at, value_at = self.quotes[quote]
        half_spread = max([(0, half_spread), *(one for one in self.sizes[quote] if one[0] <= payment.amount)])[1]
        target = dealer_legs(payment.amount, half_spread, numerator, denominator)[2]
        if target == 0:
            return "it buys nothing"
        terms = self.spec.rails[route[k + 1].rail]
        if not terms.least_amount <= target <= terms.most_amount:
            return "refused"
        if max(opens_at, value_at) > self.now or not self._leg_may_go(payment):
            return "nothing yet"
        first = payment.amount
        self._set_hop(payment, k + 1)
        payment.amount = target
        second_goes = self._leg_may_go(payment)
        self._set_hop(payment, k)
        payment.amount = first
        return "both legs" if second_goes else "nothing yet"

    def _leg_may_go(self, payment: Payment) -> bool:
        """Funds, and nothing queued that the queue would let go first."""
        queue = self.book[payment.debit].queue
        first = self._may_bypass(payment) or payment is min([*queue, payment], key=self._queue_order)
        return first and payment.amount <= self._funds(payment)

    def _carry_out(self, payment: Payment, what: str) -> None:
        if what == "it buys nothing":
            self._fail(payment, c.RETURNED_ZERO_AMOUNT)
            return
        if what == "refused":
            self._fail(payment, c.REJECTED_LIMIT)
            return
        sequence = self._next_sequence()
        for leg in range(2):
            if leg == 1:
                self.in_transit.remove(payment)
                payment.entered_at = self.now
            self._move(payment.debit, payment.credit, payment.amount)
            self._use(payment, payment.amount)
            self._note_credit(payment.credit)
            self._make_final(payment, c.SETTLED_GROSS, sequence, c.NONE)

    def shut_link(self, which: int, out: bool) -> None:
        self._rest()
        (self.links_out.add if out else self.links_out.discard)(which)

    def look_at_pairs(self, which: int, now_us: int) -> int:
        """Once through the list, in order of arrival; queues come to rest after each pair that goes."""
        self._rest()
        self.now = now_us
        went = 0
        for payment in list(self.held[which]):
            what = self._possible(payment)
            if what != "nothing yet":
                self._let_go(payment)
                self._carry_out(payment, what)
                went += 1
                self._rest()
        return went

    def _let_go(self, payment: Payment) -> None:
        self.held[self._hop(payment).link].remove(payment)
        self.book[payment.debit].count(payment.amount, -1)

    def return_queued(self, rail: int, now_us: int) -> None:
        super().return_queued(rail, now_us)
        for payment in [one for held in self.held for one in held if self._hop(one).rail == rail]:
            self._let_go(payment)
            self._fail(payment, c.RETURNED_CUT_OFF)
