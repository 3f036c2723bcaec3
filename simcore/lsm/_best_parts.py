"""Parts of a clearing problem, around a payment or at the core of it all, searched while everything else stays."""

from __future__ import annotations

from simcore.accelerate import kernel
from simcore.lsm._best_flow import FAR, SPLIT, STEPS, begin
from simcore.lsm._best_search import draw, search


@kernel
def take(net, part, p):
    """Take payment p into the part."""
    if not part.taken[p]:
        part.taken[p] = 1
        part.payment[part.tally[0]] = p
        part.tally[0] += 1


@kernel
def sort_largest_first(amount, payment, size):
    """Heapsort of payments by (amount falling, payment)."""
    for turn in range(size // 2 + size - 1):
        if turn < size // 2:
            root = size // 2 - 1 - turn
            stop = size
        else:
            stop = size - 1 - (turn - size // 2)
            payment[0], payment[stop] = payment[stop], payment[0]
            root = 0
        item = payment[root]
        a = amount[item]
        while 2 * root + 1 < stop:
            child = 2 * root + 1
            c = payment[child]
            if child + 1 < stop:
                d = payment[child + 1]
                if amount[d] < amount[c] or (amount[d] == amount[c] and d > c):
                    child += 1
                    c = d
            if amount[c] > a or (amount[c] == a and c < item):
                break
            payment[root] = c
            root = child
        payment[root] = item


@kernel
def extract(net, part, sub, x, slack):
    """Make ``sub`` of the payments taken in; the others stay as in ``x``. Returns what ``x`` settles of those taken."""
    m = part.tally[0]
    sort_largest_first(net.amount, part.payment, m)
    n = 0
    value = 0
    for p in range(m):
        q = part.payment[p]
        for side in range(2):
            i = net.debtor[q] if side == 0 else net.creditor[q]
            if part.local[i] < 0:
                part.local[i] = n
                part.account[n] = i
                sub.funds[n] = slack[i]
                sub.start[n] = 0
                n += 1
            sub.start[part.local[i]] += 1
        a = net.amount[q]
        i = part.local[net.debtor[q]]
        j = part.local[net.creditor[q]]
        sub.debtor[p] = i
        sub.creditor[p] = j
        sub.amount[p] = a
        part.settled[p] = x[q]
        if x[q]:
            value += a
            sub.funds[i] += a
            sub.funds[j] -= a
    total = 0
    for i in range(n):
        total += sub.start[i]
        sub.start[i] = total
    sub.start[n] = total
    for p in range(m - 1, -1, -1):
        for i in (sub.debtor[p], sub.creditor[p]):
            sub.start[i] -= 1
            sub.incident[sub.start[i]] = p
    sub.size[0] = n
    sub.size[1] = m
    return value


@kernel
def put_back(net, part, sub, x, slack, write):
    """Write what the search found into ``x`` and ``slack`` if asked to, and empty the part."""
    for p in range(part.tally[0]):
        q = part.payment[p]
        part.taken[q] = 0
        if write and x[q] != part.settled[p]:
            x[q] = part.settled[p]
            a = net.amount[q] if x[q] else -net.amount[q]
            slack[net.debtor[q]] -= a
            slack[net.creditor[q]] += a
    for i in range(sub.size[0]):
        part.local[part.account[i]] = -1
    part.tally[0] = 0


@kernel
def walk(net, part, first, size):
    """Take in ``size`` payments that hang together: a random walk over the payments of the accounts met."""
    take(net, part, first)
    for _ in range(8 * size):
        if part.tally[0] >= size:
            break
        q = part.payment[draw(part.random, part.tally[0])]
        i = net.debtor[q] if draw(part.random, 2) else net.creditor[q]
        take(net, part, net.incident[net.start[i] + draw(part.random, net.start[i + 1] - net.start[i])])


@kernel
def circle(net, part, first, size):
    """Take in about ``size`` payments among few accounts: all between the accounts of a random walk."""
    known = 0
    for i in (net.debtor[first], net.creditor[first]):
        part.local[i] = 0
        part.account[known] = i
        known += 1
    take(net, part, first)
    looked = 0
    for _ in range(2 * size):
        while looked < known:
            i = part.account[looked]
            looked += 1
            degree = net.start[i + 1] - net.start[i]
            tries = min(degree, 4 * size)
            for k in range(tries):
                p = net.incident[net.start[i] + (k if tries == degree else draw(part.random, degree))]
                if part.tally[0] < 2 * size and part.local[net.debtor[p]] >= 0 and part.local[net.creditor[p]] >= 0:
                    take(net, part, p)
        if part.tally[0] >= size:
            break
        i = part.account[draw(part.random, known)]
        p = net.incident[net.start[i] + draw(part.random, net.start[i + 1] - net.start[i])]
        j = net.creditor[p] if net.debtor[p] == i else net.debtor[p]
        if part.local[j] < 0:
            part.local[j] = 0
            part.account[known] = j
            known += 1
    for k in range(known):
        part.local[part.account[k]] = -1


@kernel
def chain(net, part, first, size):
    """Take in ``size`` payments along chains of like amounts, each paid on by who received the last."""
    take(net, part, first)
    for _ in range(size):
        if part.tally[0] >= size:
            break
        p = part.payment[draw(part.random, part.tally[0])]
        for _ in range(12):
            i = net.creditor[p]
            degree = net.start[i + 1] - net.start[i]
            tries = min(degree, 24)
            next = -1
            least = FAR
            for k in range(tries):
                q = net.incident[net.start[i] + (k if tries == degree else draw(part.random, degree))]
                if net.debtor[q] == i:
                    far = abs(net.amount[q] - net.amount[p])
                    far += (far >> 6) * draw(part.random, 256)
                    if far < least:
                        least = far
                        next = q
            if next < 0:
                break
            take(net, part, next)
            p = next


@kernel
def improve(net, flow, part, sub, x, slack, size, most, each, limit, value, bound):
    """Search parts of the problem, one after another, around the best set known, until the steps are used up.

    A part that was exhausted makes the next of its kind larger, one that was not makes it smaller. ``x`` int8 (n,) and
    ``slack`` int64 (n_account,) are changed; ``size`` int64 (2,) sixteenths. Returns the value settled.
    """
    m = net.size[1]
    while value < bound and flow.tally[STEPS] < limit:
        first = draw(part.random, m)
        kind = draw(part.random, size.size)
        if kind == 0:
            walk(net, part, first, size[0] >> 4)
        elif kind == 1:
            circle(net, part, first, size[1] >> 4)
        else:
            chain(net, part, first, size[2] >> 4)
        known = extract(net, part, sub, x, slack)
        flow.tally[STEPS] += 16 * part.tally[0]
        whole = part.tally[0] == m
        begin(sub, flow)
        found = search(sub, flow, part, known, draw(part.random, 2), 1, min(limit, flow.tally[STEPS] + each), 1 << 40)
        put_back(net, part, sub, x, slack, found > known)
        value += found - known
        if found > known:
            part.tally[3] += 1
        if part.tally[2]:
            if whole:
                break
            size[kind] = min(size[kind] + (size[kind] >> 3), 16 * (most // 2))
        else:
            size[kind] = max(size[kind] - (size[kind] >> 4), 16 * 10)
    return value


@kernel
def take_core(net, flow, part, x, best, each):
    """Take in what decides: payments that the divisible optimum splits or decides otherwise than the best set known,
    and a ladder of sizes at every account, ``each`` of every octave of its payments from the smallest up.

    ``x``, ``best`` int8 (n,): the optimum rounded down, the best set known. On the ladder, payments whose change costs
    nothing at the optimum's prices are preferred.
    """
    for p in range(net.size[1]):
        if x[p] != best[p]:
            take(net, part, p)
            if part.tally[0] > part.payment.size // 3:
                # The best set known is still far off: nothing to be learnt from it.
                while part.tally[0] > 0:
                    part.tally[0] -= 1
                    part.taken[part.payment[part.tally[0]]] = 0
                break
    flow.tally[STEPS] += net.size[1]
    for k in range(flow.tally[SPLIT]):
        p = flow.split[k]
        if 0 < flow.paid[p] < net.amount[p] and part.tally[0] < part.payment.size:
            take(net, part, p)
    for i in range(net.size[0]):
        degree = net.start[i + 1] - net.start[i]
        if degree <= 8 * each and part.tally[0] + degree <= part.payment.size:
            for k in range(net.start[i], net.start[i + 1]):
                take(net, part, net.incident[k])
            continue
        octave = 1
        while octave <= degree:
            for _ in range(each):
                place = degree - octave - draw(part.random, octave)
                if place >= 0 and part.tally[0] < part.payment.size:
                    p = net.incident[net.start[i] + place]
                    cost = flow.price[net.debtor[p]] - flow.price[net.creditor[p]] - 1
                    if cost != 0:
                        place = degree - octave - draw(part.random, octave)
                        if place >= 0:
                            p = net.incident[net.start[i] + place]
                    take(net, part, p)
            octave *= 2
    flow.tally[STEPS] += 8 * part.tally[0]


@kernel
def close_core(net, flow, part, x, slack):
    """Take in more until what stays outside the core could settle alone, so that the core can always be cut down.

    ``slack`` int64 (n_account,) is used up. An account that is short gives its smallest payment that covers what it
    lacks, or else its largest. If there is no room
    for it nothing is taken in and 0 returned, else 1.
    """
    given = part.tally[0]
    for k in range(given):
        q = part.payment[k]
        if x[q]:
            slack[net.debtor[q]] += net.amount[q]
            slack[net.creditor[q]] -= net.amount[q]
    steps = 0
    again = True
    while again:
        again = False
        for i in range(net.size[0]):
            while slack[i] < 0:
                again = True
                cover = -1
                for k in range(net.start[i], net.start[i + 1]):
                    q = net.incident[k]
                    steps += 1
                    if net.debtor[q] == i and x[q] and not part.taken[q]:
                        if cover >= 0 and net.amount[q] < -slack[i]:
                            break
                        cover = q
                if cover < 0 or part.tally[0] == part.payment.size:
                    while part.tally[0] > given:
                        part.tally[0] -= 1
                        part.taken[part.payment[part.tally[0]]] = 0
                    flow.tally[STEPS] += steps
                    return 0
                take(net, part, cover)
                slack[i] += net.amount[cover]
                slack[net.creditor[cover]] -= net.amount[cover]
    flow.tally[STEPS] += steps
    return 1
