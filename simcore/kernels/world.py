"""The state of the loop as flat arrays of records: accounts, rails, hops, slots of payments in flight, demand, logs.

Everything is int64 but the rows of the logs: one type of integer means one compilation of each function. Indices of
``-1`` are "none". A slot holds one payment in flight and stands in at most one place: an account's queue, a rail's
waiting or collection list, a link's list, a lane, or the heap. Records, not one array per field: what an event touches
of an account or a slot then lies in a few cache lines, and the loop compiles faster because it has 25 arrays to pass on
and not 100.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Records = Any  # structured array of the dtype named beside it

# Positions in World.state.
NOW: Final = 0  # instant of the last event
SEQUENCE: Final = 1  # next number of finality
ORDER: Final = 2  # next arrival or scheduling number
FREE: Final = 3  # first free slot
FEED_POSITION: Final = 4
FEED_FINAL: Final = 5  # 1: no demand after this batch
FEED_FIRST_ID: Final = 6
HEAP_SIZE: Final = 7
WORK_FIRST: Final = 8  # ring of credited accounts of strict queues
WORK_SIZE: Final = 9
CHANGED_SIZE: Final = 10  # credited accounts of bypass queues
DRAINING: Final = 11  # rails whose waiting list is being let in
OBLIGATION_ROWS: Final = 12
PAYMENT_ROWS: Final = 13
OVERFLOWED: Final = 14  # 1: a sum beyond int64; BLOCK_SET: a block has been set
IN_FLIGHT: Final = 15
CURSOR: Final = 16  # where an interrupted control operation goes on
CYCLE_SEQUENCE: Final = 17  # number of finality of the cycle being logged, -1 if none
CYCLE_COUNT: Final = 18
CYCLE_VALUE: Final = 19
CYCLE_MOVED: Final = 20
ROWS_NEEDED: Final = 21  # rows one event may write to a log
STATE_SIZE: Final = 24

# Where a slot stands.
PLACE_FREE: Final = 0
PLACE_QUEUE: Final = 1
PLACE_WAITING: Final = 2
PLACE_COLLECTED: Final = 3
PLACE_TRANSIT: Final = 4
PLACE_CHOSEN: Final = 5  # taken out of its queue by a mechanism, about to settle
PLACE_HELD: Final = 6  # held by a link until both its legs can settle

# Why money is on its way back.
FAILED: Final = 1  # the payment couldn't go on
REFUNDED: Final = 2  # the payment was final, and its row is written


def _record(**fields: type) -> np.dtype:
    """A record type, widest fields first so that nothing is padded inside."""
    widest_first = sorted(fields.items(), key=lambda item: -np.dtype(item[1]).itemsize)
    return np.dtype(widest_first, align=True)


ACCOUNT: Final = _record(
    rail=np.int64,
    participant=np.int64,
    balance=np.int64,
    debit_limit=np.int64,
    reserved=np.int64,
    minimum=np.int64,
    maximum=np.int64,
    debited=np.int64,
    credited=np.int64,
    head=np.int64,  # first queued slot (fifo) or root of the ordered queue
    tail=np.int64,  # last queued slot (fifo)
    queued_value=np.int64,
    queued_count=np.int64,
    queued_peak=np.int64,
    in_work=np.int64,  # stands in `work` or `changed`
    candidate=np.int64,  # bypass: first payable slot, kept while the account stands in `changed`
)
RAIL: Final = _record(
    currency=np.int64,
    discipline=np.int64,
    rule=np.int64,
    state=np.int64,
    when_closed=np.int64,
    draining=np.int64,  # the waiting list is being let in
    offset_most=np.int64,  # opposite obligations tried when one arrives and can't settle; 0: no offset at entry
    offset_strict=np.int64,  # they have to be the beginning of the other's whole queue
    offset_first=np.int64,  # the arriving one has to be the first of its queue
    bypass_above=np.int64,  # obligations queued from which on the queue may be bypassed; 0: never, or by the rule
    queued=np.int64,  # obligations in the queues of a rail with such a level
    tiers=np.int64,  # 1: what an obligation may use depends on its priority
    highly_urgent=np.int64,  # the last priority that counts as highly urgent, -1 for none
    urgent=np.int64,  # the last that counts as urgent
    receipts=np.int64,  # 1: all others are released against receipts only
    first_account=np.int64,
    last_account=np.int64,  # exclusive: the accounts of a rail are contiguous
    wait_head=np.int64,  # list (fifo) or root (ordered)
    wait_tail=np.int64,
    collect_head=np.int64,
    collect_tail=np.int64,
    collected=np.int64,
    list_at=np.int64,  # the rail whose collection list it uses: its own, or that of the first rail of its ledger
    batch_below=np.int64,  # BY_TERMS: smaller obligations are collected for the rail's batches …
    batch_from=np.int64,  # … if they have this priority or are less urgent
    block_every=np.int64,  # distance of a ledger's blocks; 0: no ledger
    block_at=np.int64,  # the next block, NEVER where nothing waits for one
    last_block=np.int64,
    least_amount=np.int64,  # the least and the most an obligation of a payment may be
    most_amount=np.int64,
    balance_limit=np.int64,  # the most an account on a ledger may hold, but that of its issuer
)
HOP: Final = _record(
    rail=np.int64,
    from_kind=np.int64,
    from_which=np.int64,  # participant, or currency of an agent role
    to_kind=np.int64,
    to_which=np.int64,
    may_vanish=np.int64,  # 1: for some payments both roles are the same participant, and the hop falls away
    alone=np.int64,  # 1: the only hop of its route, from debtor to creditor, gross or instant, without latency
    latency=np.int64,  # constant latency
    draw=np.int64,  # column of drawn latencies, -1 where constant
    goes_whole=np.int64,  # 1: the payee keeps something, or the payment may be refunded
    refund=np.int64,  # column drawn for refunds: how long after the payment's end, below zero for never; -1 for none
    fee_fixed=np.int64,
    fee_share=np.int64,  # hundredths of a basis point of the amount
    fee_least=np.int64,
    fee_most=np.int64,
    lane=np.int64,  # lane of a constant latency, -1 where the heap is needed
    tests=np.int64,  # what is looked at before an obligation goes to its open rail: HELD_… and BOUNDED; 0 for most
    service=np.int64,  # SINGLY, IN_CYCLES, IN_BATCHES or BY_TERMS
    shut_until=np.int64,  # with HELD_BY_CUT_OFF: an instant to come at which the hop takes obligations again
    link=np.int64,  # with HELD_BY_LINK: over which it settles together with the next hop
)
QUOTE: Final = _record(
    numerator=np.int64,
    denominator=np.int64,
    spread_bp_e2=np.int64,
    fx_id=np.int64,
    opens_at=np.int64,  # an instant to come: nobody deals before it
    value_at=np.int64,  # before it what was bought isn't paid out
)
INSTANT_LINK: Final = _record(
    time_limit=np.int64,  # from the first rail to the last, NEVER for none
    quote_valid=np.int64,  # how long a provider honours its quote, -1: there are none
    requotes=np.int64,  # 1: a quote that has expired is replaced by the one in force then
    day_limit=np.int64,  # the most a customer may send a day
    day=np.int64,  # number of the day
    spent_at=np.int64,  # first row of `spent`, -1: no limit
)
# Two cache lines. A payment that waits in a fifo queue of its only rail needs the first alone, and thousands of them
# wait in memory. What stands in the second is written only when it is needed; in a free slot `fx_id` is -1, `fee` and
# `parted` are 0.
SLOT: Final = np.dtype(
    [
        ("payment_id", np.int64),
        ("amount", np.int64),
        ("entered_at", np.int64),
        ("key", np.int64),  # priority << 56 | order: place in every ordered structure
        ("debtor", np.int32),
        ("creditor", np.int32),
        ("debit", np.int32),  # account
        ("credit", np.int32),
        ("hop", np.int32),  # hop under way
        ("route", np.int32),
        ("next", np.int32),
        ("priority", np.int8),
        ("returning", np.int8),  # 0, or why money is on its way back: FAILED, REFUNDED
        ("hops_settled", np.int8),
        ("place", np.int8),
        ("fx_id", np.int64),
        ("fee", np.int64),
        ("parted", np.int64),  # parts of the hop under way that have settled
        ("due", np.int64),
        ("weight", np.int64),
        ("low", np.int64),  # least amount in the subtree
        ("lane", np.int32),
        ("left", np.int32),
        ("right", np.int32),
        ("decided", np.int8),  # status that started the return
        ("unused", np.int8, 3),
    ]
)
DUE: Final = _record(due=np.int64, key=np.int64, slot=np.int64)
OBLIGATION_ROW: Final = _record(
    payment_id=np.int64,
    hop=np.int8,
    kind=np.int8,
    debit_account=np.int32,
    credit_account=np.int32,
    amount=np.int64,
    entered_at=np.int64,
    settled_at=np.int64,
    sequence=np.int64,
    status=np.int8,
    cycle_id=np.int32,
    fx_id=np.int32,
)
PAYMENT_ROW: Final = _record(
    payment_id=np.int64,
    amount_received=np.int64,
    fee=np.int64,
    completed_at=np.int64,
    status=np.int8,
    hops=np.int8,
)


class Feed(NamedTuple):
    """The current batch of demand."""

    time: Int64
    debtor: Int64
    creditor: Int64
    route: Int64
    amount: Int64
    priority: Int64
    draws: Int64  # (n, n_draw)


class World(NamedTuple):
    """Everything the loop reads and writes."""

    state: Int64  # (STATE_SIZE,)
    accounts: Records  # ACCOUNT
    rails: Records  # RAIL
    hops: Records  # HOP, the hops of every route one after the other
    route_start: Int64  # (n_route + 1,)
    account_of: Int64  # (n_rail, n_participant)
    tiers: Int64  # (n_account, 3) columns HELD_HIGHLY_URGENT, HELD_URGENT, RECEIPTS
    sends_from: Int64  # (n_participant,) an instant to come: it is out and sends nothing before; (0,) if nobody ever is
    agent: Int64  # (n_currency, n_participant)
    dealer_of: Int64  # (n_participant,)
    quote_of: Int64  # (n_dealer, n_currency, n_currency)
    quotes: Records  # QUOTE, in force now
    size_from: Int64  # (n_quote, n_tier) amounts, rising, from which on another half-spread is in force
    size_spread: Int64  # (n_quote, n_tier) that half-spread
    link_of_route: Int64  # (n_route,) link of each route, -1 for none; empty where there are no links
    instant_links: Records  # INSTANT_LINK
    spent: Int64  # (n_link with a limit × n_customer, 2) number of the day, and what was sent on it
    promise: Int64  # (n_slot, PROMISES), no columns where there are no links
    slots: Records  # SLOT
    draws: Int64  # (n_slot, n_draw) drawn latencies
    moved: Int64  # (n_slot, most_hops) what each settled hop moved
    feed: Feed
    heap: Records  # DUE, (n_slot,) by (due, key)
    lane_head: Int64
    lane_tail: Int64
    work: Int64  # (n_account,) ring of credited accounts of strict queues
    changed: Int64  # (n_account,) credited accounts of bypass queues
    links: Int64  # (n_link, 4) first and last slot that each link holds, what it does with them, 1 if it is out
    net: Int64  # (n_account,) scratch of cycles and sets, all zeros between two uses
    path: Int64  # scratch of ordered queues
    opposite: Int64  # scratch of offsets at entry
    legs: Int64  # (most_hops, 3) scratch of blocks: debit, credit and amount of the legs of one payment
    block: Int64  # (n_slot, 7) scratch of blocks, columns in block_legs.py; no rows where there is no ledger
    block_accounts: Int64  # (n_account, 6) the same
    block_legs: Int64  # (n_slot × most_hops, 5) scratch of their gridlock resolution; no rows where there is none
    figures: Int64  # (n_rail, 6) of a block: considered and settled number and value, value moved, number of the cycle
    obligations: Records  # OBLIGATION_ROW, the log
    payments: Records  # PAYMENT_ROW, the log
