"""Hash-time-locked exchange between two rails: locked on both, claimed on both, or given back; one failure is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simcore.model import Duration
from simcore.pvp import register


@register("htlc")
@dataclass(frozen=True, kw_only=True)
class PvpHtlc:
    """Exchange by locks that a secret opens, between two ledgers that know nothing of each other.

    A hop with ``pvp`` and the hop after it are a pair. The dealer in the middle knows the secret. When the first leg
    has reached its rail, the dealer locks what it pays, at its quote of that instant; the payer of the first leg locks
    what it pays, for a shorter time; the dealer claims it, which shows the secret; and the payee of the second leg
    claims with it. What is locked is in ``escrow``; what nobody has claimed when its lock ends goes back, and the
    payment with it. The one failure that is left: the second claim comes too late, by its own delay or because its rail
    is closed. Then the first leg is final and the second isn't (``CLAIMED_LATE``).
    """

    kind: Literal["htlc"] = "htlc"
    rails: tuple[str, ...]
    """The two rails, in either order; a pair may begin on either."""
    escrow: str
    """Participant in whose accounts on both rails locked money stands; nobody decides over it but the secret."""
    first_lock: Duration
    """For how long the dealer's money is locked."""
    second_lock: Duration
    """For how long the payer's is; shorter than the first by more than ``margin``."""
    margin: Duration = 0
    """The payer locks only if the dealer's lock lasts at least so much longer than its own will."""
    answers_after: Duration = 0
    """From the first lock to the second."""
    claims_after: Duration = 0
    """From the second lock to the dealer's claim; the last claim comes after the ``latency`` of the second hop."""
    every: Duration = 60_000_000
    """While both rails are open, how often new pairs are looked at, and those whose dealer lacks the money."""
    name: str = ""
    name_zh: str = ""
