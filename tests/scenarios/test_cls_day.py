"""The figures in the README of cls-day are those of its runs; a member that fails costs nobody principal inside."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.datafiles import CATALOGUE
from simcore.results.audit import audit
from tests.scenarios.entries import in_one_line, readme
from tests.scenarios.figures import asked

FAILED, DECIMALS = "JP-A", {"USD": 2, "SGD": 2, "HKD": 2, "JPY": 0, "CNY": 2}
LATE = 'outages.member.times=[{ day = 2026-03-02, from = "06:00", to = "09:30" }]'
OTHER = 'outages.member.participants=["HK-A"]'
SWAPPED = (0, 25, 50, 75, 90)
SWAPS = 'pvp.CLS.in_out="75 %"'
RUNS: dict[str, tuple[str, list[str]]] = {
    **{f"swaps-{share}": ("", [f'pvp.CLS.in_out="{share} %"']) for share in SWAPPED},
    "late": ("missed-pay-in.toml", [LATE]), "late-swaps": ("missed-pay-in.toml", [LATE, SWAPS]),
    "missed": ("missed-pay-in.toml", []), "missed-swaps": ("missed-pay-in.toml", [SWAPS]),
    "alone": ("no-provider.toml", []), "alone-swaps": ("no-provider.toml", [SWAPS]),
    "dealer": ("missed-pay-in.toml", [OTHER]),
}  # fmt: skip
Values = dict[tuple[str, str], float]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("cls-day")
    return {
        name: simcore.run(str(CATALOGUE / "cls-day" / file) if file else "cls-day", out=folder / name, set=changes)
        for name, (file, changes) in RUNS.items()
    }


def values(run: Any) -> Values:
    """(measure, currency) → its value, amounts in millions, amounts × time in millions × hours."""
    found = {}
    for each in cells(open_tables(run.path)):
        if each.measure.startswith(("cls_", "outside_", "principal")):
            unit = 1 if each.measure.endswith("_share") else 10 ** DECIMALS[each.currency] * 1e6
            hours = 3600 if each.measure.endswith("at_risk") else 1
            found[each.measure, each.currency] = float(each.value or 0) / unit / hours
    return found


def trades(run: Any) -> list[dict[str, Any]]:
    return [row for row in run.payments.to_pylist() if row["route"] != "CNY-USD"]


def mn(value: float) -> str:
    return f"{value:,.1f}"


def funding(run: Any) -> str:
    """Due, as a share of the legs settled, and outside, for each currency."""
    found, cells_ = values(run), []
    for money in ("USD", "SGD", "HKD", "JPY"):
        share = 100 * found["cls_paid_in_share", money]
        outside = found.get(("outside_value", money), 0)
        cells_.append(f"{mn(found['cls_due_value', money])} ({share:.1f} %) + {mn(outside)}")
    first = sum(f"{row['completed_at']:%H:%M}" == "07:00" for row in trades(run))
    return " | ".join([*cells_, f"{first:,}"])


def outcome(run: Any) -> str:
    """Trades settled, yen missing, what was covered, what members weren't paid, what was paid outside for nothing."""
    found = values(run)
    done = sum(row["status"].startswith("SETTLED") for row in trades(run))
    unmet = listed(found, "outside_unmet")
    at_risk = listed(found, "outside_at_risk")
    outside = f"{unmet}, for good" if unmet != "none" else at_risk if at_risk == "none" else f"{at_risk} × hours"
    return " | ".join([f"{done:,}", mn(found["cls_missing_value", "JPY"]), listed(found, "cls_covered_value"),
                       listed(found, "cls_unpaid_value"), outside])  # fmt: skip


def listed(found: Values, measure: str) -> str:
    """A measure in the currencies that have any of it."""
    amounts = ((money, found.get((measure, money), 0)) for money in ("USD", "SGD", "HKD", "JPY"))
    return ", ".join(f"{money} {mn(amount)}" for money, amount in amounts if amount) or "none"


def command(name: str) -> str:
    file, changes = RUNS[name]
    scenario = f"cls-day/{file.removesuffix('.toml')}" if file else "cls-day"
    return " ".join(["luhai run", scenario, *(f"--set '{each}'" for each in changes), f"--out runs/{name}"])


def test_the_figures_of_an_ordinary_day_are_those_of_runs(runs: dict[str, Any]) -> None:
    text = readme("cls-day")
    for share in SWAPPED:
        row = f"| {share} % | {funding(runs[f'swaps-{share}'])} |"
        assert row in text, row
        assert command(f"swaps-{share}") in text


