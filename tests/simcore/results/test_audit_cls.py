"""The audit recomputes the risk tests of a CLS-type system by itself, and finds what would not pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.test_cls_runs import TRADES
from tests.simcore.engine.test_cls_runs import run as play
from tests.simcore.results.wrong import messages, with_scenario


@pytest.fixture
def run(tmp_path: Path) -> Path:
    done: Any = play(tmp_path, TRADES)
    return Path(done.path)


def with_terms(run: Path, change: Callable[[dict[str, Any]], None]) -> str:
    """What the audit says of the same tables if the scenario that they carry had other terms."""
    with_scenario(run, lambda scenario: change(scenario["pvp"]["CLS"]))
    return messages(run)


def test_a_day_holds(run: Path) -> None:
    assert audit(run).ok


def test_the_same_tables_under_the_same_terms_hold(run: Path) -> None:
    assert "is worth" not in with_terms(run, lambda terms: None)


def test_a_member_that_is_worth_less_than_nothing_is_found(run: Path) -> None:
    """At 26 % A, with USD -360, EUR 200 and JPY 20,000, is worth -453.60 + 296 + 148, each rounded against it."""
    assert "A is worth -963 after haircuts" in with_terms(run, lambda terms: terms.update(haircut="26 %"))


def test_a_member_that_is_short_of_more_than_its_limit_is_found(run: Path) -> None:
    """B is short of EUR 180 at most, worth USD 360, and A of USD 360."""
    said = with_terms(run, lambda terms: terms.update(aggregate_limits={"A": "359.99 USD"}))
    assert "A is short 36000 in all, its limit is 35999" in said
    assert "B is short" not in said
