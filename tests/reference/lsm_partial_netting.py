"""Partial netting with re-adding: the greedy rule."""

from __future__ import annotations

from simcore.lsm.base import Problem
from simcore.lsm.partial_netting import PartialNetting
from tests.reference.lsm_plain import one_set, plain, smallest_covering

VARIANTS: list[dict[str, object]] = [
    {"remove": remove, "readd": readd} for remove in ("last", "smallest") for readd in (False, True)
]


def twin(problem: Problem, mechanism: PartialNetting) -> list[int]:
    world = plain(problem)
    chosen = list(world.payments)
    while (short := world.worst(chosen)) is not None:
        own = [payment for payment in chosen if payment.debtor == short]
        after = world.after(chosen)
        chosen.remove(own[-1] if mechanism.remove == "last" else smallest_covering(own, -after[short]))
    found = mechanism.readd
    while found:
        found = False
        for payment in world.payments:
            if payment not in chosen and world.feasible([*chosen, payment]):
                chosen.append(payment)
                found = True
    return one_set(problem, chosen)
