"""The divisible clearing problem as a minimum-cost flow that is kept optimal while payments are fixed and freed.

Payments may be paid in part here. Money flows from debtor to creditor; what an account keeps flows on to *ground*, a
node of its own that holds everybody's unused funds. Each payment carries between nothing and its amount, each unit
carried costs −1, and an optimal flow carries the largest value. Prices (node potentials) prove it: a payment whose
debtor's price is less than one above its creditor's is paid in full, one whose debtor's is more than one above not at
all. Fixing a payment moves its flow at once and leaves too much money at one end and too little at the other; ``route``
sends it round along shortest paths. That costs a fraction of solving anew, so a search can do it at each of its steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.accelerate import kernel

FREE = 2
FAR = 1 << 60
FEW = 1  # rounds in which money is sent to the nearest account that lacks some before looking further

# Places in Flow.tally: steps taken, length of the trail and of check, value carried, length of split.
STEPS, TRAIL, CHECK, VALUE, SPLIT = range(5)


class Net(NamedTuple):
    """Payments between accounts, each account with the payments it takes part in."""

    size: NDArray[np.int64]  # (2,) accounts and payments in use; the arrays may be longer
    funds: NDArray[np.int64]  # (n_account,) minor units; negative where a part of a problem must bring money in
    debtor: NDArray[np.int32]  # (n,)
    creditor: NDArray[np.int32]  # (n,)
    amount: NDArray[np.int64]  # (n,) minor units
    start: NDArray[np.int64]  # (n_account + 1,)
    incident: NDArray[np.int32]  # (2 n,) payments of account i: incident[start[i] : start[i + 1]], largest first


class Flow(NamedTuple):
    """A flow on a net, the fixings under which it is optimal, and scratch."""

    paid: NDArray[np.int64]  # (n,) what each payment carries
    fixed: NDArray[np.int8]  # (n,) FREE, or 0 or 1 where the search has decided
    slack: NDArray[np.int64]  # (n_account,) what the account keeps, >= 0
    reach: NDArray[np.int64]  # (n_account,) most it could hold: funds + all that may come in - all that must go out
    price: NDArray[np.int64]  # (n_account + 1,) the last is ground's
    excess: NDArray[np.int64]  # (n_account + 1,) money still to be sent on; negative where money is missing
    distance: NDArray[np.int64]  # (n_account + 1,) scratch, as all below
    rank: NDArray[np.int64]  # (n_account + 1,) place in the order of distance, -1 not reached
    queue: NDArray[np.int64]  # (n_account + 1,)
    arc: NDArray[np.int64]  # (n_account + 1,) next way out to look at
    path: NDArray[np.int64]  # (n_account + 2,)
    trail: NDArray[np.int64]  # (n,) payments fixed, in order
    check: NDArray[np.int64]  # (n_account,) accounts whose reach has changed
    waiting: NDArray[np.int8]  # (n_account,) whether it stands in check
    split: NDArray[np.int32]  # (n,) payments that may be paid in part
    listed: NDArray[np.int8]  # (n,) whether it stands in split
    mark: NDArray[np.int64]  # (n + 1,) the search's stack: length of the trail
    choice: NDArray[np.int64]  # (n + 1,) payment × 2 + value tried first
    second: NDArray[np.int8]  # (n + 1,) whether the other value is being tried
    tally: NDArray[np.int64]  # (8,) see the places above


def make_flow(accounts: int, payments: int) -> Flow:
    """Room for a net of that many accounts and payments."""
    node, row = accounts + 2, payments + 1
    kinds = {"fixed": np.int8, "waiting": np.int8, "listed": np.int8, "second": np.int8, "split": np.int32}
    by_payment = ("paid", "fixed", "trail", "split", "listed", "mark", "choice", "second")
    arrays = {
        name: np.zeros(8 if name == "tally" else row if name in by_payment else node, kinds.get(name, np.int64))
        for name in Flow._fields
    }
    return Flow(**arrays)


@kernel
def ask(flow, i):
    """Note that the reach of account i has changed."""
    if not flow.waiting[i]:
        flow.waiting[i] = 1
        flow.check[flow.tally[CHECK]] = i
        flow.tally[CHECK] += 1


@kernel
def begin(net, flow):
    """Free everything and pay it in full: optimal at prices of nothing, but for the money that is missing."""
    n = net.size[0]
    flow.tally[TRAIL] = 0
    flow.tally[CHECK] = 0
    flow.tally[VALUE] = 0
    flow.tally[SPLIT] = 0
    flow.excess[n] = 0
    flow.price[n] = 0
    for i in range(n):
        flow.slack[i] = 0
        flow.price[i] = 0
        flow.waiting[i] = 0
        flow.reach[i] = net.funds[i]
        flow.excess[i] = net.funds[i]
        flow.excess[n] -= net.funds[i]
    for p in range(net.size[1]):
        a = net.amount[p]
        flow.paid[p] = a
        flow.fixed[p] = FREE
        flow.listed[p] = 0
        flow.tally[VALUE] += a
        flow.excess[net.debtor[p]] -= a
        flow.excess[net.creditor[p]] += a
        flow.reach[net.creditor[p]] += a
    for i in range(n):
        ask(flow, i)
    flow.tally[STEPS] += n + net.size[1]


@kernel
def measure(net, flow, nearest_only):
    """Shortest distances from the accounts with too much to the nearest with too little, and the prices they imply.

    Returns the number of nodes reached, in ``queue`` by distance; 0 if there is nothing to send or no way.
    """
    n = net.size[0]
    low = 0
    high = 0
    for u in range(n + 1):
        flow.rank[u] = -1
        if flow.excess[u] > 0:
            flow.distance[u] = 0
            flow.queue[high] = u
            high += 1
        else:
            flow.distance[u] = FAR
    if high == 0:
        return 0
    here = 0
    found = False
    steps = n
    while True:
        while low < high:
            u = flow.queue[low]
            flow.rank[u] = low
            low += 1
            if flow.excess[u] < 0:
                found = True
                if nearest_only:
                    break
            price = flow.price[u]
            if u == n:
                steps += n
                for v in range(n):
                    if flow.slack[v] > 0:
                        cost = price - flow.price[v]
                        if here + cost < flow.distance[v]:
                            flow.distance[v] = here + cost
                            if cost == 0:
                                flow.queue[high] = v
                                high += 1
                continue
            steps += net.start[u + 1] - net.start[u]
            for k in range(net.start[u], net.start[u + 1]):
                p = net.incident[k]
                if flow.fixed[p] != FREE:
                    continue
                if net.debtor[p] == u:
                    if flow.paid[p] == net.amount[p]:
                        continue
                    v = net.creditor[p]
                    cost = price - flow.price[v] - 1
                else:
                    if flow.paid[p] == 0:
                        continue
                    v = net.debtor[p]
                    cost = price - flow.price[v] + 1
                if here + cost < flow.distance[v]:
                    flow.distance[v] = here + cost
                    if cost == 0:
                        flow.queue[high] = v
                        high += 1
            cost = price - flow.price[n]
            if here + cost < flow.distance[n]:
                flow.distance[n] = here + cost
                if cost == 0:
                    flow.queue[high] = n
                    high += 1
        if found:
            break
        nearest = FAR
        for u in range(n + 1):
            if flow.rank[u] < 0 and flow.distance[u] < nearest:
                nearest = flow.distance[u]
        steps += n
        if nearest == FAR:
            flow.tally[STEPS] += steps
            return 0
        here = nearest
        for u in range(n + 1):
            if flow.rank[u] < 0 and flow.distance[u] == here:
                flow.queue[high] = u
                high += 1
    for u in range(n + 1):
        flow.price[u] += min(flow.distance[u], here)
    flow.tally[STEPS] += steps
    return low


@kernel
def room(net, flow, u, k):
    """How much the k-th way out of node u can take at no loss, and where it leads; nothing if it leads back."""
    n = net.size[0]
    if u == n:
        v = k
        left = flow.slack[k]
        cost = flow.price[u] - flow.price[v]
    elif k == net.start[u + 1]:
        v = n
        left = FAR
        cost = flow.price[u] - flow.price[v]
    else:
        p = net.incident[k]
        if flow.fixed[p] != FREE:
            return 0, u
        if net.debtor[p] == u:
            v = np.int64(net.creditor[p])
            left = net.amount[p] - flow.paid[p]
            cost = flow.price[u] - flow.price[v] - 1
        else:
            v = np.int64(net.debtor[p])
            left = flow.paid[p]
            cost = flow.price[u] - flow.price[v] + 1
    if cost != 0 or flow.rank[v] <= flow.rank[u]:
        return 0, v
    return left, v


@kernel
def send(net, flow, u, k, money):
    """Send money along the k-th way out of node u."""
    n = net.size[0]
    if u == n:
        flow.slack[k] -= money
    elif k == net.start[u + 1]:
        flow.slack[u] += money
    else:
        p = net.incident[k]
        change = money if net.debtor[p] == u else -money
        flow.paid[p] += change
        flow.tally[VALUE] += change
        if not flow.listed[p] and 0 < flow.paid[p] < net.amount[p]:
            flow.listed[p] = 1
            flow.split[flow.tally[SPLIT]] = p
            flow.tally[SPLIT] += 1


@kernel
def route(net, flow):
    """Send all excess to where money is missing, by shortest paths. 1, or 0 if some can't be sent: then no flow exists.

    Ways that cost nothing at the new prices and lead to a node further down the queue have no cycle, so a depth-first
    search that never looks at an exhausted way again finds all that can be sent before distances are measured anew.
    """
    n = net.size[0]
    rounds = 0
    while True:
        # At first the nearest may take it all; once it hasn't, everything at that distance is worth finding.
        reached = measure(net, flow, rounds < FEW)
        rounds += 1
        if reached == 0:
            for u in range(n + 1):
                if flow.excess[u] != 0:
                    return 0
            return 1
        for k in range(reached):
            u = flow.queue[k]
            flow.arc[u] = net.start[u] if u < n else 0
        steps = reached
        for k in range(reached):
            source = flow.queue[k]
            depth = 0
            flow.path[0] = source
            while flow.excess[source] > 0:
                u = flow.path[depth]
                if flow.excess[u] < 0:
                    money = min(flow.excess[source], -flow.excess[u])
                    for h in range(depth):
                        left, v = room(net, flow, flow.path[h], flow.arc[flow.path[h]])
                        money = min(money, left)
                    full = depth
                    for h in range(depth - 1, -1, -1):
                        t = flow.path[h]
                        send(net, flow, t, flow.arc[t], money)
                        left, v = room(net, flow, t, flow.arc[t])
                        if left == 0:
                            full = h
                    flow.excess[source] -= money
                    flow.excess[u] += money
                    steps += 2 * depth
                    depth = full
                    continue
                last = net.start[u + 1] + 1 if u < n else n
                way = flow.arc[u]
                v = u
                while way < last:
                    left, v = room(net, flow, u, way)
                    steps += 1
                    if left > 0:
                        break
                    way += 1
                flow.arc[u] = way
                if way < last:
                    depth += 1
                    flow.path[depth] = v
                elif depth == 0:
                    break
                else:
                    depth -= 1
                    flow.arc[flow.path[depth]] += 1
        flow.tally[STEPS] += steps


@kernel
def pay(net, flow, p, value):
    """Let payment p carry ``value``; what that moves stands in ``excess`` until it is routed."""
    change = value - flow.paid[p]
    flow.paid[p] = value
    flow.tally[VALUE] += change
    flow.excess[net.debtor[p]] -= change
    flow.excess[net.creditor[p]] += change


@kernel
def fix(net, flow, p, settled):
    """Decide that payment p settles (1) or doesn't (0)."""
    a = net.amount[p]
    flow.fixed[p] = settled
    flow.trail[flow.tally[TRAIL]] = p
    flow.tally[TRAIL] += 1
    end = net.debtor[p] if settled else net.creditor[p]
    pay(net, flow, p, a if settled else 0)
    flow.reach[end] -= a
    ask(flow, end)


