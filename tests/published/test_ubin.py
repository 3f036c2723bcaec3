"""Gridlock cases that Project Ubin published for its phase 2 prototypes, with what settled and the closing balances.

Source: https://github.com/project-ubin/ubin-docs, UbinPhase2-Testing.pdf, sections given in ``ubin_cases.json``; its
section 2.4.2 and the overview's figure 2 by hand. Quorum's prototype is gridlock resolution. Corda's finds cycles of
banks and may bypass the queue order.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simcore.lsm.base import Mechanism, Problem
from simcore.lsm.bilateral_offset import BilateralOffset
from simcore.lsm.bounds import divisible_bound
from simcore.lsm.gridlock_resolution import GridlockResolution
from simcore.lsm.matching_cycles import MatchingCycles
from simcore.lsm.partial_netting import PartialNetting
from tests.simcore.lsm.instances import letters, problem

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("ubin_cases.json").read_text("utf-8"))["cases"]


def closing(given: Problem, mechanism: Mechanism) -> list[int]:
    settled = mechanism.select(given).settled
    funds = given.funds.copy()
    np.subtract.at(funds, given.debtor[settled], given.amount[settled])
    np.add.at(funds, given.creditor[settled], given.amount[settled])
    return funds.tolist()


@pytest.mark.parametrize(("mechanism", "prototype"), [(GridlockResolution(), "quorum"), (MatchingCycles(), "corda")])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_published_case(case: dict[str, Any], mechanism: Mechanism, prototype: str) -> None:
    given = problem(
        case["opening"],
        [("ABCDE".index(debtor), "ABCDE".index(creditor), n) for debtor, creditor, n in case["payments"]],
    )
    assert np.flatnonzero(mechanism.select(given).settled).tolist() == case["published_settled"][prototype]
    assert closing(given, mechanism) == case["published_closing"][prototype]


CASE_242 = letters(
    {"A": 5, "B": 6, "C": 7}, "A>B 8, B>C 7, C>A 9, A>B 20, B>A 7, A>B 40, B>C 80, C>B 10"
)  # fmt: skip


def test_case_2_4_2() -> None:
    assert np.flatnonzero(GridlockResolution().select(CASE_242).settled).tolist() == [0, 1, 2, 4]
    assert closing(CASE_242, GridlockResolution()) == [13, 0, 5]


@pytest.mark.parametrize(
    "mechanism",
    [PartialNetting(readd=True), PartialNetting(remove="smallest", readd=True), MatchingCycles(), BilateralOffset()],
)
def test_no_mechanism_beats_the_published_optimum_of_case_2_4_2(mechanism: Mechanism) -> None:
    assert int(CASE_242.amount[mechanism.select(CASE_242).settled].sum()) <= 43 <= divisible_bound(CASE_242)


def test_figure_2_of_the_overview() -> None:
    given = letters({"1": 50, "2": 100, "3": 20}, "1>2 100, 2>3 130, 3>1 50")
    assert closing(given, GridlockResolution()) == [0, 70, 100]


def test_the_unit_test_of_the_corda_prototype() -> None:
    """B>C 2 stands in no cycle, so the cycles alone can't settle C>D; gridlock resolution gets the published result."""
    given = letters({"A": 4, "B": 5, "C": 2, "D": 5}, "A>B 5, B>A 4, B>C 2, C>D 6, D>C 3")
    assert closing(given, GridlockResolution()) == [3, 4, 1, 8]
    assert MatchingCycles().select(given).set_of.tolist() == [0, 0, -1, -1, -1]


def test_the_unit_test_of_the_fabric_prototype() -> None:
    given = letters({"A": 1000, "B": 0}, "A>B 5000, B>A 4000")
    assert GridlockResolution().select(given).settled.all()
    assert BilateralOffset().select(given).set_of.tolist() == [0, 0]


def test_three_rings_without_enough_money() -> None:
    """PSSimPy's test leaves all nine payments queued, first-in, first-out or by priority; together they are a gridlock.

    Source: https://github.com/KennethSee/PSSimPy, tests/test_basic_sim.py, several days: three banks with 50 each.
    """
    rings = ", ".join(f"1>2 {amount}, 2>3 {amount}, 3>1 {amount}" for amount in (100, 200, 300))
    given = letters({"1": 50, "2": 50, "3": 50}, rings)
    assert (given.amount > given.funds[given.debtor]).all()
    assert not BilateralOffset(alone=True).select(given).settled.any()
    assert GridlockResolution().select(given).set_of.tolist() == [0] * 9
    assert closing(given, GridlockResolution()) == [50, 50, 50]
    assert MatchingCycles().select(given).settled.all()
