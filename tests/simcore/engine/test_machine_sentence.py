"""The loop against the rule of gross settlement read as one sentence, with no order of accounts in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simcore.engine.machine import Machine
from simcore.engine.spec import WorldSpec
from simcore.kernels import constants as c
from tests.reference.play import Case, NewPayment, Step, play
from tests.reference.sentence import settle_by_the_sentence
from tests.reference.simple import DIRECT
from tests.reference.worlds import Rolled, make_payment, make_world


def one_rail(choose: Rolled, rule: int) -> tuple[WorldSpec, tuple[NewPayment, ...]]:
    """One gross rail without offsets or bounds, up to 40 payments of one hop between up to five accounts."""
    spec = make_world(choose, (c.GROSS,), (rule,))
    accounts = tuple(account for account in spec.accounts if account.rail == 0)
    rail = replace(spec.rails[0], offset_most=0, bypass_above=0, highly_urgent=-1, urgent=-1, receipts=False,
                   least_amount=0, most_amount=c.NEVER)  # fmt: skip
    spec = replace(spec, rails=(rail,), accounts=accounts, routes=(DIRECT,), n_draw=0)
    payments = sorted((make_payment(choose, spec) for _ in range(choose.whole(5, 40))), key=lambda payment: payment.at)
    return spec, tuple(payments)


def by_the_loop(spec: WorldSpec, payments: tuple[NewPayment, ...]) -> list[tuple[int, int]]:
    """(payment, instant) of everything that settles, in the order of finality."""
    rows = play(Case(spec, payments, (Step(0, "open", 0, 0),)), Machine).rows("payments")
    return [(number, at) for number, _, _, at, status, _ in rows if status == c.SETTLED_GROSS]


def by_the_sentence(spec: WorldSpec, rule: int, payments: tuple[NewPayment, ...]) -> list[tuple[int, int]]:
    of = {account.participant: account for account in spec.accounts}
    each = [of[who] for who in range(spec.n_participant)]
    return settle_by_the_sentence(
        rule,
        [account.opening for account in each],
        [account.debit_limit for account in each],
        [account.reserved for account in each],
        payments,
    )


@pytest.mark.parametrize("rule", [c.FIFO, c.PRIORITY], ids=["fifo", "priority"])
def test_strict_queues_settle_what_the_sentence_settles_at_the_same_instants(rule: int) -> None:
    later = 0
    for seed in range(2_000):
        spec, payments = one_rail(Rolled(seed), rule)
        ours, theirs = by_the_loop(spec, payments), by_the_sentence(spec, rule, payments)
        assert sorted(ours) == sorted(theirs), f"seed {seed}"
        later += sum(at > payments[number].at for number, at in ours)
    assert later > 2_000  # releases from queues, not only payments settled on arrival


def test_a_bypass_queue_settles_in_the_very_order_of_the_sentence() -> None:
    later = 0
    for seed in range(2_000):
        spec, payments = one_rail(Rolled(seed), c.BYPASS)
        ours = by_the_loop(spec, payments)
        assert ours == by_the_sentence(spec, c.BYPASS, payments), f"seed {seed}"
        later += sum(at > payments[number].at for number, at in ours)
    assert later > 2_000
