"""The books of one bank: the nostro and vostro accounts it holds for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from simcore.rails import register
from simcore.rails.base import Discipline, RailBase


@register("books")
@dataclass(frozen=True, kw_only=True)
class Books(RailBase):
    """Accounts on one bank's own books, in commercial-bank money; what is left queued is kept for the next day."""

    discipline: ClassVar[Discipline] = "gross"

    kind: Literal["books"] = "books"
    queue: Literal["fifo", "priority", "bypass"] = "fifo"
    """Queue rule, as for an RTGS."""
    end_of_day: Literal["return", "roll_over"] = "roll_over"
