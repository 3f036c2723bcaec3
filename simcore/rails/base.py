"""What every rail kind has: a currency, hours, and rules for what arrives closed and what is left at the end."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from simcore.calendar import Session

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


@dataclass(frozen=True, kw_only=True)
class GrossRail(RailBase):
    """A rail that settles each obligation alone, at once or from a queue."""

    discipline: ClassVar[Discipline] = "gross"

    queue: Literal["fifo", "priority", "bypass"] = "fifo"
    """Queue rule: only the first of an account may go, by arrival or by priority and arrival, or any that fits."""
    mechanisms: tuple[Any, ...] = ()
    """Liquidity-saving mechanisms: ``[{ use = "gridlock_resolution", every = "5 min" }]``; see ``luhai net --list``.
    A bare name runs every five minutes."""
