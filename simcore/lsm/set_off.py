"""Multilateral set-off: cancel as much debt as possible without changing anybody's net position or creditors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from simcore.lsm import register
from simcore.lsm.base import Cleared, Clearing, Problem
from simcore.lsm.bounds import least_unsettled


def net_positions(problem: Problem) -> NDArray[np.int64]:
    """What each account is owed less what it owes, (n_account,), minor units."""
    net = np.zeros(problem.funds.size, np.int64)
    np.add.at(net, problem.creditor, problem.amount)
    np.subtract.at(net, problem.debtor, problem.amount)
    return net


def debt_facts(problem: Problem, residual: int, extra: int = 0) -> dict[str, Any]:
    """What every clearing reports, in minor units: ``gross`` debt before, ``residual`` after (with ``extra``, which
    are new obligations), and ``net_internal_debt``, the sum of net debit positions: no debt with these positions is
    smaller. ``excess`` is what could go at most, gross − net internal debt; ``excess_removed`` which share of it went.
    """
    gross = int(problem.amount.sum())
    least = int(np.maximum(net_positions(problem), 0).sum())
    cleared = gross - residual - extra
    return {
        "gross": gross,
        "residual": residual + extra,
        "extra": extra,
        "cleared": cleared,
        "net_internal_debt": least,
        "excess": gross - least,
        "excess_removed": cleared / (gross - least) if gross > least else 1.0,
    }


@register("set_off")
@dataclass(frozen=True, kw_only=True)
class SetOff(Clearing):
    """Multilateral set-off, exact, as minimum-cost flow.

    Of all residuals 0 ≤ f_p ≤ a_p that leave every net position as it is, one with the least total: the largest
    circulation of debt is cancelled. Obligations are cancelled in part where need be. Of those between the same two
    accounts the first in the queue are cancelled first. Only the total is unique, not who is relieved.

    Invariants: net positions stay; obligations only shrink; no new ones arise; funds are not used; what is left holds
    no cycle, and no other residual with these properties is smaller.
    Cost: one sort and OR-tools' minimum-cost flow on at most min(n, n_account²) arcs: 0.1 to 0.6 s for 100,000.
    Raises ``ScenarioError`` LH105 where OR-tools is missing.
    """

    source: ClassVar[str] = (
        "Fleischman, Dini and Littera (2020), Journal of Risk and Financial Management 13(12) 295; "
        "Fleischman and Dini (2021), the same 14(9) 452"
    )

    def clear(self, problem: Problem) -> Cleared:
        """Cancel the largest circulation."""
        residual = least_unsettled(problem, np.zeros(problem.funds.size, np.int64))
        return Cleared(residual_minor=residual, facts=debt_facts(problem, int(residual.sum())))
