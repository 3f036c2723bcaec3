"""Reads a table of given rates: CSV with the columns ``time, rate``."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal, InvalidOperation
from pathlib import Path

from simcore.errors import Fault, ScenarioError

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def read_rates(path: Path, shown: str) -> list[tuple[int, Decimal]]:
    """Rows as (microseconds UTC, rate), in the order of the file.

    Raises
    ------
    ScenarioError    a column missing, a time without offset, a rate that is no positive number, times that don't rise
    """
    rows: list[tuple[int, Decimal]] = []
    faults: list[Fault] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in ("time", "rate") if name not in (reader.fieldnames or [])]
            if missing:
                got = ", ".join(reader.fieldnames or ["nothing"])
                raise ScenarioError.one("LH060", shown, got=f"columns {got}", expected="the columns time, rate")
            for number, row in enumerate(reader, 1):
                where = f"{shown}: row {number}"
                try:
                    at = dt.datetime.fromisoformat(row["time"])
                    if at.tzinfo is None:
                        raise ValueError
                    time_us = (at - EPOCH) // dt.timedelta(microseconds=1)
                except (ValueError, TypeError):
                    faults.append(
                        Fault(
                            code="LH062",
                            where=f"{where}: time",
                            got=repr(row["time"]),
                            expected="a time with its offset",
                            try_="2026-03-02T09:15:00+08:00",
                        )
                    )
                    continue
                try:
                    rate = Decimal(row["rate"])
                    if not rate.is_finite() or rate <= 0:
                        raise InvalidOperation
                except (InvalidOperation, TypeError):
                    faults.append(Fault(code="LH069", where=f"{where}: rate", got=repr(row["rate"]),
                                        expected="a decimal above zero"))  # fmt: skip
                    continue
                if rows and time_us <= rows[-1][0]:
                    faults.append(Fault(code="LH064", where=f"{where}: time", got=row["time"],
                                        expected="times that rise from row to row"))  # fmt: skip
                rows.append((time_us, rate))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError.one("LH065", shown, got=str(error), expected="a CSV file that can be read") from None
    if not rows and not faults:
        raise ScenarioError.one("LH066", shown, got="no rows", expected="at least one rate")
    if faults:
        raise ScenarioError(faults[:20])
    return rows
