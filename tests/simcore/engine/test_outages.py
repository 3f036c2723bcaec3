"""Outages as a central banker would check them: what waits, what is made up for, what is left undone."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenarios.loader import load
from simcore.demand.choice import RouteChoice
from simcore.engine.cautions import cautions
from simcore.engine.outages import Outages
from simcore.model import Exponential, Latency, Outage
from tests.simcore.engine.towns import CIPS_TOWN, FX_TOWN, NET_TOWN, RING_TOWN, run_town, town

MONDAY = "2026-03-02T"


def outage(what: str, *times: tuple[str, str], name: str = "out", day: str = "2026-03-02") -> str:
    """An outage in the scenario's words, local to the rail or to Singapore, which has the same hours as China."""
    listed = ", ".join(f'{{ day = {day}, from = "{begins}", to = "{ends}" }}' for begins, ends in times)
    return f'\n[outages.{name}]\n{what}\nzone = "Asia/Singapore"\ntimes = [{listed}]\n'


def paid(*rows: str) -> str:
    """``"10:00 A B 5"`` each: a payment on Monday, local time."""
    parts = [row.split() for row in rows]
    return "".join(
        f"{k},{MONDAY}{time}:00+08:00,{debtor},{creditor},{amount},{currency[0] if currency else 'SGD'}\n"
        for k, (time, debtor, creditor, amount, *currency) in enumerate(parts)
    )


def local(time: Any) -> str:
    """HH:MM of an instant in the tables, eight hours ahead of UTC; with the day if it isn't Monday."""
    if time is None:
        return "–"
    hour = time.hour + 8
    day = time.day + hour // 24 - 2
    return f"{hour % 24:02d}:{time.minute:02d}" + (f"+{day}" if day else "")


def outcomes(run: Any) -> list[str]:
    """Status and local time of completion of each payment, in the order of the file."""
    rows = sorted(run.payments.to_pylist(), key=lambda row: row["payment_id"])
    return [f"{row['status']} {local(row['completed_at'])}" for row in rows]


def told(run: Any, *events: str) -> list[str]:
    """Events of these names as text."""
    return [
        f"{local(row['time'])} {row['event']} {row['rail'] or row['participant']}"
        + (f" {row['amount_minor'] // 100}" if row["amount_minor"] is not None else "")
        for row in run.events.to_pylist()
        if row["event"] in events
    ]


def play(tmp_path: Path, text: str, payments: str) -> Any:
    return run_town(town(tmp_path / "town", text, payments), tmp_path / "run")


# --- a rail ---


def test_what_arrives_in_an_outage_waits_and_what_is_queued_stays(tmp_path: Path) -> None:
    """RTGS is out from 10:00 to 11:00. A has 100, B 50, C 20."""
    run = play(
        tmp_path,
        RING_TOWN + outage('rails = ["RTGS"]', ("10:00", "11:00")),
        paid(
            "09:50 C A 30",  # C has 20: queued
            "09:59 A B 10",  # before: settles
            "10:00 A B 10",  # at the first instant of the outage: waits
            "10:30 B C 40",  # waits; when it has settled at 11:00, C can pay the 30 that are queued
            "11:00 A B 10",  # at the first instant after it: settles
        ),
    )
    assert outcomes(run) == [f"SETTLED_GROSS {time}" for time in ("11:00", "09:59", "11:00", "11:00", "11:00")]
    assert told(run, "outage_began", "outage_ended", "opened", "closed") == [
        "09:00 opened RTGS", "10:00 outage_began RTGS", "11:00 outage_ended RTGS", "17:00 closed RTGS",
    ]  # fmt: skip


@pytest.mark.parametrize(("rule", "status"), [("reject", "REJECTED_CLOSED"), ("return", "RETURNED_CLOSED")])
def test_a_rail_that_rejects_when_closed_rejects_in_an_outage(tmp_path: Path, rule: str, status: str) -> None:
    text = RING_TOWN.replace('kind = "rtgs"', f'kind = "rtgs"\nwhen_closed = "{rule}"')
    run = play(tmp_path, text + outage('rails = ["RTGS"]', ("10:00", "11:00")), paid("10:30 A B 10", "11:30 A B 10"))
    assert outcomes(run) == [f"{status} 10:30", "SETTLED_GROSS 11:30"]


@pytest.mark.parametrize(
    ("hours", "settled", "opened"),
    [
        (("09:00", "09:30"), "09:30", "09:30"),  # begins with the opening: it opens at the end
        (("08:00", "09:00"), "09:10", "09:00"),  # ends with the opening
        (("08:00", "09:10"), "09:10", "09:10"),
    ],
)
def test_an_opening_in_an_outage_takes_place_at_its_end(
    tmp_path: Path, hours: tuple[str, str], settled: str, opened: str
) -> None:
    run = play(tmp_path, RING_TOWN + outage('rails = ["RTGS"]', hours), paid("09:10 A B 10"))
    assert outcomes(run) == [f"SETTLED_GROSS {settled}"]
    assert told(run, "opened") == [f"{opened} opened RTGS"]


