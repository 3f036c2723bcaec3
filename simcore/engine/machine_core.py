"""The world of a run and how it goes on: demand is fed, time passes, rows are handed over, blocks are run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.engine.build import build_world, with_more_slots
from simcore.engine.spec import WorldSpec
from simcore.errors import InvariantError, ScenarioError
from simcore.kernels import control, loop, sets
from simcore.kernels.block import run_block, wake
from simcore.kernels.constants import (
    BLOCK_SET,
    DONE,
    LOG_FULL,
    NEED_DEMAND,
    NEED_SLOTS,
    NEVER,
    NONE,
    OVERDRAWN,
    ROLE_AGENT_OF_DEBTOR,
    ROLE_CREDITOR,
    ROLE_DEBTOR,
    ROLE_PARTICIPANT,
)
from simcore.kernels.world import (
    FEED_FINAL,
    FEED_FIRST_ID,
    FEED_POSITION,
    IN_FLIGHT,
    NOW,
    OBLIGATION_ROWS,
    PAYMENT_ROWS,
    ROWS_NEEDED,
    SEQUENCE,
    Feed,
)

Rows = dict[str, Any]


def columns_of(records: Any) -> Rows:
    """A copy, always: a column of one row already is contiguous, and the log it stands in is written again."""
    return {name: records[name].copy() for name in records.dtype.names}


class MachineCore:
    """A world and the buffers around it.

    Parameters
    ----------
    spec : WorldSpec
    demand : iterator of DemandBatch
    on_obligations, on_payments : called with columns of final rows, in order of finality
    on_batch : called with each batch of demand before any of its payments can appear in the rows
    slots, log_rows : sizes to start with; no result depends on them
    lanes : False puts every hop in flight into the heap; no result depends on it
    """

    def __init__(
        self,
        spec: WorldSpec,
        demand: Iterator[DemandBatch],
        on_obligations: Callable[[Rows], None],
        on_payments: Callable[[Rows], None],
        on_batch: Callable[[DemandBatch], None] | None = None,
        *,
        slots: int = 1024,
        log_rows: int = 65_536,
        lanes: bool = True,
    ) -> None:
        self.spec = spec
        self.world = build_world(spec, slots=slots, log_rows=log_rows, lanes=lanes)
        self._demand = demand
        self._on_obligations = on_obligations
        self._on_payments = on_payments
        self._on_batch = on_batch
        self._reached = 0  # all before it has happened
        self._ledgers = sorted({rail.ledger for rail in spec.rails if rail.ledger != NONE})
        self.on_block: Callable[[int, int, Any], None] = lambda ledger, now_us, figures: None
        self.next_cycle: Callable[[], int] = lambda: 0
        self.complete_until: Callable[[], int] = lambda: 0  # demand that isn't asked for is initiated then or later
        self._demand_ended = False

    @property
    def accounts(self) -> Any:
        """The account records (live): balance, minimum, queued_value, …"""
        return self.world.accounts

    @property
    def in_flight(self) -> int:
        """Payments that are neither settled, rejected nor returned."""
        return int(self.world.state[IN_FLIGHT])

    @property
    def settled(self) -> int:
        """Numbers of finality given so far."""
        return int(self.world.state[SEQUENCE])

    def advance(self, until_us: int) -> None:
        """Process every payment event before ``until_us`` and the blocks of ledgers among them.

        Released funds come to rest in any case. A block comes after the payment events of its instant.
        """
        self._reached = max(self._reached, until_us)
        while True:
            due, ledger = self._next_block()
            limit = min(until_us, due + 1)
            self.world.state[FEED_FINAL] = self._demand_ended or self.complete_until() >= limit
            reason = loop.advance(self.world, limit)
            if reason == BLOCK_SET:
                continue
            if reason != DONE:
                self._serve(reason)
            elif due >= until_us:
                return
            else:
                self.block(ledger, due)

    def _next_block(self) -> tuple[int, int]:
        """Instant and ledger (its first rail) of the next block; NEVER where nothing waits for one."""
        if not self._ledgers:
            return NEVER, NONE
        return min((int(self.world.rails["block_at"][ledger]), ledger) for ledger in self._ledgers)

    def block(self, ledger: int, now_us: int) -> None:
        """Run a block of a ledger, given by its first rail, and tell who listens what it did.

        ``on_block`` is called with (ledger, instant, figures): int64 (n_rail, 6), columns as in
        :mod:`simcore.kernels.block`; number and value are those of legs.
        """
        terms = self.spec.rails[ledger]
        self._repeat(run_block, ledger, np.int64(terms.capacity), int(terms.gridlock), int(terms.rejects),
                     self.next_cycle(), now_us)  # fmt: skip
        self.on_block(ledger, now_us, self.world.figures)

    def _wake(self, now_us: int) -> None:
        """Something changed at a control time: what waits on a ledger is looked at in its next block."""
        for ledger in self._ledgers:
            wake(self.world, ledger, now_us)

    def _serve(self, reason: int) -> None:
        if reason == LOG_FULL:
            self.flush_logs()
        elif reason == NEED_DEMAND:
            self._feed()
        elif reason == NEED_SLOTS:
            self.world = with_more_slots(self.world)
        elif reason == OVERDRAWN:
            raise InvariantError(f"a set overdraws an account at {int(self.world.state[NOW])}")
        else:
            raise ScenarioError.one(
                "LH090",
                f"at {np.datetime64(int(self.world.state[NOW]), 'us')} UTC",
                got="a sum or converted amount beyond 2^63 - 1 minor units",
                expected="turnover of an account in a day, and each converted amount, within int64",
                try_="smaller amounts, or a rate the right way round",
            )

    def _feed(self) -> None:
        state = self.world.state
        batch = next(self._demand, None)
        if batch is None:
            self._demand_ended = True
            return
        if self._on_batch is not None:
            self._on_batch(batch)
        columns: tuple[Any, ...] = (
            batch.initiated_at,
            batch.debtor,
            batch.creditor,
            batch.route,
            batch.amount_minor,
            batch.priority,
            batch.draws,
        )
        # Kernels are compiled for arrays that are whole, aligned and writeable; another kind would compile them anew.
        whole = [np.require(column, np.int64, ["C", "A", "W"]) for column in columns]
        self.world = self.world._replace(feed=Feed(*whole))
        state[FEED_POSITION] = 0
        state[FEED_FIRST_ID] = batch.first_payment_id

    def flush_logs(self) -> None:
        """Hand over the rows logged so far."""
        state = self.world.state
        if state[OBLIGATION_ROWS]:
            self._on_obligations(columns_of(self.world.obligations[: state[OBLIGATION_ROWS]]))
            state[OBLIGATION_ROWS] = 0
        if state[PAYMENT_ROWS]:
            self._on_payments(columns_of(self.world.payments[: state[PAYMENT_ROWS]]))
            state[PAYMENT_ROWS] = 0

    def _repeat(self, operation: Callable[..., int], *arguments: Any) -> None:
        while (reason := operation(self.world, *arguments)) != DONE:
            self._serve(reason)

    def _rest(self) -> None:
        """Let the releases that the last control steps caused come to rest."""
        self.advance(int(self.world.state[NOW]))

    def _ready(self, amount: int, payers: tuple[int, ...], now_us: int) -> None:
        """Make sure that each account can pay the amount, and that there is room for the rows."""
        for account in payers:
            row = self.accounts[account]
            if amount <= 0 or int(row["balance"]) + int(row["debit_limit"]) < amount:
                raise InvariantError(f"transfer of {amount} from account {account} with {row['balance']} at {now_us}")
        self._room()

    def _room(self) -> None:
        """Make room in the logs for the rows of one event."""
        needed = self.world.state[ROWS_NEEDED]
        if (self.world.obligations.size - self.world.state[OBLIGATION_ROWS] < needed
                or self.world.payments.size - self.world.state[PAYMENT_ROWS] < needed):  # fmt: skip
            self.flush_logs()

    def lend(self, debit: int, credit: int, amount: int, kind: int, now_us: int) -> None:
        """Move money between two accounts of a rail; one row."""
        self._ready(amount, (debit,), now_us)
        control.lend(self.world, debit, credit, amount, kind, now_us)
        self._wake(now_us)

    def accounts_of(self, rail: int) -> slice:
        """The accounts of a rail."""
        row = self.world.rails[rail]
        return slice(int(row["first_account"]), int(row["last_account"]))

    def _listed(self, slot: Any) -> Any:
        found = np.empty(self.world.slots.size, np.int64)
        return found[: sets.listed(self.world.slots, np.int64(slot), found)].copy()

    def _who(self, role: tuple[int, int], it: Any) -> int:
        """Who plays a role of a hop for the payment in a slot."""
        kind, which = role
        if kind in (ROLE_DEBTOR, ROLE_CREDITOR):
            return int(it["debtor" if kind == ROLE_DEBTOR else "creditor"])
        if kind == ROLE_PARTICIPANT:
            return which
        return self.spec.agents[which, int(it["debtor" if kind == ROLE_AGENT_OF_DEBTOR else "creditor"])]
