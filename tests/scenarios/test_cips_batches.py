"""The figures in the README of cips-batches are those of the same payments one by one and in batches."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.datafiles import CATALOGUE
from simcore.results.audit import audit
from tests.scenarios.entries import in_one_line, readme, scenario_of
from tests.scenarios.figures import asked

BILLION = 1e11
ALL = "from_priority = 0"
WAYS = {
    "| nothing | – |": None,
    "| below CNY 10 mn | 1 h |": 'every = "1 h", below = "10 mn CNY"',
    "| below CNY 100 mn | 1 h |": 'every = "1 h", below = "100 mn CNY"',
    "| below CNY 1 bn | 1 h |": 'every = "1 h", below = "1 bn CNY"',
    "| all | 15 min |": f'every = "15 min", {ALL}',
    "| all | 1 h |": f'every = "1 h", {ALL}',
    "| all | 4 h |": f'every = "4 h", {ALL}',
    "| all | session |": ALL,
}
SCARCE = ("| nothing | – |", "| below CNY 100 mn | 1 h |", "| below CNY 1 bn | 1 h |", "| all | 1 h |")
NAMES = ["liquidity_for_payments", "liquidity_lower_bound", "mean_time", "value_weighted_delay", "within_hour",
         "settlement_rate_count", "settlement_rate_value"]  # fmt: skip


def played(where: Any, way: str, out: Path) -> tuple[Any, dict[str, float]]:
    """A run of one way to settle, and its measures."""
    terms = WAYS[way]
    run = simcore.run(where, out=out, set=[f"rails.CIPS.batches={{ {terms} }}"] if terms else [])
    return run, {each.measure: float(each.value) for each in cells(open_tables(out), NAMES)}


def test_the_day_is_the_published_one() -> None:
    flow = scenario_of("cips-batches").flows["day"]
    mean = flow.amount.median.amount_minor / 100 * math.exp(flow.amount.sigma**2 / 2)
    assert float(flow.per_day) * mean == pytest.approx(679.821e9, rel=0.001)
    below = math.log(10e8 / flow.amount.median.amount_minor) / flow.amount.sigma
    count, value = (NormalDist().cdf(each) for each in (below, below - flow.amount.sigma))
    said = f"Payments below CNY 10 mn are {100 * count:.0f} % of all payments and {100 * value:.0f} % of the value"
    assert said in in_one_line(readme("cips-batches"))


def test_what_batches_save_and_cost_is_what_the_readme_says(tmp_path: Path) -> None:
    text, sent, alone = readme("cips-batches"), set(), 0.0
    for number, way in enumerate(WAYS):
        run, found = played("cips-batches", way, tmp_path / str(number))
        sent.add(hash(asked(run)))
        assert found["settlement_rate_count"] == 1
        needed = found["liquidity_for_payments"] / BILLION / 5
        alone = alone or needed
        saved = "–" if needed == alone else f"{100 * (1 - needed / alone):.1f} %"
        times = " | ".join(f"{found[name] / 60:.1f} min" for name in ("mean_time", "value_weighted_delay"))
        assert f"{way} {needed:.1f} | {saved} | {times} |" in text, (way, needed, saved, times)
        least = found["liquidity_lower_bound"] / BILLION / 5
        assert f"CNY {least:.1f} bn would be needed, {100 * (1 - least / alone):.0f} % less" in in_one_line(text)
        assert number or audit(run.path).ok
    assert len(sent) == 1
    assert f"the same {run.payments.num_rows:,} payments" in text


def test_with_little_money_batches_settle_less(tmp_path: Path) -> None:
    text = readme("cips-batches").split("With little money")[1]
    for number, way in enumerate(SCARCE):
        _, found = played(CATALOGUE / "cips-batches" / "scarce.toml", way, tmp_path / str(number))
        row = (
            f"{way} {100 * found['settlement_rate_count']:.2f} % | {100 * found['settlement_rate_value']:.1f} % | "
            f"{100 * found['within_hour']:.1f} % |"
        )
        assert row in text, row


def test_every_account_is_empty_after_each_session_with_batches_too(tmp_path: Path) -> None:
    run, _ = played("cips-batches", "| all | 1 h |", tmp_path / "run")
    assert {row["closing_minor"] for row in run.accounts.to_pylist() if row["rail"] == "CIPS"} == {0}
    assert {row["mechanism"] for row in run.cycles.to_pylist()} == {"batch"}
