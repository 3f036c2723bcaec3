"""Clearing vectors from the definition: try every way in which participants may stand, keep what is consistent."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

PAYS_ALL, PAYS_PART, PAYS_NOTHING = range(3)


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Gauss and Jordan with pivots; None where there is no single solution."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right)]
    for k in range(size):
        pivot = next((r for r in range(k, size) if rows[r][k] != 0), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for r in range(size):
            if r != k:
                rows[r] = [a - rows[r][k] * b for a, b in zip(rows[r], rows[k])]
    return [row[size] for row in rows]


def clearing_vectors(
    owes: Sequence[Sequence[Fraction | int]],
    assets: Sequence[Fraction | int],
    external: Sequence[Fraction | int],
    rank: str,
    alpha: Fraction,
    beta: Fraction,
) -> list[tuple[list[Fraction], list[bool]]]:
    """Every clearing vector that one way of standing fixes, with who is in default; the greatest is among them.

    The vectors hold what is shared in proportion: external debt of equal rank included, senior debt not.
    """
    n = len(assets)
    shared = [Fraction(sum(row)) + (external[i] if rank == "equal" else 0) for i, row in enumerate(owes)]
    senior = [Fraction(external[i]) if rank == "senior" else Fraction(0) for i in range(n)]
    found = []
    for state in product((PAYS_ALL, PAYS_PART, PAYS_NOTHING), repeat=n):
        matrix = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
        right = [Fraction(0)] * n
        for i in range(n):
            if state[i] == PAYS_ALL:
                right[i] = shared[i]
            elif state[i] == PAYS_PART:
                right[i] = alpha * assets[i] - senior[i]
                for j in range(n):
                    if owes[j][i]:
                        matrix[i][j] -= beta * owes[j][i] / shared[j]
        pays = solve(matrix, right)
        if pays is None:
            continue
        got = [sum((pays[j] * owes[j][i] / shared[j] for j in range(n) if owes[j][i]), Fraction(0)) for i in range(n)]
        expected = []
        default = []
        for i in range(n):
            default.append(assets[i] + got[i] < shared[i] + senior[i])
            estate = alpha * assets[i] + beta * got[i] - senior[i]
            expected.append(max(Fraction(0), estate) if default[i] else shared[i])
        if pays == expected:
            found.append((pays, default))
    return found


def greatest_clearing_vector(
    owes: Sequence[Sequence[Fraction | int]],
    assets: Sequence[Fraction | int],
    external: Sequence[Fraction | int],
    rank: str = "equal",
    alpha: Fraction = Fraction(1),
    beta: Fraction = Fraction(1),
) -> tuple[list[Fraction], list[bool]]:
    """The one that is nowhere below any other."""
    vectors = clearing_vectors(owes, assets, external, rank, alpha, beta)
    best = [max(values) for values in zip(*(pays for pays, _ in vectors))]
    return next((pays, default) for pays, default in vectors if pays == best)
