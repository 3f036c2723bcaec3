"""Net settlement of an instant rail: at its times, positions against the prefunded level settle on another rail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from simcore.engine.clock import CYCLE, Clock
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.engine.short import split
from simcore.engine.timetable import rail_calendar, run_times

AFTER_MECHANISMS = 99
"""Place of settlement among the cycles of one rail and instant: behind its mechanisms."""


@dataclass(frozen=True)
class Settled:
    """What each position pays (below zero) or receives, and which banks were short of how much; all minor units."""

    moves: tuple[int, ...]
    short: dict[int, int]


def settle(positions: Sequence[int], banks: Sequence[int], funds: dict[int, int], cover: int, rule: str) -> Settled:
    """Settle net positions through settlement banks.

    A bank nets what it receives for some of its participants against what it pays for others. Net debtors among the
    banks pay the operator, as far as they have funds; what came in, and ``cover`` of the operator's own where the
    rule lets it be used, goes to the net creditors, in proportion to their claims where it isn't enough.

    Parameters
    ----------
    positions : what each participant is above or below its level
    banks : its settlement bank
    funds : bank → what it can pay
    cover : what the operator can pay
    rule : "wait", "share" or "operator_pays", as :class:`simcore.rails.instant.Instant` has them
    """
    net = dict.fromkeys(banks, 0)
    for position, bank in zip(positions, banks, strict=True):
        net[bank] += position
    pays = {bank: min(-change, max(funds[bank], 0)) for bank, change in net.items() if change < 0}
    short = {bank: -net[bank] - paid for bank, paid in pays.items() if paid < -net[bank]}
    if short and rule == "wait":
        return Settled((0,) * len(positions), short)
    claims = {bank: change for bank, change in net.items() if change > 0}
    wanted, pot = sum(claims.values()), sum(pays.values())
    if rule == "operator_pays":
        pot += min(max(wanted - pot, 0), max(cover, 0))
    gets = claims if pot >= wanted else dict(zip(claims, _shared(pot, list(claims.values())), strict=True))
    moves = [0] * len(positions)
    for bank, change in net.items():
        mine = [at for at, its in enumerate(banks) if its == bank]
        owing = [at for at in mine if positions[at] < 0]
        owed = [at for at in mine if positions[at] > 0]
        # What a bank's own participants owe each other passes inside it, and is paid first.
        inside = min(-sum(positions[at] for at in owing), sum(positions[at] for at in owed))
        paid = inside + (pays[bank] if change < 0 else 0)
        received = inside + (gets[bank] if change > 0 else 0)
        for side, total, sign in ((owing, paid, -1), (owed, received, 1)):
            for at, part in zip(side, _shared(total, [abs(positions[at]) for at in side]), strict=True):
                moves[at] = sign * part
    return Settled(tuple(moves), short)


def _shared(amount: int, claims: list[int]) -> list[int]:
    """An amount shared in proportion to claims that are no less together: whole units, then the largest remainders."""
    parts = split(amount, claims, claims) if claims else []
    assert parts is not None
    return parts


class NetSettlement:
    """The settlements of one instant rail."""

    def __init__(self, compiled: Compiled, index: int, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._rail = compiled.rails[index]
        self._terms: Any = compiled.scenario.rails[self._rail]
        self._index, self._machine, self._clock, self._log = index, machine, clock, log
        self._on, operator = self._terms.settle_on, self._terms.operator
        self._on_terms = compiled.scenario.rails[self._on]
        self._outages = compiled.outages
        self._windows = compiled.timetable.windows[self._on]
        self._mirror, self._pool = (compiled.account_index(name, operator) for name in (self._rail, self._on))
        accounts = compiled.scenario.accounts[self._rail]
        holders = [holder for holder in accounts if holder != operator]
        self._accounts = [compiled.account_index(self._rail, holder) for holder in holders]
        self._bank_names = [accounts[holder].settled_by or holder for holder in holders]
        self._banks = [compiled.account_index(self._on, bank) for bank in self._bank_names]
        self._levels = [int(machine.accounts["balance"][at]) for at in self._accounts]

    def process(self) -> Iterator[simpy.Event]:
        """Settle at each time, as long as the other rail is open."""
        zone, every = rail_calendar(self._on_terms).zone, self._terms.settle_every
        # Where an outage keeps it from settling, it settles once at its end.
        both = (self._rail, self._on)

        def up(at: int) -> int:
            return self._outages.all_up(at, both)

        for time_us in run_times(self._windows, zone, every, self._terms.settle_at, up):
            yield self._clock.at(time_us, CYCLE, self._index * 100 + AFTER_MECHANISMS)
            self._settle(time_us)

    def _can_pay(self, account: int) -> int:
        """Balance and debit limit; what is reserved is held for such payments."""
        row = self._machine.accounts[account]
        return int(row["balance"]) + int(row["debit_limit"])

    def _settle(self, now: int) -> None:
        # What is held for payments that their link may still reverse counts on neither side yet.
        balances = self._machine.accounts["balance"][self._accounts] - self._machine.under_way()[self._accounts]
        positions = [balance - level for balance, level in zip(balances.tolist(), self._levels, strict=True)]
        if not any(positions):
            return
        funds = {bank: self._can_pay(bank) for bank in self._banks}
        result = settle(positions, self._banks, funds, self._can_pay(self._pool), self._terms.when_short)
        names = dict(zip(self._banks, self._bank_names, strict=True))
        for bank, missing in result.short.items():
            self._note(now, "short", missing, f"net position of {self._rail}, on {self._on}", names[bank])
        legs: list[tuple[int, int, int]] = []
        for account, bank, move in zip(self._accounts, self._banks, result.moves, strict=True):
            if move < 0:
                legs += [(bank, self._pool, -move), (self._mirror, account, -move)]
            elif move > 0:
                legs += [(self._pool, bank, move), (account, self._mirror, move)]
        if legs:
            debit, credit, amount = (np.array(column, np.int64) for column in zip(*legs, strict=True))
            self._machine.settle_positions(debit, credit, amount, now)
            paid = -sum(move for move in result.moves if move < 0)
            self._note(now, "settlement", paid, f"net positions, on {self._on}")

    def _note(self, now: int, event: str, amount: int, detail: str, bank: str | None = None) -> None:
        who = {} if bank is None else {"participant": bank}
        self._log.event(now, event, rail=self._rail, currency=self._terms.currency, amount_minor=amount, detail=detail,
                        **who)  # fmt: skip
