"""TARGET2's "partial" algorithm: the largest part of the queue, in queue order, that funds and limits allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.gridlock_resolution import prefix_set
from simcore.lsm.t2_limits import Limits, limited, staying


@register("t2_partial")
@dataclass(frozen=True, kw_only=True)
class T2Partial(Mechanism):
    """Take the whole queue and remove payments from the ends of the queues until funds and limits hold.

    A bilateral limit is the most that an account's payments to one other may exceed what it gets from it in the same
    set; a multilateral limit is the same towards all accounts for which it has no bilateral limit. An account that is
    short or over a limit loses the last payment of its whole queue, which makes the result independent of the order in
    which accounts are treated. The legal text begins with the highest negative position and the lowest priority; the
    order of the queue is taken to hold the priority already. Without limits this is gridlock resolution.

    Invariants: one set; every debtor's settled payments are a prefix of its queue; no limit is exceeded. Cost:
    O(payments + accounts + limits).
    """

    source: ClassVar[str] = "TARGET2 algorithm 2: Guideline ECB/2007/2, Annex II, Appendix I"
    keeps_order: ClassVar[bool] = True

    limits: Limits = ()
    """Limits still free, each (account, towards account or -1 for all others, minor units)."""

    def select(self, problem: Problem) -> Selection:
        """Choose the largest set in queue order within funds and limits."""
        rules = limited(problem, self.limits, "t2_partial")
        queues, last = staying(problem, rules, rules.room)
        set_of = prefix_set(problem, queues, last)
        return Selection(set_of=set_of, facts={"taken_out": int((set_of < 0).sum())})
