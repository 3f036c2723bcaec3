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
    """A clearing whose cycles settle as one set; what happens when a net debtor can't pay is its own rule."""

    discipline: ClassVar[Discipline] = "collect"

    kind: Literal["deferred_net"] = "deferred_net"
    cycle_every: Duration | None = None
    """Distance between cycles, counted from each opening."""
    cycle_at: tuple[ClockTime, ...] = ()
    """Cycles at given times of the calendar's zone; a cycle also runs at every closing."""
    when_short: Literal["wait", "unwind", "partial_unwind", "loss_sharing", "clearing_vector"] = "wait"
    """What happens when a net debtor can't pay. wait: nothing settles, all wait for the next cycle. unwind: everything
    that it pays or receives is taken out and returned, and so on until nobody left is short. partial_unwind: its newest
    obligations are taken out, as few as needed, and wait for the next cycle. loss_sharing: it pays from its own
    collateral (``reserved`` of its account), then the others share what is missing from theirs and everything settles;
    where collateral isn't enough, the cycle is unwound. clearing_vector: a participant in default shares all it has
    among its creditors in proportion to what it owes them in the cycle (Eisenberg and Noe 2001), what others owe
    settles in full, and the payments of the participant in default are returned."""
    share_by: Literal["owed", "collateral", "equal"] = "owed"
    """How losses are shared: by what the participant in default owes each in the cycle, by collateral, or equally."""
