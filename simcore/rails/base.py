"""What every rail kind has: a currency, hours, and rules for what arrives closed and what is left at the end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from simcore.calendar import ClockTime, Session
from simcore.model import Duration
from simcore.units import Money

Discipline = Literal["gross", "collect", "instant"]


@dataclass(frozen=True, kw_only=True)
class RailBase:
    """Parameters shared by all rails; a kind adds its own and fixes its discipline."""

    discipline: ClassVar[Discipline]

    kind: str
    currency: str
    """The one currency of every account on the rail."""
    name: str = ""
    name_zh: str = ""
    calendar: str | None = None
    """Business days and zone; none means open around the clock on every day."""
    sessions: tuple[Session, ...] = ()
    """Hours in the calendar's zone; none means the whole business day, 00:00 to 24:00."""
    add_open: tuple[dt.date, ...] = ()
    """Business days beyond the calendar's."""
    add_closed: tuple[dt.date, ...] = ()
    """Closed days beyond the calendar's."""
    when_closed: Literal["wait", "reject", "return"] = "wait"
    """What happens to an obligation that arrives while the rail is closed or after its cut-off."""
    end_of_day: Literal["return", "roll_over"] = "return"
    """What happens to obligations still queued when the last session of a business day closes."""
    least_amount: Money | None = None
    """The least an obligation of a payment may be; below it, it is rejected when it reaches the open rail. Money on its
    way back, funding and sweeps may be of any amount."""
    most_amount: Money | None = None
    """The most it may be; above it, it is rejected."""


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Deferred net settlement on the accounts of a rail that otherwise settles gross, as CIPS has had it since 2018.

    Obligations that take this service are collected, and at each time of settlement, and once more at every closing,
    their multilateral net positions settle as one set. A batch pays from all an account has, what is ``reserved``
    included: that is the money set aside for batches, which obligations that settle alone can't use. A hop says by
    ``service`` which of the two its obligations take; others go by ``below`` and ``from_priority``.
    """

    every: Duration | None = None
    """Distance between batches, counted from each opening."""
    at: tuple[ClockTime, ...] = ()
    """Batches at given times of the calendar's zone."""
    below: Money | None = None
    """Obligations smaller than this are collected, …"""
    from_priority: int | None = None
    """… those of this priority and of less urgent ones; where both are given, what fulfils both. Neither: only hops
    that say so."""
    when_short: Literal["partial_unwind", "wait", "unwind"] = "partial_unwind"
    """What happens when a net debtor can't pay. partial_unwind: its newest obligations are taken out, as few as needed,
    and wait for the next batch. wait: the whole batch waits. unwind: all that it pays or receives is returned, and so
    on until nobody left is short."""

    @property
    def has_terms(self) -> bool:
        """Whether amount or priority decides what is collected."""
        return self.below is not None or self.from_priority is not None


@dataclass(frozen=True, kw_only=True)
class GrossRail(RailBase):
    """A rail that settles each obligation alone, at once or from a queue."""

    discipline: ClassVar[Discipline] = "gross"

    queue: Literal["fifo", "priority", "bypass"] = "fifo"
    """Queue rule: only the first of an account may go, by arrival or by priority and arrival, or any that fits."""
    bypass_above: int | None = None
    """With ``queue = "priority"``: from so many obligations queued on the rail on, the queue may be bypassed (BI-RTGS);
    below, only the first of an account may go. An obligation counts once it is queued."""
    highly_urgent: int | None = None
    """The last priority that counts as highly urgent; only these may use what accounts hold back for them."""
    urgent: int | None = None
    """The last priority that counts as urgent; neither this nor ``highly_urgent`` goes with ``queue = "fifo"``."""
    release: Literal["balance", "receipts"] = "balance"
    """What obligations that are neither are paid from: the balance, or only what their debtor has received on this
    rail in the window (receipt-reactive gross settlement)."""
    receipts_window: Duration | None = None
    """After so long, counted from each opening, receipts begin anew; none means they count until closing."""
    split_every: Duration | None = None
    """At this distance, counted from each opening, the first obligation in the queue of each account is split: what the
    account can pay of it settles as a part, the rest keeps its place. The payment goes on when all is paid."""
    split_least: Money | None = None
    """The smallest part; none means one minor unit."""
    batches: Batches | None = None
    """Deferred net settlement of some obligations on the same accounts."""
    lender: str | None = None
    """Participant who lends: at the end of the day where ``end_of_day = "force"``, and within it where an RTGS gives
    intraday credit. It issues the money of the rail."""
    end_of_day: Literal["return", "roll_over", "force"] = "return"  # type: ignore[assignment]  # one more than others
    """What happens to obligations still queued when the last session of a business day closes. force: all settle as
    one set, with overnight credit for what accounts lack, which is paid back at openings as far as balances go."""
    mechanisms: tuple[Any, ...] = ()
    """Liquidity-saving mechanisms: ``[{ use = "gridlock_resolution", every = "5 min" }]``; see ``luhai net --list``.
    A bare name runs every five minutes."""

    @property
    def tiers(self) -> bool:
        """Whether what an obligation may use depends on its priority."""
        return self.release == "receipts" or self.highly_urgent is not None or self.urgent is not None
