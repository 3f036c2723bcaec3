"""The compiled loop against its plain-Python twin: every row and every account, on thousands of generated worlds."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given

from simcore.engine.machine import Machine
from tests.reference.compare import against, check_worlds, difference
from tests.reference.play import Buffers, Case, play
from tests.reference.twin import Twin
from tests.reference.worlds import Rolled, buffers, cases, make_case

BLOCK = 2_500


@given(case=cases(), sizes=buffers())
def test_the_compiled_loop_does_what_the_rules_say(case: Case, sizes: Buffers) -> None:
    assert not against(Twin, case, sizes)


@pytest.mark.parametrize("block", range(4))
def test_the_compiled_loop_does_what_the_rules_say_in_full_worlds(block: int) -> None:
    check_worlds(make_case, Twin, range(block * BLOCK, (block + 1) * BLOCK))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4, 44))
def test_the_compiled_loop_does_what_the_rules_say_in_many_more(block: int) -> None:
    check_worlds(make_case, Twin, range(block * BLOCK, (block + 1) * BLOCK))


def test_no_result_depends_on_sizes_of_buffers_or_batches() -> None:
    """Slots that must grow, logs that fill at once, hops in flight in lanes or not, demand in one batch or many."""
    some = [Buffers(*sizes) for sizes in product((1, 64), (8, 512), (True, False), (1, 7, 1000))]
    for seed in range(1_000_000, 1_000_060):
        case = make_case(Rolled(seed))
        first, *others = (play(case, Machine, sizes) for sizes in some)
        for sizes, other in zip(some[1:], others, strict=True):
            assert not difference(first, other), f"seed {seed}, {sizes}"
