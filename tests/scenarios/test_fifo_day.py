"""fifo-day: its files come out again, and thirty lines of plain Python give its outcomes and figures."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import defaultdict, deque
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from statistics import fmean

import simcore
from fx.currency import format_minor, to_minor
from simcore.datafiles import CATALOGUE
from tests.scenarios.entries import in_one_line, readme

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def test_the_files_of_fifo_day_come_out_again_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, TOOLS / "make_fifo_day.py", tmp_path], cwd=TOOLS.parent, check=True,
                   capture_output=True, timeout=120, env={"PYTHONPATH": str(TOOLS.parent)})  # fmt: skip
    for name in ("accounts.csv", "payments.csv"):
        assert (tmp_path / name).read_bytes() == (CATALOGUE / "fifo-day" / name).read_bytes(), name


def test_fifo_day_is_what_thirty_lines_of_plain_python_make_of_its_files() -> None:
    """DESIGN's rule for strict queues on one rail, read from the two files; nothing of the engine is used."""
    folder = CATALOGUE / "fifo-day"
    with (folder / "accounts.csv").open(encoding="ascii", newline="") as file:
        funds = {
            row["participant"]: to_minor(Decimal(row["opening"]), "CNY") + to_minor(Decimal(row["debit_limit"]), "CNY")
            for row in csv.DictReader(file)
        }
    queues: dict[str, deque[tuple[str, str, int]]] = defaultdict(deque)
    arrived: dict[str, datetime] = {}
    final: dict[str, datetime | None] = {}
    amounts: dict[str, int] = {}
    peak = 0
    with (folder / "payments.csv").open(encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            now, reference = datetime.fromisoformat(row["initiated_at"]), row["reference"]
            arrived[reference], final[reference] = now, None
            amounts[reference] = to_minor(Decimal(row["amount"]), "CNY")
            queues[row["debtor"]].append((reference, row["creditor"], amounts[reference]))
            credited = [row["debtor"]]
            while credited:
                bank = credited.pop(0)
                while queues[bank] and queues[bank][0][2] <= funds[bank]:
                    settled, creditor, amount = queues[bank].popleft()
                    funds[bank] -= amount
                    funds[creditor] += amount
                    final[settled] = now
                    credited.append(creditor)
            peak = max(peak, sum(map(len, queues.values())))

    run = simcore.run("fifo-day")
    outcome = {row["reference"]: row for row in run.payments.to_pylist()}
    returned = [reference for reference, at in final.items() if at is None]
    assert {reference for reference, row in outcome.items() if row["status"] == "RETURNED_CUT_OFF"} == set(returned)
    for reference, at in final.items():
        if at is not None:
            assert outcome[reference]["status"] == "SETTLED_GROSS"
            assert outcome[reference]["completed_at"] == at

    waits = [(at - arrived[reference]).total_seconds() / 60 for reference, at in final.items() if at is not None]
    waits = [wait for wait in waits if wait > 0]
    value = sum(amounts.values()) - sum(amounts[reference] for reference in returned)
    hours, rest = divmod(round(max(waits)), 60)
    text = in_one_line(readme("fifo-day"))
    assert f"| {len(final) - len(returned):,} settled | {format_minor(value, 'CNY')} |" in text
    assert f"{len(waits)} after queueing, for {fmean(waits):.0f} minutes on average and {hours} h {rest} min" in text
    left = sum(amounts[reference] for reference in returned)
    assert f"| {len(returned)} returned at 17:15 | {format_minor(left, 'CNY')} |" in text
    assert f"Up to {peak} payments were queued at one time." in text
    assert len(waits) > 0.15 * len(final), "a good share queues"
    assert 0 < len(returned) < 0.05 * len(final), "a little is returned"
