"""The SimPy process of one rail: opening, funding, cycles, cut-off, closing, and the end of its business day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import simpy

from simcore.calendar import Window
from simcore.engine.blocks import Blocks
from simcore.engine.clock import CLOSING, CUT_OFF, CYCLE, FUNDING, OPENING, SHOCK, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.credit import Lent, OvernightCredit
from simcore.engine.funding import Funding
from simcore.engine.intraday import IntradayCredit
from simcore.engine.issue import Issue
from simcore.engine.machine import Machine
from simcore.engine.mechanisms import run_mechanism
from simcore.engine.net_settlement import NetSettlement
from simcore.engine.short_cycle import Rule, resolve_cycle
from simcore.engine.timetable import last_of_days, rail_calendar, run_times
from simcore.units import ClockTime

EPOCH_DAY = dt.date(1970, 1, 1)
MULTILATERAL_NET = "multilateral_net"
BATCH = "batch"
FORCED = "forced"
MOST_MECHANISMS = 100


class RailSessions:
    """Opens and closes one rail through the run."""

    def __init__(self, compiled: Compiled, index: int, machine: Machine, clock: Clock, log: ControlLog,
                 blocks: Blocks, lent: Lent) -> None:  # fmt: skip
        self.name = compiled.rails[index]
        self._rail: Any = compiled.scenario.rails[self.name]
        self._index, self._machine, self._clock, self._log = index, machine, clock, log
        self._windows = compiled.timetable.windows[self.name]
        self._accounts = machine.accounts_of(index)
        self._opening = machine.accounts["balance"][self._accounts].copy()
        self._funding = (
            Funding(compiled, self.name, self._rail.operator, self._rail.funding_rail, machine, log)
            if self._rail.kind == "cips"
            else None
        )
        is_ledger = self._rail.kind == "ledger"
        self._batches: Any = getattr(self._rail, "batches", None)
        self._issue = Issue(compiled, self.name, machine, clock, log) if is_ledger else None
        self._blocks = blocks if is_ledger else None
        settles = getattr(self._rail, "settle_on", None) is not None
        self._settlement = NetSettlement(compiled, index, machine, clock, log) if settles else None
        self._receipts = getattr(self._rail, "release", "balance") == "receipts"
        self._forced = self._rail.end_of_day == "force"
        within = getattr(self._rail, "intraday_credit", None)
        lends = self._forced or within is not None
        self._credit = OvernightCredit(compiled, self.name, machine, log, lent) if lends else None
        self._intraday = None
        if within and self._credit:
            self._intraday = IntradayCredit(compiled, self.name, machine, log, self._credit)
        self._holders = [who for rail, who in compiled.account_keys if rail == self.name]
        # A funded rail closes before the rail its money goes back to.
        self._closing_place = index if self._funding else len(compiled.rails) + index
        self._outages = compiled.outages
        self._out = 0  # outages under way
        self._window: Window | None = None  # whose hours they are
        self._began = self._cut = False  # whether it was opened in them, and cut off

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run."""
        yield self._days()
        if self._rail.kind == "deferred_net":
            yield self._runs(self._rail.cycle_every, self._rail.cycle_at, 0, self._run_cycle)
        if self._batches is not None:
            yield self._runs(self._batches.every, self._batches.at, 0, self._run_batch)
        if self._issue:
            yield self._issue.process()
        if self._funding and (self._rail.fund_every is not None or self._rail.fund_at):
            yield self._top_ups(self._funding)
        if self._receipts and self._rail.receipts_window is not None:
            yield self._runs(self._rail.receipts_window, (), 0, self._new_window, FUNDING)
        if getattr(self._rail, "split_every", None) is not None:
            yield self._runs(self._rail.split_every, (), 0, self._split)
        if self._settlement is not None:
            yield self._settlement.process()
        if self._intraday and self._intraday.terms.draw_every is not None:
            yield self._runs(self._intraday.terms.draw_every, (), MOST_MECHANISMS - 1, self._intraday.demand)
        for place, use in enumerate(getattr(self._rail, "mechanisms", ()), start=1):
            yield self._runs(use.every, use.times, place, partial(self._run_mechanism, use))

    def _days(self) -> Iterator[simpy.Event]:
        clock, index = self._clock, self._index
        for window, ends_payments, ends_day in last_of_days(self._windows):
            yield clock.at(window.open_us, OPENING, index)
            self._window, self._began, self._cut = window, False, False
            if not self._out:
                yield from self._open(window)
            elif window.only == "all":  # so that tables say what were hours in an outage
                self._log.event(clock.now, "opening_missed", rail=self.name, detail=f"{window.business_day}")
            if window.only == "all" and window.cut_off_us is not None and window.cut_off_us < window.close_us:
                yield clock.at(window.cut_off_us, CUT_OFF, index)
                self._cut = True
                self._machine.cut_off(index)
                self._log.event(clock.now, "cut_off", rail=self.name)
            yield clock.at(window.close_us, CLOSING, self._closing_place)
            self._window = None
            self._close(window, ends_payments, ends_day)

    def _open(self, window: Window) -> Iterator[simpy.Event]:
        """Open in a window's hours: at once, then what is done at openings after the funding of earlier rails."""
        clock, index = self._clock, self._index
        self._began = True
        if window.only == "funding":
            self._machine.open_for_funding(index)
            self._log.event(clock.now, "opened_for_funding", rail=self.name, detail=f"{window.business_day}")
            return
        self._machine.open(index, clock.now)
        self._log.event(clock.now, "opened", rail=self.name, detail=f"{window.business_day}")
        if not (self._funding or self._credit or self._receipts):
            return
        yield clock.at(clock.now, FUNDING, index)
        if self._window is not window:  # an outage ended at the very closing
            return
        if self._receipts:
            self._machine.reset_receipts(index)
        if self._credit:
            self._credit.pay_back(clock.now)
        if self._intraday:
            self._intraday.open(clock.now, window.business_day)
            if self._intraday.measures:
                clock.env.process(self._looks(self._intraday, clock.now, window.close_us))
        if self._funding:
            for time_us, whose in self._funding.ready(clock.now, window.close_us):
                if time_us == clock.now:
                    self._funding.fund(time_us, whose)
                else:
                    clock.env.process(self._fund_later(time_us, whose))

    def _fund_later(self, time_us: int, whose: frozenset[str]) -> Iterator[simpy.Event]:
        """Fund accounts when the outage is over that kept them from it."""
        yield self._clock.at(time_us, FUNDING, self._index)
        assert self._funding is not None
        self._funding.fund(time_us, whose)

    def _top_ups(self, funding: Funding) -> Iterator[simpy.Event]:
        """Fill accounts up again between openings; what an outage of either rail keeps from it is done at its end."""
        zone, rails = rail_calendar(self._rail).zone, (self.name, self._rail.funding_rail)

        def up(at: int) -> int:
            return self._outages.all_up(at, rails, ())

        for time_us in run_times(self._windows, zone, self._rail.fund_every, self._rail.fund_at, up):
            yield self._clock.at(time_us, FUNDING, self._index)
            funding.top_up(time_us)

    def interrupt(self) -> None:
        """An outage begins: the rail is closed at once, and nothing of a closing is done."""
        self._out += 1
        self._machine.close(self._index)

    def resume(self) -> Iterator[simpy.Event]:
        """An outage is over: where no other lasts, the rail is what it would be by its hours."""
        self._out -= 1
        window = self._window
        if self._out or window is None:
            return
        if not self._began:
            yield from self._open(window)
        elif window.only == "funding":
            self._machine.open_for_funding(self._index)
        else:
            self._machine.open(self._index, self._clock.now)
        if self._cut:
            self._machine.cut_off(self._index)

    def _close(self, window: Window, ends_payments: bool, ends_day: bool) -> None:
        now, index = self._clock.now, self._index
        if self._out and self._funding and window.only == "all":
            self._funding.sweep(now)  # which only says that it is postponed
        if window.only == "all" and not self._out:  # a closing in an outage settles nothing and returns nothing
            if self._rail.kind == "deferred_net":
                self._run_cycle(now)
            if self._batches is not None:
                self._run_batch(now)
            if self._blocks:
                self._blocks.close(index, now, ends_payments)
            elif ends_payments and self._rail.end_of_day == "return":
                self._return_queued(now)
            if ends_payments and self._forced:
                self._force(now)
            if ends_payments and self._intraday:
                self._intraday.close(now)
            if self._funding:
                self._funding.sweep(now)
                self._machine.advance(now)  # the money that came back is released before the funding rail may close
        self._machine.close(index)
        self._log.event(now, "closed", rail=self.name)
        if ends_day:
            rows = self._machine.accounts[self._accounts]
            day = (window.business_day - EPOCH_DAY).days
            limits = self._intraday.limits(rows) if self._intraday else rows["debit_limit"]
            self._log.accounts(self._accounts.start, rows, self._opening, day, limits)
            self._machine.reset_day(index)
            if self._intraday:
                self._intraday.new_day()
            self._opening = self._machine.accounts["balance"][self._accounts].copy()

    def _return_queued(self, now: int) -> None:
        rows = self._machine.accounts[self._accounts]
        before, count = int(rows["queued_value"].sum()), int(rows["queued_count"].sum())
        if not count:
            return
        self._machine.return_queued(self._index, now)
        rows = self._machine.accounts[self._accounts]
        returned, left = before - int(rows["queued_value"].sum()), int(rows["queued_count"].sum())
        if count > left:
            self._log.event(now, "returned", rail=self.name, currency=self._rail.currency, amount_minor=returned,
                            detail=f"{count - left} obligations not settled by the end of the day")  # fmt: skip

    def _force(self, now: int) -> None:
        """Settle all that is queued as one set, with credit for what accounts lack."""
        assert self._credit is not None
        self._machine.advance(now)
        result = self._credit.force(self._index, self._log.cycle_count, now)
        if result is not None:
            self._log_cycle(FORCED, now, result)

    def _runs(
        self, every: int | None, clocks: tuple[ClockTime, ...], place: int, run: Callable[[int], None],
        order: int = CYCLE,
    ) -> Iterator[simpy.Event]:  # fmt: skip
        """Run something at a distance counted from each opening and at given clock times, while the rail is open."""
        zone = rail_calendar(self._rail).zone

        def up(at: int) -> int:
            """What an outage keeps from running is made up for once, at its end."""
            return self._outages.rail_up(self.name, at)

        for time_us in run_times(self._windows, zone, every, clocks, up):
            yield self._clock.at(time_us, order, self._index * MOST_MECHANISMS + place)
            run(time_us)

    def _looks(self, intraday: IntradayCredit, opened_us: int, close_us: int) -> Iterator[simpy.Event]:
        """Look at overdrafts at the end of each stretch of an opening, before all that happens at the next's begin."""
        every = intraday.terms.measured_every
        for time_us in range(opened_us + every, close_us + 1, every):
            yield self._clock.at(time_us, SHOCK, self._index)
            intraday.measure()

    def _split(self, now: int) -> None:
        least = self._rail.split_least
        self._machine.split_queues(self._index, least.amount_minor if least else 1, now)

    def _new_window(self, now: int) -> None:
        self._machine.reset_receipts(self._index)

    def _run_mechanism(self, use: Any, now: int) -> None:
        result = run_mechanism(self._machine, self._index, use, self._log.cycle_count, now)
        if result is not None:
            self._log_cycle(use.use, now, result)

    def _log_cycle(self, mechanism: str, now: int, result: dict[str, int]) -> None:
        self._log.cycle(
            cycle_id=self._log.cycle_count,
            rail=self.name,
            mechanism=mechanism,
            time=now,
            currency=self._rail.currency,
            considered_count=result["considered_count"],
            considered=result["considered_minor"],
            settled_count=result["settled_count"],
            settled=result["settled_minor"],
            moved=result["moved_minor"],
        )

    def _resolve(self, rule: Rule, now: int) -> dict[str, int]:
        return resolve_cycle(
            self._machine, self._index, self.name, self._rail.currency, rule, self._log, self._holders, now
        )

    def _run_batch(self, now: int) -> None:
        """Settle what has been collected on a gross rail, as far as it is covered; nothing happens where nothing is."""
        self._machine.advance(now)
        if not self._machine.collected(self._index).size:
            return
        result = self._resolve(Rule(self._batches.when_short, uses_reserved=True), now)
        self._log_cycle(BATCH, now, result)
        if not result["settled_count"]:
            self._note_failed(now, result)

    def _run_cycle(self, now: int) -> None:
        result = self._machine.cycle(self._index, self._log.cycle_count, now)
        if result["settled_count"] < result["considered_count"] and self._rail.when_short != "wait":
            result = self._resolve(Rule(self._rail.when_short, self._rail.share_by), now)
        self._log_cycle(MULTILATERAL_NET, now, result)
        if result["settled_count"] < result["considered_count"]:
            self._note_failed(now, result)

    def _note_failed(self, now: int, result: dict[str, int]) -> None:
        self._log.event(now, "cycle_failed", rail=self.name, currency=self._rail.currency,
                            amount_minor=result["considered_minor"], detail="a net debtor is short")  # fmt: skip
