"""Links of two RTGS as a central banker would check them: shared hours, funds, queues, the end of the day, risk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from scenarios.loader import load
from simcore.demand.choice import RouteChoice
from simcore.model import Corridor
from simcore.rates.paths import rate_paths
from tests.simcore.engine.towns import routed_town

HERE = Path(__file__).parent / "linked.toml"
DAY = "2026-03-02T"  # a Monday, and business day in both


def run(tmp_path: Path, payments: str, *changes: str, name: str = "run") -> Any:
    """Play payments; each line is ``time debtor creditor amount currency route``, at UTC."""
    return simcore.run(routed_town(tmp_path, HERE.read_text(), payments), out=tmp_path / name, set=list(changes))


def finals(done: Any) -> list[str]:
    """``payment rail amount time`` of every final leg, in order of finality; legs under one number in one line."""
    found: dict[int, str] = {}
    for row in done.obligations.to_pylist():
        if row["sequence"] is not None and row["kind"] == "payment":
            line = f"{row['payment_id']} {row['rail']} {row['amount_minor'] // 100}"
            at = f"{row['settled_at']:%H:%M:%S}"
            before = found.get(row["sequence"])
            found[row["sequence"]] = f"{line} {at}" if before is None else f"{before.removesuffix(at)}+ {line} {at}"
    return [found[number] for number in sorted(found)]


def outcomes(done: Any) -> list[str]:
    return [row["status"] for row in sorted(done.payments.to_pylist(), key=lambda row: row["payment_id"])]


def at_risk(done: Any) -> dict[str, float]:
    """Principal at risk by currency, minor units × seconds."""
    return {each.currency: float(each.value or 0) for each in cells(open_tables(done.path), ["principal_at_risk"])}


def test_both_legs_are_final_at_once_where_both_are_open_and_both_can_pay(tmp_path: Path) -> None:
    done = run(tmp_path, "02:00:00 HK-A TH-A 10 USD linked")
    assert finals(done) == ["0 USD-CHATS 10 + 0 BAHTNET 300 02:00:00"]


def test_a_pair_waits_for_hours_that_both_have(tmp_path: Path) -> None:
    """At 01:00 only Hong Kong is open; Thailand opens at 01:30. After Hong Kong's cut-off at 10:00 nothing comes in."""
    done = run(
        tmp_path,
        """
        01:00:00 HK-A TH-A 10 USD linked
        10:00:01 HK-B TH-B 10 USD linked
        """,
        "scenario.days=1",
    )
    assert finals(done) == ["0 USD-CHATS 10 + 0 BAHTNET 300 01:30:00"]
    assert outcomes(done) == ["SETTLED_GROSS", "WAITING_AT_END"]


def test_the_payer_of_the_second_leg_must_have_the_money_too(tmp_path: Path) -> None:
    """The dealer has THB 3,000. The second pair needs 2,400 more at once; a payment brings 1,500 at 03:00:30.

    The next look is at 03:01:00. Until then HK-A keeps its dollars, and may spend them.
    """
    done = run(
        tmp_path,
        """
        02:00:00 HK-A TH-A 80 USD linked
        02:10:00 HK-A TH-A 80 USD linked
        02:20:00 HK-A HK-B 900 USD usd
        03:00:30 TH-B FX 1800 THB thb
        """,
    )
    assert finals(done) == [
        "0 USD-CHATS 80 + 0 BAHTNET 2400 02:00:00",
        "2 USD-CHATS 900 02:20:00",
        "3 BAHTNET 1800 03:00:30",
    ]
    assert outcomes(done)[1] == "RETURNED_CUT_OFF"  # HK-A had 20 left of 80


def test_pairs_held_are_looked_at_in_order_of_arrival_every_minute(tmp_path: Path) -> None:
    """THB 3,000 come when 2,100, 2,400 and 900 are held: the first goes, the second can't, the third can."""
    done = run(
        tmp_path,
        """
        02:00:00 HK-A TH-A 100 USD linked
        02:10:00 HK-A TH-A 70 USD linked
        02:10:01 HK-B TH-A 80 USD linked
        02:10:02 HK-A TH-B 30 USD linked
        03:00:30 TH-B FX 3000 THB thb
        """,
    )
    assert finals(done)[2:] == [
        "1 USD-CHATS 70 + 1 BAHTNET 2100 03:01:00",
        "3 USD-CHATS 30 + 3 BAHTNET 900 03:01:00",
    ]


def test_what_is_queued_before_it_goes_first(tmp_path: Path) -> None:
    """HK-B's payment of 1,200 is queued; its pair of 10 could be paid, but a fifo queue lets nothing pass."""
    payments = """
        02:00:00 HK-B HK-A 1200 USD usd
        02:01:00 HK-B TH-A 10 USD linked
        02:30:30 HK-A HK-B 300 USD usd
        """
    assert finals(run(tmp_path, payments)) == [
        "2 USD-CHATS 300 02:30:30",
        "0 USD-CHATS 1200 02:30:30",
        "1 USD-CHATS 10 + 1 BAHTNET 300 02:31:00",
    ]
    by_pass = run(tmp_path, payments, 'rails.USD-CHATS.queue="bypass"', name="bypass")
    assert finals(by_pass)[0] == "1 USD-CHATS 10 + 1 BAHTNET 300 02:01:00"


