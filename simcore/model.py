"""The scenario as typed, plain, frozen dataclasses; the loader fills them, the engine reads them.

Field names are the keys of the scenario file (a ``key`` in a field's metadata where the key is a Python keyword).
Amounts are exact (:class:`simcore.units.Money`), durations are int microseconds, clock times are wall-clock times
in the zone of the rail's calendar. Rail kinds live one per file in :mod:`simcore.rails`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from simcore.draws import Exponential as Exponential
from simcore.draws import Latency as Latency
from simcore.draws import Lognormal as Lognormal
from simcore.draws import LognormalAmount as LognormalAmount
from simcore.draws import Uniform as Uniform
from simcore.market import Dealer as Dealer
from simcore.market import Fx as Fx
from simcore.market import Pair as Pair
from simcore.marks import BasisPoints as BasisPoints
from simcore.marks import Duration as Duration
from simcore.marks import Share as Share
from simcore.marks import Unit as Unit
from simcore.outage import Outage as Outage
from simcore.outage import OutageTime as OutageTime
from simcore.retail import Wallets as Wallets
from simcore.routes import Corridor as Corridor
from simcore.routes import Cover as Cover
from simcore.routes import Fee as Fee
from simcore.routes import Hop as Hop
from simcore.routes import InstantLink as InstantLink
from simcore.routes import ProxyLookup as ProxyLookup
from simcore.routes import Refunds as Refunds
from simcore.routes import Route as Route
from simcore.routes import Screening as Screening
from simcore.units import Money

Status = Literal["published", "derived", "assumed"]
ParticipantKind = Literal[
    "commercial_bank",
    "clearing_bank",
    "central_bank",
    "dealer",
    "operator",
    "correspondent",
    "wallet_operator",
    "ledger_operator",
]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a number comes from, named by its key path."""

    status: Status
    source: str
    """Address, or ``assumption``."""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Info:
    """What the scenario is and when it runs."""

    name: str
    title: str
    title_zh: str = ""
    question: str = ""
    """The one question the scenario answers."""
    left_out: tuple[str, ...] = ()
    """What is knowingly not modelled, one line each."""
    start: dt.date
    """First calendar day, in the zone of each rail."""
    days: int
    """Calendar days the run lasts."""
    seed: int | None = None
    """Root seed; drawn, printed and stored when absent."""
    base_currency: str


@dataclass(frozen=True, kw_only=True)
class Participant:
    """Somebody who holds accounts."""

    name: str
    name_zh: str = ""
    kind: ParticipantKind
    country: str
    agents: dict[str, str] = field(default_factory=dict)
    """Correspondent or agent per currency: ``{ USD = "DBS" }`` resolves the role ``agent.USD`` of its payments."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account: participant and rail are its key path."""

    opening: Money
    debit_limit: Money | Literal["unlimited"] | None = None
    """How far below zero the account may go; none means zero; ``unlimited`` is for whoever issues the money."""
    reserved: Money | None = None
    """Held back from payments; only funding of other rails and a rail's own batches may use it."""
    collateral: Money | None = None
    """Value of the securities pledged for intraday credit, in the rail's currency."""
    haircut: Share | None = None
    """Share of that value which isn't lent against; none means the rail's."""
    reserved_highly_urgent: Money | None = None
    """Held back each day for highly urgent obligations, which use it up as they settle (T2's reservation)."""
    reserved_urgent: Money | None = None
    """Held back each day from all that are neither urgent nor highly urgent: T2's reservation, and with no other the
    threshold of balance-reactive release."""
    funding: Money | None = None
    """What the account is filled up to at each opening of a rail that is funded from another."""
    funded_by: str | None = None
    """Whose account on the funding rail pays; none means the participant's own."""
    settled_by: str | None = None
    """The settlement bank: whose account on the rail named by ``settle_on`` pays and receives the net position; none
    means the participant's own."""


