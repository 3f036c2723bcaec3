"""Bounds and optima: no mechanism settles more than the optimum, the optimum no more than the bound."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simcore.errors import ScenarioError
from simcore.lsm import REGISTRY
from simcore.lsm.base import Mechanism, Problem
from simcore.lsm.bounds import divisible_bound, least_unsettled, liquidity_bounds
from simcore.lsm.gridlock_resolution import GridlockResolution
from simcore.lsm.optimum import Optimum, closing_funds, forbid, solve, state_program, take_out_until_funded
from simcore.lsm.set_off import SetOff
from tests.reference.lsm_optimum import best
from tests.simcore.lsm.instances import letters, middling_problems, problem, random_problem, small_problems

SMALL = list(small_problems(300, seed=41))
MIDDLING = list(middling_problems(8, seed=41))
MECHANISMS = {name: cls for name, cls in REGISTRY.entries().items() if issubclass(cls, Mechanism)}


def settled_value(given: Problem, mechanism: Mechanism) -> int:
    return int(given.amount[mechanism.select(given).settled].sum())


def relaxed_by_linear_program(given: Problem) -> float:
    """The divisible problem once more, as scipy's linear program, without any flow."""
    from scipy.optimize import linprog

    if given.size == 0:
        return 0.0
    effect = np.zeros((given.funds.size, given.size))
    effect[given.debtor, np.arange(given.size)] += given.amount
    effect[given.creditor, np.arange(given.size)] -= given.amount
    answer = linprog(-given.amount.astype(float), A_ub=effect, b_ub=given.funds.astype(float), bounds=(0, 1))
    return -float(answer.fun)


def test_the_divisible_bound_is_the_linear_program() -> None:
    for given in [*SMALL, *MIDDLING]:
        assert divisible_bound(given) == pytest.approx(relaxed_by_linear_program(given), rel=1e-7, abs=1e-6)


def test_what_the_bound_leaves_open_leaves_nobody_short() -> None:
    for given in [*SMALL, *MIDDLING]:
        unsettled = least_unsettled(given, given.funds)
        assert (unsettled >= 0).all()
        assert (unsettled <= given.amount).all()
        after = given.funds.copy()
        np.subtract.at(after, given.debtor, given.amount - unsettled)
        np.add.at(after, given.creditor, given.amount - unsettled)
        assert (after >= 0).all()
        assert int(unsettled.sum()) == int(given.amount.sum()) - divisible_bound(given)


def test_with_no_funds_the_bound_is_multilateral_set_off() -> None:
    for given in [*SMALL, *MIDDLING]:
        penniless = problem([0] * given.funds.size, list(zip(given.debtor, given.creditor, given.amount)))
        assert divisible_bound(penniless) == SetOff().clear(given).facts["cleared"]


def test_a_ring_needs_its_net_position_only() -> None:
    """A owes 9, gets 7, so 2 of its own settle the ring; with 1, a unit of each debt stays open."""
    assert divisible_bound(letters({"A": 2, "B": 0, "C": 0}, "A>B 9, B>C 8, C>A 7")) == 24
    assert divisible_bound(letters({"A": 1, "B": 0, "C": 0}, "A>B 9, B>C 8, C>A 7")) == 8 + 8 + 7
    assert divisible_bound(letters({"A": 0, "B": 0, "C": 0}, "A>B 9, B>C 8, C>A 7")) == 7 + 7 + 7


def test_the_bound_takes_the_largest_amounts_that_are_promised() -> None:
    big = 2**60
    assert divisible_bound(problem([0, 0, 0], [(0, 1, big), (1, 2, big), (2, 0, big - 1)])) == 3 * (big - 1)
    assert divisible_bound(problem([2**62, 2**62], [(0, 1, 2**61)])) == 2**61
    assert divisible_bound(problem([0, 0], [])) == 0
    assert divisible_bound(problem([], [])) == 0


