"""The ordered queue against a sorted list: order, the first that fits, and the least amount every node must know."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simcore.kernels.constants import NONE
from simcore.kernels.ordered import ordered_first, ordered_first_fit, ordered_insert, ordered_list, ordered_remove
from simcore.kernels.world import SLOT


class Tree:
    """A treap and the sorted list it must equal."""

    def __init__(self, size: int) -> None:
        self.slots: Any = np.zeros(size, SLOT)
        self.path = np.zeros(4096, np.int32)
        self.root = NONE
        self.listed: list[tuple[int, int]] = []  # (key, slot)

    def insert(self, slot: int, key: int, amount: int) -> None:
        self.slots[slot]["key"], self.slots[slot]["amount"] = key, amount
        self.root = ordered_insert(self.slots, self.path, self.root, slot)
        self.listed = sorted([*self.listed, (key, slot)])

    def remove(self, slot: int) -> None:
        self.root = ordered_remove(self.slots, self.path, self.root, slot)
        self.listed = [item for item in self.listed if item[1] != slot]

    def first_fit(self, available: int) -> int:
        return next((slot for _, slot in self.listed if self.slots[slot]["amount"] <= available), NONE)

    def check(self) -> None:
        into = np.zeros(self.slots.size, np.int32)
        count = ordered_list(self.slots, self.path, self.root, into, 0)
        assert into[:count].tolist() == [slot for _, slot in self.listed]
        assert ordered_first(self.slots, self.root) == (self.listed[0][1] if self.listed else NONE)
        for available in range(8):
            assert ordered_first_fit(self.slots, self.root, available) == self.first_fit(available)
        self.depth_below(self.root)

    def depth_below(self, node: int) -> tuple[int, int]:
        """(depth, least amount) of a subtree; every node knows the latter, and no child is heavier."""
        if node == NONE:
            return 0, 2**62
        it = self.slots[node]
        (left, low_left), (right, low_right) = self.depth_below(it["left"]), self.depth_below(it["right"])
        least = min(int(it["amount"]), low_left, low_right)
        assert it["low"] == least
        for child in (it["left"], it["right"]):
            assert child == NONE or self.slots[child]["weight"] <= it["weight"]
        return 1 + max(left, right), least


def key_of(priority: int, order: int) -> int:
    """As the loop makes it."""
    return priority << 56 | order


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(1, 6), st.integers(0, 99)), max_size=60))
def test_any_sequence_of_insertions_and_removals_keeps_the_order(steps: list[tuple[bool, int, int, int]]) -> None:
    tree = Tree(len(steps) or 1)
    for slot, (add, priority, amount, which) in enumerate(steps):
        if add or not tree.listed:
            tree.insert(slot, key_of(priority, slot), amount)
        else:
            tree.remove(tree.listed[which % len(tree.listed)][1])
        tree.check()


def test_keys_in_order_of_arrival_do_not_make_a_list_of_the_tree() -> None:
    """A bypass queue grows in order of arrival, the worst case of a plain tree."""
    size = 20_000
    tree = Tree(size)
    chance = random.Random(65)
    for slot in range(size):
        tree.slots[slot]["key"], tree.slots[slot]["amount"] = key_of(0, 7_000_000 + slot), chance.randint(1, 10**9)
        tree.root = ordered_insert(tree.slots, tree.path, tree.root, slot)
    depth, least = tree.depth_below(tree.root)
    assert depth < 60  # about 2.5 × log2(size) is usual
    assert least == tree.slots["amount"].min()
    for slot in chance.sample(range(size), size - 5):
        tree.root = ordered_remove(tree.slots, tree.path, tree.root, slot)
    assert tree.depth_below(tree.root)[0] <= 5
