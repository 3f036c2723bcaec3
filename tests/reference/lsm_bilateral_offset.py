"""Bilateral offsetting from its definition: every candidate set is written down and tried."""

from __future__ import annotations

from itertools import combinations

from simcore.lsm.base import Problem
from simcore.lsm.bilateral_offset import BilateralOffset
from tests.reference.lsm_plain import Payment, Plain, numbered, plain

VARIANTS: list[dict[str, object]] = [
    {"rule": rule, "strict": strict, **({} if rule == "first_pair" else {"most": most})}
    for rule in ("first_pair", "ten", "best")
    for strict in (False, True)
    for most in ((1,) if rule == "first_pair" else (3, 10))
] + [{"rule": "ten", "alone": True}, {"rule": "best", "most": 4, "strict": True, "alone": True}]


def opposite(world: Plain, payment: Payment, strict: bool) -> list[Payment]:
    """The payments that may be offset against one, in queue order."""
    theirs = [other for other in world.payments if other.debtor == payment.creditor]
    if not strict:
        return [other for other in theirs if other.creditor == payment.debtor]
    prefix = []
    for other in theirs:
        if other.creditor != payment.debtor:
            break
        prefix.append(other)
    return prefix


def candidates(world: Plain, payment: Payment, mechanism: BilateralOffset) -> list[tuple[Payment, ...]]:
    """Sets of opposite payments in the order of preference."""
    back = opposite(world, payment, mechanism.strict)[: 1 if mechanism.rule == "first_pair" else mechanism.most]
    prefixes = [tuple(back[:length]) for length in range(1, len(back) + 1)]
    if mechanism.rule != "best":
        return prefixes
    if mechanism.strict:
        return prefixes[::-1]
    choices = [choice for length in range(1, len(back) + 1) for choice in combinations(back, length)]
    # The largest value; among equals the one whose last payments come earliest.
    return sorted(choices, key=lambda choice: (-sum(q.amount for q in choice), _lateness(choice)))


def _lateness(choice: tuple[Payment, ...]) -> int:
    return sum(1 << payment.row for payment in choice)


def twin(problem: Problem, mechanism: BilateralOffset) -> list[int]:
    world, sets = plain(problem), []
    found = True
    while found:
        found = False
        for payment in list(world.payments):
            if payment not in world.payments:
                continue
            first = next(other for other in world.payments if other.debtor == payment.debtor)
            if (mechanism.strict or mechanism.rule == "first_pair") and payment != first:
                continue
            sets_of_opposites = candidates(world, payment, mechanism)
            if world.feasible([payment]):
                sets_of_opposites = [()] if mechanism.alone else []
            for back in sets_of_opposites:
                if world.feasible((payment, *back)):
                    sets.append((payment, *back))
                    world.settle((payment, *back))
                    found = True
                    break
    return numbered(problem, sets)
