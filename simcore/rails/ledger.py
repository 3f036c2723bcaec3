"""One currency of a shared ledger such as mBridge: obligations settle in blocks, all legs of a payment together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from simcore.model import Duration
from simcore.rails import register
from simcore.rails.base import Discipline, RailBase
from simcore.units import Money


@register("ledger")
@dataclass(frozen=True, kw_only=True)
class SharedLedger(RailBase):
    """Central-bank money of one currency on a ledger; rails that name the same ``ledger`` are its currencies.

    What arrives waits for the next block. In a block, while any payment can settle, the one that came first does, up to
    ``capacity`` over all currencies. All hops that a payment has in a row on the ledger settle
    together or not at all, also across currencies (payment against payment), and only the balances after all of them
    count. Blocks are counted from 1970 and take place only where something waits; one more takes place at closing.

    The central bank issues at each opening of its RTGS up to the ``funding`` of an account, against money of the
    account's holder, or of who sponsors it (``funded_by``), on the RTGS, and takes money back when the RTGS closes for
    the day.
    """

    discipline: ClassVar[Discipline] = "collect"

    kind: Literal["ledger"] = "ledger"
    ledger: str
    """Name of the ledger; its rails have the same blocks and hours."""
    block_every: Duration = 3_000_000
    """Distance between two blocks; what a block settles is final at its instant."""
    capacity: int = 1_000
    """Payments that one block settles at most, those of all currencies together."""
    when_short: Literal["wait", "reject"] = "wait"
    """What happens to a payment that a block can't settle for want of funds; it may wait until the end of the day."""
    gridlock: bool = False
    """Whether what is left is tried as one set, over all currencies: while an account would be short, the newest of the
    payments that such accounts make is taken out, until the net positions of what is left can be paid."""
    central_bank: str
    """Participant who issues and redeems: an account without limit here, and one on ``domestic_rail``."""
    domestic_rail: str
    """RTGS of the currency, against which is issued and redeemed while it is open."""
    redeem: Literal["none", "foreign", "all"] = "none"
    """Whose balances are redeemed when the RTGS closes for the day: nobody's, those of participants from another
    country than the central bank's (balances to be cleared by the end of the day), or everybody's."""
    foreign_holders: Literal["direct", "sponsored", "none"] = "direct"
    """Whether participants from other countries may hold the currency: by themselves, only with a domestic sponsor
    (``funded_by``), or not at all."""
    balance_limit: Money | None = None
    """The most an account may hold, the central bank's aside; a payment that would lead above it is rejected if nothing
    else in its block makes room."""
