"""Payment versus payment over links: against the plain-Python twin, and both legs final or neither, in any world."""

from __future__ import annotations

import pytest

from simcore.engine.machine import Machine
from simcore.kernels import constants as c
from tests.reference.compare import check_worlds
from tests.reference.links import LinkTwin
from tests.reference.play import Case, Played, play
from tests.reference.worlds import Rolled, make_link_case

WORLDS = 1_500


def test_links_do_what_the_rules_say() -> None:
    check_worlds(make_link_case, LinkTwin, range(WORLDS))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(1, 11))
def test_links_do_what_the_rules_say_in_many_more(block: int) -> None:
    check_worlds(make_link_case, LinkTwin, range(block * WORLDS, (block + 1) * WORLDS))


def real(case: Case, number: int, hop: int) -> bool:
    """Whether a hop moves money for a payment: its two roles are two participants."""
    it, paid = case.spec.routes[case.payments[number].route][hop], case.payments[number]

    def who(role: tuple[int, int]) -> int:
        kind, which = role
        return {
            c.ROLE_DEBTOR: paid.debtor,
            c.ROLE_CREDITOR: paid.creditor,
            c.ROLE_PARTICIPANT: which,
            c.ROLE_AGENT_OF_DEBTOR: case.spec.agents.get((which, paid.debtor), -1),
            c.ROLE_AGENT_OF_CREDITOR: case.spec.agents.get((which, paid.creditor), -1),
        }[kind]

    return who(it.debtor) != who(it.creditor)


def final_legs(case: Case, played: Played) -> list[tuple[tuple[int, int] | None, tuple[int, int] | None]]:
    """For each pair of each payment, (sequence, instant) of the finality of its two legs; None for a leg that isn't."""
    final = {
        (row[0], row[1]): (row[8], row[7])
        for row in played.rows("obligations")
        if row[2] == c.KIND_PAYMENT and row[8] != c.NONE
    }
    return [
        (final.get((number, hop)), final.get((number, hop + 1)))
        for number, paid in enumerate(case.payments)
        for hop, it in enumerate(case.spec.routes[paid.route])
        if it.link != c.NONE and real(case, number, hop) and real(case, number, hop + 1)
    ]


def test_both_legs_are_final_or_neither() -> None:
    """Whatever closes, cuts off, opens or returns at whatever instant: one number and one instant, or nothing."""
    together = apart = held = zero = 0
    for seed in range(3_000):
        case = make_link_case(Rolled(seed))
        played = play(case, Machine)
        for one, other in final_legs(case, played):
            assert one == other, f"seed {seed}"
            together += one is not None
            apart += one is None
        held += sum(row[9] == c.HELD_AT_END for row in played.rows("obligations"))
        zero += sum(row[9] == c.RETURNED_ZERO_AMOUNT for row in played.rows("obligations"))
    # Else the worlds would prove little.
    assert together > 200
    assert apart > 1_000
    assert held > 50
    assert zero > 50
