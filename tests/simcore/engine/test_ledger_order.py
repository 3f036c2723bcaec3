"""The order of trades inside a block: of no account where everybody can pay, first come first served where not."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.engine.machine import Machine
from simcore.engine.spec import AccountSpec, HopSpec, RailSpec, WorldSpec
from simcore.kernels import constants as c
from tests.reference.play import NewPayment, batches

BANKS, DEALER, BLOCK = 4, 4, 10
PLENTY = 10_000
ROUTES = (  # an exchange each way, and a payment in each currency
    ((0, c.ROLE_DEBTOR, DEALER), (1, DEALER, c.ROLE_CREDITOR)),
    ((1, c.ROLE_DEBTOR, DEALER), (0, DEALER, c.ROLE_CREDITOR)),
    ((0, c.ROLE_DEBTOR, c.ROLE_CREDITOR),),
    ((1, c.ROLE_DEBTOR, c.ROLE_CREDITOR),),
)
Trade = tuple[int, int, int, int]
"""Debtor, creditor, route, amount."""


def block(trades: list[Trade], opening: int, gridlock: bool, capacity: int = 1_000) -> tuple[list[int], list[int]]:
    """Balances after one block in which all trades arrive at one instant, in order, and the status of each."""

    def role(which: int) -> tuple[int, int]:
        return (c.ROLE_PARTICIPANT, which) if which == DEALER else (which, 0)

    spec = WorldSpec(
        n_participant=BANKS + 1, n_currency=2,
        rails=tuple(RailSpec(currency=k, discipline=c.COLLECT, ledger=0, block_every=BLOCK, capacity=capacity,
                             gridlock=gridlock) for k in (0, 1)),
        accounts=tuple(AccountSpec(rail=k, participant=who, opening=opening)
                       for k in (0, 1) for who in range(BANKS + 1)),
        routes=tuple(tuple(HopSpec(rail=rail, debtor=role(one), creditor=role(other)) for rail, one, other in hops)
                     for hops in ROUTES),
        quotes=((DEALER, 0, 1), (DEALER, 1, 0)),
    )  # fmt: skip
    payments = tuple(NewPayment(1, one, other, route, amount, 0, ()) for one, other, route, amount in trades)
    rows: list[dict[str, Any]] = []
    machine = Machine(spec, batches(payments, 1_000, 0), lambda _: None, rows.append)
    machine.quote(0, 3, 2, 0, 0)
    machine.quote(1, 2, 3, 0, 1)
    for rail in (0, 1):
        machine.open(rail, 0)
    machine.advance(BLOCK + 1)
    balances = machine.accounts["balance"].tolist()
    machine.finish()
    status = {k: each for part in rows for k, each in zip(part["payment_id"].tolist(), part["status"].tolist())}
    return balances, [status[k] for k in range(len(trades))]


TRADE = st.tuples(
    st.integers(0, BANKS - 1), st.integers(1, BANKS - 1), st.integers(0, 3), st.integers(2, 60)
).map(lambda it: (it[0], (it[0] + it[1]) % BANKS, it[2], it[3]))  # fmt: skip
TRADES = st.lists(TRADE, min_size=1, max_size=30)


@given(trades=TRADES, gridlock=st.booleans(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_where_funds_suffice_no_order_makes_a_difference(trades: list[Trade], gridlock: bool, data: Any) -> None:
    """Both ways, in two currencies, payments beside exchanges: every account ends with the same, all settle at once."""
    first, statuses = block(trades, PLENTY, gridlock)
    assert set(statuses) == {c.SETTLED_GROSS}
    for _ in range(3):
        order = data.draw(st.permutations(range(len(trades))))
        assert block([trades[k] for k in order], PLENTY, gridlock) == (first, statuses)


@given(trades=TRADES, opening=st.integers(0, 60), capacity=st.sampled_from((3, 1_000)))
@settings(max_examples=100, deadline=None)
def test_where_they_do_not_who_came_first_is_served_first(trades: list[Trade], opening: int, capacity: int) -> None:
    """Of trades that are alike, none settles while an earlier one is left; and what is left can't settle any more."""
    balances, statuses = block(trades, opening, False, capacity)
    done = [status == c.SETTLED_GROSS for status in statuses]
    for k, trade in enumerate(trades):
        if not done[k]:
            assert not any(done[other] for other in range(k, len(trades)) if trades[other] == trade)
    if sum(done) == capacity:
        return
    for k, (one, other, route, amount) in enumerate(trades):
        if not done[k]:
            rail = route % 2
            pays = [(rail * (BANKS + 1) + one, amount)]
            if route < 2:  # what the dealer pays for it, half to even
                pays.append(((1 - rail) * (BANKS + 1) + DEALER, round(amount * 3 / 2 if rail == 0 else amount * 2 / 3)))
            assert any(balances[account] < needed for account, needed in pays), (k, other)


def test_orders_decide_where_funds_are_short() -> None:
    """Of three banks' trades the dealer can fill two: those that came first, whoever they are."""
    trades = [(bank, 3, 0, 20) for bank in range(3)]  # 20 of one currency for 30 of the other, of which it has 60
    served: Counter[int] = Counter()
    for seed in range(6):
        order = random.Random(seed).sample(range(3), 3)
        _, statuses = block([trades[k] for k in order], 60, False)
        assert statuses == [c.SETTLED_GROSS, c.SETTLED_GROSS, c.COLLECTED_AT_END]
        served.update(order[:2])
    assert len(served) == 3


@pytest.mark.parametrize("gridlock", [False, True])
def test_the_capacity_goes_to_who_came_first(gridlock: bool) -> None:
    _, statuses = block([(0, 1, 2, 5)] * 5, PLENTY, gridlock, capacity=3)
    assert statuses == [c.SETTLED_GROSS] * 3 + [c.COLLECTED_AT_END] * 2
