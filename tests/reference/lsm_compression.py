"""Compressed debt from the definitions of D'Errico and Roukny, as totals."""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.lsm_set_off import Debt, least_residual, net_internal_debt


def pair_nets(n_account: int, debts: Sequence[Debt]) -> dict[tuple[int, int], int]:
    """What the first of two accounts still owes the second when each pair nets."""
    owed = {(i, j): sum(a for d, c, a in debts if (d, c) == (i, j)) for i in range(n_account) for j in range(n_account)}
    return {(i, j): max(0, amount - owed[j, i]) for (i, j), amount in owed.items()}


def is_between_dealers(debts: Sequence[Debt], debt: Debt) -> bool:
    """Both of its sides owe somebody and are owed by somebody."""
    owe, are_owed = {d for d, _, _ in debts}, {c for _, c, _ in debts}
    return all(side in owe and side in are_owed for side in debt[:2])


def compressed_total(n_account: int, debts: Sequence[Debt], kind: str) -> int:
    """Debt after compression."""
    if kind == "conservative":
        return sum(least_residual(n_account, debts))
    if kind == "bilateral":
        return sum(pair_nets(n_account, debts).values())
    if kind == "non_conservative":
        return net_internal_debt(n_account, debts)
    inside = [debt for debt in debts if is_between_dealers(debts, debt)]
    of_customers = sum(amount for _, _, amount in debts) - sum(amount for _, _, amount in inside)
    return of_customers + net_internal_debt(n_account, inside)
