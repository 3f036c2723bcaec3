"""The figures in the README of e-cny-singapore are those of its runs: what hours and prefunded balances change."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.results.audit import audit
from tests.scenarios.figures import asked, minutes, shown, within_hour

README = Path(__file__).parents[2] / "scenarios" / "catalogue" / "e-cny-singapore" / "README.md"
PATHS = ("clearing-bank", "e-cny")
RAIL = {"clearing-bank": "CIPS", "e-cny": "E-CNY"}
WHEN = ("day", "night", "closed")
PAYERS = {"ICBC", "CCB", "CITIC", "CIB"}
BEIJING = ZoneInfo("Asia/Shanghai")


def when(initiated: datetime) -> str:
    """``day``: CIPS's day session; ``closed``: Saturday 08:00 to Monday 04:30, when CIPS is; ``night``: all else."""
    there = initiated.astimezone(BEIJING)
    day, clock = there.weekday(), there.time()
    if day == 6 or (day == 5 and clock >= time(8)) or (day == 0 and clock < time(4, 30)):
        return "closed"
    return "day" if day < 5 and time(8, 30) <= clock < time(17) else "night"


def figures(payments: list[dict[str, Any]]) -> str:
    done = [row for row in payments if row["status"] == "SETTLED_GROSS"]
    took = [minutes(row) for row in done]
    times = f"{shown(median(took), 1)} | {shown(fmean(took), 1)} | {within_hour(took, len(payments)):.1f} %"
    return f"{len(done)} of {len(payments)} | {times}"


def tied_up(run: Any, rail: str, weekend: bool) -> float:
    """Mean of what the payers hold on ``rail``, in mn CNY, over the four weeks or only while CIPS is closed."""
    start = datetime(2026, 6, 22, tzinfo=BEIJING)
    windows = [(start, start + timedelta(days=28))]
    if weekend:
        windows = [(start + timedelta(days=d + 5, hours=8), start + timedelta(days=d + 7, hours=4.5))
                   for d in (0, 7, 14, 21)]  # fmt: skip
    moves = sorted(
        (
            row["settled_at"],
            row["sequence"],
            row["amount_minor"] * ((row["creditor"] in PAYERS) - (row["debtor"] in PAYERS)),
        )
        for row in run.obligations.to_pylist()
        if row["rail"] == rail and row["sequence"] is not None
    )  # fmt: skip
    balances, held = [(moves[0][0], 0)], 0
    for at, _, change in moves:
        held += change
        balances.append((at, held))
    balances.append((windows[-1][1] + timedelta(days=1), held))
    total = 0.0
    for low, high in windows:
        for (since, balance), (until, _) in pairwise(balances):
            total += balance * max((min(until, high) - max(since, low)).total_seconds(), 0)
    return total / sum((high - low).total_seconds() for low, high in windows) / 1e8


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder, done = tmp_path_factory.mktemp("ecny"), {}
    for path in PATHS:
        shares = ", ".join(f'{name} = "{100 * (name == path)} %"' for name in ("e-cny", "clearing-bank"))
        command = f"corridors.to-singapore.routes={{{shares}}}"
        assert f"luhai run e-cny-singapore --set '{command}' --out runs/{path}" in README.read_text(encoding="utf-8")
        done[path] = simcore.run("e-cny-singapore", out=folder / path, set=[command])
    return done


def test_the_figures_are_those_of_runs_which_the_audit_confirms(runs: dict[str, Any]) -> None:
    text = README.read_text(encoding="utf-8")
    missing = []
    for path, run in runs.items():
        assert audit(run.path).ok
        payments = run.payments.to_pylist()
        parts = [("all", payments)]
        parts += [(one, [row for row in payments if when(row["initiated_at"]) == one]) for one in WHEN]
        rows = [f"| `{path}` | {name} | {figures(part)} |" for name, part in parts]
        left = Counter(row["status"] for row in payments)
        rows.append(
            f"| `{path}` | {tied_up(run, RAIL[path], False):.1f} mn | {tied_up(run, RAIL[path], True):.1f} mn | "
            f"{left['RETURNED_CUT_OFF']} | {left['WAITING_AT_END']} |"
        )
        missing += [row for row in rows if row not in text]
    assert not missing, "the README should say\n" + "\n".join(missing)


