"""What starting costs: ``luhai --help`` against ``import click``, and compiling every kernel into an empty cache."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from benchmarks.child import run_child
from benchmarks.goals import Goal
from benchmarks.measure import in_turn, times


def run_help(quick: bool, size: int | None) -> Iterator[tuple[dict[str, Any], list[Goal]]]:
    """Yield one record."""
    ours = [sys.executable, "-m", "simcore.cli", "--help"]
    theirs = [sys.executable, "-c", "import click"]
    bare = [sys.executable, "-c", "pass"]
    helps, clicks, nothings = in_turn(
        5 if quick else 15, lambda: run_child(ours), lambda: run_child(theirs), lambda: run_child(bare)
    )
    record = {"case": "help", "help": times(helps), "click": times(clicks), "python": times(nothings)}
    ratio = record["help"]["wall_median_s"] / record["click"]["wall_median_s"]
    yield record, [Goal("luhai --help against import click", ratio, 3, False, "x")]


def run_compile(quick: bool, size: int | None) -> Iterator[tuple[dict[str, Any], list[Goal]]]:
    """Yield one record: cold, then warm."""
    command = [sys.executable, "-m", "simcore.cli", "doctor", "--warm"]
    with tempfile.TemporaryDirectory(prefix="luhai-cache-") as folder:
        cold = run_child(command, LUHAI_CACHE_DIR=folder)
        warm = run_child(command, LUHAI_CACHE_DIR=folder)
    record = {"case": "compile", "cold": times([cold]), "warm": times([warm]), "said": cold.said.splitlines()}
    yield (
        record,
        [
            Goal("cold compile of every kernel, wall", cold.wall, 60, False, "s"),
            Goal("cold compile of every kernel, processor", cold.cpu, 60, False, "s"),
        ],
    )
