"""Clearing vectors equal their definition, and rounded to whole units every account still balances."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.errors import ScenarioError
from simcore.lsm.clearing_vector import ClearingVector, clearing_vector
from simcore.lsm.rounding import round_flows
from tests.reference.lsm_clearing_vector import clearing_vectors, greatest_clearing_vector


@st.composite
def systems(draw: st.DrawFn) -> dict[str, Any]:
    """Up to four participants; small amounts make ties, exact fits and groups without outside value frequent."""
    n = draw(st.integers(1, 4))
    amount = st.one_of(st.just(0), st.integers(0, draw(st.sampled_from([2, 9, 100]))))
    column = st.lists(amount, min_size=n, max_size=n)
    owes = [[0 if i == j else value for j, value in enumerate(draw(column))] for i in range(n)]
    share = st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(7, 10), Fraction(1)])
    return {
        "owes": owes,
        "assets": draw(column),
        "external": draw(column),
        "rank": draw(st.sampled_from(["equal", "senior"])),
        "alpha": draw(share),
        "beta": draw(share),
    }


def cleared(system: dict[str, Any]) -> ClearingVector:
    return clearing_vector(
        np.array(system["owes"]), system["assets"], system["external"],
        rank=system["rank"], alpha=system["alpha"], beta=system["beta"],
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(systems())
def test_it_is_the_greatest_vector_of_the_definition(system: dict[str, Any]) -> None:
    pays, defaulted = greatest_clearing_vector(**system)
    result = cleared(system)
    assert list(result.exact) == pays
    assert result.defaulted.tolist() == defaulted
    assert result.rounds <= len(pays)


@settings(max_examples=200, deadline=None)
@given(systems())
def test_rounded_it_balances_and_is_off_by_less_than_a_unit(system: dict[str, Any]) -> None:
    result, n = cleared(system), len(system["assets"])
    received = np.zeros(n, np.int64)
    np.add.at(received, result.creditor, result.paid)
    used = result.payments + result.external + result.kept + result.lost
    assert (np.array(system["assets"]) + received).tolist() == used.tolist()
    parts = [result.paid, result.external, result.kept, result.lost]
    assert min((int(part.min()) for part in parts if part.size), default=0) >= 0
    assert not result.kept[result.defaulted].any()
    assert not result.lost[~result.defaulted].any()
    for debtor, creditor, paid in zip(result.debtor, result.creditor, result.paid):
        owed = sum(system["owes"][debtor]) + (system["external"][debtor] if system["rank"] == "equal" else 0)
        share = result.exact[debtor] * system["owes"][debtor][creditor] / owed
        assert math.floor(share) <= paid <= math.ceil(share)
    for i in np.flatnonzero(~result.defaulted):
        assert result.payments[i] == sum(system["owes"][i])
        assert result.external[i] == system["external"][i]


@settings(max_examples=100, deadline=None)
@given(systems())
def test_a_table_of_debts_is_the_matrix(system: dict[str, Any]) -> None:
    """Debts of a pair may come in several rows, in any order."""
    rows = [
        (i, j, part)
        for i, row in enumerate(system["owes"])
        for j, amount in enumerate(row)
        if i != j
        for part in (amount // 3, amount - amount // 3)
    ]
    columns = tuple(np.array(column, np.int64) for column in zip(*reversed(rows))) or (np.zeros(0, np.int64),) * 3
    table = clearing_vector(
        columns, system["assets"], system["external"],
        rank=system["rank"], alpha=system["alpha"], beta=str(system["beta"]),
    )  # fmt: skip
    matrix = cleared(system)
    assert table.exact == matrix.exact
    assert table.paid.tolist() == matrix.paid.tolist()


@settings(max_examples=100, deadline=None)
@given(systems(), st.integers(1, 50))
def test_more_outside_assets_never_hurt_anybody(system: dict[str, Any], gift: int) -> None:
    before = cleared(system)
    after = cleared({**system, "assets": [system["assets"][0] + gift, *system["assets"][1:]]})
    assert all(more >= less for more, less in zip(after.exact, before.exact))
    assert (after.defaulted <= before.defaulted).all()


def test_of_several_vectors_it_is_the_greatest() -> None:
    """Two who owe each other 10 and have nothing else can pay 10 each, or nothing each, if half is lost."""
    ring = np.array([[0, 10], [10, 0]])
    assert clearing_vector(ring, [0, 0]).payments.tolist() == [10, 10]
    costly: dict[str, Any] = {"alpha": Fraction(1), "beta": Fraction(1, 2)}
    vectors = [pays for pays, _ in clearing_vectors(ring.tolist(), [0, 0], [0, 0], "equal", **costly)]
    assert [0, 0] in vectors
    assert [10, 10] in vectors
    assert clearing_vector(ring, [0, 0], **costly).payments.tolist() == [10, 10]


def test_rounding_does_not_drain_a_group_that_owes_only_itself() -> None:
    """A owes B 101, C 100, D 99, they owe A; D only 31. Rounding all down would repeat until nothing is left."""
    owes = np.zeros((4, 4), np.int64)
    owes[0, 1:] = 101, 100, 99
    owes[1:, 0] = 500, 500, 31
    result = clearing_vector(owes, [0, 0, 0, 0])
    assert result.exact[0] == Fraction(31 * 300, 99)
    assert result.payments[0] in (93, 94)
    assert result.payments[0] == result.payments[1:].sum() + result.kept[0]
    assert result.payments[3] == 31


def test_senior_debts_may_leave_nothing_for_the_others() -> None:
    """A owes 8 outside and has 5; B lives on what A pays, and C on B."""
    owes = np.array([[0, 4, 0], [0, 0, 4], [0, 0, 0]])
    senior = clearing_vector(owes, [5, 1, 0], [8, 0, 0], rank="senior")
    assert senior.payments.tolist() == [0, 1, 0]
    assert senior.external.tolist() == [5, 0, 0]
    equal = clearing_vector(owes, [5, 1, 0], [8, 0, 0], rank="equal")
    assert equal.exact[:2] == (Fraction(5), Fraction(8, 3))
    assert (int(equal.external[0]), int(equal.payments[0])) == (3, 2)  # 5 in proportion 8 to 4, to the nearest


def test_it_conserves_the_largest_amounts() -> None:
    big = 2**59
    result = clearing_vector(np.array([[0, big, 3], [1, 0, big // 3], [7, big // 7, 0]]), [big // 5, 0, 1])
    received = np.zeros(3, np.int64)
    np.add.at(received, result.creditor, result.paid)
    assert ([big // 5, 0, 1] + received - result.payments).tolist() == result.kept.tolist()


def test_nobody_and_nothing() -> None:
    assert clearing_vector(np.zeros((0, 0), np.int64), []).payments.size == 0
    alone = clearing_vector(np.zeros((1, 1), np.int64), [5], [7])
    assert (alone.external.tolist(), alone.kept.tolist(), alone.defaulted.tolist()) == ([5], [0], [True])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[0, 1], [1, 0]], [1]), "liabilities"),
        (([[0, 1.5], [1, 0]], [1, 1]), "whole minor units"),
        (([[0, -1], [1, 0]], [1, 1]), "0 owes 1 -1"),
        (([[2, 1], [1, 0]], [1, 1]), "0 owes 0 2"),
        ((([0], [2], [5]), [1, 1]), "0 owes 2 5"),
        ((([0, 1], [1], [5]), [1, 1]), "three columns of one length"),
        (([[0, 1], [1, 0]], [1, -1]), "external_assets"),
        (([[0, 1], [1, 0]], [1, 1], [1]), "external_debt"),
        (([[0, 2**62], [1, 0]], [1, 1]), "62 bits"),
    ],
)  # fmt: skip
def test_systems_that_make_no_sense_are_refused(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ScenarioError, match="LH103") as raised:
        clearing_vector(*arguments)
    assert words in str(raised.value)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(ScenarioError) as raised:
        clearing_vector([[0]], [1], rank="junior", alpha="much", beta=2)
    assert [fault.where.split()[-1] for fault in raised.value.faults] == ["rank", "alpha", "beta"]
    with pytest.raises(ScenarioError, match="alpha"):
        clearing_vector([[0]], [1], alpha=0.7)  # type: ignore[arg-type]


def test_flows_are_rounded_to_the_nearest_where_the_accounts_allow_it() -> None:
    assert round_flows([0, 0], [1, 1], [4, 5], 3, [3, 0]) == [1, 2]
    # Three thirds out of one node: one of them must be raised, and it is the first.
    assert round_flows([0, 0, 0], [1, 1, 1], [1, 1, 1], 3, [1, 0]) == [1, 0, 0]
    # Halves by two ways: one way carries the unit.
    assert round_flows([0, 0, 1], [1, 2, 2], [1, 1, 1], 2, [1, 0, 0]) in ([1, 0, 1], [0, 1, 0])


def test_flows_that_do_not_balance_are_not_rounded() -> None:
    with pytest.raises(ValueError, match="balance"):
        round_flows([0], [1], [1], 1, [2, 0])
