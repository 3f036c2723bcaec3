"""Round a flow of fractions to whole numbers so that every account still balances."""

from __future__ import annotations

from collections.abc import Sequence


def round_flows(
    tail: Sequence[int], head: Sequence[int], flow: Sequence[int], unit: int, supply: Sequence[int]
) -> list[int]:
    """Round each flow[k] / unit down or up so that at every node but the last, supply + inflow = outflow.

    ``flow[k]`` ≥ 0, in parts of which ``unit`` make one, runs from ``tail[k]`` to ``head[k]``. The flows balance
    exactly at each node but the last, which takes what leaves the others; ``supply`` is a whole number per node. Whole
    flows stay as they are. That there is such a rounding is the theorem that flow problems with whole bounds have
    whole solutions. ``ValueError`` if the flows don't balance.

    Begin with everything rounded to the nearest, halves up. Nodes then hold units too many or too few; a unit moves
    from one with too many along flows that can still be raised, or back along raised ones, by the shortest way to one
    with too few; flows given first come first. Cost: one breadth-first search per unit.
    """
    whole = [value // unit for value in flow]
    raised = [2 * (value % unit) >= unit for value in flow]
    open_ends: list[list[int]] = [[] for _ in supply]  # flows with a fraction at each node, either end
    excess = list(supply)
    for k, value in enumerate(whole):
        excess[tail[k]] -= value + raised[k]
        excess[head[k]] += value + raised[k]
        if flow[k] % unit:
            open_ends[tail[k]].append(k)
            open_ends[head[k]].append(k)
    last = len(supply) - 1
    excess[last] = -sum(excess[:last])
    for source in range(last + 1):
        while excess[source] > 0:
            target, path = _shortest_way(source, tail, head, open_ends, raised, excess)
            for k in path:
                raised[k] = not raised[k]
            excess[source] -= 1
            excess[target] += 1
    return [value + up for value, up in zip(whole, raised)]


def _shortest_way(
    source: int,
    tail: Sequence[int],
    head: Sequence[int],
    open_ends: Sequence[Sequence[int]],
    raised: Sequence[bool],
    excess: Sequence[int],
) -> tuple[int, list[int]]:
    """The nearest node with too few, and the flows to turn over on the way there."""
    came_by = {source: -1}
    queue = [source]
    for node in queue:
        if excess[node] < 0:
            path = []
            step = node
            while step != source:
                k = came_by[step]
                path.append(k)
                step = tail[k] if head[k] == step else head[k]
            return node, path
        for k in open_ends[node]:
            forward = tail[k] == node
            other = head[k] if forward else tail[k]
            if forward != raised[k] and other not in came_by:
                came_by[other] = k
                queue.append(other)
    raise ValueError("the flows don't balance")
