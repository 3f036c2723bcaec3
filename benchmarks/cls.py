"""``luhai bench cls``: a day of a CLS-type system, a million matched pairs of 70 members in 18 currencies.

The day is timed against one pass over its pairs. Its netting isn't a result: no trades are published, and how much
netting leaves follows from how far members lean to one side of a currency, which is assumed. ``--ratios`` prints how it
follows.

Assumed: members' sizes fall as 1/rank, currencies' too; nine in ten pairs have the dollar on one side; values are
lognormal about a million dollars; a member buys a currency with a chance of one half and a deviation, the lean, drawn
for each member and currency.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.goals import Goal
from benchmarks.measure import Stopwatch, load, machine, times
from benchmarks.report import finish
from simcore.cls import Terms, in_out_swaps, net_positions, settle_day
from simcore.cls.day import value_of
from simcore.kernels.cls import Pairs, one_pass

MEMBERS, CURRENCIES, PAIRS = 70, 18, 1_000_000
GOAL = 60.0
HAIRCUT = Fraction(1, 20)
LEAN = 0.06
"""Standard deviation of the chance with which a member buys a currency rather than sells it, in the timed day."""
LEANS = (0.0, 0.01, 0.02, 0.04, 0.06, 0.1)
SWAPPED = (Fraction(1, 2), Fraction(3, 4), Fraction(9, 10))
"""Shares of net positions that members swap in and out."""
DEADLINES = tuple(Fraction(each, 5) for each in (1, 2, 3, 4, 5))

PUBLISHED = (
    "Published of CLS: netting saves about 96 %, and with in/out swaps less than 1 % of gross is paid in.",
    f"Assumed here: {MEMBERS} members and {CURRENCIES} currencies whose sizes fall as 1/rank, the dollar on one side",
    "of 90 % of trades, values lognormal about USD 1 mn, counterparties at random, and the lean, which decides.",
    "docs/cls.md says what that is worth.",
)
"""What stands beside the table of ratios."""


def made(count: int, seed: int = 65, tight: int = 1, lean: float = LEAN) -> tuple[Pairs, Terms]:
    """Pairs and terms; currency 0 is the dollar, prices are from one half to two, limits are divided by ``tight``."""
    random = np.random.default_rng(seed)
    size = 1 / np.arange(1, MEMBERS + 1)
    one = random.choice(MEMBERS, count, p=size / size.sum())
    other = (one + 1 + random.choice(MEMBERS - 1, count)) % MEMBERS
    against = 1 + random.choice(CURRENCIES - 1, count, p=(w := 1 / np.arange(1, CURRENCIES)) / w.sum())
    cross = 1 + (against - 1 + random.integers(1, CURRENCIES - 1, count)) % (CURRENCIES - 1)
    base = np.where(random.random(count) < 0.9, 0, cross)
    chance = np.clip(0.5 + lean * random.standard_normal((MEMBERS, CURRENCIES)), 0, 1)
    buys = random.random(count) < (chance[one, against] + 1 - chance[other, against]) / 2
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


def ratios(count: int) -> list[str]:
    """Lines of a table: for each lean, what netting saves and what is to be paid in, without swaps and with."""
    lines = [
        "| lean | netting | to be paid in | "
        + " | ".join(f"{float(each):.0%} swapped" for each in SWAPPED)
        + " | outside |",
        "|---:|---:|---:|" + "---:|" * (len(SWAPPED) + 1),
    ]
    for lean in LEANS:
        pairs, terms = made(count, lean=lean)
        limits = terms.limits()
        net = net_positions(pairs, MEMBERS, CURRENCIES)
        done = settle_day(pairs, terms, DEADLINES)
        cells = [f"{lean:.0%}", f"{done.netting_ratio:.1%}", f"{done.funding_ratio:.2%}"]
        for share in SWAPPED:
            swap = in_out_swaps(net, limits, share)
            cells.append(f"{value_of(np.maximum(-swap.net, 0), limits) / done.gross_value:.2%}")
        lines.append(f"| {' | '.join([*cells, f'{swap.outside_value / done.gross_value:.2%}'])} |")
    return lines


def timed(run: Callable[[], Any], repeats: int) -> dict[str, Any]:
    """Processor and wall seconds of a call."""
    watches = []
    for _ in range(repeats):
        watch = Stopwatch()
        run()
        watch.stop()
        watches.append(watch)
    return times(watches)


def main(argv: Sequence[str]) -> int:
    """Measure, print, and write JSON if asked; 0 also where a goal is missed, for speed is no test."""
    parser = argparse.ArgumentParser(prog="luhai bench cls", description=__doc__)
    parser.add_argument("--size", type=int, default=PAIRS, metavar="N", help="how many pairs")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="how often a day is timed, the best counts")
    parser.add_argument("--ratios", action="store_true", help="print what netting saves by how far members lean")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    options = parser.parse_args(argv)
    if options.size < 1_000 or options.repeats < 1:
        parser.error("--size must be at least 1,000, --repeats at least 1")
    if options.ratios:
        print("\n".join([*ratios(options.size), "", *PUBLISHED]))
        return 0
    document: dict[str, Any] = {
        "benchmark": "cls", "pairs": options.size, "members": MEMBERS, "currencies": CURRENCIES, "machine": machine(),
        "load_before": load(), "cases": [],
    }  # fmt: skip
    pairs, terms = made(options.size)
    net = np.zeros((MEMBERS, CURRENCIES), np.int64)
    settle_day(Pairs(*(column[:1000] for column in pairs)), terms, DEADLINES)  # compiled from here on
    one_pass(pairs, net)
    once = timed(lambda: one_pass(pairs, net), max(options.repeats, 5))
    document["one_pass"] = once
    goals = []
    for name, its in (("limits that hardly bind", terms), ("a hundredth of them", made(options.size, tight=100)[1])):
        whole = timed(lambda its=its: settle_day(pairs, its, DEADLINES), options.repeats)  # type: ignore[misc]
        done = settle_day(pairs, its, DEADLINES)
        document["cases"].append({"case": name, "day": whole, "settled_after": done.settled_after})
        print(f"{options.size:,} pairs, {name}: a day {whole['cpu_best_s'] * 1e3:,.1f} ms, one pass "
              f"{once['cpu_best_s'] * 1e3:,.2f} ms; settled by each deadline {done.settled_after}")  # fmt: skip
        ratio = whole["cpu_best_s"] / once["cpu_best_s"]
        goals.append(Goal(f"a day over one pass, {name}", ratio, GOAL, False, "times"))
    swap = timed(lambda: in_out_swaps(net_positions(pairs, MEMBERS, CURRENCIES), terms.limits(), Fraction(3, 4)), 3)
    document["in_out_swaps"] = swap
    print(f"in/out swaps found in {swap['cpu_best_s'] * 1e3:,.1f} ms")
    finish(document, goals, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
