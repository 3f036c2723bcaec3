"""Matching cycles: look for rings of accounts that owe each other in turn and settle the most valuable first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simcore.accelerate import kernel
from simcore.errors import ScenarioError
from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.grouping import by_pair, writable


@kernel
def ring_value(ring, length, start, order, amount, pair_debtor, funds, position, kept, gone):
    """Find what of a ring can settle: from all its payments, take out the smallest that covers the worst deficit.

    Parameters
    ----------
    ring : int32 (≥ length,)          pairs, each from the account where the one before ends
    start, order : int64, int32       rows of pair g are order[start[g] : start[g + 1]]
    amount : int64 (n,)
    pair_debtor : int32 (n_pair,)
    funds : int64 (n_account,)
    position, kept : int64 (≥ length,)    scratch, for each pair of the ring: funds of its debtor after, rows kept
    gone : bool (n,)                  settled rows are true; of the ring's others, true on return if they don't settle

    Returns
    -------
    int64                             value that settles, 0 if no payment is left on some side of the ring

    Notes
    -----
    The worst is furthest below zero, the lowest account among equals; of equal payments the later goes; if none
    covers the deficit, the largest goes. O(r²) for the r rows of the ring at worst.
    """
    for c in range(length):
        position[c] = funds[pair_debtor[ring[c]]]
        kept[c] = 0
    value = 0
    for c in range(length):
        for m in range(start[ring[c]], start[ring[c] + 1]):
            if not gone[order[m]]:
                kept[c] += 1
                value += amount[order[m]]
                position[c] -= amount[order[m]]
                position[(c + 1) % length] += amount[order[m]]
        if kept[c] == 0:
            return 0
    while True:
        worst = 0
        for c in range(1, length):
            if position[c] < position[worst] or (
                position[c] == position[worst] and pair_debtor[ring[c]] < pair_debtor[ring[worst]]
            ):
                worst = c
        if position[worst] >= 0:
            return value
        best = -1
        for m in range(start[ring[worst]], start[ring[worst] + 1]):
            k = order[m]
            if gone[k]:
                continue
            covers = amount[k] >= -position[worst]
            if best < 0:
                best = k
            elif covers != (amount[best] >= -position[worst]):
                if covers:
                    best = k
            elif (amount[k] <= amount[best]) if covers else (amount[k] >= amount[best]):
                best = k
        gone[best] = True
        value -= amount[best]
        position[worst] += amount[best]
        position[(worst + 1) % length] -= amount[best]
        kept[worst] -= 1
        if kept[worst] == 0:
            return 0


@kernel
def settle_rings(
    longest, steps_most, pair_start, pair_debtor, pair_creditor, start, order, amount, funds,
    ring, best_ring, cursor, on_path, position, kept, gone, set_of,
):  # fmt: skip
    """Settle the most valuable ring of accounts, and again, until there is none or the steps are used up.

    Parameters
    ----------
    longest, steps_most : int               accounts in a ring at most; pairs and rows looked at, at most
    pair_start : int64 (n_account + 1,)     pairs of debtor i are pair_start[i] : pair_start[i + 1]
    pair_debtor, pair_creditor, start, order, amount, position, kept, gone : see :func:`ring_value`
    funds : int64 (n_account,)              changed to what is left
    ring, best_ring : int32 (longest,)      scratch
    cursor : int64 (longest,)               scratch
    on_path : bool (n_account,)             scratch, all false
    set_of : int32 (n,)                     -1; number of the set where a row settles

    Returns
    -------
    int64                                   steps taken; more than ``steps_most`` if it was stopped by them
    """
    n_account = funds.size
    sets, steps = 0, 0
    while True:
        best, best_length = 0, 0
        for root in range(n_account):
            if steps > steps_most:
                break
            # Each ring is found once, from its lowest account.
            depth = 0
            cursor[0] = pair_start[root]
            while depth >= 0:
                account = root if depth == 0 else pair_creditor[ring[depth - 1]]
                if cursor[depth] >= pair_start[account + 1] or steps > steps_most:
                    on_path[account] = False
                    depth -= 1
                    continue
                pair = cursor[depth]
                cursor[depth] += 1
                steps += 1
                creditor = pair_creditor[pair]
                if creditor == root:
                    ring[depth] = pair
                    value = ring_value(
                        ring, depth + 1, start, order, amount, pair_debtor, funds, position, kept, gone
                    )  # fmt: skip
                    for c in range(depth + 1):
                        for m in range(start[ring[c]], start[ring[c] + 1]):
                            gone[order[m]] = set_of[order[m]] >= 0
                            steps += 1
                    if value > best:
                        best, best_length = value, depth + 1
                        for c in range(depth + 1):
                            best_ring[c] = ring[c]
                elif creditor > root and not on_path[creditor] and depth + 1 < longest:
                    ring[depth] = pair
                    on_path[creditor] = True
                    depth += 1
                    cursor[depth] = pair_start[creditor]
        if best == 0:
            return steps
        ring_value(best_ring, best_length, start, order, amount, pair_debtor, funds, position, kept, gone)
        for c in range(best_length):
            funds[pair_debtor[best_ring[c]]] = position[c]
            for m in range(start[best_ring[c]], start[best_ring[c] + 1]):
                k = order[m]
                if not gone[k]:
                    set_of[k] = sets
                gone[k] = set_of[k] >= 0
        sets += 1


@register("matching_cycles")
@dataclass(frozen=True, kw_only=True)
class MatchingCycles(Mechanism):
    """Settle rings of accounts that owe each other in turn, the most valuable first.

    A ring is two or more different accounts, each with payments queued to the next. From all queued payments along it,
    payments are taken out, the smallest that covers the worst deficit, until every account of the ring can pay; it
    counts if each account still pays something. In every round all rings of at most ``longest`` accounts are valued,
    the most valuable settles as one set (the first found among equals), and the next round begins. Payments outside
    rings are never reached, and the order of the queue is not kept.

    Invariants: every set is feasible by itself and is made of one ring. Cost: the number of rings grows with
    accounts^longest, so work ends after ``most_steps``; what was found by then stands and the facts say so.
    """

    source: ClassVar[str] = "Project Ubin phase 2 (2017), Corda prototype; removal inside a ring is our reading"
    keeps_order: ClassVar[bool] = False

    longest: int = 4
    """Accounts in a ring, at most; 2 or more."""
    most_steps: int = 20_000_000
    """Pairs and payments looked at before it stops; above 0."""

    def __post_init__(self) -> None:
        if self.longest < 2:
            raise ScenarioError.one("LH103", "matching_cycles: longest", got=str(self.longest), expected="2 or more")
        if self.most_steps < 1:
            raise ScenarioError.one(
                "LH103", "matching_cycles: most_steps", got=str(self.most_steps), expected="above 0"
            )

    def select(self, problem: Problem) -> Selection:
        """Choose rings."""
        n_account, pairs = int(problem.funds.size), by_pair(problem)
        longest = min(self.longest, max(n_account, 2))
        set_of = np.full(problem.size, -1, dtype=np.int32)
        steps = settle_rings(
            longest, self.most_steps, np.searchsorted(pairs.debtor, np.arange(n_account + 1)), pairs.debtor,
            pairs.creditor, pairs.groups.start, pairs.groups.order, writable(problem.amount), problem.funds.copy(),
            np.zeros(longest, dtype=np.int32), np.zeros(longest, dtype=np.int32), np.zeros(longest, dtype=np.int64),
            np.zeros(n_account, dtype=np.bool_), np.zeros(longest, dtype=np.int64), np.zeros(longest, dtype=np.int64),
            np.zeros(problem.size, dtype=np.bool_), set_of,
        )  # fmt: skip
        facts = {"steps": int(steps), "complete": bool(steps <= self.most_steps)}
        return Selection(set_of=set_of, facts=facts)
