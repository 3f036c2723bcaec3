"""Makes the netting problems that mechanisms are compared on: one function per family, each drawn from a seed.

Amounts are minor units (hundredths). Row order is queue order. The same family, sizes and seed give the same problem.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from simcore.lsm.base import Problem

MILLION = 100_000_000  # one million, in minor units
MEDIAN_INVOICE = 2_600_000  # 26,000: median of the amounts published with mtcsPy; their log-sd is 2.2
ROUND_LOTS = np.array([1, 2, 5, 10, 20, 50], dtype=np.int64)


def _problem(
    funds: NDArray[np.int64], debtor: NDArray[np.int64], creditor: NDArray[np.int64], amount: NDArray[np.int64]
) -> Problem:
    size = amount.size
    return Problem(
        funds=np.ascontiguousarray(funds, dtype=np.int64),
        debtor=np.ascontiguousarray(debtor, dtype=np.int32),
        creditor=np.ascontiguousarray(creditor, dtype=np.int32),
        amount=np.ascontiguousarray(amount, dtype=np.int64),
        priority=np.zeros(size, dtype=np.int8),
        entered_at=np.arange(size, dtype=np.int64) * 1_000_000,
    )


def _pairs(rng: Generator, weights: NDArray[np.float64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``size`` debtors and creditors drawn by ``weights``, never the same on both sides."""
    share = weights / weights.sum()
    debtor = rng.choice(share.size, size=size, p=share)
    creditor = rng.choice(share.size, size=size, p=share)
    while (same := debtor == creditor).any():
        creditor[same] = rng.choice(share.size, size=int(same.sum()), p=share)
    return debtor.astype(np.int64), creditor.astype(np.int64)


def _lognormal(rng: Generator, size: int, sigma: float) -> NDArray[np.int64]:
    drawn = MEDIAN_INVOICE * np.exp(sigma * rng.standard_normal(size))
    return np.maximum(1, np.rint(drawn)).astype(np.int64)


def _share_of_outgoing(
    rng: Generator, banks: int, debtor: NDArray[np.int64], amount: NDArray[np.int64], share: float
) -> NDArray[np.int64]:
    """Funds of 50–150 % of ``share`` of what each bank has queued."""
    outgoing = np.zeros(banks, dtype=np.int64)
    np.add.at(outgoing, debtor, amount)
    return (outgoing * (share * rng.uniform(0.5, 1.5, banks))).astype(np.int64)


