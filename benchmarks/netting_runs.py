"""Runs every algorithm on every instance of the netting benchmark and records what settled and how long it took."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Stopwatch
from benchmarks.netting_check import faults_of_sets, lowest_funds
from benchmarks.netting_instances import FAMILIES, make
from simcore.errors import InvariantError
from simcore.lsm import REGISTRY
from simcore.lsm.base import Clearing, Problem
from simcore.lsm.bounds import divisible_bound

# Beside every registered algorithm as it is, settings of some that behave as another algorithm.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "bilateral_offset first_pair": ("bilateral_offset", {"rule": "first_pair"}),
    "partial_netting readd": ("partial_netting", {"remove": "smallest", "readd": True}),
    "multilateral_net participant": ("multilateral_net", {"unwind": "participant"}),
    "compression non_conservative": ("compression", {"kind": "non_conservative"}),
}
OPTIMA = Path(__file__).with_name("best_optima.jsonl")
PROVEN_UPTO = 200  # payments; the exact solver is asked for the optimum up to here
LINEAR = ("all_or_nothing", "gridlock_resolution", "multilateral_net")  # what runs on a million
LINEAR_FAMILIES = ("uniform", "core_periphery")  # whose making takes no longer than the mechanisms
BANKS = {50: 10, 200: 20, 1_000: 30, 10_000: 64, 100_000: 100, 1_000_000: 100}


def banks_for(payments: int) -> int:
    """How many banks share a queue of that length: 10 for 50 payments, 100 for 100,000 and more."""
    return BANKS.get(payments) or int(min(100, max(3, round(10 * (payments / 50) ** 0.3))))


@dataclass
class Grid:
    """What is to be run."""

    families: list[str]
    sizes: list[int]
    seeds: int
    limit_s: float
    """An algorithm is skipped at a size where it would probably take longer than this."""
    proof_s: float
    """Seconds that the exact solver has for one instance."""
    extra: list[str] = field(default_factory=list)
    """Registered names beyond Luhai's own."""


def algorithms(grid: Grid) -> dict[str, Any]:
    """Every algorithm by its name in the tables, ready to run."""
    entries = REGISTRY.entries()
    found = {name: cls(time_limit_s=grid.proof_s) if name == "optimum" else cls() for name, cls in entries.items()}
    found |= {name: entries[of](**settings) for name, (of, settings) in VARIANTS.items()}
    return dict(sorted(found.items()))


@cache
def instance(family: str, payments: int, seed: int) -> Problem:
    """One problem; kept, because its making may take longer than all that is measured on it."""
    return make(family, banks_for(payments), payments, seed)


def warm(chosen: dict[str, Any]) -> None:
    """Compile everything; the loops of an algorithm may differ by size, so two sizes."""
    for payments in (50, 1_500):
        problem = make("uniform", 10, payments, 0)
        for name, algorithm in chosen.items():
            if name != "optimum":
                _answer(algorithm, problem)


def run(grid: Grid) -> Iterator[dict[str, Any]]:
    """Yield a record for each algorithm, family, size and seed; also for those skipped."""
    chosen = algorithms(grid)
    warm(chosen)
    last: dict[tuple[str, str], tuple[int, float]] = {}
    for size in grid.sizes:
        for family in grid.families:
            if size > 100_000 and family not in LINEAR_FAMILIES:
                continue
            for name, algorithm in chosen.items():
                why = _skip(name, size, last.get((name, family)), grid)
                taken: list[float] = []
                for seed in range(1, grid.seeds + 1):
                    head = {"algorithm": name, "family": family, "payments": size, "seed": seed}
                    if why or (taken and sum(taken) > 2 * grid.limit_s and name != "optimum"):
                        yield {**head, "skipped": why or "too slow"}
                        continue
                    record = measure(algorithm, instance(family, size, seed))
                    taken.append(record["cpu_s"])
                    yield {**head, "skipped": "", **record}
                if taken:
                    last[name, family] = (size, max(taken))
        instance.cache_clear()


def _skip(name: str, size: int, last: tuple[int, float] | None, grid: Grid) -> str:
    """Why an algorithm isn't run at a size; empty if it is."""
    if name == "optimum" and size > PROVEN_UPTO:
        return "no proof in sight"
    if size > 100_000 and name not in (*LINEAR, *grid.extra):
        return "linear ones only"
    if last is None:
        return ""
    before, seconds = last
    # Growth with the power 1.5 is a guess between the linear and the quadratic ones.
    return "too slow" if seconds * (size / before) ** 1.5 > 10 * grid.limit_s else ""


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what HiGHS prints by itself, past Python's own streams, out of the tables."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _answer(algorithm: Any, problem: Problem) -> Any:
    if type(algorithm).__name__ == "Optimum":
        with _silence():
            return algorithm.select(problem)
    return algorithm.clear(problem) if isinstance(algorithm, Clearing) else algorithm.select(problem)


