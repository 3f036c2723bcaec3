"""The figures in the README of hash-locks are those of its runs: longer locks against fewer late claims."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from statistics import fmean, median
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.datafiles import CATALOGUE
from simcore.results.audit import audit
from tests.scenarios.entries import in_one_line, readme
from tests.scenarios.figures import asked, settled, shown, within_hour

LOCKS = {"30-min": ("30 min", "15 min"), "1-h": ("1 h", "30 min"), "2-h": ("2 h", "1 h"), "4-h": ("4 h", "2 h"),
         "8-h": ("8 h", "4 h"), "24-h": ("24 h", "12 h")}  # fmt: skip
FILES = {"at-once": "at-once.toml", "apart": "apart.toml"}
LOCKED, YEAR_HOURS = "locked_liquidity", 365 * 24


def changes(name: str) -> list[str]:
    first, second = LOCKS[name]
    return [f'pvp.LOCKS.first_lock="{first}"', f'pvp.LOCKS.second_lock="{second}"']


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("hash-locks")
    found = {name: simcore.run("hash-locks", out=folder / name, set=changes(name)) for name in LOCKS}
    for name, file in FILES.items():
        found[name] = simcore.run(str(CATALOGUE / "hash-locks" / file), out=folder / name)
    return found


def value_hours(run: Any, measure: str) -> dict[str, float]:
    """Millions × hours by currency."""
    found = {each.currency: float(each.value or 0) / 3600e8 for each in cells(open_tables(run.path), [measure])}
    return {"CNY": found.get("CNY", 0.0), "THB": found.get("THB", 0.0)}


def lost(run: Any) -> dict[str, float]:
    """What was paid for nothing, millions by currency."""
    found = {"CNY": 0.0, "THB": 0.0}
    for row in run.payments.to_pylist():
        if row["status"] == "CLAIMED_LATE":
            found[row["currency_sent"]] += row["amount_sent_minor"] / 1e8
    return found


def counts(run: Any) -> Counter[str]:
    return Counter(run.payments["status"].to_pylist())


def row(run: Any) -> str:
    count, gone = counts(run), lost(run)
    locked, vain = value_hours(run, LOCKED), value_hours(run, "locked_in_vain")
    payments = run.payments.to_pylist()
    took = settled(payments)
    late = f"{count['CLAIMED_LATE']}: CNY {gone['CNY']:.1f}, THB {gone['THB']:.1f}" if count["CLAIMED_LATE"] else "0"
    trapped = [f"{locked[money]:,.0f}, {vain[money]:,.0f}" if locked[money] else "0" for money in ("CNY", "THB")]
    return " | ".join([
        f"{count['SETTLED_GROSS']:,}", str(count["RETURNED_LOCK_ENDED"]), late, *trapped,
        shown(median(took), 1), shown(fmean(took), 0), f"{within_hour(took, len(payments)):.1f} %",
    ])  # fmt: skip


def rate(run: Any) -> Fraction:
    """Yuan for a baht at the first quote of the run."""
    first = next(each for each in run.fx.to_pylist() if (each["source"], each["target"]) == ("THB", "CNY"))
    return Fraction(first["numerator"], first["denominator"])


def in_yuan(run: Any, amounts: dict[str, float]) -> float:
    return amounts["CNY"] + amounts["THB"] * float(rate(run))


def test_the_figures_are_those_of_runs(runs: dict[str, Any]) -> None:
    text = readme("hash-locks")
    for name, run in runs.items():
        assert f"| `{name}` | {row(run)} |" in text, f"| `{name}` | {row(run)} |"
    for name in LOCKS:
        settings = " ".join(f"--set '{each}'" for each in changes(name))
        assert f"luhai run hash-locks {settings} --out runs/{name}" in text
    for name, file in FILES.items():
        assert f"luhai run scenarios/catalogue/hash-locks/{file} --out runs/{name}" in text


def test_each_longer_lock_takes_away_late_claims_and_traps_more(runs: dict[str, Any]) -> None:
    """And what a year's interest would have to be for the two to weigh the same."""
    text = readme("hash-locks")
    for (short, one), (long, other) in pairwise([(name, runs[name]) for name in LOCKS]):
        saved = in_yuan(one, lost(one)) - in_yuan(other, lost(other))
        more = in_yuan(other, value_hours(other, LOCKED)) - in_yuan(one, value_hours(one, LOCKED))
        assert more > 0
        assert counts(one)["CLAIMED_LATE"] >= counts(other)["CLAIMED_LATE"]
        worth = f"{100 * saved / more * YEAR_HOURS:,.0f} %" if saved else "none"
        line = f"| `{short}` to `{long}` | {saved:.1f} | {more:,.0f} | {worth} |"
        assert line in text, line


