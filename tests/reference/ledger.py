"""The rules of settlement in plain Python: what happens to one obligation at its rail, and to its payment after it."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from fx.dealer import dealer_legs
from simcore.engine.spec import HopSpec, InstantLinkSpec, WorldSpec
from simcore.kernels import constants as c
from tests.reference.state import Account, Payment, Rail


class Ledger:
    """Accounts, rails, payments on their way, and the rows written so far."""

    def __init__(self, spec: WorldSpec) -> None:
        self.spec = spec
        self.book = [
            Account(
                row.rail,
                row.participant,
                row.opening,
                row.debit_limit,
                row.reserved,
                row.opening,
                row.opening,
                held_highly_urgent=row.held_highly_urgent,
                held_urgent=row.held_urgent,
            )
            for row in spec.accounts
        ]
        self.rails = [
            Rail(rail.currency, rail.discipline, rail.rule, rail.when_closed,
                 [k for k, row in enumerate(spec.accounts) if row.rail == index])
            for index, rail in enumerate(spec.rails)
        ]  # fmt: skip
        self.sizes: list[list[tuple[int, int]]] = [[] for _ in spec.quotes]
        self.quotes: list[tuple[int, ...]] = [(0, 0, 0, 0, 0, 0)] * len(spec.quotes)
        self.shut_until: dict[tuple[int, int], int] = {}
        """(route, hop) → until when it takes nothing, once it was shut."""
        self.sends_from = [0] * spec.n_participant
        self.day = [0 for _ in spec.instant_links]
        self.sent: dict[tuple[int, int, int], int] = {}
        """(link, customer, day) → what it has sent."""
        self.now = 0
        self.settled = 0
        self.arrivals = 0
        self.schedulings = 0
        self.alive: dict[int, Payment] = {}
        self.in_transit: list[Payment] = []
        self.worklist: list[int] = []
        self.obligation_rows: list[tuple[int, ...]] = []
        self.payment_rows: list[tuple[int, ...]] = []

    # --- order ---

    def _rank(self, payment: Payment) -> int:
        """The priority, where the rail of the obligation has one."""
        return 0 if self._rail(payment).rule == c.FIFO else payment.priority

    def _queue_order(self, payment: Payment) -> tuple[int, int]:
        return self._rank(payment), payment.arrival

    def _transit_order(self, payment: Payment) -> tuple[int, int, int]:
        return payment.due, self._rank(payment), payment.scheduled

    # --- routes ---

    def _who(self, role: tuple[int, int], payment: Payment) -> int:
        kind, which = role
        if kind == c.ROLE_DEBTOR:
            return payment.debtor
        if kind == c.ROLE_CREDITOR:
            return payment.creditor
        if kind == c.ROLE_AGENT_OF_DEBTOR:
            return self.spec.agents[which, payment.debtor]
        if kind == c.ROLE_AGENT_OF_CREDITOR:
            return self.spec.agents[which, payment.creditor]
        return which

    def _hop(self, payment: Payment) -> HopSpec:
        return self.spec.routes[payment.route][payment.hop]

    def _rail(self, payment: Payment) -> Rail:
        return self.rails[self._hop(payment).rail]

    def _latency(self, payment: Payment) -> int:
        hop = self._hop(payment)
        drawn = 0 if hop.draw == c.NONE else payment.draws[hop.draw]
        return hop.latency_us if hop.draw == c.NONE else drawn if drawn >= 0 else (-1 - drawn) % c.UNRESOLVED

    def _screened_out(self, payment: Payment) -> bool:
        draw = self._hop(payment).draw
        return draw != c.NONE and payment.draws[draw] < 0 and not payment.returning

    def _fee(self, payment: Payment, amount: int) -> int:
        hop = self._hop(payment)
        share = round(Fraction(amount * hop.fee_share, 1_000_000))  # half to even
        return min(max(hop.fee_fixed + share, hop.fee_least), hop.fee_most, amount - 1)

    def _real_hops(self, payment: Payment) -> list[int]:
        """The hops between two different participants; the others are skipped."""
        return [
            k
            for k, hop in enumerate(self.spec.routes[payment.route])
            if self._who(hop.debtor, payment) != self._who(hop.creditor, payment)
        ]

    def _account(self, rail: int, participant: int) -> int:
        return next(k for k in self.rails[rail].accounts if self.book[k].participant == participant)

    def _set_hop(self, payment: Payment, k: int) -> None:
        payment.hop = k
        hop = self._hop(payment)
        payment.debit = self._account(hop.rail, self._who(hop.debtor, payment))
        payment.credit = self._account(hop.rail, self._who(hop.creditor, payment))

    def _schedule(self, payment: Payment, latency: int, begins: int = 0) -> None:
        self.schedulings += 1
        due = max(self.now, begins) + latency
        if payment.moved and not payment.returning and due > payment.deadline:
            due, payment.late = payment.deadline, True
        payment.due, payment.scheduled, payment.place = due, self.schedulings, "transit"
        self.in_transit.append(payment)

    # --- what happens to an obligation at its rail ---

    def _arrive(self, payment: Payment) -> None:
        self.arrivals += 1
        payment.arrival, payment.entered_at = self.arrivals, self.now
        self._enter(payment)

    def _enter(self, payment: Payment) -> None:
        rail, account = self._rail(payment), self.book[payment.debit]
        if payment.late and not payment.returning:
            self._fail(payment, c.REJECTED_TIME_LIMIT)
            return
        if (back := self.sends_from[account.participant]) > self.now:  # nobody has sent it
            self._schedule(payment, 0, back)
            return
        if self._screened_out(payment):
            unresolved = payment.draws[self._hop(payment).draw] <= -c.UNRESOLVED
            self._fail(payment, c.REJECTED_PROXY if unresolved else c.REJECTED_SCREENING)
            return
        if rail.state != c.OPEN:
            if payment.returning or rail.when_closed == c.WAIT:
                payment.place = "waiting"
                rail.waiting.append(payment)
            elif (opens_at := self._hop_opens(payment)) > self.now:
                self._schedule(payment, 0, opens_at)
            else:
                self._fail(payment, c.REJECTED_CLOSED if rail.when_closed == c.REJECT else c.RETURNED_CLOSED)
        elif self._refused(payment):
            self._fail(payment, c.REJECTED_LIMIT)
        elif refusal := self._link_refuses(payment):
            self._fail(payment, refusal)
        elif (opens_at := max(self._dealing_opens(payment), self._hop_opens(payment))) > self.now:
            self._schedule(payment, 0, opens_at)
        elif self._enter_pair(payment):
            return
        elif rail.discipline == c.COLLECT or self._joins_batch(payment):
            payment.place = "collected"
            account.count(payment.amount, +1)
            self._collect(payment, rail)
        else:
            if payment.returning and not payment.refunded and self._link(payment):
                account.reserved -= payment.amount  # it was held for this
                if account.balance + account.debit_limit >= payment.amount:
                    self._settle(payment)
                    return
                self._note_credit(payment.debit)
            account.queue.append(payment)
            if self._payable(payment):
                account.queue.remove(payment)
                self._settle(payment)
            elif rail.discipline == c.INSTANT and not payment.returning:
                account.queue.remove(payment)
                self._fail(payment, c.REJECTED_INSUFFICIENT_FUNDS)
            elif opposite := self._opposite(payment):
                account.queue.remove(payment)
                self._settle_set([payment, *opposite])
            else:
                payment.place = "queue"
                account.count(payment.amount, +1)

    def _refused(self, payment: Payment) -> bool:
        """Whether the amount is outside the rail's bounds; a ledger says so in its block, of all legs together."""
        terms = self.spec.rails[self._hop(payment).rail]
        if payment.returning or terms.ledger != c.NONE:
            return False
        return not terms.least_amount <= payment.amount <= terms.most_amount

    def _enter_pair(self, payment: Payment) -> bool:
        """Whether the obligation settles over a link, together with the next; if so, it does or is held."""
        return False

    def _joins_batch(self, payment: Payment) -> bool:
        """Whether the rail's batches take it; money on its way back settles alone."""
        terms, service = self.spec.rails[self._hop(payment).rail], self._hop(payment).batch
        fits = payment.amount < terms.batch_below and payment.priority >= terms.batch_from
        return not payment.returning and (service == c.IN_BATCHES or (service == c.BY_TERMS and fits))

    def _collect(self, payment: Payment, rail: Rail) -> None:
        rail.collected.append(payment)

    def _payable(self, payment: Payment) -> bool:
        """Whether a queued obligation may go: funds, and in a strict queue nothing before it."""
        account = self.book[payment.debit]
        if payment.amount > self._funds(payment):
            return False
        return self._may_bypass(payment) or payment is min(account.queue, key=self._queue_order)

    def _may_bypass(self, payment: Payment) -> bool:
        """Whether the queue may be bypassed: by its rule, or because enough is queued on the rail."""
        rail, level = self._rail(payment), self.spec.rails[self._hop(payment).rail].bypass_above
        queued = sum(one.place == "queue" for k in rail.accounts for one in self.book[k].queue)
        return rail.rule == c.BYPASS or (level > 0 and queued >= level)

    def _tier(self, payment: Payment) -> str:
        """What the obligation is, and what it is paid from, on a rail that tells them apart."""
        terms = self.spec.rails[self._hop(payment).rail]
        if not terms.tiers or payment.priority <= terms.highly_urgent:
            return "highly_urgent"
        if payment.priority <= terms.urgent:
            return "urgent"
        return "receipts" if terms.receipts else "normal"

    def _funds(self, payment: Payment) -> int:
        """What the debtor may pay this obligation from."""
        account, tier = self.book[payment.debit], self._tier(payment)
        if tier == "highly_urgent":
            return account.available
        if tier == "urgent":
            return account.available - account.held_highly_urgent
        rest = account.available - account.held_highly_urgent - account.held_urgent
        return min(rest, account.receipts) if tier == "receipts" else rest

    def _use(self, payment: Payment, amount: int) -> None:
        """It settles, or a part: it uses up what was held for it, or receipts, and is a receipt itself."""
        if self.spec.rails[self._hop(payment).rail].tiers:
            account, tier = self.book[payment.debit], self._tier(payment)
            if tier == "highly_urgent":
                account.held_highly_urgent = max(account.held_highly_urgent - amount, 0)
            elif tier == "urgent":
                account.held_urgent = max(account.held_urgent - amount, 0)
            elif tier == "receipts":
                account.receipts = max(account.receipts - amount, 0)
            self.book[payment.credit].receipts += amount

    def _opposite(self, payment: Payment) -> list[Payment]:
        """Offset at entry: the fewest payments queued back, from the first on, that make a feasible set."""
        rule = self.spec.rails[self._hop(payment).rail]
        strict = self._rail(payment).rule != c.BYPASS
        payer, payee = self.book[payment.debit], self.book[payment.credit]
        if (strict or rule.offset_first) and payment is not min(payer.queue, key=self._queue_order):
            return []
        chosen: list[Payment] = []
        for other in sorted(payee.queue, key=self._queue_order):
            if other.credit == payment.debit and len(chosen) < rule.offset_most:
                chosen.append(other)
                gain = sum(one.amount for one in chosen) - payment.amount
                if payer.available + gain >= 0 and payee.available - gain >= 0:
                    return chosen
            elif strict or rule.offset_strict:
                break
        return []

    def _settle_set(self, payments: list[Payment]) -> None:
        """Two-sided set: only the two positions after it count, and its members share one sequence."""
        first = payments[0]
        payer, payee = self.book[first.debit], self.book[first.credit]
        sequence = self._next_sequence()
        for other in payments[1:]:
            self._unqueue(other)
        for one in payments:
            self.book[one.debit].debited += one.amount
            self.book[one.credit].credited += one.amount
        gain = sum(one.amount for one in payments[1:]) - first.amount
        for account, change in ((payer, gain), (payee, -gain)):
            account.move(change)
        for one in payments:
            self._make_final(one, c.SETTLED_OFFSET, sequence, c.NONE)
        self._note_credit(self.book.index(payer))
        self._note_credit(self.book.index(payee))

    def _unqueue(self, payment: Payment) -> None:
        self.book[payment.debit].queue.remove(payment)
        self.book[payment.debit].count(payment.amount, -1)

    # --- links ---

    def _link(self, payment: Payment) -> InstantLinkSpec | None:
        return next((link for link in self.spec.instant_links if payment.route in link.routes), None)

    def _half_spread(self, quote: int, amount: int) -> int:
        return max([(0, self.quotes[quote][2]), *(size for size in self.sizes[quote] if size[0] <= amount)])[1]

    def _ask(self, payment: Payment) -> None:
        """Ask the provider of the first hop for a quote, where the link has quotes and something is exchanged."""
        link, later = self._link(payment), self._later(payment)
        payment.quote, payment.quoted_until = None, c.NEVER
        if not link or link.quote_valid == c.NONE or not later:
            return
        source = self._rail(payment).currency
        target = self.rails[self.spec.routes[payment.route][later[0]].rail].currency
        if source == target:
            return
        at = self.spec.quotes.index((self.book[payment.credit].participant, source, target))
        numerator, denominator, _, fx_id, opens_at, _ = self.quotes[at]
        if opens_at > self.now:
            payment.quoted_until = -1
        else:
            payment.quoted_until = self.now + link.quote_valid
            payment.quote = numerator, denominator, self._half_spread(at, payment.amount), fx_id

    def _link_refuses(self, payment: Payment) -> int:
        """Why the link doesn't take a payment at its first rail, 0 if it does: then its time begins."""
        link = self._link(payment)
        if not link or payment.returning or payment.moved:
            return 0
        if self.now > payment.quoted_until and link.requotes:
            self._ask(payment)
        if self.now > payment.quoted_until:
            return c.REJECTED_QUOTE
        if self._counts(payment):
            sent = self.sent.get(self._count_of(payment, self.day[self.spec.instant_links.index(link)]), 0)
            if sent + payment.amount > link.day_limit:
                return c.REJECTED_DAY_LIMIT
        payment.deadline = self.now + link.time_limit
        return 0

    def _counts(self, payment: Payment) -> bool:
        link = self._link(payment)
        return link is not None and link.limits_days and self.spec.n_customer > 0 and payment.draws[-1] != c.NONE

    def _count_of(self, payment: Payment, day: int) -> tuple[int, int, int]:
        link = self._link(payment)
        assert link
        return self.spec.instant_links.index(link), payment.draws[-1], day

    def _hold(self, payment: Payment, more: bool) -> None:
        """Hold what this hop has credited; or, after the last one, let go what is held."""
        if len(payment.moved) == 1 and self._counts(payment):
            link = self._link(payment)
            assert link
            payment.counted_on = self.day[self.spec.instant_links.index(link)]
            key = self._count_of(payment, payment.counted_on)
            self.sent[key] = self.sent.get(key, 0) + payment.amount
        if more:
            self.book[payment.credit].reserved += payment.amount
            return
        hops = self.spec.routes[payment.route]
        for k, amount in payment.moved.items():
            if k != payment.hop:
                account = self._account(hops[k].rail, self._who(hops[k].creditor, payment))
                self.book[account].reserved -= amount
                self._note_credit(account)

    # --- settlement ---

    def _settle(self, payment: Payment) -> None:
        self._move(payment.debit, payment.credit, payment.amount)
        self._use(payment, payment.amount)
        self._note_credit(payment.credit)
        self._make_final(payment, c.SETTLED_GROSS, self._next_sequence(), c.NONE)

    def _move(self, debit: int, credit: int, amount: int) -> None:
        payer, payee = self.book[debit], self.book[credit]
        payer.balance -= amount
        payer.debited += amount
        payer.minimum = min(payer.minimum, payer.balance)
        payee.balance += amount
        payee.credited += amount
        payee.maximum = max(payee.maximum, payee.balance)

    def _note_credit(self, account: int) -> None:
        """A credited account with a strict queue joins the worklist, at its end and once."""
        rail = self.rails[self.book[account].rail]
        if (
            rail.releases
            and not self._in_rail_order(self.book[account].rail)
            and self.book[account].queue
            and account not in self.worklist
        ):
            self.worklist.append(account)

    def _in_rail_order(self, rail: int) -> bool:
        """Whether all that is payable on the rail goes in one order; else account by account, from the worklist."""
        return self.rails[rail].rule == c.BYPASS or self.spec.rails[rail].bypass_above > 0

    def _next_sequence(self) -> int:
        self.settled += 1
        return self.settled - 1

    def _dealing_opens(self, payment: Payment) -> int:
        """From when on dealers exchange what the obligation, or one that settles with it on a ledger, brings them."""
        opens_at, route = 0, self.spec.routes[payment.route]
        if payment.returning or self.spec.always_dealt or (payment.quote and not payment.moved):
            return 0
        for before, after in pairwise([payment.hop, *self._later(payment)]):
            here, there = (self.spec.rails[route[k].rail] for k in (before, after))
            if here.currency != there.currency:
                dealer = self._who(route[before].creditor, payment)
                quote = self.spec.quotes.index((dealer, here.currency, there.currency))
                opens_at = max(opens_at, self.quotes[quote][4])
            if here.ledger == c.NONE or here.ledger != there.ledger:
                break
        return opens_at

    def _hop_opens(self, payment: Payment) -> int:
        """Until when the hop takes nothing after its cut-off; 0 for money on its way back."""
        return 0 if payment.returning else self.shut_until.get((payment.route, payment.hop), 0)

    def _later(self, payment: Payment) -> list[int]:
        return [k for k in self._real_hops(payment) if k > payment.hop]

    def _make_final(self, payment: Payment, status: int, sequence: int, cycle_id: int) -> None:
        """The money has moved: write the rows and send the payment on, or its money further back."""
        amount, hop = payment.amount, payment.hop
        if payment.returning:
            self._log(payment, self._kind(payment), amount, sequence, status, cycle_id, c.NONE)
            self._go_back(payment)
            return
        later = self._later(payment)
        route = self.spec.routes[payment.route]
        source = self._rail(payment).currency
        target_currency = self.rails[route[later[0]].rail].currency if later else source
        kind, principal, spread, target, converted, value_at = c.KIND_SPREAD, amount, 0, amount, c.NONE, 0
        if target_currency != source:
            dealer = self.book[payment.credit].participant
            quote = self.spec.quotes.index((dealer, source, target_currency))
            numerator, denominator, _, converted, _, value_at = self.quotes[quote]
            half_spread = self._half_spread(quote, amount)
            if payment.quote and not payment.moved:
                numerator, denominator, half_spread, converted = payment.quote
                value_at = 0
            principal, spread, target = dealer_legs(amount, half_spread, numerator, denominator)
        elif self._hop(payment).has_fee:
            kind, spread = c.KIND_FEE, self._fee(payment, amount)
            principal = target = amount - spread
        self._log(payment, c.KIND_PAYMENT, principal, sequence, status, cycle_id, payment.fx_id)
        if spread > 0:
            self._log(payment, kind, spread, sequence, status, cycle_id, c.NONE)
            if source == self.rails[route[0].rail].currency:
                payment.fee += spread
        payment.fx_id = converted
        amount, target, payment.parted = amount + payment.parted, target + payment.parted, 0
        payment.moved[hop] = amount
        if self._link(payment):
            self._hold(payment, bool(later))
        if not later:
            self._end(payment, target, status)
            self._refund_later(payment)
        elif target == 0:
            self._turn(payment, c.RETURNED_ZERO_AMOUNT)
        else:
            payment.amount = target
            self._set_hop(payment, later[0])
            self._schedule(payment, self._latency(payment), value_at)

    # --- what can't go on ---

    def _fail(self, payment: Payment, status: int) -> None:
        """An obligation ends without settlement, and with it its payment."""
        self._log(payment, c.KIND_PAYMENT, payment.amount, c.NONE, status, c.NONE, payment.fx_id, settled=False)
        self._turn(payment, status)

    def _turn(self, payment: Payment, status: int) -> None:
        """From here on the payment's money goes back, hop by hop; the dealer gives up its spread too."""
        payment.returning, payment.decided, payment.fee, payment.fx_id = True, status, 0, c.NONE
        if payment.counted_on >= 0:
            self.sent[self._count_of(payment, payment.counted_on)] -= payment.moved[min(payment.moved)]
        if not payment.parted:
            payment.hop = max(payment.moved, default=-1) + 1
        self._go_back(payment)

    def _go_back(self, payment: Payment) -> None:
        """Reverse parts of this hop, or the last settled hop before it, at once; end when there is none."""
        if payment.parted:
            amount, payment.parted = payment.parted, 0
        else:
            earlier = [k for k in payment.moved if k < payment.hop]
            if not earlier:
                if payment.refunded:
                    del self.alive[payment.payment_id]
                else:
                    self._end(payment, c.NONE, payment.decided)
                return
            amount = payment.moved[max(earlier)]
            payment.hop = max(earlier)
        self._set_hop(payment, payment.hop)
        payment.debit, payment.credit = payment.credit, payment.debit
        payment.amount = amount
        self._schedule(payment, 0)

    def _end(self, payment: Payment, received: int, status: int) -> None:
        del self.alive[payment.payment_id]
        self.payment_rows.append((payment.payment_id, received, payment.fee, self.now, status, len(payment.moved)))

    def _refund_later(self, payment: Payment) -> None:
        """A final payment that is drawn to be refunded goes back the way it came, after so long."""
        column = self._hop(payment).refund
        if column == c.NONE or payment.draws[column] < 0:
            return
        self.alive[payment.payment_id] = payment
        payment.returning = payment.refunded = True
        payment.debit, payment.credit = payment.credit, payment.debit
        payment.amount = payment.moved[payment.hop]
        self._schedule(payment, payment.draws[column])

    def _kind(self, payment: Payment) -> int:
        if payment.refunded:
            return c.KIND_REFUND
        return c.KIND_RETURN if payment.returning else c.KIND_PAYMENT

    # --- releases ---

    def _release_one(self) -> bool:
        """Settle the next queued obligation: of the worklist's first account, else the first of all that bypass."""
        while self.worklist:
            queue = self.book[self.worklist[0]].queue
            if queue and self._payable(first := min(queue, key=self._queue_order)):
                self._unqueue(first)
                self._settle(first)
                return True
            self.worklist.pop(0)
        free = [
            payment
            for account in self.book
            if self._in_rail_order(account.rail) and self.rails[account.rail].releases
            for payment in account.queue
            if self._payable(payment)
        ]
        if not free:
            return False
        first = min(free, key=self._queue_order)
        self._unqueue(first)
        self._settle(first)
        return True

    def _rest(self) -> None:
        while self._release_one():
            pass

    def _log(self, payment: Payment, kind: int, amount: int, sequence: int, status: int, cycle_id: int, fx_id: int,
             settled: bool = True) -> None:  # fmt: skip
        settled_at = self.now if settled else c.NEVER
        self.obligation_rows.append(
            (payment.payment_id, payment.hop, kind, payment.debit, payment.credit, amount, payment.entered_at,
             settled_at, sequence, status, cycle_id, fx_id)
        )  # fmt: skip
