"""Distributions that a scenario may name: of latencies and of amounts."""

from __future__ import annotations

from dataclasses import dataclass

from simcore.marks import Duration
from simcore.units import Money


@dataclass(frozen=True, kw_only=True)
class Lognormal:
    """exp(normal) with this median and sigma (standard deviation of the logarithm)."""

    median: Duration
    sigma: float


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """Exponential with this mean."""

    mean: Duration


@dataclass(frozen=True, kw_only=True)
class Uniform:
    """Uniform between two durations."""

    low: Duration
    high: Duration


@dataclass(frozen=True, kw_only=True)
class Latency:
    """A drawn latency: exactly one of the distributions, cut to ``least`` and ``most``; drawn in whole milliseconds."""

    lognormal: Lognormal | None = None
    exponential: Exponential | None = None
    uniform: Uniform | None = None
    least: Duration = 0
    most: Duration | None = None


@dataclass(frozen=True, kw_only=True)
class LognormalAmount:
    """Amounts: exp(normal) with this median and sigma, rounded to whole minor units, cut to ``least`` and ``most``."""

    median: Money
    sigma: float
    least: Money | None = None
    most: Money | None = None
