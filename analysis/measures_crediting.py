"""When creditors have their money where routes go by the cover method, and what their banks lend them until then.

No row of a run has it: a message moves no money. It follows from the payments and from ``cover`` of their routes in the
run document. Runs without such a route have none of these measures, since there the last settlement is the credit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.cuts import by_currency, plain_groups
from analysis.exact import sums
from analysis.measures import Found
from analysis.measures_payments import median_seconds, ratio
from analysis.measures_risk import peak
from analysis.tables import Tables
from simcore.units import parse_duration

_HOUR_US: Final = 3_600_000_000
_CUT: Final = {"route": "route", "corridor": "corridor", "participant": "creditor"}
_COLUMNS: Final = ("route", "currency_sent", "amount_sent_minor", "initiated_at", "completed_at", "status")


@dataclass(frozen=True)
class Terms:
    """Of one route by the cover method: microseconds until the message is there, and whether it is credited on it."""

    message_us: int
    on_message: bool


def covers(tables: Tables) -> dict[str, Terms]:
    """Route → the terms of its cover, for the routes that go by that method."""
    found = {}
    for route in tables.scenario.get("routes", {}):
        terms = tables.entry("routes", route).get("cover")
        if terms:
            found[route] = Terms(parse_duration(terms["message"]), terms.get("credited") == "message")
    return found


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``crediting``, cut by ``by``, for each currency; nothing without a cover."""
    terms = covers(tables)
    span = tables.span()
    if not terms or span is None:
        return {}
    words = {name: Words() for name in ("group", "route", "currency", "status")}
    parts = [_credits(batch, by, words, terms, span[1]) for batch in batches(tables, "payments", _columns(by))]
    group, currency, amount, start, credited, covered, paid = np.concatenate(parts, axis=1)
    pairs, row = by_currency(group, currency)
    is_credited = credited >= 0
    length = np.where(is_credited, np.maximum(covered - credited, 0), 0)
    value_time = sums(row, len(pairs), amount, length)
    unpaid = sums(row, len(pairs), np.where(is_credited & (paid == 0), amount, 0))
    found: Found = {}
    for position, pair in enumerate(pairs):
        mine = row == position
        got = mine & is_credited
        delay = (credited - start)[got]
        values = {
            "credited_count": int(got.sum()),
            "credited_within_hour": ratio(int((delay <= _HOUR_US).sum()), int(mine.sum())),
            "credited_median_time": median_seconds(delay),
            "advanced_value_time": Fraction(value_time[position], 1_000_000),
            "advanced_peak": peak(credited[got], (credited + length)[got], amount[got]),
            "advanced_unpaid": unpaid[position],
        }
        here = words["group"].words[pair[0]], words["currency"].words[pair[1]]
        found |= {(name, *here): value for name, value in values.items()}
    return found


def _columns(by: str) -> tuple[str, ...]:
    return _COLUMNS + ((_CUT[by],) if by in _CUT and by != "route" else ())


def _credits(
    batch: dict[str, NDArray[np.int64]], by: str, words: dict[str, Words], terms: dict[str, Terms], end: int
) -> NDArray[np.int64]:
    """(7, n) group, currency, amount, initiated, credited (-1: not), covered (or the end), whether it was paid."""
    start, done = numbers(batch["initiated_at"]), numbers(batch["completed_at"])
    currency, status = words["currency"].codes(batch["currency_sent"]), words["status"].codes(batch["status"])
    route = words["route"].codes(batch["route"])
    if by in _CUT:
        group = words["group"].codes(batch[_CUT[by]])
    else:
        group = plain_groups(by, words["group"], start, words["currency"], currency)
    paid = np.array([word.startswith("SETTLED") for word in words["status"].words], np.bool_)[status]
    credited = np.where(paid, done, -1)
    covered = np.where(paid, done, end)
    for name, cover in terms.items():
        mine = route == words["route"].position(name)
        there = start + cover.message_us
        if cover.on_message:
            credited = np.where(mine, np.where(there <= end, there, -1), credited)
        else:
            both = np.maximum(done, there)
            credited = np.where(mine & paid, np.where(both <= end, both, -1), credited)
    return np.array([group, currency, numbers(batch["amount_sent_minor"]), start, credited, covered, paid], np.int64)
