"""Gridlock resolution as Bech and Soramäki state it: while somebody is short, take out the last payment of theirs."""

from __future__ import annotations

from simcore.lsm.base import Problem
from tests.reference.lsm_plain import one_set, plain

VARIANTS: list[dict[str, object]] = [{}]


def twin(problem: Problem, mechanism: object = None, *, treat: int = 0) -> list[int]:
    """The textbook form, which looks at the whole queue again after each removal; ``treat`` picks who of the short."""
    world = plain(problem)
    chosen = list(world.payments)
    while True:
        after = world.after(chosen)
        short = [account for account in world.accounts if after[account] < 0]
        if not short:
            return one_set(problem, chosen)
        account = short[treat % len(short)]
        chosen.remove([payment for payment in chosen if payment.debtor == account][-1])
