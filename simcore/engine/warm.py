"""Compiles every kernel that works on the loop's world, ahead of runs, by running a world of two participants.

Mechanisms, wallets and CLS-type days have loops of their own over a few arrays, compiled where a run has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.engine.machine import Machine
from simcore.engine.spec import AccountSpec, HopSpec, RailSpec, WorldSpec
from simcore.kernels import block, control, link, locks, loop, matched, parts, sets
from simcore.kernels.constants import COLLECT, GROSS, KIND_FUNDING, KIND_LOCK, KIND_UNLOCK, RETURNED_UNWOUND
from simcore.lsm.grouping import net_positions

KERNELS: dict[str, Any] = {
    "advance": loop.advance,
    "open_rail": control.open_rail,
    "transfer": control.transfer,
    "settle_cycle": control.settle_cycle,
    "return_queued": control.return_queued,
    "lend": control.lend,
    "set_limit": control.set_limit,
    "split_queues": parts.split_queues,
    "run_block": block.run_block,
    "wake": block.wake,
    "look": link.look,
    "return_held": link.return_held,
    "match": matched.match,
    "take_held": matched.take_held,
    "settle_matched": matched.settle_matched,
    "move_lock": locks.move_lock,
    "claim": locks.claim,
    "lose": locks.lose,
    "settle_sets": sets.settle_sets,
    "recover": sets.recover,
    "return_taken": sets.return_taken,
    "settle_positions": sets.settle_positions,
    "net_positions": net_positions,
}


def is_warm() -> bool:
    """Whether the machine code of the loop is at hand, in memory or in the cache folder."""
    dispatcher: Any = loop.advance
    if not hasattr(dispatcher, "signatures"):
        return True  # compilation is switched off
    if dispatcher.signatures:
        return True
    file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    try:
        return file is not None and bool(file._load_index())
    except (OSError, AttributeError):
        return False


def warm(progress: Callable[[str], None]) -> None:
    """Compile, or load from the cache folder, every kernel; ``progress`` is told what happens."""
    for name in KERNELS:
        progress(name)
    spec = WorldSpec(
        n_participant=2,
        n_currency=1,
        rails=(
            RailSpec(currency=0, discipline=GROSS),
            RailSpec(currency=0, discipline=COLLECT),
            RailSpec(currency=0, discipline=COLLECT, ledger=2, block_every=1, capacity=1, gridlock=True),
        ),
        accounts=tuple(AccountSpec(rail=rail, participant=who, opening=100) for rail in (0, 1) for who in (0, 1)),
        routes=((HopSpec(rail=0, debtor=(0, 0), creditor=(1, 0)),),),
        quotes=((0, 0, 0),),
        n_link=1,
    )
    one = np.ones(1, np.int64)
    batch = DemandBatch(
        first_payment_id=0, initiated_at=one, debtor=np.zeros(1, np.int32), creditor=np.ones(1, np.int32),
        route=np.zeros(1, np.int32), amount_minor=one, priority=np.zeros(1, np.int8), flow=np.zeros(1, np.int16),
        purpose=np.zeros(1, np.int16), corridor=np.zeros(1, np.int16), draws=np.zeros((1, 0), np.int64),
        reference=None,
    )  # fmt: skip
    machine = Machine(spec, iter([batch]), lambda rows: None, lambda rows: None)
    machine.open(0, 0)
    machine.open(1, 0)
    machine.advance(2)
    machine.transfer(0, 1, 2, 3, 1, KIND_FUNDING, 2)
    machine.cycle(1, 0, 2)
    machine.block(2, 2)
    machine.look_at_pairs(0, 2)
    machine.return_queued(0, 2)
    machine.advance(3)
    nothing = np.zeros(0, np.int64)
    machine.settle_sets(0, nothing, nothing, 0, 3, [(0, 1, 1)])
    machine.collected(1)
    machine.settle_collected(1, nothing, 0, 3, (), [(2, 3, 1)])
    machine.return_collected(1, nothing, RETURNED_UNWOUND, 3)
    machine.settle_matched(0, nothing, machine.match(nothing), np.zeros(3, np.int64), 3)
    machine.return_held(0, nothing, RETURNED_UNWOUND, 3)
    machine.move_lock(0, 0, 0, 1, 1, KIND_LOCK, 3)
    machine.claim(0, 1, KIND_UNLOCK, False, np.zeros(matched.MATCHED_COLUMNS, np.int64), 3)
    machine.lose(0, RETURNED_UNWOUND, 3)
    machine.settle_positions(np.zeros(1, np.int64), one, one, 3)
    machine.set_limit(0, 1, 3)
    machine.split_queues(0, 1, 3)
    nobody = np.zeros(0, np.int32)
    net_positions(nobody, nobody, nothing, np.zeros(1, np.int64), np.zeros(1, np.int64))
