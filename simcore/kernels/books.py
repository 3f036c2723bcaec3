"""Moving money between accounts, and the figures of the day that follow from it."""

from __future__ import annotations

from numpy import uint32

from simcore.accelerate import kernel
from simcore.kernels.queue import note_credit, note_debit, use_tiers
from simcore.kernels.world import OVERFLOWED


@kernel(forceinline=True)
def move(world, debit, credit, amount):
    """Debit one account and credit another of the same rail, and keep the day's figures."""
    payer, payee = world.accounts[uint32(debit)], world.accounts[uint32(credit)]
    left = payer.balance - amount
    payer.balance = left
    if left < payer.minimum:
        payer.minimum = left
    debited = payer.debited + amount
    payer.debited = debited
    held = payee.balance + amount
    payee.balance = held
    if held > payee.maximum:
        payee.maximum = held
    credited = payee.credited + amount
    payee.credited = credited
    if debited < 0 or credited < 0:  # numba wraps in silence; balances can't pass 2^62 by construction
        world.state[OVERFLOWED] = 1


@kernel(forceinline=True)
def pay(world, debit, credit, amount, priority):
    """Move the money of an obligation that settles alone, and do what goes by it."""
    move(world, debit, credit, amount)
    paid(world, debit, credit, amount, priority)


@kernel(forceinline=True)
def paid(world, debit, credit, amount, priority):
    """What goes by the money of an obligation that has moved: tiers, and the queues of both accounts."""
    if world.rails[uint32(world.accounts[uint32(debit)].rail)].tiers == 1:
        use_tiers(world, debit, credit, amount, priority)
    note_debit(world, debit)
    note_credit(world, credit)


@kernel(forceinline=True)
def book(world, debit, credit, amount):
    """Add what settles in a set to the day's turnover of its two accounts."""
    payer, payee = world.accounts[debit], world.accounts[credit]
    payer.debited += amount
    payee.credited += amount
    if payer.debited < 0 or payee.credited < 0:
        world.state[OVERFLOWED] = 1


@kernel(forceinline=True)
def book_gross(world, slot):
    """The same for an obligation of a payment."""
    it = world.slots[slot]
    book(world, it.debit, it.credit, it.amount)


@kernel(forceinline=True)
def move_net(world, account, change):
    """Move an account to its position after a set: the positions inside the set don't count."""
    it = world.accounts[account]
    it.balance += change
    if it.balance < it.minimum:
        it.minimum = it.balance
    if it.balance > it.maximum:
        it.maximum = it.balance
