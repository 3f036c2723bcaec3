"""Steps of hash time locks that a generated case asks of the loop or of its twin: keep a pair, go on, or go back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simcore.engine.spec import WorldSpec
from simcore.kernels import constants as c
from simcore.kernels import matched as m

FIRST, SECOND = 0, 1  # the dealer's lock is the first, on the rail of the second leg


@dataclass
class Kept:
    """A pair out of its list, and how far its exchange has come."""

    handle: int
    found: Any
    locked: list[bool] = field(default_factory=lambda: [False, False])
    claimed: bool = False
    """The second lock: the first leg is final."""


def act_lock(spec: WorldSpec, machine: Any, step: Any) -> Any:
    """Do one step; None where there is nothing to do it with. Escrow is in a third participant's accounts."""
    if not hasattr(machine, "kept"):
        machine.kept = []
    if step.what == "keep":
        return _keep(spec, machine, step) if spec.locking else None
    if not machine.kept:
        return None
    it = machine.kept[step.first % len(machine.kept)]
    return _go_on(spec, machine, it, step.at) if step.what == "go_on" else _go_back(spec, machine, it, step.at)


def _keep(spec: WorldSpec, machine: Any, step: Any) -> Any:
    link = spec.locking[step.second % len(spec.locking)]
    held = list(machine.held_pairs(link))
    if not held:
        return None
    handle = int(held[step.first % len(held)])
    only = np.array([handle], np.int64)
    found = machine.match(only)[0]
    terms = spec.rails[int(found[m.TAKES])]
    if found[m.TAKEN] == 0:
        machine.return_held(link, only, c.RETURNED_ZERO_AMOUNT, step.at)
    elif not terms.least_amount <= found[m.TAKEN] <= terms.most_amount:
        machine.return_held(link, only, c.REJECTED_LIMIT, step.at)
    else:
        machine.keep_held(link, handle)
        machine.kept.append(Kept(handle, found))
    return found.tolist()


def _place(machine: Any, spec: WorldSpec, it: Kept, ledger: int) -> tuple[int, int, int]:
    """Whose money is locked on a ledger, the escrow there, the amount."""
    rail, who, amount = (m.TAKES, m.OTHER, m.TAKEN) if ledger == FIRST else (m.GIVES, m.ONE, m.GIVEN)
    accounts = list(zip(machine.accounts["rail"].tolist(), machine.accounts["participant"].tolist()))
    parties = {int(it.found[m.ONE]), int(it.found[m.OTHER])}
    holder = max(set(range(spec.n_participant)) - parties, default=max(parties))
    escrow = accounts.index((int(it.found[rail]), holder))
    return accounts.index((int(it.found[rail]), int(it.found[who]))), escrow, int(it.found[amount])


def _has(machine: Any, account: int, amount: int, held: bool = False) -> bool:
    """Whether an account can pay an amount; what stands in escrow isn't ``held`` back from whom it belongs to."""
    row = machine.accounts[account]
    funds = int(row["balance"]) + int(row["debit_limit"]) - (0 if held else int(row["reserved"]))
    return funds >= amount


def _go_on(spec: WorldSpec, machine: Any, it: Kept, now: int) -> Any:
    """The next step of the protocol: lock, lock, claim, claim."""
    locks = not it.claimed and not all(it.locked)
    ledger = FIRST if it.claimed or not it.locked[FIRST] else SECOND
    owner, escrow, amount = _place(machine, spec, it, ledger)
    if owner == escrow:
        return None
    if locks:
        if not _has(machine, owner, amount):
            return None
        machine.move_lock(it.handle, int(ledger == FIRST), owner, escrow, amount, c.KIND_LOCK, now)
        it.locked[ledger] = True
        return "locked", ledger
    if not it.locked[ledger] or not _has(machine, escrow, amount, held=True):
        return None
    machine.claim(it.handle, escrow, c.KIND_UNLOCK, ledger == SECOND, it.found, now)
    it.locked[ledger] = False
    if ledger == SECOND:
        it.claimed = True
    else:
        machine.kept.remove(it)
    return "claimed", ledger


def _go_back(spec: WorldSpec, machine: Any, it: Kept, now: int) -> Any:
    """Give back what is locked, the second lock before the first; then the payment ends."""
    for ledger in (SECOND, FIRST):
        if it.locked[ledger]:
            owner, escrow, amount = _place(machine, spec, it, ledger)
            if not _has(machine, escrow, amount, held=True):
                return None
            later = int(ledger == FIRST and not it.claimed)
            machine.move_lock(it.handle, later, escrow, owner, amount, c.KIND_UNLOCK, now)
            it.locked[ledger] = False
            return "back", ledger
    machine.kept.remove(it)
    if it.claimed:
        machine.lose(it.handle, c.CLAIMED_LATE, now)
        return "lost"
    machine.return_kept(it.handle, c.RETURNED_LOCK_ENDED, now)
    return "returned"
