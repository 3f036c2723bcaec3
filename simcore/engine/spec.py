"""What the loop needs to know of a scenario, as plain numbers: the form that kernels and their twin both start from."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class RailSpec:
    """One rail; constants as in :mod:`simcore.kernels.constants`."""

    currency: int
    discipline: int
    rule: int = 0
    when_closed: int = 0
    bypass_above: int = 0
    """Obligations queued on the rail from which on its priority queue may be bypassed; 0 means never."""
    highly_urgent: int = -1
    """The last priority that counts as highly urgent; -1 means none does."""
    urgent: int = -1
    """The last that counts as urgent."""
    receipts: bool = False
    """All others are released against what their debtor received, not against its balance."""
    splits: bool = False
    """Queued obligations may settle in parts."""
    least_amount: int = 0
    """The least an obligation of a payment may be, minor units, …"""
    most_amount: int = 2**63 - 1
    """… and the most; 2^63 - 1 means any."""
    offset_most: int = 0
    """Opposite obligations tried when one arrives and can't settle; 0 means no offset at entry."""
    offset_strict: bool = False
    """They have to be the beginning of the other account's whole queue; always so on strict queues."""
    offset_first: bool = False
    """The arriving one has to be the first of its queue; always so on strict queues."""

    batch_below: int = 2**63 - 1
    """Obligations of hops that go by the rail's terms are collected for its batches if they are smaller, …"""
    batch_from: int = 0
    """… and have this priority or are less urgent."""

    ledger: int = -1
    """The first rail of the ledger it belongs to; -1 means none."""
    block_every: int = 0
    """Distance of the ledger's blocks, microseconds; 0 means no ledger."""
    capacity: int = 0
    """Payments that a block settles at most."""
    gridlock: bool = False
    """What is left in a block settles as one set where its net positions allow."""
    rejects: bool = False
    """What a block can't settle for want of funds is rejected; otherwise it waits."""
    balance_limit: int = 2**63 - 1
    """The most an account that doesn't issue may hold."""

    @property
    def bounded(self) -> bool:
        """Whether it refuses some amounts."""
        return self.least_amount > 0 or self.most_amount < 2**63 - 1

    @property
    def tiers(self) -> bool:
        """Whether what an obligation may use depends on its priority."""
        return self.receipts or max(self.highly_urgent, self.urgent) >= 0


@dataclass(frozen=True, kw_only=True)
class AccountSpec:
    """One account; those of a rail must stand together, in the order of the rails."""

    rail: int
    participant: int
    opening: int = 0
    debit_limit: int = 0
    reserved: int = 0
    held_highly_urgent: int = 0
    """Held back from all but highly urgent obligations, until those have used it."""
    held_urgent: int = 0
    """Held back from all that are neither."""


@dataclass(frozen=True, kw_only=True)
class HopSpec:
    """One hop: roles as (kind, which), latency in microseconds or the column of drawn latencies.

    A drawn latency below zero is that of a payment that screening rejects: -1 - latency.
    """

    rail: int
    debtor: tuple[int, int]
    creditor: tuple[int, int]
    latency_us: int = 0
    draw: int = -1
    link: int = -1
    """The link over which it settles together with the next hop of its route; -1 means none. Both are on gross rails,
    in two currencies, and the next has neither latency nor a link of its own."""
    fee_fixed: int = 0
    """What the payee keeps, minor units, …"""
    fee_share: int = 0
    """… and of the amount, hundredths of a basis point, …"""
    fee_least: int = 0
    fee_most: int = 2**62
    """… cut to these."""
    batch: int = 0
    """On a gross rail: ``SINGLY``, ``IN_BATCHES`` or ``BY_TERMS``."""
    refund: int = -1
    """Column of what is drawn for refunds, the same for all hops of a route: how long after the payment's end it is
    refunded, below zero for never."""
    cut_off: bool = False
    """It may be shut for a time, see ``Machine.shut_hop``."""

    @property
    def has_fee(self) -> bool:
        """Whether the payee keeps anything."""
        return max(self.fee_fixed, self.fee_share, self.fee_least) > 0

    @property
    def goes_whole(self) -> bool:
        """Whether it is never split: the payee keeps something of it, or the payment may be refunded."""
        return self.has_fee or self.refund >= 0


@dataclass(frozen=True, kw_only=True)
class InstantLinkSpec:
    """A link between instant payment systems: its routes, and what it promises to who pays by them."""

    routes: tuple[int, ...]
    time_limit: int = 2**63 - 1
    """From the first rail to the last, microseconds."""
    quote_valid: int = -1
    """How long a quote is honoured, from initiation to the first rail; -1: the quote in force is taken."""
    requotes: bool = False
    """A quote that has expired is replaced by the one in force then."""
    day_limit: int = 2**63 - 1
    """The most a customer may send a day, minor units."""

    @property
    def limits_days(self) -> bool:
        """Whether what customers send is counted."""
        return self.day_limit < 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class WorldSpec:
    """A world before its first event."""

    n_participant: int
    n_currency: int
    rails: tuple[RailSpec, ...]
    accounts: tuple[AccountSpec, ...]
    routes: tuple[tuple[HopSpec, ...], ...]
    agents: dict[tuple[int, int], int] = field(default_factory=dict)
    """(currency, participant) → its agent."""
    quotes: tuple[tuple[int, int, int], ...] = ()
    """(dealer's participant, source currency, target currency), one per direction."""
    always_dealt: bool = True
    """No quote ever has an opening to come."""
    always_sending: bool = True
    """No participant is ever out."""
    n_size: int = 0
    """Amounts from which on a quote may have another half-spread."""
    n_draw: int = 0
    """Columns of draws of a payment; with customers the last one is who pays, -1 for nobody."""
    n_link: int = 0
    """Links over which two hops settle together."""
    collecting: tuple[int, ...] = ()
    """Those of them that hold every pair until a control time settles or returns it, see ``Machine.settle_matched``."""
    locking: tuple[int, ...] = ()
    """Those that hold a pair until its money is locked, see ``Machine.claim``."""
    n_customer: int = 0
    instant_links: tuple[InstantLinkSpec, ...] = ()
    """Their routes have two hops or more, on instant rails that don't let wait what arrives closed."""