def test_a_hundred_thousand_obligations_are_bounded_like_their_sums() -> None:
    """Obligations of a pair split at random are bounded as before: only what two owe each other counts."""
    rng = np.random.default_rng(9)
    whole = random_problem(rng, 60, 4_000, 10**6, 20)
    parts = np.concatenate([rng.multinomial(int(amount), np.full(25, 1 / 25)) for amount in whole.amount])
    keep = parts > 0
    split = Problem(
        funds=whole.funds,
        debtor=np.repeat(whole.debtor, 25)[keep],
        creditor=np.repeat(whole.creditor, 25)[keep],
        amount=parts[keep],
        priority=np.zeros(int(keep.sum()), np.int8),
        entered_at=np.zeros(int(keep.sum()), np.int64),
    )
    assert split.size > 90_000
    assert divisible_bound(split) == divisible_bound(whole)


@pytest.mark.parametrize("name", MECHANISMS)
def test_no_mechanism_beats_the_optimum_nor_the_optimum_the_bound(name: str) -> None:
    mechanism = MECHANISMS[name]()
    for given in SMALL[:150]:
        optimum, bound = best(given, "value", False), divisible_bound(given)
        assert settled_value(given, mechanism) <= optimum <= bound
        assert int(mechanism.select(given).settled.sum()) <= best(given, "count", False)


@pytest.mark.parametrize("objective", ["value", "count"])
def test_gridlock_resolution_is_the_optimum_of_strict_queues(objective: str) -> None:
    """Of all sets that keep the queue order one is the largest, and best for value and count at once."""
    for given in [*SMALL[:100], *MIDDLING]:
        optimum = Optimum(objective=objective, keep_order=True).select(given)
        assert optimum.facts["proven"]
        assert optimum.settled.tolist() == GridlockResolution().select(given).settled.tolist()


def test_count_and_value_may_ask_for_different_sets() -> None:
    given = letters({"A": 10, "B": 0}, "A>B 10, A>B 3, A>B 3, A>B 3")
    assert Optimum(objective="value").select(given).settled.tolist() == [True, False, False, False]
    assert Optimum(objective="count").select(given).settled.tolist() == [False, True, True, True]
    assert Optimum(objective="count", keep_order=True).select(given).settled.tolist() == [True, False, False, False]


def test_a_search_cut_short_says_so_and_still_leaves_nobody_short() -> None:
    rng = np.random.default_rng(3)
    given = random_problem(rng, 12, 150, 1000, 1)
    given = problem([0] * 12, list(zip(given.debtor, given.creditor, given.amount)))
    selection = Optimum(time_limit_s=0.3).select(given)
    facts = selection.facts
    assert not facts["proven"]
    assert 0 <= facts["reached"] < facts["bound"] <= divisible_bound(given)
    assert facts["gap"] == pytest.approx(1 - facts["reached"] / facts["bound"])
    after = closing_funds(given.funds, given, given.amount, selection.settled)
    assert (after >= 0).all()


def test_amounts_that_differ_in_their_last_units_are_told_apart() -> None:
    """A solver in floats takes 10^12 + 1 for 10^12; in whole numbers A is one unit short of the first two."""
    trillion = 10**12
    given = letters({"A": 2 * trillion, "B": 0}, f"A>B {trillion + 1}, A>B {trillion}, A>B {trillion - 1}")
    selection = Optimum().select(given)
    assert selection.settled.tolist() == [True, False, True]
    assert selection.facts["proven"]


def test_a_set_that_the_solver_wrongly_took_for_funded_is_forbidden_and_nothing_else() -> None:
    given = letters({"A": 5, "B": 0, "C": 1}, "A>B 4, A>C 3, B>A 1, C>A 2")
    program = state_program(given, "value", False)
    wrong = np.array([True, True, False, False])  # A pays 7 from 5
    assert solve(program, 10.0)[0].tolist() == [True, True, True, True]
    less = forbid(program, given, wrong)
    for bits in range(16):
        chosen = np.array([bool(bits >> k & 1) for k in range(4)])
        funded = (closing_funds(program.funds, given, program.amount, chosen) >= 0).all()
        allowed = (less.rows @ chosen.astype(float) <= less.limits + 1e-9).all()
        assert allowed == funded  # no funded set is lost
    cut = less.rows.toarray()[-1], less.limits[-1]
    assert cut[0] @ wrong.astype(float) > cut[1]


