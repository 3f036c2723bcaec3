"""Runs a command in a process of its own and measures its processor time, wall time and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Child:
    """What a finished process used; ``cpu`` counts all its threads."""

    def __init__(self, cpu: float, wall: float, peak_bytes: int, said: str) -> None:
        self.cpu, self.wall, self.peak_bytes, self.said = cpu, wall, peak_bytes, said


def run_child(command: Sequence[str], **environment: str) -> Child:
    """Run ``command`` from the root of the source tree; ``RuntimeError`` with its output if it fails."""
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Child(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * unit, said)
