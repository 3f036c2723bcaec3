"""A block of a shared ledger: 10,000 exchanges, both legs together, with much money or little, and with gridlock.

python -m benchmarks.ledger
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.engine.machine import Machine
from simcore.engine.spec import AccountSpec, HopSpec, RailSpec, WorldSpec
from simcore.kernels.constants import COLLECT, ROLE_CREDITOR, ROLE_DEBTOR, ROLE_PARTICIPANT

BANKS = 20
DEALER = BANKS
TRADES = 10_000
GOAL_MS = 10.0
EVERY_US = 3_000_000


def machine(opening: int, gridlock: bool, both_ways: bool = False) -> Machine:
    """Twenty banks that pay each other through one dealer, all exchanges before the first block."""
    rails = tuple(
        RailSpec(currency=k, discipline=COLLECT, ledger=0, block_every=EVERY_US, capacity=TRADES, gridlock=gridlock)
        for k in (0, 1)
    )
    accounts = tuple(AccountSpec(rail=k, participant=who, opening=opening) for k in (0, 1) for who in range(BANKS + 1))
    dealer = (ROLE_PARTICIPANT, DEALER)
    routes = tuple(
        (HopSpec(rail=one, debtor=(ROLE_DEBTOR, 0), creditor=dealer),
         HopSpec(rail=1 - one, debtor=dealer, creditor=(ROLE_CREDITOR, 0)))
        for one in (0, 1)
    )  # fmt: skip
    spec = WorldSpec(
        n_participant=BANKS + 1, n_currency=2, rails=rails, accounts=accounts, routes=routes,
        quotes=((DEALER, 0, 1), (DEALER, 1, 0)),
    )  # fmt: skip
    random = np.random.default_rng(65)
    debtor = random.integers(0, BANKS, TRADES)
    creditor = (debtor + random.integers(1, BANKS, TRADES)) % BANKS
    amount, route = random.integers(1, 1_000, TRADES), random.integers(0, 2, TRADES) * both_ways
    amount = np.where(route == 1, 5 * amount, amount)  # of about the same worth
    nothing = np.zeros(TRADES, np.int16)
    batch = DemandBatch(
        first_payment_id=0, initiated_at=np.arange(1, TRADES + 1), debtor=debtor.astype(np.int32),
        creditor=creditor.astype(np.int32), route=route.astype(np.int32),
        amount_minor=amount, priority=np.zeros(TRADES, np.int8), flow=nothing,
        purpose=nothing, corridor=nothing, draws=np.zeros((TRADES, 0), np.int64), reference=None,
    )  # fmt: skip
    demand: Iterator[DemandBatch] = iter([batch])
    made = Machine(spec, demand, lambda rows: None, lambda rows: None)
    made.quote(0, 5, 1, 100, 0)
    made.quote(1, 1, 5, 100, 1)
    for rail in (0, 1):
        made.open(rail, 0)
    made.advance(EVERY_US)  # all is collected; the block comes next
    return made


def chain(n: int) -> Machine:
    """Payments of which each needs what the one that came after it brings; only the last to come has its money."""
    rail = RailSpec(currency=0, discipline=COLLECT, ledger=0, block_every=EVERY_US, capacity=n)
    accounts = tuple(AccountSpec(rail=0, participant=who, opening=100 * (who == 0)) for who in range(n + 1))
    route = (HopSpec(rail=0, debtor=(ROLE_DEBTOR, 0), creditor=(ROLE_CREDITOR, 0)),)
    spec = WorldSpec(n_participant=n + 1, n_currency=1, rails=(rail,), accounts=accounts, routes=(route,), quotes=())
    debtor = np.arange(n - 1, -1, -1)
    nothing = np.zeros(n, np.int16)
    batch = DemandBatch(
        first_payment_id=0, initiated_at=np.arange(1, n + 1), debtor=debtor.astype(np.int32),
        creditor=(debtor + 1).astype(np.int32), route=np.zeros(n, np.int32), amount_minor=np.full(n, 100),
        priority=np.zeros(n, np.int8), flow=nothing, purpose=nothing, corridor=nothing,
        draws=np.zeros((n, 0), np.int64), reference=None,
    )  # fmt: skip
    made = Machine(spec, iter([batch]), lambda rows: None, lambda rows: None)
    made.open(0, 0)
    made.advance(EVERY_US)
    return made


def best_ms(make: Callable[[], Machine], repeats: int = 7) -> tuple[float, int]:
    """Least milliseconds that the block took, and how many trades it settled."""
    times, settled = [], 0
    for _ in range(repeats):
        made = make()
        start = time.perf_counter()
        made.advance(EVERY_US + 1)
        times.append((time.perf_counter() - start) * 1_000)
        settled = TRADES - made.in_flight
    return min(times), settled


CASES: tuple[tuple[str, Callable[[], Machine]], ...] = (
    ("funds for all", lambda: machine(10**12, False)),
    ("funds for few", lambda: machine(20_000, False)),
    ("the same, gridlock", lambda: machine(20_000, True)),
    ("both ways, little", lambda: machine(2_000, False, True)),
    ("the same, gridlock", lambda: machine(2_000, True, True)),
    ("each needs the next", lambda: chain(TRADES)),
)


def main() -> None:
    """Print one line per case."""
    for name, make in CASES:
        took, settled = best_ms(make)
        print(f"{name:<20} {settled:>6,} of {TRADES:,} trades settled in {took:.2f} ms (goal {GOAL_MS:g} ms)")


if __name__ == "__main__":
    main()
