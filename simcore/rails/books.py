"""The books of one bank: the nostro and vostro accounts it holds for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simcore.rails import register
from simcore.rails.base import GrossRail


@register("books")
@dataclass(frozen=True, kw_only=True)
class Books(GrossRail):
    """Accounts on one bank's own books, in commercial-bank money; what is left queued is kept for the next day."""

    kind: Literal["books"] = "books"
    end_of_day: Literal["return", "roll_over", "force"] = "roll_over"