def test_where_forbidding_does_not_end_the_set_is_repaired() -> None:
    given = letters({"A": 5, "B": 0}, "A>B 4, A>B 3, B>A 1, A>B 2, B>A 9")
    program = state_program(given, "value", False)
    wrong = np.array([True, True, True, True, False])  # A pays 9, gets 1, has 5
    assert take_out_until_funded(given, program, wrong, False).tolist() == [True, False, True, False, False]
    gap = np.array([True, False, False, True, False])
    assert take_out_until_funded(given, program, gap, True).tolist() == [True, False, False, False, False]


def test_an_answer_that_had_to_be_repaired_is_not_called_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    import simcore.lsm.optimum as module

    given = letters({"A": 5, "B": 0}, "A>B 4, A>B 3, A>B 2")
    everything = lambda program, time_limit_s: (np.ones(3, np.bool_), 9, True)  # noqa: E731
    monkeypatch.setattr(module, "solve", everything)
    selection = Optimum(rounds=2).select(given)
    assert selection.settled.tolist() == [True, False, False]
    assert selection.facts == {"objective": "value", "reached": 4, "bound": 9, "proven": False, "gap": 5 / 9}


def liquidity_by_hand(given: Problem) -> tuple[list[int], list[int]]:
    balance, lowest = [0] * given.funds.size, [0] * given.funds.size
    rows = zip(given.entered_at.tolist(), given.debtor.tolist(), given.creditor.tolist(), given.amount.tolist())
    for _, debtor, creditor, amount in sorted(rows, key=lambda row: row[0]):
        balance[debtor] -= amount
        balance[creditor] += amount
        lowest[debtor] = min(lowest[debtor], balance[debtor])
    return [max(0, -end) for end in balance], [-low for low in lowest]


def test_liquidity_from_netting_at_the_end_to_no_queue_at_all() -> None:
    rng = np.random.default_rng(8)
    for given in [*SMALL, *MIDDLING]:
        mixed = Problem(**{**vars(given), "entered_at": rng.permutation(given.entered_at)})
        bounds = liquidity_bounds(mixed)
        assert (bounds.lower.tolist(), bounds.upper.tolist()) == liquidity_by_hand(mixed)
        assert (bounds.lower <= bounds.upper).all()
        assert (bounds.lower_total, bounds.upper_total) == (bounds.lower.sum(), bounds.upper.sum())


def test_liquidity_of_a_ring_of_5_7_9() -> None:
    """Paid in this order the ring takes 5 + 2 + 2 = 9, netted 4."""
    bounds = liquidity_bounds(letters({"A": 0, "B": 0, "C": 0}, "A>B 5, B>C 7, C>A 9"))
    assert bounds.upper.tolist() == [5, 2, 2]
    assert (bounds.lower_total, bounds.upper_total) == (4, 9)


def test_the_upper_bound_is_enough_and_a_unit_less_is_not() -> None:
    for given in MIDDLING:
        enough = liquidity_bounds(given).upper
        for short in [None, *np.flatnonzero(enough)]:
            funds = enough.copy()
            if short is not None:
                funds[short] -= 1
            waits = False
            for debtor, creditor, amount in zip(given.debtor, given.creditor, given.amount):
                waits |= bool(funds[debtor] < amount)
                funds[debtor] -= amount
                funds[creditor] += amount
            assert waits == (short is not None)


@pytest.mark.parametrize(
    ("library", "ask"),
    [
        ("ortools", lambda: divisible_bound(letters({"A": 0, "B": 0}, "A>B 1"))),
        ("ortools", lambda: SetOff().clear(letters({"A": 0, "B": 0}, "A>B 1"))),
        ("scipy", lambda: Optimum().select(letters({"A": 0, "B": 0}, "A>B 1"))),
    ],
)
def test_a_missing_library_is_named_with_the_command_that_installs_it(
    library: str, ask: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == library]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ScenarioError) as raised:
        ask()
    [fault] = raised.value.faults
    assert fault.code == "LH105"
    assert library in fault.got
    assert fault.try_ == "pip install 'luhai[netting]'"


@pytest.mark.parametrize(
    "setting", [{"objective": "speed"}, {"time_limit_s": 0}, {"time_limit_s": float("nan")}, {"rounds": -1}]
)
def test_settings_that_make_no_sense_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError) as raised:
        Optimum(**setting)
    assert raised.value.faults[0].code == "LH103"
    assert next(iter(setting)) in str(raised.value)
