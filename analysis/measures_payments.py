"""Measures from the table of payments: settlement, time, cost, by any cut of the payments; one pass over the table."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.charges import PARTS, other_charges
from analysis.crossings import crossings
from analysis.cuts import by_currency, plain_groups
from analysis.exact import sums
from analysis.measures import Found
from analysis.refunds import refunded
from analysis.sending import tariffs
from analysis.tables import Tables

_HOUR_US = 3_600_000_000
_CUT = {"route": "route", "corridor": "corridor", "participant": "debtor", "purpose": "purpose", "flow": "flow"}
_COLUMNS = ("payment_id", "currency_sent", "currency_received", "amount_sent_minor", "fee_minor", "initiated_at",
            "completed_at", "status")  # fmt: skip


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``payments``, cut by ``by``, for each currency sent."""
    groups, currencies, received, statuses = Words(), Words(), Words(), Words()
    total: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    times: dict[tuple[int, int], list[NDArray[np.int64]]] = defaultdict(list)
    span = tables.span()
    end = span[1] if span else 0
    others, crossing, asked = other_charges(tables), crossings(tables), tariffs(tables)
    back = refunded(tables)
    columns = _COLUMNS + ((_CUT[by],) if by in _CUT else ()) + (("route",) if asked and by != "route" else ())
    routes = groups if by == "route" else Words()
    for batch in batches(tables, "payments", columns):
        start, done = numbers(batch["initiated_at"]), numbers(batch["completed_at"])
        amount, fee = numbers(batch["amount_sent_minor"]), numbers(batch["fee_minor"])
        currency = currencies.codes(batch["currency_sent"])
        if by in _CUT:
            group = groups.codes(batch[_CUT[by]])
        else:
            group = plain_groups(by, groups, start, currencies, currency)
        pairs, row = by_currency(group, currency)
        n = len(pairs)
        status = statuses.codes(batch["status"])
        settled = np.array([w.startswith("SETTLED") for w in statuses.words])[status]
        refused = np.array([w.startswith(("REJECTED", "RETURNED")) for w in statuses.words])[status]
        rmb = received.codes(batch["currency_received"]) == received.position("CNY")
        rmb |= currency == currencies.position("CNY")
        delay = np.where(settled, done - start, 0)
        until = np.maximum(np.where(settled, done, end) - start, 0)
        parts = {
            "submitted_count": np.bincount(row, minlength=n).tolist(),
            "settled_count": np.bincount(row[settled], minlength=n).tolist(),
            "returned_count": np.bincount(row[refused], minlength=n).tolist(),
            "hour": np.bincount(row[settled & (delay <= _HOUR_US)], minlength=n).tolist(),
            "rmb": np.bincount(row[settled & rmb], minlength=n).tolist(),
            "submitted_value": sums(row, n, amount),
            "settled_value": sums(row, n, np.where(settled, amount, 0)),
            "fee_value": sums(row, n, fee),
            "settled_fee": sums(row, n, np.where(settled, fee, 0)),
            "settled_other": [0] * n,
            "sending": [0] * n,
            "crossed": [0] * n,
            "crossed_rmb": [0] * n,
            "time": sums(row, n, delay),
            "value_time": sums(row, n, np.where(settled, amount, 0), delay),
            "until": sums(row, n, amount, until),
            "to_end": sums(row, n, amount, np.maximum(end - start, 0)),
        }
        payment = numbers(batch["payment_id"])
        if others.payment_id.size:
            parts["settled_other"] = sums(row, n, np.where(settled, others.of(payment), 0))
        if asked:
            way = routes.codes(batch["route"])
            for route, tariff in asked.items():
                mine = settled & (way == routes.position(route))
                fees = sums(row[mine], n, tariff.of(amount[mine]))
                parts["sending"] = [one + more for one, more in zip(parts["sending"], fees, strict=True)]
        if back is not None:
            mine = settled & back[payment]
            parts["refunded_count"] = np.bincount(row[mine], minlength=n).tolist()
            parts["refunded_value"] = sums(row, n, np.where(mine, amount, 0))
        if crossing is not None:
            for name, which in (("crossed", crossing.crossed), ("crossed_rmb", crossing.in_rmb)):
                parts[name] = np.bincount(row[settled & which[payment]], minlength=n).tolist()
        for name, values in parts.items():
            for pair, value in zip(pairs, values, strict=True):
                total[name][pair] += value
        order = np.argsort(row[settled], kind="stable")
        for pair, piece in zip(pairs, np.split(delay[settled][order], np.cumsum(parts["settled_count"])[:-1]),
                               strict=True):  # fmt: skip
            times[pair].append(piece)
    found: Found = {}
    for pair in total["submitted_count"]:
        one = {name: count[pair] for name, count in total.items()}
        median = median_seconds(np.concatenate(times.pop(pair)))
        for name, value in _values(one, median).items():
            found[name, groups.words[pair[0]], currencies.words[pair[1]]] = value
    return found


def _values(t: dict[str, int], median: Fraction | None) -> dict[str, int | Fraction | None]:
    names = ("submitted_count", "submitted_value", "settled_count", "settled_value", "returned_count", "fee_value",
             "refunded_count", "refunded_value")  # fmt: skip
    return {name: t[name] for name in names if name in t} | {
        "unsettled_count": t["submitted_count"] - t["settled_count"] - t["returned_count"],
        "settlement_rate_count": ratio(t["settled_count"], t["submitted_count"]),
        "settlement_rate_value": ratio(t["settled_value"], t["submitted_value"]),
        "mean_time": ratio(t["time"], t["settled_count"] * 1_000_000),
        "median_time": median,
        "value_weighted_delay": ratio(t["value_time"], t["settled_value"] * 1_000_000),
        "delay_indicator": ratio(t["until"], t["to_end"]),
        "within_hour": ratio(t["hour"], t["submitted_count"]),
        "sending_fee_value": t["sending"],
        "cost_bp": ratio(
            ((t["settled_fee"] + t["sending"]) * PARTS + t["settled_other"]) * 10_000, t["settled_value"] * PARTS
        ),
        "rmb_share": ratio(t["rmb"], t["settled_count"]),
        "rmb_crossing_share": ratio(t["crossed_rmb"], t["crossed"]),
    }


def ratio(numerator: int, denominator: int) -> Fraction | None:
    """A fraction, None where the denominator is zero."""
    return Fraction(numerator, denominator) if denominator else None


def median_seconds(delay: NDArray[np.int64]) -> Fraction | None:
    """Median in seconds; ``delay`` in microseconds is reordered in place."""
    if not delay.size:
        return None
    low, high = (delay.size - 1) // 2, delay.size // 2
    delay.partition((low, high))
    return Fraction(int(delay[low]) + int(delay[high]), 2_000_000)
