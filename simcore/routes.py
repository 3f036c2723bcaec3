"""Routes of a scenario as typed tables: hops with all that happens on them, links of instant systems, corridors."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from simcore.draws import Latency
from simcore.marks import BasisPoints, Duration, Share
from simcore.units import ClockTime, Money


@dataclass(frozen=True, kw_only=True)
class Fee:
    """What an intermediary keeps of a payment: ``fixed`` + ``share`` of the amount, cut to ``least`` and ``most``.

    Exact: the share is rounded half to even to minor units. At least one minor unit of the payment goes on.
    """

    fixed: Money | None = None
    share: BasisPoints | None = None
    least: Money | None = None
    most: Money | None = None


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What compliance screening does to a hop: some payments are held for a time, a few are rejected."""

    hold_share: Share = Decimal(0)
    """Of payments, held; drawn for each payment."""
    hold: Latency | None = None
    """How long; comes on top of the hop's latency."""
    reject_share: Share = Decimal(0)
    """Of payments, rejected when they reach the hop's rail, and returned hop by hop."""


@dataclass(frozen=True, kw_only=True)
class ProxyLookup:
    """Looking up the payee by an alias, such as a mobile number, before an obligation is sent."""

    latency: Duration | Latency = 0
    """How long the answer takes; comes on top of the hop's latency."""
    unknown_share: Share = Decimal(0)
    """Of payments, those whose alias leads to nobody; they are rejected (``REJECTED_PROXY``)."""


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One obligation of a route.

    ``from`` and ``to`` are roles: ``debtor``, ``creditor``, a participant, ``agent.CUR`` (the debtor's agent for that
    currency) or ``creditor.agent.CUR`` (the creditor's). A hop whose two roles are the same participant for a payment
    is skipped for it. ``latency`` runs from the settlement of the hop before (or from initiation) until the obligation
    reaches this rail.
    """

    rail: str
    debtor: str = field(metadata={"key": "from"})
    creditor: str = field(metadata={"key": "to"})
    latency: Duration | Latency = 0
    pvp: str | None = None
    """The entry of ``[pvp]`` by which this hop and the next, in another currency, are final together or not at all."""
    fee: Fee | None = None
    """What the participant in ``to`` keeps; not where it exchanges the money, since there the spread is its price."""
    screening: Screening | None = None
    proxy: ProxyLookup | None = None
    service: Literal["real_time", "batch"] | None = None
    """On a gross rail with ``batches``: whether its obligations settle one by one or in batches; none means by the
    rail's own terms."""
    cut_off: ClockTime | None = None
    """The last time of a business day at which the participant in ``from`` still passes payments on over this hop;
    what reaches the hop later waits for its next business day. Most banks' cut-offs are hours before the rail's."""
    cut_off_calendar: str | None = None
    """Whose business days and clock the cut-off goes by; the rail's where nothing is said."""
    opens: ClockTime | None = None
    """When the participant begins to pass payments on again: at that time of the next business day, or as soon
    after it as the rail is open; none means with the rail."""

    @property
    def is_drawn(self) -> bool:
        """Whether chance decides when, or if, it reaches its rail."""
        return isinstance(self.latency, Latency) or self.screening is not None or self.proxy is not None


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A payment by the cover method: the message goes straight to the creditor's bank, the hops are its cover."""

    message: Duration
    """From initiation until the creditor's bank has the message."""
    credited: Literal["cover", "message"] = "cover"
    """When it credits its customer: when it has message and cover, or on the message alone. On the message, it lends
    its customer the amount until the cover is there."""


@dataclass(frozen=True, kw_only=True)
class Refunds:
    """Which payments of a route are given back after they were final: in full, hop by hop, the way they came.

    Fees, spreads and rates are those of the payment itself, so the debtor gets back what it paid. What goes back waits
    where it must (a closed rail, an account that is short) and is never returned again.
    """

    share: Share
    """Of settled payments, refunded; drawn for each payment."""
    after: Duration | Latency = 0
    """From the payment's last settlement until its refund begins."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """An ordered list of hops that join."""

    hops: tuple[Hop, ...]
    charges: Literal["SHA", "BEN", "OUR"] = "SHA"
    """Who bears the fees of the hops. SHA and BEN: they are taken out of the amount on its way; what the debtor's own
    bank asks of its customer is not part of the chain. OUR: the debtor adds them to what it sends, so that the creditor
    receives the amount in full; goes with fixed fees in the currency of the first hop."""
    sending_fee: Fee | None = None
    """What the debtor's own bank asks of its customer for a payment that settles, in the currency sent and beside it.
    It moves no money between banks: it counts in ``cost_bp`` and where routes are chosen."""
    cover: Cover | None = None
    """The cover method; none means serial: each bank passes message and money on together. Goes with hops of one
    currency that keep no fees, since a cover is paid in full and its charges are asked of the debtor's bank."""
    refunds: Refunds | None = None
    """Which payments are given back after they were final; none means no payment is."""
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True, kw_only=True)
class InstantLink:
    """A link between instant payment systems, such as Nexus: its routes, one for each provider of exchange.

    What each hop but the last credits is held for the payment: its payee can't use it until the creditor has the
    money. So a payment that fails, or isn't credited in time, is reversed at once and in full.
    """

    routes: tuple[str, ...]
    """All begin on the same rail; their rails are instant, and reject or return what arrives closed."""
    time_limit: Duration | None = None
    """A payment that isn't credited so long after it has reached its first rail is reversed (``REJECTED_TIME_LIMIT``);
    none means that the link waits for the answer."""
    quote_valid: Duration | None = None
    """The provider quotes when a payment is initiated, and honours its quote if the payment reaches its first rail
    within this time; none means that the quote in force on arrival is taken."""
    when_expired: Literal["requote", "reject"] = "requote"
    """What happens to a payment that comes later, or whose provider didn't deal: it asks again on arrival, or it is
    rejected. A provider that doesn't deal then gives no quote, and the payment is rejected too (``REJECTED_QUOTE``)."""
    day_limit: Money | None = None
    """The most a customer may send by all its routes in a day, in the currency of their first rail; what would exceed
    it is rejected (``REJECTED_DAY_LIMIT``). What was reversed doesn't count. Flows say how many customers there are."""
    zone: str = "UTC"
    """Zone at whose midnight the day begins."""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Corridor:
    """A pair of countries and the routes open between them, with the share of payments each takes."""

    debtor_country: str
    creditor_country: str
    routes: dict[str, Share]
    choice: Literal["shares", "cheapest", "fastest", "logit"] = "shares"
    """How a payment's route is chosen: by fixed shares; by the least expected cost or time, as far as that is known
    when it is initiated; or by chance, with odds of share × exp(-(cost + time × time_value) / scale)."""
    time_value: BasisPoints | None = None
    """With ``logit``: what an hour is worth, as a share of the amount; none means nothing."""
    scale: BasisPoints | None = None
    """With ``logit``: how much routes may differ, as a share of the amount, until the odds change by a factor of e."""
    queue_seen_every: Duration | None = None
    """How often banks look at their own queue on the first rail of each route, and expect to wait as long as what has
    stood longest in it; in between they go by what they saw. None means that they know no queue. Goes with a choice
    that counts time: ``fastest``, or ``logit`` with a ``time_value``."""
    name: str = ""
