"""The obligations that outages concern: which waited for the end of one, which were refused, which stood in a queue.

An obligation waits where it comes to a rail, or its pair to a link or to one of its rails, that is out in its hours; or
where it comes to its rail at the very end of the outage of the participant who owes it, or of the dealer who exchanges
it: these keep it till then.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.outages import Out, rail_hours
from analysis.tables import NULL, Tables
from simcore.units import parse_duration

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
_COLUMNS: Final = ("payment_id", "hop", "kind", "rail", "debtor", "creditor", "currency", "amount_minor", "entered_at",
                   "settled_at", "status")  # fmt: skip
NAMES: Final = ("kind", "rail", "debtor", "creditor", "currency", "status")
_KINDS: Final = ("payment", "part", "spread", "fee")
"""Rows that together are the obligations of a payment on its way."""
_CLOSED: Final = ("REJECTED_CLOSED", "RETURNED_CLOSED")
_TIMED_OUT: Final = ("REJECTED_TIME_LIMIT", "RETURNED_LOCK_ENDED", "CLAIMED_LATE")
_HELD: Final = ("payment_id", "hop", "rail", "currency", "amount_minor", "settled_at")


class Payments:
    """What payments say by ``payment_id``, and what routes say of their hops."""

    def __init__(self, tables: Tables) -> None:
        order = np.argsort(tables.numbers("payments", "payment_id"), kind="stable")
        self.initiated_at, self.ended_at = (
            tables.numbers("payments", name)[order] for name in ("initiated_at", "completed_at")
        )
        route, status = tables.ids("payments", "route"), tables.ids("payments", "status")
        self._route = route.codes[order].astype(np.int64)
        settled = np.array([*(word.startswith("SETTLED") for word in status.words), False])
        self.is_settled: Bools = settled[status.codes[order]]
        rails, self._hops = tables.scenario.get("rails", {}), tables.scenario.get("routes", {})
        self._names = route.words
        hops = [self._hops.get(name, {}).get("hops", []) for name in route.words]
        most = max(map(len, hops), default=0) + 1
        shape = (len(hops) + 1, most)
        self._exchanges, self._latency = np.zeros(shape, np.bool_), np.zeros(shape, np.int64)
        self._links = np.full(shape, "", object)
        self._second = np.full(shape, "", object)
        kinds = {name: terms.get("kind") for name, terms in tables.scenario.get("pvp", {}).items()}
        for at, line in enumerate(hops):
            for hop, terms in enumerate(line):
                latency = terms.get("latency", "0 s")
                self._latency[at, hop] = parse_duration(latency) if isinstance(latency, str) else 0
                if hop + 1 < len(line):
                    here, there = (rails[each["rail"]]["currency"] for each in (terms, line[hop + 1]))
                    self._exchanges[at, hop] = here != there
                    if kinds.get(terms.get("pvp")) in ("link", "htlc"):
                        self._links[at, hop], self._second[at, hop] = terms["pvp"], line[hop + 1]["rail"]

    def _at(self, payment: Ints, hop: Ints) -> tuple[Ints, Ints]:
        return self._route[payment], np.minimum(hop, self._exchanges.shape[1] - 1)

    def exchanges(self, payment: Ints, hop: Ints) -> Bools:
        """(n,) whether the hop that follows is in another currency."""
        return np.asarray(self._exchanges[self._at(payment, hop)])

    def latency(self, payment: Ints, hop: Ints) -> Ints:
        """(n,) latency of a hop, microseconds, where it is one number; 0 where it is drawn."""
        return np.asarray(self._latency[self._at(payment, hop)])

    def by_link(self, name: str, payment: Ints, hop: Ints) -> Bools:
        """(n,) whether a hop is the first leg of a pair of this link."""
        return np.asarray(self._links[self._at(payment, hop)] == name, np.bool_)

    def to_rail(self, name: str, payment: Ints, hop: Ints) -> Bools:
        """(n,) whether a hop is the first leg of a pair whose second is on this rail."""
        return np.asarray(self._second[self._at(payment, hop)] == name, np.bool_)


@dataclass
class Concerned:
    """Rows by outage: those that waited, were refused, or stood in the queue, as columns."""

    waited: list[dict[str, Ints]]
    refused: list[dict[str, Ints]]
    queued: list[dict[str, Ints]]


def read_obligations(
    tables: Tables, outs: list[Out], labels: list[int], payments: Payments, words: dict[str, Words]
) -> Concerned:
    """One pass over the obligations, and a second one where something was kept by who was out."""
    found, kept = Concerned([], [], []), list[tuple[int, dict[str, Ints]]]()
    back: dict[int, int] = {}  # payment → when its money first turned back
    span, row = tables.span(), 0
    end = span[1] if span else 0
    for batch in batches(tables, "obligations", _COLUMNS):
        read = {name: words[name].codes(batch[name]) for name in NAMES}
        read |= {name: numbers(batch[name]) for name in _COLUMNS if name not in NAMES}
        read["row"] = np.arange(row, row + read["hop"].size)
        row += read["hop"].size
        returned = np.flatnonzero(read["kind"] == words["kind"].position("return"))
        for payment, time in zip(read["payment_id"][returned].tolist(), read["entered_at"][returned].tolist(),
                                 strict=True):  # fmt: skip
            back[payment] = min(back.get(payment, time), time)
        onward = np.isin(read["kind"], [words["kind"].position(kind) for kind in _KINDS])
        read = {name: column[onward] for name, column in read.items()}
        for label, out in zip(labels, outs, strict=True):
            mine = _concerned(read, out, payments, words)
            if mine.any():
                rows = {name: column[mine] for name, column in read.items()}
                rows["label"] = np.full(rows["row"].size, label, np.int64)
                _sort(rows, out, payments, words, found, kept)
    _kept(tables, kept, payments, words["rail"].words, found)
    for rows in found.queued:
        payment, settled, status = rows["payment_id"], rows["settled_at"], rows["status"]
        other = payments.ended_at[payment]
        turned = np.array([back.get(each, NULL) for each in payment.tolist()], np.int64)
        other = np.where(turned != NULL, turned, np.where(other == NULL, end, other))
        at_once = np.array([word.startswith("REJECTED") for word in words["status"].words])[status]
        rows["ended"] = np.where(settled != NULL, settled, np.where(at_once, rows["entered_at"], other))
    return found


def _concerned(read: dict[str, Ints], out: Out, payments: Payments, words: dict[str, Words]) -> Bools:
    """(n,) which obligations are on, by or to what was out."""
    payment, hop = read["payment_id"], read["hop"]
    if out.kind == "link":
        return payments.by_link(out.name, payment, hop)
    if out.kind == "rail":
        return (read["rail"] == words["rail"].position(out.name)) | payments.to_rail(out.name, payment, hop)
    bought = (read["creditor"] == words["creditor"].position(out.name)) & payments.exchanges(payment, hop)
    if out.kind == "dealer":
        return np.asarray(bought, np.bool_)
    # Who is out claims no hash time lock either, and then it is the creditor that was too late.
    timed = np.isin(read["status"], [words["status"].position(each) for each in _TIMED_OUT])
    late = timed & (read["creditor"] == words["creditor"].position(out.name))
    return np.asarray((read["debtor"] == words["debtor"].position(out.name)) | bought | late, np.bool_)


def _sort(rows: dict[str, Ints], out: Out, payments: Payments, words: dict[str, Words], found: Concerned,
          kept: list[tuple[int, dict[str, Ints]]]) -> None:  # fmt: skip
    """Tell apart what waited, what was refused, what was kept and what stood in the queue."""
    entered, settled = rows["entered_at"], rows["settled_at"]
    since = out.since(entered)
    closed, timed = (np.isin(rows["status"], [words["status"].position(each) for each in names])
                     for names in (_CLOSED, _TIMED_OUT))  # fmt: skip
    over = np.where(rows["status"] == words["status"].position("REJECTED_TIME_LIMIT"), entered,
                    payments.ended_at[rows["payment_id"]])  # fmt: skip
    refused = closed & (since == entered) & (out.kind == "rail")
    refused |= timed & (over >= out.begin) & (over <= out.end)
    found.refused.append({name: rows[name][refused] for name in (*_HELD, "row", "label")})
    if out.kind in ("rail", "link"):
        waits = (since >= 0) & ~refused & ~closed
        part = {name: rows[name][waits] for name in (*_HELD, "row", "label")}
        found.waited.append(part | {"since": since[waits], "until": np.full(part["row"].size, out.end, np.int64)})
    elif out.is_over:
        at_end = (entered == out.end) & ~timed
        kept.append((out.begin, {name: rows[name][at_end] for name in (*_HELD, "entered_at", "row", "label")}))
    stood = (settled != entered) & ((settled == NULL) | (settled >= out.begin))
    found.queued.append({name: rows[name][stood] for name in (*_HELD, "entered_at", "status", "row", "label")})


def _kept(
    tables: Tables, kept: list[tuple[int, dict[str, Ints]]], payments: Payments, rails: list[str], found: Concerned
) -> None:
    """What came at the very end was kept since it could have come: since the hop before, plus its own latency, in the
    hours of its rail.
    """
    hours = rail_hours(tables)
    none = np.zeros(0, np.int64)
    wanted = np.unique(np.concatenate([rows["payment_id"][rows["hop"] > 0] for _, rows in kept] or [none]))
    ready: dict[int, dict[int, int]] = defaultdict(dict)  # payment → hop → when it was final
    kinds = Words()
    for batch in batches(tables, "obligations", ("payment_id", "hop", "kind", "settled_at")) if wanted.size else ():
        payment, hop, settled = (numbers(batch[name]) for name in ("payment_id", "hop", "settled_at"))
        onward = np.isin(kinds.codes(batch["kind"]), [kinds.position(kind) for kind in _KINDS])
        at = np.flatnonzero(onward & np.isin(payment, wanted) & (settled != NULL))
        for of, place, time in zip(payment[at].tolist(), hop[at].tolist(), settled[at].tolist(), strict=True):
            ready[of][place] = max(ready[of].get(place, time), time)
    for begin, rows in kept:
        payment, hop, until = rows["payment_id"], rows["hop"], rows["entered_at"]
        before = payments.initiated_at[payment].copy()
        for k in np.flatnonzero(hop > 0).tolist():
            done = [time for place, time in ready[int(payment[k])].items() if place < hop[k]]
            before[k] = max(done, default=int(before[k]))
        since = np.maximum(begin, before + payments.latency(payment, hop))
        for code in np.unique(rows["rail"]).tolist():
            if rails[code] in hours:
                mine = rows["rail"] == code
                since[mine] = hours[rails[code]].next_open(since[mine])
        waits = since < until  # else it came then by itself
        found.waited.append({name: rows[name][waits] for name in (*_HELD, "row", "label")}
                            | {"since": since[waits], "until": until[waits]})  # fmt: skip


def joined(parts: list[dict[str, Ints]]) -> dict[str, Ints]:
    names = parts[0] if parts else dict.fromkeys((*_HELD, "row", "label", "since", "until", "entered_at", "ended"))
    return {name: np.concatenate([part[name] for part in parts] or [np.zeros(0, np.int64)]) for name in names}


def once(rows: dict[str, Ints]) -> dict[str, Ints]:
    """Each row once for each outage, though two things were out that it needs: from the first to the last of both."""
    keys = np.stack([rows["label"], rows["row"]])
    _, first, place = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    one = {name: column[first] for name, column in rows.items()}
    if "since" in rows:
        np.minimum.at(one["since"], place.reshape(-1), rows["since"])
        np.maximum.at(one["until"], place.reshape(-1), rows["until"])
    return one
