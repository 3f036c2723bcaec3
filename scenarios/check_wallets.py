"""Checks of retail systems: who keeps which wallets, where their operators settle, and who pays whom."""

from __future__ import annotations

from typing import Any

from scenarios.check_flows import check_when
from scenarios.check_latency import check_latency
from scenarios.keys import KeyPath, listed, nearest, shown_key, shown_value
from scenarios.open_hours import is_open_at
from scenarios.references import Checks, positive
from simcore.calendar import calendar_names
from simcore.draws import Latency, LognormalAmount
from simcore.retail import MOST_DRAWN, WalletFlow, WalletHolders, Wallets
from simcore.units import Money, format_amount, format_clock

LIMITS, WHO, FLOW, SETTLES, TIMES = "LH148", "LH133", "LH134", "LH135", "LH136"
MOST_MINOR = 2**60
MOST_WALLETS, MOST_CLASSES, MOST_OPERATORS = 2**31 - 1, 127, 32_767


def check_wallets(checks: Checks) -> None:
    """Note the faults of every retail system."""
    for name, system in checks.scenario.wallets.items():
        path: KeyPath = ("wallets", name)
        if system.currency != "" and checks.currency((*path, "currency"), system.currency):
            _System(checks, path, system).check()


class _System:
    """One retail system under check."""

    def __init__(self, checks: Checks, path: KeyPath, system: Wallets) -> None:
        self.checks, self.path, self.system = checks, path, system
        self.money = 0  # in wallets and on bank accounts, at most

    def say(self, code: str, path: KeyPath, got: str, expected: str, try_: str = "") -> None:
        self.checks.say(code, (*self.path, *path), got, expected, try_)

    def among(self, code: str, path: KeyPath, name: str, what: str, names: Any) -> bool:
        """Whether a name stands in a table of the system, with a fault if not."""
        if name in names:
            return True
        near = nearest(name, names) if len(names) > 1 else "".join(names)
        self.say(code, path, shown_value(name), f"{what}: {listed(names)}", shown_value(near) if near else "")
        return False

    def amount(self, path: KeyPath, amount: Money | None, least: int = 0) -> int:
        """The minor units of an amount in the system's currency, with a fault if it is another or out of range."""
        if amount is None:
            return 0
        if amount.currency != self.system.currency:
            self.say("LH040", path, format_amount(amount), f"an amount in {self.system.currency}")
        elif not least <= amount.amount_minor <= MOST_MINOR:
            expected = "an amount above zero" if least else "an amount that isn't negative"
            self.say(LIMITS, path, format_amount(amount), f"{expected}, at most 2^60 minor units")
        else:
            return amount.amount_minor
        return least

    def check(self) -> None:
        system = self.system
        for key, table in (("classes", system.classes), ("operators", system.operators), ("holders", system.holders)):
            if not table:
                self.say(WHO, (key,), f"no {key}", f"at least one entry in {key}")
        for key, table, most in (("classes", system.classes, MOST_CLASSES),
                                 ("operators", system.operators, MOST_OPERATORS)):  # fmt: skip
            if len(table) > most:
                self.say(WHO, (key,), f"{len(table)} {key}", f"at most {most}")
        self._classes()
        self._settles()
        self._times()
        for name, holders in system.holders.items():
            self._holders(("holders", name), holders)
        wallets = sum(holders.count for holders in system.holders.values())
        if wallets > MOST_WALLETS:
            self.say(WHO, ("holders",), f"{wallets:,} wallets", f"at most {MOST_WALLETS:,}")
        days = self.checks.scenario.scenario.days + 6
        if self.money * days >= 2**62:
            self.say(WHO, ("holders",), f"at most {self.money:,} minor units over {days} days",
                     "their product below 2^62, so that every sum fits 64 bits")  # fmt: skip
        for name, flow in system.flows.items():
            self._flow(("flows", name), flow)

    def _classes(self) -> None:
        for name, limits in self.system.classes.items():
            path: KeyPath = ("classes", name)
            payment, day = (self.amount((*path, key), getattr(limits, key), 1) for key in ("payment", "day"))
            self.amount((*path, "balance"), limits.balance, 1)
            self.amount((*path, "offline"), limits.offline)
            if payment > day:
                got = f"{format_amount(limits.payment)} in one payment, {format_amount(limits.day)} in a day"
                self.say(LIMITS, path, got, "a limit per payment not above that per day")

    def _settles(self) -> None:
        """The rail is one of the currency; issuer and banks have accounts there."""
        system, scenario = self.system, self.checks.scenario
        for name, operator in system.operators.items():
            path: KeyPath = ("operators", name)
            self.checks.known("LH020", (*self.path, *path), name, "a participant", "participants")
            self.amount((*path, "stock"), operator.stock)
            if operator.stock is not None and not operator.bank:
                self.say(SETTLES, (*path, "stock"), "a stock of an operator that is no bank",
                         "none: what it holds at the central bank covers its wallets")  # fmt: skip
            elif operator.stock is not None and system.regime == "deposit":
                self.say(SETTLES, (*path, "stock"), "a stock under the deposit regime", "one under the cash regime")
        if not self.checks.known("LH021", (*self.path, "rail"), system.rail, "a rail", "rails"):
            return
        rail = scenario.rails.get(system.rail)
        if rail is None or not self.checks.rest.whole("accounts"):
            return
        if rail.currency != system.currency:
            self.say(SETTLES, ("rail",), f"{system.rail}, which settles {rail.currency}",
                     f"a rail that settles {system.currency}")  # fmt: skip
            return
        accounts = scenario.accounts.get(system.rail, {})
        needed: list[tuple[str, str, KeyPath]] = [("issuer", system.issuer, ("issuer",))]
        needed += [("bank", name, ("operators", name)) for name, it in system.operators.items() if it.bank]
        for what, who, where in needed:
            known = self.checks.known("LH020", (*self.path, *where), who, "a participant", "participants")
            if known and who not in accounts:
                self.say(SETTLES, where, f"{who}, without an account on {system.rail}", f"a{'n' * (what == 'issuer')} "
                         f"{what} with one", f"[accounts.{shown_key(system.rail)}.{shown_key(who)}]")  # fmt: skip
        issuer = scenario.participants.get(system.issuer)
        if issuer is not None and issuer.country not in calendar_names():
            self.say(SETTLES, ("issuer",), f"{system.issuer}, of {issuer.country}, which has no calendar",
                     "a central bank whose midnights are known")  # fmt: skip
        if system.issuer in system.operators:
            self.say(SETTLES, ("operators", system.issuer), "the issuer as an operator", "two tiers")

    def _times(self) -> None:
        system, rail = self.system, self.checks.scenario.rails.get(self.system.rail)
        if system.settle_every is not None and system.settle_every <= 0:
            self.say(TIMES, ("settle_every",), "0 s", "a distance between settlements", '"1 h"')
        if len(system.operators) > 1 and self._owes() and not system.settle_at and system.settle_every is None:
            self.say(TIMES, ("settle_at",), "no time at which positions settle", "settle_at, settle_every or both",
                     'settle_at = ["17:00"]')  # fmt: skip
        for index, clock in enumerate(system.settle_at):
            if rail is not None and not is_open_at(self.checks, rail, clock):
                self.say(TIMES, ("settle_at", index), format_clock(clock),
                         f"a time at which {system.rail} is open in the run")  # fmt: skip
        if system.interest_on and not system.interest:
            self.say(
                TIMES, ("interest_on",), "days of interest, but no rate", "interest beside it", 'interest = "5 bp"'
            )
        info = self.checks.scenario.scenario
        for index, day in enumerate(system.interest_on):
            if not 0 < (day - info.start).days <= min(info.days, 36_600):
                self.say(TIMES, ("interest_on", index), day.isoformat(), "a day within the run, after its first")

    def _owes(self) -> bool:
        """Whether operators owe each other on some day of the run."""
        info, system = self.checks.scenario.scenario, self.system
        later = (system.deposit_from - info.start).days < min(max(info.days, 1), 36_600)
        return system.regime == "deposit" or (system.regime == "by_date" and later)

    def _holders(self, path: KeyPath, holders: WalletHolders) -> None:
        system = self.system
        if holders.count < 1:
            self.say(WHO, (*path, "count"), str(holders.count), "at least one wallet")
        self.among(WHO, (*path, "operator"), holders.operator, "an operator of the system", list(system.operators))
        countries = [name for name in calendar_names() if len(name) == 2]
        if holders.country not in countries:
            self.say(WHO, (*path, "country"), shown_value(holders.country),
                     f"a country with a calendar, for its midnights: {listed(countries, 30)}")  # fmt: skip
        banks = [name for name, it in system.operators.items() if it.bank]
        if holders.bank in system.operators and holders.bank not in banks:
            self.say(WHO, (*path, "bank"), f"{holders.bank}, which is no bank",
                     f"an operator that is a bank: {listed(banks)}")  # fmt: skip
        elif holders.bank is not None:
            self.among(WHO, (*path, "bank"), holders.bank, "an operator that is a bank", banks)
        elif holders.deposit is not None:
            near = holders.operator if holders.operator in banks else "".join(banks[:1])
            self.say(WHO, (*path, "deposit"), "money on a bank account that there isn't", "bank beside it",
                     f"bank = {shown_value(near)}" if near else "")  # fmt: skip
        limits = None
        if self.among(WHO, (*path, "class"), holders.limits, "a class of the system", list(system.classes)):
            limits = system.classes[holders.limits].balance
        most = limits.amount_minor if limits and limits.currency == system.currency else MOST_MINOR
        for key, amount in (("balance", holders.balance), ("deposit", holders.deposit)):
            if isinstance(amount, LognormalAmount):
                self._lognormal((*path, key), amount)
                top = amount.most.amount_minor if amount.most else MOST_DRAWN
                self.money += holders.count * (min(top, most) if key == "balance" else top)
            else:
                held = self.amount((*path, key), amount)
                self.money += holders.count * held
                if key == "balance" and held > most and limits is not None:
                    self.say(LIMITS, (*path, key), format_amount(Money(held, system.currency)),
                             f"at most {format_amount(limits)}, the limit of {holders.limits}")  # fmt: skip

    def _lognormal(self, path: KeyPath, amount: LognormalAmount) -> None:
        self.checks.at_least((*self.path, *path, "sigma"), amount.sigma, 0, "a sigma that isn't negative", 20)
        least, most = (self.amount((*path, key), getattr(amount, key), 1) for key in ("least", "most"))
        self.amount((*path, "median"), amount.median, 1)
        if amount.least and amount.most and least > most:
            self.say(LIMITS, (*path, "least"), format_amount(amount.least),
                     f"at most {format_amount(amount.most)}, which is most")  # fmt: skip

    def _flow(self, path: KeyPath, flow: WalletFlow) -> None:
        system, checks, here = self.system, self.checks, (*self.path, *path)
        sides = {"payers": flow.payers, "payees": flow.payees}
        unused = {"top_up": "payers", "withdrawal": "payees"}.get(flow.kind, "")
        for key, weights in sides.items():
            if key == unused:
                if weights:
                    self.say(FLOW, (*path, key), f"{key} of a {flow.kind}",
                             "none: the other side is each holder's own bank account")  # fmt: skip
                continue
            for name, weight in weights.items():
                known = self.among(FLOW, (*path, key, name), name, "holders of the system", list(system.holders))
                checks.at_least((*here, key, name), weight, 0, "a weight that isn't negative")
                if known and unused and weight > 0 and system.holders[name].bank is None:
                    self.say(FLOW, (*path, key, name), f"{name}, without bank accounts", "holders with a bank")
            if not positive(weights):
                self.say(FLOW, (*path, key), "no weight above zero", f"at least one kind of holders among the {key}")
        for name in positive(flow.payees):
            if name in positive(flow.payers) and name in system.holders and system.holders[name].count == 1:
                self.say(FLOW, (*path, "payees", name), f"{name}, one wallet, on both sides", "another wallet to pay")
        if not 0 < flow.per_day <= 10**9:
            self.say(FLOW, (*path, "per_day"), str(flow.per_day), "more than zero, at most a billion a day", "1000")
        self._lognormal((*path, "amount"), flow.amount)
        check_when(checks, here, flow, FLOW, FLOW)
        self._offline(path, flow)

    def _offline(self, path: KeyPath, flow: WalletFlow) -> None:
        if not 0 <= flow.offline_share <= 1:
            self.say(FLOW, (*path, "offline_share"), str(flow.offline_share), "a share from 0 to 1")
        if (flow.offline_share > 0) != (flow.posted_after is not None):
            lacks = "posted_after" if flow.posted_after is None else "offline_share"
            self.say(FLOW, (*path, lacks), f"no {lacks}", "offline_share and posted_after, or neither")
        if flow.offline_share > 0 and flow.kind != "payment":
            self.say(FLOW, (*path, "offline_share"), f"a {flow.kind} made offline", "payments only")
        if isinstance(flow.posted_after, Latency):
            check_latency(self.checks, (*self.path, *path, "posted_after"), flow.posted_after)
        for name in positive(flow.payers) if flow.offline_share > 0 else ():
            holders = self.system.holders.get(name)
            limits = self.system.classes.get(holders.limits) if holders else None
            if limits is not None and (limits.offline is None or limits.offline.amount_minor == 0):
                self.say(FLOW, (*path, "offline_share"), f"offline payments of {name}, whose class has no cap on them",
                         "a class with offline", f"[wallets.{shown_key(str(self.path[1]))}.classes."
                         f"{shown_key(holders.limits if holders else '')}] offline = …")  # fmt: skip
