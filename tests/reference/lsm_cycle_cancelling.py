"""Cancelling cycles from the definition, with dictionaries instead of cursors."""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.lsm_set_off import Debt


def totals_after_cycles(n_account: int, debts: Sequence[Debt], order: str) -> dict[tuple[int, int], int]:
    """What is left of each pair's total debt.

    Walk from the lowest account along the first debt, in the order asked for, that may still lead to a cycle. An
    account without such a debt is done with. Where the walk meets itself, the cycle is cancelled by its smallest debt,
    and the walk goes on from the debtor of the first debt of it that is gone.
    """
    left: dict[tuple[int, int], int] = {}
    for debtor, creditor, amount in debts:
        left[debtor, creditor] = left.get((debtor, creditor), 0) + amount
    if order == "queue":
        pairs = list(left)
    else:
        sign = 1 if order == "smallest" else -1
        pairs = sorted(left, key=lambda pair: (sign * left[pair], pair[1]))
    done: set[int] = set()
    for start in range(n_account):
        walk = [start]
        while walk:
            here = walk[-1]
            ways = [pair for pair in pairs if pair[0] == here and left[pair] > 0 and pair[1] not in done]
            if not ways:
                done.add(walk.pop())
            elif ways[0][1] not in walk:
                walk.append(ways[0][1])
            else:
                circle = walk[walk.index(ways[0][1]) :]
                edges = list(zip(circle, circle[1:] + circle[:1]))
                smallest = min(left[edge] for edge in edges)
                for edge in edges:
                    left[edge] -= smallest
                gone = next(debtor for debtor, creditor in edges if left[debtor, creditor] == 0)
                walk = walk[: walk.index(gone) + 1]
    return left
