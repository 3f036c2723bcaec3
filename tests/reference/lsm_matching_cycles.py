"""Matching cycles: write down every ring of accounts, value it, settle the most valuable, and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from simcore.lsm.base import Problem
from simcore.lsm.matching_cycles import MatchingCycles
from tests.reference.lsm_plain import Payment, Plain, numbered, plain, smallest_covering

VARIANTS: list[dict[str, object]] = [{"longest": longest} for longest in (2, 3, 4)]


def rings(world: Plain, longest: int) -> Iterator[tuple[int, ...]]:
    """Every ring once, from its lowest account, in the order of the accounts along it."""
    found = [
        ring
        for length in range(2, longest + 1)
        for ring in permutations(world.accounts, length)
        if ring[0] == min(ring)
    ]
    # A ring closes before a longer one goes on, unless the longer one's next account has a lower number than its first:
    # that never is, so the order of a depth-first walk is the order of the tuples.
    yield from sorted(found)


def settling(world: Plain, ring: tuple[int, ...]) -> list[Payment]:
    """What of a ring can settle; empty if some account would pay nothing."""
    steps = set(zip(ring, (*ring[1:], ring[0]), strict=True))
    chosen = [payment for payment in world.payments if (payment.debtor, payment.creditor) in steps]
    while (short := world.worst(chosen)) is not None:
        own = [payment for payment in chosen if payment.debtor == short]
        chosen.remove(smallest_covering(own, -world.after(chosen)[short]))
    return chosen if {(payment.debtor, payment.creditor) for payment in chosen} == steps else []


def twin(problem: Problem, mechanism: MatchingCycles) -> list[int]:
    world, sets = plain(problem), []
    while True:
        best: list[Payment] = []
        for ring in rings(world, mechanism.longest):
            chosen = settling(world, ring)
            if sum(payment.amount for payment in chosen) > sum(payment.amount for payment in best):
                best = chosen
        if not best:
            return numbered(problem, sets)
        sets.append(best)
        world.settle(best)
