"""Duplicate references: hashes that depend on every byte, spilling to files, and exact comparison at the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.demand import references
from simcore.demand.references import ReferenceCheck, find_duplicates, hash_strings


def plain_hash(text: str) -> int:
    """The same hash, one string and one word at a time."""
    mask, data = 2**64 - 1, text.encode()
    value = len(data) * 0x9E3779B97F4A7C15 & mask
    for start in range(0, len(data), 8):
        value = (value ^ int.from_bytes(data[start : start + 8], "little")) * 0x9E3779B97F4A7C15 & mask
        value ^= value >> 29
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & mask
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & mask
    return value ^ (value >> 33)


@given(st.lists(st.text(max_size=40), max_size=30), st.integers(0, 5))
def test_hash_equals_its_plain_form_on_any_slice(texts: list[str], start: int):
    array = pa.array(texts, pa.string()).slice(start)
    assert hash_strings(array).tolist() == [plain_hash(text) for text in texts[start:]]


def test_a_million_numbered_references_do_not_collide():
    hashes = hash_strings(pa.array([f"PAYMENT-2026-{number:09d}" for number in range(1_000_000)]))
    assert np.unique(hashes).size == 1_000_000


def duplicates(texts: list[str], in_memory: int, batch: int) -> list[tuple[int, int, str]]:
    batches = [pa.array(texts[start : start + batch]) for start in range(0, len(texts), batch)]
    with ReferenceCheck(in_memory) as check:
        for part in batches:
            check.add(part)
        suspects = check.suspects()
    return [tuple(found) for found in find_duplicates(batches, suspects)] if suspects.size else []


@given(
    st.lists(st.sampled_from([f"R{number}" for number in range(60)]), min_size=1, max_size=40),
    st.integers(1, 50),
    st.integers(1, 50),
)
def test_duplicates_are_found_wherever_the_hashes_are_kept(texts: list[str], in_memory: int, batch: int):
    expected = [(texts.index(text), row, text) for row, text in enumerate(texts) if text in texts[:row]]
    assert duplicates(texts, in_memory, batch) == expected[:20]


def test_equal_hashes_of_different_references_are_no_duplicates(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(references, "hash_strings", lambda strings: np.full(len(strings), 7, dtype=np.uint64))
    assert duplicates(["a", "b", "c"], 100, 2) == []
    assert duplicates(["a", "b", "a"], 100, 2) == [(0, 2, "a")]


def test_the_temporary_folder_goes_away():
    with ReferenceCheck(1) as check:
        check.add(pa.array(["a", "b", "c"]))
        assert check._folder is not None
        folder = Path(check._folder.name)
        assert len(list(folder.iterdir())) == 64
        assert check.suspects().size == 0
    assert not folder.exists()
