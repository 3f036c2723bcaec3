"""``luhai bench rails``: what many rails, unused rails and moving rates cost, on a week of ``chongqing-asean``.

The week is that of the catalogue with more payments, each smaller by as much, so that balances and their use stay as
they are. Loop means the conductor with everything but demand and tables: control events, kernels, rows handed over.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.arguments import parse
from benchmarks.child import run_child
from benchmarks.goals import Goal
from benchmarks.measure import Stopwatch, in_turn, load, machine, times
from benchmarks.report import finish
from scenarios.loader import Loaded
from scenarios.loader import load as load_scenario
from simcore.demand.batch import DemandBatch
from simcore.demand.stream import Demand
from simcore.engine.compile import compile_scenario
from simcore.engine.conductor import Conductor
from simcore.model import Scenario, TradeFlow
from simcore.units import format_amount

ENTRY = "chongqing-asean"
SIZE, QUICK = 2_000_000, 50_000
REPEATS = 3
UNUSED = "UNUSED"
CORRIDOR = """\
[scenario]
name = "bench-corridor"
title = "Three hops over three rails"
question = "How fast is a corridor of three hops?"
start = 2026-06-22
days = 7
seed = 65
base_currency = "CNY"

[participants]
{people}

{rails}

{accounts}

[routes.corridor]
name = "Three hops"
hops = [
  {{ rail = "R1", from = "debtor", to = "X" }},
  {{ rail = "R2", from = "X", to = "Y", latency = "1 min" }},
  {{ rail = "R3", from = "Y", to = "creditor", latency = "2 s" }},
]

[flows.day]
kind = "trade"
route = "corridor"
debtors = {{ {debtors} }}
creditors = {{ {creditors} }}
per_day = {per_day}
amount = {{ median = "500 CNY", sigma = 1.4 }}
calendar = "CN"
profile = {{ 09 = 1, 10 = 1, 11 = 1, 14 = 1, 15 = 1 }}

[results]
grid = "15 min"
"""


class Nowhere:
    """A writer that keeps nothing, so that the loop is timed without tables."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **options: arguments[0] if arguments and isinstance(arguments[0], dict) else None


def scaled(size: int) -> dict[str, Any]:
    """Changes of ENTRY that make it ``size`` payments: so many times more, each so many times smaller.

    What a rail thinks small is as many times smaller, so that as large a part as before settles in its batches.
    """
    scenario = load_scenario(ENTRY).scenario
    flows = {name: flow for name, flow in scenario.flows.items() if isinstance(flow, TradeFlow)}
    factor = Decimal(size) / (5 * sum(flow.per_day for flow in flows.values()))
    changes: dict[str, Any] = {}
    for name, flow in flows.items():
        median = flow.amount.median
        smaller = replace(median, amount_minor=max(int(median.amount_minor / factor), 100))
        changes[f'flows."{name}".per_day'] = round(flow.per_day * factor, 3)
        changes[f'flows."{name}".amount.median'] = format_amount(smaller)
    for name, rail in scenario.rails.items():
        batches = getattr(rail, "batches", None)
        if batches is not None and batches.below is not None:
            below = replace(batches.below, amount_minor=max(int(batches.below.amount_minor / factor), 1))
            changes[f'rails."{name}".batches.below'] = format_amount(below)
    return changes


def moving(scenario: Scenario) -> dict[str, Any]:
    """Changes that let the first ten pairs with a rate of the ECB step every minute, around the clock."""
    pairs = [name for name, pair in scenario.fx.pairs.items() if pair.source == "ecb"][:10]
    path = {"kind": "gbm", "step": "1 min", "pairs": {name: {"volatility": "4 %"} for name in pairs},
            "correlation": [[int(a == b) for b in pairs] for a in pairs]}  # fmt: skip
    return {f'fx.pairs."{name}".source': "simulated" for name in pairs} | {"fx.paths.minutes": path}


def with_unused(scenario: Scenario) -> Scenario:
    """The same with one more rail on which every participant of HVPS has an account and nothing is ever paid."""
    rail, accounts = scenario.rails["HVPS"], scenario.accounts["HVPS"]
    return replace(scenario, rails={**scenario.rails, UNUSED: rail}, accounts={**scenario.accounts, UNUSED: accounts})


class Week:
    """A scenario whose payments are drawn beforehand."""

    def __init__(self, loaded: Loaded, scenario: Scenario | None = None) -> None:
        self.scenario, self.folder = scenario or loaded.scenario, loaded.folder
        compiled = compile_scenario(self.scenario, self.folder, 65)
        times = compiled.timetable
        demand = Demand(self.scenario, self.folder, seed=65, start_us=times.demand_start_us,
                        end_us=times.demand_end_us, paths=compiled.rate_paths)  # fmt: skip
        self.batches: list[DemandBatch] = list(demand)
        self.obligations = self.payments = 0

    def once(self) -> Stopwatch:
        """Let the week happen."""
        compiled = compile_scenario(self.scenario, self.folder, 65)
        conductor = Conductor(compiled, iter(self.batches), Nowhere())  # type: ignore[arg-type]
        conductor.counts.add = lambda rows, routes: None  # type: ignore[method-assign]  # not part of the loop
        conductor._ways.check = lambda batch: None  # type: ignore[method-assign]  # nor is checking the demand
        watch = Stopwatch()
        conductor.run()
        watch.stop()
        self.obligations, self.payments = conductor.counts.obligations, conductor.counts.payments
        return watch


