"""Obligations of payments by account and business day, and the largest net debits of walking them in some order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.tables import NULL, Tables

CHUNK: Final = 1 << 17
"""Rows walked at a time: what is sorted and summed then stays in the processor's cache."""
_DAY_US: Final = 86_400_000_000
_COLUMNS = ("payment_id", "hop", "rail", "debtor", "creditor", "currency", "amount_minor", "entered_at", "settled_at",
            "sequence")  # fmt: skip
Days = dict[str, tuple[NDArray[np.int64], list[str]]]
"""Of each rail, when its business days began (microseconds UTC) and their dates."""


@dataclass
class Rows:
    """Obligations of payments, in the order of their table.

    A place is an account on a business day, ``account × n_day + day``. What settled stands on the day it settled, the
    rest on the day it entered.
    """

    n_day: int
    debtor: NDArray[np.int32]  # (n,) place that pays
    creditor: NDArray[np.int32]  # (n,) place that is paid
    amount: NDArray[np.int64]  # (n,) minor units
    entered: NDArray[np.int64]  # (n,) microseconds UTC
    key: NDArray[np.int64]  # (n,) payment_id × 128 + hop: the order of the input
    sequence: NDArray[np.int64]  # (n,) order of finality, NULL where it never settled
    accounts: list[tuple[str, str, str]] = field(default_factory=list)  # rail, participant, currency


