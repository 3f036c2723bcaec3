"""Depth-first branch and bound for whole payments on top of the divisible flow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.accelerate import kernel
from simcore.lsm._best_flow import CHECK, FREE, SPLIT, STEPS, TRAIL, VALUE, fix, propagate, route, undo

# Ways of branching: which payment, of those paid in part, is decided first, and how.
LARGEST, MOST_PAID, LEAST_PAID, SMALLEST = range(4)
ALL_FIXINGS = 1000  # up to this many payments, all are tested at each node for what the bound decides

U64 = np.uint64


class Part(NamedTuple):
    """A part of a problem to be searched while everything else stays as it is."""

    payment: NDArray[np.int32]  # (most,) payments taken in
    account: NDArray[np.int32]  # (most accounts,)
    taken: NDArray[np.int8]  # (n,) whether a payment is taken in; all 0 between uses
    local: NDArray[np.int32]  # (n_account,) number inside the part, -1 outside; all -1 between uses
    settled: NDArray[np.int8]  # (most,) what the search found
    trial: NDArray[np.int8]  # (most,) scratch
    tally: NDArray[np.int64]  # (4,) payments taken in, nodes looked at, whether the last search was exhausted, finds
    random: NDArray[np.uint64]  # (1,) state of the generator


def make_part(accounts: int, payments: int, most: int, seed: int) -> Part:
    """Room for a part of ``most`` of the payments."""
    return Part(
        payment=np.zeros(most, dtype=np.int32),
        account=np.zeros(accounts + 1, dtype=np.int32),
        taken=np.zeros(payments, dtype=np.int8),
        local=np.full(accounts, -1, dtype=np.int32),
        settled=np.zeros(most, dtype=np.int8),
        trial=np.zeros(most, dtype=np.int8),
        tally=np.zeros(4, dtype=np.int64),
        random=np.array([seed], dtype=np.uint64),
    )


@kernel
def draw(random, below):
    """A number from 0 to below - 1 (splitmix64, Steele, Lea and Flood 2014)."""
    random[0] += U64(0x9E3779B97F4A7C15)
    z = random[0]
    z = (z ^ (z >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U64(27))) * U64(0x94D049BB133111EB)
    z = z ^ (z >> U64(31))
    return np.int64(((z >> U64(32)) * U64(below)) >> U64(32))


@kernel
def choose(net, flow, part, best, rule, noise):
    """The payment to branch on × 2 + the value to try first; -1 if all are whole, -2 if nothing better can come.

    First fixes what the bound decides: a payment whose change would cost the whole lead over ``best``.
    """
    lead = flow.tally[VALUE] - best
    if lead <= 0:
        return -2
    m = net.size[1]
    if m <= ALL_FIXINGS:
        flow.tally[STEPS] += m
        for p in range(m):
            if flow.fixed[p] == FREE and (flow.paid[p] == 0 or flow.paid[p] == net.amount[p]):
                cost = abs(flow.price[net.debtor[p]] - flow.price[net.creditor[p]] - 1)
                if cost > 0 and net.amount[p] >= (lead + cost - 1) // cost:
                    fix(net, flow, p, 1 if flow.paid[p] > 0 else 0)
    kept = 0
    pick = -1
    most = -(1 << 63) + 1
    flow.tally[STEPS] += flow.tally[SPLIT]
    for k in range(flow.tally[SPLIT]):
        p = flow.split[k]
        paid = flow.paid[p]
        a = net.amount[p]
        if flow.fixed[p] != FREE or paid == 0 or paid == a:
            flow.listed[p] = 0
            continue
        flow.split[kept] = p
        kept += 1
        if rule == LARGEST:
            score = a
        elif rule == MOST_PAID:
            score = paid
        elif rule == LEAST_PAID:
            score = a - paid
        else:
            score = -a
        if noise:
            # Takes away up to the whole of a score, or doubles a negative one, so that each dive is another one.
            size = abs(score)
            shade = draw(part.random, 256)
            score -= (size >> 8) * shade + (((size & 255) * shade) >> 8)
        if score > most:
            most = score
            pick = p
    flow.tally[SPLIT] = kept
    if pick < 0:
        return -1
    if rule == MOST_PAID or (rule == LARGEST and 2 * flow.paid[pick] >= net.amount[pick]):
        return 2 * pick + 1
    return 2 * pick


@kernel
def mend(net, flow, part, best):
    """Keep what the flow carries in full, drop payments of short accounts, then add what fits, the largest first.

    A short account drops its smallest payment that covers what it lacks, or else its largest. Returns the better value.
    """
    slack = flow.distance
    value = 0
    for i in range(net.size[0]):
        slack[i] = net.funds[i]
    for p in range(net.size[1]):
        part.trial[p] = 0
        if flow.paid[p] == net.amount[p]:
            part.trial[p] = 1
            value += net.amount[p]
            slack[net.debtor[p]] -= net.amount[p]
            slack[net.creditor[p]] += net.amount[p]
    steps = net.size[1]
    again = True
    while again:
        again = False
        for i in range(net.size[0]):
            while slack[i] < 0:
                again = True
                cover = -1
                for k in range(net.start[i], net.start[i + 1]):
                    p = net.incident[k]
                    steps += 1
                    if net.debtor[p] == i and part.trial[p]:
                        if cover >= 0 and net.amount[p] < -slack[i]:
                            break
                        cover = p
                if cover < 0:
                    return best
                part.trial[cover] = 0
                value -= net.amount[cover]
                slack[i] += net.amount[cover]
                slack[net.creditor[cover]] -= net.amount[cover]
    again = True
    while again:
        again = False
        steps += net.size[1]
        for p in range(net.size[1]):
            if not part.trial[p] and net.amount[p] <= slack[net.debtor[p]]:
                part.trial[p] = 1
                value += net.amount[p]
                slack[net.debtor[p]] -= net.amount[p]
                slack[net.creditor[p]] += net.amount[p]
                again = True
    flow.tally[STEPS] += steps
    if value > best:
        for p in range(net.size[1]):
            part.settled[p] = part.trial[p]
        return value
    return best


@kernel
def search(net, flow, part, best, rule, noise, limit, failures):
    """Depth-first branch and bound from the present fixings, which stand again on return.

    Stops when nothing better than ``best`` is left, or ``flow.tally[STEPS]`` passes ``limit``, or after so many
    failures. Returns the best value; the payments are in ``part.settled`` if it is better than what was given.
    ``part.tally[2]`` is 1 if the search was exhausted: then what it returns is proven.
    """
    base = flow.tally[TRAIL]
    depth = 0
    failed = 0
    part.tally[2] = 0
    while True:
        part.tally[1] += 1
        flow.tally[STEPS] += net.size[0]
        pick = -2
        while propagate(net, flow) and route(net, flow):
            pick = choose(net, flow, part, best, rule, noise)
            if pick == -2 or flow.tally[CHECK] == 0:
                break
            pick = -2
        if pick == -1:
            best = flow.tally[VALUE]
            for p in range(net.size[1]):
                part.settled[p] = 1 if flow.paid[p] > 0 else 0
        if flow.tally[STEPS] > limit:
            if failed == 0:
                best = mend(net, flow, part, best)
            break
        if pick >= 0:
            flow.mark[depth] = flow.tally[TRAIL]
            flow.choice[depth] = pick
            flow.second[depth] = 0
            depth += 1
            fix(net, flow, pick >> 1, pick & 1)
            continue
        if pick == -2 and flow.tally[VALUE] > best and (failed & (failed - 1)) == 0:
            best = mend(net, flow, part, best)
        failed += 1
        if failed > failures:
            break
        while depth > 0 and flow.second[depth - 1]:
            depth -= 1
        if depth == 0:
            part.tally[2] = 1
            break
        undo(net, flow, flow.mark[depth - 1])
        flow.second[depth - 1] = 1
        pick = flow.choice[depth - 1]
        fix(net, flow, pick >> 1, 1 - (pick & 1))
    undo(net, flow, base)
    return best
