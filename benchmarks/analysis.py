"""``luhai bench analysis``: what measures and pictures of a finished run cost, against reading its tables once."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.arguments import parse
from benchmarks.case_command import luhai_run, write_scenario
from benchmarks.child import run_child
from benchmarks.goals import Goal
from benchmarks.measure import load, machine
from benchmarks.report import finish

MEBI = 1 << 20
SIZE, QUICK = 10_000_000, 200_000
REPEATS = 5


def child(what: str, run: Path) -> dict[str, Any]:
    """Processor and wall seconds of each thing a child did, and its peak memory in MiB."""
    done = run_child([sys.executable, "-m", "benchmarks.analysis_child", what, str(run)])
    seconds = json.loads(done.said.splitlines()[-1])
    return {"seconds": seconds, "peak_mib": done.peak_bytes / MEBI}


def run(size: int, repeats: int) -> tuple[dict[str, Any], list[Goal]]:
    """Make a run of ``size`` payments and measure; scan and measures in turn, so that a busy spell falls on both."""
    with tempfile.TemporaryDirectory(prefix="luhai-bench-") as temporary:
        folder = Path(temporary)
        luhai_run(write_scenario(folder / "scenario", size), folder / "run")
        scans, found = [], []
        for _ in range(repeats):
            scans.append(child("scan", folder / "run"))
            found.append(child("measures", folder / "run"))
        drawn = child("pictures", folder / "run")
    best = {}
    for kind, place in (("cpu", 0), ("wall", 1)):
        for name, runs in (("scan", scans), ("measures", found)):
            times = [each["seconds"][name][place] for each in runs]
            best[f"{name}_{kind}_best_s"], best[f"{name}_{kind}_median_s"] = min(times), statistics.median(times)
    peak = max(each["peak_mib"] for each in found)
    record = {"payments": size, "repeats": repeats, **best, "measures_peak_mib": peak,
              "scan_peak_mib": max(each["peak_mib"] for each in scans),
              "pictures_wall_s": {name: wall for name, (_, wall) in drawn["seconds"].items()}}  # fmt: skip
    return record, [
        Goal(
            "all measures against one scan, processor",
            best["measures_cpu_best_s"] / best["scan_cpu_best_s"],
            5,
            False,
            "x",
        ),
        Goal(
            "all measures against one scan, wall",
            best["measures_wall_best_s"] / best["scan_wall_best_s"],
            5,
            False,
            "x",
        ),
        Goal("peak memory of the measures", peak, 1024, False, "MiB"),
        *(Goal(f"picture {name}", wall, 5, False, "s") for name, (_, wall) in drawn["seconds"].items()),
    ]


def main(argv: Sequence[str]) -> int:
    """Measure, print, and write JSON if asked; 0 also where a goal is missed, for speed is no test."""
    options = parse(argv, "analysis", __doc__, size=SIZE, quick=QUICK, most=100_000_000, repeats=REPEATS, of="run")
    size = options.size
    facts, before = machine(), load()
    print(f"{facts['cpu']}, {facts['cores']} cores; Python {facts['python']}, pyarrow {facts['pyarrow']}")
    record, goals = run(size, options.repeats)
    document = {"benchmark": "analysis", "machine": facts, "load_before": before, **record}
    print(f"{size:,} payments; one scan of the tables takes {record['scan_cpu_best_s']:.2f} s of processor, best of "
          f"{options.repeats}")  # fmt: skip
    finish(document, goals, options.json)
    return 0