@kernel
def undo(net, flow, mark):
    """Free what was fixed since the trail was ``mark`` long; a payment that its price decides takes that value."""
    while flow.tally[TRAIL] > mark:
        flow.tally[TRAIL] -= 1
        p = flow.trail[flow.tally[TRAIL]]
        a = net.amount[p]
        end = net.debtor[p] if flow.fixed[p] else net.creditor[p]
        flow.reach[end] += a
        flow.fixed[p] = FREE
        cost = flow.price[net.debtor[p]] - flow.price[net.creditor[p]] - 1
        if cost < 0:
            pay(net, flow, p, a)
        elif cost > 0:
            pay(net, flow, p, 0)
    while flow.tally[CHECK] > 0:
        flow.tally[CHECK] -= 1
        flow.waiting[flow.check[flow.tally[CHECK]]] = 0


@kernel
def propagate(net, flow):
    """Fix what follows: a payment beyond its debtor's reach can't settle, income an account can't do without must.

    Returns 0 if some account can't pay what it must, else 1.
    """
    while flow.tally[CHECK] > 0:
        flow.tally[CHECK] -= 1
        i = flow.check[flow.tally[CHECK]]
        flow.waiting[i] = 0
        if flow.reach[i] < 0:
            return 0
        for k in range(net.start[i], net.start[i + 1]):
            p = net.incident[k]
            flow.tally[STEPS] += 1
            if net.amount[p] <= flow.reach[i]:
                break
            if flow.fixed[p] == FREE:
                # That changes the reach of the other account only: here it was counted like this.
                fix(net, flow, p, 0 if net.debtor[p] == i else 1)
    return 1
