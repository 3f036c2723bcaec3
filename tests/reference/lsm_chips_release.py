"""CHIPS's release rule from its sentences: alone, with payments back, then multilaterally, under two limits."""

from __future__ import annotations

from simcore.lsm.base import Problem
from simcore.lsm.chips_release import ChipsRelease
from tests.reference.lsm_plain import Payment, Plain, numbered, plain

# Accounts 0 and 1 are in every problem of the suite.
VARIANTS: list[dict[str, object]] = [
    {},
    {"ceiling_percent": 100},
    {"ceiling_percent": 1_000_000, "most": 2},
    {"ceilings": ((0, 3), (1, 0)), "ceiling_percent": 150, "most": 1},
]


def ceilings_of(problem: Problem, mechanism: ChipsRelease) -> list[int]:
    """The most that each account may rise to."""
    own = dict(mechanism.ceilings)
    share = [funds * mechanism.ceiling_percent // 100 for funds in problem.funds.tolist()]
    return [own.get(account, of_funds) for account, of_funds in enumerate(share)]


def short(world: Plain, chosen: list[Payment], account: int) -> bool:
    return world.after(chosen)[account] < 0


def above(world: Plain, chosen: list[Payment], account: int, ceilings: list[int]) -> bool:
    """Whether it gains and ends above its ceiling."""
    after = world.after(chosen)[account]
    return after > world.funds[account] and after > ceilings[account]


def allowed(world: Plain, chosen: list[Payment], ceilings: list[int]) -> bool:
    """Whether both limits hold for everybody."""
    return not any(short(world, chosen, i) or above(world, chosen, i, ceilings) for i in world.accounts)


def alone(world: Plain, ceilings: list[int]) -> list[list[Payment]]:
    """One pass: what can go by itself goes at once."""
    sets = []
    for payment in list(world.payments):
        if allowed(world, [payment], ceilings):
            world.settle([payment])
            sets.append([payment])
    return sets


def with_payments_back(world: Plain, ceilings: list[int], most: int) -> list[list[Payment]]:
    """One pass: the fewest first payments back that make a set within the limits."""
    sets = []
    for payment in list(world.payments):
        if payment not in world.payments:
            continue
        there = (payment.debtor, payment.creditor)
        back = [other for other in world.payments if (other.creditor, other.debtor) == there]
        for count in range(1, min(most, len(back)) + 1):
            chosen = [payment, *back[:count]]
            if allowed(world, chosen, ceilings):
                world.settle(chosen)
                sets.append(chosen)
                break
    return sets


def multilateral(world: Plain, ceilings: list[int]) -> list[Payment]:
    """Everything but the newest payments that are to blame."""
    chosen = list(world.payments)
    while not allowed(world, chosen, ceilings):
        blamed = [
            payment
            for payment in chosen
            if short(world, chosen, payment.debtor) or above(world, chosen, payment.creditor, ceilings)
        ]
        chosen.remove(blamed[-1])
    world.settle(chosen)
    return chosen


def twin(problem: Problem, mechanism: ChipsRelease) -> list[int]:
    world, ceilings, sets = plain(problem), ceilings_of(problem, mechanism), []
    while True:
        while found := alone(world, ceilings):
            sets += found
        if found := with_payments_back(world, ceilings, mechanism.most):
            sets += found
        elif chosen := multilateral(world, ceilings):
            sets.append(chosen)
        else:
            return numbered(problem, sets)
