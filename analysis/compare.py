"""Runs side by side on the same payments: measures per run and route, and differences with bootstrap intervals.

Differences are those of each run to the first, their intervals those of :mod:`analysis.paired`. Where the runs are
replicates under several seeds, whole replicates are resampled instead (:mod:`analysis.replicates`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from analysis.paired import DIFFERENCES, WAITED, difference, outcomes, require_pair
from analysis.replicates import Policy, compare_replicates, policies
from analysis.shown import shown
from analysis.tables import Tables


def compare(runs: Sequence[tuple[str, Tables]]) -> pa.Table:
    """Runs side by side.

    Returns
    -------
    pyarrow.Table     run, route (empty for all), part (the outage or outcome that a row is about, else empty),
                      currency (empty where a difference is over all payments), measure, value, low, high: the last
                      two for rows whose measure ends in ``_difference``, if they have any, and for means over
                      replicates; a policy goes by the name of its first run

    Raises
    ------
    ScenarioError     LH088: two runs had different payments to make
    """
    return compare_policies(policies(runs))


def compare_policies(found: Sequence[Policy]) -> pa.Table:
    """The table of :func:`compare`, of runs that have been grouped by policy."""
    if any(len(policy) > 1 for policy in found):
        return _table(compare_replicates(found))
    runs = [run for policy in found for run in policy.values()]
    ended = [outcomes(tables) for _, tables in runs] if len(runs) > 1 else []
    for (name, _), each in zip(runs[1:], ended[1:], strict=False):
        require_pair(ended[0], each, (runs[0][0], name))
    rows: list[dict[str, Any]] = [{"run": name} | cell for name, tables in runs for cell in shown(tables)]
    for (name, _), each in zip(runs[1:], ended[1:], strict=False):
        for kind in (*DIFFERENCES, WAITED):
            if (apart := difference(ended[0], each, kind)) is not None:
                value = dict(zip(("value", "low", "high"), apart, strict=True))
                rows.append(
                    {"run": name, "route": "", "part": "", "currency": "", "measure": f"{kind}_difference"} | value
                )
    return _table(rows)


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    texts = [(name, pa.string()) for name in ("run", "route", "part", "currency", "measure")]
    return pa.Table.from_pylist(rows, pa.schema(texts + [(name, pa.float64()) for name in ("value", "low", "high")]))
