"""Two services on one account: real-time payments and deferred net batches on CIPS, as tables to be checked by hand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.test_conductor import beijing, rows
from tests.simcore.engine.towns import BANK, HEAD, run_town, town

MN = 100_000_000
TOWN = (
    HEAD.format(days=1)
    + "".join(BANK.format(name=name, kind="commercial_bank", country="CN") for name in ("A", "B", "C"))
    + BANK.format(name="CIPS-Co", kind="operator", country="CN")
    + """
[rails.HVPS]
kind = "rtgs"
currency = "CNY"
calendar = "CN"
sessions = [{ open = "20:30-1", close = "17:15" }]

[rails.CIPS]
kind = "cips"
currency = "CNY"
calendar = "CN"
operator = "CIPS-Co"
funding_rail = "HVPS"
sessions = [{ open = "08:30", close = "17:00" }]
batches = { at = ["10:00"], below = "5 mn CNY" }

[accounts.HVPS]
A = { opening = "10 mn CNY" }
B = { opening = "10 mn CNY" }
C = { opening = "10 mn CNY" }
CIPS-Co = { opening = "0 CNY" }

[accounts.CIPS]
A = { opening = "0 CNY", funding = "10 mn CNY" }
B = { opening = "0 CNY", funding = "10 mn CNY" }
C = { opening = "0 CNY", funding = "10 mn CNY" }
CIPS-Co = { opening = "0 CNY", debit_limit = "unlimited" }

[routes.by-amount]
hops = [{ rail = "CIPS", from = "debtor", to = "creditor" }]

[routes.batch]
hops = [{ rail = "CIPS", from = "debtor", to = "creditor", service = "batch" }]

