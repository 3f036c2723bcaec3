"""The compiled loop against its plain-Python twin: every row and every account, on generated worlds."""

from __future__ import annotations

from hypothesis import given, settings

from simcore.engine.machine import Machine
from tests.reference.twin import Twin
from tests.reference.worlds import Buffers, Case, buffers, cases, play

EXAMPLES = settings().max_examples


def assert_same(case: Case, sizes: Buffers) -> None:
    """Machine and twin agree after each control step, and in every row of both tables."""
    compiled, plain = play(case, Machine, sizes), play(case, Twin)
    for ours, theirs in zip(compiled.seen, plain.seen, strict=True):
        assert ours == theirs
    for table in ("obligations", "payments"):
        assert compiled.rows(table) == plain.rows(table)
        assert not compiled.rows(table) or compiled.columns(table) == plain.columns(table)


@settings(max_examples=EXAMPLES * 30)
@given(case=cases(), sizes=buffers)
def test_the_compiled_loop_does_what_the_rules_say(case: Case, sizes: Buffers) -> None:
    assert_same(case, sizes)
