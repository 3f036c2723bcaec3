"""Collects what control events write: rows of accounts, balances, cycles, rates and events, for the writer."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.results.writer import EventRow, RunWriter

Columns = dict[str, Any]
BALANCE_ROWS = 65_536


class ControlLog:
    """Buffers between the conductor and the writer."""

    def __init__(self, writer: RunWriter) -> None:
        self._writer = writer
        self._balances: list[dict[str, Any]] = []
        self._balance_rows = 0
        self._cycles: dict[str, list[Any]] = {}
        self._fx: list[dict[str, Any]] = []
        self._fx_ids = 0
        self._fx_laid_out: list[Columns] = []
        self._events: list[EventRow] = []

    def event(self, time: int, event: str, **more: Any) -> None:
        """A control event."""
        self._events.append(EventRow(time, event, **more))

    def accounts(self, first: int, rows: Any, opening: Any, business_day: int, limit: Any) -> None:
        """The day of the accounts from ``first`` on; ``limit`` is the largest debit limit of each in the day."""
        n = rows.size
        self._writer.accounts({
            "account": np.arange(first, first + n, dtype=np.int32),
            "business_day": np.full(n, business_day, np.int32),
            "opening": opening.copy(), "closing": rows["balance"].copy(), "minimum": rows["minimum"].copy(),
            "maximum": rows["maximum"].copy(), "debited": rows["debited"].copy(), "credited": rows["credited"].copy(),
            "peak_queue": rows["queued_peak"].copy(), "debit_limit": limit.copy(),
        })  # fmt: skip

    def balances(self, time: int, rows: Any) -> None:
        """A snapshot of every account."""
        n = rows.size
        self._balances.append({
            "time": np.full(n, time, np.int64), "account": np.arange(n, dtype=np.int32),
            "balance": rows["balance"].copy(), "queued": rows["queued_value"].copy(),
            "queued_count": rows["queued_count"].copy(),
        })  # fmt: skip
        self._balance_rows += n
        if self._balance_rows >= BALANCE_ROWS:
            self._flush_balances()

    def _flush_balances(self) -> None:
        if self._balances:
            names = self._balances[0]
            self._writer.balances({name: np.concatenate([part[name] for part in self._balances]) for name in names})
            self._balances, self._balance_rows = [], 0

    def cycle(self, **row: Any) -> None:
        """One run of a mechanism."""
        for name, value in row.items():
            self._cycles.setdefault(name, []).append(value)

    def rate(self, **row: Any) -> int:
        """A quote that comes into force; its fx_id."""
        fx_id = self.reserve_rates(1)
        self._fx.append({"fx_id": fx_id, **row})
        return fx_id

    def reserve_rates(self, rows: int) -> int:
        """Let the next rows of fx be those that :meth:`rates` hands over later; the fx_id of the first."""
        self._fx_ids += rows
        return self._fx_ids - rows

    def rates(self, columns: Columns) -> None:
        """Rows of fx whose ids were reserved, with their fx_id and the columns of :meth:`rate`."""
        self._fx_laid_out.append(columns)

    @property
    def cycle_count(self) -> int:
        """Cycles so far."""
        return len(self._cycles.get("cycle_id", ()))

    def close(self) -> None:
        """Hand over what is left."""
        self._flush_balances()
        if self._cycles:
            self._writer.cycles(self._cycles)
        if self._fx_ids:
            parts = list(self._fx_laid_out)
            if self._fx:
                parts.append({name: np.array([row[name] for row in self._fx]) for name in self._fx[0]})
            columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            order = np.argsort(columns["fx_id"], kind="stable")
            self._writer.fx({name: column[order] for name, column in columns.items()})
        self._writer.events(self._events)