def test_a_day_that_is_out_as_a_whole_never_opens(tmp_path: Path) -> None:
    run = play(tmp_path, RING_TOWN + outage('rails = ["RTGS"]', ("08:00", "18:00")), paid("09:10 A B 10"))
    assert outcomes(run) == ["WAITING_AT_END –"]
    assert told(run, "opened", "closed") == ["17:00 closed RTGS"]


@pytest.mark.parametrize(
    ("hours", "status"),
    [
        (("16:00", "16:30"), "RETURNED_CUT_OFF 17:00"),
        (("16:00", "17:00"), "RETURNED_CUT_OFF 17:00"),  # over at the closing, which is a whole one
        (("17:00", "17:30"), "QUEUED_AT_END –"),  # begins with the closing, which is in the outage
        (("16:00", "17:01"), "QUEUED_AT_END –"),
    ],
)
def test_a_closing_in_an_outage_returns_nothing(tmp_path: Path, hours: tuple[str, str], status: str) -> None:
    """C can't pay 30 out of 20; at 17:00 what is queued is returned, unless the rail is out."""
    run = play(tmp_path, RING_TOWN + outage('rails = ["RTGS"]', hours), paid("15:00 C A 30"))
    assert outcomes(run) == [status]


def test_after_the_cut_off_an_outage_lets_nothing_new_in(tmp_path: Path) -> None:
    text = RING_TOWN.replace('close = "17:00"', 'cut_off = "16:00", close = "17:00"')
    run = play(
        tmp_path,
        text + outage('rails = ["RTGS"]', ("15:30", "16:30")),
        paid("15:00 C A 30", "15:45 A C 15", "16:40 A C 15"),
    )
    assert outcomes(run) == ["RETURNED_CUT_OFF 17:00", "WAITING_AT_END –", "WAITING_AT_END –"]
    assert told(run, "cut_off") == ["16:00 cut_off RTGS"]


def test_outages_that_overlap_or_touch_are_one(tmp_path: Path) -> None:
    """10:00 to 11:00, 10:30 to 12:00 and 12:00 to 13:00: the rail isn't up before 13:00, not even for an instant."""
    text = (
        RING_TOWN
        + outage('rails = ["RTGS"]', ("10:00", "11:00"), ("12:00", "13:00"))
        + outage('rails = ["RTGS"]', ("10:30", "12:00"), name="again")
    )
    run = play(tmp_path, text, paid("09:50 C A 30", "10:10 A C 10", "11:30 A B 10", "12:00 A B 10"))
    assert outcomes(run) == ["SETTLED_GROSS 13:00"] * 4


# --- cycles, mechanisms ---


def test_a_net_cycle_missed_is_made_up_for_once(tmp_path: Path) -> None:
    """Cycles at 11:00, 13:00, 15:00 and at the closing at 17:00; out from 10:30 to 13:30, and from 16:30 on."""
    run = play(
        tmp_path,
        NET_TOWN + outage('rails = ["NET"]', ("10:30", "13:30"), ("16:30", "18:00")),
        paid("10:00 A B 10", "13:40 A B 10", "15:30 A B 10"),
    )
    assert [local(row["time"]) for row in run.cycles.to_pylist()] == ["13:30", "15:00"]
    assert outcomes(run) == ["SETTLED_NET 13:30", "SETTLED_NET 15:00", "COLLECTED_AT_END –"]


def test_a_mechanism_missed_runs_at_the_end(tmp_path: Path) -> None:
    """The ring of 100, 100 and 100 can't settle alone; gridlock is resolved every half hour, and at 09:40."""
    ring = paid("09:35 A B 120", "09:35 B C 120", "09:35 C A 120")
    run = play(tmp_path, RING_TOWN + outage('rails = ["RTGS"]', ("09:36", "10:15")), ring)
    assert outcomes(run) == ["SETTLED_OFFSET 10:15"] * 3


# --- a rail that is funded ---

CIPS_PAYMENT = paid("09:10 East West 1000000 CNY")


def test_funding_missed_is_made_up_for_when_the_funding_rail_is_back(tmp_path: Path) -> None:
    """HVPS is out when CIPS opens at 08:30: accounts are filled at 09:00, with all that West has."""
    run = play(tmp_path, CIPS_TOWN + outage('rails = ["HVPS"]', ("08:00", "09:00")), CIPS_PAYMENT)
    monday = [line for line in told(run, "funding") if "+" not in line][:2]
    assert monday == ["09:00 funding CIPS 4000000", "09:00 funding CIPS 1000000"]
    assert outcomes(run) == ["SETTLED_GROSS 09:10"]


