"""What members pay in on days of the kind CLS, by hand, on the days of ``test_cls_runs``.

The three trades have legs of USD 400, 200 and 200, of EUR 200 and 100, and of JPY 20,000. Net, A owes USD 600, B EUR
300 and C JPY 20,000.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from analysis.measure_list import MEASURES
from analysis.measures import cells
from analysis.tables import open_tables
from tests.analysis.test_outside_legs import SWAPS
from tests.simcore.engine.test_cls_runs import TRADES, fresh, run

NAMES = [name for name, each in MEASURES.items() if each.family == "cls"]
Values = dict[tuple[str, str, str], int | Fraction | None]
POOR = {'[accounts.FEDWIRE]\nA = { opening = "1000 USD" }': '[accounts.FEDWIRE]\nA = { opening = "100 USD" }'}
ALONE = {'liquidity_provider = "LP"\n': ""}


def values(path: Path, by: str = "run") -> Values:
    return {(each.measure, each.group, each.currency): each.value for each in cells(open_tables(path), NAMES, by)}


def test_whoever_is_on_schedule_pays_in_what_is_due(tmp_path: Path) -> None:
    found = values(run(tmp_path, TRADES).path)
    for money, legs, due in (("USD", 800_00, 600_00), ("EUR", 300_00, 300_00), ("JPY", 20_000, 20_000)):
        assert found["cls_settled_value", "", money] == legs
        assert found["cls_due_value", "", money] == found["cls_paid_in_value", "", money] == due
        assert found["cls_paid_in_share", "", money] == Fraction(due, legs)
        for name in ("missing", "covered", "left_short", "unpaid"):
            assert found[f"cls_{name}_value", "", money] == 0


def test_swaps_make_less_due_and_their_inside_legs_are_no_trades(tmp_path: Path) -> None:
    """A swaps USD 200 for EUR 100 with B."""
    found = values(run(tmp_path, TRADES, text=SWAPS).path)
    assert found["cls_due_value", "", "USD"] == 400_00
    assert found["cls_due_value", "", "EUR"] == 200_00
    assert found["cls_settled_value", "", "USD"] == 800_00


def test_what_is_missing_is_counted_once_however_often_it_was_due(tmp_path: Path) -> None:
    """A has USD 100 of the 600: its trade with B is returned, and the provider covers the USD 100 it is still short."""
    path = run(tmp_path, TRADES, text=POOR).path
    found, members = values(path), values(path, "participant")
    assert found["cls_settled_value", "", "USD"] == 400_00
    assert (found["cls_due_value", "", "USD"], found["cls_paid_in_value", "", "USD"]) == (600_00, 100_00)
    assert found["cls_missing_value", "", "USD"] == members["cls_missing_value", "A", "USD"] == 500_00
    assert found["cls_covered_value", "", "USD"] == members["cls_covered_value", "A", "USD"] == 100_00
    assert found["cls_unpaid_value", "", "USD"] == 0


def test_without_a_provider_what_is_left_short_is_missing_to_another(tmp_path: Path) -> None:
    """A ends short of USD 100, which B isn't paid; A's JPY 16,667 stay, since Tokyo has closed."""
    path = run(tmp_path, TRADES, text=POOR | ALONE).path
    members = values(path, "participant")
    assert members["cls_left_short_value", "A", "USD"] == members["cls_unpaid_value", "B", "USD"] == 100_00
    assert members["cls_unpaid_value", "A", "JPY"] == 16_667
    by_rail = values(path, "rail")
    assert by_rail["cls_left_short_value", "CLS-USD", "USD"] == 100_00
    assert by_rail["cls_covered_value", "CLS-USD", "USD"] == 0


def test_legs_belong_to_who_pays_them(tmp_path: Path) -> None:
    members = values(run(tmp_path, TRADES).path, "participant")
    legs = {key[1:]: value for key, value in members.items() if key[0] == "cls_settled_value" and value}
    assert legs == {
        ("A", "USD"): 600_00, ("B", "EUR"): 300_00, ("C", "JPY"): 20_000, ("C", "USD"): 200_00,
    }  # fmt: skip


def test_a_run_without_such_a_system_has_none_of_it(tmp_path: Path) -> None:
    import simcore

    simcore.run("fifo-day", out=fresh(tmp_path) / "run")
    assert values(tmp_path / "other" / "run") == {}
