"""The figures in the README of all-rails are those of its runs beside chongqing-asean's, on the same payments."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.paired import DIFFERENCES
from analysis.replicates import compare_replicates, policies
from analysis.tables import open_tables
from simcore.results.audit import audit
from tests.scenarios.figures import settled, shown

README = Path(__file__).parents[2] / "scenarios" / "catalogue" / "all-rails" / "README.md"
SEEDS = tuple(range(65, 75))
NEW = ("ecny-sg", "ecny-la", "ecny-la-in", "mbridge-th", "mbridge-th-in")
CORRIDORS = {
    "imports-direct": "Singapore, imports",
    "imports-th-direct": "Thailand, imports",
    "exports-th-direct": "Thailand, exports",
    "imports-la-direct": "Laos, imports",
    "exports-la-direct": "Laos, exports",
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("all-rails")
    return {name: simcore.run(name, out=folder / name) for name in ("chongqing-asean", "all-rails")}


def line(corridor: str, payments: list[dict[str, Any]]) -> str:
    mine = [row for row in payments if row["corridor"] == corridor]
    ways = {
        "new": [row for row in mine if row["route"] in NEW],
        "CIPS": [row for row in mine if row["route"].startswith("rmb")],
        "USD": [row for row in mine if row["route"].startswith("usd")],
    }
    assert sum(map(len, ways.values())) == len(mine)
    row = [CORRIDORS[corridor], str(len(mine))]
    for way in ways.values():
        took = settled(way)
        row += [f"{100 * len(way) / len(mine):.0f} %", shown(median(took)) if took else "none"]
    return f"| {' | '.join(row)} |"


def test_who_takes_the_new_rails_and_how_long_they_take(pair: dict[str, Any]) -> None:
    text = README.read_text(encoding="utf-8")
    payments = pair["all-rails"].payments.to_pylist()
    for corridor in CORRIDORS:
        assert line(corridor, payments) in text


def test_the_same_payments_are_made_and_proved(pair: dict[str, Any]) -> None:
    both = [run.payments.sort_by("payment_id").to_pylist() for run in pair.values()]
    for column in ("payment_id", "debtor", "creditor", "amount_sent_minor", "currency_sent", "corridor"):
        assert [row[column] for row in both[0]] == [row[column] for row in both[1]]
    assert audit(pair["all-rails"].path).ok


def test_exchanges_on_mbridge_are_final_together_and_nothing_is_at_risk(pair: dict[str, Any]) -> None:
    tables = open_tables(pair["all-rails"].path)
    at_risk = {each.group: each.value for each in cells(tables, ["principal_at_risk"], "rail")}
    assert at_risk.get("M-CNY", 0) == at_risk.get("M-THB", 0) == 0
    assert at_risk["HVPS"]


@pytest.mark.slow
def test_ten_replicates_say_what_the_readme_says(tmp_path: Path) -> None:
    text = " ".join(README.read_text(encoding="utf-8").split())
    runs = []
    for name in ("chongqing-asean", "all-rails"):
        for seed in SEEDS:
            run = simcore.run(name, seed=seed, out=tmp_path / f"{name}-{seed}")
            runs.append((f"{name}-{seed}", open_tables(run.path, verify=False)))
    found = {
        row["measure"]: row for row in compare_replicates(policies(runs)) if row["measure"].endswith("_difference")
    }
    assert set(found) == {f"{kind}_difference" for kind in DIFFERENCES}
    soon = found["within_hour_difference"]
    assert f"{100 * soon['value']:+.2f} points (95 %: {100 * soon['low']:+.2f} to {100 * soon['high']:+.2f})" in text
    shares: dict[str, list[float]] = {}
    for name, tables in runs:
        policy = name.rsplit("-", 1)[0]
        for each in cells(tables, ["rmb_crossing_share"]):
            if each.currency == "CNY" and each.value is not None:
                shares.setdefault(policy, []).append(float(each.value))
    assert f"{100 * fmean(shares['chongqing-asean']):.1f} % before and {100 * fmean(shares['all-rails']):.1f} %" in text