[routes.single]
hops = [{ rail = "CIPS", from = "debtor", to = "creditor", service = "real_time" }]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "by-amount"
"""
)
HEADER = "reference,initiated_at,debtor,creditor,amount,currency,route,priority\n"


def played(tmp_path: Path, table: str, **options: Any) -> Any:
    """Run a day of payments, one a line: reference, time, debtor, creditor, mn CNY, and if need be route, priority."""
    text = ""
    for line in table.split("\n"):
        if line.strip():
            reference, clock, debtor, creditor, amount, *more = line.split()
            route, priority = [*more, "by-amount", "5"][:2] if len(more) != 1 else (more[0], "5")
            text += (
                f"{reference},2026-03-02T{clock}:00+08:00,{debtor},{creditor},{amount}000000,CNY,{route},{priority}\n"
            )
    run = run_town(town(tmp_path, TOWN, text, HEADER), tmp_path / "run", **options)
    assert audit(run.path).ok
    return run


def outcomes(run: Any) -> dict[str, str]:
    """reference → status and Beijing time."""
    return {
        row["reference"]: f"{row['status']} {beijing(row, 'completed_at')[3:8]}" for row in run.payments.to_pylist()
    }


def swept(run: Any) -> dict[str, int]:
    """What each bank had on CIPS when the session closed, mn CNY."""
    return {row["debtor"]: row["amount_minor"] // MN for row in rows(run.obligations, kind="sweep", rail="CIPS")}


def test_small_payments_settle_net_and_large_ones_at_once_on_the_same_account(tmp_path: Path) -> None:
    """The 8 leaves A with 2, of which the batch takes 4 - 3 = 1."""
    run = played(tmp_path, """
        small  09:00  A  B  4
        back   09:05  B  A  3
        large  09:10  A  C  8
    """)  # fmt: skip
    assert outcomes(run) == {
        "small": "SETTLED_NET 10:00",
        "back": "SETTLED_NET 10:00",
        "large": "SETTLED_GROSS 09:10",
    }
    (batch,) = run.cycles.to_pylist()
    assert (batch["rail"], batch["mechanism"], beijing(batch, "time")) == ("CIPS", "batch", "02 10:00:00")
    assert (batch["considered_count"], batch["settled_count"]) == (2, 2)
    assert (batch["settled_minor"], batch["moved_minor"]) == (7 * MN, 1 * MN)
    net = rows(run.obligations, status="SETTLED_NET")
    assert {row["cycle_id"] for row in net} == {batch["cycle_id"]}
    assert len({row["sequence"] for row in net}) == 1
    assert swept(run) == {"A": 1, "B": 11, "C": 18}
    assert {row["closing_minor"] for row in rows(run.accounts, rail="CIPS")} == {0}


@pytest.mark.parametrize(
    ("when_short", "expected"),
    [
        ("partial_unwind", {"one": "SETTLED_NET 10:00", "two": "SETTLED_NET 17:00", "three": "SETTLED_NET 10:00"}),
        ("wait", {"one": "SETTLED_NET 17:00", "two": "SETTLED_NET 17:00", "three": "SETTLED_NET 17:00"}),
        ("unwind", {"one": "RETURNED_UNWOUND 10:00", "two": "RETURNED_UNWOUND 10:00", "three": "SETTLED_NET 10:00"}),
    ],
)
def test_what_becomes_of_a_batch_that_a_participant_can_not_cover(
    tmp_path: Path, when_short: str, expected: dict[str, str]
) -> None:
    """At 10:00 A has 2 and owes 1 + 4: it lacks 3. Without the newest it owes 1. At 11:00 it receives 6."""
    run = played(tmp_path, """
        large  09:00  A  C  8
        one    09:10  A  B  1
        two    09:20  A  B  4
        three  09:30  B  C  3
        late   11:00  C  A  6
    """, set=[f"rails.CIPS.batches.when_short={when_short}"])  # fmt: skip
    assert outcomes(run) == {"large": "SETTLED_GROSS 09:00", "late": "SETTLED_GROSS 11:00", **expected}
    (short,) = rows(run.events, event="short", rail="CIPS")
    assert (short["participant"], short["amount_minor"]) == ("A", 3 * MN)
    assert len(rows(run.events, event="cycle_failed")) == (when_short == "wait")
    minimum = {row["participant"]: row["minimum_minor"] for row in rows(run.accounts, rail="CIPS")}
    assert all(minimum[bank] >= 0 for bank in ("A", "B", "C"))


def test_what_is_reserved_is_there_for_batches_only(tmp_path: Path) -> None:
    """A sets 5 of its 10 aside. So the 8 can't go, though A has 10, and the 4 can."""
    reserved = ["accounts.CIPS.A.reserved=5 mn CNY"]
    run = played(tmp_path, """
        large  09:00  A  C  8
        small  09:10  A  B  4
    """, set=reserved)  # fmt: skip
    assert outcomes(run) == {"large": "RETURNED_CUT_OFF 17:00", "small": "SETTLED_NET 10:00"}
    run = played(tmp_path / "other", """
        large  09:00  A  C  8
        small  09:10  A  B  4
    """)  # fmt: skip
    assert outcomes(run) == {"large": "SETTLED_GROSS 09:00", "small": "RETURNED_CUT_OFF 17:00"}


def test_what_a_batch_brings_releases_what_is_queued(tmp_path: Path) -> None:
    run = played(tmp_path, """
        queued  09:00  B  C  12
        small   09:10  A  B  4
    """)  # fmt: skip
    assert outcomes(run) == {"queued": "SETTLED_GROSS 10:00", "small": "SETTLED_NET 10:00"}
    first, second = sorted(rows(run.obligations, kind="payment"), key=lambda row: row["sequence"])
    assert (first["status"], second["status"]) == ("SETTLED_NET", "SETTLED_GROSS")


def test_a_hop_may_say_which_service_it_takes(tmp_path: Path) -> None:
    run = played(tmp_path, """
        large  09:00  A  C  8  batch
        small  09:10  A  B  1  single
        plain  09:20  A  B  1
    """)  # fmt: skip
    assert outcomes(run) == {
        "large": "SETTLED_NET 10:00",
        "small": "SETTLED_GROSS 09:10",
        "plain": "SETTLED_NET 10:00",
    }


