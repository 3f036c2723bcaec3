"""Runs a rail's liquidity-saving mechanisms: takes its queue, lets the mechanism choose, settles what it chose."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.engine.machine import Machine
from simcore.errors import ScenarioError
from simcore.kernels.constants import FIFO
from simcore.kernels.world import PLACE_QUEUE
from simcore.lsm.base import Mechanism, Problem

ORDER_BITS = (1 << 56) - 1
MOST_VALUE = 0.99 * 2**62


def queued_slots(machine: Machine, rail: int) -> Any:
    """Slots in the queues of a rail, in its queue order: int64 (n,)."""
    slots, accounts = machine.world.slots, machine.accounts
    queued = np.flatnonzero(slots["place"] == PLACE_QUEUE)
    queued = queued[accounts["rail"][slots["debit"][queued]] == rail]
    key = slots["key"][queued]
    if machine.world.rails["rule"][rail] == FIFO:
        key = key & ORDER_BITS
    return queued[np.argsort(key, kind="stable")]


def problem_of(machine: Machine, rail: int, chosen: Any) -> Problem:
    """The queue as a mechanism sees it; accounts are counted from the rail's first."""
    where = machine.accounts_of(rail)
    if np.sum(machine.accounts["queued_value"][where], dtype=np.float64) >= MOST_VALUE:
        raise ScenarioError.one(
            "LH090", "the queue of a rail that runs a mechanism", got="more than 2^62 minor units in all",
            expected="queued value within int64", try_="smaller amounts",
        )  # fmt: skip
    rows, queue = machine.accounts[where], machine.world.slots[chosen]
    return Problem(
        # An account may stand below its reservation; it then has no funds to give.
        funds=np.maximum(rows["balance"] + rows["debit_limit"] - rows["reserved"], 0),
        debtor=(queue["debit"] - where.start).astype(np.int32),
        creditor=(queue["credit"] - where.start).astype(np.int32),
        amount=np.ascontiguousarray(queue["amount"]),
        priority=queue["priority"].astype(np.int8),
        entered_at=np.ascontiguousarray(queue["entered_at"]),
    )


def run_mechanism(
    machine: Machine, rail: int, mechanism: Mechanism, cycle_id: int, now_us: int
) -> dict[str, int] | None:
    """Run a mechanism on a rail at rest; figures for ``cycles``, or None where the queue is empty.

    Raises
    ------
    InvariantError    a set that would leave an account below its limit
    """
    queued = queued_slots(machine, rail)
    if not queued.size:
        return None
    problem = problem_of(machine, rail, queued)
    set_of = mechanism.select(problem).set_of
    at = np.flatnonzero(set_of >= 0)
    at = at[np.argsort(set_of[at], kind="stable")]
    result = {
        "considered_count": int(queued.size),
        "considered_minor": int(problem.amount.sum()),
        "settled_count": int(at.size),
        "settled_minor": int(problem.amount[at].sum()),
        "moved_minor": _moved(problem, set_of, at),
    }
    if at.size:
        machine.settle_sets(rail, queued[at], set_of[at].astype(np.int64), cycle_id, now_us)
    return result


def _moved(problem: Problem, set_of: Any, at: Any) -> int:
    """Sum over the sets of their net debits: the money that really moved."""
    width = problem.funds.size
    number = set_of[at].astype(np.int64) * width
    sides = np.concatenate([number + problem.debtor[at], number + problem.creditor[at]])
    keys, where = np.unique(sides, return_inverse=True)
    net = np.zeros(keys.size, np.int64)
    np.add.at(net, where, np.concatenate([-problem.amount[at], problem.amount[at]]))
    return int(-net[net < 0].sum())
