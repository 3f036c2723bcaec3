"""What outages cost: the payments that waited for their end, what was refused meanwhile, the queue that was left."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words
from analysis.exact import sums
from analysis.measures import Found
from analysis.measures_payments import ratio
from analysis.outage_rows import NAMES, Payments, joined, once, read_obligations
from analysis.outages import Out, outages
from analysis.tables import NULL, Tables

Ints = NDArray[np.int64]
_KEY: Final = 128


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``outages``, cut by ``by``; nothing for a run without outages."""
    outs = outages(tables)
    if not outs:
        return {}
    payments, words = Payments(tables), {name: Words() for name in NAMES}
    labels = list(dict.fromkeys(out.label for out in outs))
    read = read_obligations(tables, outs, [labels.index(out.label) for out in outs], payments, words)
    waited = once(joined(read.waited))
    refused = once(joined(read.refused))
    money = words["currency"].words
    found: dict[tuple[str, str, str], Any] = {}

    def group(label: int, currency: int) -> str:
        return {"outage": labels[label], "currency": money[currency]}.get(by, "")

    queues = _queues(once(joined(read.queued)), labels, outs)
    lasted = {label: max(out.end for out in outs if out.label == label) - min(
        out.begin for out in outs if out.label == label) for label in labels}  # fmt: skip
    pairs = dict.fromkeys((label, code) for label in range(len(labels)) for code in _moneys(tables, outs, labels[label],
                                                                                            words))  # fmt: skip
    for rows in (waited, refused):
        pairs |= dict.fromkeys(zip(rows["label"].tolist(), rows["currency"].tolist(), strict=True))
    base = words["currency"].position(str(tables.scenario.get("scenario", {}).get("base_currency", "")))
    pairs |= dict.fromkeys((label, base) for label in set(range(len(labels))) - {label for label, _ in pairs})
    groups: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for label, code in sorted(pairs):
        groups[group(label, code), money[code]].append((label, code))
    for key, mine in groups.items():
        found |= {(name, *key): value for name, value in _values(waited, refused, payments, mine).items()}
        found["outage_time", *key] = Fraction(sum(lasted[labels[label]] for label, _ in mine), 1_000_000)
        peaks = [queues[pair] for pair in mine if pair in queues]
        found["outage_queue_peak", *key] = max((peak for peak, _ in peaks), default=0)
        times = [time for _, time in peaks]
        longest = None if None in times else max((time for time in times if time is not None), default=0)
        found["outage_recovery", *key] = None if longest is None else Fraction(longest, 1_000_000)
    return found


def waiting(tables: Tables) -> NDArray[np.int64]:
    """Payments that waited for the end of an outage, by ``payment_id``; (0,) for a run without outages."""
    outs = outages(tables)
    if not outs:
        return np.zeros(0, np.int64)
    words = {name: Words() for name in NAMES}
    read = read_obligations(tables, outs, [0] * len(outs), Payments(tables), words)
    return np.unique(joined(read.waited)["payment_id"])


def _moneys(tables: Tables, outs: list[Out], label: str, words: dict[str, Words]) -> list[int]:
    """Currencies of the rails of an outage, so that one which nobody noticed is shown too."""
    rails = [tables.entry("rails", out.name) for out in outs if out.label == label and out.kind == "rail"]
    return sorted({words["currency"].position(str(rail["currency"])) for rail in rails if "currency" in rail})


def _values(waited: dict[str, Ints], refused: dict[str, Ints], payments: Payments,
            pairs: list[tuple[int, int]]) -> dict[str, Any]:  # fmt: skip
    """Sums and means over the rows of some outages in one currency."""
    here, there = (_of(rows, pairs) for rows in (waited, refused))
    length = here["until"] - here["since"]
    zero = np.zeros(length.size, np.intp)
    ids = np.unique(here["payment_id"])
    # An obligation may be several rows: parts, a spread, a fee.
    _, first, row = np.unique(
        (here["payment_id"] * _KEY + here["hop"]) * len(pairs) + here["pair"], return_index=True, return_inverse=True
    )
    final, open_ = np.full(first.size, NULL, np.int64), np.zeros(first.size, np.bool_)
    np.maximum.at(final, row.reshape(-1), here["settled_at"])
    np.logical_or.at(open_, row.reshape(-1), here["settled_at"] == NULL)
    after = np.maximum(final - here["until"][first], 0)[~open_]
    refused_ids = np.unique(there["payment_id"])
    return {
        "outage_waiting_count": int(ids.size),
        "outage_waiting_value": sums(zero, 1, here["amount_minor"])[0] if length.size else 0,
        "outage_waiting_time": Fraction(
            sums(zero, 1, here["amount_minor"], length)[0] if length.size else 0, 1_000_000),
        "outage_wait": ratio(int(length[first].sum()), first.size * 1_000_000),
        "outage_wait_after": ratio(int(after.sum()), after.size * 1_000_000),
        "outage_unsettled_count": int((~payments.is_settled[ids]).sum()),
        "outage_refused_count": int(refused_ids.size),
        "outage_refused_value": sum(there["amount_minor"].tolist()),
    }  # fmt: skip


def _of(rows: dict[str, Ints], pairs: list[tuple[int, int]]) -> dict[str, Ints]:
    """Rows of these outages and currencies; ``pair`` says which."""
    pair = np.full(rows["label"].size, -1, np.int64)
    for at, (label, currency) in enumerate(pairs):
        pair[(rows["label"] == label) & (rows["currency"] == currency)] = at
    return {name: column[pair >= 0] for name, column in (rows | {"pair": pair}).items()}


def _queues(rows: dict[str, Ints], labels: list[str], outs: list[Out]) -> dict[tuple[int, int], tuple[int, int | None]]:
    """By outage and currency: highest value that stood there after its end and until no more did than before it
    began, and how long that took (microseconds; None: not before the run's end).
    """
    found: dict[tuple[int, int], tuple[int, int | None]] = {}
    for label, currency in dict.fromkeys(zip(rows["label"].tolist(), rows["currency"].tolist(), strict=True)):
        mine = [out for out in outs if out.label == labels[label]]
        begin, end = min(out.begin for out in mine), max(out.end for out in mine)
        here = (rows["label"] == label) & (rows["currency"] == currency)
        entered, ended, amount = (rows[name][here] for name in ("entered_at", "ended", "amount_minor"))
        before = int(amount[(entered < begin) & (ended >= begin)].sum())
        times, place = np.unique(np.concatenate([ended, entered, [end]]), return_inverse=True)
        change = np.zeros(times.size, np.int64)
        np.add.at(change, place.reshape(-1), np.concatenate([-amount, amount, [0]]))
        level = np.cumsum(change)
        first = int(np.searchsorted(times, end))
        back = np.flatnonzero(level[first:] <= before)
        if not any(out.is_over for out in mine):
            found[label, currency] = int(level[first]), None
            continue
        last = first + int(back[0]) if back.size else times.size - 1
        found[label, currency] = int(level[first : last + 1].max()), int(times[last] - end) if back.size else None
    return found
