"""Payment splitting: what an account can pay of the first in its queue settles as a part, the rest follows later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simcore.engine.machine import Machine
from simcore.engine.spec import HopSpec
from simcore.kernels import constants as c
from simcore.results.audit import audit
from tests.reference.play import Step
from tests.reference.simple import CREDITOR, DEBTOR, OPEN, balances, day, outcomes, payment, rail, world
from tests.reference.twin import Twin
from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.towns import FX_TOWN, RING_TOWN, run_town, town

BOTH = pytest.mark.parametrize("kind", [Machine, Twin])
SPLITS = replace(rail(), splits=True)


def split(at: int, least: int = 1, rail: int = 0) -> Step:
    return Step(at, "split", rail, least - 1)


def moved(played: Any) -> list[tuple[int, str, int]]:
    """What became final, in its order: payment, kind, amount."""
    return [(row[0], c.KIND_NAMES[row[2]], row[5]) for row in played.rows("obligations") if row[8] != c.NONE]


@BOTH
@pytest.mark.parametrize("rule", [c.FIFO, c.PRIORITY, c.BYPASS], ids=["fifo", "priority", "bypass"])
def test_a_part_settles_and_the_rest_keeps_its_place(kind: type, rule: int) -> None:
    """A has 60 of the 100 it owes B. At 3 the 60 go; B's 45 at 5 let the 40 go, and 5 stay for the payment behind."""
    lines = [payment(1, "A>B", 100), payment(2, "A>B", 10, priority=1), payment(5, "B>A", 45)]
    spec = world([replace(SPLITS, rule=rule)], [[60, 0]])
    bypass = rule == c.BYPASS
    if bypass:  # the 10 fits and goes at once, so 50 are left for the part
        lines[1] = payment(2, "A>B", 61, priority=1)
    played = day(kind, spec, lines, [OPEN, split(3)])
    assert outcomes(played) == ["SETTLED_GROSS 5", "QUEUED_AT_END", "SETTLED_GROSS 5"]
    assert moved(played) == [(0, "part", 60), (2, "payment", 45), (0, "payment", 40)]
    assert balances(played) == [5, 55]


@BOTH
def test_less_than_the_smallest_part_does_not_go(kind: type) -> None:
    spec = world([SPLITS], [[2, 0]])
    assert moved(day(kind, spec, [payment(1, "A>B", 100)], [OPEN, split(3, least=3)])) == []
    assert moved(day(kind, spec, [payment(1, "A>B", 100)], [OPEN, split(3, least=2)])) == [(0, "part", 2)]


@BOTH
def test_accounts_come_in_their_order_so_a_later_one_pays_on_what_an_earlier_one_paid_it(kind: type) -> None:
    """A's 10 reach B, whose 10 go on to C in the same pass; C, who owes A just 5, is then released as ever."""
    lines = [payment(1, "A>B", 30), payment(1, "B>C", 30), payment(1, "C>A", 5)]
    played = day(kind, world([SPLITS], [[10, 0, 0]]), lines, [OPEN, split(3)])
    assert moved(played) == [(0, "part", 10), (1, "part", 10), (2, "payment", 5)]


TWO_RAILS = (
    HopSpec(rail=0, debtor=DEBTOR, creditor=(c.ROLE_PARTICIPANT, 2)),
    HopSpec(rail=1, debtor=(c.ROLE_PARTICIPANT, 2), creditor=CREDITOR),
)


@BOTH
def test_the_next_hop_begins_when_all_parts_are_there_and_with_the_whole_amount(kind: type) -> None:
    """A pays B 100 through C: 60 as a part, 40 once D has paid A."""
    spec = world([SPLITS, SPLITS], [[60, 0, 0, 40], [0, 0, 100, 0]], routes=(TWO_RAILS, TWO_RAILS[:1]))
    direct = replace(spec, routes=(TWO_RAILS, (HopSpec(rail=0, debtor=DEBTOR, creditor=CREDITOR),)))
    lines = [payment(1, "A>B", 100), payment(5, "D>A", 40, route=1)]
    played = day(kind, direct, lines, [OPEN, Step(0, "open", 1, 0), split(3)])
    assert moved(played) == [(0, "part", 60), (1, "payment", 40), (0, "payment", 40), (0, "payment", 100)]
    assert outcomes(played) == ["SETTLED_GROSS 5", "SETTLED_GROSS 5"]


