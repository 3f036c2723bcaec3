"""The figures in the README of mbridge-thailand are those of its runs: what clearing balances leaves of exchange."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import simcore
from tests.scenarios.figures import asked

README = Path(__file__).parents[2] / "scenarios" / "catalogue" / "mbridge-thailand" / "README.md"
ROUTES = ("out-abroad", "in-abroad", "out-home", "in-home")


def share(rows: list[dict[str, Any]]) -> str:
    done = sum(row["status"] == "SETTLED_GROSS" for row in rows)
    return f"{done} of {len(rows)} ({100 * done / len(rows):.1f} %)"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("mbridge")
    return {
        redeem: simcore.run(
            "mbridge-thailand", out=folder / redeem,
            set=[f"rails.E-CNY.redeem={redeem}", f"rails.E-THB.redeem={redeem}"],
        )
        for redeem in ("none", "foreign", "all")
    }  # fmt: skip


def test_the_figures_are_those_of_runs(runs: dict[str, Any]) -> None:
    text = README.read_text(encoding="utf-8")
    for redeem, done in runs.items():
        assert f"--set rails.E-CNY.redeem={redeem} --set rails.E-THB.redeem={redeem} --out runs/{redeem}" in text
        payments = done.payments.to_pylist()
        cells = [share(payments), *(share([row for row in payments if row["route"] == route]) for route in ROUTES)]
        assert f"| `{redeem}` | {' | '.join(cells)} |" in text, f"| `{redeem}` | {' | '.join(cells)} |"


def test_what_fails_of_dealers_own_money_came_outside_the_hours_of_both(runs: dict[str, Any]) -> None:
    """Only where everybody clears, and twelve times; by the clock of Beijing, as the text says."""
    text = " ".join(README.read_text(encoding="utf-8").split())
    failed = {
        redeem: {row["payment_id"] for row in done.payments.to_pylist()
                 if row["route"].endswith("abroad") and not row["status"].startswith("SETTLED")}
        for redeem, done in runs.items()
    }  # fmt: skip
    assert {redeem: len(rows) for redeem, rows in failed.items()} == {"none": 0, "foreign": 0, "all": 12}
    rows = [row for row in runs["all"].obligations.to_pylist() if row["payment_id"] in failed["all"] and not row["hop"]]
    came = [row["entered_at"].astimezone(ZoneInfo("Asia/Shanghai")).time() for row in rows]
    early, late = ([at for at in came if low <= at < high] for low, high in ((time(4), time(9, 30)),
                                                                            (time(17, 15), time(20, 30))))  # fmt: skip
    assert (len(early), len(late), len([at for at in late if at < time(18, 30)])) == (8, 4, 1)
    assert "Of the twelve that fail here eight come before BAHTNET opens" in text
    assert "and four between HVPS's close at 17:15 and its next opening at 20:30, one of them while BAHTNET" in text


def test_the_same_payments_were_asked_for(runs: dict[str, Any]) -> None:
    assert len({asked(run, "route") for run in runs.values()}) == 1


def test_what_settles_does_so_in_both_currencies_at_once(runs: dict[str, Any]) -> None:
    """In every run each payment has both legs with one number of finality, or none."""
    for run in runs.values():
        numbers: dict[int, list[int | None]] = {}
        for row in run.obligations.to_pylist():
            if row["kind"] == "payment":
                numbers.setdefault(row["payment_id"], []).append(row["sequence"])
        assert all((len(one) == 2 and len(set(one)) == 1) or one == [None] for one in numbers.values())


def test_foreign_balances_are_zero_when_their_rtgs_closes(runs: dict[str, Any]) -> None:
    """Of the dealer of the other country, at each closing of HVPS and BAHTNET; what it receives later it keeps."""
    for redeem, run in runs.items():
        rows = [row for row in run.obligations.to_pylist() if row["sequence"] is not None]
        closings = [row for row in run.events.to_pylist() if row["event"] == "closed"]
        left, seen = 0, 0
        for domestic, rail, holder in (("HVPS", "E-CNY", "TH-FX"), ("BAHTNET", "E-THB", "CN-FX")):
            for closing in (row["time"] for row in closings if row["rail"] == domestic):
                seen += 1
                for row in rows:
                    before = row["settled_at"] < closing or (
                        row["settled_at"] == closing and row["kind"] == "redemption"
                    )
                    if row["rail"] == rail and before:
                        left += row["amount_minor"] * ((row["creditor"] == holder) - (row["debtor"] == holder))
        assert seen > 50
        assert (left == 0) == (redeem != "none")
