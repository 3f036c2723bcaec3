"""Conducts one run: SimPy processes for control events, the compiled loop for the payment events between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import simpy

from simcore.demand.batch import DemandBatch
from simcore.engine.blocks import Blocks
from simcore.engine.clock import RECORD, Clock
from simcore.engine.cls_day import ClsDays
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.counts import Counts as Counts
from simcore.engine.cut_offs import CutOffs
from simcore.engine.htlc_run import HtlcRuns
from simcore.engine.interruptions import Interruptions
from simcore.engine.link_days import LinkDays
from simcore.engine.links import Links
from simcore.engine.looks import Looks, LooksAtQueues
from simcore.engine.machine import Machine
from simcore.engine.market import Market
from simcore.engine.paths import WayChecker
from simcore.engine.sessions import RailSessions
from simcore.results.writer import RunWriter

if TYPE_CHECKING:
    from simcore.engine.retail import Retail

Progress = Callable[[float, int, int, int], None]


class Part(Protocol):
    """What has control events in a run."""

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of buffers; no table depends on them."""

    slots: int = 1024
    log_rows: int = 8_192  # what fits into the processor's cache, since every row is written and read again


class Conductor:
    """One run of a compiled scenario.

    Parameters
    ----------
    compiled : Compiled
    demand : batches of payments in demand order
    writer : takes every row
    seed : of what wallets hold and pay
    looks : what the demand was given, if its banks look at queues
    progress : called with (share of the run gone by, instant, payments so far, payments in flight) now and then
    """

    def __init__(
        self,
        compiled: Compiled,
        demand: Iterator[DemandBatch],
        writer: RunWriter,
        progress: Progress | None = None,
        sizes: Sizes | None = None,
        seed: int = 0,
        looks: Looks | None = None,
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
        self._looks = looks or Looks(compiled)
        self._machine.complete_until = lambda: self._looks.complete_until
        self._clock = Clock(compiled.timetable.start_us, self._catch_up)
        self._retail: list[Retail] = []
        if compiled.scenario.wallets:
            from simcore.engine.retail import Retail  # wallets are compiled code that other runs don't need

            for index, name in enumerate(compiled.scenario.wallets):
                system = Retail(compiled, index, seed, self._machine, self._clock, self._log, writer, sizes.log_rows)
                self._retail.append(system)
                self.counts.wallets[name] = system.count

    def _catch_up(self, until_us: int) -> None:
        self.counts.control_events += 1
        self._machine.advance(until_us)
        for system in self._retail:
            system.play(until_us)
        if self._progress is not None:
            times = self.compiled.timetable
            share = (self._clock.now - times.start_us) / (times.end_us - times.start_us)
            payments = self.counts.payments + sum(system.played for system in self._retail)
            self._progress(share, self._clock.now, payments, self._machine.in_flight)

    def run(self) -> None:
        """Let the whole run happen and hand every row to the writer."""
        env = self._clock.env
        terms = self.compiled, self._machine, self._clock
        market, blocks = Market(*terms, self._log), Blocks(self.compiled, self._machine, self._log)
        rails = [
            RailSessions(self.compiled, index, self._machine, self._clock, self._log, blocks, market.positions.given)
            for index in range(len(self.compiled.rails))
        ]
        parts: tuple[Part, ...] = (
            market, CutOffs(*terms, self._log), Links(*terms), ClsDays(*terms, self._log), HtlcRuns(*terms, self._log),
            *rails, *self._retail, Interruptions(*terms, self._log, rails), LinkDays(*terms),
            LooksAtQueues(self._looks, *terms[1:]),
        )  # fmt: skip
        for part in parts:
            for process in part.processes():
                env.process(process)
        env.process(self._record())
        self._clock.run()
        self._machine.finish()
        for system in self._retail:
            system.finish()
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
