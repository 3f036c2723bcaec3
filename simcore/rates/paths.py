"""The mid rate of every pair over a run: published, constant, from a table, or simulated."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fx.anchored import anchored_on, anchored_path, anchors_of
from fx.convert import RATE_DIGITS
from fx.rates import RatePath
from simcore.datafiles import data_path
from simcore.demand.portable import exp
from simcore.errors import ScenarioError
from simcore.market import Fx, Gbm, Pair, RatePathKind
from simcore.model import Info, Scenario
from simcore.rates.block_bootstrap import bootstrap_returns
from simcore.rates.gbm import gbm_returns
from simcore.rates.steps import AROUND_THE_CLOCK, steps_of, trading_windows

ROUNDED = Context(prec=RATE_DIGITS, rounding=ROUND_HALF_EVEN)


def rate_paths(scenario: Scenario, folder: Path, seed: int) -> dict[str, RatePath]:
    """The mid rate of every pair over the run, in the order of [fx.pairs].

    Raises
    ------
    ScenarioError    LH129: a simulated rate became too small or too large for exact arithmetic
    """
    info, fx = scenario.scenario, scenario.fx
    simulated: dict[str, RatePath] = {}
    for name, path in (fx.paths or {}).items():
        simulated |= simulate(name, path, fx, info, seed)
    return {name: simulated.get(name) or _unsimulated(name, pair, info, folder) for name, pair in fx.pairs.items()}


def _unsimulated(name: str, pair: Pair, info: Info, folder: Path) -> RatePath:
    source, target = name.split("/")
    if pair.source == "constant" and pair.rate is not None:
        return RatePath.constant(source, target, pair.rate)
    if pair.source == "given" and pair.file is not None:
        from simcore.engine.given_rates import read_rates

        return RatePath.given(source, target, read_rates(data_path(folder, pair.file), pair.file))
    if pair.source == "anchored":
        return anchored_path(source, target, info.start, info.days)
    return RatePath.from_history(source, target, info.start, info.days)


def start_rate(name: str, pair: Pair, info: Info) -> Decimal:
    """Where a simulated path starts: the pair's own rate, or the last before the run (RateNotFound)."""
    if pair.rate is not None:
        return pair.rate
    source, target = name.split("/")
    return anchored_on(source, target, info.start - dt.timedelta(days=1))


def assumptions(name: str, pair: Pair) -> list[str]:
    """What is assumed of a pair's rate because the ECB doesn't quote one of its currencies."""
    if pair.source != "anchored" and (pair.source != "simulated" or pair.rate is not None):
        return []
    return [str(anchor) for anchor in anchors_of(*name.split("/"))]


def simulate(name: str, path: RatePathKind, fx: Fx, info: Info, seed: int) -> dict[str, RatePath]:
    """The paths of one entry of [fx.paths]: in force at their start since 1970, then a step at each of its times."""
    hours = AROUND_THE_CLOCK if path.hours is None else (fx.hours or {})[path.hours]
    steps = steps_of(trading_windows(hours, info.start, info.days), path.step)
    if isinstance(path, Gbm):
        returns = gbm_returns(path, steps, seed)
    else:
        returns = bootstrap_returns(name, path, info.start, steps, seed)
    times = (0, *steps.times_us.tolist())
    paths = {}
    for pair, each in returns.items():
        source, target = pair.split("/")
        first = start_rate(pair, fx.pairs[pair], info)
        try:
            paths[pair] = RatePath(source, target, times, (first, *_rates(first, each)))
        except ValueError as error:
            raise ScenarioError.one(
                "LH129", f"fx.paths.{name}: {pair}", got=str(error), try_="a smaller volatility, drift or jump",
                expected="rates that the exact arithmetic can hold",
            ) from None  # fmt: skip
    return paths


def _rates(first: Decimal, returns: NDArray[np.float64]) -> list[Decimal]:
    """Rates after each step, to 12 significant digits; sums run from the first step on, so a longer run only adds."""
    growth = exp(np.cumsum(returns))
    return [ROUNDED.create_decimal(rate) for rate in (float(first) * growth).tolist()]
