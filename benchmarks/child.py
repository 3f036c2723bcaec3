"""Runs a command in a process of its own and measures its processor time, wall time and peak memory.

A small launcher stands between: Linux counts what the parent held when it started a child as the child's own peak.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LAUNCHER = """\
import json, os, subprocess, sys, time
begun = time.perf_counter()
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
wall = time.perf_counter() - begun
with open(sys.argv[1], "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss], file)
"""


class Child:
    """What a finished process used; ``cpu`` counts all its threads."""

    def __init__(self, cpu: float, wall: float, peak_bytes: int, said: str) -> None:
        self.cpu, self.wall, self.peak_bytes, self.said = cpu, wall, peak_bytes, said


def _environment() -> dict[str, str]:
    """This process's, but with compiled modules kept as Python does by itself: warm is what a user's second run is."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_child(command: Sequence[str], **environment: str) -> Child:
    """Run ``command`` from the root of the source tree; ``RuntimeError`` with its output if it fails."""
    with tempfile.TemporaryDirectory(prefix="luhai-bench-") as folder:
        figures = Path(folder) / "figures.json"
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(figures), *command]
        done = subprocess.run(
            launcher, cwd=ROOT, env={**_environment(), **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False,
        )  # fmt: skip
        said = done.stdout.decode(errors="replace")
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} could not be started:\n{said}")
        code, cpu, wall, peak = json.loads(figures.read_text(encoding="utf-8"))
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{said}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Child(cpu, wall, peak * unit, said)