def loops(size: int, repeats: int) -> tuple[dict[str, Any], list[Goal]]:
    """The week, the week with a rail that nothing uses, and with ten pairs that step each minute."""
    changes = scaled(size)
    loaded = load_scenario(ENTRY, set=changes)
    moved = load_scenario(ENTRY, set=changes | moving(loaded.scenario))
    weeks = [Week(loaded), Week(loaded, with_unused(loaded.scenario)), Week(moved)]
    in_turn(1, *(week.once for week in weeks))
    plain, unused, minutes = in_turn(repeats, *(week.once for week in weeks))
    best = [min(watch.cpu for watch in watches) for watches in (plain, unused, minutes)]
    record = {"payments": weeks[0].payments, "obligations": weeks[0].obligations, "loop": times(plain),
              "with_unused_rail": times(unused), "with_ten_pairs": times(minutes)}  # fmt: skip
    record["obligations_per_s"] = weeks[0].obligations / best[0]
    record["pairs_cpu_s"] = best[2] - best[0]
    return record, [
        Goal("obligations in the loop", record["obligations_per_s"] / 1e6, 3, True, "M/s"),
        Goal("the loop with a rail that nothing uses", best[1] / best[0], 1.02, False, "x"),
    ]


def corridor(hops: int) -> str:
    """A scenario of three hops over three rails and as many hops in all."""
    banks = [f"B{who:02d}" for who in range(40)]
    people = "\n".join(
        f'{name} = {{ name = "{name}", kind = "commercial_bank", country = "CN" }}' for name in [*banks, "X", "Y"]
    )
    rails = "\n\n".join(f'[rails.R{k}]\nkind = "rtgs"\ncurrency = "CNY"\ncalendar = "CN"' for k in (1, 2, 3))
    opening = '{ opening = "100 bn CNY" }'
    accounts = "\n\n".join(
        f"[accounts.R{k}]\n" + "\n".join(f"{name} = {opening}" for name in [*banks, "X", "Y"]) for k in (1, 2, 3)
    )
    half = [", ".join(f"{name} = 1" for name in part) for part in (banks[:20], banks[20:])]
    return CORRIDOR.format(people=people, rails=rails, accounts=accounts, debtors=half[0], creditors=half[1],
                           per_day=hops // 15)  # fmt: skip


def commands(size: int, obligations: int, repeats: int) -> tuple[dict[str, Any], list[Goal]]:
    """``luhai run`` of the week and of the corridor of as many obligations, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="luhai-bench-") as temporary:
        folder = Path(temporary)
        (folder / "corridor.toml").write_text(corridor(obligations), encoding="utf-8")
        sets = [text for path, value in scaled(size).items() for text in ("--set", f"{path}={value}")]
        calls = [[ENTRY, *sets], [str(folder / "corridor.toml")]]

        def once(call: list[str]) -> Any:
            run = [sys.executable, "-m", "simcore.cli", "run", *call, "--seed", "65", "--quiet"]
            return run_child([*run, "--out", str(folder / "run"), "--replace"])

        week, trunk = in_turn(repeats, *(lambda call=call: once(call) for call in calls))
    record = {"command": times(week), "corridor_command": times(trunk)}
    ratio = record["command"]["wall_best_s"] / record["corridor_command"]["wall_best_s"]
    return record, [Goal("luhai run against the corridor's, wall", ratio, 2, False, "x")]


def main(argv: Sequence[str]) -> int:
    """Measure, print, and write JSON if asked; 0 also where a goal is missed, for speed is no test."""
    options = parse(argv, "rails", __doc__, size=SIZE, quick=QUICK, most=20_000_000, repeats=REPEATS, of="week")
    size = options.size
    facts, before = machine(), load()
    print(f"{facts['cpu']}, {facts['cores']} cores; Python {facts['python']}, numba {facts['numba']}")
    record, goals = loops(size, options.repeats)
    more, reached = commands(size, record["obligations"], options.repeats)
    share = 100 * record["pairs_cpu_s"] / more["command"]["cpu_best_s"]
    goals += [Goal("ten pairs stepping each minute, of the command", share, 5, False, "%"), *reached]
    document = {"benchmark": "rails", "machine": facts, "load_before": before, **record, **more}
    print(f"{record['payments']:,} payments, {record['obligations']:,} obligations of a week of {ENTRY}, best of "
          f"{options.repeats}")  # fmt: skip
    finish(document, goals, options.json)
    return 0
