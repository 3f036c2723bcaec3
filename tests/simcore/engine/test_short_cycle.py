"""A net debtor that can't pay: unwinding, partial unwinding, sharing the loss, as tables to be checked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.engine.short import Resolution, positions, resolve, split
from simcore.lsm.base import Problem
from simcore.results.audit import audit
from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.towns import NET_TOWN, run_town, town

RULES = ("unwind", "partial_unwind", "loss_sharing", "clearing_vector")


def cycle(funds: list[int], lines: list[tuple[int, int, int]]) -> Problem:
    """A cycle's obligations as (debtor, creditor, amount), oldest first."""
    debtor, creditor, amount = (list(column) for column in zip(*lines)) if lines else ([], [], [])
    return Problem(
        funds=np.array(funds, np.int64), debtor=np.array(debtor, np.int32), creditor=np.array(creditor, np.int32),
        amount=np.array(amount, np.int64), priority=np.zeros(len(lines), np.int8),
        entered_at=np.zeros(len(lines), np.int64),
    )  # fmt: skip


def resolved(
    problem: Problem, rule: str, held: list[int] | None = None, share_by: str = "owed", bound: tuple[int, ...] = ()
) -> Resolution:
    collateral = np.array(held or [0] * problem.funds.size, np.int64)
    on_its_way_back = np.isin(np.arange(problem.size), bound)
    return resolve(problem, rule, share_by, collateral, problem.funds + collateral, on_its_way_back)


A, B, C, D = range(4)
# A has 10 and owes 60, so it is short; B counts on A's 50 and then is short itself.
CHAIN = [(A, B, 50), (B, C, 55), (C, D, 20), (A, D, 10), (D, C, 5)]


def test_unwinding_takes_out_everything_of_whoever_is_short_and_then_of_whoever_is_short_without_it() -> None:
    choice = resolved(cycle([10, 10, 20, 0], CHAIN), "unwind")
    assert choice.settles.tolist() == [2, 4]  # C pays D 20 and gets 5
    assert choice.returned.tolist() == [0, 1, 3]


def test_partial_unwinding_takes_out_the_newest_of_whoever_is_short_and_nothing_else() -> None:
    choice = resolved(cycle([50, 10, 20, 0], CHAIN), "partial_unwind")
    assert choice.settles.tolist() == [0, 1, 2, 4]  # without the 10, A owes 50 and has 50
    assert choice.returned.size == 0  # it waits for the next cycle


@pytest.mark.parametrize(
    ("share_by", "expected"),
    [
        ("owed", [(B, A, 34), (D, A, 6)]),  # A lacks 60 - 10 - 10 = 40 and owes B 50 and D 10: 33.3 and 6.7
        ("collateral", [(B, A, 20), (C, A, 10), (D, A, 10)]),
        ("equal", [(B, A, 14), (C, A, 13), (D, A, 13)]),
    ],
)
def test_a_loss_beyond_own_collateral_is_shared_to_the_last_unit(share_by: str, expected: Any) -> None:
    """A has 10 and 10 more as collateral; B, C and D hold 40, 20 and 20."""
    choice = resolved(cycle([10, 10, 20, 0], CHAIN), "loss_sharing", [10, 40, 20, 20], share_by)
    if share_by == "owed":
        expected = [(B, A, 33), (D, A, 7)]  # the larger remainder is D's
    assert list(choice.shares) == expected
    assert choice.settles.size == 5


def test_a_loss_that_collateral_can_not_bear_unwinds_the_cycle() -> None:
    choice = resolved(cycle([10, 10, 20, 0], CHAIN), "loss_sharing", [10, 1, 1, 1], "equal")
    assert not choice.shares
    assert choice.returned.tolist() == [0, 1, 3]


def test_shares_stop_at_what_each_can_give_and_the_rest_is_shared_anew() -> None:
    assert split(100, [1, 1, 1], [10, 100, 100]) == [10, 45, 45]
    assert split(10, [1, 1, 1], [100, 100, 100]) == [4, 3, 3]
    assert split(301, [1, 1, 1], [100, 100, 100]) is None


def test_in_default_all_there_is_goes_to_creditors_in_proportion() -> None:
    """A has 10 for the 60 it owes: a sixth, so B gets 8 and D 2. B then has 18 of the 55 it owes C."""
    choice = resolved(cycle([10, 10, 20, 0], CHAIN), "clearing_vector")
    assert choice.settles.tolist() == [2, 4]  # C pays 20 in full, for it has 20 and gets more; so does D
    assert choice.returned.tolist() == [0, 1, 3]
    # A's shares are 8 1/3 and 1 2/3; a payment is its exact share rounded down or up, and B pays all it gets.
    assert sorted(choice.recoveries) in ([(A, B, 8), (A, D, 2), (B, C, 18)], [(A, B, 9), (A, D, 1), (B, C, 19)])


def test_money_on_its_way_back_has_no_part_in_a_default() -> None:
    """B's 55 to C can't be returned a second time. It waits, and without it only A can't pay."""
    choice = resolved(cycle([10, 10, 20, 0], CHAIN), "clearing_vector", bound=(1,))
    assert choice.settles.tolist() == [2, 4]
    assert choice.returned.tolist() == [0, 3]
    assert {payer for payer, _, _ in choice.recoveries} == {A}


def test_whoever_rounding_lets_pay_in_full_is_not_in_default() -> None:
    """A has 4 of the 6 it owes, so B gets 2 2/3, with which it can't pay 3; in whole units B gets 3 and can."""
    choice = resolved(cycle([0, 0, 0, 0], [(A, B, 4), (A, C, 2), (B, C, 3)]), "clearing_vector", [4, 0, 0, 0])
    assert choice.settles.tolist() == [2]
    assert choice.returned.tolist() == [0, 1]
    assert sorted(choice.recoveries) == [(A, B, 3), (A, C, 1)]


