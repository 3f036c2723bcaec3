"""A small town of banks settled in plain Python: right tables to audit, made by no code of the engine.

Three rails: RTGS in CNY (queues, first in first out, returned at the end of a day), BOOKS in USD (pays at once or
rejects), CIPS in CNY (funded from RTGS in the morning, swept in the evening). Routes: one hop on RTGS; CNY to the
dealer and on in USD; one hop on CIPS. At noon, opposite queued obligations settle as one set.
"""

from __future__ import annotations

import heapq
import random
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.kernels import constants as c
from simcore.results.writer import EventRow, Names, RunWriter

DAY = 86_400_000_000
START = 20_500 * DAY
PEOPLE = ["A", "B", "C", "D", "DEALER", "CB", "OP"]
RAILS = ["RTGS", "BOOKS", "CIPS"]
HOLDERS = {"RTGS": PEOPLE, "BOOKS": ["A", "B", "C", "D", "DEALER", "CB"], "CIPS": ["A", "B", "C", "D", "OP"]}
ISSUERS = {("RTGS", "CB"), ("BOOKS", "CB"), ("CIPS", "OP")}
ACCOUNTS = [(rail, who) for rail in RAILS for who in HOLDERS[rail]]
NUMERATOR, DENOMINATOR, SPREAD_E6 = 1400, 10_007, 3000


def half_even(value: int, by: int) -> int:
    return round(Fraction(value, by))


def columns(rows: list[dict[str, int]], types: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.array([row[name] for row in rows], kind) for name, kind in types.items()}


