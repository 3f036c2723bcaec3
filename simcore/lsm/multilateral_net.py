"""Deferred multilateral netting: everything collected settles by net positions, if the net debtors can pay them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from simcore.accelerate import kernel
from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.gridlock_resolution import prefix_set, resolved
from simcore.lsm.grouping import by_debtor, positions, writable


@kernel
def unwind_accounts(debtor, creditor, amount, start, rows, position, out, gone):
    """Take out all obligations of the shortest account, owed and due, until no account is short.

    Parameters
    ----------
    debtor, creditor : int32 (n,)     accounts
    amount : int64 (n,)               minor units
    start : int64 (n_account + 1,)    rows[start[i] : start[i + 1]] are all obligations that account i has a part in
    rows : int32 (2 n,)
    position : int64 (n_account,)     funds after everything; on return after what is left
    out : bool (n_account,)           all false; true for accounts unwound
    gone : bool (n,)                  all false; true for obligations taken out

    Returns
    -------
    int64                             accounts unwound

    Notes
    -----
    The shortest is the one furthest below zero, the lowest number among equals. O(n + n_account × unwound).
    """
    count = 0
    while True:
        worst = -1
        for i in range(position.size):
            if position[i] < 0 and (worst < 0 or position[i] < position[worst]):
                worst = i
        if worst < 0:
            return count
        out[worst] = True
        count += 1
        for m in range(start[worst], start[worst + 1]):
            k = rows[m]
            if not gone[k]:
                gone[k] = True
                position[debtor[k]] += amount[k]
                position[creditor[k]] -= amount[k]


@register("multilateral_net")
@dataclass(frozen=True, kw_only=True)
class MultilateralNet(Mechanism):
    """Net everything to one position per account and settle it all if every net debtor has the funds.

    If some net debtor has not, ``unwind`` says what happens. With "participant" the one that is shortest (the lowest
    account among equals) is taken out with all it owes and all it is owed, and the positions are made again, until
    nobody is short; others can become short by that, which is the known danger of unwinding. With "latest" only its
    own latest obligations are taken out until it can pay, which is gridlock resolution.

    Invariants: one set or none; positions of one net sum to zero. Cost: O(obligations + accounts), and with
    "participant" O(accounts) more for each account taken out.
    """

    source: ClassVar[str] = "CPSS (1990), Lamfalussy report; CPSS (1997), Real-time gross settlement systems, annex"
    keeps_order: ClassVar[bool] = False

    unwind: Literal["none", "participant", "latest"] = "none"
    """When a net debtor is short: settle nothing, take out its obligations on both sides, or its own latest ones."""

    def __post_init__(self) -> None:
        # Taking out what others owe to the one unwound leaves gaps in their queues.
        object.__setattr__(self, "keeps_order", self.unwind != "participant")

    def select(self, problem: Problem) -> Selection:
        """Choose what settles by net positions."""
        position = positions(problem)
        net = position - problem.funds
        short = int((position < 0).sum())
        set_of = np.zeros(problem.size, dtype=np.int32)
        unwound: list[int] = []
        if short and self.unwind == "none":
            set_of[:] = -1
        elif short and self.unwind == "latest":
            queues = by_debtor(problem)
            last, position = resolved(problem, queues)
            set_of = prefix_set(problem, queues, last)
        elif short:
            unwound, gone = _unwound(problem, position)
            set_of[gone] = -1
        facts = {
            "short_accounts": short,
            "net_debit_minor": int(-net[net < 0].sum()),
            "gross_minor": int(problem.amount.sum()),
            "unwound_accounts": unwound,
        }
        return Selection(set_of=set_of, facts=facts)


def _unwound(problem: Problem, position: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Accounts taken out, in account order, and where obligations went with them."""
    n_account = int(problem.funds.size)
    both = Problem(
        funds=problem.funds,
        debtor=np.concatenate((problem.debtor, problem.creditor)),
        creditor=np.concatenate((problem.creditor, problem.debtor)),
        amount=np.concatenate((problem.amount, problem.amount)),
        priority=problem.priority,
        entered_at=problem.entered_at,
    )
    parts = by_debtor(both)
    out, gone = np.zeros(n_account, dtype=np.bool_), np.zeros(problem.size, dtype=np.bool_)
    rows = (parts.order % max(problem.size, 1)).astype(np.int32)
    unwind_accounts(
        writable(problem.debtor), writable(problem.creditor), writable(problem.amount), parts.start, rows, position,
        out, gone,
    )  # fmt: skip
    return np.flatnonzero(out).tolist(), gone
