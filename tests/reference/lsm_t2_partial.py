"""TARGET2's partial algorithm with limits, from the sentence of the legal text."""

from __future__ import annotations

from simcore.lsm.base import Problem
from simcore.lsm.t2_partial import T2Partial
from tests.reference.lsm_plain import Payment, Plain, one_set, plain

# Accounts 0 and 1 are in every problem of the suite.
VARIANTS: list[dict[str, object]] = [
    {},
    {"limits": ((0, 1, 2), (1, -1, 3))},
    {"limits": ((0, 1, 0), (0, -1, 4), (1, 0, 5), (1, -1, 0))},
]

Room = dict[tuple[int, int], int]


def rule(room: Room, account: int, towards: int) -> tuple[int, int] | None:
    """The limit of an account that payments to another count against."""
    return next((key for key in ((account, towards), (account, -1)) if key in room), None)


def left(room: Room, chosen: list[Payment]) -> Room:
    """Room under every limit after these payments."""
    room = dict(room)
    for payment in chosen:
        if (key := rule(room, payment.debtor, payment.creditor)) is not None:
            room[key] -= payment.amount
        if (key := rule(room, payment.creditor, payment.debtor)) is not None:
            room[key] += payment.amount
    return room


def breaks(world: Plain, room: Room, chosen: list[Payment], account: int) -> bool:
    """Whether an account is short or over a limit of its own."""
    over = any(value < 0 for (holder, _), value in left(room, chosen).items() if holder == account)
    return over or world.after(chosen)[account] < 0


def largest(world: Plain, room: Room) -> list[Payment]:
    """The set that is left when nobody breaks a rule any more."""
    chosen = list(world.payments)
    while True:
        after = world.after(chosen)
        broken = [account for account in world.accounts if breaks(world, room, chosen, account)]
        if not broken:
            return chosen
        account = min(broken, key=lambda i: (after[i], i))
        chosen.remove([payment for payment in chosen if payment.debtor == account][-1])


def twin(problem: Problem, mechanism: T2Partial) -> list[int]:
    room = {(account, towards): limit for account, towards, limit in mechanism.limits}
    return one_set(problem, largest(plain(problem), room))
