"""The compiled loop as an object: feed it demand, let time pass, act on it at control times, take its final rows.

The conductor and the tests drive a run through this one class; a plain-Python twin with the same methods stands in
``tests/reference``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.engine.build import build_world, tiers_of, with_more_slots
from simcore.engine.machine_pairs import PairsOfMachine
from simcore.engine.spec import WorldSpec
from simcore.errors import InvariantError, ScenarioError
from simcore.kernels import control, link, loop, parts, queue, sets
from simcore.kernels.block import run_block, wake
from simcore.kernels.constants import (
    BLOCK_SET,
    CLOSED,
    COLLECTED_AT_END,
    CUT_OFF,
    DONE,
    FUNDING_ONLY,
    HELD_AT_END,
    IN_TRANSIT_AT_END,
    KIND_CREDIT,
    KIND_LOSS_SHARE,
    KIND_PAYMENT,
    KIND_REFUND,
    KIND_RETURN,
    LOG_FULL,
    NEED_DEMAND,
    NEED_SLOTS,
    NEVER,
    NONE,
    OPEN,
    OVERDRAWN,
    QUEUED_AT_END,
    RECEIPTS,
    RETURN_PENDING_AT_END,
    ROLE_AGENT_OF_DEBTOR,
    ROLE_CREDITOR,
    ROLE_DEBTOR,
    ROLE_PARTICIPANT,
    SETTLED_NET,
    SETTLED_OFFSET,
    WAITING_AT_END,
)
from simcore.kernels.world import (
    CYCLE_COUNT,
    CYCLE_MOVED,
    CYCLE_VALUE,
    DRAINING,
    FAILED,
    FEED_FINAL,
    FEED_FIRST_ID,
    FEED_POSITION,
    IN_FLIGHT,
    NOW,
    OBLIGATION_ROW,
    OBLIGATION_ROWS,
    PAYMENT_ROW,
    PAYMENT_ROWS,
    PLACE_COLLECTED,
    PLACE_FREE,
    PLACE_HELD,
    PLACE_QUEUE,
    PLACE_WAITING,
    REFUNDED,
    ROWS_NEEDED,
    SEQUENCE,
    Feed,
)

Rows = dict[str, Any]
_PLACE_STATUS = {
    PLACE_QUEUE: QUEUED_AT_END,
    PLACE_WAITING: WAITING_AT_END,
    PLACE_COLLECTED: COLLECTED_AT_END,
    PLACE_HELD: HELD_AT_END,
}


def _columns(records: Any) -> Rows:
    # A copy, always: a column of one row already is contiguous, and the log it stands in is written again.
    return {name: records[name].copy() for name in records.dtype.names}


class Machine(PairsOfMachine):
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
            reason = loop.advance(self.world, min(until_us, due + 1))
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
            state[FEED_FINAL] = 1
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
            self._on_obligations(_columns(self.world.obligations[: state[OBLIGATION_ROWS]]))
            state[OBLIGATION_ROWS] = 0
        if state[PAYMENT_ROWS]:
            self._on_payments(_columns(self.world.payments[: state[PAYMENT_ROWS]]))
            state[PAYMENT_ROWS] = 0

    def _repeat(self, operation: Callable[..., int], *arguments: Any) -> None:
        while (reason := operation(self.world, *arguments)) != DONE:
            self._serve(reason)

    def open(self, rail: int, now_us: int) -> None:
        """Open a rail for payments."""
        control.open_rail(self.world, rail, now_us)
        self._wake(now_us)

    def open_for_funding(self, rail: int) -> None:
        """Open a rail for transfers to and from other rails only."""
        self._shut(rail, FUNDING_ONLY)

    def cut_off(self, rail: int) -> None:
        """Let no new obligations into an open rail; its queue may still be released."""
        if self.world.rails["state"][rail] == OPEN:
            self._shut(rail, CUT_OFF)

    def shut_hop(self, hop: int, until_us: int) -> None:
        """Let what reaches a hop from now on wait until an instant; hops are counted through all routes."""
        self._rest()
        self.world.hops["shut_until"][hop] = until_us

    def under_way(self) -> Any:
        """What payments that their link may still reverse have moved, by account, net: int64 (n_account,)."""
        net, slots = np.zeros(self.accounts.size, np.int64), self.world.slots
        linked = [route for link in self.spec.instant_links for route in link.routes]
        if not linked:
            return net
        mine = (slots["place"] != PLACE_FREE) & (slots["returning"] != REFUNDED) & (slots["hops_settled"] > 0)
        for slot in np.flatnonzero(mine & np.isin(slots["route"], linked)).tolist():
            it = slots[slot]
            first = int(self.world.route_start[it["route"]])
            # The hop under way hasn't moved anything yet, unless it is on its way back.
            for k in range(int(it["hop"]) - first + (it["returning"] == FAILED)):
                hop = self.spec.routes[it["route"]][k]
                payer, payee = (self._who(role, it) for role in (hop.debtor, hop.creditor))
                if payer != payee:
                    net[self.world.account_of[hop.rail, payer]] -= self.world.moved[slot, k]
                    net[self.world.account_of[hop.rail, payee]] += self.world.moved[slot, k]
        return net

    def _who(self, role: tuple[int, int], it: Any) -> int:
        """Who plays a role of a hop for the payment in a slot."""
        kind, which = role
        if kind in (ROLE_DEBTOR, ROLE_CREDITOR):
            return int(it["debtor" if kind == ROLE_DEBTOR else "creditor"])
        if kind == ROLE_PARTICIPANT:
            return which
        return self.spec.agents[which, int(it["debtor" if kind == ROLE_AGENT_OF_DEBTOR else "creditor"])]

    def new_day(self, link: int) -> None:
        """What customers have sent by a link doesn't count any more."""
        self._rest()
        self.world.instant_links["day"][link] += 1

    def close(self, rail: int) -> None:
        """Close a rail."""
        self._shut(rail, CLOSED)
        self.world.rails["block_at"][rail] = NEVER

    def _shut(self, rail: int, state: int) -> None:
        """Let no more obligations in, neither new ones nor those that waited and were not let in yet."""
        self._rest()
        row = self.world.rails[rail]
        row["state"] = state
        self.world.state[DRAINING] -= row["draining"]
        row["draining"] = 0

    def _rest(self) -> None:
        """Let the releases that the last control steps caused come to rest."""
        self.advance(int(self.world.state[NOW]))

    def is_open(self, rail: int) -> bool:
        """Whether transfers can use the rail."""
        return bool(self.world.rails["state"][rail] != CLOSED)

    def return_queued(self, rail: int, now_us: int) -> None:
        """Return what is still queued at the end of the rail's day, and the pairs held whose first leg is on it."""
        self._rest()
        self._repeat(control.return_queued, rail, now_us)
        if self.spec.n_link:
            self._repeat(link.return_held, rail, now_us)

    def shut_link(self, which: int, out: bool) -> None:
        """Let a link settle nothing, or settle again."""
        self._rest()
        self.world.links[which, link.OUT] = int(out)

    def transfer(self, debit: int, credit: int, mirror_debit: int, mirror_credit: int, amount: int, kind: int,
                 now_us: int) -> None:  # fmt: skip
        """Move money between rails; two rows that become final together."""
        self._ready(amount, (debit, mirror_debit), now_us)
        control.transfer(self.world, debit, credit, mirror_debit, mirror_credit, amount, amount, kind, now_us)
        self._wake(now_us)

    def lend(self, debit: int, credit: int, amount: int, kind: int, now_us: int) -> None:
        """Move money between two accounts of a rail; one row."""
        self._ready(amount, (debit,), now_us)
        control.lend(self.world, debit, credit, amount, kind, now_us)
        self._wake(now_us)

    def set_limit(self, account: int, limit: int, now_us: int) -> None:
        """Let an account go below zero as far as ``limit`` from now on."""
        if int(self.accounts["balance"][account]) < -limit:
            raise InvariantError(f"a debit limit of {limit} for account {account}, which is below it at {now_us}")
        control.set_limit(self.world, account, limit, now_us)
        self._wake(now_us)

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

    def split_queues(self, rail: int, least: int, now_us: int) -> None:
        """Let each account of a rail at rest pay what it can of the first obligation in its queue."""
        self._rest()
        self._repeat(parts.split_queues, rail, least, now_us)

    def reset_receipts(self, rail: int) -> None:
        """Begin a new window of receipts: what came in before releases nothing any more."""
        self._rest()
        self.world.tiers[self.accounts_of(rail), RECEIPTS] = 0

    def cycle(self, rail: int, cycle_id: int, now_us: int) -> dict[str, int]:
        """Run one net cycle; what it looked at, settled and moved."""
        self._rest()
        self._repeat(control.settle_cycle, rail, cycle_id, now_us)
        state = self.world.state
        done = self.world.rails["collect_head"][rail] == NONE
        return {
            "considered_count": int(state[CYCLE_COUNT]),
            "considered_minor": int(state[CYCLE_VALUE]),
            "settled_count": int(state[CYCLE_COUNT]) if done else 0,
            "settled_minor": int(state[CYCLE_VALUE]) if done else 0,
            "moved_minor": int(state[CYCLE_MOVED]) if done else 0,
        }

    def settle_sets(self, rail: int, chosen: Any, set_of: Any, cycle_id: int, now_us: int,
                    loans: Iterable[tuple[int, int, int]] = ()) -> None:  # fmt: skip
        """Settle queued slots in sets, each final as one, and release what that lets go.

        Parameters
        ----------
        chosen : int64 (n,) slots in the rail's queues, by set
        set_of : int64 (n,) number of each one's set, rising
        loans : (lender's account, borrower's account, amount) of credit given before the sets settle

        Raises
        ------
        InvariantError    a set that would leave an account below its limit
        """
        sets.take_chosen(self.world, rail, chosen)
        for lender, borrower, amount in loans:
            self.lend(lender, borrower, amount, KIND_CREDIT, now_us)
        self._repeat(sets.settle_sets, chosen, set_of, np.int64(SETTLED_OFFSET), cycle_id, now_us)
        queue.look_again(self.world, rail)
        self._rest()

    def settle_collected(self, rail: int, chosen: Any, cycle_id: int, now_us: int,
                         shares: Iterable[tuple[int, int, int]] = (),
                         recoveries: Sequence[tuple[int, int, int]] = ()) -> None:  # fmt: skip
        """Settle some of what a rail has collected as one set, and release what that lets go.

        Parameters
        ----------
        chosen : int64 (n,) slots in the rail's collection list
        shares : (payer's account, account in default, amount) of losses borne before the set settles
        recoveries : (account in default, creditor's account, amount) paid in the same set

        Raises
        ------
        InvariantError    an account would be below its limit
        """
        self._rest()
        sets.take_collected(self.world, rail, chosen)
        for payer, loser, amount in shares:
            self.lend(payer, loser, amount, KIND_LOSS_SHARE, now_us)
        if recoveries:
            debit, credit, amounts = (np.array(column, np.int64) for column in zip(*recoveries))
            self._repeat(sets.recover, rail, chosen, debit, credit, amounts, cycle_id, now_us)
        one_set = np.zeros(chosen.size, np.int64)
        self._repeat(sets.settle_sets, chosen, one_set, np.int64(SETTLED_NET), cycle_id, now_us)
        queue.look_again(self.world, rail)  # batches of a gross rail are credits to accounts with queues
        self._rest()

    def return_collected(self, rail: int, chosen: Any, status: int, now_us: int) -> None:
        """Return some of what a rail has collected; money on its way back may not be among it."""
        self._rest()
        sets.take_collected(self.world, rail, chosen)
        self._repeat(sets.return_taken, chosen, np.int64(status), now_us)

    def collected(self, rail: int) -> Any:
        """Slots of a rail's collection list, in the order they came: int64 (n,)."""
        return self._listed(self.world.rails["collect_head"][rail])

    def _listed(self, slot: Any) -> Any:
        found = np.empty(self.world.slots.size, np.int64)
        return found[: sets.listed(self.world.slots, np.int64(slot), found)].copy()

    def settle_positions(self, debit: Any, credit: Any, amount: Any, now_us: int) -> None:
        """Move money between accounts of any rails, final as one set: rows of the kind ``settlement``.

        Parameters
        ----------
        debit, credit, amount : int64 (n,) accounts and minor units

        Raises
        ------
        InvariantError    an account would be below its limit after the set
        """
        self._rest()
        self._repeat(sets.settle_positions, debit, credit, amount, now_us)
        self._rest()

    def quote(self, index: int, numerator: int, denominator: int, spread_bp_e2: int, fx_id: int, opens_at: int = 0,
              value_at: int = 0, sizes: Iterable[tuple[int, int]] = ()) -> None:  # fmt: skip
        """Put a dealer's quote into force.

        Parameters
        ----------
        opens_at : int    an instant to come keeps what would be exchanged from its rail until then
        value_at : int    an instant to come keeps what was exchanged with the dealer until then
        sizes : (amount, half-spread) from that amount on, rising; as many as the spec has at most
        """
        if self.spec.n_size:
            self.world.size_from[index] = NEVER
            for tier, (amount, half_spread) in enumerate(sizes):
                self.world.size_from[index, tier], self.world.size_spread[index, tier] = amount, half_spread
        self.world.quotes[index] = (numerator, denominator, spread_bp_e2, fx_id, opens_at, value_at)
        self._wake(self._reached)

    def hold(self, participant: int, until_us: int) -> None:
        """Let a participant send nothing before an instant; what is queued already may settle."""
        self._rest()
        self.world.sends_from[participant] = until_us

    def reset_day(self, rail: int) -> None:
        """Begin the figures of the next business day of a rail's accounts."""
        self._rest()
        rows = self.world.accounts[self.accounts_of(rail)]
        rows["minimum"] = rows["maximum"] = rows["balance"]
        rows["debited"] = rows["credited"] = 0
        rows["queued_peak"] = rows["queued_value"]
        self.world.tiers[self.accounts_of(rail)] = tiers_of(self.spec.accounts[self.accounts_of(rail)])

    def accounts_of(self, rail: int) -> slice:
        """The accounts of a rail."""
        row = self.world.rails[rail]
        return slice(int(row["first_account"]), int(row["last_account"]))

    def finish(self) -> None:
        """At the end of the run: rows for everything that is not final, by payment; then the logs."""
        if next(self._demand, None) is not None or self.world.state[FEED_POSITION] < self.world.feed.time.size:
            raise InvariantError("demand is left after the end of the run")
        self.flush_logs()
        slots = self.world.slots
        rows = slots[slots["place"] != PLACE_FREE]
        rows = rows[np.argsort(rows["payment_id"], kind="stable")]
        if not rows.size:
            return
        status = np.full(rows.size, IN_TRANSIT_AT_END, np.int8)
        for place, name in _PLACE_STATUS.items():
            status[rows["place"] == place] = name
        entered = status != IN_TRANSIT_AT_END
        at_rail = rows[entered]
        log = np.zeros(at_rail.size, OBLIGATION_ROW)
        for field in ("payment_id", "amount", "entered_at", "fx_id"):
            log[field] = at_rail[field]
        log["hop"] = at_rail["hop"] - self.world.route_start[at_rail["route"]]
        log["kind"] = np.array([KIND_PAYMENT, KIND_RETURN, KIND_REFUND])[at_rail["returning"]]
        log["debit_account"], log["credit_account"] = at_rail["debit"], at_rail["credit"]
        log["settled_at"] = NEVER
        log["sequence"] = log["cycle_id"] = NONE
        log["status"] = status[entered]
        if log.size:
            self._on_obligations(_columns(log))
        open_ = rows["returning"] != REFUNDED  # what is being refunded was final before
        rows, status = rows[open_], status[open_]
        ends = np.zeros(rows.size, PAYMENT_ROW)
        ends["payment_id"], ends["fee"], ends["hops"] = rows["payment_id"], rows["fee"], rows["hops_settled"]
        ends["amount_received"] = NONE
        ends["completed_at"] = NEVER
        ends["status"] = np.where(rows["returning"] == FAILED, RETURN_PENDING_AT_END, status)
        if ends.size:
            self._on_payments(_columns(ends))


__all__ = ["Machine", "Rows"]
