"""Correlation matrices: their Cholesky factor in plain loops, what is wrong with one that isn't, and the nearest one.

The factor is made from + − × ÷ and √ alone, so it has the same bits on every machine; the nearest matrix only goes into
a message, rounded, and may use a library.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

Matrix = Sequence[Sequence[float]]
SMALL = 1e-12
"""What rounding may leave of a pivot that is zero: perfectly correlated pairs are allowed."""


def cholesky(matrix: Matrix) -> list[list[float]] | None:
    """Return the lower factor L with L Lᵀ = matrix, row by row; None when the matrix has a negative eigenvalue.

    Row i depends on the first i rows only, so a pair added at the end leaves those before it as they were. n³/6 steps.

    Parameters
    ----------
    matrix : n rows of n floats    symmetric; what is above the diagonal isn't read
    """
    n = len(matrix)
    factor = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = float(matrix[i][j])
            for k in range(j):
                rest -= factor[i][k] * factor[j][k]
            if i == j:
                if rest < -SMALL:
                    return None
                factor[i][i] = sqrt(rest) if rest > SMALL else 0.0
            elif factor[j][j] > 0.0:
                factor[i][j] = rest / factor[j][j]
            elif abs(rest) > sqrt(SMALL):  # a pair without chance of its own can't be correlated otherwise
                return None
    return factor


def smallest_eigenvalue(matrix: Matrix) -> float:
    """Return the smallest eigenvalue of a symmetric matrix, for a message."""
    import numpy as np

    return float(np.linalg.eigvalsh(np.array(matrix, float))[0])


def nearest_correlation(matrix: Matrix, places: int = 3) -> list[list[float]]:
    """Return the correlation matrix nearest to a symmetric one with unit diagonal, rounded to decimals.

    References
    ----------
    Higham (2002), "Computing the nearest correlation matrix", IMA Journal of Numerical Analysis 22(3): alternating
    projections with Dykstra's correction. Rounding may leave the set again; then the correlations are shrunk until the
    rounded matrix is inside.
    """
    import numpy as np

    nearest = np.array(matrix, float)
    correction = np.zeros_like(nearest)
    for _ in range(200):
        shifted = nearest - correction
        values, vectors = np.linalg.eigh(shifted)
        positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = positive - shifted
        nearest = positive.copy()
        np.fill_diagonal(nearest, 1.0)
    for shrink in range(1001):
        rows = np.round(nearest * (1 - shrink / 1000) + 0.0, places)
        np.fill_diagonal(rows, 1.0)
        found: list[list[float]] = (rows + 0.0).tolist()
        if cholesky(found) is not None:
            break
    return found