@pytest.mark.parametrize(
    ("terms", "in_batches"),
    [
        ('{ at = ["10:00"], from_priority = 5 }', {"small-normal", "large-normal"}),
        ('{ at = ["10:00"], below = "5 mn CNY" }', {"small-normal", "small-urgent"}),
        ('{ at = ["10:00"], below = "5 mn CNY", from_priority = 5 }', {"small-normal"}),
    ],
)
def test_amount_and_urgency_choose_the_service(tmp_path: Path, terms: str, in_batches: set[str]) -> None:
    run = played(tmp_path, """
        small-normal  09:00  A  B  1  by-amount  5
        small-urgent  09:00  A  B  1  by-amount  4
        large-normal  09:00  C  B  5  by-amount  5
        large-urgent  09:00  C  B  5  by-amount  4
    """, set=[f"rails.CIPS.batches={terms}"])  # fmt: skip
    net = {reference for reference, outcome in outcomes(run).items() if outcome == "SETTLED_NET 10:00"}
    assert net == in_batches
    assert all(outcomes(run)[reference] == "SETTLED_GROSS 09:00" for reference in set(outcomes(run)) - net)


def test_a_last_batch_settles_before_the_session_is_swept_and_what_it_leaves_goes_back(tmp_path: Path) -> None:
    """A's 4 + 4 + 4 are more than its 10, so the newest is returned when the day ends, or kept until the next."""
    table = """
        one    15:00  A  B  4
        two    15:10  A  B  4
        three  15:20  A  B  4
    """
    run = played(tmp_path, table)
    assert outcomes(run) == {
        "one": "SETTLED_NET 17:00",
        "two": "SETTLED_NET 17:00",
        "three": "RETURNED_CUT_OFF 17:00",
    }
    assert swept(run) == {"A": 2, "B": 18, "C": 10}
    more = ["rails.CIPS.end_of_day=roll_over", "scenario.days=2", "accounts.HVPS.A.opening=20 mn CNY"]
    kept = played(tmp_path / "kept", table, set=more)
    three = rows(kept.payments, reference="three")[0]
    assert (three["status"], beijing(three, "completed_at")) == ("SETTLED_NET", "03 10:00:00")  # A has 10 again


def test_with_money_enough_balances_are_those_of_gross_settlement_and_far_less_moves(tmp_path: Path) -> None:
    """Theory: one batch over all payments is their multilateral net, and where each ends doesn't depend on netting."""
    draw = random.Random(65)
    table = ""
    for k in range(200):
        debtor, creditor = draw.sample("ABC", 2)
        table += f"p{k} {9 + k // 60:02d}:{k % 60:02d} {debtor} {creditor} {draw.randint(1, 9)}\n"
    rich = [f"accounts.HVPS.{bank}={{ opening = '2 bn CNY' }}" for bank in "ABC"]
    rich += [f"accounts.CIPS.{bank}={{ opening = '0 CNY', funding = '2 bn CNY' }}" for bank in "ABC"]
    one = ["rails.CIPS.batches={ from_priority = 0 }"]
    none = ["rails.CIPS.batches={ below = '0.01 CNY' }"]
    net, gross = (
        played(tmp_path / name, table, set=[*rich, *terms]) for name, terms in (("net", one), ("gross", none))
    )
    assert swept(net) == swept(gross)
    (batch,) = net.cycles.to_pylist()
    assert batch["settled_count"] == 200
    gains = [swept(gross)[bank] - 2000 for bank in "ABC"]
    assert batch["moved_minor"] == MN * sum(gain for gain in gains if gain > 0)
    assert not gross.cycles.num_rows
    assert batch["moved_minor"] < batch["settled_minor"] / 10
