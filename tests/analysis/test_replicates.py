"""Replicates of a policy: grouped by scenario, paired by seed, with intervals over the seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simcore
from analysis.compare import compare
from analysis.measures import measure
from analysis.paired import difference, outcomes
from analysis.replicates import interval, policies
from analysis.tables import Tables, open_tables
from simcore.cli import status
from simcore.errors import ScenarioError

SEEDS = (4, 2, 9)
HOURS = {"long": [{"open": "09:00", "close": "18:30"}], "short": [{"open": "09:00", "close": "11:00"}]}
Named = list[tuple[str, Tables]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replicates")
    for policy in ("long", "short"):
        for seed in SEEDS:
            simcore.run("chongqing-singapore", seed=seed, out=folder / f"{policy}-{seed}",
                        set={"scenario.days": 1, "rails.ICBC-SG-BOOKS.sessions": HOURS[policy]})  # fmt: skip
    return folder


def named(folder: Path, *names: str) -> Named:
    return [(name, open_tables(folder / name)) for name in names]


def test_an_interval_over_two_replicates_reaches_from_one_to_the_other() -> None:
    assert interval([1.0, 3.0]) == (2.0, 1.0, 3.0)
    assert interval([5.0]) == (5.0, None, None)
    mean, low, high = interval(list(np.linspace(0, 1, 200)))
    assert low is not None
    assert high is not None
    assert mean == pytest.approx(0.5)
    # The mean of 200 draws from [0, 1] has a standard deviation of sqrt(1/12/200), 0.0204.
    assert high - low == pytest.approx(2 * 1.96 * 0.0204, rel=0.1)


def test_values_are_means_over_seeds_and_differences_means_of_paired_differences(runs: Path) -> None:
    every = [f"{policy}-{seed}" for policy in ("long", "short") for seed in SEEDS]
    table = compare(named(runs, *every)).to_pylist()
    assert {row["run"] for row in table} == {"long-4", "short-4"}
    for policy in ("long", "short"):
        settled = [
            row["value"] for _, tables in named(runs, *(f"{policy}-{seed}" for seed in SEEDS))
            for row in measure(tables, ["settlement_rate_count"]).to_pylist() if row["currency"] == "CNY"
        ]  # fmt: skip
        [row] = [each for each in table if each["run"] == f"{policy}-4" and each["currency"] == "CNY"
                 and each["measure"] == "settlement_rate_count" and not each["route"]]  # fmt: skip
        assert row["value"] == pytest.approx(sum(settled) / 3)
        assert min(settled) <= row["low"] <= row["value"] <= row["high"] <= max(settled)
    each = []
    for seed in SEEDS:
        first, other = (outcomes(open_tables(runs / f"{policy}-{seed}")) for policy in ("long", "short"))
        found = difference(first, other, "settlement_rate_count")
        assert found is not None
        each.append(found[0])
    [row] = [row for row in table if row["measure"] == "settlement_rate_count_difference"]
    assert row["value"] == pytest.approx(sum(each) / 3)
    assert row["value"] < 0, "what comes after closing waits for the next day"


def test_order_within_a_policy_does_not_matter(runs: Path) -> None:
    assert [list(policy) for policy in policies(named(runs, "long-9", "short-9", "long-2"))] == [
        [(9, 0), (2, 0)],
        [(9, 0)],
    ]


def test_policies_under_different_seeds_cannot_be_paired(runs: Path) -> None:
    with pytest.raises(ScenarioError, match="LH088"):
        compare(named(runs, "long-4", "long-2", "short-4"))
    with pytest.raises(ScenarioError, match="LH088"):
        compare(named(runs, "long-4", "long-2", "long-4"))


def test_one_run_for_each_policy_is_compared_as_before(runs: Path) -> None:
    table = compare(named(runs, "long-4", "short-4")).to_pylist()
    assert {row["run"] for row in table} == {"long-4", "short-4"}
    assert all(row["low"] is None for row in table if not row["measure"].endswith("_difference"))


def test_the_command_says_that_values_are_means(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    every = [str(runs / f"{policy}-{seed}") for policy in ("long", "short") for seed in SEEDS]
    assert status(["compare", *every]) == 0
    said = capsys.readouterr().out
    assert "Means over 3 replicates: seeds 4, 2, 9" in said
    assert "intervals from 2,000 resamples of replicates" in said
