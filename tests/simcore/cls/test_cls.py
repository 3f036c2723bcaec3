"""A CLS-type engine as a central banker would check it: each test by hand, pay-ins, failures, in/out swaps."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from simcore.cls import Day, Terms, in_out_swaps, net_positions, settle_day
from simcore.errors import ScenarioError
from simcore.kernels.cls import (
    FAILS_AGGREGATE,
    FAILS_SHORT,
    FAILS_VALUE,
    PASSES,
    PRICE_BITS,
    Pairs,
    worth_down,
    worth_of,
    worth_up,
)
from tests.reference import cls as plain

MEMBERS, CURRENCIES = "ABCD", ("USD", "EUR", "JPY")


def pairs(*lines: str) -> Pairs:
    """``A 100 USD for 90 EUR of B``: A gives 100 USD and takes 90 EUR."""
    rows = []
    for line in lines:
        one, given, gives, _, taken, takes, _, other = line.split()
        rows.append((MEMBERS.index(one), MEMBERS.index(other), CURRENCIES.index(gives), CURRENCIES.index(takes),
                     int(given), int(taken)))  # fmt: skip
    columns = list(zip(*rows)) or [()] * 6
    return Pairs(*(np.array(column, np.int32 if k < 4 else np.int64) for k, column in enumerate(columns)))


def terms(short: int = 10**6, aggregate: int = 10**6, haircut: Fraction = Fraction(1, 4), **more: Any) -> Terms:
    """Every unit of every currency is worth one, a quarter less if long and a quarter more if short."""
    return Terms(
        price=(Fraction(1),) * 3, haircut=(haircut,) * 3, short_limit=(short,) * 3,
        aggregate_limit=(aggregate,) * len(MEMBERS), **more,
    )  # fmt: skip


def day(*lines: str, paid: dict[str, int] | None = None, **more: Any) -> Day:
    """A day to which members pay in what is given: ``{"A USD": 60}``."""
    net = np.zeros((len(MEMBERS), 3), np.int64)
    for name, amount in (paid or {}).items():
        who, currency = name.split()
        net[MEMBERS.index(who), CURRENCIES.index(currency)] = -amount
    return settle_day(pairs(*lines), terms(**more), net=net)


def test_first_test_the_account_must_be_worth_something_after_haircuts() -> None:
    """A and B exchange 100 for 100. B has paid in all it gives. A is left with EUR 100, which count 75, and owes USD.

    Having paid in 40 it owes 60, which count 75: worth 0, just enough. Having paid in 39 it is worth -1.25, so -2.
    """
    enough = day("A 100 USD for 100 EUR of B", paid={"A USD": 40, "B EUR": 100})
    assert enough.order.tolist() == [0]
    lacking = day("A 100 USD for 100 EUR of B", paid={"A USD": 39, "B EUR": 100})
    assert (lacking.order.tolist(), lacking.failed.tolist()) == ([-1], [FAILS_VALUE])


def test_first_test_nothing_settles_where_nobody_has_paid_in() -> None:
    """Both would be worth 75 - 125 = -50."""
    assert day("A 100 USD for 100 EUR of B").failed.tolist() == [FAILS_VALUE]


def test_second_test_no_currency_may_be_short_beyond_its_limit() -> None:
    """The limit is 50. Having paid in 50 of 100, A is short 50; having paid in 49, 51."""
    assert day("A 100 USD for 100 EUR of B", paid={"A USD": 50, "B EUR": 100}, short=50).settled == 1
    assert day("A 100 USD for 100 EUR of B", paid={"A USD": 49, "B EUR": 100}, short=50).failed.tolist() == [
        FAILS_SHORT
    ]


def test_third_test_all_that_is_short_may_not_be_beyond_the_aggregate_limit() -> None:
    """A ends short of USD 40 and JPY 30, each within 50, and worth 150 × 3/4 - 70 × 5/4 = 25. The aggregate is 70."""
    lines = "A 100 USD for 80 EUR of B", "A 90 JPY for 70 EUR of C"
    paid = {"A USD": 60, "A JPY": 60, "B EUR": 80, "C EUR": 70}
    assert day(*lines, paid=paid, short=50, aggregate=70).settled == 2
    less = day(*lines, paid=paid, short=50, aggregate=69)
    assert (less.order.tolist(), less.failed.tolist()) == ([0, -1], [PASSES, FAILS_AGGREGATE])


def test_what_fails_is_tried_again_once_others_have_settled() -> None:
    """B lacks the euro for A until D has given it some: the second pair settles first, then the queue revolves."""
    done = day(
        "A 100 USD for 100 EUR of B", "D 100 EUR for 100 USD of B",
        paid={"A USD": 100, "D EUR": 100, "B USD": 100}, short=0,
    )  # fmt: skip
    assert done.order.tolist() == [1, 0]


def test_members_pay_in_only_what_they_are_short_net_and_all_settles() -> None:
    """A gives 100 USD and gets 90 back from others: it pays in 10. Gross 4 × 100, to be paid in 10 + 10."""
    done = settle_day(
        pairs("A 100 USD for 100 EUR of B", "B 90 USD for 90 EUR of A"), terms(short=200, aggregate=200),
        deadlines=(Fraction(1, 2), Fraction(1)),
    )  # fmt: skip
    assert done.due.tolist()[:2] == [[10, 0, 0], [0, 10, 0]]
    assert (done.gross_value, done.due_value) == (380, 20)
    assert done.netting_ratio == pytest.approx(1 - 20 / 380)
    # Gridlock by the first test: alone, either pair leaves somebody worth less than nothing.
    assert done.settled == 0
    assert done.paid_out.tolist() == done.paid_in.tolist()


def test_a_member_that_does_not_pay_in_leaves_its_pairs_and_nobody_loses_principal() -> None:
    lines = "A 100 USD for 100 EUR of B", "C 50 JPY for 50 EUR of B"
    good = settle_day(pairs(*lines), terms())
    assert good.settled == 2
    failed = settle_day(pairs(*lines), terms(), fails_from={0: 0})
    assert failed.order.tolist() == [-1, 0]
    assert not failed.left_short.any()
    assert failed.paid_in[0].tolist() == [0, 0, 0]
    assert failed.paid_out[1].tolist() == [0, 100, 50]  # B has its euro back and the yen it bought


def test_what_a_member_leaves_short_is_covered_after_haircuts() -> None:
    """A sells USD 40 for EUR 80, so it may be short: worth 60 - 50 = 10. It never pays in, and USD 40 are lacking."""
    left = settle_day(pairs("A 40 USD for 80 EUR of B"), terms(), fails_from={0: 0})
    assert left.settled == 1
    assert left.left_short[0].tolist() == [40, 0, 0]
    assert left.paid_out.sum(axis=0).tolist() == [40, 80, 0]
    assert left.paid_out[0, 1] * 3 >= left.left_short[0, 0] * 5  # EUR 80 at 3/4 cover USD 40 at 5/4


def test_an_in_out_swap_shrinks_both_positions_and_puts_its_other_leg_at_risk() -> None:
    """A is short USD 100 and long EUR 100, B the opposite. Swapping three quarters leaves 25 each to pay in."""
    trades = pairs("A 100 USD for 100 EUR of B")
    limits = terms().limits()
    net = net_positions(trades, len(MEMBERS), 3)
    assert net.tolist()[:2] == [[-100, 100, 0], [100, -100, 0]]
    swap = in_out_swaps(net, limits, Fraction(3, 4))
    assert [column.tolist() for column in swap.inside] == [[1], [0], [0], [1], [75], [75]]
    assert [column.tolist() for column in swap.outside] == [[0], [1], [0], [1], [75], [75]]
    assert swap.net.tolist()[:2] == [[-25, 25, 0], [25, -25, 0]]
    assert swap.outside_value == 150
    # Inside, the first pair and the swap settle with 25 paid in by each; outside, 75 each way are not covered by it.
    both = Pairs(*(np.concatenate(columns) for columns in zip(trades, swap.inside)))
    done = settle_day(both, terms(haircut=Fraction(0)))
    assert (done.due_value, done.settled) == (50, 2)


def test_no_swap_grows_a_position_or_turns_it_round() -> None:
    choose = random.Random(3)
    for _ in range(300):
        net = np.array([[choose.randint(-1000, 1000) for _ in range(4)] for _ in range(5)], np.int64)
        net[-1] -= net.sum(axis=0)
        limits = Terms(price=[Fraction(choose.randint(1, 400), 100) for _ in range(4)], haircut=[Fraction(0)] * 4,
                       short_limit=[0] * 4, aggregate_limit=[0] * 5).limits()  # fmt: skip
        swap = in_out_swaps(net, limits, Fraction(choose.randint(1, 4), 4))
        assert (swap.net.sum(axis=0) == 0).all()
        assert (np.abs(swap.net) <= np.abs(net)).all()
        assert (swap.net * net >= 0).all()
        assert (net_positions(swap.inside, 5, 4) + net_positions(swap.outside, 5, 4) == 0).all()


def test_values_are_exact_and_against_the_member() -> None:
    choose = random.Random(1)
    for _ in range(3_000):
        amount = choose.randint(0, 2 ** choose.randint(1, 60))
        price = choose.randint(1, 2 ** choose.randint(1, 40))
        if amount * price >> PRICE_BITS < 2**62:
            assert worth_down(amount, price) == amount * price >> PRICE_BITS
            assert worth_up(amount, price) == -(-amount * price >> PRICE_BITS)
            assert worth_of(-amount, 1, price) == -amount * price >> PRICE_BITS


def random_day(seed: int) -> dict[str, Any]:
    choose = random.Random(seed)
    n, m = choose.randint(2, 5), choose.randint(2, 4)
    rows = []
    for _ in range(choose.randint(0, 25)):
        one, other = choose.sample(range(n), 2)
        gives, takes = choose.sample(range(m), 2)
        rows.append((one, other, gives, takes, choose.randint(1, 60), choose.randint(1, 60)))
    shares = sorted(Fraction(choose.randint(0, 4), 4) for _ in range(choose.randint(0, 3)))
    return {
        "rows": rows,
        "terms": Terms(
            price=[Fraction(choose.randint(50, 150), 100) for _ in range(m)],
            haircut=[Fraction(choose.randint(0, 20), 100) for _ in range(m)],
            short_limit=[choose.choice((0, 20, 60, 1000)) for _ in range(m)],
            aggregate_limit=[choose.choice((0, 40, 120, 1000)) for _ in range(n)],
        ),
        "deadlines": (*shares, Fraction(1)),
        "fails_from": {who: choose.randint(0, 2) for who in range(n) if choose.random() < 0.2},
    }


def test_days_are_those_of_the_plain_twin() -> None:
    settled = left = 0
    for seed in range(1_500):
        made = random_day(seed)
        rows, its_terms = made["rows"], made["terms"]
        columns = list(zip(*rows)) or [()] * 6
        trades = Pairs(*(np.array(column, np.int32 if k < 4 else np.int64) for k, column in enumerate(columns)))
        done = settle_day(trades, its_terms, made["deadlines"], made["fails_from"])
        limits = its_terms.limits()
        scale = 1 << PRICE_BITS
        prices = [tuple(Fraction(int(each), scale) for each in row)
                  for row in zip(limits.price, limits.long_price, limits.short_price)]  # fmt: skip
        order, balances, by_deadline = plain.settle_day(
            rows, prices, its_terms.short_limit, its_terms.aggregate_limit, made["deadlines"], made["fails_from"]
        )
        assert np.argsort(done.order, kind="stable")[(done.order < 0).sum() :].tolist() == order, f"seed {seed}"
        assert (done.paid_out - done.left_short).tolist() == balances, f"seed {seed}"
        assert done.settled_after == by_deadline
        assert ((done.failed == 0) == (done.order >= 0)).all()
        settled += len(order)
        left += len(rows) - len(order)
    assert min(settled, left) > 3_000


def test_money_is_conserved_and_accounts_are_empty_at_both_ends() -> None:
    """What is paid out is what was paid in, and what is lacking; currency by currency."""
    for seed in range(300):
        made = random_day(seed)
        columns = list(zip(*made["rows"])) or [()] * 6
        trades = Pairs(*(np.array(column, np.int32 if k < 4 else np.int64) for k, column in enumerate(columns)))
        done = settle_day(trades, made["terms"], made["deadlines"], made["fails_from"])
        assert (done.paid_in.sum(axis=0) + done.left_short.sum(axis=0) == done.paid_out.sum(axis=0)).all()


@pytest.mark.parametrize(
    "line", ["A 100 USD for 100 EUR of A", "A 100 USD for 100 USD of B", "A 0 USD for 100 EUR of B"]
)
def test_a_pair_has_two_members_two_currencies_and_two_amounts(line: str) -> None:
    with pytest.raises(ValueError, match="a pair has two members"):
        settle_day(pairs(line), terms())


def test_amounts_beyond_64_bits_are_refused() -> None:
    with pytest.raises(ScenarioError, match="LH090"):
        settle_day(pairs(f"A {2**61} USD for {2**61} EUR of B"), terms())


@pytest.mark.parametrize(
    "deadlines", [(), (Fraction(1, 2),), (Fraction(1), Fraction(1, 2)), (Fraction(-1), Fraction(1))]
)
def test_deadlines_rise_to_one(deadlines: tuple[Fraction, ...]) -> None:
    with pytest.raises(ValueError, match="deadlines"):
        settle_day(pairs("A 100 USD for 100 EUR of B"), terms(), deadlines)
