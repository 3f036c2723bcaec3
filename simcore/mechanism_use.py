"""How a rail uses a mechanism: its parameters beside the times at which it runs."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from functools import cache
from typing import Any, Literal

from simcore.calendar import ClockTime
from simcore.lsm import REGISTRY
from simcore.lsm.base import Mechanism
from simcore.model import Duration


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a mechanism runs; at least one of the three is given."""

    every: Duration | None = None
    """Distance between runs, counted from each opening."""
    times: tuple[ClockTime, ...] = ()
    """Runs at given times of the calendar's zone."""
    at: Literal["entry"] | None = None
    """``entry``: for each obligation that arrives and can't settle."""


@cache
def uses() -> dict[str, type]:
    """For each registered mechanism a class of its parameters, its schedule and the key ``use``, which names it."""
    return {
        name: make_dataclass(
            f"{cls.__name__}Use",
            [("use", Literal[name], name)],
            bases=(cls, Schedule),
            frozen=True,
            kw_only=True,
            namespace={"__doc__": cls.__doc__, "__module__": __name__},
        )
        for name, cls in REGISTRY.entries().items()
        if issubclass(cls, Mechanism)
    }


Use = Any
"""An instance of one of :func:`uses`: a :class:`Mechanism` that also has a :class:`Schedule`."""
