"""Risk of the outside legs of in/out swaps, worked by hand to the second on the days of ``test_cls_runs``.

A swaps USD 200 for EUR 100 with B: half of what A owes and gets. The dollars are paid at Fedwire at 06:00 UTC.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from analysis.measures import cells
from analysis.tables import open_tables
from tests.simcore.engine.test_cls_runs import TRADES, run

NAMES = ["outside_value", "outside_at_risk", "outside_at_risk_peak", "outside_unmet"]
SWAPS = {'haircut = "25 %"': 'haircut = "25 %"\nin_out = "50 %"'}
T2_LATE = {'sessions = [{ open = "02:30", close = "18:00" }]': 'sessions = [{ open = "08:30", close = "18:00" }]'}
NO_EURO = {'[accounts.T2]\nA = { opening = "1000 EUR" }\nB = { opening = "1000 EUR" }':
           '[accounts.T2]\nA = { opening = "1000 EUR" }\nB = { opening = "0 EUR" }'}  # fmt: skip


def values(path: Path, by: str = "run") -> dict[tuple[str, str, str], int | Fraction | None]:
    return {(each.measure, each.group, each.currency): each.value for each in cells(open_tables(path), NAMES, by)}


def test_dollars_are_at_risk_until_the_euro_are_paid(tmp_path: Path) -> None:
    """T2 opens at 07:30; the next look is the deadline of 08:00: USD 200 for two hours, the euro for none."""
    found = values(run(tmp_path, TRADES, text=SWAPS | T2_LATE).path)
    assert found == {
        ("outside_value", "", "USD"): 200_00, ("outside_value", "", "EUR"): 100_00,
        ("outside_at_risk", "", "USD"): 200_00 * 2 * 3600, ("outside_at_risk", "", "EUR"): 0,
        ("outside_at_risk_peak", "", "USD"): 200_00, ("outside_at_risk_peak", "", "EUR"): 0,
        ("outside_unmet", "", "USD"): 0, ("outside_unmet", "", "EUR"): 0,
    }  # fmt: skip


def test_legs_paid_at_one_instant_put_nothing_at_risk(tmp_path: Path) -> None:
    """All rails are open at 06:00."""
    found = values(run(tmp_path, TRADES, text=SWAPS).path)
    assert found["outside_value", "", "USD"] == 200_00
    assert [found[name, "", money] for name in NAMES[1:] for money in ("USD", "EUR")] == [0] * 6


def test_who_paid_first_is_at_risk_and_by_what(tmp_path: Path) -> None:
    path = run(tmp_path, TRADES, text=SWAPS | T2_LATE).path
    by_member = values(path, "participant")
    assert by_member["outside_at_risk", "A", "USD"] == 200_00 * 2 * 3600
    assert by_member["outside_at_risk", "B", "EUR"] == 0
    assert values(path, "rail")["outside_at_risk", "CLS-USD", "USD"] == 200_00 * 2 * 3600


def test_what_is_never_met_is_at_risk_to_the_end(tmp_path: Path) -> None:
    """B has no euro: A's dollars of 06:00 are out until the run ends."""
    done = run(tmp_path, TRADES, text=SWAPS | NO_EURO)
    span = open_tables(done.path).span()
    assert span is not None
    [paid] = [row["time"] for row in done.events.to_pylist() if row["event"] == "outside_paid"]
    found = values(done.path)
    assert found["outside_unmet", "", "USD"] == 200_00
    assert found["outside_at_risk", "", "USD"] == 200_00 * (span[1] - int(paid.timestamp()) * 1_000_000) // 1_000_000
    assert f"{paid:%H:%M:%S}" == "06:00:00"
    assert ("outside_value", "", "EUR") not in found


def test_swaps_of_the_same_amounts_are_told_apart_by_their_order(tmp_path: Path) -> None:
    """Two days of the same trades: each day's euro come two hours after its dollars, so the risk is twice that of one.

    The run has both legs of Monday paid before Tuesday's begin.
    """
    second = TRADES.replace("05:", "2026-03-03T05:").strip()
    first = TRADES.replace("05:", "2026-03-02T05:").strip()
    done = run(tmp_path, f"{first}\n{second}", "scenario.days=2", text=SWAPS | T2_LATE)
    found = values(done.path)
    assert found["outside_at_risk", "", "USD"] == 2 * 200_00 * 2 * 3600
    assert found["outside_at_risk_peak", "", "USD"] == 200_00


def test_a_run_without_such_a_system_has_none_of_it(tmp_path: Path) -> None:
    assert values(run(tmp_path, TRADES).path) == {}  # no swaps
