"""What several tables of a scenario have, as plain text: durations that chance may draw, times, weights."""

from __future__ import annotations

from decimal import Decimal

from scenarios.resolve import decimal_text
from simcore.draws import Latency
from simcore.units import ClockTime, format_clock, format_duration


def latency_text(latency: int | Latency) -> str:
    """A constant or drawn duration in words, with what cuts it; empty where it is nothing."""
    if isinstance(latency, int):
        return format_duration(latency) if latency else ""
    least = f", at least {format_duration(latency.least)}" if latency.least else ""
    return _drawn(latency) + least + (f", at most {format_duration(latency.most)}" if latency.most else "")


def _drawn(latency: Latency) -> str:
    if latency.lognormal is not None:
        return f"lognormal, median {format_duration(latency.lognormal.median)}, sigma {latency.lognormal.sigma:g}"
    if latency.exponential is not None:
        return f"exponential, mean {format_duration(latency.exponential.mean)}"
    assert latency.uniform is not None
    return f"{format_duration(latency.uniform.low)} to {format_duration(latency.uniform.high)}"


def times_text(every: int | None, at: tuple[ClockTime, ...], *more: str) -> str:
    """When something happens again and again."""
    distance = [f"every {format_duration(every)}"] if every else []
    clocks = [f"at {', '.join(format_clock(clock) for clock in at)}"] if at else []
    return " and ".join([*distance, *clocks, *more])


def weights_text(weights: dict[str, Decimal]) -> str:
    """Who or what with which weight, of many the first twelve."""
    names = [f"{name} {decimal_text(weight)}" for name, weight in weights.items() if weight > 0]
    return ", ".join(names[:12]) + (f", … ({len(names)} in all)" if len(names) > 12 else "")
