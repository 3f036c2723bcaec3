"""All or nothing, as it says."""

from __future__ import annotations

from simcore.lsm.base import Problem
from tests.reference.lsm_plain import one_set, plain

VARIANTS: list[dict[str, object]] = [{}]


def twin(problem: Problem, mechanism: object) -> list[int]:
    world = plain(problem)
    return one_set(problem, world.payments if world.feasible(world.payments) else [])