@dataclass(frozen=True, kw_only=True)
class TradeFlow:
    """Customer payments of goods trade between two groups of participants."""

    kind: Literal["trade"]
    corridor: str | None = None
    route: str | None = None
    """Either a corridor (whose shares choose the route) or one route."""
    debtors: dict[str, Decimal]
    """Weights of the paying participants."""
    creditors: dict[str, Decimal]
    per_day: Decimal
    """Mean number of payments on a business day of ``calendar`` (Poisson)."""
    amount: LognormalAmount
    """In the currency of the first hop of every route the flow may take."""
    calendar: str
    profile: dict[str, Decimal]
    """Weight of each local hour ``"09" … ``; uniform inside an hour."""
    zone: str | None = None
    """Zone of ``profile``; none means the calendar's."""
    customers: int | None = None
    """How many customers each paying participant has; each payment is made by one of them, all alike. None means that
    nobody counts what a customer sends."""
    purpose: str = "trade"
    priority: int = 5


@dataclass(frozen=True, kw_only=True)
class RetailFlow(TradeFlow):
    """Payments at shops and on the road: on every day of the year, more on some weekdays and holidays."""

    kind: Literal["retail"]  # type: ignore[assignment]  # told from trade by it
    per_day: Decimal
    """Mean number of payments on a day of weight 1 (Poisson); the weight of a day multiplies it."""
    calendar: str
    """Whose holidays they are: those of the country the payers come from, or of the one they are in."""
    weekdays: dict[str, Decimal] = field(default_factory=dict)
    """Weight of each weekday ``Mon`` … ``Sun``; 1 where none is given. A day of the weekend on which the calendar works
    (a make-up day) counts as a Friday."""
    holiday: Decimal = Decimal(1)
    """Weight of each day of a holiday, in place of its weekday's: a run of closed days of the calendar that isn't only
    a weekend, so a weekend that touches a holiday is part of it."""
    days: dict[str, Decimal] = field(default_factory=dict)
    """Weight of single dates, in place of all others: ``{ "2026-10-01" = 3.4 }``."""
    purpose: str = "retail"


@dataclass(frozen=True, kw_only=True)
class ReplayFlow:
    """Payments read from a CSV, Parquet or Arrow file, in the order of the file."""

    kind: Literal["replay"]
    file: str
    """Relative to the scenario file."""
    route: str | None = None
    """For rows without a route of their own."""
    corridor: str = ""
    purpose: str = "replay"
    priority: int = 5


Flow = TradeFlow | RetailFlow | ReplayFlow


@dataclass(frozen=True, kw_only=True)
class Results:
    """What is kept."""

    grid: Duration = 900_000_000
    """Distance between two snapshots in ``balances.arrow``."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A whole scenario, every default filled in."""

    scenario: Info
    participants: dict[str, Participant]
    rails: dict[str, Any]
    """Instances of the registered rail kinds (:mod:`simcore.rails`)."""
    accounts: dict[str, dict[str, Account]]
    """rail → participant → account."""
    routes: dict[str, Route]
    flows: dict[str, Flow]
    corridors: dict[str, Corridor] = field(default_factory=dict)
    pvp: dict[str, Any] = field(default_factory=dict)
    """Instances of the registered ways to settle payment versus payment (:mod:`simcore.pvp`)."""
    instant_links: dict[str, InstantLink] = field(default_factory=dict)
    fx: Fx = field(default_factory=Fx)
    wallets: dict[str, Wallets] = field(default_factory=dict)
    """Retail systems whose money is in wallets, such as e-CNY."""
    outages: dict[str, Outage] = field(default_factory=dict)
    """What is out and when, by name."""
    results: Results = field(default_factory=Results)
    sources: dict[str, Source] = field(default_factory=dict)
    """Key path → where the number comes from; a path covers everything below it."""

    @property
    def currencies(self) -> list[str]:
        """Every currency some rail settles, in the order of the rails."""
        return list(dict.fromkeys(rail.currency for rail in self.rails.values()))


__all__ = [name for name in dir() if name[0].isupper() and name not in {"Any", "Annotated", "Decimal", "Literal"}]
