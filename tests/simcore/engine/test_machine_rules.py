"""The rules of settlement as small tables: accounts, payments, what becomes of each; for the loop and its twin."""

from __future__ import annotations

import pytest

from simcore.engine.machine import Machine
from simcore.engine.spec import HopSpec
from simcore.kernels import constants as c
from tests.reference.play import Step
from tests.reference.simple import CREDITOR, DEBTOR, OPEN, balances, day, finality, outcomes, payment, rail, world
from tests.reference.twin import Twin

BOTH = pytest.mark.parametrize("kind", [Machine, Twin])
STRICT = pytest.mark.parametrize("rule", [c.FIFO, c.PRIORITY], ids=["fifo", "priority"])
ANY_QUEUE = pytest.mark.parametrize("rule", [c.FIFO, c.PRIORITY, c.BYPASS], ids=["fifo", "priority", "bypass"])


@BOTH
def test_a_strict_queue_holds_small_payments_behind_a_big_one_and_a_bypass_queue_does_not(kind: type) -> None:
    lines = [payment(1, "A>B", 100), payment(2, "A>B", 10), payment(3, "A>B", 5)]
    for rule, expected in (
        (c.FIFO, ["QUEUED_AT_END", "QUEUED_AT_END", "QUEUED_AT_END"]),
        (c.BYPASS, ["QUEUED_AT_END", "SETTLED_GROSS 2", "SETTLED_GROSS 3"]),
    ):
        assert outcomes(day(kind, world([rail(rule=rule)], [[20, 0]]), lines)) == expected


@BOTH
def test_an_urgent_payment_goes_first_where_the_rail_has_priorities(kind: type) -> None:
    """B's credit at 5 pays for one of the two that wait."""
    lines = [payment(1, "A>B", 10, priority=2), payment(2, "A>B", 10, priority=0), payment(5, "B>A", 10)]
    assert outcomes(day(kind, world([rail(rule=c.PRIORITY)], [[0, 10]]), lines))[:2] == [
        # The urgent one settles at 5, B's 10 are back with B, and nobody gives A another 10.
        "QUEUED_AT_END",
        "SETTLED_GROSS 5",
    ]
    assert outcomes(day(kind, world([rail(rule=c.FIFO)], [[0, 10]]), lines))[:2] == ["SETTLED_GROSS 5", "QUEUED_AT_END"]


@BOTH
@ANY_QUEUE
def test_an_exact_fit_settles_and_one_unit_more_does_not(kind: type, rule: int) -> None:
    spec = world([rail(rule=rule)], [[100, 0]])
    assert outcomes(day(kind, spec, [payment(1, "A>B", 100)])) == ["SETTLED_GROSS 1"]
    assert outcomes(day(kind, spec, [payment(1, "A>B", 101)])) == ["QUEUED_AT_END"]


@BOTH
@ANY_QUEUE
def test_a_ring_without_money_stays_queued(kind: type, rule: int) -> None:
    """Gridlock: everybody waits for somebody. Gross settlement alone doesn't solve it."""
    lines = [payment(1, "A>B", 10), payment(2, "B>C", 10), payment(3, "C>A", 10)]
    assert outcomes(day(kind, world([rail(rule=rule)], [[0, 0, 0]]), lines)) == ["QUEUED_AT_END"] * 3


@BOTH
@ANY_QUEUE
def test_one_credit_releases_a_cascade_in_one_instant(kind: type, rule: int) -> None:
    lines = [payment(1, "A>B", 10), payment(2, "B>C", 10), payment(3, "C>D", 10), payment(9, "D>A", 10)]
    played = day(kind, world([rail(rule=rule)], [[0, 0, 0, 10]]), lines)
    assert outcomes(played) == ["SETTLED_GROSS 9"] * 4
    assert finality(played) == [3, 0, 1, 2]
    assert balances(played) == [0, 0, 0, 10]


@BOTH
@STRICT
def test_the_ring_of_three_banks_on_three_days_stays_queued(kind: type, rule: int) -> None:
    """Published: PSSimPy's basic test, three banks with 50 each and rings of 100, 200 and 300; nothing ever settles.

    Source: github.com/KennethSee/PSSimPy, tests/test_basic_sim.py.
    """
    lines = [payment(at, who, 100 * at) for at in (1, 2, 3) for who in ("A>B", "B>C", "C>A")]
    played = day(kind, world([rail(rule=rule)], [[50, 50, 50]]), lines)
    assert outcomes(played) == ["QUEUED_AT_END"] * 9
    assert balances(played) == [50, 50, 50]


