"""Instant payments: an obligation settles at the moment it arrives or is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from simcore.rails import register
from simcore.rails.base import Discipline, RailBase


@register("instant")
@dataclass(frozen=True, kw_only=True)
class Instant(RailBase):
    """Prefunded positions, no queue."""

    discipline: ClassVar[Discipline] = "instant"

    kind: Literal["instant"] = "instant"
    when_closed: Literal["wait", "reject", "return"] = "reject"
