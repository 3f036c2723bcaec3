"""Hash-time-locked exchanges as a central banker would check them: locks, claims, refunds, claims too late."""

from __future__ import annotations

import random
from typing import Any

import pytest

from simcore.errors import ScenarioError
from simcore.htlc import Exchange, Locks, Played, play

LOCKS = Locks(first=100, second=40)
FUNDS = {"A": 50}, {"B": 80}


def exchange(at: int = 0, **more: Any) -> Exchange:
    """A pays B 50 on the first ledger, and B pays A 80 on the second."""
    return Exchange(at=at, initiator="A", responder="B", pays=50, gets=80, **more)


def one(*outages: list[tuple[int, int]], locks: Locks = LOCKS, **more: Any) -> Played:
    return play([exchange(**more)], FUNDS, locks, outages or ((), ()))


def test_both_claim_in_time() -> None:
    """A locks at 0, B at 10, A claims at 15, B at 22. Locked: 50 for 22, 80 for 5."""
    done = one(answers_after=10, claims_after=5, takes_after=7)
    [result] = done.results
    assert (result.outcome, result.locked, result.final) == ("SETTLED", [0, 10], [22, 15])
    assert done.balances == ({"A": 0, "B": 50}, {"B": 0, "A": 80})
    assert done.trapped == (50 * 22, 80 * 5)
    assert done.trapped_in_vain == (0, 0)
    assert done.peak == (50, 80)


def test_the_initiator_does_not_claim_and_both_are_refunded() -> None:
    """B locks at 10 for 40; A would claim 40 later, at the instant at which B's lock ends: too late. 50 for 100."""
    done = one(answers_after=10, claims_after=40)
    [result] = done.results
    assert (result.outcome, result.final, result.claimed) == ("REFUNDED", [100, 50], [False, False])
    assert done.balances == ({"A": 50}, {"B": 80})
    assert done.trapped == done.trapped_in_vain == (50 * 100, 80 * 40)
    assert one(answers_after=10, claims_after=39).results[0].outcome == "SETTLED"


def test_the_responder_claims_late_and_has_paid_for_nothing() -> None:
    """A claims at 15 and shows the secret; B is slow and comes at 100, when A's own money has just gone back to it."""
    done = one(answers_after=10, claims_after=5, takes_after=85)
    [result] = done.results
    assert (result.outcome, result.final, result.claimed) == ("CLAIMED_LATE", [100, 15], [False, True])
    assert done.balances == ({"A": 50}, {"B": 0, "A": 80})
    assert one(answers_after=10, claims_after=5, takes_after=84).results[0].outcome == "SETTLED"


def test_a_responder_that_would_have_no_time_to_claim_does_not_lock() -> None:
    """Its own lock of 40 from 60 on would end with A's, at 100. With a margin of 20 it has to be there before 40."""
    assert one(answers_after=60).results[0].locked == [0, -1]
    assert one(answers_after=59).results[0].locked == [0, 59]
    careful = Locks(first=100, second=40, margin=20)
    assert one(answers_after=40, locks=careful).results[0].locked == [0, -1]
    assert one(answers_after=39, locks=careful).results[0].outcome == "SETTLED"


def test_nothing_is_locked_without_funds() -> None:
    poor = play([exchange()], ({"A": 49}, {"B": 80}), LOCKS)
    assert poor.results[0].outcome == "REJECTED_INSUFFICIENT_FUNDS"
    assert poor.trapped == (0, 0)
    other = play([exchange()], ({"A": 50}, {"B": 79}), LOCKS)
    assert other.results[0].outcome == "REFUNDED"
    assert other.trapped_in_vain == (50 * 100, 0)


def test_what_is_locked_cannot_be_used_meanwhile() -> None:
    """A's 50 are locked until 100 as B never answers; a second exchange at 99 finds nothing, one at 100 does."""
    slow = exchange(answers_after=70)
    for at, outcome in ((99, "REJECTED_INSUFFICIENT_FUNDS"), (100, "SETTLED")):
        assert play([slow, exchange(at=at)], FUNDS, LOCKS).results[1].outcome == outcome


