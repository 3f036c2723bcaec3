"""Loads a user's mechanism file and tries it on generated queues: what it breaks is named, and the queue is saved."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from benchmarks.netting_instances import FAMILIES, make
from simcore.lsm import REGISTRY
from simcore.lsm.base import Clearing, Mechanism, Problem

DRAWN = 176  # with four of each family, 200 queues


@dataclass(frozen=True)
class Broken(Exception):
    """A promise that was not kept, on which problem."""

    name: str
    promise: str
    instance: str
    problem: Problem
    detail: str

    def __str__(self) -> str:
        return (
            f"{self.name} breaks a promise\n  promise   {self.promise}\n"
            f"  instance  {self.instance}\n  found     {self.detail}"
        )


class NoMechanism(Exception):
    """A file that can't be loaded or registers nothing."""


def load_mechanisms(path: Path) -> list[str]:
    """Run a file and return the names it registered; raises ``NoMechanism``."""
    before = set(REGISTRY.entries())
    if not path.is_file():
        raise NoMechanism(f"{path}: no such file")
    spec = importlib.util.spec_from_file_location(f"mechanisms_with_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise NoMechanism(f"{path}: expected a Python file, NAME.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise NoMechanism(f"{path}: {type(error).__name__}: {error}") from error
    added = {name: cls for name, cls in REGISTRY.entries().items() if name not in before}
    if not added:
        raise NoMechanism(f'{path} registers nothing; expected a class under @register("NAME") of simcore.lsm')
    for name, cls in added.items():
        if not (isinstance(cls, type) and issubclass(cls, (Mechanism, Clearing))):
            raise NoMechanism(f"{path}: {name} must derive from Mechanism or Clearing of simcore.lsm.base")
    return list(added)


def small_problems() -> Iterator[tuple[str, Problem]]:
    """About 200 small queues, with what they are called."""
    for seed in range(DRAWN):
        rng = Generator(Philox(key=seed))
        banks, payments = int(rng.integers(2, 9)), int(rng.integers(0, 31))
        debtor = rng.integers(0, banks, payments)
        creditor = (debtor + rng.integers(1, banks, payments)) % banks
        top = int(rng.choice([1, 5, 100, 10**9]))
        yield (
            f"drawn queue {seed}",
            Problem(
                funds=rng.integers(0, 2 * top + 1, banks) * rng.integers(0, 2, banks),
                debtor=debtor.astype(np.int32),
                creditor=creditor.astype(np.int32),
                amount=rng.integers(1, top + 1, payments),
                priority=rng.integers(0, 3, payments).astype(np.int8),
                entered_at=np.arange(payments, dtype=np.int64) * 1_000_000,
            ),
        )
    for family in FAMILIES:
        for seed in range(4):
            yield f"{family}, 8 banks, 40 payments, seed {seed}", make(family, 8, 40, seed)


def frozen(problem: Problem) -> Problem:
    """A copy whose arrays can't be written."""
    arrays: dict[str, NDArray[Any]] = {item.name: getattr(problem, item.name).copy() for item in fields(problem)}
    for array in arrays.values():
        array.flags.writeable = False
    return Problem(**arrays)


def lowest_funds(problem: Problem, set_of: NDArray[np.int32]) -> NDArray[np.int64]:
    """The least that each account holds after any of the sets, and before them all: (n_account,), minor units."""
    rows = np.flatnonzero(set_of >= 0)
    lowest = problem.funds.copy()
    if rows.size == 0:
        return lowest
    sets = int(set_of.max()) + 1
    number = set_of[rows].astype(np.int64)
    key = np.concatenate(
        [problem.debtor[rows] * np.int64(sets) + number, problem.creditor[rows] * np.int64(sets) + number]
    )
    change = np.concatenate([-problem.amount[rows], problem.amount[rows]])
    order = np.argsort(key, kind="stable")
    key, running = key[order], np.cumsum(change[order])
    ends = np.flatnonzero(np.append(key[1:] != key[:-1], True))  # the last row of each account and set
    account = key[ends] // sets
    first = np.flatnonzero(np.append(True, account[1:] != account[:-1]))
    base = np.where(first > 0, running[ends[first - 1]], 0)
    reached = np.minimum.reduceat(running[ends], first) - base
    who = account[first]
    lowest[who] = np.minimum(lowest[who], problem.funds[who] + reached)
    return lowest


def faults_of_sets(problem: Problem, set_of: Any, keeps_order: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with a selection: (promise, what was found)."""
    if not isinstance(set_of, np.ndarray) or set_of.dtype != np.int32 or set_of.shape != (problem.size,):
        got = f"{set_of.dtype} {set_of.shape}" if isinstance(set_of, np.ndarray) else type(set_of).__name__
        yield "set_of is an array of int32 with one number per obligation", got
        return
    numbers = np.unique(set_of[set_of >= 0])
    if numbers.tolist() != list(range(numbers.size)) or (problem.size and set_of.min() < -1):
        yield "sets are numbered 0, 1, 2, … without gaps, -1 where nothing settles", str(np.unique(set_of).tolist())
        return
    short = np.flatnonzero(lowest_funds(problem, set_of) < 0)
    if short.size:
        yield "funds are 0 or more after every set", f"account {short[0]} is below zero"
    if keeps_order:
        order = np.argsort(problem.debtor, kind="stable")
        place = np.where(set_of < 0, problem.size, set_of)[order]
        same = problem.debtor[order][1:] == problem.debtor[order][:-1]
        if (wrong := np.flatnonzero(same & (place[1:] < place[:-1]))).size:
            row = order[wrong[0] + 1]
            yield "keeps_order: each debtor settles in its queue's order", f"row {row} settles before one ahead of it"


def check(name: str) -> int:
    """Try a registered algorithm on small problems; returns how many, raises ``Broken``."""
    cls, count = REGISTRY.entries()[name], 0
    for instance, problem in small_problems():
        _check_one(name, cls(), cls(), instance, problem)
        count += 1
    return count


def _check_one(name: str, first: Any, second: Any, instance: str, problem: Problem) -> None:
    def broken(promise: str, detail: str) -> Broken:
        return Broken(name, promise, instance, problem, detail)

    given, before = frozen(problem), frozen(problem)
    for item in fields(given):
        getattr(given, item.name).flags.writeable = True  # a mechanism may be handed either
    answers = []
    for mechanism, taken in ((first, given), (second, frozen(problem))):
        try:
            answer = mechanism.clear(taken) if isinstance(mechanism, Clearing) else mechanism.select(taken)
            answers.append(answer.residual_minor if isinstance(mechanism, Clearing) else answer.set_of)
        except Exception as error:
            if "read-only" in str(error):
                raise broken("the problem is not changed", str(error)) from error
            raise broken("it gives an answer to every problem", f"{type(error).__name__}: {error}") from error
    for item in fields(given):
        if not np.array_equal(getattr(given, item.name), getattr(before, item.name)):
            raise broken("the problem is not changed", f"{item.name} was")
    if isinstance(first, Clearing):
        left = answers[0]
        if left.shape != (problem.size,) or ((left < 0) | (left > problem.amount)).any():
            raise broken("what is left of an obligation is between 0 and its amount", str(left.tolist())[:200])
    else:
        for promise, detail in faults_of_sets(problem, answers[0], first.keeps_order):
            raise broken(promise, detail)
    if not np.array_equal(answers[0], answers[1]):
        raise broken("the same problem gives the same answer", "two runs differ")


def save_instance(problem: Problem, path: Path) -> tuple[Path, Path]:
    """Write a problem as the two tables of ``luhai net``, PATH.csv and PATH-balances.csv; returns their paths."""
    path.parent.mkdir(parents=True, exist_ok=True)
    queue, balances = path.with_suffix(".csv"), path.with_name(f"{path.stem}-balances.csv")
    with queue.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "debtor", "creditor", "amount_minor", "currency", "priority"])
        for k in range(problem.size):
            row = (problem.debtor[k], problem.creditor[k], problem.amount[k], problem.priority[k])
            writer.writerow([k, f"bank{row[0]}", f"bank{row[1]}", int(row[2]), "CNY", int(row[3])])
    with balances.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["participant", "currency", "opening_minor"])
        writer.writerows([f"bank{who}", "CNY", int(funds)] for who, funds in enumerate(problem.funds))
    return queue, balances
