"""Issue and redemption of money on a shared ledger, during the hours of the RTGS of its currency."""

from __future__ import annotations

from collections.abc import Iterator

import simpy

from simcore.engine.clock import CLOSING, FUNDING, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.funding import Funding, Terms
from simcore.engine.machine import Machine
from simcore.engine.timetable import last_of_days
from simcore.kernels.constants import KIND_ISSUE, KIND_REDEMPTION

ISSUE = Terms(KIND_ISSUE, "issue", KIND_REDEMPTION, "redemption")


class Issue:
    """What one central bank issues and redeems on one rail of a ledger.

    At each opening of the RTGS for payments, after its own funding, every account with a target is filled up to it.
    When the RTGS closes for the day, before it does, what ``redeem`` says goes back.
    """

    def __init__(self, compiled: Compiled, rail: str, machine: Machine, clock: Clock, log: ControlLog) -> None:
        terms = compiled.scenario.rails[rail]
        self._place, self._clock, self._machine = compiled.rails.index(rail), clock, machine
        self._funding = Funding(compiled, rail, terms.central_bank, terms.domestic_rail, machine, log, ISSUE)
        self._windows = compiled.timetable.windows[terms.domestic_rail]
        home = compiled.scenario.participants[terms.central_bank].country
        self._redeems: set[str] = set()
        for holder in compiled.scenario.accounts[rail]:
            foreign = compiled.scenario.participants[holder].country != home
            if terms.redeem == "all" or (terms.redeem == "foreign" and foreign):
                self._redeems.add(holder)

    def process(self) -> Iterator[simpy.Event]:
        """What SimPy has to run."""
        for window, ends_payments, _ in last_of_days(self._windows):
            if window.only != "all":
                continue
            if self._funding.has_targets:
                for time_us, whose in self._funding.ready(window.open_us, window.close_us):
                    yield self._clock.at(time_us, FUNDING, self._place)
                    if self._machine.is_open(self._place):
                        self._funding.fund(time_us, whose)
            if ends_payments and self._redeems:
                # Before any rail closes at this instant, so before the RTGS, which the money goes back to.
                yield self._clock.at(window.close_us, CLOSING, self._place)
                if self._machine.is_open(self._place):
                    self._funding.sweep(self._clock.now, self._redeems)
                    self._machine.advance(self._clock.now)
