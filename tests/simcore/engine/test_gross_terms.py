"""What a gross rail may add to its queue rule, as small tables: a level of bypass, urgent classes, receipts, force."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simcore.engine.machine import Machine
from simcore.kernels import constants as c
from simcore.results.audit import audit
from tests.reference.play import Step
from tests.reference.simple import OPEN, day, outcomes, payment, rail, world
from tests.reference.twin import Twin
from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.towns import RING_TOWN, run_town, town

BOTH = pytest.mark.parametrize("kind", [Machine, Twin])
PRIORITY = rail(rule=c.PRIORITY)


def holding(spec: Any, **held: int) -> Any:
    """The world with something held back in A's account."""
    return replace(spec, accounts=(replace(spec.accounts[0], **held), *spec.accounts[1:]))


@BOTH
def test_a_priority_queue_is_bypassed_once_so_many_are_queued_and_no_longer_when_fewer_are(kind: type) -> None:
    """A has 20. Its 100 blocks the 10 and the 5 until a third is queued; then both go past it."""
    lines = [payment(1, "A>B", 100), payment(2, "A>B", 10), payment(3, "A>B", 5), payment(4, "A>B", 2)]
    level = replace(PRIORITY, bypass_above=3)
    assert outcomes(day(kind, world([PRIORITY], [[20, 0]]), lines)) == ["QUEUED_AT_END"] * 4
    # At 3 the third is queued: the 10 goes. Two are left, so the 5 stays; at 4 the third is queued again: the 5 goes.
    assert outcomes(day(kind, world([level], [[20, 0]]), lines)) == [
        "QUEUED_AT_END", "SETTLED_GROSS 3", "SETTLED_GROSS 4", "QUEUED_AT_END",
    ]  # fmt: skip


@BOTH
@pytest.mark.parametrize("rule", [c.PRIORITY, c.BYPASS], ids=["priority", "bypass"])
def test_what_is_held_for_urgent_obligations_is_used_up_by_them(kind: type, rule: int) -> None:
    """A has 100 and holds 40 for highly urgent (priority 0) and 30 for urgent ones (up to 1)."""
    terms = replace(rail(rule=rule), highly_urgent=0, urgent=1)
    spec = holding(world([terms], [[100, 0]]), held_highly_urgent=40, held_urgent=30)
    lines = [
        payment(1, "A>B", 31, priority=5),  # 30 are free for it
        payment(2, "A>B", 61, priority=1),  # 60 are free for it
        payment(3, "A>B", 50, priority=0),  # pays from everything and uses up the 40
        payment(4, "A>B", 50, priority=1),  # the 50 left are all free for urgent ones
    ]
    settled = "SETTLED_GROSS 4" if rule == c.BYPASS else "QUEUED_AT_END"  # behind the 61, which is as urgent
    assert outcomes(day(kind, spec, lines)) == ["QUEUED_AT_END", "QUEUED_AT_END", "SETTLED_GROSS 3", settled]


@BOTH
def test_balance_reactive_release_keeps_the_threshold_for_urgent_obligations(kind: type) -> None:
    """A has 100 and pays what isn't urgent only while 40 stay."""
    spec = holding(world([replace(PRIORITY, urgent=0)], [[100, 0]]), held_urgent=40)
    lines = [payment(1, "A>B", 60, priority=5), payment(2, "A>B", 1, priority=5), payment(3, "A>B", 40, priority=0)]
    assert outcomes(day(kind, spec, lines)) == ["SETTLED_GROSS 1", "QUEUED_AT_END", "SETTLED_GROSS 3"]


@BOTH
def test_receipt_reactive_release_pays_from_what_came_in_and_not_from_the_balance(kind: type) -> None:
    """A has 100 and yet waits until B has paid it; urgent obligations don't wait."""
    terms = replace(PRIORITY, urgent=0, receipts=True)
    lines = [
        payment(1, "A>B", 30, priority=5),
        payment(2, "A>B", 10, priority=0),  # urgent: from the balance
        payment(3, "B>A", 20, priority=0),  # 20 came in: not enough
        payment(4, "B>A", 20, priority=0),  # 40 came in: the 30 goes, 10 are left
        payment(5, "A>B", 11, priority=5),
        payment(6, "A>B", 10, priority=5),
    ]
    expected = [f"SETTLED_GROSS {at}" for at in (4, 2, 3, 4)] + ["QUEUED_AT_END", "QUEUED_AT_END"]
    spec = world([terms], [[100, 100]])
    assert outcomes(day(kind, spec, lines)) == expected
    # With a new window at 4, before anything of that instant, the first 20 count no longer.
    expected[0] = "QUEUED_AT_END"
    assert outcomes(day(kind, spec, lines, [OPEN, Step(4, "reset_receipts", 0, 0)])) == expected


RING = 'mechanisms = [{ use = "gridlock_resolution", every = "30 min", times = ["09:40"] }]'
ISSUER = """[participants.MAS]
name = "MAS"
kind = "central_bank"
country = "SG"

[accounts.RTGS]
MAS = { opening = "0 SGD", debit_limit = "unlimited" }
"""
FORCED = (
    RING_TOWN.replace("days = 1", "days = 2")
    .replace(RING, 'end_of_day = "force"\nlender = "MAS"')
    .replace("[accounts.RTGS]\n", ISSUER)
)
POORER = FORCED.replace('"50 SGD"', '"30 SGD"')


def test_the_end_of_the_day_can_be_forced_with_overnight_credit_that_is_paid_back(tmp_path: Path) -> None:
    """A has 100, owes 150 and gets 60 in the set that settles at closing: it lacks nothing. C has 20 and owes 60."""
    payments = (
        "one,2026-03-02T10:00:00+08:00,A,B,150,SGD\n"
        "two,2026-03-02T10:01:00+08:00,C,A,60,SGD\n"
        "three,2026-03-03T10:00:00+08:00,B,A,55,SGD\n"
    )
    run = run_town(town(tmp_path, FORCED, payments), tmp_path / "run")
    credit, repayment = rows(run.obligations, kind="credit"), rows(run.obligations, kind="repayment")
    assert [(row["debtor"], row["creditor"], row["amount_minor"]) for row in credit] == [("MAS", "C", 4000)]
    assert not repayment  # C has nothing on the second morning
    assert [row["status"] for row in run.payments.to_pylist()] == ["SETTLED_OFFSET", "SETTLED_OFFSET", "SETTLED_GROSS"]
    assert rows(run.cycles)[0]["mechanism"] == "forced"
    assert audit(run.path).ok


def test_overnight_credit_is_paid_back_at_the_next_opening_as_far_as_balances_go(tmp_path: Path) -> None:
    """B has 30 and owes 60, so 30 are lent; on the second day A pays it 25, which go to the lender on the third."""
    payments = (
        "two,2026-03-02T10:01:00+08:00,C,A,60,SGD\n"
        "one,2026-03-02T10:02:00+08:00,B,C,60,SGD\n"
        "late,2026-03-03T11:00:00+08:00,A,B,25,SGD\n"
    )
    run = run_town(town(tmp_path, POORER.replace("days = 2", "days = 3"), payments), tmp_path / "run")
    assert [(row["creditor"], row["amount_minor"]) for row in rows(run.obligations, kind="credit")] == [("B", 3000)]
    back = rows(run.obligations, kind="repayment")
    assert [(row["debtor"], row["creditor"], row["amount_minor"]) for row in back] == [("B", "MAS", 2500)]
    assert audit(run.path).ok