def measure(algorithm: Any, problem: Problem) -> dict[str, Any]:
    """Run one algorithm on one problem, check the answer, and give its figures; short runs count best of three."""
    seconds: list[float] = []
    began = time.perf_counter()
    while not seconds or (len(seconds) < 3 and time.perf_counter() - began < 0.1):
        watch = Stopwatch()
        answer = _answer(algorithm, problem)
        watch.stop()
        seconds.append(watch.cpu)
    gross = int(problem.amount.sum())
    record: dict[str, Any] = {
        "kind": "clearing" if isinstance(algorithm, Clearing) else "mechanism",
        "banks": int(problem.funds.size),
        "cpu_s": min(seconds),
        "ns_per_payment": 1e9 * min(seconds) / max(problem.size, 1),
        "gross_minor": gross,
    }
    if isinstance(algorithm, Clearing):
        left = int(answer.residual_minor.sum()) + (int(answer.extra[2].sum()) if answer.extra else 0)
        return record | {
            "settled": int((answer.residual_minor == 0).sum()),
            "value_minor": gross - left,
            "bound_minor": gross - _least_debt(problem),
            "optimum_minor": None,
            "proven": None,
            "liquidity_minor": 0,
        }
    for promise, detail in faults_of_sets(problem, answer.set_of, algorithm.keeps_order):
        raise InvariantError(f"{type(algorithm).__name__}: {promise}: {detail}")
    value = int(problem.amount[answer.settled].sum())
    proven = answer.facts.get("proven") if type(algorithm).__name__ == "Optimum" else None
    return record | {
        "settled": int(answer.settled.sum()),
        "value_minor": value,
        "bound_minor": _bound(problem),
        "optimum_minor": value if proven else None,
        "proven": proven,
        "liquidity_minor": int((problem.funds - lowest_funds(problem, answer.set_of)).sum()),
    }


_BOUNDS: dict[int, tuple[Problem, int]] = {}


def _bound(problem: Problem) -> int:
    """The divisible bound, solved once for each problem; the problem is kept so that its id stays its own."""
    if id(problem) not in _BOUNDS:
        if len(_BOUNDS) > 100:
            _BOUNDS.clear()
        _BOUNDS[id(problem)] = (problem, divisible_bound(problem))
    return _BOUNDS[id(problem)][1]


def _least_debt(problem: Problem) -> int:
    """Net internal debt, minor units: no clearing leaves less."""
    net = np.zeros(problem.funds.size, np.int64)
    np.add.at(net, problem.creditor, problem.amount)
    np.subtract.at(net, problem.debtor, problem.amount)
    return int(net[net > 0].sum())


Key = tuple[str, int, int]  # family, payments, seed


def proven_before() -> dict[Key, int]:
    """Optima that take the solver long, proven once and kept; HiGHS counts in floats, so they hold to 1e-5."""
    if not OPTIMA.is_file():
        return {}
    kept = [json.loads(line) for line in OPTIMA.read_text(encoding="utf-8").splitlines()]
    return {
        (each["family"], each["payments"], each["seed"]): each["value"]
        for each in kept
        if each["proven"] and each["banks"] == banks_for(each["payments"])
    }


def add_shares(records: list[dict[str, Any]]) -> None:
    """Add to each record its share of the bound, and of the optimum where that was proven on the same instance."""
    kept = proven_before()
    known: dict[Key, int] = {}
    for each in records:
        if each.get("optimum_minor") is not None:
            known[each["family"], each["payments"], each["seed"]] = each["optimum_minor"]
    for each in records:
        if each["skipped"]:
            continue
        key = (each["family"], each["payments"], each["seed"])
        best = (known.get(key, kept.get(key))) if each["kind"] == "mechanism" else None
        value = each["value_minor"]
        if best is not None and value > best + (0 if key in known else best // 100_000):
            raise InvariantError(f"{each['algorithm']} settles more than the proven optimum: {each}")
        if value > each["bound_minor"]:
            raise InvariantError(f"{each['algorithm']} beats the bound: {each}")
        each["optimum_minor"] = best
        each["share_of_optimum"] = None if best is None else min(1.0, _share(value, best))
        each["share_of_bound"] = _share(value, each["bound_minor"])


def _share(value: int, most: int) -> float:
    """Nothing out of nothing is everything."""
    return value / most if most else 1.0


def growth(records: list[dict[str, Any]]) -> dict[str, float]:
    """By algorithm the exponent e of time ~ payments^e, absent where only one size ran.

    Fitted over sizes from 10,000, where nothing but the payments counts; from 200 where nothing larger ran. The slope
    is within families: each family has its own level.
    """
    smallest = 10_000 if max((each["payments"] for each in records), default=0) > 10_000 else 200
    points: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for each in records:
        if not each["skipped"] and each["payments"] >= smallest and each["cpu_s"] > 0:
            point = (math.log(each["payments"]), math.log(each["cpu_s"]))
            points.setdefault(each["algorithm"], {}).setdefault(each["family"], []).append(point)
    found = {}
    for name, families in points.items():
        x = np.concatenate(
            [np.array([p[0] for p in each]) - np.mean([p[0] for p in each]) for each in families.values()]
        )
        y = np.concatenate(
            [np.array([p[1] for p in each]) - np.mean([p[1] for p in each]) for each in families.values()]
        )
        if (x * x).sum() > 0:
            found[name] = round(float((x * y).sum() / (x * x).sum()), 2)
    return found


FAMILY_NAMES = list(FAMILIES)
