"""Retail systems in the run's clock: wallets are played between control events, operators settle on a rail at them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import simpy

from simcore.calendar import local_us
from simcore.demand.wallets import WalletDemand, draw_wallets, first_wallets, zone_of, zones_of
from simcore.engine.clock import CYCLE, FUNDING, RECORD, SHOCK, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.counts import WalletCount
from simcore.engine.machine import Machine
from simcore.engine.sessions import MOST_MECHANISMS
from simcore.engine.timetable import rail_calendar
from simcore.kernels.constants import KIND_WALLET_ISSUE, KIND_WALLET_REDEMPTION, KIND_WALLET_SETTLEMENT
from simcore.kernels.wallet_world import CASH, DEPOSIT, NEXT_ID, REGIME, ROWS
from simcore.results.writer import RunWriter
from simcore.results.writer_wallets import OPERATOR_EVENTS
from simcore.retail import Wallets
from simcore.units import ClockTime
from simcore.wallets.book import WalletBook
from simcore.wallets.parameters import Operator, WalletClass

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MIDNIGHT = ClockTime(0, 0)
BP_E2_TO_E9 = 1_000
DAYS_OF_YEAR = 360
WALLET_CHUNK = 65_536


class Retail:
    """One retail system of a run."""

    def __init__(
        self, compiled: Compiled, index: int, seed: int, machine: Machine, clock: Clock, log: ControlLog,
        writer: RunWriter, log_rows: int = 65_536,
    ) -> None:  # fmt: skip
        scenario, times = compiled.scenario, compiled.timetable
        self.name = list(scenario.wallets)[index]
        self._terms: Wallets = scenario.wallets[self.name]
        self._index, self._machine, self._clock, self._log, self._writer = index, machine, clock, log, writer
        self._outages = compiled.outages
        # The order of rows of several systems in one table must not depend on how large a log is.
        self._shares_table = len(scenario.wallets) > 1
        self._place = len(compiled.rails) + index  # after what the rails themselves do
        self._end = times.end_us
        self._rail = compiled.rails.index(self._terms.rail)
        self._rail_terms = scenario.rails[self._terms.rail]
        self._windows = [window for window in times.windows[self._terms.rail] if window.only == "all"]
        self._issuer = compiled.account_index(self._terms.rail, self._terms.issuer)
        self._zone = zone_of(scenario.participants[self._terms.issuer].country)
        self._operators = list(self._terms.operators)
        self._accounts = [
            compiled.account_index(self._terms.rail, name) if it.bank else -1
            for name, it in self._terms.operators.items()
        ]
        self._changes_at = local_us(self._zone, self._terms.deposit_from, MIDNIGHT)
        regime = {"cash": CASH, "deposit": DEPOSIT}.get(self._terms.regime)
        self._regime_moves = regime is None and times.start_us < self._changes_at <= times.end_us
        if regime is None:
            regime = CASH if times.start_us < self._changes_at else DEPOSIT
        self._stock = [0 if it.stock is None else it.stock.amount_minor for it in self._terms.operators.values()]
        wallets = draw_wallets(self._terms, self.name, seed)
        self._opening = {name: wallets[name].copy() for name in ("balance", "deposit")}
        self._flow_places = [writer.names.wallets.flows.index(name) for name in self._terms.flows]  # type: ignore[union-attr]
        self._rows = 0
        self.count = WalletCount(wallets=wallets.size)
        first, last = ((EPOCH + dt.timedelta(microseconds=at)).date() for at in (times.start_us, times.end_us))
        self.book = WalletBook(
            classes=tuple(
                WalletClass(
                    name=name, payment=it.payment.amount_minor, day=it.day.amount_minor,
                    balance=it.balance.amount_minor, offline=0 if it.offline is None else it.offline.amount_minor,
                )
                for name, it in self._terms.classes.items()
            ),
            operators=tuple(
                Operator(name=name, bank=it.bank, reserve=stock if regime == CASH else 0)
                for (name, it), stock in zip(self._terms.operators.items(), self._stock, strict=True)
            ),
            wallets=wallets,
            payments=WalletDemand(
                scenario, self.name, start_us=times.demand_start_us, end_us=times.demand_end_us, seed=seed
            ),
            take=self._take, start=first - dt.timedelta(days=1), days=(last - first).days + 4,
            zones=tuple(zones_of(self._terms)), regime=regime, log_rows=log_rows, begin_us=times.start_us,
        )  # fmt: skip
        self._snapshot(times.start_us, "opening")

    @property
    def played(self) -> int:
        """Payments asked for so far."""
        return int(self.book.world.state[NEXT_ID])

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run."""
        yield self._openings()
        yield self._settlements()
        yield self._nights()
        if self._regime_moves:
            yield self._new_regime()
        if self._terms.interest_on:
            yield self._interest()

    def play(self, until_us: int) -> None:
        """Play every wallet payment before an instant; with other systems beside it, hand over the rows at once."""
        self.book.play(until_us)
        if self._shares_table:
            self.book.flush()

    # Control events.

    def _openings(self) -> Iterator[simpy.Event]:
        """At each opening of the rail: bring the stocks of banks to what they should be."""
        for window in self._windows:
            time_us = self._outages.rail_up(self._terms.rail, window.open_us)
            if time_us < window.close_us:
                yield self._clock.at(time_us, FUNDING, self._place)
                if self._machine.is_open(self._rail):
                    self._restock(time_us)

    def _restock(self, now: int) -> None:
        moved = False
        cash = self.book.world.state[REGIME] == CASH
        for who, (name, account, stock) in enumerate(zip(self._operators, self._accounts, self._stock, strict=True)):
            if account < 0:
                continue
            wanted = (stock if cash else 0) - int(self.book.operators["reserve"][who])
            amount = min(wanted, self._funds(account)) if wanted > 0 else wanted
            if amount > 0:
                self._machine.lend(account, self._issuer, amount, KIND_WALLET_ISSUE, now)
                self._note(now, "wallet_issue", amount, f"from {self._terms.rail}", name)
            elif amount < 0:
                self._machine.lend(self._issuer, account, -amount, KIND_WALLET_REDEMPTION, now)
                self._note(now, "wallet_redemption", -amount, f"to {self._terms.rail}", name)
            if amount:
                self.book.issue(who, amount)
                moved = True
            if 0 < wanted != amount:
                self._note(now, "short", wanted - max(amount, 0), f"not enough on {self._terms.rail}", name)
        if moved:
            self._snapshot(now, "stock")

    def _settlements(self) -> Iterator[simpy.Event]:
        """At each time of settlement at which the rail is open."""
        zone, every = rail_calendar(self._rail_terms).zone, self._terms.settle_every
        for window in self._windows:
            times = {local_us(zone, window.business_day, clock) for clock in self._terms.settle_at}
            if every is not None:
                times |= set(range(window.open_us + every, window.close_us, every))
            # Where an outage of the rail keeps them from settling, they settle once at its end.
            times = {self._outages.rail_up(self._terms.rail, at) for at in times if window.open_us <= at}
            for time_us in sorted(at for at in times if at < window.close_us):
                yield self._clock.at(time_us, CYCLE, self._place * MOST_MECHANISMS)
                self._settle(time_us)

    def _settle(self, now: int) -> None:
        """Let net debtors pay the issuer, and the issuer the net creditors; all or none."""
        positions = [int(position) for position in self.book.operators["position"]]
        if not any(positions):
            return
        if not self._machine.is_open(self._rail):
            owed = sum(max(-position, 0) for position in positions)
            self._note(now, "wallet_settlement_postponed", owed, f"{self._terms.rail} is closed")
            return
        banks = [(name, account, position) for name, account, position
                 in zip(self._operators, self._accounts, positions, strict=True) if account >= 0]  # fmt: skip
        short = [(name, -position - self._funds(account)) for name, account, position in banks
                 if position < 0 and self._funds(account) < -position]  # fmt: skip
        out = sum(position for _, _, position in banks)  # what the issuer pays more than it gets
        if not short and self._funds(self._issuer) < out:
            short = [(self._terms.issuer, out - self._funds(self._issuer))]
        for name, missing in short:
            self._note(now, "short", missing, f"net position of {self.name}, on {self._terms.rail}", name)
        if short:
            return
        for _, account, position in sorted(banks, key=lambda one: one[2] > 0):
            if position < 0:
                self._machine.lend(account, self._issuer, -position, KIND_WALLET_SETTLEMENT, now)
            elif position > 0:
                self._machine.lend(self._issuer, account, position, KIND_WALLET_SETTLEMENT, now)
        self.book.take_positions()
        paid = sum(max(-position, 0) for position in positions)
        self._note(now, "wallet_settlement", paid, f"net positions of {self.name}")
        self._snapshot(now, "settlement")

    def _new_regime(self) -> Iterator[simpy.Event]:
        """The instant from which wallet money is the operators'."""
        yield self._clock.at(self._changes_at, SHOCK, self._place)
        self.book.change_regime(DEPOSIT)
        self._note(self._changes_at, "wallet_regime", 0, f"{self.name}: wallet money is a deposit from here on")
        self._snapshot(self._changes_at, "regime")

    def _interest(self) -> Iterator[simpy.Event]:
        """On each day of interest."""
        for day in sorted(set(self._terms.interest_on)):
            now = local_us(self._zone, day, MIDNIGHT)
            yield self._clock.at(now, FUNDING, self._place)
            paid = self.book.pay_interest(self._terms.interest * BP_E2_TO_E9, DAYS_OF_YEAR)
            self._note(now, "wallet_interest", paid, f"on wallets of {self.name}")
            self._snapshot(now, "interest")

    def _nights(self) -> Iterator[simpy.Event]:
        """Every midnight where the issuer is: what operators owe and hold."""
        begin = self._clock.now
        day = (EPOCH + dt.timedelta(microseconds=begin)).date()
        while True:
            day += dt.timedelta(days=1)
            now = local_us(self._zone, day, MIDNIGHT)
            if now >= self._end:
                return
            if now > begin:
                yield self._clock.at(now, RECORD, self._place)
                self._snapshot(now, "midnight")

    def finish(self) -> None:
        """At the end of the run: what is still offline, the books, every wallet."""
        self.book.finish()
        self.book.prove()
        self._snapshot(self._end, "end")
        wallets = self.book.world.wallets
        first = first_wallets(self._terms)
        names = self._writer.names.wallets
        assert names is not None
        for at, (name, holders) in enumerate(self._terms.holders.items()):
            kind = names.holders.index(name)
            for start in range(int(first[at]), int(first[at + 1]), WALLET_CHUNK):
                stop = min(start + WALLET_CHUNK, int(first[at + 1]))
                n = stop - start
                self._writer.wallets({
                    "system": np.full(n, self._index, np.int32), "wallet": np.arange(start, stop),
                    "holders": np.full(n, kind, np.int32),
                    "class": np.full(n, names.classes.index(holders.limits), np.int32),
                    "operator": np.full(n, names.operators.index(holders.operator), np.int32),
                    "bank": np.full(n, -1 if holders.bank is None else names.operators.index(holders.bank), np.int32),
                    "country": np.full(n, names.countries.index(holders.country), np.int32),
                    "opening": self._opening["balance"][start:stop], "closing": wallets["balance"][start:stop],
                    "deposit_opening": self._opening["deposit"][start:stop],
                    "deposit_closing": wallets["deposit"][start:stop],
                })  # fmt: skip

    # What is written.

    def _take(self, rows: Any) -> None:
        self.count.add(rows)
        self._rows += rows.size
        columns = {name: rows[name] for name in rows.dtype.names}
        columns["system"] = np.full(rows.size, self._index, np.int32)
        flows = np.array([*self._flow_places, -1], np.int32)
        columns["flow"] = flows[rows["flow"]]  # interest belongs to none: -1, which is last
        self._writer.wallet_payments(columns)

    def _snapshot(self, now: int, event: str) -> None:
        books, n = self.book.operators, len(self._operators)
        names = self._writer.names.wallets
        assert names is not None
        self._writer.wallet_operators({
            "time": np.full(n, now, np.int64), "system": np.full(n, self._index, np.int32),
            "event": np.full(n, OPERATOR_EVENTS.index(event), np.int32),
            "regime": np.full(n, self.book.world.state[REGIME], np.int32),
            "rows_before": np.full(n, self._rows + int(self.book.world.state[ROWS]), np.int64),
            "operator": np.array([names.operators.index(name) for name in self._operators], np.int32),
            **{name: books[name] for name in ("wallets", "deposits", "reserve", "backing", "position")},
        })  # fmt: skip

    def _funds(self, account: int) -> int:
        """Balance and debit limit; what is reserved is held for such payments."""
        row = self._machine.accounts[account]
        return int(row["balance"]) + int(row["debit_limit"])

    def _note(self, now: int, event: str, amount: int, detail: str, who: str | None = None) -> None:
        more = {} if who is None else {"participant": who}
        self._log.event(now, event, rail=self._terms.rail, currency=self._terms.currency, amount_minor=amount,
                        detail=detail, **more)  # fmt: skip
