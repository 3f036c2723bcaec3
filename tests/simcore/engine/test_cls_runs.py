"""Days of a CLS-type system in a run, as a central banker would check them: pay-ins, tests, failures, swaps.

Times are UTC; the system's own are an hour later. 1 EUR is 2 USD, 1 USD is 100 JPY; a long balance counts a quarter
less and a short one a quarter more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.errors import ScenarioError
from tests.simcore.engine.towns import routed_town

HERE = Path(__file__).parent / "cls.toml"
TRADES = """
05:00:00 A B 400 USD USD-EUR
05:00:01 B C 100 EUR EUR-USD
05:00:02 C A 20000 JPY JPY-USD
"""
"""Net, A owes USD 600 for EUR 200 and JPY 20,000, B owes EUR 300 for USD 600, C owes JPY 20,000 for EUR 100."""


def run(tmp_path: Path, payments: str, *changes: str, text: dict[str, str] | None = None) -> Any:
    """Play trades; each line is ``time debtor creditor amount currency route``; ``text`` changes the scenario's."""
    scenario = HERE.read_text()
    for before, after in (text or {}).items():
        assert before in scenario
        scenario = scenario.replace(before, after)
    return simcore.run(routed_town(tmp_path, scenario, payments), out=tmp_path / "run", set=list(changes))


