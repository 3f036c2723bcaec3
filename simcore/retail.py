"""Retail systems of a scenario as typed tables: classes of wallets, operators, holders, and what flows between them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from simcore.draws import Latency, LognormalAmount
from simcore.marks import BasisPoints, Duration, Share
from simcore.units import ClockTime, Money

MOST_DRAWN = 10**12
"""What a drawn balance or deposit without ``most`` is cut to, minor units."""


@dataclass(frozen=True, kw_only=True)
class WalletClass:
    """Limits of one class of wallets."""

    payment: Money
    """The most in one payment."""
    day: Money
    """The most paid in one day, from midnight to midnight where the holder lives."""
    balance: Money
    """The most a wallet may hold; what comes in above it is swept to the bank account, if there is one."""
    offline: Money | None = None
    """The most paid offline and not yet posted; none means that its wallets can't pay offline."""


@dataclass(frozen=True, kw_only=True)
class WalletOperator:
    """Who keeps wallets (the second tier): the participant that is its key."""

    bank: bool = True
    """A bank owes what its wallets hold under the deposit regime; others hold money of the central bank for all of it,
    and can't keep the bank accounts that wallets are bound to."""
    stock: Money | None = None
    """Money of the central bank that a bank holds to give to those who top up, under the cash regime: it begins with
    it, and gets back up to it at each opening of the rail, as far as its account there goes."""


@dataclass(frozen=True, kw_only=True)
class WalletHolders:
    """Holders of one kind: so many wallets of one class with one operator; rows, not objects."""

    count: int
    """How many wallets."""
    operator: str
    """Who keeps these wallets."""
    limits: str = field(metadata={"key": "class"})
    """Whose limits they have."""
    country: str
    """Whose midnights begin their days."""
    balance: Money | LognormalAmount | None = None
    """What each wallet holds at first: the same, or drawn and cut to the class's limit; none means nothing."""
    bank: str | None = None
    """The operator with whom each has the bank account that its wallet is bound to; none means that there is none."""
    deposit: Money | LognormalAmount | None = None
    """What is on each bank account at first."""


@dataclass(frozen=True, kw_only=True)
class WalletFlow:
    """Payments between wallets, top-ups or withdrawals: Poisson arrivals by local hour, each holder as likely."""

    kind: Literal["payment", "top_up", "withdrawal"]
    """From wallet to wallet; from the holder's bank account into the wallet; from the wallet to the bank account."""
    payers: dict[str, Decimal] = field(default_factory=dict)
    """Weights of the holders who pay, or withdraw; not for top-ups."""
    payees: dict[str, Decimal] = field(default_factory=dict)
    """Weights of the holders who are paid, or top up; not for withdrawals."""
    per_day: Decimal
    """Mean number on a day of weight 1 (Poisson)."""
    amount: LognormalAmount
    calendar: str
    """Whose holidays they are."""
    profile: dict[str, Decimal]
    """Weight of each local hour ``"09" … ``; uniform inside an hour."""
    weekdays: dict[str, Decimal] = field(default_factory=dict)
    """Weight of each weekday ``Mon`` … ``Sun``, as for a flow of kind ``retail``; 1 where none is given."""
    holiday: Decimal = Decimal(1)
    """Weight of each day of a holiday, in place of its weekday's."""
    days: dict[str, Decimal] = field(default_factory=dict)
    """Weight of single dates, in place of all others."""
    zone: str | None = None
    """Zone of ``profile``; none means the calendar's."""
    offline_share: Share = Decimal(0)
    """Of payments, made offline: checked by the payer's device, posted later."""
    posted_after: Duration | Latency | None = None
    """How long after it was made an offline payment reaches the ledger."""


@dataclass(frozen=True, kw_only=True)
class Wallets:
    """One retail system in two tiers: a central bank behind operators, operators behind wallets.

    Under the ``cash`` regime wallet money is the central bank's; operators cover all of it there, and it moves with
    each payment. Under the ``deposit`` regime it is a liability of the operator, if that is a bank, may bear interest,
    and what passes between operators nets until it settles on ``rail``.
    """

    name: str = ""
    name_zh: str = ""
    currency: str
    rail: str
    """Where operators get money of the central bank, give it back, and settle their positions."""
    issuer: str
    """The central bank, with an account on ``rail``."""
    regime: Literal["by_date", "cash", "deposit"] = "by_date"
    """What wallet money is: by date, ``cash`` until midnight into ``deposit_from``, where the issuer is."""
    deposit_from: dt.date = dt.date(2026, 1, 1)
    """First day of the deposit regime, that of e-CNY unless given."""
    settle_at: tuple[ClockTime, ...] = ()
    """When positions settle on ``rail`` under the deposit regime, by its clock, for all operators or for none."""
    settle_every: Duration | None = None
    """Or at this distance, counted from each opening of ``rail``."""
    interest: BasisPoints = 0
    """What balances at midnight earn a year of 360 days, with operators that are banks under the deposit regime."""
    interest_on: tuple[dt.date, ...] = ()
    """At whose first instant, where the issuer is, interest is paid."""
    classes: dict[str, WalletClass]
    operators: dict[str, WalletOperator]
    holders: dict[str, WalletHolders]
    flows: dict[str, WalletFlow] = field(default_factory=dict)