def uniform(banks: int, payments: int, seed: int) -> Problem:
    """Ubin's simulator: amounts uniform in 0–1 million, balances uniform in 0.8–1.4 million (there 64 × 2,500)."""
    rng = Generator(Philox(key=seed))
    debtor, creditor = _pairs(rng, np.ones(banks), payments)
    amount = rng.integers(1, MILLION, payments, endpoint=True)
    funds = rng.integers(8 * MILLION // 10, 14 * MILLION // 10, banks, endpoint=True)
    return _problem(funds, debtor, creditor, amount)


def _core_periphery(banks: int, payments: int, seed: int, share: float) -> Problem:
    rng = Generator(Philox(key=seed))
    core = max(2, banks // 10)
    weights = np.empty(banks)
    weights[:core] = banks / core  # the core has about half of all ends
    weights[core:] = (1.0 + np.arange(banks - core)) ** -0.5
    debtor, creditor = _pairs(rng, weights, payments)
    # The periphery banks with the core: between two small banks a core bank takes one of the ends.
    small = (debtor >= core) & (creditor >= core)
    take_debtor = small & (rng.random(payments) < 0.5)
    debtor[take_debtor] = rng.integers(0, core, int(take_debtor.sum()))
    take_creditor = small & ~take_debtor
    creditor[take_creditor] = rng.integers(0, core, int(take_creditor.sum()))
    amount = _lognormal(rng, payments, 2.2)
    return _problem(_share_of_outgoing(rng, banks, debtor, amount, share), debtor, creditor, amount)


def core_periphery(banks: int, payments: int, seed: int) -> Problem:
    """A core of a tenth of the banks, heavy-tailed values (log-sd 2.2), funds about a tenth of what is queued."""
    return _core_periphery(banks, payments, seed, 0.10)


def core_periphery_poor(banks: int, payments: int, seed: int) -> Problem:
    """As ``core_periphery`` with funds of only about a fiftieth of what is queued."""
    return _core_periphery(banks, payments, seed, 0.02)


def rings(banks: int, payments: int, seed: int) -> Problem:
    """Nested gridlocks: rings of 3–12 banks that settle only as a whole, sharing banks, hidden among stray payments.

    A ring's payments differ by up to 2 %, and a bank holds about what these differences need; a quarter of the
    payments belong to no ring.
    """
    rng = Generator(Philox(key=seed))
    debtor: list[int] = []
    creditor: list[int] = []
    amount: list[int] = []
    need = np.zeros(banks, dtype=np.int64)
    stray = payments // 4
    while len(amount) < payments - stray:
        size = int(rng.integers(3, min(12, banks), endpoint=True))
        size = min(size, max(2, payments - stray - len(amount)))
        members = rng.choice(banks, size=size, replace=False)
        base = int(_lognormal(rng, 1, 1.0)[0])
        values = base + rng.integers(0, base // 50, size, endpoint=True)
        for place in range(size):
            debtor.append(int(members[place]))
            creditor.append(int(members[(place + 1) % size]))
            amount.append(int(values[place]))
            need[members[place]] += max(0, int(values[place] - values[place - 1]))
    stray = payments - len(amount)
    if stray > 0:
        others = _pairs(rng, np.ones(banks), stray)
        debtor += others[0].tolist()
        creditor += others[1].tolist()
        amount += _lognormal(rng, stray, 1.0).tolist()
    order = rng.permutation(payments)
    columns = (np.array(column, dtype=np.int64)[:payments][order] for column in (debtor, creditor, amount))
    return _problem(need, *columns)


def zero_funds(banks: int, payments: int, seed: int) -> Problem:
    """Nobody has anything: only sets that net to exactly nothing everywhere settle.

    Amounts are round lots (1, 2, 5, 10, 20 or 50 million), as in a money market; with odd amounts nothing at all could
    settle.
    """
    rng = Generator(Philox(key=seed))
    debtor, creditor = _pairs(rng, np.ones(banks), payments)
    amount = rng.choice(ROUND_LOTS, payments) * MILLION
    return _problem(np.zeros(banks, dtype=np.int64), debtor, creditor, amount)


def day_queue(banks: int, payments: int, seed: int) -> Problem:
    """What is queued on a strict first-in-first-out rail at the instant when its queue reaches ``payments``.

    Banks differ in size by a power law, values are lognormal (log-sd 1.5), each day's flows between two banks lean to
    one side, and opening balances are too small for the day: so the heads of the queue are large and most banks are
    near zero, as in a real queue and unlike in a drawn one.
    """
    rng = Generator(Philox(key=seed))
    weights = (1.0 + np.arange(banks)) ** -0.8
    mean_row = MEDIAN_INVOICE * float(np.exp(1.5**2 / 2))
    funds = (weights / weights.sum() * mean_row * payments * 0.05 * rng.uniform(0.5, 1.5, banks)).astype(np.int64)
    balance = funds.tolist()
    waiting: list[deque[tuple[int, int, int]]] = [deque() for _ in range(banks)]
    queued = 0
    row = 0
    while queued < payments:
        batch = max(1000, payments // 4)
        debtors, creditors = _pairs(rng, weights, batch)
        amounts = _lognormal(rng, batch, 1.5).tolist()
        for debtor, creditor, amount in zip(debtors.tolist(), creditors.tolist(), amounts):
            waiting[debtor].append((row, creditor, amount))
            queued += 1
            row += 1
            look = [debtor] if len(waiting[debtor]) == 1 else []
            while look:
                bank = look.pop()
                while waiting[bank] and waiting[bank][0][2] <= balance[bank]:
                    _, receiver, value = waiting[bank].popleft()
                    queued -= 1
                    balance[bank] -= value
                    balance[receiver] += value
                    look.append(receiver)
            if queued == payments:
                break
    rows = sorted((row, bank, *rest) for bank, queue in enumerate(waiting) for row, *rest in queue)
    table = np.array(rows, dtype=np.int64)
    return _problem(np.array(balance, dtype=np.int64), table[:, 1], table[:, 2], table[:, 3])


FAMILIES: dict[str, Callable[[int, int, int], Problem]] = {
    "uniform": uniform,
    "core_periphery": core_periphery,
    "core_periphery_poor": core_periphery_poor,
    "rings": rings,
    "zero_funds": zero_funds,
    "day_queue": day_queue,
}
"""Every family by name; each takes (banks, payments, seed)."""


def make(family: str, banks: int, payments: int, seed: int) -> Problem:
    """One problem of a family, e.g. ``make("uniform", 64, 2500, 1)``."""
    return FAMILIES[family](banks, payments, seed)
