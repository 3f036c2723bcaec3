"""Performs a run: demand in, tables out, proofs taken from the tables, the run document last."""

from __future__ import annotations

import gc
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simcore.demand.stream import Demand
from simcore.engine.cautions import cautions
from simcore.engine.compile import Compiled, compile_scenario
from simcore.engine.conductor import Conductor, Counts, Progress, Sizes
from simcore.engine.looks import Looks
from simcore.engine.timetable import rail_calendar
from simcore.errors import InvariantError
from simcore.model import Scenario
from simcore.rates.paths import assumptions
from simcore.results.audit import audit_tables
from simcore.results.audit_report import AuditReport
from simcore.results.provenance import canonical, digest, machine, read_manifest, versions
from simcore.results.writer import Names, RunWriter
from simcore.results.writer_wallets import wallet_names


@dataclass(frozen=True)
class Performed:
    """A published run."""

    path: Path
    manifest: dict[str, Any]
    counts: Counts
    report: AuditReport
    notes: list[str]


def _names(compiled: Compiled, demand: Demand) -> Names:
    sent, received = compiled.route_ends()
    spec = compiled.spec
    return Names(
        participants=compiled.participants,
        rails=compiled.rails,
        routes=compiled.routes,
        flows=list(compiled.scenario.flows),
        purposes=demand.purposes,
        corridors=list(compiled.scenario.corridors),
        currencies=compiled.currencies,
        customers=spec.n_customer > 0,
        account_rail=np.array([row.rail for row in spec.accounts], np.int32),
        account_participant=np.array([row.participant for row in spec.accounts], np.int32),
        account_currency=np.array([spec.rails[row.rail].currency for row in spec.accounts], np.int32),
        account_limit=np.array([row.debit_limit for row in spec.accounts], np.int64),
        route_currency_sent=sent,
        route_currency_received=received,
        wallets=wallet_names(compiled.scenario.wallets) if compiled.scenario.wallets else None,
    )


def _notes(scenario: Scenario, demand: Demand) -> list[str]:
    """What a reader of the results should know beforehand."""
    notes = [*demand.notes, *cautions(scenario)]
    for name, pair in scenario.fx.pairs.items():
        notes += [f"fx.pairs.{name}: {line}" for line in assumptions(name, pair)]
    return notes


def perform(
    scenario: Scenario,
    resolved: dict[str, Any],
    folder: Path,
    *,
    origin: str,
    seed: int,
    out: Path,
    compression: str = "zstd",
    replace: bool = False,
    progress: Progress | None = None,
    sizes: Sizes | None = None,
    batch: int = 65_536,
) -> Performed:
    """Run a checked scenario and publish its directory.

    Parameters
    ----------
    resolved : dict     the scenario with every default, as the run document keeps it
    folder, origin      where its data files are, and how to find them again

    Raises
    ------
    ScenarioError       a fault in the demand, or an output directory that can't be written
    InvariantError      a proof failed: nothing is published
    """
    times = [time.perf_counter()]
    compiled = compile_scenario(scenario, folder, seed)
    looks = Looks(compiled)
    demand = Demand(
        scenario, folder, seed=seed, start_us=compiled.timetable.demand_start_us,
        end_us=compiled.timetable.demand_end_us, batch=batch, paths=compiled.rate_paths, outages=compiled.outages,
        looks=looks,
    )  # fmt: skip
    metadata = {"luhai.scenario": canonical(resolved).decode(), "luhai.scenario_digest": digest(resolved)}
    times.append(time.perf_counter())
    with RunWriter(
        out, _names(compiled, demand), compression=None if compression == "none" else compression, metadata=metadata,
        replace=replace,
    ) as writer:  # fmt: skip
        conductor = Conductor(compiled, iter(demand), writer, progress, sizes, seed=seed, looks=looks)
        conductor.run()
        counts = conductor.counts
        tables = writer.close_tables()
        if scenario.wallets:  # by the million; the audit has its own
            del conductor
            gc.collect()
        times.append(time.perf_counter())
        report = audit_tables(tables, counts.payments)
        times.append(time.perf_counter())
        if not report.ok:
            raise InvariantError("\n".join(["a proof failed; nothing was published", *report.lines()]))
        notes = _notes(scenario, demand)
        path = writer.publish({
            "scenario": resolved,
            "scenario_digest": digest(resolved),
            "origin": origin,
            "seed": seed,
            "replicate": 0,
            "compression": compression,
            "n_payments": counts.payments,
            "counts": asdict(counts),
            "inputs": [asdict(file) for file in demand.inputs],
            "calendars": {
                name: rail_calendar(rail).digest for name, rail in scenario.rails.items() if rail.calendar is not None
            },
            "notes": notes,
            "audit": report.as_dict(),
            "versions": versions(),
            "machine": machine(),
            "seconds": {
                name: round(after - before, 6)
                for name, before, after in zip(("prepare", "run", "audit"), times, times[1:], strict=False)
            },
        })  # fmt: skip
    return Performed(path, read_manifest(path), counts, report, notes)
