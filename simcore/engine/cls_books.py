"""The accounts of a CLS-type system in a run: what members pay in, exchange and are paid out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.errors import InvariantError
from simcore.kernels.constants import KIND_EXCHANGE, KIND_PAY_IN, KIND_PAY_OUT, NONE

Ints = NDArray[np.int64]


class ClsBooks:
    """Members and currencies by number, their accounts, and the transfers between them.

    Members come in the order of the accounts of the first rail. A payer's reservations on the RTGS don't bind: they are
    held for this.
    """

    def __init__(self, compiled: Compiled, terms: Any, machine: Machine, log: ControlLog) -> None:
        scenario, index = compiled.scenario, compiled.account_index
        rails = [scenario.rails[name] for name in terms.rails]
        self._compiled, self._machine, self._log, self._names = compiled, machine, log, list(terms.rails)
        self.operators = [rail.operator for rail in rails]
        self.funding_rails = [compiled.rails.index(rail.funding_rail) for rail in rails]
        self.currencies = [rail.currency for rail in rails]
        first = scenario.accounts[terms.rails[0]]
        self.members = [holder for holder in first if holder not in self.operators]
        self.account = np.array([[index(rail, who) for rail in terms.rails] for who in self.members], np.int64)
        """(n_member, n_currency) accounts here …"""
        self.payer = np.array([
            [index(rail.funding_rail, scenario.accounts[name][who].funded_by or who)
             for name, rail in zip(terms.rails, rails, strict=True)]
            for who in self.members
        ], np.int64)  # fmt: skip
        """… and those on the funding rails."""
        self._mirror = [index(name, rail.operator) for name, rail in zip(terms.rails, rails, strict=True)]
        self._pool = [index(rail.funding_rail, rail.operator) for rail in rails]
        self.member_of = np.full(len(compiled.participants), NONE, np.int64)
        for number, who in enumerate(self.members):
            self.member_of[compiled.participants.index(who)] = number
        self.currency_of = np.full(len(compiled.rails), NONE, np.int64)
        for number, name in enumerate(terms.rails):
            self.currency_of[compiled.rails.index(name)] = number

    def balances(self) -> Ints:
        """What members have: int64 (n_member, n_currency), minor units."""
        found: Ints = self._machine.accounts["balance"][self.account]
        return found

    def short_limits(self) -> list[list[int]]:
        """How far each member may be short in each currency."""
        limits: list[list[int]] = self._machine.accounts["debit_limit"][self.account].tolist()
        return limits

    def note(self, now: int, event: str, member: int, currency: int, amount: int, detail: str) -> None:
        """An event of a member's account."""
        self._log.event(now, event, rail=self._names[currency], participant=self.members[member],
                        currency=self.currencies[currency], amount_minor=amount, detail=detail)  # fmt: skip

    def funds(self, account: int) -> int:
        """What an account on a funding rail can pay."""
        row = self._machine.accounts[account]
        return max(int(row["balance"]) + int(row["debit_limit"]), 0)

    def acts(self, member: int, currency: int, now: int) -> bool:
        """Whether neither who pays for a member nor the operator is out."""
        names = self._compiled.participants
        payer = names[int(self._machine.accounts["participant"][self.payer[member, currency]])]
        return self._compiled.outages.all_up(now, (), (payer, self.operators[currency])) == now

    def pay_in(self, wanted: Ints, name: str, now: int) -> Ints:
        """Let members pay in amounts as far as their money goes; what came. What didn't is an event."""
        came = np.zeros_like(wanted)
        for member, currency in np.argwhere(wanted > 0).tolist():
            amount = int(wanted[member, currency])
            came[member, currency] = paid = self._bring(member, currency, amount, now)
            if paid:
                self.note(now, "pay_in", member, currency, paid, f"by {name}")
            if paid < amount:
                self.note(now, "short", member, currency, amount - paid, f"pay-in due by {name}")
        return came

    def _bring(self, member: int, currency: int, amount: int, now: int) -> int:
        """Move money from a member's account on the funding rail to its account here; how much."""
        payer = int(self.payer[member, currency])
        if not self._machine.is_open(self.funding_rails[currency]) or not self.acts(member, currency, now):
            return 0
        amount = min(amount, self.funds(payer))
        if amount > 0:
            self._machine.transfer(payer, self._pool[currency], self._mirror[currency],
                                   int(self.account[member, currency]), amount, KIND_PAY_IN, now)  # fmt: skip
        return amount

    def pay_out(self, currency: int, may_have: list[int], now: int, again: bool = False) -> None:
        """Pay members out, in their order, as far as the pool goes while the funding rail is open.

        What has to wait is an event, but not where it is tried ``again`` at the same instant.
        """
        pool = self._pool[currency]
        for member, most in enumerate(may_have):
            if most <= 0:
                continue
            open_ = self._machine.is_open(self.funding_rails[currency])
            amount = min(most, self.funds(pool)) if open_ else 0
            if amount > 0:
                self._machine.transfer(int(self.account[member, currency]), self._mirror[currency], pool,
                                       int(self.payer[member, currency]), amount, KIND_PAY_OUT, now)  # fmt: skip
                self.note(now, "pay_out", member, currency, amount, "")
            if amount < most and not again:
                why = "not enough was paid in" if open_ else "the funding rail is closed"
                self.note(now, "pay_out_postponed", member, currency, most - amount, why)

    def exchange(self, one: int, other: int, gives: int, given: int, takes: int, taken: int, kind: int,
                 now: int) -> None:  # fmt: skip
        """Settle a pair that is no payment's, both legs at once."""
        account = self.account.tolist()
        self._machine.exchange(account[one][gives], account[other][gives], given, account[other][takes],
                               account[one][takes], taken, kind, now)  # fmt: skip

    def cover(self, provider: str, member: int, currency: int, against: list[int], price: list[int],
              now: int) -> None:  # fmt: skip
        """Let the provider pay in what a member is short, against what that is long in some currencies."""
        who, covered = self.members.index(provider), 0
        short = -int(self.balances()[member, currency])
        for other in against:
            long = int(self.balances()[member, other])
            if long <= 0 or covered == short:
                continue
            # What the long balance buys at prices without haircut; a value is rounded against the member.
            amount = min(short - covered, long * price[other] // price[currency])
            amount = min(amount, self._bring(who, currency, amount, now)) if amount > 0 else 0
            if amount > 0:
                cost = min(-(-amount * price[currency] // price[other]), long)
                self.exchange(who, member, currency, amount, other, cost, KIND_EXCHANGE, now)
                self.note(now, "covered", member, currency, amount, f"by {provider}, for {self.currencies[other]}")
                covered += amount

    def agree(self, balance: Ints, now: int) -> None:
        """The engine's books are those of the accounts."""
        if not np.array_equal(balance, self.balances()):
            raise InvariantError(f"accounts and the books of a CLS-type day differ at {now}")
