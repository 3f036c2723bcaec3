"""Links between instant payment systems against their plain-Python twin, and what they promise, on generated worlds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.engine.machine import Machine
from simcore.kernels import constants as c
from tests.reference.compare import against, check_worlds
from tests.reference.play import Buffers, Case, play
from tests.reference.twin import Twin
from tests.reference.worlds import Drawn, Rolled, buffers, make_linked_case

WORLDS = 600


@st.composite
def linked_cases(draw: object) -> Case:
    return make_linked_case(Drawn(draw))  # type: ignore[arg-type]


@given(case=linked_cases(), sizes=buffers())
def test_links_do_what_the_rules_say(case: Case, sizes: Buffers) -> None:
    assert not against(Twin, case, sizes)


def test_links_do_what_the_rules_say_in_full_worlds() -> None:
    check_worlds(make_linked_case, Twin, range(WORLDS))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(1, 11))
def test_links_do_what_the_rules_say_in_many_more(block: int) -> None:
    check_worlds(make_linked_case, Twin, range(block * WORLDS, (block + 1) * WORLDS))


@given(case=linked_cases(), sizes=buffers())
def test_what_goes_back_leaves_every_position_as_it_was(case: Case, sizes: Buffers) -> None:
    """No funding, no closing: every payment by a link that fails is back at the instant of its failure, in full."""
    case = replace(case, script=tuple(step for step in case.script if step.what in ("open", "quote", "new_day")))
    played = play(case, Machine, sizes)
    linked = {route for link in case.spec.instant_links for route in link.routes}
    route_of = dict(enumerate(payment.route for payment in case.payments))
    rows = played.rows("obligations")
    expected = [row.opening for row in case.spec.accounts]
    held = [row.reserved for row in case.spec.accounts]
    for payment_id, received, _, completed, _, _ in played.rows("payments"):
        mine = [row for row in rows if row[0] == payment_id]
        change: dict[int, int] = {}
        for _, _, kind, debit, credit, amount, _, settled_at, sequence, *_ in mine:
            if sequence >= 0:
                change[debit] = change.get(debit, 0) - amount
                change[credit] = change.get(credit, 0) + amount
            if kind == c.KIND_RETURN and route_of[payment_id] in linked:
                assert settled_at == completed == max(row[6] for row in mine)
        if received < 0 and route_of[payment_id] in linked:
            assert not any(change.values())
        for account, moved in change.items():
            expected[account] += moved
    _, _, accounts, _, _ = played.seen[-1]
    assert [row[2] for row in accounts] == expected
    assert [row[4] for row in accounts] == held  # nothing is held any more


def test_worlds_have_what_links_are_about() -> None:
    """The generated worlds run out of time, quotes and limits; else the comparison above would prove little."""
    statuses: dict[int, int] = {}
    returned = 0
    for seed in range(400):
        played = play(make_linked_case(Rolled(seed)), Twin)
        for row in played.rows("payments"):
            statuses[row[4]] = statuses.get(row[4], 0) + 1
        returned += sum(row[2] == c.KIND_RETURN for row in played.rows("obligations"))
    for status in (c.REJECTED_TIME_LIMIT, c.REJECTED_QUOTE, c.REJECTED_DAY_LIMIT, c.REJECTED_PROXY):
        assert statuses.get(status, 0) > 15, (status, statuses)
    assert returned > 300
