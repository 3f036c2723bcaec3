"""What figures of READMEs are made of: how long payments took, how such times are written, what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ASKED = ("payment_id", "initiated_at", "debtor", "creditor", "amount_sent_minor")


def minutes(row: dict[str, Any]) -> float:
    """From initiation to the credit."""
    return float((row["completed_at"] - row["initiated_at"]).total_seconds() / 60)


def settled(rows: list[dict[str, Any]]) -> list[float]:
    """Minutes that each of the settled payments took."""
    return [minutes(row) for row in rows if row["status"].startswith("SETTLED")]


def within_hour(took: Sequence[float], number: int) -> float:
    """Per cent of a number of payments that took an hour at most; ``took``: minutes of those that settled."""
    return 100 * sum(one <= 60 for one in took) / number


def shown(time: float, decimals: int = 0, below: float = 100) -> str:
    """A time in minutes, from ``below`` of them on in hours."""
    return f"{time:.{decimals}f} min" if time < below else f"{time / 60:.1f} h"


def asked(run: Any, *more: str) -> tuple[tuple[Any, ...], ...]:
    """What was asked for in a run, by the number of the payment; two runs of the same payments have the same."""
    columns = [*ASKED, *more]
    rows = run.payments.select(columns).sort_by("payment_id").to_pylist()
    return tuple(tuple(row[column] for column in columns) for row in rows)