def fresh(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    return tmp_path / "other"


def finals(done: Any) -> list[str]:
    """``payment rail amount + rail amount time`` of every trade, in order of finality."""
    found: dict[int, list[Any]] = {}
    for row in done.obligations.to_pylist():
        if row["sequence"] is not None and row["kind"] == "payment" and row["rail"].startswith("CLS"):
            found.setdefault(row["sequence"], []).append(row)
    return [f"{legs[0]['payment_id']} " + " + ".join(major(leg) for leg in legs) + f" {legs[1]['settled_at']:%H:%M}"
            for _, legs in sorted(found.items())]  # fmt: skip


def major(row: dict[str, Any]) -> str:
    return f"{row['currency']} {row['amount_minor'] / (1 if row['currency'] == 'JPY' else 100):g}"


def moved(done: Any, kind: str, rails: tuple[str, ...] = ("FEDWIRE", "T2", "BOJ")) -> list[str]:
    """``time debtor creditor amount`` of every movement of a kind on the funding rails."""
    return [f"{row['settled_at']:%H:%M} {row['debtor']} {row['creditor']} {major(row)}"
            for row in done.obligations.to_pylist() if row["kind"] == kind and row["rail"] in rails]  # fmt: skip


def events(done: Any, *names: str) -> list[str]:
    return [f"{row['time']:%H:%M} {row['event']} {row['participant']} {major(row)} {row['detail']}".strip()
            for row in done.events.to_pylist() if row["event"] in names]  # fmt: skip


def statuses(done: Any) -> list[str]:
    return [row["status"] for row in sorted(done.payments.to_pylist(), key=lambda row: row["payment_id"])]


def left(done: Any) -> list[str]:
    """Members' accounts of the system that don't end the day at zero."""
    return [f"{row['participant']} {row['currency']} {row['closing_minor']}" for row in done.accounts.to_pylist()
            if row["rail"].startswith("CLS") and row["participant"] != "CLS" and row["closing_minor"]]  # fmt: skip


def test_members_pay_in_only_what_they_are_short_net_in_instalments(tmp_path: Path) -> None:
    """USD 600 and EUR 300 in fifths, JPY 20,000 in thirds, since Tokyo closes early."""
    done = run(tmp_path, TRADES)
    assert moved(done, "pay_in") == [
        "07:00 A CLS USD 120", "07:00 B CLS EUR 60", "07:00 C CLS JPY 6666",
        "08:00 A CLS USD 120", "08:00 B CLS EUR 60", "08:00 C CLS JPY 6667",
        "09:00 A CLS USD 120", "09:00 B CLS EUR 60", "09:00 C CLS JPY 6667",
        "10:00 A CLS USD 120", "10:00 B CLS EUR 60",
        "11:00 A CLS USD 120", "11:00 B CLS EUR 60",
    ]  # fmt: skip
    assert events(done, "pay_in_due") == [
        "06:00 pay_in_due A USD 600 over the day",
        "06:00 pay_in_due B EUR 300 over the day",
        "06:00 pay_in_due C JPY 20000 over the day",
    ]


def test_trades_settle_once_both_members_pass_and_the_queue_revolves(tmp_path: Path) -> None:
    """At 07:00 nothing passes: A would have USD -280 and EUR 200, worth -350 + 300.

    At 08:00, USD 240, EUR 120 and JPY 13,333 are paid in. The first passes: A has USD -160 and EUR 200, worth
    -200 + 300; B has EUR -80 and USD 400, worth -200 + 300. The second doesn't: C would have USD -200, EUR 100
    and JPY 13,333, worth -250 + 150 + 99.99. The third does: C has JPY -6,667 and USD 200, A has USD -360, EUR 200
    and JPY 20,000, worth -450 + 300 + 150 = 0. Then the second: C has EUR 100 and JPY -6,667.
    """
    done = run(tmp_path, TRADES)
    assert finals(done) == [
        "0 USD 400 + EUR 200 08:00",
        "2 JPY 20000 + USD 200 08:00",
        "1 EUR 100 + USD 200 08:00",
    ]
    cycles = [f"{row['time']:%H:%M} {row['currency']} {row['considered_count']} {row['settled_count']}"
              for row in done.cycles.to_pylist()]  # fmt: skip
    assert cycles == [
        "07:00 USD 3 0",
        "07:00 EUR 2 0",
        "07:00 JPY 1 0",
        "08:00 USD 3 3",
        "08:00 EUR 2 2",
        "08:00 JPY 1 1",
    ]


def test_members_are_paid_out_and_accounts_are_zero_at_the_end_of_the_day(tmp_path: Path) -> None:
    """JPY go out at 09:00, their last time: without them A is worth -300 + 300 = 0, having USD -240 and EUR 200."""
    done = run(tmp_path, TRADES)
    assert moved(done, "pay_out") == [
        "09:00 CLS A JPY 20000",
        "11:00 CLS B USD 600",
        "11:00 CLS A EUR 200",
        "11:00 CLS C EUR 100",
    ]
    assert left(done) == []


def test_no_principal_is_at_risk(tmp_path: Path) -> None:
    done = run(tmp_path, TRADES)
    risk = cells(open_tables(done.path), ["principal_at_risk"])
    assert {each.currency: float(each.value or 0) for each in risk} == {"USD": 0, "EUR": 0, "JPY": 0}


def test_a_member_that_cannot_pay_in_leaves_its_trades_and_the_provider_covers_it(tmp_path: Path) -> None:
    """A has USD 100 at Fedwire, and 20 of the first instalment is short, 140 by the second, and so on.

    With its trade for EUR it would be worth too little at any time. The two others settle at 08:00: A owes USD 100,
    against the JPY it bought, worth 150. When JPY are paid in for the last time the provider pays USD 100 for 10,000
    of them.
    """
    done = run(
        tmp_path,
        TRADES,
        text={'[accounts.FEDWIRE]\nA = { opening = "1000 USD" }': '[accounts.FEDWIRE]\nA = { opening = "100 USD" }'},
    )
    assert events(done, "short") == [
        "07:00 short A USD 20 pay-in due by 08:00",
        "08:00 short A USD 140 pay-in due by 09:00",
        "09:00 short A USD 260 pay-in due by 10:00",
        "10:00 short A USD 380 pay-in due by 11:00",
        "11:00 short A USD 500 pay-in due by 12:00",
    ]
    assert statuses(done) == ["RETURNED_CUT_OFF", "SETTLED_GROSS", "SETTLED_GROSS"]
    assert finals(done) == ["2 JPY 20000 + USD 200 08:00", "1 EUR 100 + USD 200 08:00"]
    assert events(done, "covered", "left_short") == ["09:00 covered A USD 100 by LP, for JPY"]
    assert moved(done, "pay_out") == [
        "09:00 CLS A JPY 3333",  # without them A is still worth nothing below zero
        "09:00 CLS A JPY 6667",
        "09:00 CLS LP JPY 10000",
        "11:00 CLS B USD 200",
        "11:00 CLS B EUR 200",  # what it paid in for the trade that failed
        "11:00 CLS C EUR 100",
    ]
    assert left(done) == []


def test_without_a_provider_what_is_short_is_missing_to_whoever_comes_last(tmp_path: Path) -> None:
    done = run(
        tmp_path, TRADES,
        text={'[accounts.FEDWIRE]\nA = { opening = "1000 USD" }': '[accounts.FEDWIRE]\nA = { opening = "100 USD" }',
              'liquidity_provider = "LP"\n': ""},
    )  # fmt: skip
    assert events(done, "left_short") == ["11:00 left_short A USD 100"]
    assert events(done, "pay_out_postponed") == [
        "11:00 pay_out_postponed B USD 100 not enough was paid in",
        "11:00 pay_out_postponed A JPY 16667 the funding rail is closed",
    ]
    assert left(done) == ["A USD -10000", "B USD 10000", "A JPY 16667"]


@pytest.mark.parametrize(
    ("before", "after", "settled"),
    [
        (
            'A = { opening = "0 USD", debit_limit = "500 USD" }',
            'A = { opening = "0 USD", debit_limit = "239 USD" }',
            "10:00",
        ),
        ('aggregate_limit = "500 USD"', 'aggregate_limit = "500 USD"\naggregate_limits = { A = "239 USD" }', "10:00"),
        ('haircut = "25 %"', 'haircut = "25 %"\nhaircuts = { JPY = "26 %" }', "09:00"),
    ],
)  # fmt: skip
def test_each_limit_holds_a_trade_up(before: str, after: str, settled: str, tmp_path: Path) -> None:
    """The third trade leaves A short of USD 360 at 08:00, 240 at 09:00 and 120 at 10:00; at 08:00 it is worth 0."""
    done = run(tmp_path, TRADES, text={before: after})
    assert [line.split()[-1] for line in finals(done) if line.startswith("2")] == [settled][: settled == "09:00"]
    if settled == "10:00":  # by then JPY can't be settled any more
        assert statuses(done)[2] == "RETURNED_CUT_OFF"


def test_a_trade_that_arrives_after_the_start_waits_for_the_next_day(tmp_path: Path) -> None:
    """Each needs two instalments of five: with the first A is then worth -24 × 5/4 + 40 × 3/4 = 0."""
    done = run(
        tmp_path,
        """
        06:00:00 A B 40 USD USD-EUR
        06:00:01 A B 60 USD USD-EUR
        """,
        "scenario.days=2",
    )
    rows = [row for row in done.obligations.to_pylist() if row["kind"] == "payment" and row["hop"] == 0]
    assert [f"{row['settled_at']:%d %H:%M}" for row in rows] == ["02 08:00", "03 08:00"]


def test_an_in_out_swap_shrinks_pay_ins_and_puts_its_outside_leg_at_risk(tmp_path: Path) -> None:
    """Half of what A owes and gets, and B the other way: USD 200 for EUR 100. Inside B pays the dollars, outside A.

    T2 opens at 07:30 only, so A has paid its dollars at 06:00 and gets the euro at 08:00.
    """
    text = {'sessions = [{ open = "02:30", close = "18:00" }]': 'sessions = [{ open = "08:30", close = "18:00" }]',
            'haircut = "25 %"': 'haircut = "25 %"\nin_out = "50 %"'}  # fmt: skip
    done = run(tmp_path, TRADES, text=text)
    assert [line.removesuffix(" over the day") for line in events(done, "pay_in_due")] == [
        "06:00 pay_in_due A USD 400", "06:00 pay_in_due B EUR 200", "06:00 pay_in_due C JPY 20000",
    ]  # fmt: skip
    assert moved(done, "outside") == ["06:00 A B USD 200", "08:00 B A EUR 100"]
    assert events(done, "outside_at_risk") == ["08:00 outside_at_risk A USD 200 for 2 h"]
    inside = moved(done, "exchange", ("CLS-USD", "CLS-EUR"))
    assert sorted(line[6:] for line in inside if "LP" not in line) == ["A B EUR 100", "B A USD 200"]
    assert statuses(done) == ["SETTLED_GROSS"] * 3
    assert left(done) == []


def test_an_outside_leg_that_is_never_paid_is_a_loss_and_said(tmp_path: Path) -> None:
    """B has no euro at T2 at all. What B would pay in is short too, so its trades are returned."""
    text = {'[accounts.T2]\nA = { opening = "1000 EUR" }\nB = { opening = "1000 EUR" }':
            '[accounts.T2]\nA = { opening = "1000 EUR" }\nB = { opening = "0 EUR" }',
            'haircut = "25 %"': 'haircut = "25 %"\nin_out = "50 %"'}  # fmt: skip
    done = run(tmp_path, TRADES, text=text)
    assert moved(done, "outside")[0] == "06:00 A B USD 200"
    assert any(
        "outside_failed B EUR 100 though the other leg was paid" in line for line in events(done, "outside_failed")
    )


def test_a_system_with_two_sessions_settles_once_a_day(tmp_path: Path) -> None:
    text = {'sessions = [{ open = "00:00", close = "18:00" }]':
            'sessions = [{ open = "00:00", close = "07:30" }, { open = "07:30", close = "18:00" }]'}  # fmt: skip
    assert finals(run(tmp_path, TRADES, text=text)) == finals(run(fresh(tmp_path), TRADES))


def test_an_outside_leg_that_waits_for_its_rail_holds_up_no_day(tmp_path: Path) -> None:
    """C has no yen on Tuesday and Tokyo keeps Wednesday, so its leg is tried, and fails, as Thursday's hours begin."""
    text = {
        'C = { opening = "100000 JPY" }': 'C = { opening = "0 JPY" }',
        'haircut = "25 %"': 'haircut = "25 %"\nin_out = "50 %"',
        "start = 2026-03-02\ndays = 1": "start = 2026-04-28\ndays = 3",
    }
    trades = "2026-04-28T04:00:00 A C 200 USD USD-JPY\n2026-04-29T04:00:00 A B 100 USD USD-EUR"
    done = run(tmp_path, trades, text=text)
    assert statuses(done) == ["RETURNED_CUT_OFF", "SETTLED_GROSS"]  # C pays in no yen either
    assert finals(done) == ["1 USD 100 + EUR 50 09:00"]  # Wednesday, once A has paid in four fifths of 50
    assert moved(done, "outside") == ["05:00 A C USD 100", "05:00 A B USD 50", "05:00 B A EUR 25"]
    [failed] = [row["time"] for row in done.events.to_pylist() if row["event"] == "outside_failed"]
    assert f"{failed:%d %H:%M}" == "29 23:30"


def test_a_member_or_a_rail_that_is_out_does_not_pay_in(tmp_path: Path) -> None:
    """A is out from 06:30 to 07:30 and Fedwire from 08:30 to 09:30: what is due at 07:00 and 09:00 comes later."""
    outages = """
[outages.member]
participants = ["A"]
zone = "UTC"
times = [{ day = 2026-03-02, from = "06:30", to = "07:30" }]

[outages.rail]
rails = ["FEDWIRE"]
zone = "UTC"
times = [{ day = 2026-03-02, from = "08:30", to = "09:30" }]

[flows.all]"""
    done = run(tmp_path, TRADES, text={"\n[flows.all]": outages})
    assert [line for line in moved(done, "pay_in") if "USD" in line] == [
        "08:00 A CLS USD 240", "10:00 A CLS USD 240", "11:00 A CLS USD 120",
    ]  # fmt: skip
    # Neither could A have its yen at 09:00, being worth nothing without them, nor could dollars be lent to it.
    assert left(done) == ["A JPY 20000"]


def test_an_outage_of_the_system_itself_is_refused(tmp_path: Path) -> None:
    outage = '\n[outages.system]\nrails = ["CLS-USD"]\ntimes = [{ day = 2026-03-02, from = "10:00", to = "11:00" }]\n'
    with pytest.raises(ScenarioError, match="LH182"):
        run(tmp_path, TRADES, text={"\n[flows.all]": f"{outage}\n[flows.all]"})
