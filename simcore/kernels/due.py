"""What falls due next: a heap of slots by (due, key), in which each lane stands with its head only.

Hops with the same constant latency fall due in the order they were scheduled, so a lane is a first-in-first-out list
and only its head needs a place in the heap. Hops with drawn latencies, and those whose rail orders by priority, stand
in the heap themselves. Both give the same order.
"""

from __future__ import annotations

from numpy import uint32

from simcore.accelerate import kernel
from simcore.kernels.wide import NONE
from simcore.kernels.world import HEAP_SIZE


@kernel(forceinline=True)
def _before(slots, i, j):
    one, other = slots[uint32(i)], slots[uint32(j)]
    return one.due < other.due or (one.due == other.due and one.key < other.key)


@kernel(forceinline=True)
def _sift_down(slots, heap, size, slot):
    """Put ``slot`` at the root and let it sink."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _before(slots, heap[child + 1], heap[child]):
            child += 1
        if not _before(slots, heap[child], slot):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = slot


@kernel(forceinline=True)
def heap_push(state, slots, heap, slot):
    """Add a slot whose ``due`` and ``key`` are set."""
    at = state[HEAP_SIZE]
    state[HEAP_SIZE] = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if not _before(slots, slot, heap[above]):
            break
        heap[at] = heap[above]
        at = above
    heap[at] = slot


@kernel(forceinline=True)
def heap_pop(state, slots, heap):
    """Take the slot that comes first out of the heap (not empty)."""
    slot = heap[0]
    size = state[HEAP_SIZE] - 1
    state[HEAP_SIZE] = size
    if size > 0:
        _sift_down(slots, heap, size, heap[size])
    return slot


@kernel(forceinline=True)
def schedule(state, slots, heap, lane_head, lane_tail, slot, lane):
    """Let a slot fall due at ``slots.due``: at the end of its lane, or in the heap where ``lane`` is -1."""
    it = slots[uint32(slot)]
    it.lane = lane
    it.next = NONE
    if lane != NONE:
        tail = lane_tail[lane]
        lane_tail[lane] = slot
        if lane_head[lane] != NONE:
            slots[tail].next = slot
            return
        lane_head[lane] = slot
    heap_push(state, slots, heap, slot)


@kernel(forceinline=True)
def take_due(state, slots, heap, lane_head):
    """Take the slot that falls due next out of the heap (not empty) and let its lane move up."""
    slot = heap[0]
    lane = slots[slot].lane
    if lane != NONE:
        following = slots[slot].next
        lane_head[lane] = following
        if following != NONE:
            _sift_down(slots, heap, state[HEAP_SIZE], following)
            return slot
    return heap_pop(state, slots, heap)
