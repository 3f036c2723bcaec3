"""Replicates: runs of one scenario under several seeds, as means with intervals over the seeds.

Runs whose resolved scenarios differ in nothing but the seed are replicates of one policy. Policies are paired seed by
seed, on the same payments, so that what chance does to both falls out of their difference. Intervals come from
resampling whole replicates, which are independent, and not hours within one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.paired import DIFFERENCES, DRAWS, SEED, WAITED, difference, outcomes, require_pair
from analysis.shown import shown
from analysis.tables import Tables
from simcore.errors import ScenarioError
from simcore.results import provenance

Named = tuple[str, Tables]
Policy = dict[tuple[int, int], Named]
"""The runs of one policy by seed and replicate."""


def policies(runs: Sequence[Named]) -> list[Policy]:
    """Runs grouped by scenario, seed left out, in the order in which each was first given.

    Raises
    ------
    ScenarioError     LH088: two runs are the same scenario under the same seed, beside others under other seeds
    """
    found: dict[str, Policy] = {}
    twice: list[tuple[Named, Named]] = []
    for name, tables in runs:
        info = {key: value for key, value in tables.scenario.get("scenario", {}).items() if key != "seed"}
        policy = found.setdefault(provenance.digest({**tables.scenario, "scenario": info}), {})
        seed = int(tables.manifest.get("seed", 0)), int(tables.manifest.get("replicate", 0))
        if seed in policy:
            twice.append((policy[seed], (name, tables)))
        policy.setdefault(seed, (name, tables))
    if not twice:
        return list(found.values())
    if all(len(policy) == 1 for policy in found.values()):
        return [{(0, 0): each} for each in runs]  # the same run several times: nothing to average
    (first, _), (other, tables) = twice[0]
    raise ScenarioError.one(
        "LH088", other, got=f"the scenario and the seed {tables.manifest['seed']} of {first}",
        expected="each seed once in a comparison of replicates", try_="leave one of the two out",
    )  # fmt: skip


def require_same_seeds(found: Sequence[Policy]) -> None:
    """Raise LH088 unless all policies ran under the same seeds."""
    (first_name, _), seeds = next(iter(found[0].values())), list(found[0])
    for policy in found[1:]:
        if set(policy) != set(seeds):
            name, _ = next(iter(policy.values()))
            raise ScenarioError.one(
                "LH088", name, got=f"seeds {said(policy)}", expected=f"those of {first_name}: {said(found[0])}",
                try_="run each policy under the same seeds",
            )  # fmt: skip


def said(policy: Policy) -> str:
    """The seeds of a policy, as text."""
    return ", ".join(str(seed) + (f" (replicate {replicate})" if replicate else "") for seed, replicate in policy)


def compare_replicates(found: Sequence[Policy]) -> list[dict[str, Any]]:
    """Rows of :func:`analysis.compare.compare`: every value a mean over seeds, with its interval.

    A policy goes by the name of its first run. A measure that isn't defined for some seed has no mean.
    """
    require_same_seeds(found)
    names = [next(iter(policy.values()))[0] for policy in found]
    seeds, rows = list(found[0]), []
    for name, policy in zip(names, found, strict=True):
        cells: dict[tuple[str, str, str, str], list[float | None]] = {}
        for _, tables in (policy[seed] for seed in seeds):
            for cell in shown(tables):
                key = cell["route"], cell["part"], cell["currency"], cell["measure"]
                cells.setdefault(key, []).append(cell["value"])
        for (route, part, currency, kind), values in cells.items():
            known = [value for value in values if value is not None]
            whole = len(known) == len(seeds)
            if part and not whole:  # outages that are drawn aren't the same under each seed
                continue
            value, low, high = interval(known) if whole else (None, None, None)
            rows.append({"run": name, "route": route, "part": part, "currency": currency, "measure": kind,
                         "value": value, "low": low, "high": high})  # fmt: skip
    pairs: dict[tuple[str, str], list[float]] = {
        (name, kind): [] for name in names[1:] for kind in (*DIFFERENCES, WAITED)
    }
    for seed in seeds:
        first_name, first_tables = found[0][seed]
        first = outcomes(first_tables)
        for name, policy in zip(names[1:], found[1:], strict=True):
            other_name, other_tables = policy[seed]
            other = outcomes(other_tables)
            require_pair(first, other, (first_name, other_name))
            for kind in (*DIFFERENCES, WAITED):
                if (each := difference(first, other, kind, resample=False)) is not None:
                    pairs[name, kind].append(each[0])
    for (name, kind), differences in pairs.items():
        if len(differences) == len(seeds):
            cell = dict(zip(("value", "low", "high"), interval(differences), strict=True))
            rows.append({"run": name, "route": "", "part": "", "currency": "", "measure": f"{kind}_difference"} | cell)
    return rows


def interval(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Mean over replicates, and its 95 % interval from resampling them; no interval for a single one."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, None, None
    drawn = np.random.default_rng(SEED).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.quantile(np.asarray(values)[drawn].mean(axis=1), (0.025, 0.975))
    return mean, float(low), float(high)
