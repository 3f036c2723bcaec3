"""One currency of a CLS-type system: accounts of members that begin and end each day at zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from simcore.rails import register
from simcore.rails.base import Discipline, RailBase


@register("cls")
@dataclass(frozen=True, kw_only=True)
class ClsBooks(RailBase):
    """One currency of the members' accounts at a system of the kind CLS; an entry of ``[pvp]`` joins several.

    Only trades settle here: routes of two hops, by which two members pay each other. What arrives is collected until
    the system begins its day. ``debit_limit`` of an account is how far its holder may be short in this currency. Money
    comes from ``funding_rail`` and goes back there; ``funded_by`` of an account names who pays and is paid there for a
    member that has no account itself.
    """

    discipline: ClassVar[Discipline] = "collect"

    kind: Literal["cls"] = "cls"
    operator: str
    """Participant with the pooled account on the funding rail and the issuing account on this one."""
    funding_rail: str
    """Rail of the same currency on which members pay in and are paid out."""