@BOTH
@pytest.mark.parametrize(
    ("when_closed", "expected"),
    [
        (c.WAIT, ["SETTLED_GROSS 1", "WAITING_AT_END"]),
        (c.REJECT, ["SETTLED_GROSS 1", "REJECTED_CLOSED 7"]),
        (c.RETURN, ["SETTLED_GROSS 1", "RETURNED_CLOSED 7"]),
    ],
)
def test_after_the_cut_off_nothing_new_gets_in(kind: type, when_closed: int, expected: list[str]) -> None:
    spec = world([rail(when_closed=when_closed)], [[100, 0]])
    lines = [payment(1, "A>B", 10), payment(7, "A>B", 10)]
    assert outcomes(day(kind, spec, lines, [OPEN, Step(5, "cut_off", 0, 0)])) == expected


@BOTH
def test_what_waited_for_the_opening_goes_before_what_is_new(kind: type) -> None:
    """A can pay one of them: the early one that waited, not the one initiated at the opening itself."""
    lines = [payment(1, "A>B", 10), payment(5, "A>C", 10)]
    played = day(kind, world([rail()], [[10, 0, 0]]), lines, [Step(5, "open", 0, 0)])
    assert outcomes(played) == ["SETTLED_GROSS 5", "QUEUED_AT_END"]


@BOTH
def test_the_queue_at_the_end_of_the_day_is_returned(kind: type) -> None:
    lines = [payment(1, "A>B", 10), payment(2, "A>B", 10)]
    played = day(kind, world([rail()], [[10, 0]]), lines, [OPEN, Step(8, "return_queued", 0, 0)])
    assert outcomes(played) == ["SETTLED_GROSS 1", "RETURNED_CUT_OFF 8"]


@BOTH
def test_an_instant_payment_settles_now_or_never(kind: type) -> None:
    lines = [payment(1, "A>B", 10), payment(2, "B>A", 10), payment(3, "A>B", 10)]
    played = day(kind, world([rail(c.INSTANT)], [[0, 10]]), lines)
    assert outcomes(played) == ["REJECTED_INSUFFICIENT_FUNDS 1", "SETTLED_GROSS 2", "SETTLED_GROSS 3"]


@BOTH
def test_a_net_cycle_settles_everything_or_nothing(kind: type) -> None:
    """Gross 300, net 10: A needs 10. With 9 the whole cycle fails, and the next one, with 10, settles it all."""
    lines = [payment(1, "A>B", 110), payment(2, "B>C", 100), payment(3, "C>A", 100), payment(6, "C>A", 1)]
    script = [OPEN, Step(5, "cycle", 0, 0), Step(9, "cycle", 0, 0)]
    played = day(kind, world([rail(c.COLLECT)], [[9, 0, 5]]), lines, script)
    assert outcomes(played) == ["SETTLED_NET 9"] * 4
    assert balances(played) == [0, 10, 4]
    failed, settled = (seen[1] for seen in played.seen[1:3])
    assert failed == {"considered_count": 3, "considered_minor": 310, "settled_count": 0, "settled_minor": 0,
                      "moved_minor": 0}  # fmt: skip
    assert settled == {"considered_count": 4, "considered_minor": 311, "settled_count": 4, "settled_minor": 311,
                       "moved_minor": 10}  # fmt: skip


A, B, C, D, E = range(5)
VIA_A_DEALER = (
    HopSpec(rail=0, debtor=DEBTOR, creditor=(c.ROLE_PARTICIPANT, D), latency_us=1),
    HopSpec(rail=1, debtor=(c.ROLE_PARTICIPANT, D), creditor=(c.ROLE_PARTICIPANT, E), latency_us=1),
    HopSpec(rail=2, debtor=(c.ROLE_PARTICIPANT, E), creditor=CREDITOR, latency_us=1),
)
CNY_USD_USD = [rail(), rail(currency=1), rail(currency=1)]


