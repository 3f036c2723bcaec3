"""``luhai bench wallets``: five million wallets, ten million payments, all limits on; payments a second, and memory.

The speed is that of the loop in one process with its payments made beforehand; the log is handed on as it fills, and
nobody takes the rows. Memory is that of another process, which makes the payments batch by batch and writes each row of
the log to an Arrow file, beyond one that does the same with ten wallets and ten payments.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.child import run_child
from benchmarks.goals import Goal
from benchmarks.measure import Stopwatch, load, machine, times
from benchmarks.report import finish
from simcore.kernels.wallet_world import CASH, DEPOSIT, ONLINE, WALLET_STATUS_NAMES
from simcore.wallets.book import WalletBook
from simcore.wallets.parameters import ECNY_CLASSES, Operator
from simcore.wallets.rows import make_payments, make_wallets, midnights

WALLETS, PAYMENTS = 5_000_000, 10_000_000
BATCH = 65_536
SEED = 65
START, DAYS = date(2026, 3, 2), 2
DAY_US = 86_400_000_000
SHARES = (0.3, 0.6)  # phone only up to the first, the middle class up to the second; assumed
BANKS = 22  # operate e-CNY, as published for 2026; that each has as many wallets is assumed
FIRST = int(midnights(("Asia/Shanghai",), START, DAYS)[0, 1])
REGIMES = {"deposit": DEPOSIT, "cash": CASH}


def population(n: int) -> Any:
    """Wallets of three classes with 22 banks, drawn; the verified ones are bound to an account with their operator."""
    random = np.random.default_rng(SEED)
    share = random.random(n, np.float32)
    kind = (share >= SHARES[0]).astype(np.int8) + (share >= SHARES[1])
    operator = random.integers(0, BANKS, n, np.int16)
    bound = kind == 2
    balance = random.integers(0, 1_000_000, n, np.int32)
    deposit = np.where(bound, np.int32(5_000_000), np.int32(0))
    return make_wallets(balance, operator, kind, bank=np.where(bound, operator, np.int16(-1)), deposit=deposit)


def batches(n: int, n_wallet: int) -> Iterator[Any]:
    """``n`` payments over two days, uniform counterparties, a few per cent of them offline for up to six hours."""
    for first in range(0, n, BATCH):
        size = min(BATCH, n - first)
        random = np.random.default_rng([SEED, first])
        when = FIRST + (np.arange(first, first + size) * (DAYS * DAY_US - 1)) // n
        payer = random.integers(0, n_wallet, size)
        payee = (payer + random.integers(1, n_wallet, size)) % n_wallet
        # The product of three uniform numbers: many small ones, and some beyond each limit.
        amount = 1 + (random.random(size) * random.random(size) * random.random(size) * 1_000_000).astype(np.int64)
        offline = np.where(random.random(size) < 0.03, random.integers(0, DAY_US // 4, size), ONLINE)
        yield make_payments(when, payer, payee, amount, offline)


def book(wallets: Any, payments: Any, take: Any, regime: int) -> WalletBook:
    """The retail system of the benchmark."""
    operators = tuple(Operator(name=f"bank {k}", reserve=10**13) for k in range(BANKS))
    return WalletBook(
        classes=ECNY_CLASSES, operators=operators, wallets=wallets, payments=payments, take=take, start=START,
        days=DAYS, regime=regime,
    )  # fmt: skip


def timed(n_wallet: int, payments: list[Any], regime: int) -> Stopwatch:
    """Time the loop from its first payment to its last, the checks of the batches included; prove the books after."""
    made = book(population(n_wallet), payments, lambda rows: None, regime)
    watch = Stopwatch()
    made.play(FIRST + DAYS * DAY_US)
    made.finish()
    watch.stop()
    made.prove()
    return watch


def outcomes(n_wallet: int, payments: list[Any], regime: int) -> dict[str, int]:
    """How many payments ended how."""
    counts = np.zeros(128, np.int64)

    def take(rows: Any) -> None:
        counts[:] += np.bincount(rows["status"], minlength=128)

    made = book(population(n_wallet), payments, take, regime)
    made.play(FIRST + DAYS * DAY_US)
    made.finish()
    return {name: int(counts[status]) for status, name in WALLET_STATUS_NAMES.items() if counts[status]}


def stream(n_wallet: int, n: int, path: Path) -> None:
    """What the second process does: play, and write each row to an Arrow file."""
    import pyarrow as pa

    names = ("payment_id", "initiated_at", "decided_at", "amount", "topped_up", "swept", "payer", "payee", "status")

    def record(rows: Any) -> pa.RecordBatch:
        return pa.record_batch({name: np.ascontiguousarray(rows[name]) for name in names})

    from simcore.kernels.wallet_world import WALLET_ROW

    schema = record(np.zeros(0, WALLET_ROW)).schema
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema, options=options) as writer:
        made = book(population(n_wallet), batches(n, n_wallet), lambda rows: writer.write_batch(record(rows)), DEPOSIT)
        made.play(FIRST + DAYS * DAY_US)
        made.finish()
    made.prove()


def peak(n_wallet: int, n: int) -> int:
    """Peak bytes of a process that streams; the less of two, since what an allocator keeps differs from run to run."""
    with tempfile.TemporaryDirectory(prefix="luhai-bench-") as folder:
        command = [sys.executable, "-m", "benchmarks.wallets", "--stream", str(Path(folder) / "rows.arrow")]
        command += ["--wallets", str(n_wallet), "--size", str(n)]
        return min(run_child(command).peak_bytes for _ in range(2))


def main(argv: Sequence[str]) -> int:
    """Measure, print, and write JSON if asked; 0 also where a goal is missed, for speed is no test."""
    parser = argparse.ArgumentParser(prog="luhai bench wallets", description=__doc__)
    parser.add_argument("--wallets", type=int, default=WALLETS, metavar="N", help="how many wallets")
    parser.add_argument("--size", type=int, default=PAYMENTS, metavar="N", help="how many payments")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="how often the loop is timed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    parser.add_argument("--stream", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.wallets < 10 or options.size < 10 or options.repeats < 1:
        parser.error("--wallets and --size must be at least 10, --repeats at least 1")
    n_wallet, n = options.wallets, options.size
    if options.stream:
        stream(n_wallet, n, options.stream)
        return 0
    document: dict[str, Any] = {
        "benchmark": "wallets", "wallets": n_wallet, "payments": n, "machine": machine(), "load_before": load(),
        "cases": [],
    }  # fmt: skip
    payments = list(batches(n, n_wallet))
    goals: list[Goal] = []
    for name, regime in REGIMES.items():
        timed(10, list(batches(10, 10)), regime)  # warm
        measured = times([timed(n_wallet, payments, regime) for _ in range(options.repeats)])
        ended = outcomes(n_wallet, payments, regime)
        speed = n / measured["cpu_best_s"]
        document["cases"].append({"case": name, "loop": measured, "payments_per_s": speed, "outcomes": ended})
        print(f"{name}: {measured['cpu_best_s']:.2f} s of processor time at best, {measured['wall_best_s']:.2f} s wall")
        for status, count in ended.items():
            print(f"  {status:<30} {count:>12,}")
        goals.append(Goal(f"wallet payments, {name} regime", speed / 1e6, 5, True, "million/s"))
    del payments
    nothing = peak(10, 10)
    alone, with_payments = peak(n_wallet, 10), peak(n_wallet, n)
    document["peak_bytes"] = {"imports": nothing, "wallets": alone, "wallets and payments": with_payments}
    goals.append(Goal("memory over the imports", (alone - nothing) / n_wallet, 100, False, "bytes a wallet"))
    more = max(with_payments - alone, 0) / n
    goals.append(Goal("and more with the payments", more, 64, False, "bytes a payment"))
    finish(document, goals, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