def test_collateral_is_part_of_what_there_is_in_default() -> None:
    choice = resolved(cycle([10, 10, 20, 0], CHAIN), "clearing_vector", [50, 0, 0, 0])
    assert choice.settles.size == 5
    assert not choice.recoveries


amounts = st.integers(0, 30)
line = st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 20)).map(
    lambda each: (each[0], (each[0] + each[1]) % 4, each[2])
)


@given(
    funds=st.lists(amounts, min_size=4, max_size=4), held=st.lists(amounts, min_size=4, max_size=4),
    lines=st.lists(line, min_size=1, max_size=12), rule=st.sampled_from(RULES),
    share_by=st.sampled_from(("owed", "collateral", "equal")),
)  # fmt: skip
def test_whatever_the_rule_nobody_ends_below_zero_and_nothing_is_counted_twice(
    funds: list[int], held: list[int], lines: list[tuple[int, int, int]], rule: str, share_by: str
) -> None:
    problem = cycle(funds, lines)
    choice = resolved(problem, rule, held, share_by)
    assert not set(choice.settles.tolist()) & set(choice.returned.tolist())
    after = problem.funds + np.array(held) + positions(problem, choice.settles)
    given_up = np.zeros(4, np.int64)
    for payer, loser, amount in choice.shares:
        assert amount > 0
        after[payer] -= amount
        after[loser] += amount
        given_up[payer] += amount
    recovered = np.zeros(4, np.int64)
    for debtor, creditor, amount in choice.recoveries:
        assert amount > 0
        after[debtor] -= amount
        after[creditor] += amount
        recovered[debtor] += amount
    assert (after >= 0).all()
    if rule == "clearing_vector":
        owed = np.zeros(4, np.int64)
        np.add.at(owed, problem.debtor[choice.returned], problem.amount[choice.returned])
        in_default = owed > 0
        assert set(problem.debtor[choice.settles].tolist()).isdisjoint(np.flatnonzero(in_default).tolist())
        assert (recovered[in_default] < owed[in_default]).all()  # whoever can pay in full is not in default
        assert (after[in_default] == 0).all()  # and whoever can't keeps nothing
    assert (given_up <= np.array(held)).all()
    if rule in ("unwind", "partial_unwind"):
        assert (problem.funds + positions(problem, choice.settles) >= 0).all()  # nobody's collateral is touched
    if (problem.funds + positions(problem, np.arange(problem.size)) >= 0).all():
        assert choice.settles.size == problem.size  # nobody is short: all settles


PAYMENTS = (
    "one,2026-03-02T09:30:00+08:00,A,B,150,SGD\n"
    "two,2026-03-02T09:31:00+08:00,B,C,120,SGD\n"
    "three,2026-03-02T09:32:00+08:00,C,A,30,SGD\n"
)


def net_town(folder: Path, terms: str, collateral: str = "0 SGD") -> Any:
    text = NET_TOWN.replace('when_closed = "return"', f'when_closed = "return"\n{terms}')
    for bank, opening in (("A", "100 SGD"), ("B", "100 SGD"), ("C", "100 SGD")):
        text = text.replace(f'{bank} = {{ opening = "{opening}" }}',
                            f'{bank} = {{ opening = "{opening}", reserved = "{collateral}" }}')  # fmt: skip
    return run_town(town(folder, text, PAYMENTS), folder / "run")


def test_whole_runs_keep_their_proofs_under_every_rule(tmp_path: Path) -> None:
    """A owes a net 120 and has 100; with 40 as collateral it has 60 free, and B and C bear the 20 it lacks."""
    statuses = {}
    for rule in ("wait", *RULES):
        run = net_town(tmp_path / rule, f'when_short = "{rule}"', "40 SGD")
        assert audit(run.path).ok
        statuses[rule] = [row["status"] for row in sorted(run.payments.to_pylist(), key=lambda row: row["payment_id"])]
        if rule == "clearing_vector":
            paid = rows(run.obligations, kind="recovery")
            assert [(row["debtor"], row["creditor"], row["amount_minor"]) for row in paid] == [("A", "B", 13_000)]
            (circle,) = rows(run.obligations, payment_id=2)
            assert (paid[0]["sequence"], paid[0]["cycle_id"]) == (circle["sequence"], circle["cycle_id"])
        if rule == "loss_sharing":
            shares = [(row["debtor"], row["creditor"], row["amount_minor"])
                      for row in rows(run.obligations, kind="loss_share")]  # fmt: skip
            assert shares == [("B", "A", 2000)]  # it alone was owed anything by A
            assert {row["participant"]: row["closing_minor"] for row in rows(run.accounts)} == {
                "A": 0, "B": 11_000, "C": 19_000,
            }  # fmt: skip
    assert statuses == {
        "wait": ["RETURNED_CUT_OFF"] * 3,
        # Without A, B owes 120 and has 60 free.
        "unwind": ["RETURNED_UNWOUND"] * 3,
        "partial_unwind": ["RETURNED_CUT_OFF", "RETURNED_CUT_OFF", "SETTLED_NET"],
        "loss_sharing": ["SETTLED_NET"] * 3,
        # A has 100 and C's 30, collateral included, and pays 130 of the 150.
        "clearing_vector": ["RETURNED_DEFAULT", "SETTLED_NET", "SETTLED_NET"],
    }
