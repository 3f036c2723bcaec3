"""Outside legs of in/out swaps: principal paid beside a system of the kind CLS, not payment versus payment.

Events say which two legs belong together (``swap``, one row for each) and when each was paid (``outside_paid``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from analysis.batches import batches, numbers
from analysis.measures import Found
from analysis.measures_risk import peak
from analysis.tables import Tables

_COLUMNS = ("time", "event", "rail", "participant", "currency", "amount_minor", "detail")


@dataclass(eq=False)
class Leg:
    """One leg of a swap: who owes how much on which rail of the system; ``paid_at`` in microseconds UTC, if ever."""

    rail: str
    participant: str
    currency: str
    amount_minor: int
    paid_at: int | None = None
    other: Leg | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Exposed:
    """A leg that was paid: at risk from ``since`` until ``until``; ``met`` if the other leg was paid by then."""

    leg: Leg
    since: int
    until: int
    met: bool


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``outside``, cut by ``by``, in the currency of the leg paid."""
    groups: dict[tuple[str, str], list[Exposed]] = defaultdict(list)
    for each in exposed(tables):
        leg = each.leg
        name = {"rail": leg.rail, "participant": leg.participant, "currency": leg.currency}.get(by, "")
        groups[name, leg.currency].append(each)
    found: Found = {}
    for group, mine in groups.items():
        at_risk = [each for each in mine if each.until > each.since]
        since, until, amount = (
            np.array(column, np.int64)
            for column in zip(*((e.since, e.until, e.leg.amount_minor) for e in at_risk), strict=True)
        ) if at_risk else (np.zeros(0, np.int64),) * 3  # fmt: skip
        value_time = sum(each.leg.amount_minor * (each.until - each.since) for each in at_risk)
        found |= {
            ("outside_value", *group): sum(each.leg.amount_minor for each in mine),
            ("outside_at_risk", *group): Fraction(value_time, 1_000_000),
            ("outside_at_risk_peak", *group): peak(since, until, amount),
            ("outside_unmet", *group): sum(each.leg.amount_minor for each in mine if not each.met),
        }
    return found


def exposed(tables: Tables) -> Iterator[Exposed]:
    """Legs that were paid, each with the time for which the other one wasn't; none where it had been paid before."""
    span = tables.span()
    end = span[1] if span else 0
    for leg in legs(tables):
        other = leg.other.paid_at if leg.other is not None else None
        if leg.paid_at is not None:
            until = max(leg.paid_at, end if other is None else other)
            yield Exposed(leg, leg.paid_at, until, other is not None)


def legs(tables: Tables) -> list[Leg]:
    """All outside legs in the order of their swaps, those never paid too.

    Legs of one payer, payee, currency and amount are paid in the order of their swaps, so it needs no number.
    """
    found: list[Leg] = []
    waiting: dict[tuple[str, str, int, str], list[Leg]] = defaultdict(list)
    for batch in batches(tables, "events", _COLUMNS) if _has_system(tables) else ():
        names = (batch[name].to_pylist() for name in _COLUMNS[1:])
        for event, rail, who, currency, amount, detail, time in zip(*names, numbers(batch["time"]).tolist(),
                                                                    strict=True):  # fmt: skip
            if event == "swap":
                leg = Leg(rail, who, currency, amount)
                waiting[rail, who, amount, detail.removeprefix("outside, ")].append(leg)
                found.append(leg)
                if len(found) % 2 == 0:  # its two legs stand one after the other
                    leg.other, found[-2].other = found[-2], leg
            elif event == "outside_paid":
                waiting[rail, who, amount, detail].pop(0).paid_at = time
            elif event == "outside_failed":  # of one amount to several, the first swap is given up first
                due = [
                    legs for (of, payer, sum_, _), legs in waiting.items() if (of, payer, sum_) == (rail, who, amount)
                ]
                min((legs for legs in due if legs), key=lambda legs: found.index(legs[0])).pop(0)
    return found


def _has_system(tables: Tables) -> bool:
    return any(terms.get("kind") == "cls" for terms in tables.scenario.get("pvp", {}).values())
