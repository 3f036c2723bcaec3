"""The store gives back what it was given, once, and keeps little more than what is in flight."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.demand.batch import DemandBatch
from simcore.errors import InvariantError
from simcore.results.demand_store import COLUMNS, DemandStore


def batch(first: int, size: int, references: bool) -> DemandBatch:
    ids = np.arange(first, first + size)
    columns = {name: (ids * (place + 3) % 113).astype(kind) for place, (name, kind) in enumerate(COLUMNS.items())}
    texts = pa.array([f"ref-{one}" if one % 4 else None for one in ids], pa.string()) if references else None
    return DemandBatch(first_payment_id=first, draws=np.zeros((size, 0), np.int64), reference=texts, **columns)


@given(st.data())
def test_the_store_behaves_like_a_dictionary(data: st.DataObject) -> None:
    store, known, first = DemandStore(), {}, 0
    for _ in range(data.draw(st.integers(1, 6))):
        size = data.draw(st.integers(0, 300))
        added = batch(first, size, data.draw(st.booleans()))
        store.add(added)
        for k in range(size):
            row = {name: int(getattr(added, name)[k]) for name in COLUMNS}
            known[first + k] = row | {"reference": None if added.reference is None else added.reference[k].as_py()}
        first += size
        ids = sorted(known)
        data.draw(st.randoms(use_true_random=False)).shuffle(ids)
        ids = ids[: data.draw(st.integers(0, len(ids)))]
        taken = store.take(np.array(ids, np.int64))
        for k, one in enumerate(ids):
            row = {name: int(taken[name][k]) for name in COLUMNS}
            text = None if taken["reference"] is None else taken["reference"][k].as_py()
            assert row | {"reference": text} == known.pop(one)
        assert store.in_flight == len(known)
    for one in sorted(known):
        store.take(np.array([one], np.int64))
    assert store.rows == store.in_flight == 0


def test_memory_follows_payments_in_flight() -> None:
    store, size = DemandStore(), 5_000
    for k in range(40):
        store.add(batch(k * size, size, references=k % 2 == 0))
        store.take(np.arange(k * size + 10, (k + 1) * size))  # ten of each batch stay for ever
        assert store.in_flight == 10 * (k + 1)
        assert store.rows <= 4 * store.in_flight + 64
    assert len(store._segments) < 5
    assert store.take(np.array([39 * size + 3, 7]))["reference"].to_pylist() == [None, "ref-7"]


@pytest.mark.parametrize("ids", [[5, 5], [3], [100], [-1], [2, 3]])
def test_a_payment_is_final_once(ids: list[int]) -> None:
    store = DemandStore()
    store.add(batch(0, 10, references=False))
    store.take(np.array([3], np.int64))
    with pytest.raises(InvariantError, match="final"):
        store.take(np.array(ids, np.int64))


def test_an_empty_buffer_is_no_trouble() -> None:
    store = DemandStore()
    assert store.take(np.zeros(0, np.int64))["debtor"].size == 0
    store.add(batch(0, 10, references=True))
    assert store.take(np.zeros(0, np.int64))["amount_minor"].size == 0
