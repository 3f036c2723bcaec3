"""Gross, net and correspondent settlement agree where theory says that they must: where nobody is ever short."""

from __future__ import annotations

import pytest

from simcore.engine.machine import Machine
from simcore.engine.spec import AccountSpec, HopSpec, RailSpec, WorldSpec
from simcore.kernels import constants as c
from tests.reference.play import NewPayment, Step
from tests.reference.simple import CREDITOR, DEBTOR, OPEN, balances, day, outcomes, rail, world
from tests.reference.worlds import Rolled, make_payment

PLENTY = 10**9
END = 1_000
CYCLE = Step(END, "cycle", 0, 7)


def drawn(choose: Rolled, people: int) -> list[NewPayment]:
    """Payments among so many, in the order of their times."""
    spec = world([rail()], [[0] * people])
    rows = [make_payment(choose, spec) for _ in range(choose.whole(1, 40))]
    return sorted(rows, key=lambda row: row.at)


def net_positions(people: int, payments: list[NewPayment]) -> list[int]:
    """What each received less what it paid."""
    return [sum((row.creditor == who) * row.amount - (row.debtor == who) * row.amount for row in payments)
            for who in range(people)]  # fmt: skip


@pytest.mark.parametrize("seed", range(100))
def test_with_plenty_of_money_every_rail_leaves_the_net_positions(seed: int) -> None:
    """Gross by each queue rule, instant, and one net cycle at the end of the day."""
    choose = Rolled(seed)
    people = choose.whole(2, 6)
    payments = drawn(choose, people)
    expected = [PLENTY + net for net in net_positions(people, payments)]
    kinds = [rail(rule=rule) for rule in (c.FIFO, c.PRIORITY, c.BYPASS)]
    for kind in [*kinds, rail(discipline=c.INSTANT)]:
        played = day(Machine, world([kind], [[PLENTY] * people]), payments)
        assert balances(played) == expected
        assert outcomes(played) == [f"SETTLED_GROSS {row.at}" for row in payments]
    net = day(Machine, world([rail(discipline=c.COLLECT)], [[PLENTY] * people]), payments, (OPEN, CYCLE))
    assert balances(net) == expected
    assert outcomes(net) == [f"SETTLED_NET {END}"] * len(payments)


@pytest.mark.parametrize("seed", range(100))
def test_a_net_cycle_needs_the_net_debits_and_not_a_unit_less(seed: int) -> None:
    choose = Rolled(seed)
    people = choose.whole(2, 6)
    payments = drawn(choose, people)
    needed = [max(0, -net) for net in net_positions(people, payments)]
    played = day(Machine, world([rail(discipline=c.COLLECT)], [needed]), payments, (OPEN, CYCLE))
    assert outcomes(played) == [f"SETTLED_NET {END}"] * len(payments)
    if any(needed):
        poor = next(who for who, amount in enumerate(needed) if amount)
        less = [amount - (who == poor) for who, amount in enumerate(needed)]
        played = day(Machine, world([rail(discipline=c.COLLECT)], [less]), payments, (OPEN, CYCLE))
        assert not any(line.startswith("SETTLED") for line in outcomes(played))


@pytest.mark.parametrize("seed", range(100))
def test_a_chain_of_unlimited_lines_delivers_after_the_sum_of_its_latencies(seed: int) -> None:
    """Each correspondent debits and forwards on its own books; nobody is ever short, so only the latencies count."""
    choose = Rolled(seed)
    people, links = choose.whole(2, 4), choose.whole(1, 4)
    latencies = [choose.whole(0, 9) for _ in range(links + 1)]
    chain = list(range(people, people + links))  # correspondents are participants of their own
    roles = [DEBTOR, *((c.ROLE_PARTICIPANT, who) for who in chain), CREDITOR]
    hops = tuple(
        HopSpec(rail=k, debtor=roles[k], creditor=roles[k + 1], latency_us=latency)
        for k, latency in enumerate(latencies)
    )
    spec = WorldSpec(
        n_participant=people + links, n_currency=1, rails=(RailSpec(currency=0, discipline=c.GROSS),) * (links + 1),
        accounts=tuple(
            AccountSpec(rail=k, participant=who, opening=0, debit_limit=c.UNLIMITED)
            for k in range(links + 1) for who in range(people + links)
        ),
        routes=(hops,),
    )  # fmt: skip
    payments = drawn(choose, people)
    script = tuple(Step(0, "open", k, 0) for k in range(links + 1))
    played = day(Machine, spec, payments, script)
    assert outcomes(played) == [f"SETTLED_GROSS {row.at + sum(latencies)}" for row in payments]
    sums = [0] * (people + links)
    for place, balance in enumerate(balances(played)):
        sums[place % (people + links)] += balance
    assert sums == [*net_positions(people, payments), *[0] * links], "customers' banks as if paid direct, others even"
