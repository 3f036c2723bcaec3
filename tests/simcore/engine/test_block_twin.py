"""Blocks of shared ledgers against their plain-Python twin: every row and every account, on generated worlds."""

from __future__ import annotations

from functools import partial

import pytest

from simcore.engine.machine import Machine
from simcore.kernels import constants as c
from tests.reference.blocks import LedgerTwin
from tests.reference.compare import difference, explain
from tests.reference.play import Buffers, Case, play
from tests.reference.worlds import Rolled, make_buffers, make_ledger_case

WORLDS = 1_500


def against_the_twin(case: Case, sizes: Buffers) -> str:
    """How the loop with these sizes differs from the twin."""
    return difference(play(case, Machine, sizes), play(case, LedgerTwin))


def check(first: int, worlds: int) -> None:
    for seed in range(first, first + worlds):
        choose = Rolled(seed)
        case, sizes = make_ledger_case(choose), make_buffers(choose)
        fault = explain(case, partial(against_the_twin, sizes=sizes))
        assert not fault, f"seed {seed}, {sizes}: {fault}"


def test_blocks_do_what_the_rules_say() -> None:
    check(0, WORLDS)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(1, 11))
def test_blocks_do_what_the_rules_say_in_many_more(block: int) -> None:
    check(block * WORLDS, WORLDS)


def test_worlds_have_what_blocks_are_about() -> None:
    """The generated worlds settle pairs of legs, sets, and refuse; else the comparison above would prove little."""
    statuses: set[int] = set()
    pairs = 0
    for seed in range(300):
        played = play(make_ledger_case(Rolled(seed)), LedgerTwin)
        rows = played.rows("obligations")
        statuses |= {row[9] for row in rows}
        of = [(row[0], row[8]) for row in rows if row[8] >= 0 and row[2] == c.KIND_PAYMENT]
        pairs += len(of) - len(set(of))
    assert {c.SETTLED_GROSS, c.SETTLED_OFFSET, c.REJECTED_LIMIT, c.REJECTED_INSUFFICIENT_FUNDS} <= statuses
    assert pairs > 100
