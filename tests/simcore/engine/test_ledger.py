"""Shared ledgers as a central banker would check them: blocks, two legs, limits, issue, redemption."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simcore
from scenarios.loader import load
from simcore.demand.hours import Hours
from simcore.engine.machine import Machine
from simcore.errors import ScenarioError
from simcore.kernels import constants as c
from tests.reference.play import play
from tests.reference.worlds import Rolled, make_ledger_case
from tests.simcore.engine.towns import ROUTED, town

HERE = Path(__file__).parent / "two-countries.toml"
OPENING = "2026-03-02T"  # a Monday


def run(tmp_path: Path, payments: str, *changes: str) -> Any:
    """Run two countries' banks on one ledger; CN and TH each have a bank, and FX of CN deals at 5 THB for one CNY."""
    return simcore.run(town(tmp_path, HERE.read_text(), payments, ROUTED), out=tmp_path / "run", set=list(changes))


def outcomes(done: Any) -> list[str]:
    return [row["status"] for row in done.payments.to_pylist()]


def legs(done: Any) -> list[tuple[Any, ...]]:
    """(payment, rail, amount, time of day of finality, sequence) of every hop that settled."""
    return [
        (row["payment_id"], row["rail"], row["amount_minor"] // 100, f"{row['settled_at']:%H:%M:%S}", row["sequence"])
        for row in done.obligations.to_pylist()
        if row["sequence"] is not None and row["kind"] == "payment"
    ]


def test_both_legs_are_final_in_the_next_block_with_one_number(tmp_path: Path) -> None:
    """Blocks every ten seconds: what comes at 03:00:01 and at 03:00:10 is in that of 03:00:10."""
    done = run(
        tmp_path,
        f"a,{OPENING}03:00:01Z,CNB,THB,10,CNY,pvp\n"
        f"b,{OPENING}03:00:10Z,CNB,THB,20,CNY,pvp\n"
        f"c,{OPENING}03:00:11Z,CNB,THB,30,CNY,pvp\n",
    )
    rows = legs(done)
    assert [row[:4] for row in rows] == [
        (0, "E-CNY", 10, "03:00:10"),
        (0, "E-THB", 50, "03:00:10"),
        (1, "E-CNY", 20, "03:00:10"),
        (1, "E-THB", 100, "03:00:10"),
        (2, "E-CNY", 30, "03:00:20"),
        (2, "E-THB", 150, "03:00:20"),
    ]
    assert [row[4] for row in rows[::2]] == [row[4] for row in rows[1::2]]


def test_neither_leg_settles_where_one_lacks_funds(tmp_path: Path) -> None:
    """FX has 1,000 THB: 150 CNY (750 THB) go, then 100 CNY (500 THB) can't, though the payer has the CNY."""
    done = run(tmp_path, f"a,{OPENING}03:00:01Z,CNB,THB,150,CNY,pvp\nb,{OPENING}03:00:02Z,CNB,THB,100,CNY,pvp\n")
    assert outcomes(done) == ["SETTLED_GROSS", "RETURNED_CUT_OFF"]
    assert {row[0] for row in legs(done)} == {0}


def test_a_block_takes_no_more_than_its_capacity(tmp_path: Path) -> None:
    payments = "".join(f"{k},{OPENING}03:00:01Z,CNB,FX,1,CNY,cny\n" for k in range(5))
    done = run(tmp_path, payments, "rails.E-CNY.capacity=2", "rails.E-THB.capacity=2")
    assert [row[3] for row in legs(done)] == ["03:00:10"] * 2 + ["03:00:20"] * 2 + ["03:00:30"]


def test_a_block_without_work_is_none(tmp_path: Path) -> None:
    """Two days have 17,280 instants of blocks; the two at which something waits are two rows."""
    done = run(tmp_path, f"a,{OPENING}03:00:01Z,CNB,FX,1,CNY,cny\nb,{OPENING}05:00:01Z,CNB,FX,1,CNY,cny\n")
    assert [row["mechanism"] for row in done.cycles.to_pylist()] == ["block", "block"]


def test_when_short_rejects_or_waits_for_money(tmp_path: Path) -> None:
    """CNB has 500 CNY and gets 400 at 04:00: the second payment waits for it, or was rejected by then."""
    payments = (
        f"a,{OPENING}03:00:01Z,CNB,FX,500,CNY,cny\nb,{OPENING}03:00:01Z,CNB,FX,300,CNY,cny\n"
        f"c,{OPENING}04:00:01Z,FX,CNB,400,CNY,cny\n"
    )
    assert outcomes(run(tmp_path, payments)) == ["SETTLED_GROSS"] * 3
    rejects = ["rails.E-CNY.when_short=reject", "rails.E-THB.when_short=reject"]
    (tmp_path / "second").mkdir()
    assert sorted(outcomes(run(tmp_path / "second", payments, *rejects))) == [
        "REJECTED_INSUFFICIENT_FUNDS", "SETTLED_GROSS", "SETTLED_GROSS",
    ]  # fmt: skip


def test_a_ring_across_currencies_settles_as_one_set(tmp_path: Path) -> None:
    """TWO-TH owes 5,000 THB against CNB's 1,000 CNY, and neither FX leg is funded; netted, nobody pays anything."""
    payments = f"a,{OPENING}03:00:01Z,CNB,THB,400,CNY,pvp\nb,{OPENING}03:00:01Z,THB,CNB,2000,THB,pvp-back\n"
    poor = ["accounts.E-CNY.CNB.opening=0 CNY", "accounts.E-THB.THB.opening=0 THB"]
    assert outcomes(run(tmp_path, payments, *poor)) == ["RETURNED_CUT_OFF"] * 2
    (tmp_path / "second").mkdir()
    resolved = [*poor, "rails.E-CNY.gridlock=true", "rails.E-THB.gridlock=true"]
    done = run(tmp_path / "second", payments, *resolved)
    assert outcomes(done) == ["SETTLED_OFFSET"] * 2
    assert len({row[4] for row in legs(done)}) == 1


def test_limits_of_payments_and_balances(tmp_path: Path) -> None:
    """No more than 200 CNY in a payment, and FX holds no more than 300 CNY."""
    done = run(
        tmp_path,
        f"a,{OPENING}03:00:01Z,CNB,FX,201,CNY,cny\nb,{OPENING}03:00:02Z,CNB,FX,200,CNY,cny\n"
        f"c,{OPENING}03:00:03Z,CNB,FX,101,CNY,cny\nd,{OPENING}03:00:04Z,CNB,FX,100,CNY,cny\n",
        "rails.E-CNY.most_amount=200 CNY",
        "rails.E-CNY.balance_limit=500 CNY",
        "accounts.E-CNY.FX.opening=200 CNY",
    )
    assert sorted(outcomes(done)) == ["REJECTED_LIMIT", "REJECTED_LIMIT", "SETTLED_GROSS", "SETTLED_GROSS"]
    assert {row[2] for row in legs(done)} == {200, 100}


@pytest.mark.parametrize(
    ("redeem", "kept", "redemptions"),
    [
        ("none", {"CNB": 400, "FX": 0, "THB": 100}, 0),
        ("foreign", {"CNB": 400, "FX": 0, "THB": 0}, 1),
        ("all", {"CNB": 0, "FX": 0, "THB": 0}, 2),
    ],
)
def test_balances_are_cleared_when_the_rtgs_closes(
    tmp_path: Path, redeem: str, kept: dict[str, int], redemptions: int
) -> None:
    """CNB pays 100 of its 500 CNY to THB; at 17:15 in China what THB holds goes to its sponsor, FX, on the RTGS."""
    done = run(
        tmp_path,
        f"a,{OPENING}03:00:01Z,CNB,THB,100,CNY,cny\n",
        "accounts.E-CNY.FX.opening=0 CNY",
        f"rails.E-CNY.redeem={redeem}",
        f"rails.E-THB.redeem={redeem}",
        "scenario.days=1",
    )
    ends = {row["participant"]: row["closing_minor"] // 100 for row in done.accounts.to_pylist()
            if row["rail"] == "E-CNY"}  # fmt: skip
    assert {who: ends[who] for who in kept} == kept
    rows = [row for row in done.obligations.to_pylist() if row["kind"] == "redemption" and row["currency"] == "CNY"]
    assert len(rows) == 2 * redemptions
    assert all(f"{row['settled_at']:%H:%M}" == "09:15" for row in rows)


def test_money_is_issued_when_the_rtgs_opens(tmp_path: Path) -> None:
    """CNB wants 700 CNY at each opening of the RTGS and has 500: 200 are issued against its money there."""
    done = run(
        tmp_path, f"a,{OPENING}03:00:01Z,CNB,FX,1,CNY,cny\n", "accounts.E-CNY.CNB.funding=700 CNY", "scenario.days=1"
    )
    rows = [row for row in done.obligations.to_pylist() if row["kind"] == "issue"]
    assert [(row["rail"], row["debtor"], row["creditor"], row["amount_minor"]) for row in rows] == [
        ("RTGS-CN", "CNB", "PBC", 20_000),
        ("E-CNY", "PBC", "CNB", 20_000),
    ]


def test_a_block_does_not_depend_on_order_when_funds_suffice(tmp_path: Path) -> None:
    """Thirty payments of one instant in ten orders: the same balances, since everybody can pay what it owes."""
    names = ["CNB", "FX"]
    some = [(who, names[1 - names.index(who)], 1 + k % 7) for k, who in enumerate(names * 15)]
    closing = set()
    for order in range(4):
        random.Random(order).shuffle(some)
        folder = tmp_path / str(order)
        folder.mkdir()
        text = "".join(f"{k},{OPENING}03:00:01Z,{a},{b},{m},CNY,cny\n" for k, (a, b, m) in enumerate(some))
        done = run(folder, text)
        assert outcomes(done) == ["SETTLED_GROSS"] * 30
        closing.add(str(sorted((row["rail"], row["participant"], row["closing_minor"])
                               for row in done.accounts.to_pylist())))  # fmt: skip
    assert len(closing) == 1


def test_first_come_when_they_do_not(tmp_path: Path) -> None:
    """Of three that ask for 200 each of 500 CNY, the first two get them, whoever they are."""
    done = run(tmp_path, "".join(f"{k},{OPENING}03:00:0{k}Z,CNB,FX,200,CNY,cny\n" for k in range(3)))
    assert outcomes(done) == ["SETTLED_GROSS", "SETTLED_GROSS", "RETURNED_CUT_OFF"]


def test_in_every_generated_world_legs_are_final_together_or_not_at_all() -> None:
    """With openings, closings and money from outside at any instant. Left out are worlds whose dealers
    give value later, and a hop that nothing is left for after the exchange.
    """
    together = 0
    for seed in range(600):
        case = make_ledger_case(Rolled(seed))
        if any(step.what in ("open_for_funding", "quote") for step in case.script):
            continue
        played = play(case, Machine)
        zero = {row[0] for row in played.rows("payments") if row[4] == c.RETURNED_ZERO_AMOUNT}
        number = {(row[0], row[1]): row[8] for row in played.rows("obligations") if row[2] == c.KIND_PAYMENT}
        for (payment, k), sequence in number.items():
            hops = case.spec.routes[case.payments[payment].route]
            if sequence < 0 or (payment, k + 1) not in number or payment in zero:
                continue
            one, other = (case.spec.rails[hops[at].rail].ledger for at in (k, k + 1))
            if one == other != c.NONE and not hops[k + 1].latency_us and hops[k + 1].draw == c.NONE:
                assert number[payment, k + 1] == sequence, f"seed {seed}, payment {payment}"
                together += 1
    assert together > 100


def test_faults_name_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        run(tmp_path, "", "rails.E-CNY.capacity=0")
    assert {fault.code for fault in caught.value.faults} == {"LH143"}


def test_a_choice_of_routes_expects_settlement_in_the_next_block() -> None:
    """Blocks every ten seconds: what arrives at 0, 1 and 10 s is expected at 0, 10 and 10 s."""
    hours = Hours(load("mbridge-thailand").scenario, "E-CNY")
    second = 1_000_000
    found = hours.settles(np.array([0, second, 10 * second], np.int64))
    assert (found // second).tolist() == [0, 10, 10]
