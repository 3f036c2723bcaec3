"""Conducts one run: SimPy processes for control events, the compiled loop for the payment events between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from simcore.demand.batch import DemandBatch
from simcore.engine.blocks import Blocks
from simcore.engine.clock import RECORD, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.cut_offs import CutOffs
from simcore.engine.machine import Machine
from simcore.engine.market import Market
from simcore.engine.paths import WayChecker
from simcore.engine.sessions import RailSessions
from simcore.kernels.constants import STATUS_NAMES
from simcore.results.writer import RunWriter

HOUR_US = 3_600_000_000
Progress = Callable[[float, int, int, int], None]


@dataclass
class RouteCount:
    """What became of the payments of one route."""

    payments: int = 0
    settled: int = 0
    sent_minor: int = 0
    """Value of the settled ones, in the currency sent."""
    within_hour: int = 0
    time_us: int = 0
    """Sum of the times from initiation to completion of the settled ones."""


@dataclass
class Counts:
    """What happened, for the summary and the run document."""

    payments: int = 0
    obligations: int = 0
    control_events: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    routes: dict[str, RouteCount] = field(default_factory=dict)

    def add(self, rows: Mapping[str, Any], routes: list[str]) -> None:
        """Count final rows of payments with their statics; exact, in integers."""
        for code, count in zip(*np.unique(rows["status"], return_counts=True), strict=True):
            name = STATUS_NAMES[int(code)]
            self.statuses[name] = self.statuses.get(name, 0) + int(count)
        settled = rows["amount_received"] >= 0
        for index in np.unique(rows["route"]):
            mine = rows["route"] == index
            done = mine & settled
            time_us = rows["completed_at"][done] - rows["initiated_at"][done]
            route = self.routes.setdefault(routes[int(index)], RouteCount())
            route.payments += int(mine.sum())
            route.settled += int(done.sum())
            route.sent_minor += sum(rows["amount_minor"][done].tolist())
            route.within_hour += int((time_us <= HOUR_US).sum())
            route.time_us += sum(time_us.tolist())


@dataclass(frozen=True)
class Sizes:
    """Sizes of buffers; no table depends on them."""

    slots: int = 1024
    log_rows: int = 65_536


class Conductor:
    """One run of a compiled scenario.

    Parameters
    ----------
    compiled : Compiled
    demand : batches of payments in demand order
    writer : takes every row
    progress : called with (share of the run gone by, instant, payments so far, payments in flight) now and then
    """

    def __init__(
        self,
        compiled: Compiled,
        demand: Iterator[DemandBatch],
        writer: RunWriter,
        progress: Progress | None = None,
        sizes: Sizes | None = None,
    ) -> None:
        sizes = sizes or Sizes()
        self.compiled = compiled
        self.counts = Counts()
        self._ways = WayChecker(compiled)
        self._progress = progress
        self._writer = writer
        self._log = ControlLog(writer)

        def take_obligations(rows: dict[str, Any]) -> None:
            self.counts.obligations += len(rows["payment_id"])
            writer.obligations(rows)

        def take_batch(batch: DemandBatch) -> None:
            self._ways.check(batch)
            self.counts.payments += batch.size
            writer.demand(batch)

        def take_payments(rows: dict[str, Any]) -> None:
            self.counts.add(writer.payments(rows), compiled.routes)

        self._machine = Machine(
            compiled.spec, demand, take_obligations, take_payments, take_batch, slots=sizes.slots,
            log_rows=sizes.log_rows,
        )  # fmt: skip
        self._clock = Clock(compiled.timetable.start_us, self._catch_up)

    def _catch_up(self, until_us: int) -> None:
        self.counts.control_events += 1
        self._machine.advance(until_us)
        if self._progress is not None:
            times = self.compiled.timetable
            share = (self._clock.now - times.start_us) / (times.end_us - times.start_us)
            self._progress(share, self._clock.now, self.counts.payments, self._machine.in_flight)

    def run(self) -> None:
        """Let the whole run happen and hand every row to the writer."""
        env = self._clock.env
        for process in Market(self.compiled, self._machine, self._clock, self._log).processes():
            env.process(process)
        for process in CutOffs(self.compiled, self._machine, self._clock, self._log).processes():
            env.process(process)
        blocks = Blocks(self.compiled, self._machine, self._log)
        for index in range(len(self.compiled.rails)):
            sessions = RailSessions(self.compiled, index, self._machine, self._clock, self._log, blocks)
            for process in sessions.processes():
                env.process(process)
        env.process(self._record())
        self._clock.run()
        self._machine.finish()
        self._log.close()

    def _record(self) -> Iterator[simpy.Event]:
        """Snapshots on the time grid, each after every other event of its instant; the last at the end of the run."""
        grid, end = self.compiled.scenario.results.grid, self.compiled.timetable.end_us
        time_us = self.compiled.timetable.start_us
        while True:
            yield self._clock.at(time_us, RECORD)
            self._log.balances(time_us, self._machine.accounts)
            if time_us == end:
                return
            time_us = min(time_us + grid, end)