def test_a_pair_held_keeps_nothing_else_from_settling(tmp_path: Path) -> None:
    """A pair of USD 200 (THB 6,000, which the dealer lacks) is held; what comes after it, pair or not, goes."""
    done = run(
        tmp_path,
        """
        02:00:00 HK-A TH-A 200 USD linked
        02:00:01 HK-A TH-A 50 USD linked
        02:00:02 HK-A HK-B 900 USD usd
        """,
    )
    assert finals(done) == ["1 USD-CHATS 50 + 1 BAHTNET 1500 02:00:01", "2 USD-CHATS 900 02:00:02"]


def test_what_is_held_at_the_end_of_the_day_is_returned_and_nothing_has_moved(tmp_path: Path) -> None:
    payments = "02:00:00 HK-A TH-A 200 USD linked"
    done = run(tmp_path, payments)
    [row] = done.obligations.to_pylist()
    assert (row["status"], row["rail"], row["sequence"]) == ("RETURNED_CUT_OFF", "USD-CHATS", None)
    assert f"{done.payments['completed_at'][0].as_py():%H:%M}" == "10:30"
    kept = run(tmp_path, payments, 'rails.USD-CHATS.end_of_day="roll_over"', name="kept")
    assert outcomes(kept) == ["HELD_AT_END"]


def test_the_rate_is_that_of_the_instant_at_which_both_settle(tmp_path: Path) -> None:
    """Held since 01:00 at 30; at 01:30, when Thailand opens, the rate is 31."""
    (tmp_path / "rates.csv").write_text(f"time,rate\n2026-03-01T00:00:00Z,30\n{DAY}01:15:00Z,31\n")
    done = run(
        tmp_path, "01:00:00 HK-A TH-A 10 USD linked",
        'fx.pairs."USD/THB"={ source = "given", file = "rates.csv", half_spread = "0 bp" }',
    )  # fmt: skip
    assert finals(done) == ["0 USD-CHATS 10 + 0 BAHTNET 310 01:30:00"]


def test_settlement_risk_is_zero_with_the_link_and_positive_without(tmp_path: Path) -> None:
    """The same payments. Apart: USD 10 from 01:00, baht at 01:30: 30 minutes; USD 200 to the end of the day, at 10:30.

    Of the second payment the dealer lacks THB 6,000 at 02:00, so its dollars come back when Thailand closes at 10:30.
    Hong Kong closes at the same instant, and is closed when they come: they are at risk until it opens at 00:30.
    """
    payments = """
        01:00:00 HK-A TH-A 10 USD {0}
        02:00:00 HK-A TH-A 200 USD {0}
        """
    apart = run(tmp_path, payments.format("apart"), name="apart")
    linked = run(tmp_path, payments.format("linked"), name="linked")
    assert at_risk(apart)["USD"] == 1000 * 30 * 60 + 20000 * 22.5 * 3600
    assert at_risk(linked)["USD"] == 0


@pytest.mark.parametrize(("at", "settles"), [("01:00", "01:30"), ("02:00", "02:00"), ("10:10", "01:30")])
def test_a_route_is_expected_to_take_until_both_are_open(at: str, settles: str, tmp_path: Path) -> None:
    """10:10 is after Hong Kong's cut-off: on the next day Thailand opens an hour after Hong Kong."""
    scenario = load(routed_town(tmp_path, HERE.read_text(), "")).scenario
    corridor = Corridor(debtor_country="HK", creditor_country="TH", routes={"linked": 1}, choice="fastest")  # type: ignore[dict-item]
    choice = RouteChoice(scenario, corridor, rate_paths(scenario, tmp_path, 65))
    begin = np.datetime64(f"2026-03-02T{at}", "us").astype(np.int64)
    end = np.array([begin], np.int64) + choice.duration_us("linked", np.array([begin], np.int64)).astype(np.int64)
    assert str(end.astype("datetime64[us]")[0])[11:16] == settles


OUT = 'outages={{out={{{what}, zone="UTC", times=[{{day=2026-03-02, from="{begins}", to="{ends}"}}]}}}}'


@pytest.mark.parametrize("what", ['links=["CHATS"]', 'rails=["BAHTNET"]', 'rails=["USD-CHATS"]', 'dealers=["FX"]'])
def test_a_pair_waits_while_the_link_a_rail_or_the_dealer_is_out(tmp_path: Path, what: str) -> None:
    """Out from 02:00:00 to 02:30:30: both legs are final at its end, neither before."""
    change = OUT.format(what=what, begins="02:00:00", ends="02:30:30")
    done = run(tmp_path, "02:10:00 HK-A TH-A 10 USD linked", change)
    assert finals(done) == ["0 USD-CHATS 10 + 0 BAHTNET 300 02:30:30"]


def test_rails_go_on_while_their_link_is_out(tmp_path: Path) -> None:
    change = OUT.format(what='links=["CHATS"]', begins="02:00:00", ends="20:00:00")
    done = run(tmp_path, "02:10:00 HK-A TH-A 10 USD linked\n02:20:00 HK-A HK-B 5 USD usd", change)
    assert finals(done) == ["1 USD-CHATS 5 02:20:00"]
    assert outcomes(done) == ["RETURNED_CUT_OFF", "SETTLED_GROSS"]  # a pair held is returned at the end of the day
