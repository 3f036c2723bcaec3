"""Write accounts.csv and payments.csv of the catalogue entry fifo-day: twenty invented banks, one day, one seed.

    python tools/make_fifo_day.py

Every draw is a uniform of a named stream (`simcore.rng`) turned into a time, a bank or an amount by arithmetic that has
the same bits on every machine (`simcore.demand.portable`), so the files come out byte for byte as they are.
"""

from __future__ import annotations

import argparse
import csv
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from simcore.demand import portable
from simcore.rng import stream

SEED = 65
BANKS = [f"B{number:02d}" for number in range(1, 21)]
PAYMENTS = 2_400
DAY = datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=8)))  # Beijing time
# Weight of each half hour from 08:30 to 17:00: busy in the middle of the morning and of the afternoon.
HALF_HOURS = [3, 5, 7, 8, 8, 7, 5, 3, 3, 4, 6, 7, 8, 8, 7, 6, 5]
MEDIAN, SIGMA = 1_000_000.0, 1.2  # yuan; log units
FUNDED, FORESEEN = 0.03, 0.8  # opening balance: this share of what the bank pays, and of what it pays net
LARGE, LIMIT = BANKS[:5], 10_000_000  # who has an intraday credit line, and how much, in yuan
TARGET = Path(__file__).resolve().parent.parent / "scenarios" / "catalogue" / "fifo-day"


def weights(values: list[float]) -> np.ndarray:
    """Cumulative shares."""
    return np.cumsum(values) / np.sum(values)


def payments() -> list[tuple[int, int, int, int]]:
    """Return (milliseconds after midnight, debtor, creditor, fen) in the order of time."""
    size = weights([1.0 / (rank + 2) for rank in range(len(BANKS))])

    def uniform(what: str) -> np.ndarray:
        return stream(SEED, f"fifo-day:{what}").random(PAYMENTS)

    half_hour = np.searchsorted(weights([float(weight) for weight in HALF_HOURS]), uniform("half-hour"), side="right")
    at = np.sort(((17 + half_hour) * 1_800_000 + np.floor(uniform("time") * 1_800_000)).astype(np.int64))
    debtor = np.searchsorted(size, uniform("debtor"), side="right")
    creditor = np.searchsorted(size, uniform("creditor"), side="right")
    creditor = np.where(creditor == debtor, (creditor + 7) % len(BANKS), creditor)  # nobody pays itself
    fen = np.rint(MEDIAN * 100.0 * portable.exp(SIGMA * portable.normal(uniform("amount")))).astype(np.int64)
    return list(zip(at.tolist(), debtor.tolist(), creditor.tolist(), fen.tolist(), strict=True))


def yuan(fen: int) -> str:
    """An amount in major units."""
    return f"{fen // 100}.{fen % 100:02d}"


def main() -> None:
    """Write both files into the catalogue, or into another folder to compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=TARGET)
    folder: Path = parser.parse_args().folder
    rows = payments()
    with (folder / "payments.csv").open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["reference", "initiated_at", "debtor", "creditor", "amount", "currency"])
        for number, (at, debtor, creditor, fen) in enumerate(rows, start=1):
            instant = (DAY + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")
            writer.writerow([f"P{number:04d}", instant, BANKS[debtor], BANKS[creditor], yuan(fen), "CNY"])
    paid, net = [0] * len(BANKS), [0] * len(BANKS)
    for _, debtor, creditor, fen in rows:
        paid[debtor] += fen
        net[debtor] += fen
        net[creditor] -= fen
    with (folder / "accounts.csv").open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rail", "participant", "currency", "opening", "debit_limit"])
        for index, bank in enumerate(BANKS):
            fen = FUNDED * paid[index] + FORESEEN * max(net[index], 0)
            opening = round(fen / 100_000_000) * 1_000_000  # whole million yuan
            writer.writerow(["RTGS", bank, "CNY", opening, LIMIT if bank in LARGE else 0])
    print(f"{len(rows)} payments of {yuan(sum(fen for *_, fen in rows))} CNY in {folder}")


if __name__ == "__main__":
    main()
