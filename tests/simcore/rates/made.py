"""Paths for tests: a market of three pairs over a number of days."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fx.rates import RatePath
from simcore.market import BlockBootstrap, Fx, Gbm, GbmPair, Pair, RatePathKind
from simcore.model import Info
from simcore.rates.paths import simulate

DAY = 86_400_000_000
PAIRS = ("USD/CNY", "SGD/CNY", "THB/CNY")
INFO = Info(name="t", title="t", start=dt.date(2026, 3, 2), days=5, base_currency="CNY")
FX = Fx(pairs={name: Pair(source="simulated", half_spread=0) for name in PAIRS})


def gbm(*volatilities: str, step: int = 3_600_000_000, correlation: Any = (), **more: Any) -> Gbm:
    """Brownian motion of the first pairs."""
    pairs = {name: GbmPair(volatility=Decimal(each), **more) for name, each in zip(PAIRS, volatilities, strict=False)}
    matrix = tuple(tuple(Decimal(str(entry)) for entry in row) for row in correlation)
    return Gbm(kind="gbm", pairs=pairs, step=step, correlation=matrix)


def bootstrap(n: int, **more: Any) -> BlockBootstrap:
    """Block bootstrap of the first pairs."""
    return BlockBootstrap(kind="block_bootstrap", pairs=PAIRS[:n], **more)


def draw(path: RatePathKind, days: int = 5, seed: int = 65) -> dict[str, RatePath]:
    """The paths over calendar days from Monday 2 March 2026."""
    return simulate("asia", path, FX, replace(INFO, days=days), seed)
