"""Runs side by side on the same payments: measures per run and route, and differences with bootstrap intervals.

Differences are those of each run to the first. Their intervals come from resampling blocks of payments, a block being
the payments initiated in one hour (UTC), because payments of one hour share a queue and aren't independent. Where the
runs are replicates under several seeds, whole replicates are resampled instead (:mod:`analysis.replicates`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.measures import measure
from analysis.tables import NULL, Tables
from simcore.errors import ScenarioError

SHOWN: Final = ("submitted_count", "settlement_rate_count", "settled_value", "median_time", "mean_time", "within_hour",
                "cost_bp", "liquidity_used", "principal_at_risk")  # fmt: skip
DIFFERENCES: Final = ("settlement_rate_count", "within_hour", "mean_time")
DRAWS: Final = 2000
SEED: Final = 65
_HOUR_US: Final = 3_600_000_000


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


def compare(runs: Sequence[tuple[str, Tables]]) -> pa.Table:
    """Runs side by side.

    Returns
    -------
    pyarrow.Table     run, route (empty for all), currency (empty where a difference is over all payments), measure,
                      value, low, high: the last two for rows whose measure ends in ``_difference``, if they have any,
                      and for means over replicates; a policy goes by the name of its first run

    Raises
    ------
    ScenarioError     LH088: two runs had different payments to make
    """
    from analysis.replicates import compare_replicates, policies

    grouped = policies(runs)
    if len(grouped) < len(runs):
        return _table(compare_replicates(grouped))
    ended = [outcomes(tables) for _, tables in runs] if len(runs) > 1 else []
    for (name, _), each in zip(runs[1:], ended[1:], strict=False):
        require_pair(ended[0], each, (runs[0][0], name))
    rows: list[dict[str, Any]] = []
    for name, tables in runs:
        for by in ("run", "route"):
            names = SHOWN if by == "run" else SHOWN[:-2]
            for row in measure(tables, names, by).to_pylist():
                cell = {"run": name, "route": row["group"], "currency": row["currency"], "measure": row["measure"]}
                rows.append(cell | {"value": row["value"]})
    for (name, _), each in zip(runs[1:], ended[1:], strict=False):
        for kind in DIFFERENCES:
            if (found := difference(ended[0], each, kind)) is not None:
                value = dict(zip(("value", "low", "high"), found, strict=True))
                rows.append({"run": name, "route": "", "currency": "", "measure": f"{kind}_difference"} | value)
    return _table(rows)


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    texts = [(name, pa.string()) for name in ("run", "route", "currency", "measure")]
    return pa.Table.from_pylist(rows, pa.schema(texts + [(name, pa.float64()) for name in ("value", "low", "high")]))
