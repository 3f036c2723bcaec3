"""How the benchmarks measure: processor and wall time, best and median of several, and the facts of the machine."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


class Stopwatch:
    """Seconds of processor and of wall from its making until ``stop``."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        self.cpu = self.wall = 0.0

    def stop(self) -> None:
        """Take the times."""
        self.wall = time.perf_counter() - self._wall
        self.cpu = time.process_time() - self._cpu


def times(watches: Sequence[Stopwatch]) -> dict[str, Any]:
    """Best and median, seconds."""
    cpu, wall = [watch.cpu for watch in watches], [watch.wall for watch in watches]
    return {
        "repeats": len(watches),
        "cpu_best_s": min(cpu),
        "cpu_median_s": statistics.median(cpu),
        "wall_best_s": min(wall),
        "wall_median_s": statistics.median(wall),
    }


def in_turn(repeats: int, *runs: Callable[[], Stopwatch]) -> list[list[Stopwatch]]:
    """Measure several things in turn, so that a busy spell of the machine falls on all of them."""
    watches: list[list[Stopwatch]] = [[] for _ in runs]
    for _ in range(repeats):
        for taken, run in zip(watches, runs):
            taken.append(run())
    return watches


def load() -> list[float]:
    """The load averages of 1, 5 and 15 minutes, where the system has them."""
    try:
        return [round(figure, 2) for figure in os.getloadavg()]
    except OSError:
        return []


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    versions = {}
    for name in ("numba", "llvmlite", "numpy", "pyarrow"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "missing"
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **versions,
    }


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
