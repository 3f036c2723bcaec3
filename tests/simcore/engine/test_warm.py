"""After ``luhai doctor --warm`` a run compiles nothing more, whatever its rails do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simcore.engine.towns import NET_TOWN, RING_TOWN, routed_town, town

RING = 'mechanisms = [{ use = "gridlock_resolution", every = "30 min", times = ["09:40"] }]'
STUCK = "".join(
    f"{who}-{whom},2026-03-02T10:0{minute}:00+08:00,{who},{whom},{amount},SGD\n"
    for minute, (who, whom, amount) in enumerate((("A", "B", 150), ("B", "C", 120), ("C", "A", 30)))
)
TOWNS = {
    "splits": RING_TOWN.replace(RING, 'split_every = "15 min"'),
    "lends": RING_TOWN.replace(RING, 'lender = "A"\nintraday_credit = { form = "overdraft", rate = "1 bp" }')
    .replace('"100 SGD"', '"100 SGD", debit_limit = "unlimited"')
    .replace('"50 SGD"', '"50 SGD", collateral = "100 SGD"'),
    "defaults": NET_TOWN.replace('when_closed = "return"', 'when_closed = "return"\nwhen_short = "clearing_vector"'),
    "unwinds": NET_TOWN.replace('when_closed = "return"', 'when_closed = "return"\nwhen_short = "unwind"'),
}


@pytest.mark.slow
def test_a_warm_cache_holds_all_that_a_run_needs(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    environment = {**os.environ, "LUHAI_CACHE_DIR": str(cache)}

    def luhai(*arguments: str) -> None:
        done = subprocess.run([sys.executable, "-m", "simcore.cli", *arguments], env=environment, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr

    luhai("doctor", "--warm")
    before = {path.name for path in cache.rglob("*.nbc")}
    assert before
    towns = {name: town(tmp_path / name, text, STUCK) for name, text in TOWNS.items()}
    locked = Path(__file__).parent / "locked.toml"
    towns["locks"] = routed_town(tmp_path / "locks", locked.read_text(), "02:00:00 HK-A TH-A 10 USD linked")
    for name, scenario in towns.items():
        luhai("run", str(scenario), "--out", str(tmp_path / name / "run"), "--quiet")
    assert {path.name for path in cache.rglob("*.nbc")} == before
