"""The kernel of a CLS-type day against its plain twin, step by step: pay-ins, rounds, closing, pay-outs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simcore.cls import Desk, Terms
from simcore.kernels.cls import PRICE_BITS, Pairs
from tests.reference.cls_desk import PlainDesk, kept_prices

AMOUNTS = st.integers(1, 40)
LIMITS = st.sampled_from((0, 5, 20, 1_000))


@st.composite
def days(draw: st.DrawFn) -> dict[str, Any]:
    """Two to four members, two to four currencies, up to twenty pairs, and what is done, in order."""
    n, m = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    pairs = []
    for _ in range(draw(st.integers(0, 20))):
        one, gives = draw(st.integers(0, n - 1)), draw(st.integers(0, m - 1))
        other, takes = (one + draw(st.integers(1, n - 1))) % n, (gives + draw(st.integers(1, m - 1))) % m
        pairs.append((one, other, gives, takes, draw(AMOUNTS), draw(AMOUNTS)))
    paid = st.lists(st.lists(st.integers(0, 60), min_size=m, max_size=m), min_size=n, max_size=n)
    step = st.one_of(
        st.tuples(st.just("pay_in"), paid),
        st.tuples(st.just("revolve"), st.just(0)),
        st.tuples(st.just("drop"), st.one_of(st.none(), st.integers(0, m - 1))),
        st.tuples(st.just("pay_out"), st.tuples(st.integers(0, n - 1), st.integers(0, m - 1))),
    )
    return {
        "pairs": pairs,
        "price": draw(st.lists(st.fractions(Fraction(1, 3), 3, max_denominator=40), min_size=m, max_size=m)),
        "haircut": draw(st.lists(st.fractions(0, Fraction(1, 3), max_denominator=40), min_size=m, max_size=m)),
        "short": draw(st.lists(st.lists(LIMITS, min_size=m, max_size=m), min_size=n, max_size=n)),
        "aggregate": draw(st.lists(LIMITS, min_size=n, max_size=n)),
        "steps": draw(st.lists(step, max_size=8)),
    }


@given(days())
def test_the_desk_does_what_the_rules_say(day: dict[str, Any]) -> None:
    """After every step: the same pairs in the same order, the same test that failed, balances, worth, debt."""
    columns = list(zip(*day["pairs"])) or [()] * 6
    pairs = Pairs(*(np.array(column, np.int32 if k < 4 else np.int64) for k, column in enumerate(columns)))
    limits = Terms(price=day["price"], haircut=day["haircut"], short_limit=day["short"],
                   aggregate_limit=day["aggregate"]).limits()  # fmt: skip
    desk = Desk(pairs, limits)
    prices = kept_prices(day["price"], day["haircut"], PRICE_BITS)
    plain = PlainDesk(day["pairs"], prices, list(zip(day["short"], day["aggregate"])))
    for what, with_what in (*day["steps"], ("revolve", 0)):
        if what == "pay_in":
            desk.pay_in(np.array(with_what, np.int64))
            plain.pay_in(with_what)
        elif what == "revolve":
            assert desk.revolve().tolist() == plain.revolve()
            assert desk.failed.tolist() == plain.failed
        elif what == "drop":
            assert desk.drop(with_what).tolist() == plain.drop(with_what)
        else:
            who, currency = with_what
            part = desk.most_out(who, currency)
            assert part == plain.most_out(who, currency)
            out = np.zeros_like(desk.balance)
            out[who, currency] = -part
            desk.pay_in(out)
            plain.pay_in(out.tolist())
        assert desk.waiting.tolist() == plain.waiting
        assert desk.order[desk.order >= 0].size == desk.settled == len(plain.settled)
        assert np.argsort(desk.order, kind="stable")[desk.order.size - desk.settled :].tolist() == plain.settled
        assert desk.balance.tolist() == [member.balance for member in plain.members]
        books = desk._books
        assert books.value.tolist() == [member.value(member.balance) for member in plain.members]
        assert books.short.tolist() == [member.short(member.balance) for member in plain.members]


@given(days())
def test_nobody_is_beyond_a_test_after_a_round_that_was_not_before(day: dict[str, Any]) -> None:
    """What settles leaves both members within all three tests as far as it changes them."""
    columns = list(zip(*day["pairs"])) or [()] * 6
    pairs = Pairs(*(np.array(column, np.int32 if k < 4 else np.int64) for k, column in enumerate(columns)))
    limits = Terms(price=day["price"], haircut=day["haircut"], short_limit=day["short"],
                   aggregate_limit=day["aggregate"]).limits()  # fmt: skip
    desk = Desk(pairs, limits)
    for what, with_what in day["steps"]:
        if what == "pay_in":
            desk.pay_in(np.array(with_what, np.int64))
            desk.revolve()
            assert (desk.balance >= -limits.short_limit).all()
            assert (desk._books.value >= 0).all()
            assert (desk._books.short <= limits.aggregate_limit).all()
