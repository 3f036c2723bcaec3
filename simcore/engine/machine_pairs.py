"""What the machine does with pairs of legs that links hold: looks, settles what was matched, locks, claims, returns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from simcore.engine.machine_core import MachineCore
from simcore.kernels import control, link, locks, sets
from simcore.kernels import matched as m
from simcore.kernels.constants import DONE, NEVER, NONE, OVERFLOW, PAIR_WENT
from simcore.kernels.world import PLACE_HELD


class PairsOfMachine(MachineCore):
    """A part of :class:`simcore.engine.machine.Machine`."""

    def look_at_pairs(self, which: int, now_us: int) -> int:
        """Settle what can of the pairs that a link holds, each once in order of arrival; how many are out of its list.

        After each, queues come to rest before the next is looked at.
        """
        self._rest()
        after, went = np.full(1, NONE, np.int64), 0
        while (reason := link.look(self.world, which, after, now_us)) != DONE:
            if reason == PAIR_WENT:
                went += 1
                self._rest()
            else:
                self._serve(reason)
        return went

    def held_pairs(self, which: int) -> Any:
        """Slots of the pairs that a link holds, in order of arrival: int64 (n,)."""
        return self._listed(self.world.links[which, link.HEAD])

    def match(self, chosen: Any) -> Any:
        """What pairs exchange at the quotes in force: int64 (n, 11), columns as in :mod:`simcore.kernels.matched`."""
        found = np.zeros((chosen.size, m.MATCHED_COLUMNS), np.int64)
        m.match(self.world, chosen, found)
        if found[:, m.TAKEN].min(initial=0) < 0:
            self._serve(OVERFLOW)
        return found

    def settle_matched(self, which: int, chosen: Any, found: Any, cycle_of: Any, now_us: int) -> None:
        """Settle pairs that a link holds one after another, each at what it was matched at.

        Parameters
        ----------
        chosen : int64 (n,) slots; each pair must be able to settle after those before it
        found : int64 (n, 11) what :meth:`match` gave for each
        cycle_of : int64 (n_rail,) row of cycles, by rail
        """
        self._rest()
        m.take_held(self.world, which, chosen)
        with self._at_quotes_of(found):
            self._repeat(m.settle_matched, chosen, found, cycle_of, now_us)
        self._rest()

    @contextmanager
    def _at_quotes_of(self, found: Any) -> Iterator[None]:
        """For a time the first of what was matched is in force; kernels may put others into force. Then what was."""
        world = self.world
        quotes, sizes = world.quotes.copy(), world.size_from.copy()
        world.size_from[found[:, m.QUOTE_AT]] = NEVER  # what is exchanged after a pair is at the quotes in force
        if len(found):
            terms = (m.NUMERATOR, m.DENOMINATOR, m.HALF_SPREAD, m.FX_ID)
            for name, column in zip(("numerator", "denominator", "spread_bp_e2", "fx_id"), terms, strict=True):
                world.quotes[name][found[0, m.QUOTE_AT]] = found[0, column]
        yield
        world.quotes[:], world.size_from[:] = quotes, sizes

    def return_held(self, which: int, chosen: Any, status: int, now_us: int) -> None:
        """Return pairs that a link holds; nothing has moved for them."""
        self._rest()
        m.take_held(self.world, which, chosen)
        self._repeat(sets.return_taken, chosen, np.int64(status), now_us)

    def keep_held(self, which: int, slot: int) -> None:
        """Take a pair out of the list of its link; it stays held, by whoever asks."""
        m.take_held(self.world, which, np.array([slot], np.int64))
        self.world.slots["place"][slot] = PLACE_HELD

    def return_kept(self, slot: int, status: int, now_us: int) -> None:
        """Return a payment that was kept."""
        self._room()
        self._repeat(sets.return_taken, np.array([slot], np.int64), np.int64(status), now_us)
        self._rest()

    def move_lock(self, slot: int, later: int, debit: int, credit: int, amount: int, kind: int, now_us: int) -> None:
        """Move money of a kept payment into a lock or out of it; ``later`` hops after the one it is at."""
        self._ready(amount, (debit,), now_us)
        at = self.world.slots[slot]
        hop = int(at["hop"]) - int(self.world.route_start[at["route"]]) + later
        locks.move_lock(self.world, slot, hop, debit, credit, amount, kind, now_us)
        self._rest()

    def claim(self, slot: int, escrow: int, kind: int, keeps: bool, found: Any, now_us: int) -> None:
        """Settle the hop that a kept payment is at out of escrow, as it was matched; ``keeps``: it stays kept."""
        self._room()
        with self._at_quotes_of(found[None]):
            locks.claim(self.world, slot, escrow, kind, int(keeps), now_us)
        self._rest()

    def lose(self, slot: int, status: int, now_us: int) -> None:
        """End a kept payment whose next hop will never settle; what has settled doesn't come back."""
        self._room()
        locks.lose(self.world, slot, status, now_us)

    def funds(self, account: int) -> int:
        """What an account can pay: balance, debit limit, less what is reserved."""
        row = self.world.accounts[account]
        return int(row["balance"]) + int(row["debit_limit"]) - int(row["reserved"])

    def deals(self, quote: int, now_us: int) -> bool:
        """Whether a dealer exchanges at a quote now."""
        return int(self.world.quotes["opens_at"][quote]) <= now_us

    def refuses(self, rail: int, amount: int) -> bool:
        """Whether an amount is outside the bounds of a rail."""
        row = self.world.rails[rail]
        return not int(row["least_amount"]) <= amount <= int(row["most_amount"])

    def payee_after(self, slot: int) -> int:
        """The participant whom the second leg of a pair pays; also where the first is final."""
        row, hops = self.world.slots[slot], self.world.hops
        hop = hops[int(row["hop"]) + int(hops["link"][int(row["hop"])] != NONE)]
        return self._who((int(hop["to_kind"]), int(hop["to_which"])), row)

    def latency_after(self, slot: int) -> int:
        """The latency of the hop after the one a payment is at, microseconds."""
        hop = self.world.hops[int(self.world.slots["hop"][slot]) + 1]
        return int(hop["latency"] if hop["draw"] == NONE else self.world.draws[slot, hop["draw"]])

    def exchange(self, debit: int, credit: int, amount: int, debit_2: int, credit_2: int, amount_2: int, kind: int,
                 now_us: int) -> None:  # fmt: skip
        """Move money on two rails against each other; two rows that become final together."""
        self._ready(amount, (debit,), now_us)
        self._ready(amount_2, (debit_2,), now_us)
        control.transfer(self.world, debit, credit, debit_2, credit_2, amount, amount_2, kind, now_us)
        self._wake(now_us)
