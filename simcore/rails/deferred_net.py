"""Deferred net settlement: obligations are collected and their multilateral net positions settle in cycles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from simcore.calendar import ClockTime
from simcore.model import Duration
from simcore.rails import register
from simcore.rails.base import Discipline, RailBase


@register("deferred_net")
@dataclass(frozen=True, kw_only=True)
class DeferredNet(RailBase):
    """A clearing whose cycles settle as one set, all or nothing: if one net debtor is short, all wait for the next."""

    discipline: ClassVar[Discipline] = "collect"

    kind: Literal["deferred_net"] = "deferred_net"
    cycle_every: Duration | None = None
    """Distance between cycles, counted from each opening."""
    cycle_at: tuple[ClockTime, ...] = ()
    """Cycles at given times of the calendar's zone; a cycle also runs at every closing."""
