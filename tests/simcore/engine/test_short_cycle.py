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

RULES = ("unwind", "partial_unwind", "loss_sharing")


def cycle(funds: list[int], lines: list[tuple[int, int, int]]) -> Problem:
    """A cycle's obligations as (debtor, creditor, amount), oldest first."""
    debtor, creditor, amount = (list(column) for column in zip(*lines)) if lines else ([], [], [])
    return Problem(
        funds=np.array(funds, np.int64), debtor=np.array(debtor, np.int32), creditor=np.array(creditor, np.int32),
        amount=np.array(amount, np.int64), priority=np.zeros(len(lines), np.int8),
        entered_at=np.zeros(len(lines), np.int64),
    )  # fmt: skip


def resolved(problem: Problem, rule: str, held: list[int] | None = None, share_by: str = "owed") -> Resolution:
    collateral = np.array(held or [0] * problem.funds.size, np.int64)
    return resolve(problem, rule, share_by, collateral, problem.funds + collateral)


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
    assert (after >= 0).all()
    assert (given_up <= np.array(held)).all()
    if rule != "loss_sharing":
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
    }
