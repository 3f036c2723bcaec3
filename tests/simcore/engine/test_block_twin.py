"""Blocks of shared ledgers against their plain-Python twin: every row and every account, on generated worlds."""

from __future__ import annotations

import pytest

from simcore.kernels import constants as c
from tests.reference.blocks import LedgerTwin
from tests.reference.compare import check_worlds
from tests.reference.play import play
from tests.reference.worlds import Rolled, make_ledger_case

WORLDS = 1_500


def test_blocks_do_what_the_rules_say() -> None:
    check_worlds(make_ledger_case, LedgerTwin, range(WORLDS))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(1, 11))
def test_blocks_do_what_the_rules_say_in_many_more(block: int) -> None:
    check_worlds(make_ledger_case, LedgerTwin, range(block * WORLDS, (block + 1) * WORLDS))


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
