"""Measures luhai_best against proven optima and bounds by family and size: ``python -m benchmarks.best_study``.

Optima come from scipy's milp (HiGHS) under a time limit and are kept in ``best_optima.jsonl`` beside this file, since
they take hours in all; ``--solve`` adds those that are missing. What HiGHS couldn't prove counts against the smaller
of its bound and the divisible one, and is listed apart. HiGHS counts in floats: its values hold to 1e-5.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.netting_instances import FAMILIES, make
from simcore.lsm.base import Problem
from simcore.lsm.luhai_best import LuhaiBest
from simcore.lsm.partial_netting import PartialNetting

OPTIMA = Path(__file__).with_name("best_optima.jsonl")
SOLVED = [(10, 50), (10, 100), (20, 200), (50, 300), (10, 200), (50, 200), (20, 400), (100, 500)]
LARGE = [(64, 2500), (300, 2500), (100, 10_000), (10, 100_000), (100, 100_000), (1000, 100_000)]
GAP = 1e-5


def solve(problem: Problem, seconds: float) -> dict[str, Any]:
    """Best value and bound of HiGHS, in minor units, and whether they agree."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix

    n, m = problem.funds.size, problem.size
    scale = float(problem.amount.max())
    amount = problem.amount / scale
    rows = np.r_[problem.debtor, problem.creditor]
    columns = np.r_[np.arange(m), np.arange(m)]
    outflow = csr_matrix((np.r_[amount, -amount], (rows, columns)), shape=(n, m))
    began = time.perf_counter()
    found = milp(
        -amount,
        constraints=LinearConstraint(outflow, -np.inf, problem.funds / scale),
        integrality=np.ones(m),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": GAP},
    )
    value = 0 if found.x is None else int(problem.amount[np.rint(found.x) > 0].sum())
    bound = None if found.mip_dual_bound is None else round(-found.mip_dual_bound * scale)
    return {
        "value": value,
        "bound": bound,
        "proven": found.status == 0,
        "seconds": round(time.perf_counter() - began, 1),
    }


def known() -> dict[tuple[str, int, int, int], dict[str, Any]]:
    """What has been solved, by (family, banks, payments, seed)."""
    if not OPTIMA.exists():
        return {}
    rows = [json.loads(line) for line in OPTIMA.read_text().splitlines()]
    return {(row["family"], row["banks"], row["payments"], row["seed"]): row for row in rows}


def add_missing(seeds: int, seconds: float) -> None:
    """Solve what isn't known yet, one line of the file after another."""
    done = known()
    for seed in range(1, seeds + 1):
        for banks, payments in SOLVED:
            for family in FAMILIES:
                if (family, banks, payments, seed) not in done:
                    row = {"family": family, "banks": banks, "payments": payments, "seed": seed}
                    row |= solve(make(family, banks, payments, seed), seconds)
                    with OPTIMA.open("a") as file:
                        file.write(json.dumps(row) + "\n")


def measure(family: str, banks: int, payments: int, seed: int, steps: int) -> dict[str, Any]:
    """One selection: its value, the greedy one, the divisible bound and the processor time."""
    problem = make(family, banks, payments, seed)
    greedy = PartialNetting(remove="smallest", readd=True).select(problem).settled
    began = time.process_time()  # one thread; others on the machine don't count
    selection = LuhaiBest(steps=steps).select(problem)
    return {
        "value": int(problem.amount[selection.settled].sum()),
        "greedy": int(problem.amount[greedy].sum()),
        "bound": selection.facts["bound"],
        "proven": selection.facts["proven"],
        "seconds": time.process_time() - began,
    }


def share(value: int, best: int) -> float:
    """1 where nothing can settle."""
    return value / best if best > 0 else 1.0


def print_solved(steps: int) -> None:
    """A table of shares of the proven optimum, and of the bound where none is proven."""
    print("| family | proven | mean share | worst (banks × payments) | greedy | CPU s | unproven | share of bound |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    everything: list[float] = []
    for family in FAMILIES:
        proven, open_ = [], []
        greedy, seconds = [], []
        for (name, banks, payments, seed), row in known().items():
            if name != family:
                continue
            ours = measure(family, banks, payments, seed, steps)
            seconds.append(ours["seconds"])
            if row["proven"]:
                # Ours may be the better one by what floats leave open.
                best = max(row["value"], ours["value"])
                proven.append((share(ours["value"], best), f"{banks} × {payments}"))
                greedy.append(share(ours["greedy"], best))
            else:
                open_.append(share(ours["value"], min(ours["bound"], row["bound"] or ours["bound"])))
        everything += [reached for reached, _ in proven]
        worst = min(proven)
        print(
            f"| {family} | {len(proven)} | {np.mean([reached for reached, _ in proven]):.2%}"
            f" | {worst[0]:.2%} ({worst[1]}) | {np.mean(greedy):.1%} | {np.mean(seconds):.2f} | {len(open_)}"
            f" | {f'{np.mean(open_):.1%}' if open_ else '–'} |",
            flush=True,
        )
    print(f"| all | {len(everything)} | {np.mean(everything):.2%} | {min(everything):.2%} | | | | |")


def print_large(steps: int, seeds: int) -> None:
    """A table of shares of the divisible bound where no optimum is known."""
    print("| banks × payments | family | share of bound | greedy | CPU s | µs a payment |")
    print("| --- | --- | --- | --- | --- | --- |")
    for banks, payments in LARGE:
        for family in FAMILIES:
            rows = [measure(family, banks, payments, seed, steps) for seed in range(1, seeds + 1)]
            reached = np.mean([share(row["value"], row["bound"]) for row in rows])
            greedy = np.mean([share(row["greedy"], row["bound"]) for row in rows])
            seconds = np.mean([row["seconds"] for row in rows])
            print(
                f"| {banks} × {payments} | {family} | {reached:.1%} | {greedy:.1%} | {seconds:.2f}"
                f" | {seconds / payments * 1e6:.1f} |",
                flush=True,
            )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--solve", action="store_true", help="add optima that are missing")
    parser.add_argument("--seconds", type=float, default=20.0, help="time limit of HiGHS for each")
    parser.add_argument("--seeds", type=int, default=3, help="problems of each family and size")
    parser.add_argument("--steps", type=int, default=LuhaiBest.steps, help="budget of luhai_best")
    parser.add_argument("--large", action="store_true", help="the large ones, against the bound")
    given = parser.parse_args()
    if given.solve:
        add_missing(given.seeds, given.seconds)
    for warm in ((10, 50), (10, 1500)):
        measure("uniform", *warm, 9, 100_000)
    if given.large:
        print_large(given.steps, given.seeds)
    else:
        print_solved(given.steps)


if __name__ == "__main__":
    main()
