"""What outages cost, worked by hand: who waited, for how long, what was refused, what queue was left.

Times are local, eight hours ahead of UTC. A has SGD 100, B 50, C 20 at an RTGS that is open from 09:00 to 17:00.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from analysis.measures import cells
from analysis.tables import open_tables
from tests.simcore.engine.test_htlc_runs import ONE
from tests.simcore.engine.test_htlc_runs import run as locked_run
from tests.simcore.engine.test_link import OUT as LINK_OUT
from tests.simcore.engine.test_link import run as link_run
from tests.simcore.engine.test_links import LINK_TOWN, link_town
from tests.simcore.engine.test_outages import outage, paid, play
from tests.simcore.engine.towns import FX_TOWN, RING_TOWN, run_town

MINUTE, HOUR, SGD = 60, 3600, 100
ZERO = {"waiting_count": 0, "waiting_value": 0, "waiting_time": 0, "wait": None, "wait_after": None,
        "unsettled_count": 0, "refused_count": 0, "refused_value": 0, "queue_peak": 0, "recovery": 0}  # fmt: skip


def cost(run: Any, by: str = "run") -> dict[str, dict[str, int | Fraction | None]]:
    """Group and currency → measure, without ``outage_``, → value."""
    found: dict[str, dict[str, int | Fraction | None]] = {}
    for each in cells(open_tables(run.path), by=by):
        if each.measure.startswith("outage_"):
            key = f"{each.group} {each.currency}".strip()
            found.setdefault(key, {})[each.measure.removeprefix("outage_")] = each.value
    return found


RTGS_OUT = RING_TOWN + outage('rails = ["RTGS"]', ("10:00", "11:00"))


def test_what_came_to_a_rail_that_was_out_waited_for_its_end(tmp_path: Path) -> None:
    """The payments of 10:00 and 10:30 wait 60 and 30 min and settle at 11:00, as does C's 30, queued since 09:50.

    That one isn't counted: it waited for funds, and nobody can say whether it would have had them. It is why 30 stood
    in the queue before the outage began; at 11:00, when all has settled, nothing does.
    """
    run = play(tmp_path, RTGS_OUT, paid("09:50 C A 30", "09:59 A B 10", "10:00 A B 10", "10:30 B C 40", "11:00 A B 10"))
    assert cost(run)["SGD"] == ZERO | {
        "time": HOUR, "waiting_count": 2, "waiting_value": 50 * SGD,
        "waiting_time": (10 * HOUR + 40 * HOUR // 2) * SGD, "wait": 45 * MINUTE, "wait_after": 0,
    }  # fmt: skip


def test_what_still_stands_in_the_queue_is_the_peak_and_how_long_the_recovery(tmp_path: Path) -> None:
    """At 11:00 C lacks 20 of the 40 that it sent at 10:30: they stand until 11:45, when it gets 30. At 11:20 another
    25 join them: 65 at the most, and C's wait goes on for 45 min after the end.
    """
    run = play(tmp_path, RTGS_OUT, paid("10:30 C A 40", "11:20 C A 25", "11:45 A C 45"))
    assert cost(run)["SGD"] == ZERO | {
        "time": HOUR, "waiting_count": 1, "waiting_value": 40 * SGD, "waiting_time": 40 * HOUR // 2 * SGD,
        "wait": 30 * MINUTE, "wait_after": 45 * MINUTE, "queue_peak": 65 * SGD, "recovery": 45 * MINUTE,
    }  # fmt: skip


def test_what_waited_and_was_returned_at_the_end_of_the_day_is_said(tmp_path: Path) -> None:
    """C never gets what it lacks: at 17:00 its 40 are returned, six hours after the end of the outage."""
    found = cost(play(tmp_path, RTGS_OUT, paid("10:30 C A 40")))["SGD"]
    assert (found["waiting_count"], found["unsettled_count"], found["wait_after"]) == (1, 1, None)
    assert (found["queue_peak"], found["recovery"]) == (40 * SGD, 6 * HOUR)


@pytest.mark.parametrize("rule", ["reject", "return"])
def test_what_a_rail_refused_for_being_out_did_not_wait(tmp_path: Path, rule: str) -> None:
    """Refused at 10:30 by the outage; at 08:30 by the hours, which is no cost of the outage from 08:00 on."""
    text = RING_TOWN.replace('kind = "rtgs"', f'kind = "rtgs"\nwhen_closed = "{rule}"')
    text += outage('rails = ["RTGS"]', ("08:00", "11:00"))
    run = play(tmp_path, text, paid("08:30 A B 5", "10:30 A B 10", "11:30 A B 10"))
    assert cost(run)["SGD"] == ZERO | {"time": 3 * HOUR, "refused_count": 1, "refused_value": 10 * SGD}


def test_closed_hours_are_no_cost_of_an_outage(tmp_path: Path) -> None:
    """Out from 16:00 to 09:30 on Tuesday, of which the rail would have been open till 17:00 and from 09:00 on.

    What comes at 16:30 waits all the time; what comes at 20:00 waits for the opening, then half an hour more.
    """
    text = RING_TOWN.replace("days = 1", "days = 2") + outage('rails = ["RTGS"]', ("16:00", "09:30+1"))
    found = cost(play(tmp_path, text, paid("16:30 A B 10", "20:00 A B 20")))["SGD"]
    assert found["waiting_time"] == (10 * 17 * HOUR + 20 * HOUR // 2) * SGD
    over = outage('rails = ["RTGS"]', ("16:00", "20:30"))
    found = cost(play(tmp_path / "over", RING_TOWN + over, paid("16:30 A B 10", "20:00 A B 20")))["SGD"]
    assert found["waiting_value"] == 10 * SGD  # at 20:00 the rail is closed anyway, until after the end


def test_who_is_out_keeps_what_it_owes(tmp_path: Path) -> None:
    """A is out from 10:00 to 11:00. It keeps what it would have sent at 10:00 and 10:59; that of 09:59 takes 30 min to
    its rail by itself, and would have come at 10:29: it waits 31 min. What comes at 11:00 by itself didn't wait.
    """
    out = outage('participants = ["A"]', ("10:00", "11:00"))
    payments = paid("10:00 A B 10", "10:30 B A 10", "10:59 A C 10", "11:00 A B 10")
    found = cost(play(tmp_path, RING_TOWN + out, payments))["SGD"]
    assert found["waiting_count"] == 2
    assert found["waiting_time"] == 10 * 61 * MINUTE * SGD
    late = RING_TOWN.replace('to = "creditor"', 'to = "creditor", latency = "30 min"')
    found = cost(play(tmp_path / "late", late + out, paid("09:59 A B 10", "10:30 A B 10")))["SGD"]
    assert found["waiting_time"] == 10 * 31 * MINUTE * SGD  # that of 10:30 comes at 11:00 in any case


@pytest.mark.parametrize("what", ["dealers", "participants"])
def test_a_dealer_that_is_out_makes_wait_what_it_exchanges(tmp_path: Path, what: str) -> None:
    """CNY 1,000 of 10:30 come to HVPS at 11:00."""
    text = FX_TOWN + outage(f'{what} = ["Dealer"]', ("10:00", "11:00"))
    run = play(tmp_path, text, paid("09:30 Payer Payee 1000 CNY", "10:30 Payer Payee 1000 CNY"))
    found = cost(run)
    assert list(found) == ["CNY"]
    assert found["CNY"]["waiting_count"] == 1
    assert found["CNY"]["waiting_value"] == 1000 * 100  # what goes into the exchange and the spread
    assert found["CNY"]["wait"] == 30 * MINUTE


@pytest.mark.parametrize("what", ['links=["CHATS"]', 'rails=["BAHTNET"]', 'rails=["USD-CHATS"]', 'dealers=["FX"]'])
def test_a_pair_waits_for_its_link_both_rails_and_its_dealer(tmp_path: Path, what: str) -> None:
    """USD 10 of 02:10:00 for THB 300: both legs are final at 02:30:30. The pair is one obligation, in dollars."""
    change = LINK_OUT.format(what=what, begins="02:00:00", ends="02:30:30")
    found = cost(link_run(tmp_path, "02:10:00 HK-A TH-A 10 USD linked", change), "outage")
    mine = found["out 2026-03-02 02:00 USD"]
    assert (mine["waiting_count"], mine["waiting_value"]) == (1, 1000)
    assert (mine["wait"], mine["wait_after"], mine["queue_peak"]) == (20 * MINUTE + 30, 0, 0)


@pytest.mark.parametrize(
    ("begins", "out", "refused"),
    [
        ("09:01", 'rails = ["RPP"]', {"MYR": 3465}),  # comes at 09:01:03, and an instant rail takes nothing then
        ("09:01", 'rails = ["FAST"]', {"SGD": 0}),  # not needed any more
        ("09:01", 'participants = ["Quick"]', {"MYR": 3465}),  # given up at 09:01:58
        ("09:00:50", 'participants = ["Quick"]', {"MYR": 3465}),
    ],
)
def test_what_a_link_of_instant_systems_gives_up_is_refused(
    tmp_path: Path, begins: str, out: str, refused: dict[str, int]
) -> None:
    """Quoted at 09:00:48, on FAST at 09:00:58 and due on RPP, with 34.65 MYR, at 09:01:03; out until 09:05."""
    text = f'{LINK_TOWN}\n[outages.it]\n{out}\nzone = "UTC"\n'
    text += f'times = [{{ day = 2026-03-02, from = "{begins}", to = "09:05" }}]\n'
    found = cost(run_town(link_town(tmp_path, [("09:00:48", "10.00", "quick")], text), tmp_path / "run"))
    assert {money: each["refused_value"] for money, each in found.items()} == refused
    assert all(each["waiting_count"] == 0 for each in found.values())
    assert sum(each["refused_count"] or 0 for each in found.values()) == (sum(refused.values()) > 0)


@pytest.mark.parametrize("who", ["TH-A", "FX"])
def test_a_lock_that_ends_while_its_claimer_is_out_is_refused(tmp_path: Path, who: str) -> None:
    """The payee is out from 02:20 on and claims the baht too late, or the dealer from 02:10 on and no dollars at all.

    The payment ends at 06:00 with the lock of the baht, or has come back with it; both are out until 09:00.
    """
    begins = "02:20" if who == "TH-A" else "02:10"
    text = f'\n[outages.it]\nparticipants = ["{who}"]\nzone = "UTC"\n'
    text += f'times = [{{ day = 2026-03-02, from = "{begins}", to = "09:00" }}]\n'
    found = cost(locked_run(tmp_path, ONE, outages=text))
    assert {money: each["refused_value"] for money, each in found.items()} == (
        {"THB": 300_00} if who == "TH-A" else {"USD": 10_00})  # fmt: skip


def test_a_later_hop_is_kept_since_it_could_have_been_sent(tmp_path: Path) -> None:
    """The dealer has CNY 1,000 at 09:58 and pays SGD 5 min later, at 10:03; out from 10:00 on, it pays at 11:00."""
    text = FX_TOWN.replace('latency = { uniform = { low = "1 min", high = "3 min" } }', 'latency = "5 min"')
    assert text != FX_TOWN
    text += outage('participants = ["Dealer"]', ("10:00", "11:00"))
    found = cost(play(tmp_path, text, paid("09:58 Payer Payee 1000 CNY")))
    assert {money: each["wait"] for money, each in found.items()} == {"SGD": 57 * MINUTE}
    assert found["SGD"]["waiting_value"] == 18500  # CNY 1,000 less a spread of 1, at 5.4 a dollar


def test_outages_are_told_apart_and_those_that_touch_on_one_thing_are_one(tmp_path: Path) -> None:
    """10:00 to 11:00, 10:30 to 12:00 and 12:00 to 13:00 are one of three hours; that of 15:00 stands by itself."""
    text = (
        RING_TOWN
        + outage('rails = ["RTGS"]', ("10:00", "11:00"), ("12:00", "13:00"), ("15:00", "15:10"))
        + outage('rails = ["RTGS"]', ("10:30", "12:00"), name="again")
    )
    run = play(tmp_path, text, paid("10:10 A C 10", "12:00 A B 10", "15:05 A B 10"))
    found = cost(run, "outage")
    assert list(found) == ["out 2026-03-02 02:00 SGD", "out 2026-03-02 07:00 SGD"]
    assert [each["time"] for each in found.values()] == [3 * HOUR, 10 * MINUTE]
    assert [each["waiting_time"] for each in found.values()] == [
        (10 * 170 + 10 * 60) * MINUTE * SGD, 10 * 5 * MINUTE * SGD,
    ]  # fmt: skip
    whole = cost(run)["SGD"]
    assert (whole["time"], whole["waiting_count"]) == (3 * HOUR + 10 * MINUTE, 3)
    assert cost(run, "currency") == {"SGD SGD": whole}


def test_one_obligation_that_needs_two_things_that_are_out_is_counted_once(tmp_path: Path) -> None:
    """One outage takes A and the RTGS: A's payment of 10:15 is kept till 11:00 and then finds the rail open."""
    text = RING_TOWN + outage('rails = ["RTGS"]\nparticipants = ["A"]', ("10:00", "11:00"))
    found = cost(play(tmp_path, text, paid("10:15 A B 10", "10:30 B A 10")), "outage")
    [only] = found.values()
    assert (only["waiting_count"], only["waiting_value"]) == (2, 20 * SGD)
    assert only["waiting_time"] == 10 * (45 + 30) * MINUTE * SGD


def test_an_outage_that_nobody_noticed_is_shown(tmp_path: Path) -> None:
    run = play(tmp_path, RTGS_OUT, paid("09:00 A B 10"))
    assert cost(run, "outage") == {"out 2026-03-02 02:00 SGD": ZERO | {"time": HOUR}}


def test_an_outage_beyond_the_run_is_waited_for_until_then(tmp_path: Path) -> None:
    text = RING_TOWN + outage('rails = ["RTGS"]', ("10:00", "10:00+5"))
    run = play(tmp_path, text, paid("16:00 A B 10"))
    span = open_tables(run.path).span()
    assert span is not None
    found = cost(run)["SGD"]
    assert (found["waiting_count"], found["unsettled_count"], found["recovery"]) == (1, 1, None)
    assert found["waiting_time"] == Fraction(10 * SGD * (span[1] - 1_772_438_400_000_000), 1_000_000)  # 16:00 local


def test_a_run_without_outages_has_none_of_it(tmp_path: Path) -> None:
    assert cost(play(tmp_path, RING_TOWN, paid("10:30 A B 10"))) == {}