@BOTH
def test_what_is_returned_at_the_end_of_the_day_gives_its_parts_back_first(kind: type) -> None:
    """On the second rail C has 70 of 100: the part comes back there, then the 100 on the first rail."""
    spec = world([SPLITS, SPLITS], [[100, 0, 0], [0, 0, 70]], routes=(TWO_RAILS,))
    script = [OPEN, Step(0, "open", 1, 0), split(3, rail=1), Step(6, "return_queued", 1, 0)]
    played = day(kind, spec, [payment(1, "A>B", 100)], script)
    assert moved(played) == [(0, "payment", 100), (0, "part", 70), (0, "return", 70), (0, "return", 100)]
    assert outcomes(played) == ["RETURNED_CUT_OFF 6"]
    assert balances(played) == [100, 0, 0, 0, 0, 70]


@BOTH
def test_what_is_exchanged_next_is_not_split(kind: type) -> None:
    """C deals; a part of a payment would have to be exchanged at a rate of its own."""
    rails = [SPLITS, replace(SPLITS, currency=1)]
    spec = world(rails, [[60, 0, 0], [0, 0, 100]], routes=(TWO_RAILS,), quotes=((2, 0, 1), (2, 1, 0)))
    assert moved(day(kind, spec, [payment(1, "A>B", 100)], [OPEN, split(3)])) == []


def test_a_ring_that_is_stuck_comes_loose_by_parts(tmp_path: Path) -> None:
    """A, B and C have 100, 50 and 20 and owe 150, 120 and 60 in a ring; the audit adds the parts up."""
    text = RING_TOWN.replace(
        'mechanisms = [{ use = "gridlock_resolution", every = "30 min", times = ["09:40"] }]',
        'split_every = "15 min"\nsplit_least = "10 SGD"',
    )
    payments = "".join(
        f"{who}-{whom},2026-03-02T10:00:00+08:00,{who},{whom},{amount},SGD\n"
        for who, whom, amount in (("A", "B", 150), ("B", "C", 120), ("C", "A", 60))
    )
    run = run_town(town(tmp_path, text, payments), tmp_path / "run")
    assert audit(run.path).ok
    assert {row["status"] for row in run.payments.to_pylist()} == {"SETTLED_GROSS"}
    parts = [(row["debtor"], row["amount_minor"]) for row in rows(run.obligations, kind="part")]
    assert parts[0] == ("A", 10_000)
    assert min(amount for _, amount in parts) >= 1_000


def test_a_part_of_the_second_currency_goes_back_when_the_day_ends(tmp_path: Path) -> None:
    """The dealer has SGD 10,000 and owes more; the customer's CNY aren't split, the dealer's SGD are, and come back."""
    text = FX_TOWN.replace(
        'sessions = [{ open = "09:00", close = "18:30" }]',
        'sessions = [{ open = "09:00", close = "18:30" }]\nsplit_every = "1 h"',
    ).replace('sessions = [{ open = "08:30", close = "17:15" }]',
              'sessions = [{ open = "08:30", close = "17:15" }]\nsplit_every = "1 h"')  # fmt: skip
    run = run_town(town(tmp_path, text, "one,2026-03-02T10:00:00+08:00,Payer,Payee,108000,CNY\n"), tmp_path / "run")
    assert audit(run.path).ok
    assert [(row["kind"], row["rail"], row["amount_minor"]) for row in run.obligations.to_pylist()][:3] == [
        ("payment", "HVPS", 10_789_200), ("spread", "HVPS", 10_800), ("part", "MEPS", 1_000_000),
    ]  # fmt: skip
    assert [row["status"] for row in run.payments.to_pylist()] == ["RETURNED_CUT_OFF"]