def test_the_figures_of_a_missed_pay_in_are_those_of_runs(runs: dict[str, Any]) -> None:
    text = readme("cls-day")
    for name in RUNS:
        if not name.startswith(("swaps", "dealer")):
            row = f"| `{name}` | {outcome(runs[name])} |"
            assert row in text, row
            assert command(name) in text


def test_the_same_trades_are_asked_for_in_each_run(runs: dict[str, Any]) -> None:
    assert len({asked(run) for run in runs.values()}) == 1


def test_what_swaps_take_from_pay_ins_is_paid_outside(runs: dict[str, Any]) -> None:
    """To a unit in each currency: nothing is saved, and what was payment versus payment isn't any more."""
    none = values(runs["swaps-0"])
    for share in SWAPPED[1:]:
        some = values(runs[f"swaps-{share}"])
        for money in ("USD", "SGD", "HKD", "JPY"):
            both = some["cls_due_value", money] + some["outside_value", money]
            assert both == pytest.approx(none["cls_due_value", money], abs=1e-6)


def test_a_member_that_fails_takes_its_own_trades_with_it_and_nobodys_principal(runs: dict[str, Any]) -> None:
    for name in ("missed", "missed-swaps", "alone", "alone-swaps"):
        back = [row for row in trades(runs[name]) if row["status"].startswith("RETURNED")]
        its_own = [row for row in trades(runs[name]) if FAILED in (row["debtor"], row["creditor"])]
        assert {row["payment_id"] for row in back} == {row["payment_id"] for row in its_own}
        assert all(each == 0 for (measure, money), each in values(runs[name]).items()
                   if measure == "principal_at_risk" and money != "CNY")  # fmt: skip
    assert not any(values(runs["missed"])[each, "JPY"] for each in ("cls_unpaid_value", "cls_left_short_value"))


def test_swaps_put_outside_what_is_missing_inside_without_them(runs: dict[str, Any]) -> None:
    text = in_one_line(readme("cls-day"))
    without, with_swaps = (values(runs[name])["cls_missing_value", "JPY"] for name in ("missed", "missed-swaps"))
    events = runs["missed-swaps"].events.to_pylist()
    never = sum(row["amount_minor"] for row in events if row["event"] == "outside_failed")
    assert without - with_swaps == pytest.approx(never / 1e6)
    assert f"JPY {mn(never / 1e6)} mn" in text


def test_whoever_is_late_is_settled_late(runs: dict[str, Any]) -> None:
    for name in ("late", "late-swaps"):
        times = Counter(f"{row['completed_at']:%H:%M}" for row in trades(runs[name]))
        assert times["09:00"] >= 581
        assert sum(times.values()) == len(trades(runs[name]))
        assert {row["status"] for row in trades(runs[name])} == {"SETTLED_GROSS"}


def test_yuan_are_at_risk_for_hours_and_lost_where_their_dealer_fails(runs: dict[str, Any]) -> None:
    text = in_one_line(readme("cls-day"))
    usual, failed = values(runs["swaps-0"]), values(runs["dealer"])
    rows = [row for row in runs["swaps-0"].payments.to_pylist() if row["route"] == "CNY-USD"]
    sent = sum(row["amount_sent_minor"] for row in rows) / 1e8
    hours = usual["principal_at_risk", "CNY"] / sent
    assert f"CNY {mn(sent)} mn of {len(rows)} trades are at risk for {hours:.1f} hours in the mean" in text
    assert f"CNY {mn(usual['principal_at_risk', 'CNY'])} mn × hours" in text
    waits = [row for row in runs["dealer"].payments.to_pylist()
             if row["route"] == "CNY-USD" and not row["status"].startswith("SETTLED")]  # fmt: skip
    assert len(waits) == len(rows)
    assert failed["principal_at_risk_peak", "CNY"] == pytest.approx(sent)
    assert command("dealer") in text
    assert f"all {len(rows)} sellers have paid CNY {mn(sent)} mn" in text


def test_the_provider_pays_in_on_an_ordinary_day_too(runs: dict[str, Any]) -> None:
    text = in_one_line(readme("cls-day"))
    for share in (0, 75):
        covered = values(runs[f"swaps-{share}"])["cls_covered_value", "USD"]
        assert f"USD {mn(covered)} mn" in text, covered


def test_the_books_are_audited(runs: dict[str, Any]) -> None:
    for name in ("swaps-75", "missed-swaps", "alone"):
        assert audit(runs[name].path).ok
