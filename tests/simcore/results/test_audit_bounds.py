"""The audit finds amounts that a rail should have refused, and such as it refused without a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.towns import RING_TOWN, run_town, town
from tests.simcore.results.wrong import messages, with_scenario

PAYMENTS = "".join(
    f"{name},2026-03-02T09:10:0{at}+08:00,A,B,{amount},SGD\n"
    for at, (name, amount) in enumerate((("small", 9), ("fits", 10), ("large", 51)))
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    bounds = ["rails.RTGS.least_amount=10 SGD", "rails.RTGS.most_amount=50 SGD"]
    run_town(town(tmp_path, RING_TOWN, PAYMENTS), tmp_path / "run", set=bounds)
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("key", "bound", "words"),
    [
        ("least_amount", "10.01 SGD", "1000, settled outside the bounds of RTGS"),
        ("most_amount", "9.99 SGD", "1000, settled outside the bounds of RTGS"),
        ("least_amount", "9.00 SGD", "900, rejected within the bounds of RTGS"),
        ("most_amount", None, "5100, rejected within the bounds of RTGS"),
    ],
)
def test_bounds_that_do_not_fit_the_rows_are_found(run: Path, key: str, bound: str | None, words: str) -> None:
    """The run kept its bounds; the scenario that its accounts carry is given another one."""
    assert audit(run).ok
    with_scenario(run, lambda scenario: scenario["rails"]["RTGS"].update({key: bound}))
    assert not audit(run).ok
    assert words in messages(run)
