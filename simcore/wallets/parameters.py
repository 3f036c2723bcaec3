"""What a retail system is made of: classes of wallets with their limits, and operators."""

from __future__ import annotations

from dataclasses import dataclass

from simcore.errors import Fault, ScenarioError
from simcore.kernels.constants import UNLIMITED


@dataclass(frozen=True, kw_only=True)
class WalletClass:
    """Limits of one class of wallets, minor units; at most 2^60, which is as good as none."""

    name: str
    payment: int
    """The most in one payment."""
    day: int
    """The most paid in one local day."""
    balance: int
    """The most a wallet may hold."""
    offline: int = 0
    """The most paid offline and not yet posted."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who keeps wallets and deals with the central bank."""

    name: str
    reserve: int = 0
    """Opening balance of its account at the central bank, minor units; banks only."""
    bank: bool = True
    """Whether it is a bank. Only banks hold the accounts that wallets are bound to."""


# In fen: CNY 2,000 is 200_000. Offline caps are assumed: none is published.
ECNY_CLASSES = (
    # Phone number alone; published 2021, shine.cn/biz/economy/2106110507.
    WalletClass(name="phone_only", payment=200_000, day=500_000, balance=1_000_000, offline=50_000),
    # Between the two published ones; assumed.
    WalletClass(name="middle", payment=500_000, day=1_000_000, balance=2_000_000, offline=100_000),
    # Identity card and bank account; published 2021, forkast.news/china-reveals-e-cny-wallet-specifications.
    WalletClass(name="verified", payment=5_000_000, day=10_000_000, balance=50_000_000, offline=200_000),
)


def check_parameters(classes: tuple[WalletClass, ...], operators: tuple[Operator, ...]) -> None:
    """Refuse limits and operators that can't be kept.

    Raises
    ------
    ScenarioError    LH148 for limits, LH149 for operators; every fault at once
    """
    faults: list[Fault] = []
    for it in classes:
        where = f"wallet class {it.name}"
        limits = {"payment": it.payment, "day": it.day, "balance": it.balance, "offline": it.offline}
        for name, limit in limits.items():
            if not (0 if name == "offline" else 1) <= limit <= UNLIMITED:
                least = "not below zero" if name == "offline" else "above zero"
                faults.append(_fault("LH148", f"{where}, {name}", str(limit), f"an amount {least}, at most 2^60"))
        if it.payment > it.day:
            got = f"{it.payment} in one payment, {it.day} in a day"
            faults.append(_fault("LH148", where, got, "a limit per payment not above that per day"))
    for who in operators:
        if not 0 <= who.reserve <= UNLIMITED:
            faults.append(_fault("LH149", f"operator {who.name}", f"a reserve of {who.reserve}", "0 to 2^60"))
        elif who.reserve and not who.bank:
            expected = "no reserve: what an operator that is no bank holds there covers its wallets"
            faults.append(_fault("LH149", f"operator {who.name}", f"a reserve of {who.reserve}", expected))
    if faults:
        raise ScenarioError(faults)


def _fault(code: str, where: str, got: str, expected: str) -> Fault:
    return Fault(code=code, where=where, got=got, expected=expected)
