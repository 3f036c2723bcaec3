"""Where two mechanisms are one function under another name, and where the order of treating accounts is free."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.lsm.all_or_nothing import AllOrNothing
from simcore.lsm.base import Mechanism, Problem
from simcore.lsm.bilateral_offset import BilateralOffset
from simcore.lsm.gridlock_resolution import GridlockResolution
from simcore.lsm.multilateral_net import MultilateralNet
from simcore.lsm.partial_netting import PartialNetting
from simcore.lsm.t2_partial import T2Partial
from tests.reference import lsm_gridlock_resolution
from tests.simcore.lsm.instances import middling_problems, small_problems

RESOLUTION = GridlockResolution()


@pytest.mark.parametrize(
    "same",
    [PartialNetting(remove="last"), T2Partial(), MultilateralNet(unwind="latest")],
    ids=lambda m: type(m).__name__,
)
def test_gridlock_resolution_has_many_names(same: Mechanism) -> None:
    for given in [*small_problems(500, seed=11), *middling_problems(20, seed=11)]:
        assert same.select(given).set_of.tolist() == RESOLUTION.select(given).set_of.tolist()


def test_a_net_without_unwinding_is_all_or_nothing() -> None:
    for given in small_problems(300, seed=12):
        assert (MultilateralNet().select(given).set_of == AllOrNothing().select(given).set_of).all()


def test_which_short_account_is_treated_first_changes_nothing() -> None:
    for given in small_problems(300, seed=13):
        found = RESOLUTION.select(given).set_of.tolist()
        for treat in (1, 2, 5):
            assert lsm_gridlock_resolution.twin(given, treat=treat) == found


def released_in_order(funds: np.ndarray, waiting: list[tuple[int, int, int, int]]) -> None:
    """While the first queued payment of some debtor can be paid, it settles: strict first-in, first-out."""
    found = True
    while found:
        found = False
        seen: set[int] = set()
        for payment in list(waiting):
            _, debtor, creditor, amount = payment
            if debtor not in seen and funds[debtor] >= amount:
                funds[debtor] -= amount
                funds[creditor] += amount
                waiting.remove(payment)
                found = True
            else:
                seen.add(debtor)


def part(given: Problem, funds: np.ndarray, rows: list[int]) -> Problem:
    return Problem(
        funds=funds.copy(), debtor=given.debtor[rows], creditor=given.creditor[rows], amount=given.amount[rows],
        priority=given.priority[rows], entered_at=given.entered_at[rows],
    )  # fmt: skip


def test_resolution_after_every_submission_is_the_one_shot_answer_from_opening_balances() -> None:
    for given in small_problems(400, seed=14):
        funds = given.funds.copy()
        waiting: list[tuple[int, int, int, int]] = []
        columns = (given.debtor.tolist(), given.creditor.tolist(), given.amount.tolist())
        for row, payment in enumerate(zip(*columns, strict=True)):
            waiting.append((row, *payment))
            released_in_order(funds, waiting)
            rows = [row for row, *_ in waiting]
            selection = RESOLUTION.select(part(given, funds, rows))
            for settles, (_, debtor, creditor, amount) in zip(selection.settled, list(waiting), strict=True):
                if settles:
                    funds[debtor] -= amount
                    funds[creditor] += amount
            waiting = [queued for queued, settles in zip(waiting, selection.settled, strict=True) if not settles]
            everything = part(given, given.funds, list(range(row + 1)))
            queued = np.flatnonzero(~RESOLUTION.select(everything).settled).tolist()
            assert [row for row, *_ in waiting] == queued


def test_no_feasible_set_in_queue_order_holds_more() -> None:
    """Tried with random prefixes: each that is feasible lies inside the set found."""
    rng = np.random.default_rng(15)
    for given in small_problems(150, seed=15):
        found = RESOLUTION.select(given).settled
        for _ in range(20):
            kept = np.zeros(given.size, dtype=bool)
            for account in range(given.funds.size):
                own = np.flatnonzero(given.debtor == account)
                kept[own[: rng.integers(0, own.size + 1)]] = True
            funds = given.funds.copy()
            np.subtract.at(funds, given.debtor[kept], given.amount[kept])
            np.add.at(funds, given.creditor[kept], given.amount[kept])
            if funds.min() >= 0:
                assert not (kept & ~found).any()


def test_what_bilateral_offset_leaves_is_nothing_it_could_offset() -> None:
    """Run again on what is left, it finds nothing."""
    for mechanism in (BilateralOffset(), BilateralOffset(rule="best", most=4), BilateralOffset(strict=True)):
        for given in small_problems(200, seed=16):
            chosen = mechanism.select(given).settled
            funds = given.funds.copy()
            np.subtract.at(funds, given.debtor[chosen], given.amount[chosen])
            np.add.at(funds, given.creditor[chosen], given.amount[chosen])
            again = mechanism.select(part(given, funds, np.flatnonzero(~chosen).tolist()))
            assert not again.settled.any()
