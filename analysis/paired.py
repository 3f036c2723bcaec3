"""What a comparison needs: the measures shown of a run, and differences between two runs on the same payments.

Intervals come from resampling blocks of payments, a block being the payments initiated in one hour (UTC), because
payments of one hour share a queue and aren't independent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.measures import measure
from analysis.tables import NULL, Tables
from simcore.errors import ScenarioError

SHOWN: Final = ("submitted_count", "settlement_rate_count", "settled_value", "median_time", "mean_time", "within_hour",
                "cost_bp", "liquidity_used", "principal_at_risk")  # fmt: skip
_OF_ROUTES: Final = tuple(name for name in SHOWN if name != "liquidity_used")
"""Accounts serve all routes, so what liquidity a route needs is seen in a run that has no other."""
DIFFERENCES: Final = ("settlement_rate_count", "within_hour", "mean_time")
DRAWS: Final = 2000
SEED: Final = 65
_HOUR_US: Final = 3_600_000_000


def shown(tables: Tables) -> Iterator[dict[str, Any]]:
    """Route (empty for the run as a whole), currency, measure and value of everything a comparison shows of a run."""
    for by, names in (("run", SHOWN), ("route", _OF_ROUTES)):
        sent: dict[tuple[str, str], None] = {}
        risky: set[tuple[str, str]] = set()
        for row in measure(tables, names, by).to_pylist():
            key = row["group"], row["currency"]
            sent |= {key: None} if row["measure"] == "submitted_count" else {}
            risky |= {key} if row["measure"] == "principal_at_risk" else set()
            yield {"route": row["group"]} | {name: row[name] for name in ("currency", "measure", "value")}
        # Where nothing is exchanged the measure has no rows: nothing is at risk.
        for route, currency in sent:
            if (route, currency) not in risky:
                yield {"route": route, "currency": currency, "measure": "principal_at_risk", "value": 0.0}


@dataclass(frozen=True)
class Outcomes:
    """Payments of a run in the order of ``payment_id``: what was asked for (``demand``) and how it ended."""

    demand: dict[str, NDArray[Any]]
    settled: NDArray[np.bool_]
    delay_us: NDArray[np.int64]


def outcomes(tables: Tables) -> Outcomes:
    """What pairing and differences need of a run."""
    order = np.argsort(tables.numbers("payments", "payment_id"), kind="stable")
    demand: dict[str, NDArray[Any]] = {}
    for name in ("payment_id", "initiated_at", "amount_sent_minor"):
        demand[name] = tables.numbers("payments", name)[order]
    for name in ("flow", "debtor", "creditor", "currency_sent"):
        ids = tables.ids("payments", name)
        demand[name] = np.array([*ids.words, ""], np.str_)[ids.codes[order]]
    done, status = tables.numbers("payments", "completed_at")[order], tables.ids("payments", "status")
    good = np.array([*(word.startswith("SETTLED") for word in status.words), False])[status.codes[order]]
    return Outcomes(demand, good & (done != NULL), np.where(good, done - demand["initiated_at"], 0))


def require_pair(first: Outcomes, other: Outcomes, names: tuple[str, str]) -> None:
    """Raise LH088 unless two runs had the same payments to make."""
    count, others = first.settled.size, other.settled.size
    why = f"{others} payments against {count}" if count != others else ""
    for name, column in first.demand.items():
        if not why and (differ := np.flatnonzero(column != other.demand[name])).size:
            at = int(differ[0])
            why = f"{name} differs in {differ.size} payments, first in payment {first.demand['payment_id'][at]}"
    if why:
        raise ScenarioError.one(
            "LH088", names[1], got=why, expected=f"the payments of {names[0]}",
            try_="run both with the same --seed, flows and days",
        )  # fmt: skip


def difference(
    first: Outcomes, other: Outcomes, name: str, resample: bool = True
) -> tuple[float, float | None, float | None] | None:
    """Other minus first with its 95 % interval, or None without payments to compare.

    Payments of a single hour have no interval: there is nothing to resample. Nor has anything without ``resample``.

    ``mean_time`` is over payments settled in both runs, in seconds, so that it compares the same payments.
    """
    both = first.settled & other.settled
    if name == "mean_time":
        top, bottom = np.where(both, other.delay_us - first.delay_us, 0) / 1e6, both
    else:
        limit = _HOUR_US if name == "within_hour" else np.iinfo(np.int64).max
        hits = [(each.settled & (each.delay_us <= limit)).astype(np.float64) for each in (first, other)]
        top, bottom = hits[1] - hits[0], np.ones(both.size, np.bool_)
    if not bottom.any():
        return None
    _, block = np.unique(first.demand["initiated_at"] // _HOUR_US, return_inverse=True)
    tops, bottoms = np.bincount(block, weights=top), np.bincount(block, weights=bottom)
    value = float(tops.sum() / bottoms.sum())
    if tops.size < 2 or not resample:
        return value, None, None
    chance = np.random.default_rng(SEED)
    found = []
    for _ in range(DRAWS):
        drawn = chance.integers(0, tops.size, tops.size)
        if weight := bottoms[drawn].sum():
            found.append(tops[drawn].sum() / weight)
    low, high = np.quantile(found, (0.025, 0.975))
    return value, float(low), float(high)
