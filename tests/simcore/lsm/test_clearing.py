"""Clearing obligations: net positions stay, the optimum is one, and each algorithm does what it says."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from simcore.errors import ScenarioError
from simcore.lsm import REGISTRY
from simcore.lsm.base import Cleared, Clearing, Problem
from simcore.lsm.compression import KINDS, Compression
from simcore.lsm.cycle_cancelling import ORDERS, CycleCancelling
from simcore.lsm.set_off import SetOff
from tests.reference.lsm_compression import compressed_total, is_between_dealers, pair_nets
from tests.reference.lsm_cycle_cancelling import totals_after_cycles
from tests.reference.lsm_set_off import Debt, debts_of, least_residual, net, net_internal_debt
from tests.simcore.lsm.instances import letters, middling_problems, problem, small_problems

CLEARINGS: list[Clearing] = [
    SetOff(),
    *(Compression(kind=kind) for kind in KINDS),
    *(CycleCancelling(order=order) for order in ORDERS),
]
PROBLEMS = [*small_problems(1000, seed=31), *middling_problems(10, seed=31)]


def debts_after(given: Problem, cleared: Cleared) -> list[Debt]:
    residual = list(zip(given.debtor.tolist(), given.creditor.tolist(), cleared.residual_minor.tolist()))
    extra = [] if cleared.extra is None else list(zip(*(column.tolist() for column in cleared.extra)))
    return [debt for debt in residual + extra if debt[2]]


def totals_by_pair(debts: list[Debt]) -> dict[tuple[int, int], int]:
    totals: dict[tuple[int, int], int] = {}
    for debtor, creditor, amount in debts:
        totals[debtor, creditor] = totals.get((debtor, creditor), 0) + amount
    return totals


@pytest.mark.parametrize("clearing", CLEARINGS, ids=str)
def test_net_positions_stay_and_the_facts_add_up(clearing: Clearing) -> None:
    for given in PROBLEMS:
        before, cleared = debts_of(given), clearing.clear(given)
        after, n_account = debts_after(given, cleared), given.funds.size
        assert net(n_account, after) == net(n_account, before)
        assert (cleared.residual_minor >= 0).all()
        assert (cleared.residual_minor <= given.amount).all()
        assert all(amount > 0 and debtor != creditor for debtor, creditor, amount in after)
        facts = cleared.facts
        gross, left = sum(debt[2] for debt in before), sum(debt[2] for debt in after)
        assert (facts["gross"], facts["residual"], facts["cleared"]) == (gross, left, gross - left)
        assert facts["net_internal_debt"] == net_internal_debt(n_account, before) == gross - facts["excess"]
        again = clearing.clear(given)
        assert again.residual_minor.tolist() == cleared.residual_minor.tolist()
        assert again.facts == facts


def test_set_off_leaves_the_least_that_leaves_all_positions() -> None:
    for given in PROBLEMS:
        expected = sum(least_residual(given.funds.size, debts_of(given)))
        assert SetOff().clear(given).residual_minor.sum() == expected


def test_set_off_against_every_residual_there_is() -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        n = int(rng.integers(1, 7))
        debtor = rng.integers(0, 3, n)
        rows = zip(debtor.tolist(), ((debtor + rng.integers(1, 3, n)) % 3).tolist(), rng.integers(1, 4, n).tolist())
        given = problem([0, 0, 0], list(rows))
        debts = debts_of(given)
        least = min(
            sum(left)
            for left in product(*(range(amount + 1) for _, _, amount in debts))
            if net(3, [(d, c, a) for (d, c, _), a in zip(debts, left)]) == net(3, debts)
        )
        assert SetOff().clear(given).residual_minor.sum() == least


@pytest.mark.parametrize("kind", KINDS)
def test_compression_reaches_the_total_of_its_definition(kind: str) -> None:
    for given in PROBLEMS:
        facts = Compression(kind=kind).clear(given).facts
        assert facts["residual"] == compressed_total(given.funds.size, debts_of(given), kind)


def test_the_less_may_change_the_more_debt_is_left() -> None:
    order = ("non_conservative", "hybrid", "conservative", "bilateral")
    for given in PROBLEMS:
        left = [Compression(kind=kind).clear(given).facts["residual"] for kind in order]
        assert left[0] == net_internal_debt(given.funds.size, debts_of(given))
        assert left == sorted(left)
        assert left[-1] <= given.amount.sum()


def test_bilateral_compression_nets_each_pair() -> None:
    for given in PROBLEMS:
        after = totals_by_pair(debts_after(given, Compression(kind="bilateral").clear(given)))
        assert after == {pair: a for pair, a in pair_nets(given.funds.size, debts_of(given)).items() if a}


def test_hybrid_compression_leaves_customers_alone() -> None:
    for given in PROBLEMS:
        debts, cleared = debts_of(given), Compression(kind="hybrid").clear(given)
        for debt, left in zip(debts, cleared.residual_minor.tolist()):
            assert left == (0 if is_between_dealers(debts, debt) else debt[2])


def test_new_obligations_are_fewer_than_accounts() -> None:
    for given in PROBLEMS:
        for kind in ("hybrid", "non_conservative"):
            extra = Compression(kind=kind).clear(given).extra
            assert extra is not None
            assert extra[0].size == 0 or extra[0].size < given.funds.size


@pytest.mark.parametrize("order", ORDERS)
def test_cycles_are_cancelled_in_the_order_asked_for(order: str) -> None:
    for given in PROBLEMS:
        after = totals_by_pair(debts_after(given, CycleCancelling(order=order).clear(given)))
        expected = totals_after_cycles(given.funds.size, debts_of(given), order)
        assert after == {pair: amount for pair, amount in expected.items() if amount}


@pytest.mark.parametrize("order", ORDERS)
def test_no_order_of_cycles_beats_set_off_and_no_cycle_is_left(order: str) -> None:
    worse = 0
    for given in PROBLEMS:
        cycles, best = CycleCancelling(order=order).clear(given), SetOff().clear(given)
        assert cycles.facts["cleared"] <= best.facts["cleared"]
        worse += cycles.facts["cleared"] < best.facts["cleared"]
        left = Problem(
            funds=given.funds, debtor=given.debtor, creditor=given.creditor, amount=cycles.residual_minor,
            priority=given.priority, entered_at=given.entered_at,
        )  # fmt: skip
        assert CycleCancelling(order=order).clear(left).facts["cleared"] == 0
    assert worse > 0, "the queues show no difference, so they compare nothing"


def test_the_first_obligations_of_a_pair_are_cancelled_first() -> None:
    given = letters({"A": 0, "B": 0}, "A>B 5, A>B 4, B>A 6, A>B 3")
    for clearing in (SetOff(), Compression(kind="bilateral"), CycleCancelling()):
        assert clearing.clear(given).residual_minor.tolist() == [0, 3, 0, 3]


@pytest.mark.parametrize("clearing", CLEARINGS, ids=str)
def test_nothing_owed_and_very_large_debts(clearing: Clearing) -> None:
    for funds in ([], [0], [5, 0]):
        assert clearing.clear(problem(funds, [])).residual_minor.size == 0
    big = 2**60
    cleared = clearing.clear(problem([0, 0, 0], [(0, 1, big), (1, 2, big - 1), (2, 0, big + 1)]))
    after = [sum(cleared.residual_minor.tolist()), 0 if cleared.extra is None else int(cleared.extra[2].sum())]
    expected = 3 * big if clearing == Compression(kind="bilateral") else 3
    assert sum(after) == (2 if cleared.extra is not None else expected)


@pytest.mark.parametrize(
    ("make", "key"), [(lambda: Compression(kind="total"), "kind"), (lambda: CycleCancelling(order="best"), "order")]
)  # fmt: skip
def test_an_unknown_choice_is_refused(make, key: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ScenarioError) as raised:
        make()
    assert raised.value.faults[0].code == "LH103"
    assert key in str(raised.value)


def test_they_are_registered() -> None:
    entries = REGISTRY.entries()
    assert {entries[name] for name in ("set_off", "compression", "cycle_cancelling")} == {
        SetOff, Compression, CycleCancelling,
    }  # fmt: skip
