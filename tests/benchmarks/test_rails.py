"""The benchmark of many rails scales the week as it says, adds what it says, and prints ratios of what it measured."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks import rails
from scenarios.loader import load
from simcore.model import TradeFlow
from simcore.units import parse_amount

SIZE = 2_000


@pytest.fixture(scope="module")
def entry():
    return load(rails.ENTRY).scenario


def test_payments_are_so_many_times_more_and_each_so_many_times_smaller(entry) -> None:
    """The value of a day stays as it is, so openings and funding need no change."""
    changes = rails.scaled(SIZE)
    flows = {name: flow for name, flow in entry.flows.items() if isinstance(flow, TradeFlow)}
    small = {name: rail.batches.below for name, rail in entry.rails.items() if getattr(rail, "batches", None)}
    assert len(changes) == 2 * len(flows) + len(small)
    factor = Decimal(SIZE) / (5 * sum(flow.per_day for flow in flows.values()))
    for name, below in small.items():
        now = parse_amount(changes[f'rails."{name}".batches.below'])
        assert now.amount_minor * factor == pytest.approx(below.amount_minor, rel=Decimal("0.001"))
    assert 5 * sum(changes[f'flows."{name}".per_day'] for name in flows) == pytest.approx(SIZE, rel=Decimal("0.001"))
    for name, flow in flows.items():
        now = changes[f'flows."{name}".per_day'] * parse_amount(changes[f'flows."{name}".amount.median']).amount_minor
        assert now == pytest.approx(flow.per_day * flow.amount.median.amount_minor, rel=Decimal("0.02"))


def test_the_unused_rail_has_accounts_and_no_hop(entry) -> None:
    more = rails.with_unused(entry)
    assert set(more.rails) - set(entry.rails) == {rails.UNUSED}
    assert more.accounts[rails.UNUSED] == entry.accounts["HVPS"]
    assert all(hop.rail != rails.UNUSED for route in more.routes.values() for hop in route.hops)
    assert replace(more, rails=entry.rails, accounts=entry.accounts) == entry


def test_ten_pairs_step_each_minute_and_all_others_stay(entry) -> None:
    moved = load(rails.ENTRY, set=rails.moving(entry)).scenario
    simulated = [name for name, pair in moved.fx.pairs.items() if pair.source == "simulated"]
    (path,) = [path for name, path in moved.fx.paths.items() if name not in (entry.fx.paths or {})]
    assert len(simulated) == len(path.pairs) == 10
    assert path.step == 60_000_000
    assert {name: pair for name, pair in moved.fx.pairs.items() if name not in simulated} == {
        name: pair for name, pair in entry.fx.pairs.items() if name not in simulated
    }


def test_the_corridor_has_as_many_obligations(tmp_path: Path) -> None:
    """Three hops of every payment on five business days."""
    file = tmp_path / "corridor.toml"
    file.write_text(rails.corridor(6_000), encoding="utf-8")
    loaded = load(file)
    (flow,), (route,) = loaded.scenario.flows.values(), loaded.scenario.routes.values()
    assert (flow.per_day, len(route.hops)) == (400, 3)
    week = rails.Week(loaded)
    week.once()
    assert week.obligations == 3 * week.payments
    assert week.obligations == pytest.approx(6_000, rel=0.1)  # arrivals are drawn


def test_a_small_size_runs_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.json"
    assert rails.main(["--size", str(SIZE), "--repeats", "1", "--json", str(kept)]) == 0
    document = json.loads(kept.read_text(encoding="utf-8"))
    goals = {goal["what"]: goal for goal in document["goals"]}
    loop, command = document["loop"]["cpu_best_s"], document["command"]
    figures = {
        "obligations in the loop": document["obligations"] / loop / 1e6,
        "the loop with a rail that nothing uses": document["with_unused_rail"]["cpu_best_s"] / loop,
        "ten pairs stepping each minute, of the command":
            100 * (document["with_ten_pairs"]["cpu_best_s"] - loop) / command["cpu_best_s"],
        "luhai run against the corridor's, wall": command["wall_best_s"] / document["corridor_command"]["wall_best_s"],
    }  # fmt: skip
    assert set(goals) == set(figures)
    for what, figure in figures.items():
        assert goals[what]["figure"] == pytest.approx(figure)
        wanted = goals[what]["wanted"]
        assert goals[what]["met"] == (figure >= wanted if what == "obligations in the loop" else figure <= wanted)
    assert document["payments"] == pytest.approx(SIZE, rel=0.2)
    assert document["obligations"] > document["payments"]
    assert "the loop with a rail that nothing uses" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["--size", "0"], ["--repeats", "0"], ["--size", "many"]])
def test_wrong_sizes_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        rails.main(wrong)
    assert left.value.code == 2
    assert "error" in capsys.readouterr().err
