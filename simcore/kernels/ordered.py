"""An ordered queue of slots: a treap by key whose nodes know the least amount below them.

It answers "the first in queue order that costs at most x" in O(log n) steps, which is what a bypass queue asks at each
credit. ``path`` is scratch for the nodes on the way down; depth grows with log n because weights are well mixed.
"""

from __future__ import annotations

from simcore.accelerate import kernel
from simcore.kernels.wide import NONE


@kernel(forceinline=True)
def _refresh(slots, node):
    low = slots[node].amount
    left = slots[node].left
    if left != NONE and slots[left].low < low:
        low = slots[left].low
    right = slots[node].right
    if right != NONE and slots[right].low < low:
        low = slots[right].low
    slots[node].low = low


@kernel(forceinline=True)
def weight_of(key):
    """A well-mixed 31-bit weight of a key; every product stays below 2^63."""
    w = ((key % 2147483648) * 2654435761) % 2147483648
    w ^= w >> 15
    w = (w * 1540483477) % 2147483648
    return w ^ (w >> 13)


@kernel
def ordered_insert(slots, path, root, new):
    """Put slot ``new`` (key and amount set) into the tree; return its root."""
    key = slots[new].key
    weight = weight_of(key)
    slots[new].weight = weight
    parent = NONE
    node = root
    while node != NONE and slots[node].weight >= weight:
        if slots[new].amount < slots[node].low:
            slots[node].low = slots[new].amount
        parent = node
        node = slots[node].left if key < slots[node].key else slots[node].right
    # Split what hangs here into keys before and after the new one.
    depth = 0
    before_root, before_last, after_root, after_last = NONE, NONE, NONE, NONE
    while node != NONE:
        path[depth] = node
        depth += 1
        if slots[node].key < key:
            if before_last == NONE:
                before_root = node
            else:
                slots[before_last].right = node
            before_last = node
            node = slots[node].right
        else:
            if after_last == NONE:
                after_root = node
            else:
                slots[after_last].left = node
            after_last = node
            node = slots[node].left
    if before_last != NONE:
        slots[before_last].right = NONE
    if after_last != NONE:
        slots[after_last].left = NONE
    for k in range(depth - 1, -1, -1):
        _refresh(slots, path[k])
    slots[new].left = before_root
    slots[new].right = after_root
    _refresh(slots, new)
    if parent == NONE:
        return new
    if key < slots[parent].key:
        slots[parent].left = new
    else:
        slots[parent].right = new
    return root


@kernel
def ordered_remove(slots, path, root, old):
    """Take slot ``old`` out of the tree; return its root."""
    key = slots[old].key
    depth = 0
    node = root
    while node != old:
        path[depth] = node
        depth += 1
        node = slots[node].left if key < slots[node].key else slots[node].right
    above = depth
    # Merge the two subtrees of the removed node into its place.
    left, right = slots[old].left, slots[old].right
    merged, last, last_is_left = NONE, NONE, False
    while left != NONE or right != NONE:
        if right == NONE or (left != NONE and slots[left].weight >= slots[right].weight):
            taken = left
            left = slots[left].right
            side = False
        else:
            taken = right
            right = slots[right].left
            side = True
        if last == NONE:
            merged = taken
        elif last_is_left:
            slots[last].left = taken
        else:
            slots[last].right = taken
        last, last_is_left = taken, side
        path[depth] = taken
        depth += 1
        if (side and right == NONE) or (not side and left == NONE):
            # The rest of the other side hangs on as it is.
            rest = left if side else right
            if rest != NONE:
                if side:
                    slots[taken].left = rest
                else:
                    slots[taken].right = rest
            break
    for k in range(depth - 1, above - 1, -1):
        _refresh(slots, path[k])
    if above == 0:
        return merged
    parent = path[above - 1]
    if slots[parent].left == old:
        slots[parent].left = merged
    else:
        slots[parent].right = merged
    for k in range(above - 1, -1, -1):
        _refresh(slots, path[k])
    return root


@kernel(forceinline=True)
def ordered_first(slots, root):
    """First slot in queue order, or NONE."""
    node = root
    if node == NONE:
        return NONE
    while slots[node].left != NONE:
        node = slots[node].left
    return node


@kernel(forceinline=True)
def ordered_following(slots, root, after):
    """The slot that follows ``after`` in queue order, or NONE."""
    best = NONE
    node = root
    while node != NONE:
        if slots[node].key > slots[after].key:
            best = node
            node = slots[node].left
        else:
            node = slots[node].right
    return best


@kernel(forceinline=True)
def ordered_first_fit(slots, root, available):
    """First slot in queue order whose amount is at most ``available``, or NONE."""
    node = root
    if node == NONE or slots[node].low > available:
        return NONE
    while True:
        left = slots[node].left
        if left != NONE and slots[left].low <= available:
            node = left
        elif slots[node].amount <= available:
            return node
        else:
            node = slots[node].right


@kernel
def ordered_list(slots, path, root, into, at):
    """Write the slots of the tree in queue order to ``into[at:]``; return how many."""
    n = 0
    depth = 0
    node = root
    while node != NONE or depth > 0:
        while node != NONE:
            path[depth] = node
            depth += 1
            node = slots[node].left
        depth -= 1
        node = path[depth]
        into[at + n] = node
        n += 1
        node = slots[node].right
    return n
