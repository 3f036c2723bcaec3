"""Settles part of the first queued obligation of each account that can't pay it whole: payment splitting."""

from __future__ import annotations

from numpy import int64

from simcore.accelerate import kernel
from simcore.kernels.books import pay
from simcore.kernels.constants import DONE, FIFO, LOG_FULL
from simcore.kernels.control import logs_full
from simcore.kernels.ordered import ordered_first, ordered_insert, ordered_remove
from simcore.kernels.queue import funds_for
from simcore.kernels.rows import log_obligation
from simcore.kernels.ways import real_hop
from simcore.kernels.wide import FORWARD, KIND_PART, NONE, SETTLED_GROSS
from simcore.kernels.world import CURSOR, NOW, SEQUENCE


@kernel
def _goes_whole(world, slot):
    """Whether what this obligation moves is exchanged before the next hop, kept in part, or may be refunded."""
    it = world.slots[slot]
    if world.hops[it.hop].goes_whole == 1:
        return True
    following = real_hop(world, it.route, int64(it.hop + 1), FORWARD, it.debtor, it.creditor)
    if following == NONE:
        return False
    here, there = world.hops[it.hop].rail, world.hops[following].rail
    return world.rails[here].currency != world.rails[there].currency


@kernel
def _split(world, account, slot, part, now):
    """Move a part of a queued obligation, which keeps its place in the queue with what is left of it."""
    it, payer = world.slots[slot], world.accounts[account]
    rail = world.rails[payer.rail]
    if rail.rule != FIFO:  # an ordered queue knows the least amount of each of its branches
        payer.head = ordered_remove(world.slots, world.path, payer.head, slot)
    it.amount -= part
    it.parted += part
    payer.queued_value -= part
    if rail.rule != FIFO:
        payer.head = ordered_insert(world.slots, world.path, payer.head, slot)
    pay(world, account, it.credit, part, it.priority)
    log_obligation(world, it.payment_id, it.hop - world.route_start[it.route], KIND_PART, account, it.credit, part,
                   it.entered_at, now, world.state[SEQUENCE], SETTLED_GROSS, NONE, NONE)  # fmt: skip
    world.state[SEQUENCE] += 1


@kernel
def split_queues(world, rail, least, now):
    """Go once through the accounts of a rail and pay what each can of the first obligation in its queue.

    Parameters
    ----------
    least : int    the smallest part, minor units

    Returns
    -------
    int     DONE, or LOG_FULL: call again to go on

    Notes
    -----
    Accounts come in their order, so a later one pays on what an earlier one has just paid it. Money on its way back and
    obligations whose money is exchanged next, or bears a fee, aren't split, nor what is queued behind them.
    """
    state, it = world.state, world.rails[rail]
    state[NOW] = now
    while it.first_account + state[CURSOR] < it.last_account:
        if logs_full(world):
            return LOG_FULL
        account = it.first_account + state[CURSOR]
        state[CURSOR] += 1
        head = world.accounts[account].head
        if head == NONE:
            continue
        slot = int64(head if it.rule == FIFO else ordered_first(world.slots, head))
        queued = world.slots[slot]
        funds = funds_for(world, account, queued.priority)
        # What can be paid whole is released as ever, after this.
        if least <= funds < queued.amount and queued.returning == 0 and not _goes_whole(world, slot):
            _split(world, account, slot, funds, now)
    state[CURSOR] = 0
    return DONE
