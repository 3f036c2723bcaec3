"""A day of a CLS-type engine: matched pairs of 70 members in 18 currencies, against one pass over the pairs.

python -m benchmarks.cls [PAIRS]

Assumed, since no trades are published: members' sizes fall as 1/rank; nine in ten pairs have the dollar on one side; a
member buys a currency with a chance that leans to one side, drawn for each member and currency. That lean is what
netting leaves, and is set so that it comes near the published 96 %: so only what follows from it is a result.
"""

from __future__ import annotations

import sys
import time
from fractions import Fraction

import numpy as np

from simcore.cls import Day, Terms, in_out_swaps, net_positions, settle_day
from simcore.kernels.cls import Pairs, one_pass

MEMBERS, CURRENCIES, PAIRS = 70, 18, 1_000_000
GOAL = 60.0
HAIRCUT = Fraction(1, 20)
LEAN = 0.06
"""How far a member leans to one side of a currency, standard deviation."""
DEADLINES = tuple(Fraction(each, 5) for each in (1, 2, 3, 4, 5))


def made(count: int, seed: int = 65, tight: int = 1) -> tuple[Pairs, Terms]:
    """Pairs and terms; currency 0 is the dollar, prices are from one half to two, limits are divided by ``tight``."""
    random = np.random.default_rng(seed)
    size = 1 / np.arange(1, MEMBERS + 1)
    one = random.choice(MEMBERS, count, p=size / size.sum())
    other = (one + 1 + random.choice(MEMBERS - 1, count)) % MEMBERS
    against = 1 + random.choice(CURRENCIES - 1, count, p=(w := 1 / np.arange(1, CURRENCIES)) / w.sum())
    cross = 1 + (against - 1 + random.integers(1, CURRENCIES - 1, count)) % (CURRENCIES - 1)
    base = np.where(random.random(count) < 0.9, 0, cross)
    lean = np.clip(0.5 + LEAN * random.standard_normal((MEMBERS, CURRENCIES)), 0, 1)
    buys = random.random(count) < (lean[one, against] + 1 - lean[other, against]) / 2
    price = np.concatenate([[1.0], random.uniform(0.5, 2.0, CURRENCIES - 1)])
    value = np.exp(random.normal(np.log(1e8), 1.0, count))  # about a million dollars
    gives, takes = np.where(buys, base, against), np.where(buys, against, base)
    pairs = Pairs(
        one.astype(np.int32), other.astype(np.int32), gives.astype(np.int32), takes.astype(np.int32),
        np.maximum(value / price[gives], 1).astype(np.int64), np.maximum(value / price[takes], 1).astype(np.int64),
    )  # fmt: skip
    # Each member may be short by a two-hundredth of the day's value by size, and half of that in one currency.
    total = int(value.sum())
    limit = [max(total // 200 // (rank + 1), 10**9) // tight for rank in range(MEMBERS)]
    terms = Terms(
        price=[Fraction(each).limit_denominator(10**6) for each in price], haircut=[HAIRCUT] * CURRENCIES,
        short_limit=[total // 400 // tight] * CURRENCIES, aggregate_limit=limit,
    )  # fmt: skip
    return pairs, terms


def least(run: object, repeats: int = 5) -> float:
    """Least seconds of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()  # type: ignore[operator]
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the time of a day over that of one pass, and the ratios beside the published ones."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    pairs, terms = made(count)
    net = np.zeros((MEMBERS, CURRENCIES), np.int64)
    settle_day(Pairs(*(column[:1000] for column in pairs)), terms, DEADLINES)  # compiled from here on
    one_pass(pairs, net)
    once = least(lambda: one_pass(pairs, net))
    for name, its_terms in (("limits that hardly bind", terms), ("a hundredth of them", made(count, tight=100)[1])):
        days: list[Day] = []
        whole = least(lambda its=its_terms, to=days: to.append(settle_day(pairs, its, DEADLINES)), 3)  # type: ignore[misc]
        print(f"{count:,} pairs, {name}: day {whole * 1e3:,.1f} ms, one pass {once * 1e3:,.2f} ms: {whole / once:.1f} "
              f"times (goal {GOAL:g}); settled by each deadline {days[-1].settled_after}")  # fmt: skip
    done = settle_day(pairs, terms, DEADLINES)
    start = time.perf_counter()
    swap = in_out_swaps(net_positions(pairs, MEMBERS, CURRENCIES), terms.limits(), Fraction(3, 4))
    took = time.perf_counter() - start
    both = Pairs(*(np.concatenate(columns) for columns in zip(pairs, swap.inside, strict=True)))
    after = settle_day(both, terms, DEADLINES)
    print(f"netting {done.netting_ratio:.1%} (published 96 %); to pay in {done.funding_ratio:.2%} of gross, with "
          f"{swap.inside.one.size:,} in/out swaps {after.due_value / done.gross_value:.2%} (published below 1 %);\n"
          f"outside {swap.outside_value / done.gross_value:.2%} of gross; found in {took * 1e3:.1f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