def test_the_same_payments_were_asked_for_and_cost_nothing_on_either_path(runs: dict[str, Any]) -> None:
    assert len({asked(run) for run in runs.values()}) == 1
    payments = runs["e-cny"].payments.to_pylist()
    worth = sum(row["amount_sent_minor"] for row in payments) / 1e8
    sales = sum(row["flow"] == "sales" for row in payments)
    weekend = sum(row["amount_sent_minor"] for row in payments if when(row["initiated_at"]) == "closed") / 1e8
    text = " ".join(README.read_text(encoding="utf-8").split())
    assert f"the same {len(payments)} payments of CNY {worth:.1f} mn are asked for in each run, {sales} of them" in text
    assert f"came to CNY {weekend:.1f} mn in four weekends" in text
    for run in runs.values():
        assert all(not one.value for one in cells(open_tables(run.path), ["cost_bp"]))


def test_while_cips_is_closed_payments_settle_in_e_cny_and_wait_on_cips(runs: dict[str, Any]) -> None:
    """Initiated from Saturday 08:00 on: in e-CNY final ten minutes later, on CIPS not before Monday 04:30."""
    seen = 0
    for path, run in runs.items():
        begun = {row["payment_id"]: row["initiated_at"] for row in run.payments.to_pylist()}
        for row in run.obligations.to_pylist():
            if row["kind"] != "payment" or row["hop"] or when(begun[row["payment_id"]]) != "closed":
                continue
            initiated, seen = begun[row["payment_id"]].astimezone(BEIJING), seen + 1
            if path == "e-cny":
                assert row["rail"] == "E-CNY"
                assert row["settled_at"] - initiated <= timedelta(minutes=10, seconds=20)
            else:
                monday = initiated.date() + timedelta(days=-initiated.weekday() % 7)
                opening = datetime.combine(monday, time(4, 30), BEIJING)
                assert row["rail"] == "CIPS"
                assert row["settled_at"] >= opening
    assert seen > 100


def test_at_night_cips_settles_too_but_the_clearing_bank_waits_for_the_morning(runs: dict[str, Any]) -> None:
    """Nothing on its books between 18:30 and 09:00; e-CNY reaches the payee in the same nights."""
    night = 0
    for row in runs["clearing-bank"].obligations.to_pylist():
        if row["rail"] == "ICBC-SG-BOOKS" and row["settled_at"] is not None:
            assert time(9) <= row["settled_at"].astimezone(BEIJING).time() <= time(18, 30)
    for row in runs["e-cny"].payments.to_pylist():
        if row["completed_at"] is not None and when(row["initiated_at"]) == "night":
            night += row["completed_at"] - row["initiated_at"] <= timedelta(minutes=10, seconds=20)
    assert night > 50


def test_e_cny_is_issued_only_while_hvps_is_open(runs: dict[str, Any]) -> None:
    """So a weekend is paid for from what was issued before it."""
    issues = [row for row in runs["e-cny"].obligations.to_pylist() if row["kind"] == "issue" and row["rail"] == "E-CNY"]
    assert {row["settled_at"].astimezone(BEIJING).time() for row in issues} == {time(20, 30)}
    assert {row["settled_at"].astimezone(BEIJING).weekday() for row in issues} <= {6, 0, 1, 2, 3}


def test_what_is_larger_than_its_banks_target_comes_back_and_only_cips_queues_a_sale_behind_it(
    runs: dict[str, Any],
) -> None:
    """As the README says: the same payment on both paths, and one small sale of the same bank on CIPS."""
    back = {
        path: sorted(
            (row["amount_sent_minor"], row["debtor"])
            for row in run.payments.to_pylist()
            if row["status"] == "RETURNED_CUT_OFF"
        )
        for path, run in runs.items()
    }
    assert back["e-cny"] == [(1_765_765_276, "ICBC")]
    assert back["clearing-bank"] == [(2_228_068, "ICBC"), (1_765_765_276, "ICBC")]
