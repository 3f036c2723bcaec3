"""The benchmark of wallets plays what it says, streams every row, and prints its goals."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.wallets import BATCH, CASH, DEPOSIT, batches, main, outcomes, stream

WALLETS, PAYMENTS = 2_000, BATCH + 5_000


def test_every_payment_has_an_outcome_and_each_rule_decides_some() -> None:
    ended = outcomes(WALLETS, list(batches(PAYMENTS, WALLETS)), DEPOSIT)
    assert sum(ended.values()) == PAYMENTS
    assert set(ended) == {
        "SETTLED", "OFFLINE_AT_END", "REJECTED_INSUFFICIENT_FUNDS", "REJECTED_PAYMENT_LIMIT", "REJECTED_DAY_LIMIT",
        "REJECTED_BALANCE_LIMIT", "REJECTED_OFFLINE_LIMIT", "REJECTED_DOUBLE_SPEND",
    }  # fmt: skip
    # Reserves are ample, so what a balance is decides nothing.
    assert outcomes(WALLETS, list(batches(PAYMENTS, WALLETS)), CASH) == ended


def test_the_stream_holds_each_payment_once(tmp_path: Path) -> None:
    stream(WALLETS, PAYMENTS, tmp_path / "rows.arrow")
    with pa.ipc.open_file(tmp_path / "rows.arrow") as file:
        rows = file.read_all()
    assert sorted(rows["payment_id"].to_pylist()) == list(range(PAYMENTS))


def test_goals_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--wallets", "100", "--size", "1000", "--repeats", "1"]) == 0
    said = capsys.readouterr().out
    assert "bytes a wallet" in said
    assert "wallet payments, cash regime" in said
