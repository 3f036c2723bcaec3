"""The whole command: ``luhai run`` of a replay from Parquet, against plain Python over the same payments in memory.

The command is a new process each time: imports, scenario, reading and checking the file, the loop, all tables written,
audit of what was written. Plain Python is :func:`benchmarks.plain_rtgs.run_plain` from its first payment to its last,
with the payments in lists beforehand: no reading, no writing, no proof.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.child import Child, run_child
from benchmarks.flows import PARTICIPANTS, make_payments
from benchmarks.goals import Goal
from benchmarks.measure import times
from benchmarks.rtgs_loops import run_python

OPENING = 150_000_000_000  # of every account: about 5 % of a million payments queue
MEBI = 1 << 20
PART = 1_000_000  # payments made at a time
REPEATS = 3

SCENARIO = """\
[scenario]
name = "bench-command"
title = "A day of {participants} banks on one rail"
question = "How fast is a whole run?"
start = 2026-01-05
days = 1
seed = 65
base_currency = "CNY"

[participants]
{banks}

[rails.RTGS]
kind = "rtgs"
name = "Real-time gross settlement"
currency = "CNY"
calendar = "CN"
sessions = [{{ open = "08:30", close = "17:15" }}]
queue = "fifo"
when_closed = "wait"
end_of_day = "return"

[accounts]
file = "accounts.csv"

[routes.direct]
name = "Bank to bank"
hops = [{{ rail = "RTGS", from = "debtor", to = "creditor" }}]

[flows.day]
kind = "replay"
file = "payments.parquet"
route = "direct"

[results]
grid = "15 min"
"""


def write_scenario(folder: Path, total: int) -> Path:
    """A scenario with ``total`` payments to replay; returns the path of its file."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [f"B{who:03d}" for who in range(PARTICIPANTS)]
    banks = "\n".join(f'{name} = {{ name = "{name}", kind = "commercial_bank", country = "CN" }}' for name in names)
    folder.mkdir(parents=True, exist_ok=True)
    scenario = folder / "scenario.toml"
    scenario.write_text(SCENARIO.format(participants=PARTICIPANTS, banks=banks), encoding="utf-8")
    rows = "".join(f"RTGS,{name},CNY,{OPENING // 100}.{OPENING % 100:02d},0.00\n" for name in names)
    accounts = "rail,participant,currency,opening,debit_limit\n" + rows
    (folder / "accounts.csv").write_text(accounts, encoding="utf-8")
    banks_array = pa.array(names)
    schema = pa.schema(
        [
            ("reference", pa.string()),
            ("initiated_at", pa.timestamp("us", "UTC")),
            ("debtor", pa.dictionary(pa.int32(), pa.string())),
            ("creditor", pa.dictionary(pa.int32(), pa.string())),
            ("amount", pa.decimal128(18, 2)),
            ("currency", pa.dictionary(pa.int32(), pa.string())),
        ]
    )
    currency = pa.array(["CNY"])
    with pq.ParquetWriter(folder / "payments.parquet", schema) as writer:
        for first in range(0, total, PART):
            part = make_payments(total, first, min(PART, total - first))
            # A decimal of scale 2 is its minor units as a 128-bit integer.
            wide = np.zeros((part.size, 2), np.int64)
            wide[:, 0] = part.amount
            amounts = pa.Array.from_buffers(pa.decimal128(18, 2), part.size, [None, pa.py_buffer(wide)])
            columns = [
                pa.array([f"P{number:09d}" for number in range(first, first + part.size)]),
                pa.array(part.time, pa.timestamp("us", "UTC")),
                pa.DictionaryArray.from_arrays(pa.array(part.debtor), banks_array),
                pa.DictionaryArray.from_arrays(pa.array(part.creditor), banks_array),
                amounts,
                pa.DictionaryArray.from_arrays(pa.array(np.zeros(part.size, np.int32)), currency),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return scenario


def luhai_run(scenario: Path, out: Path) -> Child:
    """Run the command and measure its process; ``RuntimeError`` with what it said if it fails."""
    return run_child([sys.executable, "-m", "simcore.cli", "run", str(scenario), "--out", str(out), "--replace"])


def run(quick: bool, size: int | None) -> Iterator[tuple[dict[str, Any], list[Goal]]]:
    """Yield the record of the time, then that of the memory."""
    total = size or (200_000 if quick else 1_000_000)
    with tempfile.TemporaryDirectory(prefix="luhai-bench-") as temporary:
        folder = Path(temporary)
        few = luhai_run(write_scenario(folder / "few", 10), folder / "out")  # loads the same modules and kernels
        few = luhai_run(folder / "few" / "scenario.toml", folder / "out")
        scenario = write_scenario(folder / "one", total)
        payments = make_payments(total)
        children, watches = [], []
        for _ in range(1 if quick else REPEATS):
            children.append(luhai_run(scenario, folder / "out"))
            watches.append(run_python(payments, OPENING)[0])
        record: dict[str, Any] = {
            "case": "command",
            "payments": total,
            "command": times(children),
            "command_of_10_payments": times([few]),
            "python": times(watches),
            "said": children[-1].said.splitlines()[:12],
            "bytes_written": sum(path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file()),
        }
        record["payments_per_s"] = total / record["command"]["cpu_best_s"]
        ratio = record["command"]["cpu_best_s"] / record["python"]["cpu_best_s"]
        wall = record["command"]["wall_best_s"] / record["python"]["wall_best_s"]
        record["ratio_cpu"], record["ratio_wall"] = ratio, wall
        # Wall time is what a user waits for. It reads and packs in second threads, so its processor time is longer.
        note = f"{ratio:.2f} x of its processor time"
        yield record, [Goal("luhai run against plain Python, wall", wall, 3, False, "x", note)]
        del payments
        sizes = [total, 4 * total] if quick else [total, 4 * total, 16 * total]
        memory = {}
        for n in sizes:
            scenario = write_scenario(folder / "many", n)
            # The less of two, since what an allocator keeps of freed memory differs from run to run.
            child = min((luhai_run(scenario, folder / "out") for _ in range(2)), key=lambda run: run.peak_bytes)
            memory[n] = (child.peak_bytes - few.peak_bytes, child)
        peaks = {f"{n:,}": round(over / MEBI, 1) for n, (over, _) in memory.items()}
        record = {
            "case": "memory",
            "baseline_mib": round(few.peak_bytes / MEBI, 1),
            "peak_over_baseline_mib": peaks,
            "seconds": {f"{n:,}": times([child]) for n, (_, child) in memory.items()},
        }
        over = [figure for figure, _ in memory.values()]
        yield (
            record,
            [
                Goal(f"peak memory over the imports, {sizes[0]:,} payments", over[0] / MEBI, 1024, False, "MiB"),
                Goal(
                    # Up to two million rows the check for duplicate references keeps its hashes in memory, so the
                    # smallest run hasn't reached the level that the others keep.
                    f"its growth from {sizes[1]:,} to {sizes[-1]:,} payments",
                    max(over[-1] / max(over[1], MEBI), 0),
                    1.1,
                    False,
                    "x",
                ),
            ],
        )
