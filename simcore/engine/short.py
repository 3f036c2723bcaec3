"""What a deferred net system does when a net debtor can't pay: who is left out, what is unwound, who bears the loss.

Pure choices over arrays; :mod:`simcore.engine.short_cycle` carries them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simcore.kernels.constants import RETURNED_DEFAULT, RETURNED_UNWOUND
from simcore.lsm.base import Problem
from simcore.lsm.grouping import net_positions


@dataclass(frozen=True)
class Resolution:
    """What becomes of a cycle that can't settle in full; rows are positions in its obligations."""

    settles: Any
    """int64 rows that settle as one set."""
    returned: Any
    """int64 rows that are taken out and returned; all others wait for the next cycle."""
    shares: tuple[tuple[int, int, int], ...] = ()
    """(paying account, account in default, amount) moved before the set settles."""
    recoveries: tuple[tuple[int, int, int], ...] = ()
    """(account in default, creditor, amount) paid in the same set, in place of what is returned."""
    status: int = RETURNED_UNWOUND
    """Of what is returned."""


def positions(problem: Problem, rows: Any) -> Any:
    """Multilateral net positions of some obligations: int64 (n_account,)."""
    net = np.zeros(problem.funds.size, np.int64)
    net_positions(problem.debtor[rows], problem.creditor[rows], problem.amount[rows], net, np.zeros_like(net))
    return net


def unwind(problem: Problem) -> Resolution:
    """Take out everything that participants who are short pay or receive, until nobody left is short.

    Each round leaves out at least one participant more, so there are at most n_account rounds of O(n). CPMI glossary:
    "settlement unwind".
    """
    out = np.zeros(problem.funds.size, np.bool_)
    rows = np.arange(problem.size)
    while True:
        short = problem.funds + positions(problem, rows) < 0
        if not short.any():
            break
        out |= short
        rows = np.flatnonzero(~out[problem.debtor] & ~out[problem.creditor])
    return Resolution(rows, np.setdiff1d(np.arange(problem.size), rows))


def partial_unwind(problem: Problem) -> Resolution:
    """Take out the newest obligations of participants who are short, as few as needed; they wait for the next cycle."""
    from simcore.lsm.gridlock_resolution import GridlockResolution

    return Resolution(np.flatnonzero(GridlockResolution().select(problem).settled), np.zeros(0, np.int64))


def split(amount: int, weights: Sequence[int], most: Sequence[int]) -> list[int] | None:
    """Share an amount in proportion to weights, nobody beyond its most; None if they can't bear it together.

    Exact in minor units: each gets the whole part of its share, and what is left goes, one unit each, to the largest
    remainders, the first among equals. Whoever would pass its most pays that, and the rest is shared anew.
    """
    shares = [0] * len(weights)
    bearing = [k for k, weight in enumerate(weights) if weight > 0 and most[k] > 0]
    left = amount
    while left > 0:
        total = sum(weights[k] for k in bearing)
        if total == 0:
            return None
        parts = {k: divmod(left * weights[k], total) for k in bearing}
        over = [k for k in bearing if parts[k][0] >= most[k]]
        if over:
            for k in over:
                shares[k] = most[k]
                left -= most[k]
            bearing = [k for k in bearing if k not in over]
            continue
        extra = left - sum(whole for whole, _ in parts.values())
        # A unit more can't pass anybody's most, because the whole part is below it.
        first = sorted(bearing, key=lambda k: (-parts[k][1], k))[:extra]
        for k in bearing:
            shares[k] = parts[k][0] + (k in first)
        left = 0
    return shares


def share_losses(problem: Problem, held: Any, most_funds: Any, share_by: str) -> Resolution:
    """Settle everything: a participant in default pays from its own collateral, then the others share what is missing.

    Parameters
    ----------
    problem : Problem    the cycle; ``funds`` without collateral
    held : int64 (n_account,)    collateral of each account
    most_funds : int64 (n_account,)    balance + debit limit, collateral included
    share_by : "owed" (what the participant in default owes each in this cycle), "collateral", or "equal"

    A survivor gives at most its collateral. Where that isn't enough for all losses, the cycle is unwound.
    """
    rows = np.arange(problem.size)
    net = positions(problem, rows)
    after = most_funds + net
    default = problem.funds + net < 0
    give = np.where(default, 0, np.maximum(np.minimum(np.minimum(held, most_funds), after), 0)).tolist()
    shares: list[tuple[int, int, int]] = []
    for loser in np.flatnonzero(default).tolist():
        loss = -int(after[loser])
        if loss <= 0:
            continue  # its own collateral is enough
        if share_by == "owed":
            mine = problem.debtor == loser
            owed = np.zeros(problem.funds.size, np.int64)
            np.add.at(owed, problem.creditor[mine], problem.amount[mine])
            weights = np.where(default, 0, owed).tolist()
        elif share_by == "collateral":
            weights = np.where(default, 0, held).tolist()
        else:
            weights = np.where(default, 0, 1).tolist()
        parts = split(loss, weights, give)
        if parts is None:
            return unwind(problem)
        for payer, amount in enumerate(parts):
            if amount > 0:
                give[payer] -= amount
                shares.append((payer, loser, amount))
    return Resolution(rows, np.zeros(0, np.int64), tuple(shares))


def clear_default(problem: Problem, most_funds: Any, bound: Any) -> Resolution:
    """Pay what the clearing vector says: whoever can't pay all it owes shares what it has among its creditors.

    Parameters
    ----------
    most_funds : int64 (n_account,)    balance + debit limit: in default a participant pays with all it has
    bound : bool (n,)    money on its way back, which can't be returned; it has no part in this and waits

    Everything owed by others settles in full. Of what a participant in default owes nothing settles; its creditors get
    their shares of what there is, in proportion to what it owes each of them in the cycle.
    """
    from simcore.lsm.clearing_vector import clearing_vector

    rows = np.flatnonzero(~bound)
    debtor, creditor, amount = problem.debtor[rows], problem.creditor[rows], problem.amount[rows]
    owed = np.zeros(problem.funds.size, np.int64)
    np.add.at(owed, debtor, amount)
    # More than it owes changes nothing, and an unlimited line stays a number that can be added up.
    vector = clearing_vector((debtor, creditor, amount), np.minimum(most_funds, owed))
    paid = zip(vector.debtor.tolist(), vector.creditor.tolist(), vector.paid.tolist())
    # Rounding to whole units may give somebody in default by a fraction of a unit all it owes.
    short = vector.payments < owed
    out = short[debtor]
    return Resolution(
        rows[~out], rows[out], status=RETURNED_DEFAULT,
        recoveries=tuple(pay for pay in paid if short[pay[0]] and pay[2] > 0),
    )  # fmt: skip


def all_or_none(problem: Problem) -> Resolution:
    """Settle everything if nobody is short of its net position, else nothing: all wait for the next cycle."""
    rows = np.arange(problem.size)
    short = bool((problem.funds + positions(problem, rows) < 0).any())
    return Resolution(rows[:0] if short else rows, rows[:0])


def resolve(problem: Problem, rule: str, share_by: str, held: Any, most_funds: Any, bound: Any) -> Resolution:
    """What ``when_short`` of a rail says; ``bound``, bool (n,): what can't be returned."""
    if rule == "wait":
        return all_or_none(problem)
    if rule == "unwind":
        return unwind(problem)
    if rule == "partial_unwind":
        return partial_unwind(problem)
    if rule == "clearing_vector":
        return clear_default(problem, most_funds, bound)
    return share_losses(problem, held, most_funds, share_by)
