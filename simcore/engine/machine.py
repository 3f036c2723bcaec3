"""The compiled loop as an object: feed it demand, let time pass, act on it at control times, take its final rows.

The conductor and the tests drive a run through this one class; a plain-Python twin with the same methods stands in
``tests/reference``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.engine.build import tiers_of
from simcore.engine.machine_pairs import PairsOfMachine
from simcore.engine.machine_sets import SetsOfMachine
from simcore.engine.unfinished import rows_at_end
from simcore.errors import InvariantError
from simcore.kernels import control, link, parts
from simcore.kernels.constants import CLOSED, CUT_OFF, FUNDING_ONLY, NEVER, OPEN, RECEIPTS
from simcore.kernels.world import DRAINING, FAILED, FEED_POSITION, PLACE_FREE, REFUNDED

Ints = NDArray[np.int64]


class Machine(SetsOfMachine, PairsOfMachine):
    """The whole machine; what it needs is said at :class:`simcore.engine.machine_core.MachineCore`."""

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

    def set_limit(self, account: int, limit: int, now_us: int) -> None:
        """Let an account go below zero as far as ``limit`` from now on."""
        if int(self.accounts["balance"][account]) < -limit:
            raise InvariantError(f"a debit limit of {limit} for account {account}, which is below it at {now_us}")
        control.set_limit(self.world, account, limit, now_us)
        self._wake(now_us)

    def split_queues(self, rail: int, least: int, now_us: int) -> None:
        """Let each account of a rail at rest pay what it can of the first obligation in its queue."""
        self._rest()
        self._repeat(parts.split_queues, rail, least, now_us)

    def reset_receipts(self, rail: int) -> None:
        """Begin a new window of receipts: what came in before releases nothing any more."""
        self._rest()
        self.world.tiers[self.accounts_of(rail), RECEIPTS] = 0

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

    def requote(self, numbers: Ints, numerators: Ints, denominators: Ints, fx_ids: Ints) -> None:
        """Let dealers quote other rates, one each; the rest of their quotes stays in force."""
        quotes = self.world.quotes
        quotes["numerator"][numbers], quotes["denominator"][numbers] = numerators, denominators
        quotes["fx_id"][numbers] = fx_ids
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

    def finish(self) -> None:
        """At the end of the run: rows for everything that is not final, by payment; then the logs."""
        if next(self._demand, None) is not None or self.world.state[FEED_POSITION] < self.world.feed.time.size:
            raise InvariantError("demand is left after the end of the run")
        self.flush_logs()
        obligations, payments = rows_at_end(self.world)
        if obligations["payment_id"].size:
            self._on_obligations(obligations)
        if payments["payment_id"].size:
            self._on_payments(payments)
