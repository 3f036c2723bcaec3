"""Multilateral set-off from the definition: improve any residual until no exchange makes it smaller.

A residual may be lowered on an obligation (that saves a unit) or raised again (that costs one) as long as every net
position stays, which means: round a circle. When no circle saves anything the residual is the least (Klein 1967).
"""

from __future__ import annotations

from collections.abc import Sequence

from simcore.lsm.base import Problem

Debt = tuple[int, int, int]  # debtor, creditor, amount


def debts_of(problem: Problem) -> list[Debt]:
    return list(zip(problem.debtor.tolist(), problem.creditor.tolist(), problem.amount.tolist(), strict=True))


def net(n_account: int, debts: Sequence[Debt]) -> list[int]:
    """What each is owed less what it owes."""
    position = [0] * n_account
    for debtor, creditor, amount in debts:
        position[debtor] -= amount
        position[creditor] += amount
    return position


def net_internal_debt(n_account: int, debts: Sequence[Debt]) -> int:
    """The sum of net debit positions."""
    return sum(max(0, -position) for position in net(n_account, debts))


def saving_circle(n_account: int, steps: Sequence[tuple[int, int, int, int]]) -> list[int] | None:
    """Steps (from, to, cost, …) that form a circle of negative cost, after Bellman and Ford; None if there is none."""
    cost = [0] * n_account
    came_by: list[int | None] = [None] * n_account
    last = None
    for _ in range(n_account):
        last = None
        for k, (start, end, price, _) in enumerate(steps):
            if cost[start] + price < cost[end]:
                cost[end], came_by[end], last = cost[start] + price, k, end
        if last is None:
            return None
    account = last
    for _ in range(n_account):  # far enough back to stand on the circle
        account = steps[came_by[account]][0]
    circle = [came_by[account]]
    while steps[circle[-1]][0] != account:
        circle.append(came_by[steps[circle[-1]][0]])
    return circle


def least_residual(n_account: int, debts: Sequence[Debt]) -> list[int]:
    """A residual of each debt with the same net positions and the least total."""
    left = [amount for _, _, amount in debts]
    while True:
        # Lowering a debt moves its creditor's claim back to the debtor; raising it moves it forth.
        lower = [(c, d, -1, k) for k, (d, c, _) in enumerate(debts) if left[k] > 0]
        raise_ = [(d, c, 1, k) for k, (d, c, amount) in enumerate(debts) if left[k] < amount]
        steps = lower + raise_
        circle = saving_circle(n_account, steps)
        if circle is None:
            return left
        room = min(left[steps[k][3]] if steps[k][2] < 0 else debts[steps[k][3]][2] - left[steps[k][3]] for k in circle)
        for k in circle:
            left[steps[k][3]] += room * steps[k][2]
