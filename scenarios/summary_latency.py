"""Latencies and other durations that chance may draw, as plain text."""

from __future__ import annotations

from simcore.model import Latency
from simcore.units import format_duration


def latency_text(latency: int | Latency) -> str:
    """A constant or drawn duration in words; empty where it is nothing."""
    if isinstance(latency, int):
        return format_duration(latency) if latency else ""
    if latency.lognormal is not None:
        return f"lognormal, median {format_duration(latency.lognormal.median)}, sigma {latency.lognormal.sigma:g}"
    if latency.exponential is not None:
        return f"exponential, mean {format_duration(latency.exponential.mean)}"
    assert latency.uniform is not None
    return f"{format_duration(latency.uniform.low)} to {format_duration(latency.uniform.high)}"