class Town:
    def __init__(self, seed: int, n: int = 60, days: int = 3) -> None:
        self.chance, self.n, self.days = random.Random(seed), n, days
        self.balance = {a: self.chance.randrange(1500) if a not in ISSUERS else 0 for a in ACCOUNTS}
        self.balance["CIPS", "A"] = self.balance["CIPS", "B"] = self.balance["CIPS", "C"] = self.balance[
            "CIPS", "D"
        ] = 0
        self.limit = {a: self.chance.choice([0, 0, 200]) if a[0] == "RTGS" else 0 for a in ACCOUNTS}
        self.limit |= dict.fromkeys(ISSUERS, c.UNLIMITED)
        self.queue: dict[Any, list[dict[str, Any]]] = {a: [] for a in ACCOUNTS}
        self.events: list[Any] = []
        self.obligations: list[dict[str, int]] = []
        self.payments: list[dict[str, int]] = []
        self.account_rows: list[dict[str, int]] = []
        self.sequence = self.order = self.cycle = 0
        self.cycles: list[dict[str, Any]] = []
        self.start_day()
        self.demand = sorted((self.draw() for _ in range(n)), key=lambda p: p["initiated"])
        for k, p in enumerate(self.demand):
            p["id"] = k
            self.at(p["initiated"], self.enter, p)
        for day in range(days):
            base = START + day * DAY
            self.at(base + 1, self.fund)
            self.at(base + DAY // 2, self.net)
            self.at(base + DAY - 1, self.close_day, day)
        while self.events:
            self.now, _, action, arguments = heapq.heappop(self.events)
            action(*arguments)
        self.flush()

    def at(self, time: int, action: Any, *arguments: Any) -> None:
        self.order += 1
        heapq.heappush(self.events, (time, self.order, action, arguments))

    def draw(self) -> dict[str, Any]:
        debtor, creditor = self.chance.sample("ABCD", 2)
        time = START + self.chance.randrange(self.days) * DAY + self.chance.randrange(10, DAY - 10)
        return {"debtor": debtor, "creditor": creditor, "route": self.chance.choice([0, 0, 1, 1, 2]), "initiated": time,
                "amount": (amount := self.chance.randrange(1, 400)), "given": amount,
                "hop": 0, "back": False, "moved": {}, "fee": 0, "fx": -1,
                "left": 0}  # fmt: skip

    def start_day(self) -> None:
        self.opening = dict(self.balance)
        self.low, self.high = dict(self.balance), dict(self.balance)
        self.debited, self.credited = dict.fromkeys(ACCOUNTS, 0), dict.fromkeys(ACCOUNTS, 0)

    # Money.

    def move(self, rail: str, debtor: str, creditor: str, amount: int) -> None:
        self.balance[rail, debtor] -= amount
        self.balance[rail, creditor] += amount
        self.debited[rail, debtor] += amount
        self.credited[rail, creditor] += amount

    def look(self, *accounts: Any) -> None:
        for a in accounts:
            self.low[a], self.high[a] = min(self.low[a], self.balance[a]), max(self.high[a], self.balance[a])

    def log(self, p: Any, kind: int, rail: str, debtor: str, creditor: str, amount: int, status: int, seq: int = -1,
            cycle: int = -1, fx: int = -1) -> None:  # fmt: skip
        self.obligations.append({
            "payment_id": p["id"] if p else -1, "hop": p["hop"] if p else 0, "kind": kind,
            "debit_account": ACCOUNTS.index((rail, debtor)), "credit_account": ACCOUNTS.index((rail, creditor)),
            "amount": amount, "entered_at": p["entered"] if p else self.now,
            "settled_at": self.now if seq >= 0 else c.NEVER, "sequence": seq, "status": status, "cycle_id": cycle,
            "fx_id": fx,
        })  # fmt: skip

    # Payments.

    def legs(self, p: Any) -> tuple[str, str, str]:
        route, hop = p["route"], p["hop"]
        if route == 1:
            rail, debtor, creditor = [("RTGS", p["debtor"], "DEALER"), ("BOOKS", "DEALER", p["creditor"])][hop]
        else:
            rail, debtor, creditor = ("RTGS", "", "CIPS")[route], p["debtor"], p["creditor"]
        return (rail, creditor, debtor) if p["back"] else (rail, debtor, creditor)

    def enter(self, p: Any) -> None:
        p["entered"] = self.now
        rail, debtor, _ = self.legs(p)
        fits = self.balance[rail, debtor] + self.limit[rail, debtor] >= p["amount"]
        if fits and not self.queue[rail, debtor]:
            self.settle(p, c.SETTLED_GROSS)
        elif rail == "BOOKS" and not p["back"]:
            self.fail(p, c.REJECTED_INSUFFICIENT_FUNDS)
        else:
            self.queue[rail, debtor].append(p)

    def settle(self, p: Any, status: int) -> None:
        rail, debtor, creditor = self.legs(p)
        self.move(rail, debtor, creditor, p["amount"])
        self.look((rail, debtor), (rail, creditor))
        self.sequence += 1
        self.book(p, status, self.sequence - 1, -1)
        waiting = self.queue[rail, creditor]
        while waiting and self.balance[rail, creditor] + self.limit[rail, creditor] >= waiting[0]["amount"]:
            self.settle(waiting.pop(0), c.SETTLED_GROSS)

    def book(self, p: Any, status: int, seq: int, cycle: int) -> None:
        rail, debtor, creditor = self.legs(p)
        if p["back"]:
            self.log(p, c.KIND_RETURN, rail, debtor, creditor, p["amount"], status, seq, cycle)
            p["hop"] -= 1
            self.send_back(p)
            return
        principal = p["amount"]
        onward = p["route"] == 1 and p["hop"] == 0
        if onward:
            principal -= p["amount"] * SPREAD_E6 // 1_000_000
        self.log(p, c.KIND_PAYMENT, rail, debtor, creditor, principal, status, seq, cycle, p["fx"])
        if principal != p["amount"]:
            self.log(p, c.KIND_SPREAD, rail, debtor, creditor, p["amount"] - principal, status, seq, cycle)
            p["fee"] += p["amount"] - principal
        p["moved"][p["hop"]] = p["amount"]
        if not onward:
            self.finish(p, p["amount"], status)
            return
        p["amount"], p["fx"] = half_even(principal * NUMERATOR, DENOMINATOR), 0
        p["hop"] = 1
        if p["amount"] == 0:
            self.fail(p, c.RETURNED_ZERO_AMOUNT)
            return
        p["entered"] = -1
        self.at(self.now + self.chance.randrange(DAY // 4), self.enter, p)

    def fail(self, p: Any, status: int) -> None:
        rail, debtor, creditor = self.legs(p)
        if status != c.RETURNED_ZERO_AMOUNT:
            self.log(p, c.KIND_PAYMENT, rail, debtor, creditor, p["amount"], status, fx=p["fx"])
        p["decided"], p["back"], p["fee"] = status, True, 0
        p["hop"] -= 1
        self.send_back(p)

    def send_back(self, p: Any) -> None:
        if p["hop"] < 0:
            self.finish(p, -1, p["decided"])
        else:
            p["amount"] = p["moved"][p["hop"]]
            self.enter(p)

    def finish(self, p: Any, received: int, status: int, time: int = 0) -> None:
        p["done"] = True
        self.payments.append({"payment_id": p["id"], "amount_received": received, "fee": p["fee"],
                              "completed_at": time or self.now, "status": status, "hops": len(p["moved"])})  # fmt: skip

    # Control events.

    def fund(self) -> None:
        for who in "ABCD":
            amount = min(100, self.balance["RTGS", who])
            if amount > 0:
                self.pair(c.KIND_FUNDING, ("RTGS", who, "OP"), ("CIPS", "OP", who), amount)

    def pair(self, kind: int, first: Any, second: Any, amount: int) -> None:
        for rail, debtor, creditor in (first, second):
            self.move(rail, debtor, creditor, amount)
            self.look((rail, debtor), (rail, creditor))
            self.log(None, kind, rail, debtor, creditor, amount, c.SETTLED_GROSS, self.sequence)
        self.sequence += 1

    def net(self) -> None:
        """Settle opposite queued obligations as one set where the net is covered."""
        for x, y in combinations("ABCD", 2):
            ones = [p for p in self.queue["RTGS", x] if self.legs(p)[2] == y]
            others = [p for p in self.queue["RTGS", y] if self.legs(p)[2] == x]
            if not ones or not others:
                continue
            net, value = ones[0]["amount"] - others[0]["amount"], ones[0]["amount"] + others[0]["amount"]
            room = {who: self.balance["RTGS", who] + self.limit["RTGS", who] for who in (x, y)}
            if room[x] < net or room[y] < -net:
                continue
            pair = [ones[0], others[0]]
            self.queue["RTGS", x].remove(ones[0])
            self.queue["RTGS", y].remove(others[0])
            for p in pair:
                self.move(*self.legs(p), p["amount"])
            self.look(("RTGS", x), ("RTGS", y))
            self.sequence += 1
            for p in pair:
                self.book(p, c.SETTLED_NET, self.sequence - 1, self.cycle)
            self.cycles.append({"cycle_id": self.cycle, "time": self.now, "settled": value, "moved": abs(net)})
            self.cycle += 1

    def close_day(self, day: int) -> None:
        for who in "ABCD":
            if (amount := self.balance["CIPS", who]) > 0:
                self.pair(c.KIND_SWEEP, ("CIPS", who, "OP"), ("RTGS", "OP", who), amount)
        if day < self.days - 1:
            for a in ACCOUNTS:
                for p in [p for p in self.queue[a] if not p["back"]]:
                    if p in self.queue[a]:
                        self.queue[a].remove(p)
                        self.fail(p, c.RETURNED_CUT_OFF)
        for k, a in enumerate(ACCOUNTS):
            self.account_rows.append({
                "account": k, "business_day": START // DAY + day, "opening": self.opening[a],
                "closing": self.balance[a],
                "minimum": self.low[a], "maximum": self.high[a], "debited": self.debited[a],
                "credited": self.credited[a], "peak_queue": 0,
            })  # fmt: skip
        if day == self.days - 1:
            self.events.clear()
        self.start_day()

    def flush(self) -> None:
        queued = {id(p) for waiting in self.queue.values() for p in waiting}
        for p in self.demand:
            if p.get("done"):
                continue
            status = c.QUEUED_AT_END if id(p) in queued else c.IN_TRANSIT_AT_END
            if id(p) in queued:
                kind = c.KIND_RETURN if p["back"] else c.KIND_PAYMENT
                self.log(p, kind, *self.legs(p), p["amount"], status, fx=p["fx"])
            self.finish(p, -1, c.RETURN_PENDING_AT_END if p["back"] else status, c.NEVER)

    # Writing.

    @property
    def names(self) -> Names:
        currency = {"RTGS": 0, "BOOKS": 1, "CIPS": 0}
        return Names(
            participants=PEOPLE, rails=RAILS, routes=["direct", "exchange", "cips"], flows=["f"], purposes=["trade"],
            corridors=["k"], currencies=["CNY", "USD"],
            account_rail=np.array([RAILS.index(rail) for rail, _ in ACCOUNTS], np.int32),
            account_participant=np.array([PEOPLE.index(who) for _, who in ACCOUNTS], np.int32),
            account_currency=np.array([currency[rail] for rail, _ in ACCOUNTS], np.int32),
            account_limit=np.array([self.limit[a] for a in ACCOUNTS], np.int64),
            route_currency_sent=np.array([0, 0, 0], np.int32), route_currency_received=np.array([0, 1, 0], np.int32),
        )  # fmt: skip

    def batch(self, first: int, last: int) -> DemandBatch:
        import pyarrow as pa

        part = self.demand[first:last]
        n = len(part)

        def column(name: str, kind: Any) -> np.ndarray:
            values = [PEOPLE.index(p[name]) if name in ("debtor", "creditor") else p[name] for p in part]
            return np.array(values, kind)

        return DemandBatch(
            first_payment_id=first, initiated_at=column("initiated", np.int64), debtor=column("debtor", np.int32),
            creditor=column("creditor", np.int32), route=column("route", np.int32),
            amount_minor=column("given", np.int64), priority=np.full(n, 5, np.int8),
            flow=np.zeros(n, np.int16), purpose=np.zeros(n, np.int16),
            corridor=np.array([p["id"] % 2 - 1 for p in part], np.int16), draws=np.zeros((n, 0), np.int64),
            reference=pa.array([f"ref-{p['id']}" if p["id"] % 3 else None for p in part], pa.string()),
        )  # fmt: skip

    def fill(self, writer: RunWriter, chunk: int = 7) -> None:
        """Hand everything to a writer, so many rows at a time."""
        i64, i32, i8 = np.int64, np.int32, np.int8
        types = {
            "payment_id": i64,
            "hop": i8,
            "kind": i8,
            "debit_account": i32,
            "credit_account": i32,
            "amount": i64,
            "entered_at": i64,
            "settled_at": i64,
            "sequence": i64,
            "status": i8,
            "cycle_id": i32,
            "fx_id": i32,
        }
        outcome = {"payment_id": i64, "amount_received": i64, "fee": i64, "completed_at": i64, "status": i8, "hops": i8}
        for first in range(0, self.n, chunk):
            writer.demand(self.batch(first, min(first + chunk, self.n)))
        for first in range(0, len(self.obligations), chunk):
            writer.obligations(columns(self.obligations[first : first + chunk], types))
        for first in range(0, len(self.payments), chunk):
            writer.payments(columns(self.payments[first : first + chunk], outcome))
        day = dict.fromkeys(self.account_rows[0], i64)
        for first in range(0, len(self.account_rows), chunk):
            writer.accounts(columns(self.account_rows[first : first + chunk], day))
            at = np.arange(first, min(first + chunk, len(self.account_rows)))
            writer.balances({"time": START + at, "account": at % len(ACCOUNTS), "balance": at, "queued": 0 * at,
                             "queued_count": 0 * at})  # fmt: skip
        for row in self.cycles:
            writer.cycles({"cycle_id": [row["cycle_id"]], "rail": ["RTGS"], "mechanism": ["pairs"],
                           "time": [row["time"]],
                           "currency": ["CNY"], "considered_count": [2], "considered": [row["settled"]],
                           "settled_count": [2], "settled": [row["settled"]],
                           "moved": [row["moved"]]})  # fmt: skip
        writer.fx({"fx_id": [0], "time": [START], "dealer": ["DEALER"], "source": ["CNY"], "target": ["USD"],
                   "mid_rate": ["0.1399"], "half_spread_bp_e2": [3000], "numerator": [NUMERATOR],
                   "denominator": [DENOMINATOR], "origin": ["given"]})  # fmt: skip
        writer.events(
            [EventRow(START, "opened", rail="RTGS"), EventRow(START + 1, "funding", "RTGS", "A", "CNY", 100, "x")]
        )

    def write(self, out: Path, chunk: int = 7, **options: Any) -> Path:
        options = {"compression": "zstd", "metadata": {"luhai.scenario": "town"}} | options
        with RunWriter(out, self.names, **options) as writer:
            self.fill(writer, chunk)
            return writer.publish({"n_payments": self.n})
