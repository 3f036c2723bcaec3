"""What falls due next: lanes and heap together must give the order (due, key), whatever stands where."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simcore.kernels.constants import NONE
from simcore.kernels.due import schedule, take_due
from simcore.kernels.world import DUE, HEAP_SIZE, SLOT, STATE_SIZE

LATENCIES = (0, 1, 5)  # one lane each


@given(
    st.lists(
        st.tuples(st.sampled_from(("lane", "lane", "heap", "take", "wait")), st.integers(0, 6), st.integers(0, 2)),
        max_size=80,
    )
)
def test_lanes_and_heap_give_one_order(steps: list[tuple[str, int, int]]) -> None:
    """Hops of one latency in lanes, drawn latencies and priorities in the heap, taken whenever time has come."""
    size = len(steps) + 1
    state, slots, heap = np.zeros(STATE_SIZE, np.int64), np.zeros(size, SLOT), np.zeros(size, DUE)
    lane_head, lane_tail = np.full(3, NONE, np.int32), np.full(3, NONE, np.int32)
    expected: list[tuple[int, int, int]] = []
    now = 0

    def take() -> int:
        slot = int(take_due(state, slots, heap, lane_head))
        assert expected.pop(0) == (slots[slot]["due"], slots[slot]["key"], slot)
        return int(slots[slot]["due"])

    for slot, (what, number, which) in enumerate(steps):
        if what == "wait":
            while expected and expected[0][0] <= now + number:
                take()
            now += number
        elif what == "take":
            if expected:
                now = max(now, take())
        else:
            lane = which if what == "lane" else NONE
            due = now + (LATENCIES[which] if what == "lane" else number)
            key = slot if what == "lane" else which << 56 | slot
            slots[slot]["due"], slots[slot]["key"] = due, key
            schedule(state, slots, heap, lane_head, lane_tail, slot, lane)
            expected = sorted([*expected, (due, key, slot)])
    while expected:
        take()
    assert state[HEAP_SIZE] == 0
    assert lane_head.tolist() == [NONE] * 3
