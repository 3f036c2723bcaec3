"""Real-time gross settlement: each obligation settles alone, at once or from the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from simcore.rails import register
from simcore.rails.base import Discipline, RailBase


@register("rtgs")
@dataclass(frozen=True, kw_only=True)
class Rtgs(RailBase):
    """A central-bank RTGS such as HVPS or MEPS+."""

    discipline: ClassVar[Discipline] = "gross"

    kind: Literal["rtgs"] = "rtgs"
    queue: Literal["fifo", "priority", "bypass"] = "fifo"
    """Queue rule of the rail, as DESIGN §4 defines the three."""
