"""The SimPy process of hash-time-locked exchanges in a run: steps of the protocol, on the world's books."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import simpy

from simcore.calendar import Window
from simcore.engine.clock import CYCLE, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.links import look_times
from simcore.engine.machine import Machine
from simcore.engine.sessions import MOST_MECHANISMS
from simcore.htlc import FIRST, INITIATOR, SECOND, Exchange, Locks, Protocol
from simcore.kernels import matched as m
from simcore.kernels.constants import (
    CLAIMED_LATE,
    KIND_LOCK,
    KIND_UNLOCK,
    NEVER,
    NONE,
    REJECTED_LIMIT,
    RETURNED_LOCK_ENDED,
    RETURNED_ZERO_AMOUNT,
)


class HtlcRuns:
    """Every entry of ``[pvp]`` of the kind ``htlc``."""

    def __init__(self, compiled: Compiled, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._compiled, self._machine, self._clock, self._log = compiled, machine, clock, log

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run: one process for each entry."""
        for index, name in enumerate(self._compiled.links):
            if self._compiled.scenario.pvp[name].kind == "htlc":
                yield HtlcRun(self._compiled, index, self._machine, self._clock, self._log).process()


class HtlcRun(Protocol):
    """One entry through the run. The first ledger is the rail of a pair's second leg, where its dealer locks."""

    def __init__(self, compiled: Compiled, index: int, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._compiled, self._index, self._machine, self._clock, self._log = compiled, index, machine, clock, log
        self._terms: Any = compiled.scenario.pvp[compiled.links[index]]
        locks = Locks(first=self._terms.first_lock, second=self._terms.second_lock, margin=self._terms.margin)
        super().__init__(locks)
        windows = compiled.timetable.windows
        self._closed = {compiled.rails.index(name): _gaps(windows[name]) for name in self._terms.rails}
        self._escrow = {compiled.rails.index(name): compiled.account_index(name, self._terms.escrow)
                        for name in self._terms.rails}  # fmt: skip
        self._slots: list[int] = []
        self._found: list[Any] = []

    def process(self) -> Iterator[simpy.Event]:
        """What SimPy has to run."""
        place = (len(self._compiled.rails) + self._index) * MOST_MECHANISMS
        looks = look_times(self._compiled, self._compiled.links[self._index])
        end = self._compiled.timetable.end_us
        look = next(looks, NEVER)
        while True:
            now = min(self.next_at(), look)
            if now > end:
                return
            yield self._clock.at(now, CYCLE, place)
            self._take_steps(now)
            if look == now:
                self._look(now)
                look = next(looks, NEVER)

    def _look(self, now: int) -> None:
        """Begin the exchange of every pair that waits and whose dealer has the money; in order of arrival."""
        machine = self._machine
        for slot in machine.held_pairs(self._index).tolist():
            only = np.array([slot], np.int64)
            found = machine.match(only)[0]
            if int(found[m.TAKEN]) == 0:
                machine.return_held(self._index, only, RETURNED_ZERO_AMOUNT, now)
            elif machine.refuses(int(found[m.TAKES]), int(found[m.TAKEN])):
                machine.return_held(self._index, only, REJECTED_LIMIT, now)
            elif machine.deals(int(found[m.QUOTE_AT]), now) and self._has(FIRST, slot, found):
                machine.keep_held(self._index, slot)
                self._slots.append(slot)
                self._found.append(found)
                pays, gets = int(found[m.TAKEN]), int(found[m.GIVEN])
                spans = (self._terms.answers_after, self._terms.claims_after, machine.latency_after(slot))
                self.begin(Exchange(now, "dealer", "payer", pays, gets, *spans))
                self._take_steps(now)

    def _take_steps(self, now: int) -> None:
        while self.next_at() <= now:
            self._conclude(self.step(), now)

    def up_at(self, ledger: int, whose: str, number: int, wanted: int) -> int:
        """Rails do nothing while they are closed or out; whoever is out does nothing either."""
        found, names = self._found[number], self._compiled.participants
        rail, who = self._rail(ledger, found), tuple[str, ...]()
        if whose:  # the last claim is the payee's, who is paid by the second leg
            payee = self._machine.payee_after(self._slots[number]) if ledger == FIRST else int(found[m.ONE])
            who = (names[int(found[m.OTHER]) if whose == INITIATOR else payee],)
        while True:
            then = next((end for begin, end in self._closed[rail] if begin <= wanted < end), wanted)
            then = self._compiled.outages.all_up(then, (self._compiled.rails[rail],), who)
            if then == wanted:
                return wanted
            wanted = then

    def _rail(self, ledger: int, found: Any) -> int:
        return int(found[m.TAKES if ledger == FIRST else m.GIVES])

    def _owner(self, ledger: int, slot: int, found: Any) -> int:
        """The account of who locks: the dealer's on the rail of the second leg, the payer's on that of the first."""
        who = int(found[m.OTHER if ledger == FIRST else m.ONE])
        return int(self._machine.world.account_of[self._rail(ledger, found), who])

    def _has(self, ledger: int, slot: int, found: Any) -> bool:
        amount = int(found[m.TAKEN if ledger == FIRST else m.GIVEN])
        return self._machine.funds(self._owner(ledger, slot, found)) >= amount

    def _move(self, ledger: int, number: int, into: bool, now: int) -> None:
        """Move an amount into its lock, or back."""
        slot, found = self._slots[number], self._found[number]
        owner, escrow = self._owner(ledger, slot, found), self._escrow[self._rail(ledger, found)]
        debit, credit = (owner, escrow) if into else (escrow, owner)
        later = 1 if ledger == FIRST and not self.results[number].claimed[SECOND] else 0
        self._machine.move_lock(slot, later, debit, credit, self.amount(ledger, number),
                                KIND_LOCK if into else KIND_UNLOCK, now)  # fmt: skip

    def hold(self, ledger: int, number: int, now: int) -> bool:
        if not self._has(ledger, self._slots[number], self._found[number]):
            return False
        self._move(ledger, number, True, now)
        return True

    def give(self, ledger: int, number: int, now: int, claimed: bool) -> None:
        if claimed:
            slot, found = self._slots[number], self._found[number]
            escrow = self._escrow[self._rail(ledger, found)]
            self._machine.claim(slot, escrow, KIND_UNLOCK, ledger == SECOND, found, now)
        else:
            self._move(ledger, number, False, now)

    def _conclude(self, number: int, now: int) -> None:
        """Once nothing is locked any more and not both are claimed: the payment goes back, or has lost its money."""
        slot, result = self._slots[number], self.results[number]
        ended = [result.locked[ledger] == NONE or result.final[ledger] != NONE for ledger in (FIRST, SECOND)]
        if slot == NONE or not all(ended) or all(result.claimed):
            return
        if result.locked[SECOND] == NONE and now < self._ends(FIRST, number):
            return  # the payer may still answer
        self._slots[number] = NONE
        if result.claimed[SECOND]:
            self._machine.lose(slot, CLAIMED_LATE, now)
            found = self._found[number]
            self._log.event(
                now, "claimed_late", rail=self._compiled.rails[self._rail(FIRST, found)],
                participant=self._compiled.participants[int(found[m.ONE])],
                currency=self._compiled.scenario.rails[self._compiled.rails[self._rail(SECOND, found)]].currency,
                amount_minor=int(found[m.GIVEN]), detail="paid, and the second leg went back to its dealer",
            )  # fmt: skip
        else:
            self._machine.return_kept(slot, RETURNED_LOCK_ENDED, now)


def _gaps(windows: list[Window]) -> list[tuple[int, int]]:
    """When a rail is closed: before, between and after its windows."""
    spans = [(window.open_us, window.close_us) for window in windows if window.only == "all"]
    ends = [(-NEVER, -NEVER), *spans, (NEVER, NEVER)]
    return [(before[1], after[0]) for before, after in pairwise(ends)]
