"""The least and the most amount of a rail, as small tables: what is outside is rejected and goes back hop by hop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simcore.engine.build import build_world
from simcore.engine.machine import Machine
from simcore.engine.spec import HopSpec
from simcore.kernels import constants as c
from simcore.results.audit import audit
from tests.reference.play import Step, play
from tests.reference.simple import CREDITOR, DEBTOR, OPEN, balances, day, outcomes, payment, rail, world
from tests.reference.twin import Twin
from tests.reference.worlds import Rolled, make_case
from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.towns import CIPS_TOWN, FX_TOWN, RING_TOWN, run_town, town

BOTH = pytest.mark.parametrize("kind", [Machine, Twin])
MIDDLE = (c.ROLE_PARTICIPANT, 2)
TWO_RAILS = (HopSpec(rail=0, debtor=DEBTOR, creditor=MIDDLE), HopSpec(rail=1, debtor=MIDDLE, creditor=CREDITOR))
BOTH_OPEN = [OPEN, Step(0, "open", 1, 0)]


def bounded(least: int = 0, most: int = c.NEVER, discipline: int = c.GROSS, **more: Any) -> Any:
    """A rail that takes amounts from ``least`` to ``most``."""
    return replace(rail(discipline, **more), least_amount=least, most_amount=most)


@BOTH
@pytest.mark.parametrize(
    ("amount", "outcome"),
    [
        (1, "REJECTED_LIMIT 1"),
        (9, "REJECTED_LIMIT 1"),
        (10, "SETTLED_GROSS 1"),  # both bounds belong to what is taken
        (50, "SETTLED_GROSS 1"),
        (51, "REJECTED_LIMIT 1"),
        (500, "REJECTED_LIMIT 1"),  # A couldn't pay it either; the amount is looked at first
    ],
)
@pytest.mark.parametrize("discipline", [c.GROSS, c.INSTANT], ids=["gross", "instant"])
def test_a_rail_that_takes_10_to_50(kind: type, discipline: int, amount: int, outcome: str) -> None:
    played = day(kind, world([bounded(10, 50, discipline)], [[100, 0]]), [payment(1, "A>B", amount)])
    assert outcomes(played) == [outcome]
    paid = amount if outcome.startswith("SETTLED") else 0
    assert balances(played) == [100 - paid, paid]


@BOTH
def test_a_net_rail_does_not_collect_what_is_too_small(kind: type) -> None:
    """The 9 is rejected when it arrives; the 10 is in the cycle at 5."""
    lines = [payment(1, "A>B", 9), payment(2, "A>B", 10)]
    played = day(kind, world([bounded(10, discipline=c.COLLECT)], [[100, 0]]), lines, [OPEN, Step(5, "cycle", 0, 0)])
    assert outcomes(played) == ["REJECTED_LIMIT 1", "SETTLED_NET 5"]


@BOTH
def test_what_a_later_rail_refuses_goes_back_on_the_first(kind: type) -> None:
    """A pays B through C. The 9 is settled on the first rail, refused by the second, and is with A again at once."""
    spec = world([rail(), bounded(10)], [[100, 0, 0], [0, 0, 100]], routes=(TWO_RAILS,))
    played = day(kind, spec, [payment(1, "A>B", 9), payment(2, "A>B", 10)], BOTH_OPEN)
    assert outcomes(played) == ["REJECTED_LIMIT 1", "SETTLED_GROSS 2"]
    assert balances(played) == [90, 0, 10, 0, 10, 90]
    mine = [(row[1], c.KIND_NAMES[row[2]], row[5], c.STATUS_NAMES[row[9]])
            for row in played.rows("obligations") if row[0] == 0]  # fmt: skip
    assert mine == [
        (0, "payment", 9, "SETTLED_GROSS"),
        (1, "payment", 9, "REJECTED_LIMIT"),
        (0, "return", 9, "SETTLED_GROSS"),
    ]


@BOTH
def test_a_fee_may_take_the_rest_below_the_bound_of_the_next_rail(kind: type) -> None:
    """10 less a fee of 1 is 9, which the second rail refuses; 11 less 1 is 10."""
    route = (replace(TWO_RAILS[0], fee_fixed=1), TWO_RAILS[1])
    spec = world([bounded(10), bounded(10)], [[100, 0, 0], [0, 0, 100]], routes=(route,))
    played = day(kind, spec, [payment(1, "A>B", 10), payment(2, "A>B", 11)], BOTH_OPEN)
    assert outcomes(played) == ["REJECTED_LIMIT 1", "SETTLED_GROSS 2"]
    assert balances(played) == [89, 0, 11, 0, 10, 90]


@BOTH
def test_a_closed_rail_looks_at_amounts_when_it_opens_unless_it_turns_all_away(kind: type) -> None:
    opens = [Step(5, "open", 0, 0)]
    lines = [payment(1, "A>B", 9)]
    assert outcomes(day(kind, world([bounded(10)], [[100, 0]]), lines, opens)) == ["REJECTED_LIMIT 5"]
    turned_away = bounded(10, when_closed=c.RETURN)
    assert outcomes(day(kind, world([turned_away], [[100, 0]]), lines, opens)) == ["RETURNED_CLOSED 1"]


@BOTH
def test_parts_count_as_the_whole_and_come_back_whatever_they_are(kind: type) -> None:
    """The rail takes 80 and more. Of the 100 that A owes, 60 go as a part; at the end of the day these 60 come back."""
    spec = world([replace(bounded(80), splits=True)], [[60, 0]])
    steps = [OPEN, Step(3, "split", 0, 0), Step(9, "return_queued", 0, 0)]
    played = day(kind, spec, [payment(1, "A>B", 100)], steps)
    kinds = [(c.KIND_NAMES[row[2]], row[5], c.STATUS_NAMES[row[9]]) for row in played.rows("obligations")]
    assert kinds == [
        ("part", 60, "SETTLED_GROSS"),
        ("payment", 40, "RETURNED_CUT_OFF"),
        ("return", 60, "SETTLED_GROSS"),
    ]
    assert balances(played) == [60, 0]


def test_only_hops_on_rails_with_bounds_are_looked_at() -> None:
    """So a rail without bounds keeps the short path of the loop, and nothing is asked of what reaches it."""
    direct = tuple((HopSpec(rail=k, debtor=DEBTOR, creditor=CREDITOR),) for k in range(3))
    spec = world([rail(), bounded(10), bounded(most=50)], [[1, 1]] * 3, routes=direct)
    hops = build_world(spec).hops
    assert hops["alone"].tolist() == [1, 0, 0]
    assert hops["tests"].tolist() == [0, c.BOUNDED, c.BOUNDED]


def test_generated_worlds_refuse_amounts_on_first_and_later_hops() -> None:
    """Else the comparison of the loop with its twin would prove little about bounds."""
    refused = {0: 0, 1: 0}
    for seed in range(200):
        for row in play(make_case(Rolled(seed)), Twin).rows("obligations"):
            if row[9] == c.REJECTED_LIMIT:
                refused[min(row[1], 1)] += 1
    assert min(refused.values()) > 20


def test_funding_and_sweeps_may_be_of_any_amount(tmp_path: Path) -> None:
    """HVPS takes 10 mn and more, yet 4 mn and 1 mn fund CIPS over it, and go back in the evening."""
    payments = "one,2026-03-02T09:00:00+08:00,East,West,3000000,CNY\n"
    run = run_town(town(tmp_path, CIPS_TOWN, payments), tmp_path / "run", set=["rails.HVPS.least_amount=10 mn CNY"])
    assert {row["status"] for row in rows(run.payments)} == {"SETTLED_GROSS"}
    moved = [(row["kind"], row["amount_minor"]) for row in rows(run.obligations, rail="HVPS")]
    assert ("funding", 400_000_000) in moved
    assert any(kind == "sweep" and amount < 1_000_000_000 for kind, amount in moved)
    assert audit(tmp_path / "run").ok


def test_the_bounds_of_the_second_currency_send_the_money_back_through_the_dealer(tmp_path: Path) -> None:
    """5,400 CNY buy about 999 SGD, which MEPS refuses below 1,000: the yuan come back; 54,000 CNY go through.

    HVPS takes 5,400 CNY and more: that counts with the dealer's spread, which stands in a row of its own.
    """
    payments = (
        "small,2026-03-02T10:00:00+08:00,Payer,Payee,5400,CNY\nlarge,2026-03-02T10:01:00+08:00,Payer,Payee,54000,CNY\n"
    )
    run = run_town(town(tmp_path, FX_TOWN, payments), tmp_path / "run",
                   set=["rails.MEPS.least_amount=1000 SGD", "rails.HVPS.least_amount=5400 CNY"])  # fmt: skip
    assert [row["status"] for row in rows(run.payments)] == ["REJECTED_LIMIT", "SETTLED_GROSS"]
    (back,) = rows(run.obligations, kind="return")
    assert (back["rail"], back["creditor"], back["amount_minor"]) == ("HVPS", "Payer", 540_000)
    assert audit(tmp_path / "run").ok


def test_an_offsetting_mechanism_never_sees_what_is_refused(tmp_path: Path) -> None:
    """A ring of three that only nets, and a fourth payment that is too large for the rail."""
    payments = "".join(
        f"{name},2026-03-02T09:10:00+08:00,{who},{amount},SGD\n"
        for name, who, amount in (("a", "A,B", 150), ("b", "B,C", 150), ("c", "C,A", 150), ("d", "A,B", 151))
    )
    run = run_town(town(tmp_path, RING_TOWN, payments), tmp_path / "run", set=["rails.RTGS.most_amount=150 SGD"])
    assert sorted(row["status"] for row in rows(run.payments)) == ["REJECTED_LIMIT"] + ["SETTLED_OFFSET"] * 3
    assert audit(tmp_path / "run").ok