@BOTH
def test_three_hops_with_a_dealer_show_rate_and_spread_apart(kind: type) -> None:
    """100 at a mid of 3/2 and a half-spread of 10 %: 10 stay with the dealer, 90 become 135."""
    spec = world(CNY_USD_USD, [[100, 0, 0, 0, 0], [0, 0, 0, 500, 0], [0, 0, 0, 0, 500]], routes=(VIA_A_DEALER,),
                 quotes=((D, 1, 0), (D, 0, 1)))  # fmt: skip
    script = [Step(0, "open", k, 0) for k in range(3)]
    played = day(kind, spec, [payment(1, "A>B", 100)], script)
    rows = [(row[1], c.KIND_NAMES[row[2]], row[5], row[7]) for row in played.rows("obligations")]
    assert rows == [(0, "payment", 90, 2), (0, "spread", 10, 2), (1, "payment", 135, 3), (2, "payment", 135, 4)]
    assert played.rows("payments") == [(0, 135, 10, 4, c.SETTLED_GROSS, 3)]
    assert balances(played) == [0, 0, 0, 100, 0] + [0, 0, 0, 365, 135] + [0, 135, 0, 0, 365]


@BOTH
def test_a_return_gives_everybody_back_what_they_had(kind: type) -> None:
    """The last rail rejects what comes late: both hops before are reversed, the spread with them."""
    rails = [*CNY_USD_USD[:2], rail(currency=1, when_closed=c.REJECT)]
    openings = [[100, 0, 0, 0, 0], [0, 0, 0, 500, 0], [0, 0, 0, 0, 500]]
    spec = world(rails, openings, routes=(VIA_A_DEALER,), quotes=((D, 1, 0), (D, 0, 1)))
    played = day(kind, spec, [payment(1, "A>B", 100)], [Step(0, "open", k, 0) for k in range(2)])
    rows = [(row[1], c.KIND_NAMES[row[2]], row[5], row[7]) for row in played.rows("obligations")]
    assert rows == [
        (0, "payment", 90, 2),
        (0, "spread", 10, 2),
        (1, "payment", 135, 3),
        (2, "payment", 135, c.NEVER),  # rejected at 4
        (1, "return", 135, 4),
        (0, "return", 100, 4),
    ]
    assert played.rows("payments") == [(0, c.NONE, 0, 4, c.REJECTED_CLOSED, 2)]
    assert balances(played) == [amount for row in openings for amount in row]


@BOTH
def test_an_amount_that_converts_to_nothing_goes_back(kind: type) -> None:
    """At a mid of 1/5, with a half-spread of 50 %, 2 units become half_even(0.2) = 0."""
    spec = world(CNY_USD_USD, [[2, 0, 0, 0, 0], [0, 0, 0, 500, 0], [0, 0, 0, 0, 500]], routes=(VIA_A_DEALER,),
                 quotes=((D, 1, 0), (E, 1, 0), (E, 0, 1), (D, 0, 1)))  # fmt: skip
    played = day(kind, spec, [payment(1, "A>B", 2)], [Step(0, "open", k, 0) for k in range(3)])
    assert outcomes(played) == ["RETURNED_ZERO_AMOUNT 2"]
    assert balances(played)[:5] == [2, 0, 0, 0, 0]


@BOTH
def test_a_hop_between_an_account_and_itself_is_skipped(kind: type) -> None:
    """The creditor is its own agent: two hops are one."""
    route = (
        HopSpec(rail=0, debtor=DEBTOR, creditor=(c.ROLE_AGENT_OF_CREDITOR, 0)),
        HopSpec(rail=1, debtor=(c.ROLE_AGENT_OF_CREDITOR, 0), creditor=CREDITOR, latency_us=50),
    )
    spec = world([rail(), rail()], [[10, 0, 0], [0, 0, 10]], routes=(route,), agents={(0, A): A, (0, B): B, (0, C): B})
    played = day(kind, spec, [payment(1, "A>B", 1), payment(2, "A>C", 2)], [Step(0, "open", k, 0) for k in range(2)])
    assert [row[:2] for row in played.rows("obligations")] == [(0, 0), (1, 0), (1, 1)]
    assert [row[5] for row in sorted(played.rows("payments"))] == [1, 1]
    assert outcomes(played) == ["SETTLED_GROSS 1", "QUEUED_AT_END"]


@BOTH
def test_demand_in_one_instant_is_served_in_its_order(kind: type) -> None:
    """A has money for one of three equal payments of one instant: the first in the file."""
    lines = [payment(1, "A>B", 10), payment(1, "A>C", 10), payment(1, "A>D", 10)]
    expected = ["SETTLED_GROSS 1", "QUEUED_AT_END", "QUEUED_AT_END"]
    assert outcomes(day(kind, world([rail()], [[10, 0, 0, 0]]), lines)) == expected
