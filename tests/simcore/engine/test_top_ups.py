"""Injections into CIPS between its openings: accounts are filled up to their targets again while HVPS is open too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.test_conductor import beijing, rows
from tests.simcore.engine.towns import CIPS_TOWN, HEADER, run_town, town

MN = 100_000_000
OVER_HVPS = """
[routes.hvps]
hops = [{ rail = "HVPS", from = "debtor", to = "creditor" }]

[flows.other]
kind = "replay"
file = "other.csv"
route = "hvps"
"""
FRIDAY_NIGHT = 'rails.CIPS.fund_at=["22:00"]'


def pay(reference: str, at: str, debtor: str, creditor: str, mn: int) -> str:
    return f"{reference},2026-03-{at}:00+08:00,{debtor},{creditor},{mn}000000,CNY\n"


def injections(run: Any) -> list[tuple[str, str, int]]:
    """(when, to whom, mn CNY) of what came in, openings (08:30, 17:00) aside."""
    found = [(beijing(row, "settled_at")[:8], row["creditor"], row["amount_minor"] // MN)
             for row in rows(run.obligations, kind="funding", rail="CIPS")]  # fmt: skip
    return [each for each in found if each[0][3:] not in ("08:30", "17:00")]


def played(tmp_path: Path, payments: str, *changes: str) -> Any:
    run = run_town(town(tmp_path, CIPS_TOWN, payments), tmp_path / "run", set=changes)
    assert audit(run.path).ok
    assert {row["closing_minor"] for row in rows(run.accounts, rail="CIPS")} == {0}
    return run


def test_what_was_paid_out_is_filled_in_again_and_releases_what_is_queued(tmp_path: Path) -> None:
    """East has 4 and pays 3 at 09:00; its 4 of 09:30 wait until 10:00, when HVPS brings 3.

    At 11:00 the 3 come that East still has on HVPS.
    """
    payments = pay("a", "02T09:00", "East", "West", 3) + pay("b", "02T09:30", "East", "West", 4)
    run = played(tmp_path, payments, 'rails.CIPS.fund_at=["10:00", "11:00"]')
    assert injections(run)[:2] == [("02 10:00", "East", 3), ("02 11:00", "East", 3)]
    done = {row["reference"]: beijing(row, "completed_at")[:8] for row in run.payments.to_pylist()}
    assert done == {"a": "02 09:00", "b": "02 10:00"}


def test_as_far_as_the_payer_has_it_and_an_event_says_what_is_short(tmp_path: Path) -> None:
    """West's HVPS account opens with 1, all of which went into CIPS at 08:30, when it was 1 short of its target."""
    run = played(tmp_path, pay("a", "02T09:00", "East", "West", 3), "rails.CIPS.fund_every=2 h", "scenario.days=1")
    assert injections(run)[0] == ("02 10:30", "East", 3)
    short = [(beijing(row, "time")[:8], row["participant"], row["amount_minor"] // MN)
             for row in rows(run.events, event="short", rail="CIPS")]  # fmt: skip
    assert short[0] == ("02 08:30", "West", 1)
    assert {who for _, who, _ in short} == {"West"}


def test_in_the_night_before_a_weekend_hvps_is_open_for_injection_only(tmp_path: Path) -> None:
    """Friday 22:00, in CIPS's last night of the week: HVPS takes no payment, but 4 come from it into CIPS.

    On other evenings HVPS is open for all. On Friday at 18:00 it is closed, as on every day.
    """
    payments = pay("a", "06T18:00", "East", "West", 4) + pay("b", "06T21:00", "East", "West", 2)
    tmp_path.joinpath("other.csv").write_text(HEADER + pay("h", "06T21:30", "East", "West", 1), encoding="utf-8")
    text = CIPS_TOWN + OVER_HVPS
    run = run_town(town(tmp_path, text, payments), tmp_path / "run", set=[FRIDAY_NIGHT])
    assert audit(run.path).ok
    assert injections(run) == [("06 22:00", "East", 4)]
    window = rows(run.events, event="opened_for_funding", rail="HVPS")
    assert [beijing(row, "time")[:8] for row in window] == ["06 20:30"]
    done = {row["reference"]: row["completed_at"] and beijing(row, "completed_at")[:8]
            for row in run.payments.to_pylist()}  # fmt: skip
    assert done.pop("h") is None, "HVPS has money of East's, and takes no payment until Sunday evening"
    assert done == {"a": "06 18:00", "b": "06 22:00"}


@pytest.mark.parametrize(("begin", "expected"), [("21:50", "06 22:30"), ("22:00", "06 22:30"), ("22:10", "06 22:00")])
def test_an_outage_of_either_rail_puts_it_off(tmp_path: Path, begin: str, expected: str) -> None:
    payments = pay("a", "06T18:00", "East", "West", 4)
    for rail in ("CIPS", "HVPS"):
        out = f'[outages.night]\nrails = ["{rail}"]\nzone = "Asia/Shanghai"\n'
        out += f'times = [{{ day = 2026-03-06, from = "{begin}", to = "22:30" }}]\n'
        run = run_town(town(tmp_path / rail, CIPS_TOWN + out, payments), tmp_path / rail / "run", set=[FRIDAY_NIGHT])
        assert audit(run.path).ok
        assert injections(run) == [(expected, "East", 4)]
