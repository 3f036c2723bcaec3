"""The figures in the README of settlement-window are those of its runs, and more hours make no payment set slower."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.cli import status
from simcore.datafiles import CATALOGUE
from simcore.results.audit import audit
from tests.scenarios.figures import asked, minutes, within_hour

ENTRY = CATALOGUE / "settlement-window"
HOURS = ("today", "longer-days", "every-day", "round-the-clock")
PATHS = ("clearing-bank", "correspondents")
Key = tuple[str, str]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, Any]:
    folder = tmp_path_factory.mktemp("settlement-window")
    return {
        (path, hours): simcore.run(
            "settlement-window" if hours == "today" else ENTRY / f"{hours}.toml",
            out=folder / f"{path}-{hours}", set=[chosen(path)],
        )
        for path in PATHS for hours in HOURS
    }  # fmt: skip


def chosen(path: str) -> str:
    shares = ", ".join(f'{name} = "{100 * (name == path)} %"' for name in PATHS)
    return f"corridors.to-uob.routes={{{shares}}}"


def settled_in(run: Any) -> dict[int, float]:
    """Settled payments: number → minutes from initiation to the credit."""
    rows = run.payments.to_pylist()
    return {row["payment_id"]: minutes(row) for row in rows if row["status"].startswith("SETTLED")}


def at_risk(run: Any) -> dict[str, float]:
    """Currency → principal at risk, millions × hours."""
    found = {"CNY": 0.0, "USD": 0.0}
    for one in cells(open_tables(run.path), ["principal_at_risk"]):
        if one.currency in found:
            found[one.currency] += float(one.value or 0) / 100 / 1e6 / 3600
    return found


def test_the_table_of_the_readme_is_that_of_runs(runs: Mapping[Key, Any]) -> None:
    text = (ENTRY / "README.md").read_text(encoding="utf-8")
    for (path, hours), run in runs.items():
        name = "settlement-window" if hours == "today" else f"settlement-window/{hours}"
        assert f"luhai run {name} --set '{chosen(path)}' --out runs/{path}-{hours}\n" in text
        took = list(settled_in(run).values())
        within = within_hour(took, run.payments.num_rows)
        times = f"{median(took):.1f} min | {fmean(took):.1f} min | {within:.1f} %"
        risk = at_risk(run)
        exposed = " | ".join(f"{risk[each]:.1f}" if risk[each] else "none" for each in ("CNY", "USD"))
        row = f"| `{path}` | `{hours}` | {len(took)} | {times} | {exposed} |"
        assert row in text, row


@pytest.mark.parametrize("path", PATHS)
def test_the_differences_are_those_that_compare_prints(
    runs: Mapping[Key, Any], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ENTRY / "README.md").read_text(encoding="utf-8")
    folders = [str(runs[path, hours].path) for hours in HOURS]
    assert status(["compare", *folders]) == 0
    printed = capsys.readouterr().out.splitlines()
    for hours, folder in zip(HOURS[1:], folders[1:], strict=True):
        found = {}
        for line in printed:
            for measure, unit in (("in 1 h", "points"), ("mean", "min")):
                start = f"{Path(folder).name}: {measure} "
                if start in line:
                    found[measure] = line.split(start)[1].replace(f" {unit} (95 %: ", " (")
        assert f"| `{path}` | `{hours}` | {found['in 1 h']} | {found['mean']} |" in text, found


@pytest.mark.parametrize("path", PATHS)
def test_more_hours_never_make_the_mean_longer_on_the_same_payments(runs: Mapping[Key, Any], path: str) -> None:
    took = [settled_in(runs[path, hours]) for hours in HOURS]
    for fewer, more in pairwise(took):
        both = fewer.keys() & more.keys()
        assert fewer.keys() <= more.keys(), "what settles in fewer hours settles in more"
        assert fmean(more[one] for one in both) < fmean(fewer[one] for one in both)


def test_every_run_has_the_same_payments_evenings_and_weekends_among_them(runs: Mapping[Key, Any]) -> None:
    [sent] = {asked(run) for run in runs.values()}
    assert sum(at.weekday() >= 5 for _, at, *_ in sent) > 5
    assert sum(at.hour >= 11 and at.hour < 16 for _, at, *_ in sent) > 10, "after 19:00 in Chongqing"


def test_nobody_is_short_so_hours_alone_decide(runs: Mapping[Key, Any]) -> None:
    for run in runs.values():
        statuses = {row["status"] for row in run.payments.to_pylist()}
        assert statuses <= {"SETTLED_GROSS", "WAITING_AT_END", "IN_TRANSIT_AT_END"}


def test_the_audit_confirms_every_run(runs: Mapping[Key, Any]) -> None:
    assert all(audit(run.path).ok for run in runs.values())


def test_yuan_at_risk_are_those_that_wait_for_new_york(tmp_path: Path) -> None:
    text = (ENTRY / "README.md").read_text(encoding="utf-8")
    hours = 'rails.USD-NOSTRO.sessions=[{ open = "00:00", close = "24:00", days = "every" }]'
    assert f"--set '{chosen('correspondents')}' --set '{hours}' --out runs/new-york-too" in text
    run = simcore.run(ENTRY / "round-the-clock.toml", out=tmp_path / "run", set=[chosen("correspondents"), hours])
    took = list(settled_in(run).values())
    within = within_hour(took, run.payments.num_rows)
    assert at_risk(run) == {"CNY": 0.0, "USD": 0.0}
    assert f"is {fmean(took):.1f} min and {within:.1f} % are done within an hour" in text
