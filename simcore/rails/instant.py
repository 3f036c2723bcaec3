"""Instant payments: an obligation settles at the moment it arrives or is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from simcore.calendar import ClockTime
from simcore.model import Duration
from simcore.rails import register
from simcore.rails.base import Discipline, RailBase


@register("instant")
@dataclass(frozen=True, kw_only=True)
class Instant(RailBase):
    """Prefunded positions, no queue.

    An account's opening is its prefunded level. Where ``settle_on`` is given, what an account is above or below its
    level is its net position, and at each time of settlement all positions are brought back to zero: net debtors pay
    the operator on the other rail, and it pays net creditors, all as one set.
    """

    discipline: ClassVar[Discipline] = "instant"

    kind: Literal["instant"] = "instant"
    when_closed: Literal["wait", "reject", "return"] = "reject"
    settle_on: str | None = None
    """Rail on which net positions settle, in the same currency; none means they are left as they are."""
    operator: str | None = None
    """With ``settle_on``: participant through whom they settle, with an account on both rails."""
    settle_at: tuple[ClockTime, ...] = ()
    """Times of settlement, local to the rail they settle on; those at which it isn't open fall away."""
    settle_every: Duration | None = None
    """Distance between settlements, counted from each opening of the rail they settle on."""
    when_short: Literal["wait", "share", "operator_pays"] = "wait"
    """What happens when a net debtor's settlement bank can't pay. wait: nothing settles until the next time. share: it
    pays what it has, and net creditors receive in proportion; the rest of their positions waits. operator_pays: as
    share, but the operator adds what is missing as far as it has it, and gets it back when the debtor pays."""