def test_a_closing_in_an_outage_sweeps_nothing(tmp_path: Path) -> None:
    """CIPS is out from 16:30 to 18:00: nothing goes back at 17:00; the next session opens at 18:00."""
    run = play(tmp_path, CIPS_TOWN + outage('rails = ["CIPS"]', ("16:30", "18:00")), CIPS_PAYMENT)
    monday = [line for line in told(run, "sweep", "sweep_postponed", "outage_ended", "opened") if "+" not in line]
    assert [line for line in monday if "HVPS" not in line] == [
        "08:30 opened CIPS",
        "17:00 sweep_postponed CIPS 3000000",
        "17:00 sweep_postponed CIPS 2000000",
        "18:00 outage_ended CIPS",
        "18:00 opened CIPS",
    ]


# --- participants ---


def test_who_is_out_sends_nothing_and_receives(tmp_path: Path) -> None:
    """A is out from 10:00 to 11:00."""
    run = play(
        tmp_path,
        RING_TOWN + outage('participants = ["A"]', ("10:00", "11:00")),
        paid("09:59 A B 10", "10:00 A B 10", "10:30 B A 10", "10:59 A C 10", "11:00 A B 10"),
    )
    assert outcomes(run) == [f"SETTLED_GROSS {time}" for time in ("09:59", "11:00", "10:30", "11:00", "11:00")]


def test_what_was_sent_before_the_outage_may_settle(tmp_path: Path) -> None:
    """C's 30 are queued at 09:50; at 10:30 it gets what it lacks, though it is out."""
    run = play(
        tmp_path,
        RING_TOWN + outage('participants = ["C"]', ("10:00", "11:00")),
        paid("09:50 C A 30", "10:30 A C 10"),
    )
    assert outcomes(run) == ["SETTLED_GROSS 10:30", "SETTLED_GROSS 10:30"]


def test_who_is_out_beyond_the_run_keeps_its_payments(tmp_path: Path) -> None:
    text = RING_TOWN + outage('participants = ["A"]', ("10:00", "12:00+9"))
    assert outcomes(play(tmp_path, text, paid("10:30 A B 10"))) == ["IN_TRANSIT_AT_END –"]


def test_what_is_out_isnt_rejected_by_a_closed_rail(tmp_path: Path) -> None:
    """A payment that A couldn't send at 08:30 isn't rejected by the rail, closed till 09:00, but comes at 09:30."""
    text = RING_TOWN.replace('kind = "rtgs"', 'kind = "rtgs"\nwhen_closed = "reject"')
    run = play(
        tmp_path, text + outage('participants = ["A"]', ("08:00", "09:30")), paid("08:30 A B 10", "08:40 B A 10")
    )
    assert outcomes(run) == ["SETTLED_GROSS 09:30", "REJECTED_CLOSED 08:40"]


# --- dealers ---


@pytest.mark.parametrize("what", ["dealers", "participants"])
def test_a_dealer_that_is_out_exchanges_nothing(tmp_path: Path, what: str) -> None:
    """The payment is kept from HVPS until the dealer is back."""
    text = FX_TOWN + outage(f'{what} = ["Dealer"]', ("10:00", "11:00"))
    run = play(tmp_path, text, paid("09:30 Payer Payee 1000 CNY", "10:30 Payer Payee 1000 CNY"))
    first = {
        row["payment_id"]: row for row in run.obligations.to_pylist() if row["hop"] == 0 and row["kind"] == "payment"
    }
    assert [local(first[k]["settled_at"]) for k in (0, 1)] == ["09:30", "11:00"]
    assert [line.split()[0] for line in outcomes(run)] == ["SETTLED_GROSS"] * 2


# --- nothing that isn't used ---


def test_an_outage_outside_a_rails_hours_is_a_note(tmp_path: Path) -> None:
    """At night RTGS is closed anyway; an outage that reaches into its hours is none."""
    night = outage('rails = ["RTGS"]', ("03:00", "04:00"))
    text = RING_TOWN + night + outage('rails = ["RTGS"]', ("08:00", "09:01"), name="b")
    notes = cautions(load(town(tmp_path, text, paid("10:00 A B 10"))).scenario)
    assert notes == ["outages.out: RTGS isn't open on 2026-03-02 at that time, so nothing is out"]


