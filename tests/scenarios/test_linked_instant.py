"""The figures in the README of linked-instant are those of its runs: ringgit over a weekend, and a slow provider."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import simcore
from analysis import measures
from analysis.tables import open_tables

README = Path(__file__).parents[2] / "scenarios" / "catalogue" / "linked-instant" / "README.md"
PROVIDERS = ("FX-QUICK", "FX-FAIR", "FX-SLOW")
CAUSES = ("REJECTED_INSUFFICIENT_FUNDS", "REJECTED_TIME_LIMIT", "REJECTED_PROXY", "REJECTED_DAY_LIMIT")


def ringgit(amount: str) -> list[str]:
    return [f'accounts.RPP.{name}.opening="{amount} mn MYR"' for name in PROVIDERS]


def only(route: str) -> str:
    return f'corridors.SG-MY.routes={{ {route} = "100 %" }}'


def ran(folder: Path, settings: list[str]) -> Any:
    return simcore.run("linked-instant", out=folder, set=settings)


def cells(run: Any) -> str:
    count = Counter(run.payments.column("status").to_pylist())
    n = run.payments.num_rows
    credited = f"{count['SETTLED_GROSS']:,} of {n:,} ({100 * count['SETTLED_GROSS'] / n:.1f} %)"
    return " | ".join([credited, *(f"{count[cause]:,}" for cause in CAUSES)])


@pytest.mark.parametrize("amount", ["0.5", "1", "1.5", "2", "3"])
def test_ringgit_over_a_weekend(tmp_path: Path, amount: str) -> None:
    text = README.read_text(encoding="utf-8")
    run = ran(tmp_path / "run", ringgit(amount))
    row = f"| {amount} mn MYR | {cells(run)} |"
    assert row in text, row
    if amount == "3":
        routes = Counter(run.payments.column("route").to_pylist())
        shares = ", ".join(f"{100 * routes[name] / run.payments.num_rows:.1f} %" for name in ("quick", "fair", "slow"))
        assert shares in text, shares
    if amount == "1":
        failed = [row for row in run.payments.to_pylist() if row["status"] == "REJECTED_INSUFFICIENT_FUNDS"]
        weekend = sum(1 for row in failed if row["initiated_at"].weekday() in (5, 6)) / len(failed)
        assert f"{100 * weekend:.0f} %" in text, weekend


@pytest.mark.parametrize("route", ["quick", "fair", "slow"])
def test_one_provider_for_all(tmp_path: Path, route: str) -> None:
    text = README.read_text(encoding="utf-8")
    assert f"--set '{only(route)}'" in text
    row = f"| `{route}` | {cells(ran(tmp_path / 'run', [*ringgit('9'), only(route)]))} |"
    assert row in text, row


def test_one_purse_or_three(tmp_path: Path) -> None:
    """What three hold of 2 mn each, one alone with 6 mn."""
    row = f"| `fair` with 6 mn MYR | {cells(ran(tmp_path / 'run', [*ringgit('6'), only('fair')]))} |"
    assert row in README.read_text(encoding="utf-8"), row


def test_what_the_text_says_of_the_slow_one(tmp_path: Path) -> None:
    """Cheaper and less reliable than the quick one; what runs out of time is nearly all its own, one in nine."""
    text = " ".join(README.read_text(encoding="utf-8").split())
    quick, slow = (ran(tmp_path / name, [*ringgit("9"), only(name)]) for name in ("quick", "slow"))
    cost, rate = ([measures.cells(open_tables(run.path), [name])[0].value or 0 for run in (quick, slow)]
                  for name in ("cost_bp", "settlement_rate_count"))  # fmt: skip
    cheaper, less = f"{float(cost[0] - cost[1]):.0f} bp", f"{float(100 * (rate[0] - rate[1])):.1f} points"
    assert f"the slow provider {cheaper} cheaper than the quick one and {less} less reliable" in text
    rows = ran(tmp_path / "three", ringgit("3")).payments.select(["route", "status"]).to_pylist()
    late = Counter(row["route"] for row in rows if row["status"] == "REJECTED_TIME_LIMIT")
    assert late["slow"] / sum(late.values()) > 0.99
    assert round(sum(row["route"] == "slow" for row in rows) / late["slow"]) == 9
    assert "nearly all the slow one's, one payment in nine of its own" in text


def test_a_slow_provider_loses_its_payments_to_quick_ones_where_the_least_time_is_chosen(tmp_path: Path) -> None:
    """The slow one is the cheapest: it has most payments by price, none by time, and all by time once it is quick."""
    text = (README.parent / "scenario.toml").read_text(encoding="utf-8").replace('choice = "logit"\nscale = "10 bp"\n',
                                                                                 'choice = "fastest"\n')  # fmt: skip
    path = tmp_path / "scenario.toml"
    path.write_text(text.replace('name = "linked-instant"', 'name = "fastest"'), encoding="utf-8")
    fastest = simcore.run(path, out=tmp_path / "fastest", set=["scenario.days=1"])
    assert set(fastest.payments.column("route").to_pylist()) == {"quick"}
    quicker = ["scenario.days=1", 'routes.slow.hops.1.latency={ lognormal = { median = "1 s", sigma = 0.7 } }']
    again = simcore.run(path, out=tmp_path / "again", set=quicker)
    assert set(again.payments.column("route").to_pylist()) == {"slow"}
