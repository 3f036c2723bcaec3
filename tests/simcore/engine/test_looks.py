"""Banks that look at their own queue before they choose a route: what they see, and what they do then."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from scenarios.loader import load
from simcore.engine.build import build_world
from simcore.engine.conductor import Sizes
from simcore.engine.looks import longest_waits
from simcore.engine.machine import Machine
from simcore.engine.spec import HopSpec
from simcore.errors import ScenarioError
from simcore.kernels import constants as c
from simcore.results.audit import audit
from simcore.results.opened import Run
from tests.reference.simple import CREDITOR, DEBTOR, rail, world
from tests.simcore.engine.towns import TWO_WAYS, run_town

SECOND = 1_000_000
# The two ways of test_choice without fees, so A pays B at once while it has money on the rail, or over books that take
# two hours in any case. A has nothing there, and B pays A CNY 40 mn at 14:00, more than A sends in a day.
TOWN = (
    TWO_WAYS.replace(', fee = { fixed = "50 CNY", share = "10 bp" }', "")
    .replace('close = "17:00" }]', 'close = "17:00" }]\nqueue = "QUEUE"')
    .replace(
        '[accounts.RTGS]\nA = { opening = "100 mn CNY" }\nB = { opening = "0 CNY" }',
        '[accounts.RTGS]\nA = { opening = "0 CNY" }\nB = { opening = "100 mn CNY" }',
    )
    + """
[flows.day]
kind = "trade"
corridor = "two"
debtors = { A = 1 }
creditors = { B = 1 }
per_day = 400
amount = { median = "10 k CNY", sigma = 1 }
priority = 5
calendar = "CN"
profile = { 09 = 1, 10 = 1, 11 = 1, 12 = 1, 13 = 1, 14 = 1, 15 = 1 }

[flows.urgent]
kind = "trade"
corridor = "two"
debtors = { A = 1 }
creditors = { B = 1 }
per_day = 40
amount = { median = "10 k CNY", sigma = 1 }
priority = 1
calendar = "CN"
profile = { 11 = 1, 12 = 1, 13 = 1 }

