"""All or nothing: the whole queue settles at once if every account can then pay, else none of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.grouping import positions


@register("all_or_nothing")
@dataclass(frozen=True, kw_only=True)
class AllOrNothing(Mechanism):
    """Settle the whole queue at once if no account is short after it, and nothing otherwise.

    Invariants: one set with everything in it, or none. Cost: O(payments + accounts).
    """

    source: ClassVar[str] = "TARGET2 algorithm 1: Guideline ECB/2007/2, Annex II, Appendix I"
    keeps_order: ClassVar[bool] = True

    def select(self, problem: Problem) -> Selection:
        """Choose everything or nothing."""
        position = positions(problem)
        short = int((position < 0).sum())
        set_of = np.full(problem.size, -1 if short else 0, dtype=np.int32)
        shortfall = int(-position[position < 0].sum())
        return Selection(set_of=set_of, facts={"short_accounts": short, "shortfall_minor": shortfall})
