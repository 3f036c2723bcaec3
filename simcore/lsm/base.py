"""What every mechanism is given and gives back: queued obligations over accounts, and the sets that settle."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The queued obligations of one rail in one currency, in queue order, and what its accounts can pay.

    All arrays are C-contiguous and are not changed by a mechanism. ``funds`` are balance + debit limit − reserved,
    ≥ 0. An obligation never has the same account on both sides.
    """

    funds: NDArray[np.int64]  # (n_account,) minor units
    debtor: NDArray[np.int32]  # (n,) account
    creditor: NDArray[np.int32]  # (n,)
    amount: NDArray[np.int64]  # (n,) > 0, minor units; their sum is below 2^62
    priority: NDArray[np.int8]  # (n,) 0 most urgent
    entered_at: NDArray[np.int64]  # (n,) microseconds UTC

    @property
    def size(self) -> int:
        """Number of obligations."""
        return int(self.amount.size)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What settles: obligations with the same ``set_of`` are final as one; sets follow each other in number order.

    After each set every account's funds, counted with all sets up to it, are ≥ 0.
    """

    set_of: NDArray[np.int32]  # (n,) number of the set from 0, -1 where it stays queued
    facts: dict[str, Any] = field(default_factory=dict)
    """What else the mechanism found: a bound, steps taken, proven or not."""

    @property
    def settled(self) -> NDArray[np.bool_]:
        """(n,) whether it settles."""
        return self.set_of >= 0


@dataclass(frozen=True, kw_only=True)
class Mechanism(ABC):
    """A mechanism with its parameters; a subclass is a frozen dataclass whose fields are the parameters.

    The class docstring says what it does, its invariants and its cost; ``source`` names the publication.
    """

    source: ClassVar[str]
    keeps_order: ClassVar[bool]
    """Whether the settled obligations of each debtor are always a prefix of its queue (fit for strict queues).

    Where that depends on the parameters, the class says False and each instance what holds for it.
    """
    at_entry: ClassVar[bool] = False
    """Whether the event loop can run it for each obligation that arrives and can't settle."""

    @abstractmethod
    def select(self, problem: Problem) -> Selection:
        """Choose what settles; the same problem gives the same selection."""


@dataclass(frozen=True, kw_only=True)
class Cleared:
    """What is left of each obligation after clearing: cancelled in full, in part, or not at all.

    Everybody's net position is as before unless ``facts`` say otherwise; no funds move.
    """

    residual_minor: NDArray[np.int64]  # (n,) 0..amount, minor units
    extra: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]] | None = None
    """New obligations that replace old ones: debtor, creditor, amount, each (k,); None where there are none."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What else was found: net internal debt, rounds, proven or not."""


@dataclass(frozen=True, kw_only=True)
class Clearing(ABC):
    """A way to cancel obligations against each other, with its parameters; registered beside the mechanisms.

    It settles nothing, so rails can't use it; ``luhai net`` and the benchmark can.
    """

    source: ClassVar[str]

    @abstractmethod
    def clear(self, problem: Problem) -> Cleared:
        """Choose what is cancelled; the same problem gives the same answer."""
