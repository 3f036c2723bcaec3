"""Fees that intermediaries keep, who bears them, and what screening holds and rejects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simcore.demand.latency import latency_us, screened_us
from simcore.engine.machine import Machine
from simcore.engine.spec import HopSpec
from simcore.kernels import constants as c
from simcore.model import Exponential, Latency, Screening
from simcore.results.audit import audit
from tests.reference.play import NewPayment
from tests.reference.simple import CREDITOR, DEBTOR, OPEN, balances, day, outcomes, payment, rail, world
from tests.reference.twin import Twin
from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.towns import BANK, HEAD, run_town, town

BOTH = pytest.mark.parametrize("kind", [Machine, Twin])
MIDDLE = (c.ROLE_PARTICIPANT, 2)
CHAIN = (
    HopSpec(rail=0, debtor=DEBTOR, creditor=MIDDLE, fee_fixed=5),
    HopSpec(rail=0, debtor=MIDDLE, creditor=CREDITOR),
)


@BOTH
@pytest.mark.parametrize(
    ("terms", "received"),
    [
        ({"fee_fixed": 5}, 995),
        ({"fee_share": 15_000}, 985),  # 1.5 %
        ({"fee_fixed": 5, "fee_share": 15_000}, 980),
        ({"fee_share": 500}, 1000),  # 0.5 of a unit, rounded to even
        ({"fee_share": 1_500}, 998),  # 1.5 of a unit, rounded to even
        ({"fee_share": 500, "fee_least": 3}, 997),
        ({"fee_share": 15_000, "fee_most": 4}, 996),
        ({"fee_fixed": 2_000}, 1),  # one unit goes on, whatever the fee
    ],
)
def test_the_bank_in_the_middle_keeps_its_fee(kind: type, terms: dict[str, int], received: int) -> None:
    """A pays B 1000 through C."""
    chain = (
        replace(CHAIN[0], fee_fixed=0, **terms) if "fee_fixed" not in terms else replace(CHAIN[0], **terms),
        CHAIN[1],
    )
    played = day(kind, world([rail()], [[1000, 0, 0]], routes=(chain,)), [payment(1, "A>B", 1000)])
    assert balances(played) == [0, received, 1000 - received]
    ((_, got, fee, _, _, hops),) = played.rows("payments")
    assert (got, fee, hops) == (received, 1000 - received, 2)


@BOTH
def test_a_fee_of_the_last_hop_is_kept_by_the_creditor(kind: type) -> None:
    """The creditor's account gets all of it, of which its customer is paid 995."""
    last = (replace(CHAIN[0], fee_fixed=0), replace(CHAIN[1], fee_fixed=5))
    played = day(kind, world([rail()], [[1000, 0, 0]], routes=(last,)), [payment(1, "A>B", 1000)])
    assert balances(played) == [0, 1000, 0]
    assert [row[1:3] for row in played.rows("payments")] == [(995, 5)]


@BOTH
def test_what_screening_rejects_goes_back_in_full_with_the_fee(kind: type) -> None:
    """A pays B through C; screening of the second hop takes 3 and then rejects it."""
    chain = (CHAIN[0], replace(CHAIN[1], draw=0))
    spec = world([rail()], [[1000, 0, 0]], routes=(chain,), n_draw=1)
    played = day(kind, spec, [NewPayment(1, 0, 1, 0, 1000, 0, (-1 - 3,))], [OPEN])
    assert outcomes(played) == ["REJECTED_SCREENING 4"]
    assert balances(played) == [1000, 0, 0]
    assert [row[2] for row in played.rows("payments")] == [0]


def test_shares_held_and_rejected_are_those_of_the_scenario() -> None:
    """Of 200,000 about 5 % are held for 6 h in the mean and 0.5 % rejected; the others keep their latency."""
    rng = np.random.default_rng(65)
    latency, chance, hold = np.full(200_000, 60_000_000), rng.random(200_000), rng.random(200_000)
    long = Latency(exponential=Exponential(mean=6 * 3_600_000_000))
    spec = Screening(hold_share=0.05, hold=long, reject_share=0.005)  # type: ignore[arg-type]
    drawn = screened_us(spec, latency, chance, hold)
    held = drawn > 60_000_000
    assert abs((drawn < 0).mean() - 0.005) < 0.001
    assert abs(held.mean() - 0.05) < 0.002
    assert (drawn[~held & (drawn >= 0)] == 60_000_000).all()
    assert (drawn[drawn < 0] == -60_000_001).all()
    assert np.array_equal(drawn[held], 60_000_000 + latency_us(long, hold[held]))


CHAIN_TOWN = (
    HEAD.format(days=2)
    + "".join(BANK.format(name=name, kind="commercial_bank", country="SG") for name in ("A", "B", "Mid"))
    + """
[rails.NOSTRO]
kind = "books"
currency = "USD"

[accounts.NOSTRO]
A = { opening = "1 mn USD" }
B = { opening = "0 USD" }
Mid = { opening = "0 USD", debit_limit = "unlimited" }

[routes.chain]
charges = "CHARGES"
hops = [
  { rail = "NOSTRO", from = "debtor", to = "Mid", fee = { fixed = "20 USD" } },
  { rail = "NOSTRO", from = "Mid", to = "creditor", latency = "1 h", fee = { fixed = "10 USD", most = "8 USD" } },
]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "chain"
"""
)
ONE = "one,2026-03-02T10:00:00+08:00,A,B,1000,USD\n"


@pytest.mark.parametrize(("charges", "sent", "received"), [("SHA", 100_000, 97_200), ("OUR", 102_800, 100_000)])
def test_who_bears_the_fees(tmp_path: Path, charges: str, sent: int, received: int) -> None:
    """USD 20 for the bank in the middle and 8 for the creditor's: out of the amount, or on top of it."""
    run = run_town(town(tmp_path, CHAIN_TOWN.replace("CHARGES", charges), ONE), tmp_path / "run")
    assert audit(run.path).ok
    (paid,) = run.payments.to_pylist()
    assert (paid["amount_sent_minor"], paid["amount_received_minor"], paid["fee_minor"]) == (sent, received, 2_800)
    fees = [(row["creditor"], row["amount_minor"]) for row in rows(run.obligations, kind="fee")]
    assert fees == [("Mid", 2_000), ("B", 800)]


def test_a_screened_payment_is_proved_and_counted(tmp_path: Path) -> None:
    text = CHAIN_TOWN.replace("CHARGES", "SHA").replace(
        'latency = "1 h"', 'latency = "1 h", screening = { reject_share = "100 %" }'
    )
    run = run_town(town(tmp_path, text, ONE), tmp_path / "run")
    assert audit(run.path).ok
    assert [row["status"] for row in run.payments.to_pylist()] == ["REJECTED_SCREENING"]
    assert {row["participant"]: row["closing_minor"] for row in rows(run.accounts)}["A"] == 100_000_000
