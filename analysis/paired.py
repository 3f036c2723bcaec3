"""What a comparison needs: that two runs had the same payments to make, and differences between them.

Intervals come from resampling blocks of payments, a block being the payments initiated in one hour (UTC), because
payments of one hour share a queue and aren't independent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.measures_outages import waiting
from analysis.tables import NULL, Tables
from simcore.errors import ScenarioError

DIFFERENCES: Final = ("settlement_rate_count", "within_hour", "mean_time")
WAITED: Final = "mean_time_waited"
"""The difference of ``mean_time`` over payments that waited for the end of an outage in either run."""
DRAWS: Final = 2000
SEED: Final = 65
_HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True)
class Outcomes:
    """Payments of a run in the order of ``payment_id``: what was asked for (``demand``) and how it ended."""

    demand: dict[str, NDArray[Any]]
    settled: NDArray[np.bool_]
    delay_us: NDArray[np.int64]
    wallets: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each retail system how many payments were asked for, and a sum by which two lists can be told apart."""
    waited: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Payments that waited for the end of an outage."""


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
    return Outcomes(demand, good & (done != NULL), np.where(good, done - demand["initiated_at"], 0),
                    wallet_demand(tables), waiting(tables))  # fmt: skip


def wallet_demand(tables: Tables) -> dict[str, tuple[int, int]]:
    """Of each retail system the number of payments asked for and a sum over them that their order doesn't change."""
    if not tables.scenario.get("wallets"):
        return {}
    systems, kinds, found = Words(), Words(), dict[str, tuple[int, int]]()
    columns = ("system", "kind", "payment_id", "payer", "payee", "amount_minor", "initiated_at")
    for batch in batches(tables, "wallet_payments", columns):
        code, rest = systems.codes(batch["system"]), [numbers(batch[name]) for name in columns[2:]]
        rest.append(np.array([crc32(word.encode()) for word in kinds.words], np.int64)[kind]
                    if (kind := kinds.codes(batch["kind"])).size else kind)  # fmt: skip
        mixed = np.zeros(code.size, np.uint64)
        for column in rest:
            mixed = (mixed ^ column.view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        asked = rest[0] != NULL  # interest isn't
        for each in np.unique(code[asked]).tolist():
            mine = mixed[asked & (code == each)]
            count, total = found.get(systems.words[each], (0, 0))
            found[systems.words[each]] = count + mine.size, (total + int(mine.sum(dtype=np.uint64))) % 2**64
    return found


def require_pair(first: Outcomes, other: Outcomes, names: tuple[str, str]) -> None:
    """Raise LH088 unless two runs had the same payments to make."""
    count, others = first.settled.size, other.settled.size
    why = f"{others} payments against {count}" if count != others else ""
    for name, column in first.demand.items():
        if not why and (differ := np.flatnonzero(column != other.demand[name])).size:
            at = int(differ[0])
            why = f"{name} differs in {differ.size} payments, first in payment {first.demand['payment_id'][at]}"
    for system in sorted(first.wallets | other.wallets):
        mine, theirs = (each.wallets.get(system, (0, 0)) for each in (other, first))
        if not why and mine != theirs:
            count_of = f"{mine[0]} against {theirs[0]}" if mine[0] != theirs[0] else "others, though as many"
            why = f"wallet payments of {system}: {count_of}"
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

    ``mean_time`` is over payments settled in both runs, in seconds, so that it compares the same payments; ``WAITED``
    the same over those of them that waited for the end of an outage in either.
    """
    both = first.settled & other.settled
    if name == WAITED:
        mask = np.zeros(both.size, np.bool_)
        mask[np.searchsorted(first.demand["payment_id"], np.union1d(first.waited, other.waited))] = True
        both &= mask
    if name in ("mean_time", WAITED):
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
