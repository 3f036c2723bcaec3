"""Refills of dealers' accounts at control times: from somebody's account on the same rail, or bought from a dealer."""

from __future__ import annotations

from collections.abc import Iterator

import simpy

from fx.dealer import BP_E2_WHOLE, dealer_legs
from simcore.engine.clock import FUNDING, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.engine.positions import Positions
from simcore.engine.timetable import rail_calendar, run_times
from simcore.kernels.constants import KIND_REFILL
from simcore.market import Refill

AFTER_RAILS = 10_000
"""Places of refills among the funding of one instant: behind that of the rails."""


class Refills:
    """Fills the accounts of all dealers that have a rule for it."""

    def __init__(
        self, compiled: Compiled, machine: Machine, clock: Clock, log: ControlLog, positions: Positions
    ) -> None:
        self._compiled, self._machine, self._clock, self._log = compiled, machine, clock, log
        self._positions = positions
        self._rules = [
            (dealer, rule) for dealer, terms in compiled.scenario.fx.dealers.items() for rule in terms.refills or ()
        ]

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run: one process for each rule."""
        for place, (dealer, rule) in enumerate(self._rules):
            yield self._runs(place, dealer, rule)

    def _runs(self, place: int, dealer: str, rule: Refill) -> Iterator[simpy.Event]:
        zone = rail_calendar(self._compiled.scenario.rails[rule.rail]).zone
        windows = self._compiled.timetable.windows[rule.rail]
        for time_us in run_times(windows, zone, None, rule.times, lambda at: self._up(dealer, rule, at)):
            yield self._clock.at(time_us, FUNDING, AFTER_RAILS + place)
            self._refill(dealer, rule)

    def _up(self, dealer: str, rule: Refill, at: int) -> int:
        """When a refill due at an instant can be made: an outage of anybody it needs postpones it to its end."""
        rails = [name for name in (rule.rail, rule.sell_on) if name is not None]
        payers = [rule.source, *([dealer] if rule.sell_on is not None else [])]
        return self._compiled.outages.all_up(at, rails, payers)

    def _refill(self, dealer: str, rule: Refill) -> None:
        """Move what is wanted, or as much of it as there is; an event says how much, and how much is short."""
        rails, accounts = self._compiled.rails, self._machine.accounts
        mine = self._compiled.account_index(rule.rail, dealer)
        theirs = self._compiled.account_index(rule.rail, rule.source)
        wanted = rule.to.amount_minor - int(accounts["balance"][mine])
        if wanted <= 0:
            return
        amount = min(wanted, self._funds(theirs)) if self._machine.is_open(rails.index(rule.rail)) else 0
        if rule.sell_on is None:
            if amount > 0:
                self._machine.lend(theirs, mine, amount, KIND_REFILL, self._clock.now)
                self._positions.given(dealer, rule.to.currency, amount)
        elif amount > 0:
            amount = self._buy(dealer, rule, amount, mine, theirs)
        if amount > 0:
            self._note("refill", dealer, rule, amount, f"from {rule.source}")
        if amount < wanted:
            self._note("short", dealer, rule, wanted - max(amount, 0), f"refill from {rule.source}")

    def _funds(self, account: int) -> int:
        row = self._machine.accounts[account]
        return int(row["balance"]) + int(row["debit_limit"]) - int(row["reserved"])

    def _buy(self, dealer: str, rule: Refill, wanted: int, mine: int, theirs: int) -> int:
        """Buy from another dealer at its quote, both legs at once; what was bought, 0 where it doesn't deal."""
        assert rule.sell_on is not None
        rails, now = self._compiled.rails, self._clock.now
        sold = self._compiled.scenario.rails[rule.sell_on].currency
        quotes = self._compiled.quotes
        index = next(
            at for at, quote in enumerate(quotes)
            if (quote.dealer, quote.source, quote.target) == (rule.source, sold, rule.to.currency)
        )  # fmt: skip
        quote = self._machine.world.quotes[index]
        if int(quote["opens_at"]) > now or not self._machine.is_open(rails.index(rule.sell_on)):
            return 0
        pays = self._compiled.account_index(rule.sell_on, dealer)
        gets = self._compiled.account_index(rule.sell_on, rule.source)
        spread, numerator, denominator = (int(quote[name]) for name in ("spread_bp_e2", "numerator", "denominator"))
        if spread >= BP_E2_WHOLE:
            return 0
        # The largest amount to sell that buys no more than is wanted; rounding may leave a unit of it unbought.
        cost = min(self._funds(pays), _price(wanted, spread, numerator, denominator))
        bought = dealer_legs(cost, spread, numerator, denominator)[2] if cost > 0 else 0
        if bought <= 0:
            return 0
        self._machine.lend(pays, gets, cost, KIND_REFILL, now)
        self._machine.lend(theirs, mine, bought, KIND_REFILL, now)
        return bought

    def _note(self, event: str, dealer: str, rule: Refill, amount: int, detail: str) -> None:
        self._log.event(self._clock.now, event, rail=rule.rail, participant=dealer, currency=rule.to.currency,
                        amount_minor=amount, detail=detail)  # fmt: skip


def _price(wanted: int, spread: int, numerator: int, denominator: int) -> int:
    """The most that may be sold at a quote without buying more than ``wanted``, minor units."""
    cost = wanted * denominator * BP_E2_WHOLE // (numerator * (BP_E2_WHOLE - spread))
    while cost > 0 and dealer_legs(cost, spread, numerator, denominator)[2] > wanted:
        cost -= 1
    return cost
