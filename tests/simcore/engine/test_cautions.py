"""What is said of a scenario that isn't wrong: hops whose hours never meet, calendars that nobody has published yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import simcore
from scenarios.describe import check_command
from scenarios.loader import load
from simcore.engine.cautions import cautions
from simcore.run_command import run_scenario

SCENARIO = str(Path(__file__).parents[2] / "scenarios" / "to-singapore.toml")
MORNING = 'rails.HVPS.sessions=[{ open = "20:30-1", close = "%s" }]'
MEPS = 'rails.MEPS.sessions=[{ open = "09:00", close = "18:30" }]'
APART = (
    "routes.sgd.hops.1: never open together with the hop before: "
    "HVPS from Sun 20:30 to Mon 09:00 Asia/Shanghai = Sun 20:30 to Mon 09:00 Asia/Singapore; "
    "MEPS from Mon 09:00 to Mon 18:30 Asia/Singapore = Mon 09:00 to Mon 18:30 Asia/Shanghai"
)


@pytest.mark.parametrize(
    ("closes", "said"),
    [("09:00", [APART]), ("09:01", []), ("17:15", [])],  # at 09:00 the one closes as the other opens
)
def test_hops_that_are_never_open_together_are_named_with_both_hours_in_both_zones(
    closes: str, said: list[str]
) -> None:
    assert cautions(load(SCENARIO, set=[MORNING % closes, MEPS]).scenario) == said


def test_a_rail_open_around_the_clock_meets_every_other() -> None:
    assert cautions(load(SCENARIO).scenario) == []


def test_a_run_past_the_last_published_year_is_said_for_each_rail() -> None:
    rate = ['fx.pairs."SGD/CNY".source=constant', 'fx.pairs."SGD/CNY".rate=5.4']
    lines = cautions(load(SCENARIO, set=["scenario.start=2026-12-31", *rate]).scenario)
    assert lines == [f"rails.{rail}: calendar {calendar} is estimated from 2027-01-01 to 2027-01-01"
                     for rail, calendar in (("HVPS", "CN"), ("CIPS", "CN"))], "Singapore has 2027"  # fmt: skip


LOCKS = "pvp.LOCKS.{}={}"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("25 min", "15 min", ["pvp.LOCKS: no payer ever locks: 5 min after the dealer, a lock of 15 min and the margin "
                              "of 5 min would not end before the dealer's of 25 min"]),
        ("26 min", "15 min", []),
        ("1 h", "5 min", ["pvp.LOCKS: no dealer ever claims in time: after 5 min, when a lock of 5 min has ended"]),
        ("1 h", "6 min", []),
        ("20 min", "9 min", [f"routes.{route}: every payee claims too late: 5 min, 5 min and 10 min are not less than "
                             "a lock of 20 min" for route in ("baht", "yuan")]),
        ("21 min", "9 min", []),
    ],
)  # fmt: skip
def test_locks_that_end_before_their_steps_are_said(first: str, second: str, said: list[str], tmp_path: Path) -> None:
    """Answered after 5 min, claimed by the dealer after 5, by the payee after 10; the margin is 5. And it is so."""
    changes = ["scenario.days=1", LOCKS.format("first_lock", first), LOCKS.format("second_lock", second)]
    assert cautions(load("hash-locks", set=changes).scenario) == said
    statuses = simcore.run("hash-locks", out=tmp_path / "run", set=changes).payments["status"].to_pylist()
    settled = "SETTLED_GROSS" in statuses
    assert settled == (not said)


def test_terms_of_logit_rest_beside_another_rule_of_choice() -> None:
    """One change of choice tries another rule: of chongqing-asean's corridors two, and nothing else is touched."""
    rules = {"imports-my-direct": "fastest", "imports-th-direct": "cheapest", "imports-la-direct": "fastest"}
    scenario = load("chongqing-asean", set=[f"corridors.{name}.choice={rule}" for name, rule in rules.items()]).scenario
    assert [line for line in cautions(scenario) if line.startswith("corridors")] == [
        'corridors imports-th-direct: choice = "cheapest" has no use for time_value and scale',
        'corridors imports-my-direct, imports-la-direct: choice = "fastest" has no use for time_value and scale',
    ]


def test_check_and_run_say_the_same_and_neither_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    settings = (MORNING % "09:00", MEPS)
    assert check_command(SCENARIO, settings=settings) is None
    assert f"  note: {APART}\n" in capsys.readouterr().out
    check_command(SCENARIO, settings=settings, form="json")
    assert json.loads(capsys.readouterr().out)["notes"] == [APART]
    assert run_scenario(SCENARIO, out=tmp_path / "run", seed=None, settings=settings, quiet=False, compression="zstd",
                        replace=False) == 0  # fmt: skip
    assert f"  note: {APART}\n" in capsys.readouterr().out
