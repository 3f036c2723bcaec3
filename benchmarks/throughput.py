"""``luhai bench throughput``: how fast the loop and the whole command are, and whether the goals are met."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import case_command, case_corridor, case_rtgs, case_start
from benchmarks.goals import Goal
from benchmarks.measure import load, machine
from benchmarks.report import finish

Case = Callable[[bool, int | None], Iterator[tuple[dict[str, Any], list[Goal]]]]
CASES: dict[str, Case] = {
    "help": case_start.run_help,
    "compile": case_start.run_compile,
    "rtgs": case_rtgs.run,
    "corridor": case_corridor.run,
    "command": case_command.run,
}
SPEEDS = {
    "payments_per_s": "payments",
    "hops_per_s": "hops",
    "c_payments_per_s": "payments in C",
    "python_payments_per_s": "payments in plain Python",
}


def main(argv: Sequence[str]) -> int:
    """Measure, print, and write JSON if asked; 0 also where a goal is missed, for speed is no test."""
    parser = argparse.ArgumentParser(prog="luhai bench throughput", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the payments and fewer repeats")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only this case; may be repeated")
    parser.add_argument("--size", type=int, metavar="N", help="payments per case, instead of its own number")
    options = parser.parse_args(argv)
    if options.size is not None and not 1_000 <= options.size <= 100_000_000:
        parser.error("--size must be between 1,000 and 100,000,000")
    facts = machine()
    print(f"{facts['cpu']}, {facts['cores']} cores; Python {facts['python']}, numba {facts['numba']}")
    document: dict[str, Any] = {
        "benchmark": "throughput",
        "quick": options.quick,
        "size": options.size,
        "machine": facts,
        "load_before": load(),
        "cases": [],
    }
    goals: list[Goal] = []
    for name in options.case or CASES:
        for record, reached in CASES[name](options.quick, options.size):
            document["cases"].append(record)
            goals += reached
            _print_record(record)
    finish(document, goals, options.json)
    return 0


def _print_record(record: dict[str, Any]) -> None:
    """One case: every timing of it, then its speeds."""
    size = f", {record['payments']:,} payments" if "payments" in record else ""
    share = f", {100 * record['queued_share']:.1f} % queued" if "queued_share" in record else ""
    print(f"\n{record['case']}{size}{share}")
    for name, value in record.items():
        if isinstance(value, dict) and "cpu_best_s" in value:
            print(
                f"  {name.replace('_', ' '):<26} processor {value['cpu_best_s']:8.3f} s best, "
                f"{value['cpu_median_s']:8.3f} s median;  wall {value['wall_best_s']:8.3f} s best, "
                f"{value['wall_median_s']:8.3f} s median of {value['repeats']}"
            )
    for name, unit in SPEEDS.items():
        if name in record:
            print(f"  {record[name] / 1e6:26.2f} million {unit}/s")
    if "peak_over_baseline_mib" in record:
        print(f"  a run of ten payments peaks at {record['baseline_mib']} MiB; beyond it")
        for payments, peak in record["peak_over_baseline_mib"].items():
            wall = record["seconds"][payments]["wall_best_s"]
            print(f"  {payments:>26} payments: {peak:,.1f} MiB, {wall:.1f} s")
