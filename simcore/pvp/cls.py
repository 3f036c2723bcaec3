"""A CLS-type day: trades settle one by one under three risk tests, members pay in only what they are short net."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from simcore.model import Share
from simcore.pvp import register
from simcore.units import ClockTime, Money


@register("cls")
@dataclass(frozen=True, kw_only=True)
class PvpCls:
    """Payment versus payment between members of a system of the kind CLS.

    A trade is a route of two hops on two of ``rails``: from the debtor to the creditor, and back in another currency
    at the creditor's quote. At ``start`` all trades that have arrived are matched: their amounts are fixed, and each
    member is told what it is short net in each currency. It pays that in, in equal instalments at the times
    ``pay_in_at``, from its account on the funding rail, as far as the money there goes. After each, the queue of trades
    revolves in order of arrival: a trade settles, both legs at once, if the accounts of both members then pass three
    tests: they are worth nothing below zero after haircuts; no currency is short beyond the debit limit of its account;
    and all that is short is within ``aggregate_limit``. When the last time to pay in a currency has passed, trades in
    it that are left are returned, and members are paid out.
    """

    kind: Literal["cls"] = "cls"
    rails: tuple[str, ...]
    """The rails of kind ``cls``, one for each currency, with the same calendar and hours."""
    start: ClockTime
    """When trades are matched and positions are known, in the zone of the rails; trades that arrive later wait for the
    next day."""
    pay_in_at: tuple[ClockTime, ...]
    """When instalments are due, rising, after ``start``."""
    last_pay_in: dict[str, ClockTime] = field(default_factory=dict)
    """Currency → the last of ``pay_in_at`` at which it is paid in, for currencies whose RTGS closes early."""
    currency: str
    """In which accounts are valued, at mid rates in force at ``start``; ``[fx.pairs]`` has all others against it."""
    haircut: Share = Decimal("0.05")
    """By which share a long balance counts less and a short one more, in every currency …"""
    haircuts: dict[str, Share] = field(default_factory=dict)
    """… but in these."""
    aggregate_limit: Money
    """The most that each member may be short over all currencies, at prices without haircut; in ``currency`` …"""
    aggregate_limits: dict[str, Money] = field(default_factory=dict)
    """… but these members."""
    in_out: Share = Decimal(0)
    """Which share of net positions members may swap: a trade here shrinks what both have to pay in, and its opposite is
    paid on the funding rails, each leg as soon as its payer has the money and the rail is open, not payment versus
    payment."""
    liquidity_provider: str | None = None
    """Member who pays in what another has left short, against what that one is long, at prices without haircut; from
    its account on the funding rails, as far as the money there goes."""
    name: str = ""
    name_zh: str = ""
