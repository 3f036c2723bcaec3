"""Proves what links between instant payment systems promise: credit or reversal in time, at the quotes given.

By the scenario that tables carry; money that goes back is proved where all returns are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import REJECTED_DAY_LIMIT, REJECTED_QUOTE, REJECTED_TIME_LIMIT
from simcore.results.audit_days import Days
from simcore.results.audit_read import NO_TIME, Batch, Words
from simcore.results.audit_report import Proof, fail_rows
from simcore.units import parse_amount, parse_duration

_HEADS = ("row", "payment_id", "debtor", "amount_sent_minor", "initiated_at", "completed_at", "status")
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Links:
    """The routes of links, as the scenario has them; none without one."""

    def __init__(self, scenario: dict[str, Any], words: Words, fx: Batch, proof: Proof, limits: Proof) -> None:
        links, rails = scenario.get("instant_links", {}), scenario.get("rails", {})
        self.words, self._fail = words, fail_rows(proof, "payments")
        # Numbered before any table is read, so their numbers are known; the last place is for all other routes.
        codes = {route: words.code("route", route) for link in links.values() for route in link["routes"]}
        size = max(codes.values(), default=-1) + 1
        self._known, self.used = bool(scenario), bool(links)
        counted = any(flow.get("customers") for flow in scenario.get("flows", {}).values())
        self._needed = (*_HEADS, "customer") if counted else _HEADS
        self._linked, self._requotes = np.zeros(size + 1, np.bool_), np.zeros(size + 1, np.bool_)
        self._limit, self._valid = np.full(size + 1, NO_TIME), np.full(size + 1, -1)
        self._open = np.zeros(size + 1, np.bool_)  # all its rails are open around the clock
        self._days, self._day_link = Days(limits), np.full(size + 1, -1)
        for link in links.values():
            limited = link.get("day_limit")
            counts = (
                -1 if limited is None else self._days.link(parse_amount(limited).amount_minor, link.get("zone", "UTC"))
            )
            for route in link["routes"]:
                self._day_link[codes[route]] = counts
                at = codes[route]
                self._linked[at], self._requotes[at] = True, link.get("when_expired") != "reject"
                for key, values in (("time_limit", self._limit), ("quote_valid", self._valid)):
                    if link.get(key) is not None:
                        values[at] = parse_duration(link[key])
                used = [rails[hop["rail"]] for hop in scenario["routes"][route]["hops"]]
                hours = any(rail.get("calendar") or rail.get("sessions") for rail in used)
                self._open[at] = not hours and not scenario.get("outages")
        self._fx = {int(number): at for at, number in enumerate(fx["fx_id"])} if self._linked.any() else {}
        self._rows = fx
        self._quotes: dict[tuple[int, int, int], tuple[Ints, Ints]] = {}

    def check(self, payments: Batch, hops: Batch, owner: Ints, done: Bools, last: Bools) -> None:
        """Hops of payments in order; ``owner``: the position of each in ``payments``, ``done``: whether it settled."""
        status = payments["status"]
        if not self._known:
            return
        if not self.used:
            only = np.isin(status, (REJECTED_TIME_LIMIT, REJECTED_QUOTE, REJECTED_DAY_LIMIT))
            self._fail(payments, only, lambda at: "an outcome that only links have")
            return
        route = np.minimum(payments["route"], self._linked.size - 1)
        linked, limit = self._linked[route], self._limit[route]
        late = status == REJECTED_TIME_LIMIT
        self._fail(payments, late & ~(linked & (limit < NO_TIME)), lambda at: "out of time, but its route has no limit")
        self._fail(payments, (status == REJECTED_QUOTE) & ~(linked & (self._valid[route] >= 0)),
                   lambda at: "no quote, but its route asks for none")  # fmt: skip
        self._fail(payments, (status == REJECTED_DAY_LIMIT) & (self._day_link[route] < 0),
                   lambda at: "above the limit of a day, but its route has none")  # fmt: skip
        if not linked.any():
            return
        first = np.append(True, last[:-1])
        at, tail = owner[first], np.flatnonzero(last)
        mine = linked[at]
        began, ended = hops["entered_at"][first], hops["entered_at"][tail]
        ends = np.where(limit[at] < NO_TIME - np.maximum(began, 0), began + limit[at], NO_TIME)
        heads = {name: payments[name][at] for name in self._needed}
        self._fail(heads, mine & (ended > ends), lambda k: "reached a rail after the time limit of its link")
        settled = mine & done[tail] & (hops["settled_at"][tail] > ends)
        self._fail(heads, settled, lambda k: "settled after the time limit of its link")
        self._fail(heads, mine & late[at] & (ended != ends), lambda k: "out of time at another instant than its limit")
        failed = mine & self._open[route[at]] & ~done[tail]
        failed &= (heads["completed_at"] != ended) & (heads["completed_at"] < NO_TIME)
        self._fail(heads, failed, lambda k: "not back at the instant at which it failed")
        self._days.add(heads, began, done[first], self._day_link[route[at]])
        self._quoted(heads, hops, np.flatnonzero(first), mine & (self._valid[route[at]] >= 0), route[at])

    def agreed_at(self, payments: Batch, hops: Batch, owner: Ints, first: Bools) -> Ints:
        """When the exchange of what each hop brings was agreed: on arrival, or with the quote that a link holds."""
        if not self.used:
            return np.asarray(hops["entered_at"], np.int64)
        quoted = first & (self._valid[np.minimum(payments["route"], self._valid.size - 1)] >= 0)[owner]
        return np.where(quoted, payments["initiated_at"][owner], hops["entered_at"])

    def finish(self) -> None:
        """What can be proved only when every payment has been seen."""
        self._days.finish()

    def _quoted(self, heads: Batch, hops: Batch, start: Ints, quoted: Bools, route: Ints) -> None:
        """The first exchange was at the quote in force at initiation or, where that had expired, on arrival."""
        more = np.append(start[1:], hops["row"].size) - start > 1
        wrong = np.zeros(quoted.size, np.bool_)
        for k in np.flatnonzero(quoted & more).tolist():
            number = int(hops["fx_id"][start[k] + 1])
            row = self._fx.get(number)
            if row is None:
                continue  # nothing was exchanged, or another proof fails
            asked, came = int(heads["initiated_at"][k]), int(hops["entered_at"][start[k]])
            allowed = set()
            if came <= asked + int(self._valid[route[k]]):
                allowed.add(self._in_force(row, asked))
            if self._requotes[route[k]]:  # it had expired, or there was none
                allowed.add(self._in_force(row, came))
            wrong[k] = number not in allowed
        self._fail(heads, wrong, lambda k: "exchanged at a quote that its provider didn't give it")

    def _in_force(self, row: int, time: int) -> int:
        """The quote of the same dealer and direction at an instant."""
        key = tuple(int(self._rows[name][row]) for name in ("dealer", "source", "target"))
        if key not in self._quotes:
            mine = np.ones(self._rows["row"].size, np.bool_)
            for name, value in zip(("dealer", "source", "target"), key, strict=True):
                mine &= self._rows[name] == value
            self._quotes[key] = self._rows["time"][mine], self._rows["fx_id"][mine]  # type: ignore[index]
        times, numbers = self._quotes[key]  # type: ignore[index]
        at = int(np.searchsorted(times, time, side="right")) - 1
        return int(numbers[at]) if at >= 0 else -1
