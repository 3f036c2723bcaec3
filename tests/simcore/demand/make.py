"""Writes payment files in every format and builds small scenarios around them, for tests of demand and of others."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from simcore.model import (
    Account,
    Corridor,
    Flow,
    Hop,
    Info,
    LognormalAmount,
    Participant,
    ReplayFlow,
    Route,
    Scenario,
    TradeFlow,
)
from simcore.rails.rtgs import Rtgs
from simcore.units import Money

START_US = 1_772_380_800_000_000
"""2026-03-02 00:00 in Shanghai and Singapore."""
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000

PAYMENT = {
    "reference": "P1",
    "initiated_at": "2026-03-02T09:00:00+08:00",
    "debtor": "B00",
    "creditor": "B01",
    "amount": "100.00",
    "currency": "CNY",
}
"""One good row, as text."""


def rows(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Good rows, a minute apart, with references P1, P2, …; each with the given changes."""
    made = []
    for number, change in enumerate(changes, 1):
        time = f"2026-03-02T09:{number - 1:02d}:00+08:00"
        made.append({**PAYMENT, "reference": f"P{number}", "initiated_at": time, **change})
    return made


def write_csv(path: Path, records: list[dict[str, Any]]) -> Path:
    """Write rows of text as CSV, with plain quoting."""
    names = list(dict.fromkeys(name for record in records for name in record))
    lines = [",".join(names)] + [",".join(str(record.get(name, "")) for name in names) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def payments_table(
    count: int,
    *,
    participants: int = 100,
    seed: int = 1,
    start_us: int = START_US + 9 * HOUR_US,
    length_us: int = 8 * HOUR_US,
    currency: str = "CNY",
) -> pa.Table:
    """``count`` sorted payments among B00, B01, …: timestamps with zone, decimal amounts, text references."""
    random = np.random.default_rng(seed)
    names = np.array([f"B{index:02d}" for index in range(participants)])
    debtor = random.integers(0, participants, count)
    creditor = (debtor + random.integers(1, participants, count)) % participants
    cents = np.clip(np.rint(np.exp(random.normal(12.0, 1.5, count))), 1, None).astype(np.int64)
    hundredth = pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))
    amount = pa.compute.multiply(pa.array(cents).cast(pa.decimal128(19, 0)), hundredth).cast(pa.decimal128(20, 2))
    return pa.table(
        {
            "reference": pa.array([f"REF{index:09d}" for index in range(count)]),
            "initiated_at": pa.array(np.sort(start_us + random.integers(0, length_us, count))).cast(
                pa.timestamp("us", "UTC")
            ),
            "debtor": pa.array(names[debtor]),
            "creditor": pa.array(names[creditor]),
            "amount": amount,
            "currency": pa.array([currency]).take(pa.array(np.zeros(count, dtype=np.int64))),
        }
    )


def write_table(path: Path, table: pa.Table, chunk_rows: int = 65_536) -> Path:
    """Write a table as ``.csv``, ``.parquet`` or ``.arrow``, by the ending of ``path``; CSV has times in RFC 3339."""
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    elif path.suffix == ".arrow":
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table, max_chunksize=chunk_rows)
    elif path.suffix == ".csv":
        text = [
            pa.compute.strftime(column, "%Y-%m-%dT%H:%M:%SZ") if pa.types.is_timestamp(column.type) else column
            for column in table.columns
        ]
        pa.csv.write_csv(pa.table(text, names=table.column_names), path)
    else:
        raise ValueError(path.suffix)
    return path


def trade(**changes: Any) -> TradeFlow:
    """A trade flow of three debtors and two creditors, 200 payments a business day in China from 09 to 17."""
    given: dict[str, Any] = {
        "kind": "trade",
        "route": "direct",
        "debtors": {"B00": Decimal(3), "B01": Decimal(1), "B02": Decimal("0.5")},
        "creditors": {"B02": Decimal(1), "B03": Decimal(1)},
        "per_day": Decimal(200),
        "amount": LognormalAmount(median=Money(1_000_000, "CNY"), sigma=1.5),
        "calendar": "CN",
        "profile": {f"{hour:02d}": Decimal(1) for hour in range(9, 17)},
    }
    return TradeFlow(**{**given, **changes})


def replay(file: str, **changes: Any) -> ReplayFlow:
    """A replayed flow over the route ``direct``."""
    return ReplayFlow(**{"kind": "replay", "file": file, "route": "direct", **changes})


def scenario(
    flows: dict[str, Flow],
    *,
    participants: int = 100,
    days: int = 1,
    queue: str = "fifo",
    routes: dict[str, Route] | None = None,
    corridors: dict[str, Corridor] | None = None,
) -> Scenario:
    """One CNY rail ``RTGS`` and one SGD rail ``SG`` with participants B00, B01, …; routes ``direct`` and ``sgd``."""
    names = [f"B{index:02d}" for index in range(participants)]
    return Scenario(
        scenario=Info(name="test", title="Test", start=dt.date(2026, 3, 2), days=days, base_currency="CNY"),
        participants={name: Participant(name=name, kind="commercial_bank", country="CN") for name in names},
        rails={
            "RTGS": Rtgs(currency="CNY", queue=queue),  # type: ignore[arg-type]
            "SG": Rtgs(currency="SGD"),
        },
        accounts={
            "RTGS": {name: Account(opening=Money(10**12, "CNY")) for name in names},
            "SG": {name: Account(opening=Money(10**12, "SGD")) for name in names},
        },
        routes=routes
        or {
            "direct": Route(hops=(Hop(rail="RTGS", debtor="debtor", creditor="creditor"),)),
            "sgd": Route(hops=(Hop(rail="SG", debtor="debtor", creditor="creditor"),)),
        },
        flows=flows,
        corridors=corridors or {},
    )
