"""The plain Cholesky factor against numpy's, and what is said about matrices that are none of correlations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.rates.correlation import cholesky, nearest_correlation, smallest_eigenvalue

BROKEN = [[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]


@given(st.integers(1, 7), st.integers(0, 2**32))
def test_the_factor_is_that_of_the_library(n: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(n, n + 2))
    matrix = np.corrcoef(points) if n > 1 else np.eye(1)
    factor = cholesky(matrix.tolist())
    assert factor is not None
    assert np.allclose(factor, np.linalg.cholesky(matrix), atol=1e-9)


def test_a_row_depends_on_those_before_it_only() -> None:
    matrix = [[1, 0.34, 0.07], [0.34, 1, 0.56], [0.07, 0.56, 1]]
    factor, smaller = cholesky(matrix), cholesky([row[:2] for row in matrix[:2]])
    assert factor is not None
    assert smaller is not None
    assert [row[:2] for row in factor[:2]] == smaller


def test_pairs_that_always_move_together_are_allowed() -> None:
    assert cholesky([[1, 1], [1, 1]]) == [[1, 0], [1, 0]]
    assert cholesky([[1, -1], [-1, 1]]) == [[1, 0], [-1, 0]]
    assert cholesky([[1, 1, 0.5], [1, 1, 0.4], [0.5, 0.4, 1]]) is None


def test_correlations_that_contradict_each_other_have_no_factor() -> None:
    assert cholesky(BROKEN) is None
    assert smallest_eigenvalue(BROKEN) == pytest.approx(-0.8)


def test_the_nearest_matrix_to_highams_example() -> None:
    """Higham (2002), section 4: the nearest to [[1, 1, 0], [1, 1, 1], [0, 1, 1]] has 0.7607 and 0.1573."""
    nearest = nearest_correlation([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    assert np.allclose(nearest, [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]], atol=0.002)


@given(st.integers(2, 6), st.integers(0, 2**32))
def test_the_nearest_matrix_may_be_used_as_it_is_printed(n: int, seed: int) -> None:
    draws = np.random.default_rng(seed).uniform(-1, 1, (n, n))
    matrix = (draws + draws.T) / 2
    np.fill_diagonal(matrix, 1.0)
    nearest = nearest_correlation(matrix.tolist())
    assert cholesky([[float(f"{entry:g}") for entry in row] for row in nearest]) is not None
    assert np.array_equal(np.array(nearest), np.array(nearest).T)
    assert np.abs(nearest).max() == 1.0
