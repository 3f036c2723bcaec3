"""TARGET2's multiple algorithm: pairs by smallest difference, then everything left."""

from __future__ import annotations

from itertools import combinations

from simcore.lsm.base import Problem
from simcore.lsm.t2_multiple import T2Multiple
from tests.reference.lsm_plain import numbered, plain
from tests.reference.lsm_t2_partial import VARIANTS as VARIANTS
from tests.reference.lsm_t2_partial import breaks, largest, left


def twin(problem: Problem, mechanism: T2Multiple) -> list[int]:
    room = {(account, towards): limit for account, towards, limit in mechanism.limits}
    world, sets = plain(problem), []
    total = {
        (i, j): sum(p.amount for p in world.payments if (p.debtor, p.creditor) == (i, j))
        for i in world.accounts
        for j in world.accounts
    }
    pairs = [(i, j) for i, j in combinations(world.accounts, 2) if total[i, j] and total[j, i]]
    for i, j in sorted(pairs, key=lambda pair: (abs(total[pair] - total[pair[::-1]]), pair)):
        chosen = [payment for payment in world.payments if {payment.debtor, payment.creditor} == {i, j}]
        while broken := [account for account in (i, j) if breaks(world, room, chosen, account)]:
            chosen.remove([payment for payment in chosen if payment.debtor == broken[0]][-1])
        if chosen:
            sets.append(chosen)
            room = left(room, chosen)
            world.settle(chosen)
    rest = largest(world, room)
    return numbered(problem, [*sets, rest] if rest else sets)
