"""The audit names what is wrong with intraday credit: bounds, repayment, prices, who lends to whom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from simcore.errors import ScenarioError
from simcore.results.audit import audit
from tests.simcore.engine.test_intraday_credit import ONLY_OUT, given
from tests.simcore.results.wrong import edited, first, mend, read, with_scenario

REPO = 'form = "repo", haircut = "10 %", rate = "36 bp"'
OVERDRAFT = 'form = "overdraft", haircut = "10 %", rate = "36 bp"'


def failures(run: Path) -> list[str]:
    proofs = {proof.name: proof for proof in audit(run).proofs}
    return list(proofs["limits"].failures)


@pytest.mark.parametrize("credit", [REPO, OVERDRAFT])
def test_less_collateral_than_was_lent_against_is_found(tmp_path: Path, credit: str) -> None:
    run = given(tmp_path, credit).path
    with_scenario(run, lambda it: it["accounts"]["RTGS"]["C"].update(collateral="99 mn SGD"))
    text = "\n".join(failures(run))
    assert "above the 8910000000" in text or "own limit and collateral give 8910000000" in text


@pytest.mark.parametrize("credit", [REPO, OVERDRAFT])
@pytest.mark.parametrize("change", [{"rate": "37 bp"}, {"year_days": 365}, {"charged": "amount"}])
def test_another_price_is_found(tmp_path: Path, credit: str, change: dict[str, Any]) -> None:
    run = given(tmp_path, credit).path
    assert not failures(run)
    with_scenario(run, lambda it: it["rails"]["RTGS"]["intraday_credit"].update(change))
    assert any("for credit, not" in each for each in failures(run))


def test_interest_that_wasnt_taken_is_found(tmp_path: Path) -> None:
    run = given(tmp_path, 'form = "overdraft"', ONLY_OUT).path
    with_scenario(run, lambda it: it["rails"]["RTGS"]["intraday_credit"].update(overnight_rate="600 bp"))
    assert any("at 2026-03-03T01:00:00.000000: charged 0 for credit, not 444444" in each for each in failures(run))


def test_an_overdraft_that_stays_after_closing_is_found(tmp_path: Path) -> None:
    """The row of the overnight loan is taken away."""
    run = given(tmp_path, 'form = "overdraft"', ONLY_OUT).path
    rows = read(run, "obligations")
    kinds = rows.column("kind").cast(pa.string())
    mend(run, "obligations", rows.filter(pc.not_equal(kinds, "credit")))
    accounts = read(run, "accounts")
    at = first(accounts, lambda row: row["participant"] == "C")
    mend(run, "accounts", edited(accounts, at, "closing_minor", -4_000_000_000))
    assert any("intraday credit isn't paid back" in each for each in failures(run))


def test_a_repo_that_isnt_paid_back_and_one_of_somebody_else_are_found(tmp_path: Path) -> None:
    run = given(tmp_path, 'form = "repo"').path
    rows = read(run, "obligations")
    back = first(rows, lambda row: row["kind"] == "intraday_repayment")
    mend(run, "obligations", edited(rows, back, "amount_minor", lambda amount: amount - 1))
    assert any("paid back at closing" in each for each in failures(run))
    mend(run, "obligations", edited(rows, back, "debtor", "B"))
    assert any("between MAS and B, who aren't" in each for each in failures(run))


def test_credit_where_none_is_given_is_found(tmp_path: Path) -> None:
    run = given(tmp_path, 'form = "repo"').path
    with_scenario(run, lambda it: it["rails"]["RTGS"].pop("intraday_credit"))
    assert any("RTGS, which gives no intraday credit" in each for each in failures(run))


def test_events_with_other_columns_are_a_fault_of_their_file(tmp_path: Path) -> None:
    run = given(tmp_path, 'form = "repo"').path
    events = read(run, "events")
    mend(run, "events", events.rename_columns([{"detail": "words"}.get(name, name) for name in events.column_names]))
    with pytest.raises(ScenarioError, match="LH085"):
        audit(run)
