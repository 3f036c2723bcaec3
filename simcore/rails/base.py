"""What every rail kind has: a currency, hours, and rules for what arrives closed and what is left at the end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from simcore.calendar import Session
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
