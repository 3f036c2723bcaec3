"""Small worlds written as a banker would: accounts by letter, payments as lines, outcomes as words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simcore.engine.spec import AccountSpec, HopSpec, RailSpec, WorldSpec
from simcore.kernels import constants as c
from tests.reference.play import Case, NewPayment, Played, Step, play

NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DEBTOR, CREDITOR = (c.ROLE_DEBTOR, 0), (c.ROLE_CREDITOR, 0)
DIRECT = (HopSpec(rail=0, debtor=DEBTOR, creditor=CREDITOR),)
OPEN = Step(0, "open", 0, 0)


def rail(discipline: int = c.GROSS, rule: int = c.FIFO, *, currency: int = 0, when_closed: int = c.WAIT) -> RailSpec:
    """A rail; its queue is fifo and it lets late obligations wait, if nothing else is said."""
    return RailSpec(currency=currency, discipline=discipline, rule=rule, when_closed=when_closed)


def world(rails: Iterable[RailSpec], openings: Iterable[Iterable[int]], **more: Any) -> WorldSpec:
    """A world from its rails and, for each, the opening balances of A, B, C, …"""
    rails, openings = tuple(rails), [tuple(row) for row in openings]
    more = {"n_currency": 1 + max(row.currency for row in rails), "routes": (DIRECT,), **more}
    return WorldSpec(
        n_participant=len(openings[0]),
        rails=rails,
        accounts=tuple(
            AccountSpec(rail=k, participant=who, opening=amount)
            for k, row in enumerate(openings)
            for who, amount in enumerate(row)
        ),
        **more,
    )


def payment(at: int, who: str, amount: int, *, priority: int = 0, route: int = 0) -> NewPayment:
    """``payment(9, "A>B", 100)``: at 9, A pays B 100."""
    return NewPayment(at, NAMES.index(who[0]), NAMES.index(who[2]), route, amount, priority, ())


def day(kind: type, spec: WorldSpec, payments: Iterable[NewPayment], script: Iterable[Step] = (OPEN,)) -> Played:
    """Play one day; the first rail opens at 0 if nothing else is said."""
    return play(Case(spec, tuple(payments), tuple(script)), kind)


def outcomes(played: Played) -> list[str]:
    """What became of each payment, in the order of the payments: ``SETTLED_GROSS 9``."""
    rows = sorted(played.rows("payments"))
    return [c.STATUS_NAMES[status] + ("" if at == c.NEVER else f" {at}") for _, _, _, at, status, _ in rows]


def balances(played: Played) -> list[int]:
    """Balances at the end, in the order of the accounts."""
    return [row[2] for row in played.seen[-1][2]]


def finality(played: Played) -> list[int]:
    """Payments in the order in which their obligations became final."""
    return [row[0] for row in played.rows("obligations") if row[8] != c.NONE]