def business_days(tables: Tables) -> Days:
    """The business days of each rail that opened, from the first opening of each until that of the next."""
    found: dict[str, dict[str, int]] = {}
    for batch in batches(tables, "events", ("time", "event", "rail", "detail")):
        columns = (batch["event"].to_pylist(), batch["rail"].to_pylist(), numbers(batch["time"]).tolist())
        for event, rail, time, detail in zip(*columns, batch["detail"].to_pylist(), strict=True):
            if event in ("opened", "opened_for_funding"):
                day = detail or str(np.datetime64(time // _DAY_US, "D"))
                found.setdefault(rail, {}).setdefault(day, time)
    return {rail: (np.array(list(days.values()), np.int64), list(days)) for rail, days in found.items()}


def read_rows(tables: Tables, days: Days) -> Rows:
    """The obligations of payments; a movement before a rail's first opening belongs to its first day."""
    size, n_day = tables.rows("obligations"), max((len(names) for _, names in days.values()), default=1)
    rows = Rows(n_day, *(np.empty(size, kind) for kind in (np.int32, np.int32, *[np.int64] * 4)))  # type: ignore[arg-type]
    rails, people, currencies, n = Words(), Words(), Words(), 0
    account_of = np.full((0, 0), -1, np.int32)  # by rail and participant
    for batch in batches(tables, "obligations", _COLUMNS):
        keep = batch["payment_id"].is_valid()
        if not keep.true_count:
            continue
        if keep.true_count < len(keep):
            batch = {name: column.filter(keep) for name, column in batch.items()}
        part = slice(n, n + keep.true_count)
        n = part.stop
        rail, currency = rails.codes(batch["rail"]), currencies.codes(batch["currency"])
        rows.amount[part], rows.entered[part], rows.sequence[part] = (
            numbers(batch[name]) for name in ("amount_minor", "entered_at", "sequence"))  # fmt: skip
        rows.key[part] = numbers(batch["payment_id"]) * 128 + numbers(batch["hop"])
        settled = numbers(batch["settled_at"])
        time = np.where(settled != NULL, settled, rows.entered[part])
        day, money = np.zeros(rail.size, np.int64), {}
        used = np.flatnonzero(np.bincount(rail)).tolist()
        for code in used:
            here = np.flatnonzero(rail == code) if len(used) > 1 else slice(0, rail.size)
            starts, _ = days.get(rails.words[code], (np.zeros(1, np.int64), []))
            if starts.size > 1:
                day[here] = np.maximum(np.searchsorted(starts, time[here], side="right") - 1, 0)
            money[code] = currencies.words[currency[here][0]]  # a rail has one currency
        for column, side in (("debtor", rows.debtor), ("creditor", rows.creditor)):
            who = people.codes(batch[column])
            grown = (len(rails.words) - account_of.shape[0], len(people.words) - account_of.shape[1])
            account_of = np.pad(account_of, [(0, grown[0]), (0, grown[1])], constant_values=-1)
            on = used[0] if len(used) == 1 else rail
            place = account_of[on, who]
            if place.min() < 0:
                for key in np.unique((rail << 32 | who)[place < 0]).tolist():
                    account_of[key >> 32, key & 0xFFFFFFFF] = len(rows.accounts)
                    rows.accounts.append((rails.words[key >> 32], people.words[key & 0xFFFFFFFF], money[key >> 32]))
                place = account_of[on, who]
            side[part] = place if n_day == 1 else place * n_day + day
    for name in ("debtor", "creditor", "amount", "entered", "key", "sequence"):
        setattr(rows, name, getattr(rows, name)[:n])
    return rows


def entry_order(rows: Rows) -> NDArray[np.uint32]:
    """Rows in the order in which they entered, those of one instant in the order of the input."""
    order = np.argsort(rows.entered, kind="stable").astype(np.uint32)  # half the memory, and fewer misses of the cache
    time = rows.entered[order]
    tied = np.flatnonzero(time[1:] == time[:-1])
    del time
    if tied.size:
        at = np.union1d(tied, tied + 1)
        some = order[at]
        order[at] = some[np.lexsort((rows.key[some], rows.entered[some]))]
    return order


def finality_order(rows: Rows) -> NDArray[np.uint32]:
    """Rows that settled, in the order of finality."""
    order = np.flatnonzero(rows.sequence != NULL).astype(np.uint32)
    ranks = rows.sequence[order]
    return order if not np.any(ranks[1:] < ranks[:-1]) else order[np.argsort(ranks, kind="stable")]


@dataclass
class Walk:
    """What walking the rows found, for each place, in minor units."""

    highest: list[int]  # (n_place,) the largest net debit, at least 0
    net: list[int]  # (n_place,) the net debit at the end, negative where more came in than went out
    paid: list[int]  # (n_place,) sum of what went out


def walk(rows: Rows, order: NDArray[np.uint32], *amounts: NDArray[np.int64], sets: bool = False) -> list[Walk]:
    """Settle rows in an order, from positions of zero.

    Parameters
    ----------
    order : uint32 (n,)       rows
    amounts : int64 (n_row,)  what each row moves, minor units; several columns give several walks for one sorting
    sets : bool               rows of one sequence are final together, so that only the position after them counts
    """
    n = len(rows.accounts) * rows.n_day
    # The engine keeps what settles within 64 bits, but what never settled may be any sum.
    kinds: list[Any] = [object if column.sum(dtype=np.float64) > 2**62 else np.int64 for column in amounts]
    state = [[np.zeros(n, kind) for _ in range(3)] for kind in kinds]
    start = 0
    while start < order.size:
        stop = min(start + CHUNK, order.size)
        if sets:
            last = rows.sequence[order[stop - 1]]
            while stop < order.size and rows.sequence[order[stop]] == last:
                stop += 1
        here = order[start:stop]
        start = stop
        place = np.empty(2 * here.size, np.int32)
        place[0::2], place[1::2] = rows.debtor[here], rows.creditor[here]
        # numpy sorts 16 bits by radix, several times as fast.
        by = np.argsort(place.astype(np.uint16) if n <= 1 << 16 else place, kind="stable")
        place = place[by]
        same = place[1:] == place[:-1]
        first = np.concatenate([np.zeros(1, np.intp), np.flatnonzero(~same) + 1])
        which, size = place[first], np.diff(first, append=place.size)
        if sets:
            rank = np.repeat(rows.sequence[here], 2)[by]
            inside = np.flatnonzero(same & (rank[1:] == rank[:-1]))
        for kind, column, (highest, position, paid) in zip(kinds, amounts, state, strict=True):
            change = np.empty(2 * here.size, kind)
            change[0::2], change[1::2] = column[here], -column[here]
            change = change[by]
            running = np.cumsum(change)  # of int64 may wrap, but differences don't
            running += np.repeat(position[which] - (running[first] - change[first]), size)
            position[which] = running[first + size - 1]
            paid[which] += np.add.reduceat(np.maximum(change, 0), first)
            if sets:
                running[inside] = NULL
            highest[which] = np.maximum(highest[which], np.maximum.reduceat(running, first))
    return [Walk(*(column.tolist() for column in each)) for each in state]
