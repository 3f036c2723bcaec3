"""What theory says of liquidity on one gross rail, whatever the payments: bounds, a ring, and more never hurting."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import pytest

from simcore.engine.machine import Machine
from simcore.engine.spec import WorldSpec
from simcore.kernels import constants as c
from tests.reference.play import Case, NewPayment, Played, Step, play
from tests.reference.simple import NAMES, balances, day, finality, outcomes, payment, rail, world
from tests.reference.worlds import Rolled, make_payment

OPEN = (Step(0, "open", 0, 0),)
BALANCE, MINIMUM = 2, 5  # places in the figures of an account


def some_payments(choose: Rolled, spec: WorldSpec) -> tuple[NewPayment, ...]:
    rows = [make_payment(choose, spec) for _ in range(choose.whole(5, 40))]
    return tuple(sorted(rows, key=lambda row: row.at))


def with_funds(spec: WorldSpec, openings: list[int]) -> WorldSpec:
    accounts = tuple(replace(account, opening=opening) for account, opening in zip(spec.accounts, openings))
    return replace(spec, accounts=accounts)


def settled_by(played: Played) -> dict[int, int]:
    """Payment to the instant of its settlement."""
    return {number: at for number, _, _, at, status, _ in played.rows("payments") if status == c.SETTLED_GROSS}


@pytest.mark.parametrize("rule", [c.FIFO, c.PRIORITY, c.BYPASS], ids=["fifo", "priority", "bypass"])
def test_the_upper_bound_of_liquidity_is_enough_and_is_all_used(rule: int) -> None:
    """With max(0, largest net debit) each, all settle at once, and each balance that was needed touches zero."""
    for seed in range(300):
        choose = Rolled(seed)
        spec = world([rail(rule=rule)], [[0] * choose.whole(2, 5)])
        payments = some_payments(choose, spec)
        flows = [
            [(row.creditor == who) * row.amount - (row.debtor == who) * row.amount for row in payments]
            for who in range(spec.n_participant)
        ]
        upper = [max(0, -min(accumulate(flow))) for flow in flows]
        played = play(Case(with_funds(spec, upper), payments, OPEN), Machine)
        assert settled_by(played) == {number: row.at for number, row in enumerate(payments)}
        for bound, figures in zip(upper, played.seen[-1][2]):
            assert figures[MINIMUM] == 0 or bound == 0


@pytest.mark.parametrize("rule", [c.FIFO, c.PRIORITY], ids=["fifo", "priority"])
def test_more_liquidity_never_settles_less_or_later_in_a_strict_queue(rule: int) -> None:
    """Not true of a bypass queue, where money can tempt a payment out that starves two others."""
    for seed in range(500):
        choose = Rolled(seed)
        openings = [choose.whole(0, 6) for _ in range(choose.whole(2, 5))]
        spec = world([rail(rule=rule)], [openings])
        payments = [row._replace(priority=0) for row in some_payments(choose, spec)]
        less = settled_by(play(Case(spec, tuple(payments), OPEN), Machine))
        more_funds = [opening + choose.whole(0, 4) for opening in openings]
        more = settled_by(play(Case(with_funds(spec, more_funds), tuple(payments), OPEN), Machine))
        assert all(number in more and more[number] <= at for number, at in less.items()), f"seed {seed}"


@pytest.mark.parametrize("n", [2, 3, 7, 26])
def test_one_payment_s_worth_of_money_settles_a_whole_ring(n: int) -> None:
    """n payments of 10 in a ring: with 10 anywhere all settle in one instant, with 9 none does."""
    ring = [payment(1, f"{NAMES[k]}>{NAMES[(k + 1) % n]}", 10) for k in range(n)]
    for rich in (0, n // 2, n - 1):
        funds = [10 * (k == rich) for k in range(n)]
        played = day(Machine, world([rail()], [funds]), ring)
        assert outcomes(played) == ["SETTLED_GROSS 1"] * n
        assert balances(played) == funds
        assert sorted(finality(played)) == list(range(n))
        short = day(Machine, world([rail()], [[9 * (k == rich) for k in range(n)]]), ring)
        assert outcomes(short) == ["QUEUED_AT_END"] * n


def test_money_that_tempts_a_big_payment_out_of_a_bypass_queue_can_settle_less() -> None:
    """Why the rule above says "strict": with 3 and not 2, A pays 3 at once and the payments of 1 wait for ever."""
    lines = [payment(1, "A>B", 3), *(payment(2, "A>B", 1) for _ in range(3))]
    few, many = (outcomes(day(Machine, world([rail(rule=c.BYPASS)], [[funds, 0]]), lines)) for funds in (2, 3))
    assert sum(line.startswith("SETTLED") for line in few) == 2
    assert sum(line.startswith("SETTLED") for line in many) == 1
