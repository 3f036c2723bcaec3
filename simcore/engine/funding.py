"""Funding and sweeping of rails whose money comes from another rail, such as CIPS from HVPS."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.kernels.constants import KIND_FUNDING, KIND_SWEEP


@dataclass(frozen=True)
class Terms:
    """How the two ways of a funded rail's money are called: kinds of rows, names of events."""

    kind_in: int = KIND_FUNDING
    event_in: str = "funding"
    kind_out: int = KIND_SWEEP
    event_out: str = "sweep"


class Funding:
    """The transfers of one funded rail.

    At an opening, and where the rail says so in between, every account with a target is filled up to it, as far as its
    payer's balance and debit limit on the funding rail go, in the order of the accounts; reservations there don't bind,
    they are held for this. At a closing
    every balance above zero goes back to where it came from.
    """

    def __init__(
        self, compiled: Compiled, rail: str, operator: str, source: str, machine: Machine, log: ControlLog,
        terms: Terms = Terms(),  # frozen
    ) -> None:  # fmt: skip
        self._rail, self._source, self._terms = rail, source, terms
        self._machine, self._log = machine, log
        self._source_index = compiled.rails.index(self._source)
        self._index = compiled.rails.index(rail)
        self._outages = compiled.outages
        self._operator = operator
        self._mirror = compiled.account_index(rail, operator)
        self._pool = compiled.account_index(self._source, operator)
        self._currency = compiled.scenario.rails[rail].currency
        self._payers: dict[str, str] = {}  # holder → whose money it is filled up from
        self._holders: list[tuple[str, int, int, int]] = []  # holder, account, payer's account, target
        for holder, account in compiled.scenario.accounts[rail].items():
            payer = account.funded_by or holder
            if holder == operator or (self._source, payer) not in compiled.account_keys:
                continue
            target = 0 if account.funding is None else account.funding.amount_minor
            if target:
                self._payers[holder] = payer
            self._holders.append(
                (holder, compiled.account_index(rail, holder), compiled.account_index(self._source, payer), target)
            )

    @property
    def has_targets(self) -> bool:
        """Whether any account is filled up."""
        return any(target for *_, target in self._holders)

    def _note(self, now: int, event: str, holder: str, amount: int, detail: str) -> None:
        self._log.event(now, event, rail=self._rail, participant=holder, currency=self._currency, amount_minor=amount,
                        detail=detail)  # fmt: skip

    def ready(self, now: int, before: int) -> list[tuple[int, frozenset[str]]]:
        """When accounts can be funded that should be now: instants, rising, with the holders.

        An outage of either rail, of the payer or of the operator postpones it to its end, if that is ``before`` the
        rail closes.
        """
        found: dict[int, set[str]] = {now: set()}
        for holder, payer in self._payers.items():
            time_us = self._outages.all_up(now, (self._rail, self._source), (payer, self._operator))
            if time_us < before:
                found.setdefault(time_us, set()).add(holder)
        return [(time_us, frozenset(found[time_us])) for time_us in sorted(found)]

    def fund(self, now: int, whose: Container[str]) -> None:
        """Fill the accounts of some holders up to their targets."""
        accounts = self._machine.accounts
        for holder, account, payer, target in self._holders:
            if holder not in whose:
                continue
            wanted = target - int(accounts["balance"][account])
            if wanted <= 0:
                continue
            if not self._machine.is_open(self._source_index):
                self._note(now, "short", holder, wanted, f"{self._source} is closed")
                continue
            funds = int(accounts["balance"][payer]) + int(accounts["debit_limit"][payer])
            amount = min(wanted, funds)
            if amount > 0:
                self._machine.transfer(payer, self._pool, self._mirror, account, amount, self._terms.kind_in, now)
                self._note(now, self._terms.event_in, holder, amount, f"from {self._source}")
            if amount < wanted:
                self._note(now, "short", holder, wanted - max(amount, 0), f"not enough on {self._source}")

    def top_up(self, now: int) -> None:
        """Fill accounts up to their targets again, while both rails are open; not those whose payer is out."""
        if self._machine.is_open(self._source_index) and self._machine.is_open(self._index):
            self.fund(now, next((whose for time_us, whose in self.ready(now, now + 1) if time_us == now), ()))

    def sweep(self, now: int, whose: Container[str] | None = None) -> None:
        """Send every balance back, or those of some holders."""
        accounts = self._machine.accounts
        for holder, account, payer, _ in self._holders:
            if whose is not None and holder not in whose:
                continue
            amount = int(accounts["balance"][account])
            if amount <= 0:
                continue
            shut = [name for name, at in ((self._rail, self._index), (self._source, self._source_index))
                    if not self._machine.is_open(at)]  # fmt: skip
            if shut:
                self._note(now, f"{self._terms.event_out}_postponed", holder, amount, f"{shut[0]} is closed")
                continue
            self._machine.transfer(account, self._mirror, self._pool, payer, amount, self._terms.kind_out, now)
            self._note(now, self._terms.event_out, holder, amount, f"to {self._source}")
