"""``luhai bench netting``: every netting algorithm on the same queues: what settles, how near the best, how fast."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import netting_report, netting_runs, netting_speed
from benchmarks.goals import Goal
from benchmarks.measure import load, machine
from benchmarks.netting_check import Broken, NoMechanism, check, load_mechanisms, save_instance
from benchmarks.report import write_json

SIZES = [50, 200, 1_000, 10_000, 100_000, 1_000_000]
QUICK_SIZES = [50, 200, 1_000]


def _numbers(text: str) -> list[int]:
    sizes = sorted({int(part.replace("_", "")) for part in text.split(",")})
    if sizes[0] < 10 or sizes[-1] > 1_000_000:
        raise argparse.ArgumentTypeError("sizes are between 10 and 1,000,000 payments")
    return sizes


def _families(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in netting_runs.FAMILY_NAMES]:
        known = ", ".join(netting_runs.FAMILY_NAMES)
        raise argparse.ArgumentTypeError(f"no family is called {unknown[0]!r}; there is {known}")
    return names


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="luhai bench netting", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small queues, two seeds, short proofs")
    parser.add_argument("--families", type=_families, metavar="A,B", help="only these families of queues")
    parser.add_argument("--sizes", type=_numbers, metavar="N,M", help="payments per queue")
    parser.add_argument("--seeds", type=int, metavar="N", help="queues per family and size")
    parser.add_argument("--limit", type=float, metavar="SECONDS", help="an algorithm that takes longer is left out")
    parser.add_argument("--proof", type=float, metavar="SECONDS", help="for the exact solver on one queue")
    parser.add_argument("--with", dest="file", type=Path, metavar="FILE.py", help="a mechanism of your own joins")
    parser.add_argument("--no-speed", action="store_true", help="leave the speed goals out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write shares, growth and speed to FILE")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write netting.txt, netting.arrow (every run) and two pictures"
    )
    options = parser.parse_args(argv)
    if options.seeds is not None and not 1 <= options.seeds <= 1000:
        parser.error("--seeds must be between 1 and 1000")
    return options


def main(argv: Sequence[str]) -> int:
    """Measure, print, and write what is asked for; 2 if a mechanism given with ``--with`` breaks a promise."""
    options = _options(argv)
    extra: list[str] = []
    if options.file is not None:
        try:
            extra = load_mechanisms(options.file)
            for name in extra:
                print(f"{name}: keeps its promises on {check(name)} small queues")
        except NoMechanism as error:
            print(error, file=sys.stderr)
            return 2
        except Broken as broken:
            queue, balances = save_instance(broken.problem, (options.out or Path()) / f"{broken.name}-broken.csv")
            print(f"{broken}\n  saved     {queue} and {balances}, for luhai net", file=sys.stderr)
            return 2
    quick = options.quick
    grid = netting_runs.Grid(
        families=options.families or netting_runs.FAMILY_NAMES,
        sizes=options.sizes or (QUICK_SIZES if quick else SIZES),
        seeds=options.seeds or (2 if quick else 3),
        limit_s=options.limit or (1.0 if quick else 2.0),
        proof_s=options.proof or (1.0 if quick else 3.0),
        extra=extra,
    )
    document: dict[str, Any] = {
        "benchmark": "netting",
        "command": shlex.join(["luhai", "bench", "netting", *argv]),
        "machine": machine(),
        "load_before": load(),
        "proof_s": grid.proof_s,
        "limit_s": grid.limit_s,
        "intervals": "lowest and highest over seeds",
    }
    facts = document["machine"]
    print(f"{facts['cpu']}, {facts['cores']} cores; Python {facts['python']}, numba {facts['numba']}", flush=True)
    records = list(netting_runs.run(grid))
    netting_runs.add_shares(records)
    document["growth"] = netting_runs.growth(records)
    document["shares"] = netting_report.shares(records)
    text = netting_report.tables(records, document["growth"])
    print(text, flush=True)
    goals: list[Goal] = []
    document["speed"] = []
    for record, reached in () if options.no_speed else netting_speed.run(quick):
        document["speed"].append(record)
        goals += reached
    document["load_after"] = load()
    document["goals"] = [goal.record() for goal in goals]
    if goals:
        ending = "\n" + netting_report.columns([("goal", "figure", "wanted", ""), *(goal.row() for goal in goals)])
        print(ending)
        text += "\n" + ending
    _write(options, document, records, text)
    return 0


def _write(options: argparse.Namespace, document: dict[str, Any], records: list[dict[str, Any]], text: str) -> None:
    write_json(document, options.json)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        head = f"{document['command']}\n{document['machine']['cpu']}, load {document['load_before']}\n\n"
        (options.out / "netting.txt").write_text(f"{head}{text}\n", encoding="utf-8")
        for path in netting_report.write(records, document, options.out):
            print(f"written to {path}")
