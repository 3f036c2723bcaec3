"""CHIPS's release rule on queues that can be followed by hand, and what holds on every queue."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simcore.errors import ScenarioError
from simcore.lsm.chips_release import ChipsRelease
from simcore.lsm.gridlock_resolution import GridlockResolution
from tests.simcore.lsm.instances import letters, middling_problems, small_problems

FREE = 1_000_000  # per cent; with funds of 1 or more no ceiling that these queues reach

# Funds; ceilings by account, the others free; queue; the set of each payment; why.
BY_HAND: list[tuple[str, dict[str, int], dict[int, int], str, list[int]]] = [
    ("A pays B, who then pays C", {"A": 9, "B": 1, "C": 1}, {}, "A>B 5, B>C 6", [0, 1]),
    ("B's payment waits for the second pass", {"A": 9, "B": 1, "C": 1}, {}, "B>C 6, A>B 5", [1, 0]),
    ("to the unit: A ends with 0, B at its ceiling", {"A": 5, "B": 1}, {1: 6}, "A>B 5", [0]),
    ("one below the minimum", {"A": 4, "B": 1}, {1: 6}, "A>B 5", [-1]),
    ("one above the maximum", {"A": 5, "B": 1}, {1: 5}, "A>B 5", [-1]),
    ("B is above its ceiling: it may pay, not gain", {"A": 9, "B": 20}, {1: 10}, "A>B 1, B>A 4", [-1, 0]),
    ("having paid, B has room again", {"A": 9, "B": 11}, {1: 10}, "A>B 2, B>A 4", [1, 0]),
    ("A lacks 5; a payment back covers it", {"A": 5, "B": 1}, {}, "A>B 10, B>A 6", [0, 0]),
    ("B lacks room for 10, with 6 back it gains 4", {"A": 20, "B": 2}, {1: 6}, "A>B 10, B>A 6", [0, 0]),
    ("two payments back are needed", {"A": 1, "B": 1}, {}, "A>B 10, B>A 5, B>A 4, B>A 3", [0, 0, 0, -1]),
    ("one back is too little, two too much for A", {"A": 2, "B": 9}, {0: 3, 1: 9}, "A>B 9, B>A 6, B>A 7", [-1, -1, -1]),
    ("nobody alone, no pairs: the ring goes as one", {"A": 1, "B": 1, "C": 1}, {}, "A>B 5, B>C 5, C>A 5", [0, 0, 0]),
    ("two senders, room for one: the earlier goes", {"A": 5, "B": 5, "C": 1}, {2: 6}, "A>C 5, B>C 5", [0, -1]),
    # All four leave A with 1, B with 0 and C with 2, one above its ceiling.
    (
        "above its ceiling: the newest into C is taken out",
        {"A": 1, "B": 1, "C": 1}, {2: 1}, "A>B 5, B>C 5, C>A 5, B>C 1", [0, 0, 0, -1],
    ),
    # All four leave A with 1, B with 1 and C, which pays 7 and gets 5, with -1.
    (
        "below its minimum: the newest out of C is taken out",
        {"A": 1, "B": 1, "C": 1, "D": 1}, {}, "A>B 5, B>C 5, C>A 5, C>D 2", [0, 0, 0, -1],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("why", "funds", "ceilings", "queue", "set_of"), BY_HAND, ids=[row[0] for row in BY_HAND])
def test_by_hand(why: str, funds: dict[str, int], ceilings: dict[int, int], queue: str, set_of: list[int]) -> None:
    mechanism = ChipsRelease(ceiling_percent=FREE, ceilings=tuple(ceilings.items()))
    assert mechanism.select(letters(funds, queue)).set_of.tolist() == set_of


def test_the_share_is_of_funds_at_the_beginning_rounded_down() -> None:
    """B has 3 and may hold 4 at 150 %; that it pays 2 away before changes nothing."""
    given = letters({"A": 9, "B": 3}, "B>A 2, A>B 4, A>B 1")
    assert ChipsRelease(ceiling_percent=150).select(given).set_of.tolist() == [0, -1, 1]
    assert ChipsRelease(ceiling_percent=167).select(given).set_of.tolist() == [0, 1, -1]


def test_an_account_without_funds_gains_nothing_but_passes_on() -> None:
    given = letters({"A": 9, "B": 0, "C": 9}, "A>B 4, B>C 4")
    selection = ChipsRelease().select(given)
    assert selection.set_of.tolist() == [0, 0]
    assert selection.facts == {"alone": 0, "bilateral_sets": 0, "multilateral_sets": 1}
    assert ChipsRelease().select(letters({"A": 9, "B": 0}, "A>B 4")).set_of.tolist() == [-1]


@pytest.mark.parametrize("percent", [0, 100, 130, 200])
def test_every_set_keeps_both_limits(percent: int) -> None:
    """Counted here by numpy, apart from the twin; every kind of set occurs if anybody may gain."""
    kinds = {"alone": 0, "bilateral_sets": 0, "multilateral_sets": 0}
    for given in [*small_problems(600, seed=51), *middling_problems(30, seed=51)]:
        selection = ChipsRelease(ceiling_percent=percent).select(given)
        kinds = {kind: count + selection.facts[kind] for kind, count in kinds.items()}
        ceiling, funds = given.funds * percent // 100, given.funds.copy()
        for number in range(selection.set_of.max(initial=-1) + 1):
            chosen, before = selection.set_of == number, funds.copy()
            np.subtract.at(funds, given.debtor[chosen], given.amount[chosen])
            np.add.at(funds, given.creditor[chosen], given.amount[chosen])
            assert (funds >= 0).all()
            assert ((funds <= before) | (funds <= ceiling)).all()
    assert min(kinds["bilateral_sets"], kinds["multilateral_sets"]) > 0
    assert (kinds["alone"] > 0) == (percent > 100)


def test_without_ceilings_the_multilateral_set_is_gridlock_resolution() -> None:
    """On queues from which nothing can go alone or with payments back."""
    compared = 0
    for given in [*small_problems(2000, seed=52), *middling_problems(30, seed=52)]:
        free = tuple((account, 2**62 - 1) for account in range(given.funds.size))
        selection = ChipsRelease(ceilings=free).select(given)
        if selection.facts["alone"] == selection.facts["bilateral_sets"] == 0:
            assert selection.set_of.tolist() == GridlockResolution().select(given).set_of.tolist()
            compared += selection.facts["multilateral_sets"] > 0
    assert compared > 5


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"most": 0}, "1 or more"),
        ({"ceiling_percent": -1}, "0 to 1,000,000"),
        ({"ceilings": ((0, -1),)}, "from 0 up to 2^62"),
        ({"ceilings": ((0, 1), (0, 2))}, "one for an account"),
        ({"ceilings": ((2, 1),)}, "an account from 0 to 1"),
        ({"ceilings": ((-1, 1),)}, "an account from 0 to 1"),
    ],
)
def test_what_it_can_not_take(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        ChipsRelease(**parameters).select(letters({"A": 1, "B": 1}, "A>B 1"))
    (fault,) = caught.value.faults
    assert (fault.code, said in fault.expected) == ("LH103", True)