[flows.relief]
kind = "replay"
file = "relief.csv"
route = "rtgs"
"""
)
RELIEF = "reference,initiated_at,debtor,creditor,amount,currency\nR,2026-03-02T14:00:00+08:00,B,A,40000000,CNY\n"
FASTEST = 'choice = "fastest"'
EVERY_HALF_HOUR = FASTEST + '\nqueue_seen_every = "30 min"'


def run(folder: Path, rule: str, queue: str = "fifo", **options: int | Sizes) -> Run:
    folder.mkdir(parents=True)
    (folder / "relief.csv").write_text(RELIEF, encoding="utf-8")
    text = TOWN.replace("CHOICE", rule).replace("QUEUE", queue)
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return run_town(folder / "scenario.toml", folder / "run", **options)  # type: ignore[arg-type]


def expected_routes(result: Run) -> list[str]:
    """The routes on a strict queue, worked out from the tables: two hours or less in the queue when last looked at."""
    rows = [row for row in result.payments.sort_by("payment_id").to_pylist() if row["flow"] != "relief"]
    on_rail = {
        row["payment_id"]: (row["entered_at"], row["settled_at"])
        for row in result.obligations.to_pylist()
        if (row["rail"], row["debtor"]) == ("RTGS", "A")
    }
    routes = []
    for row in rows:
        at = row["initiated_at"]
        midnight = at.replace(hour=16, minute=0, second=0, microsecond=0) - dt.timedelta(days=int(at.hour < 16))
        look = midnight + (at - midnight) // dt.timedelta(minutes=30) * dt.timedelta(minutes=30)
        standing = [since for since, until in on_rail.values() if since < look and (until is None or until >= look)]
        waited = look - min(standing, default=look)
        opens = at.replace(hour=1, minute=0, second=0, microsecond=0)  # 09:00 in Beijing
        routes.append("rtgs" if max(opens - at, dt.timedelta()) + waited <= dt.timedelta(hours=2) else "books")
    return routes


def test_a_bank_leaves_a_rail_while_the_first_in_its_queue_has_waited_longer_than_the_other_way_takes(
    tmp_path: Path,
) -> None:
    """A has nothing: from the first look at which the first has waited over two hours its payments take the books,
    until B's payment at 14:00 has emptied the queue and the next look has shown it."""
    result = run(tmp_path / "looks", EVERY_HALF_HOUR)
    assert audit(result.path).ok
    rows = [row for row in result.payments.sort_by("payment_id").to_pylist() if row["flow"] != "relief"]
    routes = [row["route"] for row in rows]
    assert routes == expected_routes(result)
    monday = [
        (row["initiated_at"] + dt.timedelta(hours=8), row["route"]) for row in rows if row["initiated_at"].day == 2
    ]
    # The first comes soon after nine: it has waited for two hours at the look of 11:30, and is gone at that of 14:30.
    books = [at for at, route in monday if route == "books"]
    assert (min(books).hour, min(books).minute // 30) == (11, 1)
    assert (max(books).hour, max(books).minute // 30) == (14, 0)
    assert {route for at, route in monday if at.hour in (9, 10, 15)} == {"rtgs"}


def test_without_a_look_all_go_into_the_queue_and_the_payments_are_the_same(tmp_path: Path) -> None:
    blind, seeing = run(tmp_path / "blind", FASTEST), run(tmp_path / "looks", EVERY_HALF_HOUR)
    assert set(blind.payments["route"].to_pylist()) == {"rtgs"}
    columns = ["payment_id", "initiated_at", "debtor", "creditor", "amount_sent_minor", "flow"]
    one, other = (some.payments.select(columns).sort_by("payment_id") for some in (blind, seeing))
    assert one.to_pylist() == other.to_pylist()


@pytest.mark.parametrize("options", [{"batch": 7}, {"batch": 1}, {"sizes": Sizes(slots=2, log_rows=16)}])
def test_no_size_changes_what_is_chosen(tmp_path: Path, options: dict[str, int | Sizes]) -> None:
    """Batches end where banks look, however many payments a batch may hold."""
    one, other = run(tmp_path / "one", EVERY_HALF_HOUR), run(tmp_path / "other", EVERY_HALF_HOUR, **options)
    for table in ("payments", "obligations"):
        assert getattr(one, table).to_pylist() == getattr(other, table).to_pylist()


def test_urgent_payments_look_only_at_what_they_wait_for(tmp_path: Path) -> None:
    """On a rail that orders by priority, the urgent pass whatever has stood there since the morning."""
    result = run(tmp_path / "looks", EVERY_HALF_HOUR, "priority")
    rows = [
        row for row in result.payments.to_pylist() if row["initiated_at"] < dt.datetime(2026, 3, 2, 5, tzinfo=dt.UTC)
    ]
    urgent = {row["route"] for row in rows if row["flow"] == "urgent"}  # at 13:00 the first has waited less than 2 h
    late = {row["route"] for row in rows if row["flow"] == "day" and row["initiated_at"].hour == 4}
    assert urgent == {"rtgs"}
    assert late == {"books"}


def test_odds_count_the_wait_as_time(tmp_path: Path) -> None:
    """With an hour worth 1 bp and a scale of 1 bp the books' two hours are odds of e^-2, three hours of waiting e^3."""
    rule = 'choice = "logit"\ntime_value = "1 bp"\nscale = "1 bp"\n'
    blind, seeing = run(tmp_path / "blind", rule), run(tmp_path / "looks", rule + 'queue_seen_every = "30 min"')

    def share(some: Run, hours: tuple[int, ...]) -> float:
        monday = [row for row in some.payments.to_pylist() if row["initiated_at"].day == 2 and row["flow"] == "day"]
        rows = [row for row in monday if row["initiated_at"].hour in hours]
        return sum(row["route"] == "books" for row in rows) / len(rows)

    assert share(blind, (4, 5)) < 0.25 < 0.5 < share(seeing, (4, 5))
    first = dt.datetime(2026, 3, 2, 1, 30, tzinfo=dt.UTC)  # the look of 09:30 is the first that can see anybody
    early = [[row for row in some.payments.to_pylist() if row["initiated_at"] < first] for some in (blind, seeing)]
    assert [row["route"] for row in early[0]] == [row["route"] for row in early[1]]
    assert early[0]


def test_what_is_seen_is_how_long_the_one_longest_in_the_queue_has_stood_there() -> None:
    """On a strict queue priority says nothing; elsewhere what is less urgent is passed."""
    hop = (HopSpec(rail=0, debtor=DEBTOR, creditor=CREDITOR),)
    for rule, seen in ((c.FIFO, [30, 30, 30]), (c.PRIORITY, [0, 10, 30])):
        made = build_world(world([rail(rule=rule)], [[0, 0]], routes=(hop,)), slots=4)
        for slot, (entered_at, priority) in enumerate(((90, 3), (70, 7), (95, 3))):
            made.slots[slot]["place"], made.slots[slot]["debit"] = 1, 0
            made.slots[slot]["entered_at"], made.slots[slot]["priority"] = entered_at, priority
        waits = longest_waits(made, 100)
        assert waits[[0, 3, 9], 0].tolist() == seen
        assert not waits[:, 1].any()


@pytest.mark.parametrize(
    ("rule", "got"),
    [
        ('queue_seen_every = "30 min"', 'choice = "shares"'),
        ('choice = "cheapest"\nqueue_seen_every = "30 min"', 'choice = "cheapest"'),
        ('choice = "logit"\nscale = "1 bp"\nqueue_seen_every = "30 min"', "without a time_value"),
        ('choice = "fastest"\nqueue_seen_every = "10 ms"', "10 ms"),
    ],
)
def test_looking_needs_a_choice_that_counts_time_and_a_second(tmp_path: Path, rule: str, got: str) -> None:
    (tmp_path / "relief.csv").write_text(RELIEF, encoding="utf-8")
    (tmp_path / "scenario.toml").write_text(TOWN.replace("CHOICE", rule).replace("QUEUE", "fifo"), encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load(tmp_path / "scenario.toml")
    (fault,) = error.value.faults
    assert (fault.code, got in fault.got) == ("LH131", True), fault.got
    assert "corridors.two.queue_seen_every" in fault.where


def test_a_machine_that_knows_no_more_demand_than_it_was_given_waits_for_nothing() -> None:
    """What is initiated from an instant on isn't asked for before it: the next batch may depend on what happens."""
    asked = []

    def demand():  # type: ignore[no-untyped-def]
        asked.append("first")
        yield from ()

    hop = (HopSpec(rail=0, debtor=DEBTOR, creditor=CREDITOR),)
    machine = Machine(world([rail()], [[0, 0]], routes=(hop,)), demand(), lambda rows: None, lambda rows: None)
    machine.complete_until = lambda: 50 * SECOND
    machine.advance(50 * SECOND)
    assert asked == []
    machine.advance(50 * SECOND + 1)
    assert asked == ["first"]
    assert np.count_nonzero(machine.accounts["balance"]) == 0
