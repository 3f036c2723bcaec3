"""What falls due next: a heap of slots by (due, key), in which each lane stands with its head only.

Hops with the same constant latency fall due in the order they were scheduled, so a lane is a first-in-first-out list
and only its head needs a place in the heap. Hops with drawn latencies, and those whose rail orders by priority, stand
in the heap themselves. Both give the same order. The heap has four children to a node, and keeps due and key beside the
slot: thousands of payments are under way at once, and looking each of them up where its slot stands would cost a miss.
"""

from __future__ import annotations

from numpy import uint32

from simcore.accelerate import kernel
from simcore.kernels.prefetch import LINE, prefetch
from simcore.kernels.wide import NONE
from simcore.kernels.world import HEAP_SIZE


@kernel(forceinline=True)
def _before(one, other):
    return one.due < other.due or (one.due == other.due and one.key < other.key)


@kernel(forceinline=True)
def _move(heap, source, target):
    heap[target].due, heap[target].key, heap[target].slot = heap[source].due, heap[source].key, heap[source].slot


@kernel(forceinline=True)
def _put(heap, at, due, key, slot):
    heap[at].due, heap[at].key, heap[at].slot = due, key, slot


@kernel(forceinline=True)
def _sift_down(heap, size, due, key, slot):
    """Put a slot at the root and let it sink."""
    at = 0
    while True:
        first = 4 * at + 1
        if first >= size:
            break
        child = first
        for other in range(first + 1, min(first + 4, size)):
            if _before(heap[other], heap[child]):
                child = other
        if due < heap[child].due or (due == heap[child].due and key < heap[child].key):
            break
        _move(heap, child, at)
        at = child
    _put(heap, at, due, key, slot)


@kernel(forceinline=True)
def heap_push(state, slots, heap, slot):
    """Add a slot whose ``due`` and ``key`` are set."""
    at = state[HEAP_SIZE]
    state[HEAP_SIZE] = at + 1
    due, key = slots[slot].due, slots[slot].key
    while at > 0:
        above = (at - 1) >> 2
        if heap[above].due < due or (heap[above].due == due and heap[above].key < key):
            break
        _move(heap, above, at)
        at = above
    _put(heap, at, due, key, slot)


@kernel(forceinline=True)
def heap_pop(state, heap):
    """Take the slot that comes first out of the heap (not empty)."""
    slot = heap[0].slot
    size = state[HEAP_SIZE] - 1
    state[HEAP_SIZE] = size
    if size > 0:
        last = heap[size]
        _sift_down(heap, size, last.due, last.key, last.slot)
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
    slot = heap[0].slot
    lane = slots[slot].lane
    if lane != NONE:
        following = slots[slot].next
        lane_head[lane] = following
        if following != NONE:
            second = slots[following].next  # at the head of its lane before long
            prefetch(slots, second, 0)
            prefetch(slots, second, LINE)
            _sift_down(heap, state[HEAP_SIZE], slots[following].due, slots[following].key, following)
            return slot
    return heap_pop(state, heap)
