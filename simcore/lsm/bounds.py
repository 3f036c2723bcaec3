"""Bounds that need no search: what could settle if payments were divisible, and how much liquidity a day needs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ScenarioError
from simcore.lsm.base import Problem


def need_library(module: str, purpose: str) -> Any:
    """Import a module of the extra ``netting``; ``ScenarioError`` LH105 with the command that installs it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ScenarioError.one(
            "LH105",
            purpose,
            got=f"{module} can't be imported ({error})",
            expected="the libraries of the extra 'netting', scipy and ortools",
            try_="pip install 'luhai[netting]'",
        ) from None


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The obligations added up by ordered pair of accounts, in order of debtor and creditor."""

    debtor: NDArray[np.int64]  # (n_pair,)
    creditor: NDArray[np.int64]  # (n_pair,)
    amount: NDArray[np.int64]  # (n_pair,) minor units
    order: NDArray[np.int64]  # (n,) the obligations pair by pair, within each in queue order
    first: NDArray[np.int64]  # (n_pair,) where each pair begins in order
    upto: NDArray[np.int64]  # (n,) running sum of the amounts in order; below 2^62


def add_up_pairs(problem: Problem) -> Pairs:
    """Add up the obligations of each ordered pair of accounts; costs one sort."""
    n_account = max(problem.funds.size, 1)
    key = problem.debtor.astype(np.int64) * n_account + problem.creditor
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.concatenate([np.ones(min(key.size, 1), np.bool_), key[1:] != key[:-1]]))
    upto = np.cumsum(problem.amount[order])
    ends = upto[np.concatenate([first[1:], [key.size]])[: first.size] - 1]
    return Pairs(
        debtor=key[first] // n_account,
        creditor=key[first] % n_account,
        amount=np.diff(ends, prepend=np.int64(0)),
        order=order,
        first=first,
        upto=upto,
    )


def spread_over_obligations(problem: Problem, pairs: Pairs, residual: NDArray[np.int64]) -> NDArray[np.int64]:
    """Hand what is left of each pair, (n_pair,), to its last obligations in queue order, so that the first are cleared.

    Returns what is left of each obligation, (n,), minor units.
    """
    left = np.zeros(problem.size, np.int64)
    if pairs.first.size == problem.size:
        left[pairs.order] = residual
        return left
    amount = problem.amount[pairs.order]
    # What stands before an obligation in its pair is cleared first, then the obligation itself.
    cleared_upto = np.cumsum(pairs.amount) - residual
    length = np.diff(pairs.first, append=problem.size)
    left[pairs.order] = np.clip(pairs.upto - np.repeat(cleared_upto, length), 0, amount)
    return left


def least_unsettled(problem: Problem, funds: NDArray[np.int64]) -> NDArray[np.int64]:
    """What must stay open of each obligation, (n,), minor units, when obligations are divisible and accounts hold
    ``funds``, (n_account,) minor units ≥ 0. Its sum is the least possible.

    Whoever would be short after everything settled must keep as much of its own obligations back; whoever is paid
    less for that must do so in turn, as far as its surplus doesn't carry it. That is a minimum-cost flow along the
    obligations from the short accounts to those with a surplus, each unit costing one per obligation it passes. All
    numbers are integers, so the answer is exact. With no funds at all it is multilateral set-off.

    Cost: one sort, then OR-tools' cost scaling on at most min(n, n_account²) arcs.

    Raises ``ScenarioError`` LH105 where OR-tools is missing.
    """
    pairs = add_up_pairs(problem)
    incoming = np.zeros(funds.size, np.int64)
    outgoing = np.zeros(funds.size, np.int64)
    np.add.at(incoming, pairs.creditor, pairs.amount)
    np.add.at(outgoing, pairs.debtor, pairs.amount)
    # Funds beyond one's own debts change nothing, and without them no sum can leave 64 bits.
    after_all = np.minimum(funds, outgoing) + incoming - outgoing
    short = np.maximum(-after_all, 0)
    if not short.any():
        return np.zeros(problem.size, np.int64)
    flow = _least_flow(pairs, short, np.maximum(after_all, 0))
    return spread_over_obligations(problem, pairs, flow)


def _least_flow(pairs: Pairs, short: NDArray[np.int64], surplus: NDArray[np.int64]) -> NDArray[np.int64]:
    """The cheapest flow from ``short`` to ``surplus`` along the pairs, (n_pair,) minor units."""
    library = need_library("ortools.graph.python.min_cost_flow", "minimum-cost flow")
    solver = library.SimpleMinCostFlow()
    n_account, n_pair, total = short.size, pairs.amount.size, int(short.sum())
    ends = np.flatnonzero(surplus)
    solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([pairs.debtor, ends]),
        np.concatenate([pairs.creditor, np.full(ends.size, n_account)]),
        np.concatenate([pairs.amount, np.minimum(surplus[ends], total)]),
        np.concatenate([np.ones(n_pair, np.int64), np.zeros(ends.size, np.int64)]),
    )
    solver.set_nodes_supplies(np.arange(n_account + 1), np.concatenate([short, [-total]]))
    status = solver.solve()
    if status != solver.OPTIMAL:  # keeping everything back is always possible, so only a fault of ours ends here
        raise RuntimeError(f"minimum-cost flow ended with {status.name}")
    return np.asarray(solver.flows(np.arange(n_pair)), np.int64)


def divisible_bound(problem: Problem) -> int:
    """The most that could settle at once, minor units, if obligations were divisible: no mechanism settles more.

        maximise Σ a_p x_p   subject to   funds_i − Σ_{debtor i} a_p x_p + Σ_{creditor i} a_p x_p ≥ 0,   0 ≤ x_p ≤ 1

    the relaxation of the bank clearing problem (Güntzer, Jungnickel and Leclerc 1998). It is a network flow, so the
    bound is a whole number and exact. Raises ``ScenarioError`` LH105 where OR-tools is missing.
    """
    return int(problem.amount.sum()) - int(least_unsettled(problem, problem.funds).sum())


@dataclass(frozen=True, kw_only=True)
class LiquidityBounds:
    """What each account must have to settle everything, (n_account,), minor units, and the sums over accounts."""

    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    lower_total: int
    upper_total: int


def liquidity_bounds(problem: Problem) -> LiquidityBounds:
    """How much liquidity settling every obligation takes, at least and at most.

    lower_i = max(0, Σ sent_i − Σ received_i), minor units: everything netted at the end of the day.
    upper_i = max_t max(0, sent_i − received_i up to and with t), minor units: everything settles as it enters, one by
    one in order of entry and at the same instant in the order given, on unlimited credit; nothing ever waits.

    Between them lie the levels lower + λ (upper − lower), 0 ≤ λ ≤ 1, at which delay is traded against liquidity
    (Leinonen and Soramäki 1999). The funds of the problem don't matter. Cost: two sorts.
    """
    n_account, n = problem.funds.size, problem.size
    order = np.argsort(problem.entered_at, kind="stable")
    account = np.concatenate([problem.debtor[order], problem.creditor[order]])
    change = np.concatenate([problem.amount[order], -problem.amount[order]])
    moment = np.concatenate([np.arange(n), np.arange(n)])
    by_account = np.lexsort((moment, account))
    account = account[by_account]
    net_sent = np.zeros(n_account, np.int64)
    np.add.at(net_sent, account, change[by_account])
    # One running sum over all accounts, less what stood before each account's first row; it stays below 2^62.
    running = np.cumsum(change[by_account])
    upper = np.zeros(n_account, np.int64)
    first = np.searchsorted(account, np.arange(n_account))
    busy = np.flatnonzero(first < np.searchsorted(account, np.arange(n_account), side="right"))
    if busy.size:
        start = first[busy]
        before = np.where(start > 0, running[start - 1], 0)
        upper[busy] = np.maximum(np.maximum.reduceat(running, start) - before, 0)
    lower = np.maximum(net_sent, 0)
    return LiquidityBounds(lower=lower, upper=upper, lower_total=sum(lower.tolist()), upper_total=sum(upper.tolist()))
