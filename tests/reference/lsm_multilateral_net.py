"""Multilateral netting with its three ways to treat a net debtor that can't pay."""

from __future__ import annotations

from simcore.lsm.base import Problem
from simcore.lsm.multilateral_net import MultilateralNet
from tests.reference.lsm_plain import one_set, plain

VARIANTS: list[dict[str, object]] = [{}, {"unwind": "participant"}, {"unwind": "latest"}]


def twin(problem: Problem, mechanism: MultilateralNet) -> list[int]:
    world = plain(problem)
    chosen = list(world.payments)
    while (short := world.worst(chosen)) is not None:
        if mechanism.unwind == "none":
            chosen = []
        elif mechanism.unwind == "participant":
            chosen = [payment for payment in chosen if short not in (payment.debtor, payment.creditor)]
        else:
            chosen.remove([payment for payment in chosen if payment.debtor == short][-1])
    return one_set(problem, chosen)