def test_the_same_exchanges_and_the_same_outages_in_each_run(runs: dict[str, Any]) -> None:
    assert len({asked(run) for run in runs.values()}) == 1
    outages = {
        tuple((each["time"], each["event"], each["rail"], each["participant"]) for each in run.events.to_pylist()
              if each["event"] in ("outage_began", "outage_ended"))
        for run in runs.values()
    }  # fmt: skip
    assert len(outages) == 1
    [met] = outages
    assert f"{sum(each[1] == 'outage_began' for each in met)} times in four weeks something is out" in in_one_line(
        readme("hash-locks")
    )


def test_no_outage_lasts_as_long_as_the_locks_without_late_claims(runs: dict[str, Any]) -> None:
    began: dict[Any, Any] = {}
    longest = 0.0
    for each in runs["8-h"].events.to_pylist():
        if each["event"] == "outage_began":
            began[each["rail"], each["participant"]] = each["time"]
        elif each["event"] == "outage_ended":
            span = each["time"] - began[each["rail"], each["participant"]]
            longest = max(longest, span.total_seconds() / 3600)
    assert f"once for {longest:.1f} hours" in in_one_line(readme("hash-locks"))
    assert 4 < longest < 8


def test_what_is_trapped_costs_little_beside_what_is_paid_for_nothing(runs: dict[str, Any]) -> None:
    text = in_one_line(readme("hash-locks"))
    trapped = in_yuan(runs["8-h"], value_hours(runs["8-h"], LOCKED)) * 1e6
    assert f"CNY {trapped * 0.02 / YEAR_HOURS:,.0f} at 2 % a year" in text
    assert f"CNY {in_yuan(runs['30-min'], lost(runs['30-min'])):.1f} mn" in text


def test_what_goes_back_at_eight_hours_was_never_answered(runs: dict[str, Any]) -> None:
    back = {each["payment_id"] for each in runs["8-h"].payments.to_pylist() if each["status"] == "RETURNED_LOCK_ENDED"}
    locks = Counter(each["payment_id"] for each in runs["8-h"].obligations.to_pylist() if each["kind"] == "lock")
    assert f"all {len(back)} exchanges that go back" in in_one_line(readme("hash-locks"))
    assert {locks[number] for number in back} == {1}


def test_a_late_claim_is_the_one_failure_and_only_under_locks(runs: dict[str, Any]) -> None:
    for name, run in runs.items():
        final: dict[int, set[int]] = {}
        for each in run.obligations.to_pylist():
            if each["kind"] == "payment" and each["sequence"] is not None:
                final.setdefault(each["payment_id"], set()).add(each["hop"])
        halves = {number for number, legs in final.items() if legs == {0}}
        late = {each["payment_id"] for each in run.payments.to_pylist() if each["status"] == "CLAIMED_LATE"}
        under_way = {each["payment_id"] for each in run.payments.to_pylist() if each["status"].endswith("AT_END")}
        assert late == halves - under_way if name != "apart" else not late
        assert name != "at-once" or not halves


def test_principal_at_risk_beside_locks_at_once_and_apart(runs: dict[str, Any]) -> None:
    text = in_one_line(readme("hash-locks"))
    assert value_hours(runs["at-once"], "principal_at_risk") == {"CNY": 0, "THB": 0}
    for name in ("8-h", "apart"):
        found = value_hours(runs[name], "principal_at_risk")
        assert f"CNY {found['CNY']:,.0f} mn × hours and THB {found['THB']:,.0f} mn × hours" in text, (name, found)


def test_the_books_are_audited(runs: dict[str, Any]) -> None:
    for name in ("30-min", "at-once"):
        assert audit(runs[name].path).ok
