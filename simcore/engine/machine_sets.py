"""What the machine settles in sets: cycles, what mechanisms chose, what was collected, net positions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from simcore.engine.machine_core import MachineCore
from simcore.kernels import control, queue, sets
from simcore.kernels.constants import KIND_CREDIT, KIND_LOSS_SHARE, NONE, SETTLED_NET, SETTLED_OFFSET
from simcore.kernels.world import CYCLE_COUNT, CYCLE_MOVED, CYCLE_VALUE


class SetsOfMachine(MachineCore):
    """A part of :class:`simcore.engine.machine.Machine`."""

    def cycle(self, rail: int, cycle_id: int, now_us: int) -> dict[str, int]:
        """Run one net cycle; what it looked at, settled and moved."""
        self._rest()
        self._repeat(control.settle_cycle, rail, cycle_id, now_us)
        state = self.world.state
        done = self.world.rails["collect_head"][rail] == NONE
        return {
            "considered_count": int(state[CYCLE_COUNT]),
            "considered_minor": int(state[CYCLE_VALUE]),
            "settled_count": int(state[CYCLE_COUNT]) if done else 0,
            "settled_minor": int(state[CYCLE_VALUE]) if done else 0,
            "moved_minor": int(state[CYCLE_MOVED]) if done else 0,
        }

    def settle_sets(self, rail: int, chosen: Any, set_of: Any, cycle_id: int, now_us: int,
                    loans: Iterable[tuple[int, int, int]] = ()) -> None:  # fmt: skip
        """Settle queued slots in sets, each final as one, and release what that lets go.

        Parameters
        ----------
        chosen : int64 (n,) slots in the rail's queues, by set
        set_of : int64 (n,) number of each one's set, rising
        loans : (lender's account, borrower's account, amount) of credit given before the sets settle

        Raises
        ------
        InvariantError    a set that would leave an account below its limit
        """
        sets.take_chosen(self.world, rail, chosen)
        for lender, borrower, amount in loans:
            self.lend(lender, borrower, amount, KIND_CREDIT, now_us)
        self._repeat(sets.settle_sets, chosen, set_of, np.int64(SETTLED_OFFSET), cycle_id, now_us)
        queue.look_again(self.world, rail)
        self._rest()

    def settle_collected(self, rail: int, chosen: Any, cycle_id: int, now_us: int,
                         shares: Iterable[tuple[int, int, int]] = (),
                         recoveries: Sequence[tuple[int, int, int]] = ()) -> None:  # fmt: skip
        """Settle some of what a rail has collected as one set, and release what that lets go.

        Parameters
        ----------
        chosen : int64 (n,) slots in the rail's collection list
        shares : (payer's account, account in default, amount) of losses borne before the set settles
        recoveries : (account in default, creditor's account, amount) paid in the same set

        Raises
        ------
        InvariantError    an account would be below its limit
        """
        self._rest()
        sets.take_collected(self.world, rail, chosen)
        for payer, loser, amount in shares:
            self.lend(payer, loser, amount, KIND_LOSS_SHARE, now_us)
        if recoveries:
            debit, credit, amounts = (np.array(column, np.int64) for column in zip(*recoveries))
            self._repeat(sets.recover, rail, chosen, debit, credit, amounts, cycle_id, now_us)
        one_set = np.zeros(chosen.size, np.int64)
        self._repeat(sets.settle_sets, chosen, one_set, np.int64(SETTLED_NET), cycle_id, now_us)
        queue.look_again(self.world, rail)  # batches of a gross rail are credits to accounts with queues
        self._rest()

    def return_collected(self, rail: int, chosen: Any, status: int, now_us: int) -> None:
        """Return some of what a rail has collected; money on its way back may not be among it."""
        self._rest()
        sets.take_collected(self.world, rail, chosen)
        self._repeat(sets.return_taken, chosen, np.int64(status), now_us)

    def collected(self, rail: int) -> Any:
        """Slots of a rail's collection list, in the order they came: int64 (n,)."""
        return self._listed(self.world.rails["collect_head"][rail])

    def settle_positions(self, debit: Any, credit: Any, amount: Any, now_us: int) -> None:
        """Move money between accounts of any rails, final as one set: rows of the kind ``settlement``.

        Parameters
        ----------
        debit, credit, amount : int64 (n,) accounts and minor units

        Raises
        ------
        InvariantError    an account would be below its limit after the set
        """
        self._rest()
        self._repeat(sets.settle_positions, debit, credit, amount, now_us)
        self._rest()
