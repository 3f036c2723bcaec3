"""What the conductor does about the blocks of shared ledgers: writes them down, and ends a ledger's day."""

from __future__ import annotations

from typing import Any

from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine

BLOCK = "block"


class Blocks:
    """The blocks of all ledgers; the machine runs them by itself and reports them here."""

    def __init__(self, compiled: Compiled, machine: Machine, log: ControlLog) -> None:
        self._compiled, self._machine, self._log = compiled, machine, log
        machine.next_cycle = lambda: log.cycle_count
        machine.on_block = self._note

    def _members(self, ledger: int) -> list[int]:
        return [at for at, rail in enumerate(self._compiled.spec.rails) if rail.ledger == ledger]

    def _note(self, ledger: int, now: int, figures: Any) -> None:
        """A row of ``cycles`` for each currency that a block had something of; numbers are those of legs."""
        for rail in self._members(ledger):
            considered_count, considered, settled_count, settled, moved, cycle_id = figures[rail].tolist()
            if considered_count:
                name = self._compiled.rails[rail]
                self._log.cycle(
                    cycle_id=cycle_id, rail=name, mechanism=BLOCK, time=now,
                    currency=self._compiled.scenario.rails[name].currency, considered_count=considered_count,
                    considered=considered, settled_count=settled_count, settled=settled, moved=moved,
                )  # fmt: skip

    def close(self, rail: int, now: int, ends_day: bool) -> None:
        """Before a rail of a ledger closes: a last block, and at the end of the day what is left goes back.

        The rails of a ledger close at the same instant, its first before the others, and it does this for all.
        """
        ledger = self._compiled.spec.rails[rail].ledger
        if ledger != rail:
            return
        machine, names = self._machine, self._compiled.rails
        machine.block(ledger, now)
        if not ends_day or self._compiled.scenario.rails[names[rail]].end_of_day != "return":
            return
        before = self._queued(ledger)
        if any(count for _, count in before.values()):
            machine.return_queued(ledger, now)
        after = self._queued(ledger)
        for at, (value, count) in before.items():
            left_value, left_count = after[at]
            if count > left_count:
                self._log.event(
                    now, "returned", rail=names[at], currency=self._compiled.scenario.rails[names[at]].currency,
                    amount_minor=value - left_value,
                    detail=f"{count - left_count} obligations not settled by the end of the day",
                )  # fmt: skip

    def _queued(self, ledger: int) -> dict[int, tuple[int, int]]:
        """Value and number of what waits to be paid from the accounts of each rail."""
        rows = {at: self._machine.accounts[self._machine.accounts_of(at)] for at in self._members(ledger)}
        return {at: (int(it["queued_value"].sum()), int(it["queued_count"].sum())) for at, it in rows.items()}
