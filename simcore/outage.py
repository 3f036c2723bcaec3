"""Outages of a scenario as typed tables: what is out, at given times or by chance."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from simcore.draws import Latency
from simcore.marks import Duration
from simcore.units import ClockTime


@dataclass(frozen=True, kw_only=True)
class OutageTime:
    """One outage, from an instant on and until another, at which it is over."""

    day: dt.date
    begins: ClockTime = field(metadata={"key": "from"})
    """Local time of ``day``; ``"22:00-1"`` is the evening before."""
    ends: ClockTime = field(metadata={"key": "to"})
    """``"06:00+1"`` is the morning after."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What is out together, at given times, by chance, or both. Nobody knows of an outage before it begins.

    Nothing settles on a rail that is out: what arrives is treated as its ``when_closed`` says, what it holds stays. A
    participant that is out sends nothing and receives. A dealer that is out exchanges nothing but what a link holds its
    quote for.
    """

    rails: tuple[str, ...] = ()
    ledgers: tuple[str, ...] = ()
    """Shared ledgers, with all their rails."""
    links: tuple[str, ...] = ()
    """Links of [pvp]: pairs wait, while the rails go on."""
    participants: tuple[str, ...] = ()
    dealers: tuple[str, ...] = ()
    """Dealers of [fx] that exchange nothing, though as participants they pay and receive."""
    times: tuple[OutageTime, ...] = ()
    zone: str | None = None
    """Zone of ``times``; none means that of the first rail's calendar, or UTC."""
    every: Duration | None = None
    """Mean time from the end of one outage to the beginning of the next, drawn from an exponential distribution."""
    lasts: Duration | Latency | None = None
    """With ``every``: how long an outage lasts."""
