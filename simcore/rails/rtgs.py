"""Real-time gross settlement: each obligation settles alone, at once or from the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simcore.rails import register
from simcore.rails.base import GrossRail
from simcore.rails.credit import IntradayCredit


@register("rtgs")
@dataclass(frozen=True, kw_only=True)
class Rtgs(GrossRail):
    """A central-bank RTGS such as HVPS or MEPS+."""

    kind: Literal["rtgs"] = "rtgs"
    intraday_credit: IntradayCredit | None = None
    """Credit of the rail's ``lender`` within the day, against what accounts have pledged as ``collateral``."""
