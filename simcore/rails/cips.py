"""A prefunded gross rail such as CIPS: filled from another rail at opening, swept to zero at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simcore.calendar import ClockTime
from simcore.model import Duration
from simcore.rails import register
from simcore.rails.base import GrossRail


@register("cips")
@dataclass(frozen=True, kw_only=True)
class Cips(GrossRail):
    """No overdraft; the operator holds the pooled account on the funding rail and issues its mirror on this one.

    At each opening every account with a ``funding`` target is filled up to it from the funding rail, as far as the
    payer's funds there go, and again in between if the rail says so (``fund_every``, ``fund_at``); when a session
    closes every balance goes back the same way. Both legs of a transfer become
    final together. A transfer takes what is available at once: it does not queue behind payments.
    """

    kind: Literal["cips"] = "cips"
    operator: str
    """Participant with the pooled account on the funding rail and the issuing account on this one."""
    funding_rail: str
    """Rail the money comes from and goes back to, in the same currency."""
    fund_every: Duration | None = None
    """Distance, counted from each opening, at which accounts below their target are filled up to it again, while the
    funding rail is open too, be it for funding only; none means at openings only."""
    fund_at: tuple[ClockTime, ...] = ()
    """Times of the calendar's zone at which they are."""
