"""Sums of int64 beyond what int64 and float64 hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simcore.exact import exact_sum, exact_sums

ANY = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(ANY))
def test_a_sum_is_that_of_python(values: list[int]) -> None:
    assert exact_sum(np.array(values, np.int64)) == sum(values)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**63 - 1))))
def test_sums_of_groups_are_those_of_python(rows: list[tuple[int, int]]) -> None:
    group, values = (np.array([row[k] for row in rows], np.int64) for k in (0, 1))
    assert exact_sums(group, values, 4) == [sum(value for one, value in rows if one == k) for k in range(4)]