def test_an_outage_outside_a_rails_hours_changes_no_row(tmp_path: Path) -> None:
    payments = paid("09:50 C A 30", "09:59 A B 10", "10:30 B C 40")
    plain = play(tmp_path / "a", RING_TOWN, payments)
    night = play(tmp_path / "b", RING_TOWN + outage('rails = ["RTGS"]', ("03:00", "04:00")), payments)
    for table in ("payments", "obligations", "accounts", "balances", "cycles"):
        assert getattr(plain, table).equals(getattr(night, table)), table


# --- what is drawn, and who chooses ---

DRAWN = """
[outages.{name}]
rails = ["RTGS"]
every = "2 h"
lasts = {{ lognormal = {{ median = "5 min", sigma = 1 }}, most = "30 min" }}
"""


def spans(run: Any) -> list[str]:
    return told(run, "outage_began", "outage_ended")


def test_drawn_outages_are_the_same_for_every_policy_and_each_name_has_its_own(tmp_path: Path) -> None:
    """Another queue rule meets the same outages; another name draws others; the first is as it was."""
    payments = paid("09:30 A B 10")
    one = play(tmp_path / "a", RING_TOWN + DRAWN.format(name="one"), payments)
    other_rule = RING_TOWN.replace('kind = "rtgs"', 'kind = "rtgs"\nqueue = "bypass"')
    same = play(tmp_path / "b", other_rule + DRAWN.format(name="one"), payments)
    two = play(tmp_path / "c", RING_TOWN + DRAWN.format(name="one") + DRAWN.format(name="two"), payments)
    assert spans(one) == spans(same)
    assert len(spans(one)) > 4
    assert set(spans(one)) < set(spans(two))


def test_drawn_outages_come_and_last_as_long_as_asked_for(tmp_path: Path) -> None:
    """Over 4,000 days the mean time between is 10 h and the mean length 1 h, both exponential: within four errors."""
    hour = 3_600_000_000
    often = Outage(rails=("RTGS",), every=10 * hour, lasts=Latency(exponential=Exponential(mean=hour)))
    scenario = replace(load(town(tmp_path, RING_TOWN, paid("10:00 A B 10"))).scenario, outages={"often": often})
    drawn = Outages(scenario, 0, 4_000 * 24 * hour, seed=65).spans
    n = len(drawn)
    lasts = [(span.end_us - span.start_us) / hour for span in drawn]
    between = [(after.start_us - before.end_us) / hour for before, after in pairwise(drawn)]
    assert n > 8_000
    assert abs(sum(lasts) / n - 1) < 4 / n**0.5
    assert abs(sum(between) / (n - 1) - 10) < 40 / n**0.5


def test_who_chooses_a_route_passes_over_what_is_out_while_it_lasts() -> None:
    """Two routes; the cheaper one's rail is out from 10:00 to 11:00. Where both are out, the cheaper is taken."""
    day = 1_772_409_600_000_000 - 8 * 3_600_000_000  # midnight of Monday in Singapore
    times = np.array([day + minute * 60_000_000 for minute in (9 * 60 + 59, 600, 659, 660, 780)])
    text = CHOICE + outage('rails = ["CHEAP"]', ("10:00", "11:00"))
    text += outage('rails = ["CHEAP", "DEAR"]', ("13:00", "14:00"), name="both")
    with tempfile.TemporaryDirectory() as folder:
        loaded = load(town(Path(folder), text, paid("10:00 A B 10"))).scenario
    ways = RouteChoice(loaded, loaded.corridors["c"], {}, Outages(loaded, day, day + 86_400_000_000, 65))
    chosen = ways.choose(times, np.full(5, 1_000), np.zeros(5))
    assert [ways.names[at] for at in chosen] == ["cheap", "dear", "dear", "cheap", "cheap"]


CHOICE = """
[scenario]
name = "choice"
title = "Two ways"
start = 2026-03-02
days = 1
base_currency = "SGD"

[participants]
A = { name = "A", kind = "commercial_bank", country = "SG" }
B = { name = "B", kind = "commercial_bank", country = "MY" }

[rails.CHEAP]
kind = "rtgs"
currency = "SGD"

[rails.DEAR]
kind = "rtgs"
currency = "SGD"

[accounts.CHEAP]
A = { opening = "100 SGD" }
B = { opening = "100 SGD" }

[accounts.DEAR]
A = { opening = "100 SGD" }
B = { opening = "100 SGD" }

[routes.cheap]
hops = [{ rail = "CHEAP", from = "debtor", to = "creditor" }]

[routes.dear]
hops = [{ rail = "DEAR", from = "debtor", to = "creditor", fee = { fixed = "1 SGD" } }]

[corridors.c]
debtor_country = "SG"
creditor_country = "MY"
routes = { cheap = 0.5, dear = 0.5 }
choice = "cheapest"

[flows.day]
kind = "replay"
file = "payments.csv"
route = "cheap"
"""
