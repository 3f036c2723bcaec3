"""The event loop once more, in plain Python: lists, minima and the rules of settlement word by word.

``Twin`` takes what :class:`simcore.engine.machine.Machine` takes and answers to the same methods, but it was written
from the rules and not from the compiled loop, and it keeps no index, cache or recycled slot that could hide a mistake.

At one instant: releases that a credit caused; then obligations that waited for an opening (rail by rail, and only once
time may pass the instant of the opening); then obligations arriving from an earlier hop; then new payments. Arrivals
of one instant come by priority where their rail has one, then in the order they were scheduled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.engine.spec import WorldSpec
from simcore.errors import InvariantError
from simcore.kernels import constants as c
from simcore.kernels.world import ACCOUNT, OBLIGATION_ROW, PAYMENT_ROW
from tests.reference.ledger import Ledger
from tests.reference.state import Payment

ACCOUNT_FIELDS = (
    "rail", "participant", "balance", "debit_limit", "reserved", "minimum", "maximum", "debited", "credited",
    "queued_value", "queued_count", "queued_peak",
)  # fmt: skip
OBLIGATION_COLUMNS = ("payment_id", "hop", "kind", "debit_account", "credit_account", "amount", "entered_at",
                      "settled_at", "sequence", "status", "cycle_id", "fx_id")  # fmt: skip
PAYMENT_COLUMNS = ("payment_id", "amount_received", "fee", "completed_at", "status", "hops")


class Twin(Ledger):
    """See :class:`simcore.engine.machine.Machine`; ``slots``, ``log_rows`` and ``lanes`` mean nothing here."""

    def __init__(
        self,
        spec: WorldSpec,
        demand: Iterator[DemandBatch],
        on_obligations: Callable[[dict[str, Any]], None],
        on_payments: Callable[[dict[str, Any]], None],
        on_batch: Callable[[DemandBatch], None] | None = None,
        *,
        slots: int = 0,
        log_rows: int = 0,
        lanes: bool = True,
    ) -> None:
        super().__init__(spec)
        self.demand, self.on_batch = demand, on_batch
        self.on_obligations, self.on_payments = on_obligations, on_payments
        self.upcoming: list[tuple[int, Payment]] = []
        self.demand_ended = False

    # --- time ---

    def advance(self, until_us: int) -> None:
        while self._release_one() or self._let_in_one(until_us) or self._next_event(until_us):
            pass

    def _let_in_one(self, until_us: int) -> bool:
        """Let in the first obligation that waited, of the first rail that has opened."""
        if self.now >= until_us:
            return False
        for rail in self.rails:
            if rail.letting_in and rail.waiting:
                first = min(rail.waiting, key=self._queue_order)
                rail.waiting.remove(first)
                self._enter(first)
                return True
            rail.letting_in = False
        return False

    def _next_event(self, until_us: int) -> bool:
        """Let the next obligation arrive or the next payment begin, if that is before ``until_us``."""
        initiated = self._next_initiation()
        arriving = min(self.in_transit, key=self._transit_order, default=None)
        if arriving is not None and arriving.due <= initiated:
            if arriving.due >= until_us:
                return False
            self.now = arriving.due
            self.in_transit.remove(arriving)
            self._arrive(arriving)
            return True
        if initiated >= until_us:
            return False
        self.now, payment = self.upcoming.pop(0)
        self.alive[payment.payment_id] = payment
        self._set_hop(payment, self._real_hops(payment)[0])
        self._ask(payment)
        if self._latency(payment) > 0:
            self._schedule(payment, self._latency(payment))
        else:
            self._arrive(payment)
        return True

    def _next_initiation(self) -> int:
        while not self.upcoming and not self.demand_ended:
            batch = next(self.demand, None)
            if batch is None:
                self.demand_ended = True
                break
            if self.on_batch is not None:
                self.on_batch(batch)
            columns = (batch.initiated_at, batch.debtor, batch.creditor, batch.route, batch.priority,
                       batch.amount_minor, batch.draws)  # fmt: skip
            for k, (time, *rest) in enumerate(zip(*(column.tolist() for column in columns))):
                self.upcoming.append((time, Payment(batch.first_payment_id + k, *rest)))
        return self.upcoming[0][0] if self.upcoming else c.NEVER

    # --- control times ---

    def open(self, rail: int, now_us: int) -> None:
        self.now = now_us
        it = self.rails[rail]
        it.state, it.letting_in = c.OPEN, True
        for account in it.accounts:
            self._note_credit(account)

    def open_for_funding(self, rail: int) -> None:
        self._shut(rail, c.FUNDING_ONLY)

    def cut_off(self, rail: int) -> None:
        if self.rails[rail].state == c.OPEN:  # a cut-off opens nothing
            self._shut(rail, c.CUT_OFF)

    def shut_hop(self, hop: int, until_us: int) -> None:
        self._rest()
        self.shut_until[
            [(route, at) for route, hops in enumerate(self.spec.routes) for at in range(len(hops))][hop]
        ] = until_us

    def new_day(self, link: int) -> None:
        self._rest()
        self.day[link] += 1

    def close(self, rail: int) -> None:
        self._shut(rail, c.CLOSED)

    def _shut(self, rail: int, state: int) -> None:
        """Releases come to rest first; who waits goes on waiting."""
        self._rest()
        self.rails[rail].state, self.rails[rail].letting_in = state, False

    def is_open(self, rail: int) -> bool:
        return self.rails[rail].state != c.CLOSED

    def return_queued(self, rail: int, now_us: int) -> None:
        self._rest()
        self.now = now_us
        it = self.rails[rail]
        for payment in [payment for payment in it.collected if not payment.returning]:
            it.collected.remove(payment)
            self.book[payment.debit].count(payment.amount, -1)
            self._fail(payment, c.RETURNED_CUT_OFF)
        for account in it.accounts:
            for payment in sorted(self.book[account].queue, key=self._queue_order):
                if not payment.returning:
                    self._unqueue(payment)
                    self._fail(payment, c.RETURNED_CUT_OFF)
        for account in it.accounts:  # money on its way back may be first in its queue now
            self._note_credit(account)

    def transfer(self, debit: int, credit: int, mirror_debit: int, mirror_credit: int, amount: int, kind: int,
                 now_us: int) -> None:  # fmt: skip
        for account in (debit, mirror_debit):
            if amount <= 0 or self.book[account].balance + self.book[account].debit_limit < amount:
                raise InvariantError(f"transfer of {amount} from account {account}")
        self.now = now_us
        sequence = self._next_sequence()
        for payer, payee in ((debit, credit), (mirror_debit, mirror_credit)):
            self._move(payer, payee, amount)
            self.obligation_rows.append(
                (c.NONE, 0, kind, payer, payee, amount, now_us, now_us, sequence, c.SETTLED_GROSS, c.NONE, c.NONE)
            )
        self._note_credit(credit)
        self._note_credit(mirror_credit)

    def lend(self, debit: int, credit: int, amount: int, kind: int, now_us: int) -> None:
        if amount <= 0 or self.book[debit].balance + self.book[debit].debit_limit < amount:
            raise InvariantError(f"loan of {amount} from account {debit}")
        self.now = now_us
        self._move(debit, credit, amount)
        self.obligation_rows.append((c.NONE, 0, kind, debit, credit, amount, now_us, now_us, self._next_sequence(),
                                     c.SETTLED_GROSS, c.NONE, c.NONE))  # fmt: skip
        self._note_credit(credit)

    def set_limit(self, account: int, limit: int, now_us: int) -> None:
        if self.book[account].balance < -limit:
            raise InvariantError(f"a debit limit of {limit} for account {account}")
        self.now = now_us
        raised = limit > self.book[account].debit_limit
        self.book[account].debit_limit = limit
        if raised:
            self._note_credit(account)

    def split_queues(self, rail: int, least: int, now_us: int) -> None:
        """Each account in turn pays what it can of the first in its queue."""
        self._rest()
        self.now = now_us
        for account in (self.book[k] for k in self.rails[rail].accounts):
            if not account.queue:
                continue
            first = min(account.queue, key=self._queue_order)
            part = self._funds(first)
            later = self._later(first)
            if first.returning or self._hop(first).goes_whole or not least <= part < first.amount:
                continue
            if later and self.rails[self.spec.routes[first.route][later[0]].rail].currency != self.rails[rail].currency:
                continue
            first.amount -= part
            first.parted += part
            account.queued_value -= part
            self._move(first.debit, first.credit, part)
            self._use(first, part)
            self._log(first, c.KIND_PART, part, self._next_sequence(), c.SETTLED_GROSS, c.NONE, c.NONE)
            self._note_credit(first.credit)

    def reset_receipts(self, rail: int) -> None:
        self._rest()
        for k in self.rails[rail].accounts:
            self.book[k].receipts = 0

    def cycle(self, rail: int, cycle_id: int, now_us: int) -> dict[str, int]:
        self._rest()
        self.now = now_us
        it = self.rails[rail]
        position = dict.fromkeys(it.accounts, 0)
        for payment in it.collected:
            position[payment.debit] -= payment.amount
            position[payment.credit] += payment.amount
        considered = it.collected
        value = sum(payment.amount for payment in considered)
        settles = all(net >= 0 or self.book[k].available + net >= 0 for k, net in position.items())
        if settles and considered:
            it.collected = []
            sequence = self._next_sequence()
            for k, net in position.items():
                self.book[k].move(net)
            for payment in considered:
                self.book[payment.debit].count(payment.amount, -1)
                self.book[payment.debit].debited += payment.amount
                self.book[payment.credit].credited += payment.amount
                self._make_final(payment, c.SETTLED_NET, sequence, cycle_id)
        return {
            "considered_count": len(considered),
            "considered_minor": value,
            "settled_count": len(considered) if settles else 0,
            "settled_minor": value if settles else 0,
            "moved_minor": sum(-net for net in position.values() if net < 0) if settles else 0,
        }

    def collected(self, rail: int) -> list[int]:
        """Payments in the order they were collected; what the machine calls a slot is a payment_id here."""
        return [payment.payment_id for payment in self.rails[rail].collected]

    def settle_collected(
        self, rail: int, chosen: Any, cycle_id: int, now_us: int, shares: Any = (), recoveries: Any = ()
    ) -> None:
        self._rest()
        payments = [self._take_collected(rail, number) for number in chosen]
        for payer, loser, amount in shares:
            self.lend(payer, loser, amount, c.KIND_LOSS_SHARE, now_us)
        self.now = now_us
        sequence = self._next_sequence()
        for k, account in enumerate(self.book):
            change = sum(payment.amount for payment in payments if payment.credit == k)
            change -= sum(payment.amount for payment in payments if payment.debit == k)
            change += sum(amount for _, creditor, amount in recoveries if creditor == k)
            change -= sum(amount for debtor, _, amount in recoveries if debtor == k)
            account.move(change)
            account.receipts = max(account.receipts + change, 0)
        for debtor, creditor, amount in recoveries:
            self.book[debtor].debited += amount
            self.book[creditor].credited += amount
            self.obligation_rows.append((c.NONE, 0, c.KIND_RECOVERY, debtor, creditor, amount, now_us, now_us, sequence,
                                         c.SETTLED_NET, cycle_id, c.NONE))  # fmt: skip
        for payment in payments:
            self.book[payment.debit].debited += payment.amount
            self.book[payment.credit].credited += payment.amount
            self._make_final(payment, c.SETTLED_NET, sequence, cycle_id)
        for account in self.rails[rail].accounts:  # on a gross rail a batch may let queued obligations go
            self._note_credit(account)
        self._rest()

    def settle_positions(self, debit: Any, credit: Any, amount: Any, now_us: int) -> None:
        """Movements on any rails as one set: only the positions after it count."""
        self._rest()
        legs = list(zip(debit.tolist(), credit.tolist(), amount.tolist()))
        change = dict.fromkeys([k for payer, payee, _ in legs for k in (payer, payee)], 0)
        for payer, payee, value in legs:
            change[payer] -= value
            change[payee] += value
        self.now = now_us
        sequence = self._next_sequence()
        for k, moved in change.items():
            account = self.book[k]
            account.move(moved)
            account.receipts = max(account.receipts + moved, 0)
        for payer, payee, value in legs:
            self.book[payer].debited += value
            self.book[payee].credited += value
            self.obligation_rows.append((c.NONE, 0, c.KIND_SETTLEMENT, payer, payee, value, now_us, now_us, sequence,
                                         c.SETTLED_NET, c.NONE, c.NONE))  # fmt: skip
        for payer, payee, _ in legs:
            self._note_credit(payer)
            self._note_credit(payee)
        self._rest()

    def return_collected(self, rail: int, chosen: Any, status: int, now_us: int) -> None:
        self._rest()
        payments = [self._take_collected(rail, number) for number in chosen]
        self.now = now_us
        for payment in payments:
            self._fail(payment, status)

    def _take_collected(self, rail: int, number: int) -> Payment:
        payment = self.alive[number]
        self.rails[rail].collected.remove(payment)
        self.book[payment.debit].count(payment.amount, -1)
        return payment

    def quote(self, index: int, numerator: int, denominator: int, spread_bp_e2: int, fx_id: int, opens_at: int = 0,
              value_at: int = 0, sizes: Iterable[tuple[int, int]] = ()) -> None:  # fmt: skip
        self.sizes[index] = list(sizes)
        self.quotes[index] = (numerator, denominator, spread_bp_e2, fx_id, opens_at, value_at)

    def hold(self, participant: int, until_us: int) -> None:
        self._rest()
        self.sends_from[participant] = until_us

    def reset_day(self, rail: int) -> None:
        self._rest()
        for k in self.rails[rail].accounts:
            account = self.book[k]
            account.minimum = account.maximum = account.balance
            account.debited = account.credited = 0
            account.queued_peak = account.queued_value
            account.held_highly_urgent = self.spec.accounts[k].held_highly_urgent
            account.held_urgent = self.spec.accounts[k].held_urgent
            account.receipts = 0

    def accounts_of(self, rail: int) -> slice:
        first = self.rails[rail].accounts[0]
        return slice(first, first + len(self.rails[rail].accounts))

    # --- what comes out ---

    @property
    def in_flight(self) -> int:
        return len(self.alive)

    @property
    def accounts(self) -> Any:
        """The account records as they are now; a copy that can't be written to."""
        records = np.zeros(len(self.book), ACCOUNT)
        for name in ACCOUNT_FIELDS:
            records[name] = [getattr(account, name) for account in self.book]
        records.flags.writeable = False
        return records

    def flush_logs(self) -> None:
        _hand_over(self.obligation_rows, OBLIGATION_COLUMNS, OBLIGATION_ROW, self.on_obligations)
        _hand_over(self.payment_rows, PAYMENT_COLUMNS, PAYMENT_ROW, self.on_payments)

    def finish(self) -> None:
        self._next_initiation()
        if self.upcoming:
            raise InvariantError("demand is left after the end of the run")
        where = {"queue": c.QUEUED_AT_END, "waiting": c.WAITING_AT_END, "collected": c.COLLECTED_AT_END,
                 "held": c.HELD_AT_END}  # fmt: skip
        for payment in sorted(self.alive.values(), key=lambda payment: payment.payment_id):
            status = where.get(payment.place, c.IN_TRANSIT_AT_END)
            if status != c.IN_TRANSIT_AT_END:
                self._log(
                    payment, self._kind(payment), payment.amount, c.NONE, status, c.NONE, payment.fx_id, settled=False
                )
            if payment.refunded:
                continue
            if payment.returning:
                status = c.RETURN_PENDING_AT_END
            self.payment_rows.append((payment.payment_id, c.NONE, payment.fee, c.NEVER, status, len(payment.moved)))
        self.flush_logs()


def _hand_over(rows: list[tuple[int, ...]], names: tuple[str, ...], dtype: Any, to: Callable[..., None]) -> None:
    if rows:
        to({name: np.array(column, dtype[name]) for name, column in zip(names, zip(*rows))})
        rows.clear()
