"""CHIPS's release rule: a payment goes alone, else with payments back, else in a multilateral set, under two limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simcore.accelerate import kernel
from simcore.errors import ScenarioError
from simcore.lsm import register
from simcore.lsm.base import Mechanism, Problem, Selection
from simcore.lsm.bilateral_offset import linked, unlink
from simcore.lsm.grouping import Int64, by_pair, groups_of, net_positions, writable

Ceilings = tuple[tuple[int, int], ...]
NONE = -1
MOST_CEILING = 2**62


@kernel
def release_small(
    funds, ceiling, debtor, creditor, amount, most, pair, opposite, head, before, after, touched, tested, tried,
    set_of, sets,
):  # fmt: skip
    """Release payments alone until none can go, then go once through the queue for bilateral sets; again if any was.

    Parameters
    ----------
    funds : int64 (n_account,)             changed to what is left
    ceiling : int64 (n_account,)           most that funds may rise to
    debtor, creditor, amount : (n,)        in queue order
    most : int                             payments back at most
    pair, opposite : int32 (n,)            list of each row, and the list with its payments back, -1 if there is none
    head : int32 (n_pair,)                 first row of each list that is queued, -1 if empty; changed
    before, after : int32 (n,)             neighbours in the list; changed
    touched : int64 (n_account,)           sets there were when an account was last part of one; changed
    tested, tried : int64 (n,)             sets there were when a row was last tested alone and for payments back, -1
                                           before; changed
    set_of : int32 (n,)                    -1 where queued; number of the set where a row settles
    sets : int                             sets so far

    Returns
    -------
    int64, int64                           sets now, and how many of the new ones are bilateral

    Notes
    -----
    A pass takes at most n × (most + 1) steps, but a row is tested again only after one of its accounts was part of a
    set, since nothing else can change the answer.
    """
    bilateral = 0
    while True:
        found = True
        while found:
            found = False
            for p in range(amount.size):
                if set_of[p] != NONE:
                    continue
                i, j = debtor[p], creditor[p]
                if max(touched[i], touched[j]) <= tested[p]:
                    continue
                tested[p] = sets
                if funds[i] < amount[p] or ceiling[j] - funds[j] < amount[p]:
                    continue
                funds[i] -= amount[p]
                funds[j] += amount[p]
                set_of[p] = sets
                unlink(p, pair, head, before, after)
                sets += 1
                touched[i] = sets
                touched[j] = sets
                found = True
        for p in range(amount.size):
            if set_of[p] != NONE or opposite[p] == NONE:
                continue
            i, j = debtor[p], creditor[p]
            if max(touched[i], touched[j]) <= tried[p]:
                continue
            tried[p] = sets
            # What the payments back may add up to, so that neither account passes a limit on either side.
            least = amount[p] - min(funds[i], max(ceiling[j] - funds[j], 0))
            greatest = amount[p] + min(funds[j], max(ceiling[i] - funds[i], 0))
            back, count = 0, 0
            q = head[opposite[p]]
            while q != NONE and count < most:
                back += amount[q]
                count += 1
                if back >= least:
                    break
                q = after[q]
            if count == 0 or not least <= back <= greatest:
                continue
            q = head[opposite[p]]
            for _ in range(count):
                set_of[q] = sets
                unlink(q, pair, head, before, after)
                q = after[q]
            set_of[p] = sets
            unlink(p, pair, head, before, after)
            funds[i] += back - amount[p]
            funds[j] += amount[p] - back
            sets += 1
            touched[i] = sets
            touched[j] = sets
            bilateral += 1
            found = True
        if not found:
            return sets, bilateral


@kernel
def _blamed(i, position, most_held, out_order, out_last, in_order, in_last, gone):
    """The newest payment still there out of an account that is short, or into one that holds too much; else -1."""
    if position[i] < 0:
        while gone[out_order[out_last[i] - 1]]:
            out_last[i] -= 1
        return out_order[out_last[i] - 1]
    if position[i] > most_held[i]:
        while gone[in_order[in_last[i] - 1]]:
            in_last[i] -= 1
        return in_order[in_last[i] - 1]
    return NONE


@kernel
def take_out_newest(debtor, creditor, amount, position, most_held, out_order, out_last, in_order, in_last, tree, gone):
    """Take out the newest payment out of a short account or into one that holds too much, until there is none.

    Parameters
    ----------
    debtor, creditor, amount : (n,)             in queue order
    position : int64 (n_account,)               funds after everything; on return after what stays
    most_held : int64 (n_account,)              what each may hold afterwards, at least its funds before
    out_order, in_order : int32 (n,)            rows by debtor, and by creditor
    out_last, in_last : int64 (n_account,)      ends of the groups in these; changed
    tree : int32 (2 × a power of two,)          -1; scratch: the newest payment to be taken out, as a tournament
    gone : bool (n,)                            all false; true for what was taken out

    Returns
    -------
    int64                                       payments taken out

    Notes
    -----
    O(n log n_account + n_account). A short account still pays something, and one that holds too much still gets
    something, because with all payments out everybody has its funds from before.
    """
    leaf = tree.size // 2
    for i in range(position.size):
        tree[leaf + i] = _blamed(i, position, most_held, out_order, out_last, in_order, in_last, gone)
    for node in range(leaf - 1, 0, -1):
        tree[node] = max(tree[2 * node], tree[2 * node + 1])
    count = 0
    while tree[1] != NONE:
        k = tree[1]
        gone[k] = True
        count += 1
        position[debtor[k]] += amount[k]
        position[creditor[k]] -= amount[k]
        for i in (debtor[k], creditor[k]):
            node = leaf + i
            tree[node] = _blamed(i, position, most_held, out_order, out_last, in_order, in_last, gone)
            node //= 2
            while node > 0:
                tree[node] = max(tree[2 * node], tree[2 * node + 1])
                node //= 2
    return count


@kernel
def unlink_all(rows, pair, head, before, after):
    """Take rows, int64 (k,), out of their lists. O(k)."""
    for k in rows:
        unlink(k, pair, head, before, after)


@register("chips_release")
@dataclass(frozen=True, kw_only=True)
class ChipsRelease(Mechanism):
    """Release a payment where its sender keeps to a minimum and its receiver to a maximum, else try it in a set.

    Both limits hold for every set: afterwards each account has funds of 0 or more, and one that has more than before
    has at most its ceiling. So an account that stands above its ceiling may pay out but not gain. Funds are what is
    above the minimum, so a ceiling counts from there too. Ceilings are fixed when the mechanism begins; on a rail that
    is at each of its runs, and what the rail releases by itself between runs knows no ceiling.

    1. Alone: go through the queue in its order and release every payment that the limits allow by itself, a set of one;
       from the end of the queue begin again, until a whole pass releases nothing.
    2. Bilateral: go through the queue once. Each payment still there is tried with the first payment queued back from
       its creditor, the first two, …, up to ``most``; the first such set within the limits settles at once. If the pass
       settled any, go back to 1.
    3. Multilateral: take everything queued. While some account is short or gains above its ceiling, take out the newest
       payment that leaves an account that is short or enters one that is above. What stays settles as one set, and 1
       follows; if nothing stays, that is the end.

    The newest is the last in the queue. With two limits, sets that keep them are no longer closed under union: there is
    no largest one, and another order of taking out would leave another set. Without ceilings there is, and step 3 is
    gridlock resolution. The rule for a single payment is that of US 8,725,609, there for supplemental positions; that
    sets follow where it fails is known of CHIPS, and how they are made up here is our reading. Left out: that payments
    are sorted into small and large ones (US 6,076,074), and that positions are of two kinds.

    Invariants: every set keeps both limits; at the end no payment left can go alone or with the first payments back.
    Cost: O(payments × most) for a pass and O(payments × log accounts) for a multilateral set; each but the last pass of
    a step and the last multilateral set settles something, and a pass skips payments at whose accounts nothing changed.
    """

    source: ClassVar[str] = (
        "The Clearing House, US patents 6,076,074 (2000) and 8,725,609 (2014); details are our reading"
    )
    keeps_order: ClassVar[bool] = False

    ceiling_percent: int = 200
    """An account's funds may rise to this share of what they are at the beginning, rounded down, in per cent. The
    default is assumed. An account that begins without funds can gain nothing, only pass on in a set what it gets; up
    to 100 nobody gains, so only sets that move no money settle."""
    ceilings: Ceilings = ()
    """Ceilings that take the place of the share, each (account, minor units of funds)."""
    most: int = 10
    """Payments back that are tried with a payment, at most."""

    def __post_init__(self) -> None:
        if not 0 <= self.ceiling_percent <= 1_000_000:
            raise _fault("ceiling_percent", str(self.ceiling_percent), "0 to 1,000,000 per cent")
        if self.most < 1:
            raise _fault("most", str(self.most), "1 or more")
        seen: set[int] = set()
        for account, ceiling in self.ceilings:
            if not 0 <= ceiling < MOST_CEILING:
                raise _fault("ceilings", f"{ceiling} minor units", "from 0 up to 2^62")
            if account in seen:
                raise _fault("ceilings", f"two ceilings of account {account}", "one for an account")
            seen.add(account)

    def select(self, problem: Problem) -> Selection:
        """Choose what is released, alone and in sets; ScenarioError LH103 for a ceiling of an account not there."""
        n, n_account = problem.size, int(problem.funds.size)
        ceiling, funds = self._ceilings_of(problem.funds), problem.funds.copy()
        debtor, creditor, amount = writable(problem.debtor), writable(problem.creditor), writable(problem.amount)
        pairs = by_pair(problem)
        opposite = writable(pairs.opposite[pairs.of_row])
        lists = linked(pairs.groups)
        touched = np.zeros(n_account, dtype=np.int64)
        tested, tried = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
        set_of = np.full(n, NONE, dtype=np.int32)
        sets = bilateral = multilateral = 0
        while True:
            sets, more = release_small(
                funds, ceiling, debtor, creditor, amount, self.most, pairs.of_row, opposite, *lists, touched, tested,
                tried, set_of, sets,
            )  # fmt: skip
            bilateral += more
            chosen = _multilateral(problem, np.flatnonzero(set_of == NONE), funds, ceiling)
            if not chosen.size:
                break
            set_of[chosen] = sets
            sets += 1
            multilateral += 1
            touched[debtor[chosen]] = touched[creditor[chosen]] = sets
            unlink_all(chosen, pairs.of_row, *lists)
        facts = {
            "alone": int(sets - bilateral - multilateral),
            "bilateral_sets": int(bilateral),
            "multilateral_sets": multilateral,
        }
        return Selection(set_of=set_of, facts=facts)

    def _ceilings_of(self, funds: Int64) -> Int64:
        """Of each account: (n_account,), minor units of funds, at most 2^62."""
        # Python's ints, because a share of large funds may pass 64 bits.
        found = [min(own * self.ceiling_percent // 100, MOST_CEILING) for own in funds.tolist()]
        for account, ceiling in self.ceilings:
            if not 0 <= account < len(found):
                raise _fault("ceilings", f"account {account}", f"an account from 0 to {len(found) - 1}")
            found[account] = ceiling
        return np.array(found, dtype=np.int64)


def _multilateral(problem: Problem, rows: Int64, funds: Int64, ceiling: Int64) -> Int64:
    """Which of the queued rows settle as one set; ``funds`` are changed to what is left."""
    n_account = int(funds.size)
    debtor, creditor, amount = problem.debtor[rows], problem.creditor[rows], problem.amount[rows]
    most_held = np.maximum(ceiling, funds)
    net_positions(debtor, creditor, amount, funds, np.zeros_like(funds))
    paid, received = groups_of(debtor, n_account), groups_of(creditor, n_account)
    leaves = 1 << max(n_account - 1, 0).bit_length()
    gone = np.zeros(rows.size, dtype=np.bool_)
    take_out_newest(
        debtor, creditor, amount, funds, most_held, paid.order, paid.start[1:].copy(), received.order,
        received.start[1:].copy(), np.full(2 * leaves, NONE, dtype=np.int32), gone,
    )  # fmt: skip
    return rows[~gone]


def _fault(parameter: str, got: str, expected: str) -> ScenarioError:
    return ScenarioError.one("LH103", f"chips_release: {parameter}", got=got, expected=expected)
