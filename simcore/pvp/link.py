"""A link of two gross rails that releases both legs of an exchange at one instant, as Hong Kong's CHATS has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simcore.model import Duration
from simcore.pvp import register


@register("link")
@dataclass(frozen=True, kw_only=True)
class PvpLink:
    """Payment versus payment between two gross rails: both legs are final at one instant, or neither is.

    A hop with ``pvp`` and the hop after it are a pair. When the first leg reaches its open rail, both settle if the
    other rail is open too, both payers have the funds, and nothing is queued before it in either queue. Else the pair
    is held: nothing has moved, and it keeps nothing else from settling. Pairs held are looked at again, in order of
    arrival, whenever both rails have opened and then regularly. What a pair is exchanged at is the rate of the instant
    at which it settles. At the end of the day of the rail of its first leg it is returned, if that rail returns what is
    queued. Money of a settled pair that has to come back later comes back hop by hop, without a link.
    """

    kind: Literal["link"] = "link"
    rails: tuple[str, ...]
    """The two rails, in either order; a pair may begin on either."""
    every: Duration = 60_000_000
    """While both rails are open, how often pairs held are looked at again; counted from when both have opened."""
    name: str = ""
    name_zh: str = ""
