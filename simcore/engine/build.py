"""From a :class:`WorldSpec` to the flat arrays of a :class:`World`, and larger ones when a run outgrows them."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import numpy as np

from simcore.engine.spec import AccountSpec, HopSpec, WorldSpec
from simcore.kernels.block_gridlock import LEG_COLUMNS
from simcore.kernels.block_legs import BLOCK_ACCOUNT_COLUMNS, BLOCK_COLUMNS
from simcore.kernels.constants import (
    BOUNDED,
    BYPASS,
    CLOSED,
    COLLECT,
    FIFO,
    HELD_BY_CUT_OFF,
    HELD_BY_DEALER,
    HELD_BY_LINK,
    IN_CYCLES,
    LINKED,
    MAY_BE_OUT,
    NEVER,
    NONE,
    ORDERED,
    PROMISES,
    ROLE_CREDITOR,
    ROLE_DEBTOR,
    SINGLY,
)
from simcore.kernels.link import AT_ONCE, COLLECTS, COLLECTS_DAY, LOCKS, OUT
from simcore.kernels.world import (
    ACCOUNT,
    CYCLE_SEQUENCE,
    DUE,
    FREE,
    HOP,
    INSTANT_LINK,
    OBLIGATION_ROW,
    PAYMENT_ROW,
    QUOTE,
    RAIL,
    ROWS_NEEDED,
    SLOT,
    STATE_SIZE,
    Feed,
    World,
)

PATH_DEPTH = 4096  # deepest way down an ordered queue; depth grows with the logarithm of its length


def readable(records: Any) -> Any:
    """Records whose fields plain Python reads as kernels do, where compilation is switched off for a debugger."""
    return records.view(np.recarray) if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0") else records


def _records(dtype: np.dtype, rows: Iterable[dict[str, int]]) -> Any:
    """A structured array from rows of named values; fields not named are zero."""
    rows = list(rows)
    array = np.zeros(len(rows), dtype=dtype)
    for field in {name for row in rows for name in row}:
        array[field] = [row[field] for row in rows]
    return readable(array)


def _aligned(size: int) -> Any:
    """Slots that begin on a cache line."""
    room = np.zeros(size * SLOT.itemsize + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size * SLOT.itemsize].view(SLOT)


def _slots(size: int) -> Any:
    slots = _aligned(size)
    slots["next"] = np.arange(1, size + 1)
    slots["next"][-1] = NONE
    slots["fx_id"] = NONE
    return readable(slots)


def _accounts(spec: WorldSpec) -> Any:
    return _records(
        ACCOUNT,
        (
            {
                "rail": row.rail,
                "participant": row.participant,
                "balance": row.opening,
                "minimum": row.opening,
                "maximum": row.opening,
                "debit_limit": row.debit_limit,
                "reserved": row.reserved,
                "head": NONE,
                "tail": NONE,
                "candidate": NONE,
            }
            for row in spec.accounts
        ),
    )


def tiers_of(rows: Iterable[AccountSpec]) -> Any:
    """What accounts hold back at the start of a day: int64 (n, 3)."""
    held = [(row.held_highly_urgent, row.held_urgent, 0) for row in rows]
    return np.array(held, np.int64).reshape(len(held), 3)


def _rails(spec: WorldSpec) -> Any:
    account_rails = [row.rail for row in spec.accounts]
    if account_rails != sorted(account_rails):
        raise ValueError("accounts must stand in the order of their rails")
    return _records(
        RAIL,
        (
            {
                "currency": rail.currency,
                "discipline": rail.discipline,
                "rule": ORDERED if rail.bypass_above else rail.rule,
                "bypass_above": rail.bypass_above,
                "tiers": rail.tiers,
                "highly_urgent": rail.highly_urgent,
                "urgent": max(rail.urgent, rail.highly_urgent),
                "receipts": rail.receipts,
                "state": CLOSED,
                "when_closed": rail.when_closed,
                "offset_most": rail.offset_most,
                "offset_strict": rail.offset_strict or rail.rule != BYPASS,
                "offset_first": rail.offset_first or rail.rule != BYPASS,
                "first_account": bisect_left(account_rails, index),
                "last_account": bisect_left(account_rails, index + 1),
                "wait_head": NONE,
                "wait_tail": NONE,
                "collect_head": NONE,
                "collect_tail": NONE,
                "batch_below": rail.batch_below,
                "batch_from": rail.batch_from,
                "list_at": index if rail.ledger == NONE else rail.ledger,
                "block_every": rail.block_every,
                "block_at": NEVER,
                "last_block": NONE,
                "least_amount": rail.least_amount,
                "most_amount": rail.most_amount,
                "balance_limit": rail.balance_limit,
            }
            for index, rail in enumerate(spec.rails)
        ),
    )


def _tests(spec: WorldSpec, hop: HopSpec, later: tuple[HopSpec, ...]) -> int:
    """What is looked at when an obligation of this hop reaches its rail."""
    rail = spec.rails[hop.rail]
    # Hops between may fall away for some payments, so any later currency will do here.
    dealt = not spec.always_dealt and any(spec.rails[one.rail].currency != rail.currency for one in later)
    bounded = rail.bounded and not rail.block_every  # a block looks at all legs together
    return (
        HELD_BY_DEALER * dealt
        + HELD_BY_CUT_OFF * hop.cut_off
        + BOUNDED * bounded
        + HELD_BY_LINK * (hop.link != NONE)
        + MAY_BE_OUT * (not spec.always_sending)
    )


def _hops(spec: WorldSpec, lanes: bool) -> tuple[Any, int]:
    lane_of: dict[int, int] = {}

    linked = {route for link in spec.instant_links for route in link.routes}

    def lane(hop: HopSpec) -> int:
        # An ordered rail takes arrivals of one instant by priority, which a first-in-first-out lane can't.
        if not lanes or hop.draw != NONE or spec.rails[hop.rail].rule != FIFO:
            return NONE
        return lane_of.setdefault(hop.latency_us, len(lane_of))

    def service(hop: HopSpec) -> int:
        return IN_CYCLES if spec.rails[hop.rail].discipline == COLLECT else hop.batch

    rows = [
        {
            "rail": hop.rail,
            "from_kind": hop.debtor[0],
            "from_which": hop.debtor[1],
            "to_kind": hop.creditor[0],
            "to_which": hop.creditor[1],
            # A payment's debtor is never its creditor; every other pair of roles may fall together.
            "may_vanish": int({hop.debtor[0], hop.creditor[0]} != {ROLE_DEBTOR, ROLE_CREDITOR}),
            "alone": int(
                len(route) == 1
                and spec.always_sending
                and (hop.debtor[0], hop.creditor[0]) == (ROLE_DEBTOR, ROLE_CREDITOR)
                and service(hop) == SINGLY
                and not spec.rails[hop.rail].bypass_above
                and not spec.rails[hop.rail].tiers
                and not spec.rails[hop.rail].splits
                and not spec.rails[hop.rail].bounded
                and hop.latency_us == 0
                and hop.draw == NONE
                and not hop.goes_whole
                and not hop.cut_off
                and index not in linked
            ),
            "latency": hop.latency_us,
            "draw": hop.draw,
            "goes_whole": int(hop.goes_whole),
            "refund": hop.refund,
            "fee_fixed": hop.fee_fixed,
            "fee_share": hop.fee_share,
            "fee_least": hop.fee_least,
            "fee_most": hop.fee_most,
            "lane": lane(hop),
            "tests": _tests(spec, hop, route[at:]) + LINKED * int(index in linked),
            "link": hop.link,
            "service": service(hop),
        }
        for index, route in enumerate(spec.routes)
        for at, hop in enumerate(route)
    ]
    return _records(HOP, rows), len(lane_of)


def _instant_links(spec: WorldSpec) -> dict[str, Any]:
    """The links, which route belongs to which, and room for what each customer has sent by each."""
    link_of = np.full(len(spec.routes) if spec.instant_links else 0, NONE, np.int64)
    for index, link in enumerate(spec.instant_links):
        link_of[list(link.routes)] = index
    rows, counted = [], 0
    for link in spec.instant_links:
        counts = link.limits_days and spec.n_customer > 0
        rows.append(
            {
                "time_limit": link.time_limit,
                "quote_valid": link.quote_valid,
                "requotes": int(link.requotes),
                "day_limit": link.day_limit,
                "spent_at": counted if counts else NONE,
            }
        )
        counted += spec.n_customer if counts else 0
    return {
        "link_of_route": link_of,
        "instant_links": _records(INSTANT_LINK, rows),
        "spent": np.zeros((counted, 2), np.int64),
    }


def _directory(spec: WorldSpec) -> dict[str, Any]:
    account_of = np.full((len(spec.rails), spec.n_participant), NONE, np.int64)
    for index, row in enumerate(spec.accounts):
        account_of[row.rail, row.participant] = index
    agent = np.full((spec.n_currency, spec.n_participant), NONE, np.int64)
    for (currency, participant), who in spec.agents.items():
        agent[currency, participant] = who
    dealers = list(dict.fromkeys(dealer for dealer, _, _ in spec.quotes))
    dealer_of = np.full(spec.n_participant, NONE, np.int64)
    quote_of = np.full((max(len(dealers), 1), spec.n_currency, spec.n_currency), NONE, np.int64)
    for index, (dealer, source, target) in enumerate(spec.quotes):
        dealer_of[dealer] = dealers.index(dealer)
        quote_of[dealers.index(dealer), source, target] = index
    return {"account_of": account_of, "agent": agent, "dealer_of": dealer_of, "quote_of": quote_of}


def empty_feed(n_draw: int) -> Feed:
    """A batch of no payments."""
    return Feed(
        time=np.zeros(0, np.int64), debtor=np.zeros(0, np.int64), creditor=np.zeros(0, np.int64),
        route=np.zeros(0, np.int64), amount=np.zeros(0, np.int64), priority=np.zeros(0, np.int64),
        draws=np.zeros((0, n_draw), np.int64),
    )  # fmt: skip


def _links(spec: WorldSpec) -> Any:
    """The lists of links, empty, and what each does with its pairs."""
    links = np.full((spec.n_link, 4), NONE, np.int64)
    links[:, COLLECTS] = AT_ONCE
    links[list(spec.collecting), COLLECTS] = COLLECTS_DAY
    links[list(spec.locking), COLLECTS] = LOCKS
    links[:, OUT] = 0
    return links


def build_world(spec: WorldSpec, *, slots: int = 1024, log_rows: int = 65_536, lanes: bool = True) -> World:
    """Lay out the arrays; rails start closed. ``lanes=False`` puts every hop in flight into the heap."""
    hops, n_lane = _hops(spec, lanes)
    n_account = len(spec.accounts)
    state = np.zeros(STATE_SIZE, np.int64)
    state[CYCLE_SEQUENCE] = NONE
    most_offset = max((rail.offset_most for rail in spec.rails), default=0)
    # An obligation writes at most two rows, a pair four; an offset at entry settles one and its opposites in one step.
    state[ROWS_NEEDED] = 4 + (2 * (most_offset + 1) if most_offset else 0)
    most_hops = max((len(route) for route in spec.routes), default=1)
    has_ledger = any(rail.block_every for rail in spec.rails)
    resolves = any(rail.block_every and rail.gridlock for rail in spec.rails)
    if has_ledger:  # a payment's legs in a block are written in one step, each with its spread
        state[ROWS_NEEDED] = max(int(state[ROWS_NEEDED]), 4 + 2 * most_hops)
    log_rows = max(log_rows, 2 * int(state[ROWS_NEEDED]))
    return World(
        state=state,
        accounts=_accounts(spec),
        tiers=tiers_of(spec.accounts),
        sends_from=np.zeros(0 if spec.always_sending else spec.n_participant, np.int64),
        rails=_rails(spec),
        hops=hops,
        route_start=np.cumsum([0] + [len(route) for route in spec.routes]).astype(np.int64),
        **_directory(spec),
        **_instant_links(spec),
        promise=np.zeros((slots, PROMISES if spec.instant_links else 0), np.int64),
        quotes=readable(np.zeros(len(spec.quotes), dtype=QUOTE)),
        size_from=np.full((len(spec.quotes), spec.n_size), NEVER, np.int64),
        size_spread=np.zeros((len(spec.quotes), spec.n_size), np.int64),
        slots=_slots(slots),
        draws=np.zeros((slots, spec.n_draw), np.int64),
        moved=np.zeros((slots, most_hops), np.int64),
        feed=empty_feed(spec.n_draw),
        heap=readable(np.zeros(slots, DUE)),
        lane_head=np.full(n_lane, NONE, np.int64),
        lane_tail=np.full(n_lane, NONE, np.int64),
        work=np.zeros(max(n_account, 1), np.int64),
        changed=np.zeros(max(n_account, 1), np.int64),
        links=_links(spec),
        net=np.zeros(n_account, np.int64),
        path=np.zeros(PATH_DEPTH, np.int64),
        opposite=np.zeros(most_offset + 1, np.int64),
        legs=np.zeros((most_hops if has_ledger else 0, 3), np.int64),
        block=np.zeros((slots if has_ledger else 0, BLOCK_COLUMNS), np.int64),
        block_accounts=np.zeros((n_account if has_ledger else 0, BLOCK_ACCOUNT_COLUMNS), np.int64),
        block_legs=np.zeros((slots * most_hops if resolves else 0, LEG_COLUMNS), np.int64),
        figures=np.zeros((len(spec.rails) if has_ledger else 0, 6), np.int64),
        obligations=readable(np.zeros(log_rows, dtype=OBLIGATION_ROW)),
        payments=readable(np.zeros(log_rows, dtype=PAYMENT_ROW)),
    )


def with_more_slots(world: World) -> World:
    """The same world with twice the slots; called when none is free."""
    old = world.slots.size

    def doubled(array: Any) -> Any:
        larger = np.zeros((2 * array.shape[0], *array.shape[1:]), array.dtype)
        larger[: array.shape[0]] = array
        return larger

    slots = _aligned(2 * old)
    slots[:old] = world.slots
    slots["next"][old:] = np.arange(old + 1, 2 * old + 1)
    slots["next"][-1] = NONE
    slots["fx_id"][old:] = NONE
    world.state[FREE] = old
    return world._replace(
        slots=readable(slots),
        heap=readable(doubled(world.heap)),
        draws=doubled(world.draws),
        moved=doubled(world.moved),
        promise=doubled(world.promise),
        block=doubled(world.block),
        block_legs=doubled(world.block_legs),
    )
