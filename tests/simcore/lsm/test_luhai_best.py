"""luhai_best where the answer is known, beside the greedy rule, and against its own loops without a compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.netting_instances import FAMILIES, make
from simcore.errors import ScenarioError
from simcore.lsm.base import Problem, Selection
from simcore.lsm.luhai_best import LuhaiBest
from simcore.lsm.partial_netting import PartialNetting
from tests.simcore.lsm.instances import letters, problem

ROOT = Path(__file__).resolve().parents[3]

# Proven by HiGHS to a relative gap of 1e-5 (benchmarks/best_study.py --solve), in minor units.
OPTIMA: dict[tuple[str, int, int, int], int] = {
    ("uniform", 50, 300, 2): 12_567_706_715,
    ("core_periphery", 50, 300, 2): 3_099_876_075,
    ("core_periphery_poor", 20, 200, 1): 2_870_692_034,
    ("rings", 10, 200, 1): 1_051_964_334,
    ("zero_funds", 20, 200, 2): 168_100_000_000,
    ("day_queue", 20, 200, 3): 1_346_191_910,
}


def value(given: Problem, selection: Selection) -> int:
    return int(given.amount[selection.settled].sum())


def greedy(given: Problem) -> int:
    return value(given, PartialNetting(remove="smallest", readd=True).select(given))


@pytest.mark.parametrize(
    ("funds", "payments", "best"),
    [
        # Ubin's functional cases 2.2.2, 2.2.3 and 2.4.2: the optimum of the last two passes over a head that blocks.
        ({"A": 10, "B": 8}, "A>B 20, B>A 15, A>B 30, A>B 15, B>A 80", 35),
        ({"A": 10, "B": 8}, "A>B 20, B>A 15, A>B 30, B>A 12, A>B 15, B>A 80", 62),
        ({"A": 5, "B": 6, "C": 7}, "A>B 8, B>C 7, C>A 9, A>B 20, B>A 7, A>B 40, B>C 80, C>B 10", 43),
        # A ring settles only as a whole, and with no money at all only if it is even.
        ({"A": 0, "B": 0, "C": 0}, "A>B 5, B>C 5, C>A 5", 15),
        ({"A": 0, "B": 0, "C": 0}, "A>B 5, B>C 6, C>A 5", 0),
        # 7 + 5 against 12: two payments together cover what neither does.
        ({"A": 0, "B": 0}, "A>B 12, B>A 7, B>A 5, B>A 6", 24),
        # The large payment can never be funded and must not be in the way.
        ({"A": 3, "B": 0}, "A>B 1000, A>B 3, B>A 2", 5),
    ],
)
def test_small_cases_are_solved_and_proven(funds: dict[str, int], payments: str, best: int) -> None:
    given = letters(funds, payments)
    selection = LuhaiBest().select(given)
    assert value(given, selection) == best
    assert selection.facts["proven"]


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_never_below_the_greedy_rule_and_never_above_the_bound(family: str) -> None:
    for banks, payments in ((10, 100), (40, 400), (30, 1500)):
        given = make(family, banks, payments, 3)
        selection = LuhaiBest(steps=2_000_000).select(given)
        assert greedy(given) <= value(given, selection) <= selection.facts["bound"]


@pytest.mark.parametrize("key", list(OPTIMA), ids=str)
def test_it_comes_close_to_the_proven_optimum(key: tuple[str, int, int, int]) -> None:
    given = make(*key)
    selection = LuhaiBest(steps=30_000_000).select(given)
    assert 0.97 * OPTIMA[key] <= value(given, selection) <= (1 + 1e-5) * OPTIMA[key]


def test_more_steps_are_taken_only_where_something_is_left_to_find() -> None:
    given = make("rings", 20, 200, 1)
    taken = [LuhaiBest(steps=steps).select(given).facts["steps"] for steps in (0, 1_000_000, 4_000_000)]
    assert taken[0] < 100_000, "without steps there is the greedy set and the bound, no search"
    for steps, limit in zip(taken[1:], (1_000_000, 4_000_000)):
        assert limit <= steps <= limit + 1_000_000
    assert value(given, LuhaiBest(steps=0).select(given)) == greedy(given)


def test_seeds_differ_and_each_repeats_itself() -> None:
    given = make("day_queue", 30, 400, 2)
    sets = [tuple(LuhaiBest(steps=1_000_000, seed=seed).select(given).set_of) for seed in (1, 2, 1)]
    assert sets[0] == sets[2]
    assert sets[0] != sets[1]


def test_it_does_not_matter_what_money_is_counted_in() -> None:
    """Every amount a thousand times as large: the same set, though draws by amount see other numbers."""
    given = make("zero_funds", 10, 60, 1)
    scaled = Problem(
        funds=given.funds * 1000, debtor=given.debtor, creditor=given.creditor, amount=given.amount * 1000,
        priority=given.priority, entered_at=given.entered_at,
    )  # fmt: skip
    first, second = LuhaiBest().select(given), LuhaiBest().select(scaled)
    assert first.facts["proven"]
    assert second.facts["proven"]
    assert 1000 * value(given, first) == value(scaled, second)


def test_great_funds_and_amounts_near_2_to_the_62_do_not_overflow() -> None:
    great = 2**61 - 5
    given = problem([2**62, 0, 2**62], [(0, 1, great), (1, 0, great - 9), (1, 2, 3)])
    selection = LuhaiBest().select(given)
    assert selection.set_of.tolist() == [0, 0, 0]
    assert selection.facts["proven"]


@pytest.mark.parametrize("wrong", [{"steps": -1}, {"seed": -1}, {"seed": 2**63}])
def test_impossible_parameters_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ScenarioError, match="luhai_best"):
        LuhaiBest(**wrong)


PLAIN = """
import json, sys
from benchmarks.netting_instances import make
from simcore.lsm.luhai_best import LuhaiBest
from tests.simcore.lsm.instances import small_problems
import simcore.lsm.luhai_best as module
module.WHOLE = 60
given = [*small_problems(25, seed=5), make("rings", 8, 50, 1), make("day_queue", 8, 90, 1)]
print(json.dumps([LuhaiBest(steps=30_000).select(each).set_of.tolist() for each in given]))
"""


def test_the_plain_python_body_chooses_the_same_sets() -> None:
    """The loops run as they are written, without the compiler: integer arithmetic that wraps would show here."""
    answers = []
    for plain in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore:overflow", "-c", PLAIN],
            cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": plain}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]
    assert any(np.array(each).max(initial=-1) >= 0 for each in answers[0])
