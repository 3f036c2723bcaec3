"""Generated queues for the suite of mechanisms: many small and awkward ones, some larger."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simcore.lsm.base import Problem


def problem(funds: list[int], payments: list[tuple[int, int, int]], priority: list[int] | None = None) -> Problem:
    """A problem from (debtor, creditor, amount) in queue order."""
    rows = np.array(payments, dtype=np.int64).reshape(-1, 3)
    return Problem(
        funds=np.array(funds, dtype=np.int64),
        debtor=rows[:, 0].astype(np.int32),
        creditor=rows[:, 1].astype(np.int32),
        amount=rows[:, 2].copy(),
        priority=np.array(priority or [0] * len(rows), dtype=np.int8),
        entered_at=np.arange(len(rows), dtype=np.int64),
    )


def letters(funds: dict[str, int], payments: str) -> Problem:
    """A problem as a banker writes it: ``letters({"A": 10, "B": 8}, "A>B 20, B>A 15")``."""
    names = list(funds)
    rows = [line.replace(">", " ").split() for line in payments.split(",")] if payments else []
    return problem(list(funds.values()), [(names.index(a), names.index(b), int(n)) for a, b, n in rows])


def random_problem(rng: np.random.Generator, n_account: int, n: int, scale: int, money: float) -> Problem:
    """Payments between random accounts; ``money`` is what an account has, in mean payments, as a rough level."""
    debtor = rng.integers(0, n_account, n)
    creditor = (debtor + rng.integers(1, n_account, n)) % n_account
    heavy = rng.random() < 0.3
    amount = 1 + (np.floor(scale * rng.lognormal(0, 2, n)) if heavy else rng.integers(0, scale, n)).astype(np.int64)
    funds = rng.integers(0, max(int(2 * money * scale), 1), n_account) * (rng.random(n_account) < 0.8)
    return Problem(
        funds=funds.astype(np.int64),
        debtor=debtor.astype(np.int32),
        creditor=creditor.astype(np.int32),
        amount=amount,
        priority=rng.integers(0, 3, n).astype(np.int8),
        entered_at=np.sort(rng.integers(0, 1000, n)).astype(np.int64),
    )


def small_problems(count: int, seed: int = 65) -> Iterator[Problem]:
    """Queues of 0 to 14 payments between 2 to 5 accounts; small amounts make ties and exact fits frequent."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        scale = int(rng.choice([1, 4, 12, 1000]))
        yield random_problem(
            rng, int(rng.integers(2, 6)), int(rng.integers(0, 15)), scale, float(rng.choice([0, 0.3, 1, 3]))
        )


def middling_problems(count: int, seed: int = 66) -> Iterator[Problem]:
    """Queues of 30 to 120 payments between 3 to 12 accounts."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        scale = int(rng.choice([5, 100, 10**6]))
        yield random_problem(
            rng, int(rng.integers(3, 13)), int(rng.integers(30, 121)), scale, float(rng.choice([0, 0.5, 2]))
        )
