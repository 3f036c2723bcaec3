"""The audit finds payments by a link that were credited late, came back late, or were exchanged at another quote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.test_links import DAY_TOWN, link_town
from tests.simcore.engine.towns import run_town
from tests.simcore.results.wrong import edited, first, mend, messages, read, with_scenario


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """One payment that settles, one that is reversed, one exchanged at the rate before noon though it came after."""
    rows = [("09:00:00", "10.00", "quick"), ("09:10:00", "10.00", "slow"), ("11:59:55", "10.00", "quick")]
    return run_town(link_town(tmp_path, rows), tmp_path / "run").path


def told(run: Path, change: Any) -> None:
    """Let the tables carry another scenario."""
    with_scenario(run, lambda scenario: change(scenario["instant_links"]["paynow-duitnow"]))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("time_limit", "4 s", "settled after the time limit of its link"),
        ("time_limit", "50 s", "reached a rail after the time limit of its link"),
        ("time_limit", "61 s", "out of time at another instant than its limit"),
        ("quote_valid", "5 s", "exchanged at a quote that its provider didn't give it"),
    ],
)
def test_promises_that_were_not_kept_are_found(run: Path, key: str, value: str, words: str) -> None:
    """The run kept what its link promised; its tables are given a link that promises more."""
    assert audit(run).ok
    told(run, lambda link: link.update({key: value}))
    assert not audit(run).ok
    assert words in messages(run)


def test_an_outcome_that_only_links_have_is_found_elsewhere(run: Path) -> None:
    told(run, lambda link: link.update(routes=["late"]))
    assert "out of time, but its route has no limit" in messages(run)


def test_money_that_came_back_late_is_found(run: Path) -> None:
    rows = read(run, "payments")
    at = first(rows, lambda row: row["status"] == "REJECTED_TIME_LIMIT")
    later = rows.column("completed_at").to_pylist()[at].timestamp() * 1_000_000 + 1
    mend(run, "payments", edited(rows, at, "completed_at", int(later)))
    assert "not back at the instant at which it failed" in messages(run)


def test_a_limit_of_the_day_is_proved_both_ways(tmp_path: Path) -> None:
    """The run's tables are given a link with a lower limit, then one with a higher."""
    set_ = ['accounts.FAST.Payer.opening="100000 SGD"', 'accounts.RPP.Quick.opening="20000 MYR"']
    run = run_town(link_town(tmp_path, [], DAY_TOWN), tmp_path / "run", set=set_).path
    assert audit(run).ok
    told(run, lambda link: link.update(day_limit="99.00 SGD"))
    assert "that day, above the limit of its link" in messages(run)
    told(run, lambda link: link.update(day_limit="1000.00 SGD"))
    assert "refused, though its customer had sent" in messages(run)
