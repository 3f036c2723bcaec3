"""Portfolio compression: the same net positions with less debt, under four rules of what may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from simcore.errors import ScenarioError
from simcore.lsm import register
from simcore.lsm.base import Cleared, Clearing, Problem
from simcore.lsm.bounds import add_up_pairs, least_unsettled, spread_over_obligations
from simcore.lsm.set_off import debt_facts

KINDS = ("conservative", "hybrid", "non_conservative", "bilateral")

Obligations = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


def net_each_pair(problem: Problem) -> NDArray[np.int64]:
    """What is left of each obligation, (n,), when every two accounts net what they owe each other."""
    pairs = add_up_pairs(problem)
    n_account = problem.funds.size
    key = pairs.debtor * n_account + pairs.creditor
    opposite = pairs.creditor * n_account + pairs.debtor
    place = np.minimum(np.searchsorted(key, opposite), max(key.size - 1, 0))
    owed_back = np.where(key[place] == opposite, pairs.amount[place], 0)
    return spread_over_obligations(problem, pairs, np.maximum(pairs.amount - owed_back, 0))


def settle_positions(net: NDArray[np.int64]) -> Obligations:
    """New obligations that give everybody the net position ``net``, (n_account,) minor units summing to 0.

    Net debtors and net creditors are laid side by side, each in order of account, and where two overlap the one owes
    the other that much: the least possible total, and fewer obligations than accounts with a position.
    """
    debtors, creditors = np.flatnonzero(net < 0), np.flatnonzero(net > 0)
    owed, due = np.cumsum(-net[debtors]), np.cumsum(net[creditors])
    cuts = np.union1d(owed, due).astype(np.int64)
    return (
        debtors[np.searchsorted(owed, cuts)].astype(np.int32),
        creditors[np.searchsorted(due, cuts)].astype(np.int32),
        np.diff(cuts, prepend=np.int64(0)),
    )


@register("compression")
@dataclass(frozen=True, kw_only=True)
class Compression(Clearing):
    """Portfolio compression after D'Errico and Roukny.

    ``conservative``: obligations only shrink; the same as set-off. ``non_conservative``: all obligations are replaced
    by new ones, fewer than there are accounts, that add up to the net internal debt. ``hybrid``: dealers, which both
    owe and are owed, replace what they owe each other in that way; obligations of customers, which only owe or are
    only owed, stay (they couldn't shrink without changing a position). ``bilateral``: each pair nets what it owes.

    Invariants: net positions stay; net internal debt = non_conservative ≤ hybrid ≤ conservative ≤ bilateral ≤ gross.
    Cost: one sort; conservative as set-off.
    """

    source: ClassVar[str] = "D'Errico and Roukny (2017), Compressing over-the-counter markets, ESRB Working Paper 44"

    kind: Literal["conservative", "hybrid", "non_conservative", "bilateral"] = "conservative"
    """Which obligations may change: ``conservative``, ``hybrid``, ``non_conservative`` or ``bilateral``."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ScenarioError.one(
                "LH103", "compression: kind", got=repr(self.kind), expected=f"one of {', '.join(KINDS)}"
            )

    def clear(self, problem: Problem) -> Cleared:
        """Compress; raises ``ScenarioError`` LH105 where conservative compression needs OR-tools and it is missing."""
        if self.kind == "conservative":
            return self._shrunk(problem, least_unsettled(problem, np.zeros(problem.funds.size, np.int64)))
        if self.kind == "bilateral":
            return self._shrunk(problem, net_each_pair(problem))
        replaced = np.ones(problem.size, np.bool_)
        if self.kind == "hybrid":
            owes, is_owed = np.zeros((2, problem.funds.size), np.bool_)
            owes[problem.debtor] = is_owed[problem.creditor] = True
            dealer = owes & is_owed
            replaced = dealer[problem.debtor] & dealer[problem.creditor]
        net = np.zeros(problem.funds.size, np.int64)
        np.add.at(net, problem.creditor[replaced], problem.amount[replaced])
        np.subtract.at(net, problem.debtor[replaced], problem.amount[replaced])
        extra = settle_positions(net)
        residual = np.where(replaced, 0, problem.amount)
        facts = debt_facts(problem, int(residual.sum()), int(extra[2].sum()))
        return Cleared(residual_minor=residual, extra=extra, facts={"kind": self.kind, **facts})

    def _shrunk(self, problem: Problem, residual: NDArray[np.int64]) -> Cleared:
        facts = {"kind": self.kind, **debt_facts(problem, int(residual.sum()))}
        return Cleared(residual_minor=residual, facts=facts)