def test_an_outage_of_the_first_ledger_makes_the_responder_late() -> None:
    """A claims at 15 on the second; the first is down from 20 to 120, and B, who wanted to claim at 22, is late.

    When the ledger is back the lock has ended: the money goes to A at 120.
    """
    done = one([(20, 120)], [], answers_after=10, claims_after=5, takes_after=7)
    assert (done.results[0].outcome, done.results[0].final) == ("CLAIMED_LATE", [120, 15])
    short = one([(20, 99)], [], answers_after=10, claims_after=5, takes_after=7)
    assert (short.results[0].outcome, short.results[0].final) == ("SETTLED", [99, 15])


def test_an_outage_of_the_second_ledger_refunds_both() -> None:
    done = one([], [(12, 60)], answers_after=10, claims_after=5)
    assert (done.results[0].outcome, done.results[0].final) == ("REFUNDED", [100, 60])


@pytest.mark.parametrize(
    ("first", "second", "margin"), [(40, 40, 0), (40, 100, 0), (40, 0, 0), (0, 0, 0), (100, 40, 60), (100, 40, -1)]
)
def test_lock_times_in_the_wrong_order_are_a_fault(first: int, second: int, margin: int) -> None:
    with pytest.raises(ScenarioError, match="LH140") as caught:
        Locks(first=first, second=second, margin=margin)
    assert caught.value.exit_code == 2


def test_an_exchange_has_two_parties_and_amounts() -> None:
    with pytest.raises(ValueError, match="two parties"):
        play([Exchange(at=0, initiator="A", responder="A", pays=1, gets=1)], FUNDS, LOCKS)


def made(seed: int) -> Played:
    """Exchanges of three parties both ways, with odd delays, few funds, and outages at any instant."""
    choose = random.Random(seed)
    exchanges = []
    for _ in range(choose.randint(1, 12)):
        initiator, responder = choose.sample("ABC", 2)
        exchanges.append(Exchange(
            at=choose.randint(0, 60), initiator=initiator, responder=responder, pays=choose.randint(1, 9),
            gets=choose.randint(1, 9), answers_after=choose.randint(0, 15), claims_after=choose.randint(0, 15),
            takes_after=choose.randint(0, 25),
        ))  # fmt: skip
    second = choose.randint(1, 20)
    outages = [[(begin := choose.randint(0, 80), begin + choose.randint(1, 30)) for _ in range(choose.randint(0, 2))]
               for _ in range(2)]  # fmt: skip
    funds = [{who: choose.randint(0, 20) for who in "ABC"} for _ in range(2)]
    done = play(exchanges, funds, Locks(first=second + choose.randint(1, 20), second=second), outages)
    for ledger in range(2):
        assert sum(done.balances[ledger].values()) == sum(funds[ledger].values())
        assert min(done.balances[ledger].values()) >= 0
    return done


def test_both_legs_are_claimed_or_neither_and_the_one_exception_is_recorded() -> None:
    seen = dict.fromkeys(("SETTLED", "REFUNDED", "CLAIMED_LATE", "REJECTED_INSUFFICIENT_FUNDS"), 0)
    for seed in range(3_000):
        for result in made(seed).results:
            expected = {
                "SETTLED": [True, True], "REFUNDED": [False, False], "CLAIMED_LATE": [False, True],
                "REJECTED_INSUFFICIENT_FUNDS": [False, False],
            }[result.outcome]  # fmt: skip
            assert result.claimed == expected, f"seed {seed}"
            for locked, final in zip(result.locked, result.final):
                assert (locked < 0) == (final < 0)
                assert final >= locked
            seen[result.outcome] += 1
    assert min(seen.values()) > 300, seen


def test_the_order_in_which_exchanges_are_listed_makes_no_difference_where_none_share_an_instant() -> None:
    choose = random.Random(5)
    for _ in range(200):
        exchanges = [exchange(at=k * 7, answers_after=3, claims_after=choose.randint(0, 50)) for k in range(6)]
        mixed = choose.sample(range(6), 6)
        straight = play(exchanges, ({"A": 120}, {"B": 200}), LOCKS).results
        shuffled = play([exchanges[k] for k in mixed], ({"A": 120}, {"B": 200}), LOCKS).results
        assert [straight[k] for k in mixed] == shuffled
