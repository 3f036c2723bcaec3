"""What banks know of their own queues when they choose routes: they look now and then, and go by what they saw.

A bank that looks at its queue on a rail sees how long the one that has stood longest there has waited, and expects to
wait as long: the estimator "HOL" of Ibrahim and Whitt, which needs nothing but the queue ("Real-time delay estimation
based on delay history", Manufacturing & Service Operations Management 11(3), 2009, doi:10.1287/msom.1080.0223).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy
from numpy.typing import NDArray

from simcore.engine.clock import LOOK, Clock
from simcore.kernels.constants import FIFO, NEVER, NONE
from simcore.kernels.world import PLACE_QUEUE

if TYPE_CHECKING:
    from simcore.engine.compile import Compiled
    from simcore.engine.machine import Machine

Ints = NDArray[np.int64]
PRIORITIES = 10


class Looks:
    """The instants at which somebody looks, and what was seen last: demand asks it, the run tells it."""

    def __init__(self, compiled: Compiled) -> None:
        times, corridors = compiled.timetable, compiled.scenario.corridors
        self._every = {name: terms.queue_seen_every for name, terms in corridors.items() if terms.queue_seen_every}
        self._start = times.demand_start_us
        starts = {at for every in self._every.values() for at in range(self._start, times.demand_end_us, every)}
        self.times: list[int] = sorted(starts)
        """Microseconds; none where no bank looks."""
        self.complete_until = 0
        """All payments initiated before this instant have been handed out."""
        self._seen: dict[int, Ints] = {}
        self._first = {name: self._accounts(compiled, name) for name in compiled.routes} if self.times else {}

    @staticmethod
    def _accounts(compiled: Compiled, route: str) -> Ints:
        """The account from which each participant pays as debtor of a route; NONE where its agent does, (n,)."""
        hop = compiled.scenario.routes[route].hops[0]
        accounts = np.full(len(compiled.participants), NONE, np.int64)
        if hop.debtor == "debtor":
            for who, name in enumerate(compiled.participants):
                if name in compiled.scenario.accounts.get(hop.rail, {}):
                    accounts[who] = compiled.account_index(hop.rail, name)
        return accounts

    def see(self, now_us: int, waited: Ints) -> None:
        """Note what :func:`longest_waits` says now, for those who look now."""
        for every in set(self._every.values()):
            if (now_us - self._start) % every == 0:
                self._seen[every] = waited

    def waits(self, corridor: str, routes: Sequence[str], debtor: NDArray[np.int32], priority: int) -> Ints | None:
        """How long payments of these debtors are to wait on each route by what was seen last: (n, n_route) or None."""
        seen = self._seen.get(self._every.get(corridor, 0))
        if seen is None:
            return None
        accounts = np.stack([self._first[route][debtor] for route in routes], axis=1)
        return np.where(accounts == NONE, 0, seen[priority][accounts])

    def looks(self, corridor: str | None) -> bool:
        """Whether banks look at their queues before they choose a route of this corridor."""
        return corridor in self._every


def longest_waits(world: Any, now_us: int) -> Ints:
    """How long the one longest in each account's queue has stood there: int64 (priority, n_account), microseconds.

    Where the rail orders by priority, only what isn't less urgent counts, for the rest is passed.
    """
    since, slots = np.full((PRIORITIES, world.accounts.size), NEVER, np.int64), world.slots
    queued = np.flatnonzero(slots["place"] == PLACE_QUEUE)
    account, ordered = slots["debit"][queued], world.rails["rule"][world.accounts["rail"]] != FIFO
    counts_from = np.where(ordered[account], slots["priority"][queued], 0)
    np.minimum.at(since, (counts_from, account), slots["entered_at"][queued])
    since = np.minimum.accumulate(since, axis=0)  # what counts for one priority counts for all less urgent
    return np.where(since == NEVER, 0, now_us - since)


class LooksAtQueues:
    """The SimPy process that looks, before the payments of its instant."""

    def __init__(self, looks: Looks, machine: Machine, clock: Clock) -> None:
        self._looks, self._machine, self._clock = looks, machine, clock

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run: nothing where nobody looks."""
        if self._looks.times:
            yield self._process()

    def _process(self) -> Iterator[simpy.Event]:
        for time_us in self._looks.times:
            yield self._clock.at(time_us, LOOK)
            self._looks.see(time_us, longest_waits(self._machine.world, time_us))
