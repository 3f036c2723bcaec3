"""The speed goals of netting, each a ratio of two times taken in turn in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.flows import OPENINGS, PARTICIPANTS, Payments, make_payments
from benchmarks.goals import Goal
from benchmarks.measure import Stopwatch, in_turn, times
from benchmarks.netting_instances import make
from benchmarks.rtgs_loops import LOG_ROWS, SLOTS, Measured, drive, feeds, one_rail
from simcore.accelerate import kernel
from simcore.engine.build import build_world
from simcore.errors import InvariantError
from simcore.kernels import control
from simcore.kernels.constants import BYPASS, FIFO
from simcore.lsm.base import Problem
from simcore.lsm.bounds import need_library
from simcore.lsm.gridlock_resolution import GridlockResolution
from simcore.lsm.grouping import by_debtor, net_positions
from simcore.lsm.set_off import SetOff

Record = tuple[dict[str, Any], list[Goal]]
QUEUED = 100_000
# With 1,000,000 payments of benchmarks.flows about 5 % queue where queued payments may be bypassed; found by bisection.
BYPASS_OPENING = 129_000_000_000


@kernel
def rescan(start, creditor, amount, last, position, funds):
    """Gridlock resolution as textbooks have it: add up everything again after each payment taken out.

    Rows of account i are start[i] : start[i + 1], in its queue order; what settles is start[i] : last[i] on return.
    ``funds`` and ``position`` are int64 (n_account,), the second is scratch. Returns how often it added up.
    """
    rounds = 0
    while True:
        rounds += 1
        for i in range(funds.size):
            position[i] = funds[i]
        for i in range(funds.size):
            for k in range(start[i], last[i]):
                position[i] -= amount[k]
                position[creditor[k]] += amount[k]
        short = -1
        for i in range(funds.size):
            if position[i] < 0:
                short = i
                break
        if short < 0:
            return rounds
        last[short] -= 1


@kernel
def read_through(debtor, creditor, amount):
    """Read every element once: what adding them up costs at least."""
    total = 0
    for k in range(amount.size):
        total += amount[k] + debtor[k] + creditor[k]
    return total


def timed(work: Callable[[], Any]) -> Callable[[], Stopwatch]:
    """The same, with a stopwatch around it."""

    def run() -> Stopwatch:
        watch = Stopwatch()
        work()
        watch.stop()
        return watch

    return run


def gridlock(quick: bool) -> Record:
    """Gridlock resolution from a queue in order of entry, against the compiled rescan, on the same problem."""
    problem = make("uniform", PARTICIPANTS, QUEUED, 1)
    mechanism, queues = GridlockResolution(), by_debtor(problem)
    creditor, amount = problem.creditor[queues.order], problem.amount[queues.order]
    last, position = np.empty(PARTICIPANTS, np.int64), np.empty(PARTICIPANTS, np.int64)

    def textbook() -> int:
        last[:] = queues.start[1:]
        return int(rescan(queues.start, creditor, amount, last, position, problem.funds))

    def short_case() -> None:  # compile on a queue that is over at once
        rescan(queues.start, creditor, amount, queues.start[:-1].copy(), position, problem.funds)

    short_case()
    settled = mechanism.select(problem).settled
    fast = times([timed(lambda: mechanism.select(problem))() for _ in range(5 if quick else 15)])
    slow_watch = Stopwatch()
    rounds = textbook()
    slow_watch.stop()
    if int((last - queues.start[:-1]).sum()) != int(settled.sum()):
        raise InvariantError("gridlock resolution and the rescan settle different sets")
    slow = times([slow_watch])
    ns = 1e9 * fast["cpu_best_s"] / QUEUED
    record = {"case": "gridlock resolution", "queued": QUEUED, "participants": PARTICIPANTS,
              "settled": int(settled.sum()), "rounds_of_rescan": rounds, "ours": fast, "rescan": slow,
              "ns_per_queued_payment": ns}  # fmt: skip
    ratio = slow["cpu_best_s"] / fast["cpu_best_s"]
    return record, [
        Goal("gridlock resolution, 100,000 queued, 100 banks", ns, 10, False, "ns"),
        Goal("gridlock resolution: speed of the textbook rescan", ratio, 50, True, "x", "both compiled"),
    ]


def net(quick: bool) -> Record:
    """Net positions of many obligations against one read of the same arrays."""
    size = 10_000_000 if quick else 100_000_000
    rng = np.random.Generator(np.random.Philox(key=65))
    # In pieces, since the generator's own arrays are twice as large.
    debtor, creditor, amount = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int64)
    for start in range(0, size, 10_000_000):
        part = slice(start, start + 10_000_000)
        count = debtor[part].size
        debtor[part] = rng.integers(0, PARTICIPANTS, count, dtype=np.int32)
        creditor[part] = (debtor[part] + rng.integers(1, PARTICIPANTS, count, dtype=np.int32)) % PARTICIPANTS
        amount[part] = rng.integers(1, 10**10, count)
    position = np.zeros(PARTICIPANTS, np.int64)
    paid = np.zeros(PARTICIPANTS, np.int64)
    net_positions(debtor[:10], creditor[:10], amount[:10], position, paid)
    read_through(debtor[:10], creditor[:10], amount[:10])
    ours, read = in_turn(
        3,
        timed(lambda: net_positions(debtor, creditor, amount, position, paid)),
        timed(lambda: read_through(debtor, creditor, amount)),
    )
    if int(position.sum()):
        raise InvariantError("net positions don't sum to zero")
    record = {"case": "net positions", "obligations": size, "participants": PARTICIPANTS,
              "ours": times(ours), "read": times(read)}  # fmt: skip
    ratio = record["ours"]["cpu_best_s"] / record["read"]["cpu_best_s"]
    return record, [Goal(f"net positions of {size / 1e6:.0f} million: time of one read", ratio, 2, False, "x")]


def _rail(payments: Payments, rule: int, opening: int, most: int) -> Measured:
    """One day on one gross rail; ``most`` opposite payments tried at entry, 0 for plain."""
    spec = one_rail(opening)
    spec = replace(spec, rails=(replace(spec.rails[0], rule=rule, offset_most=most),))
    batches = feeds(payments)
    watch = Stopwatch()
    world = build_world(spec, slots=SLOTS, log_rows=LOG_ROWS)
    control.open_rail(world, 0, 0)
    world = drive(world, batches, None)
    watch.stop()
    return watch, None


def at_entry(quick: bool) -> Iterator[Record]:
    """A rail at 5 % queued, plain and with offsets of up to ten opposite payments at entry."""
    payments = make_payments(1_000_000)
    for word, rule, opening in (("bypass", BYPASS, BYPASS_OPENING), ("strict", FIFO, OPENINGS[1_000_000][5])):
        _rail(payments.slice(0, 1000), rule, opening, 10)
        plain, offset = in_turn(
            3 if quick else 7,
            lambda rule=rule, opening=opening: _rail(payments, rule, opening, 0)[0],
            lambda rule=rule, opening=opening: _rail(payments, rule, opening, 10)[0],
        )
        record = {"case": f"offset at entry, {word} queues", "payments": payments.size, "opening_minor": opening,
                  "plain": times(plain), "with_offset": times(offset)}  # fmt: skip
        kept = record["plain"]["cpu_best_s"] / record["with_offset"]["cpu_best_s"]
        what = f"offset at entry, {word} queues, 5 % queued: speed kept"
        yield record, [Goal(what, kept, 1 / 3, True, "x")]


def _solver_alone(problem: Problem) -> int:
    """OR-tools on the obligations as they are; returns the debt left, minor units."""
    library = need_library("ortools.graph.python.min_cost_flow", "minimum-cost flow")
    solver = library.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        problem.debtor, problem.creditor, problem.amount, np.ones(problem.size, np.int64)
    )
    supply = np.zeros(problem.funds.size, np.int64)
    np.add.at(supply, problem.debtor, problem.amount)
    np.subtract.at(supply, problem.creditor, problem.amount)
    solver.set_nodes_supplies(np.arange(supply.size), supply)
    if solver.solve() != solver.OPTIMAL:
        raise InvariantError("OR-tools found no flow")
    return int(solver.optimal_cost())


def set_off(quick: bool) -> Record:
    """Set-off of a network of 100,000 debts among 2,000 firms against OR-tools alone; both include the loading."""
    firms, debts = 2_000, 100_000
    problem = make("core_periphery", firms, debts, 1)
    ours_left = int(SetOff().clear(problem).residual_minor.sum())
    if ours_left != _solver_alone(problem):
        raise InvariantError("set-off and OR-tools leave different debts")
    ours, alone = in_turn(
        3 if quick else 5, timed(lambda: SetOff().clear(problem)), timed(lambda: _solver_alone(problem))
    )
    record = {"case": "set-off", "debts": debts, "firms": firms, "residual_minor": ours_left,
              "ours": times(ours), "solver": times(alone)}  # fmt: skip
    ratio = record["ours"]["cpu_best_s"] / record["solver"]["cpu_best_s"]
    return record, [Goal("set-off of 100,000 debts: time of OR-tools alone", ratio, 1.5, False, "x")]


def run(quick: bool) -> Iterator[Record]:
    """Every case with its goals."""
    yield gridlock(quick)
    yield net(quick)
    yield from at_entry(quick)
    yield set_off(quick)
