"""What happened in a run, counted while rows are written: for the summary and the run document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simcore.exact import exact_sum, exact_sums
from simcore.kernels.constants import STATUS_NAMES
from simcore.kernels.wallet_names import SETTLED, WALLET_STATUS_NAMES

HOUR_US = 3_600_000_000


@dataclass
class RouteCount:
    """What became of the payments of one route."""

    payments: int = 0
    settled: int = 0
    sent_minor: int = 0
    """Value of the settled ones, in the currency sent."""
    within_hour: int = 0
    time_us: int = 0
    """Sum of the times from initiation to completion of the settled ones."""


@dataclass
class WalletCount:
    """What became of the payments of one retail system."""

    wallets: int = 0
    payments: int = 0
    settled_minor: int = 0
    statuses: dict[str, int] = field(default_factory=dict)

    def add(self, rows: Any) -> None:
        """Count rows of the log."""
        asked = rows[rows["payment_id"] >= 0]
        self.payments += asked.size
        self.settled_minor += exact_sum(asked["amount"][asked["status"] == SETTLED])
        _tally(self.statuses, asked["status"], WALLET_STATUS_NAMES)


@dataclass
class Counts:
    """What happened, for the summary and the run document."""

    payments: int = 0
    obligations: int = 0
    control_events: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    routes: dict[str, RouteCount] = field(default_factory=dict)
    wallets: dict[str, WalletCount] = field(default_factory=dict)
    """Retail system → what became of its payments."""

    def add(self, rows: Mapping[str, Any], routes: list[str]) -> None:
        """Count final rows of payments with their statics; exact, in integers."""
        _tally(self.statuses, rows["status"], STATUS_NAMES)
        settled = rows["amount_received"] >= 0
        payments = np.bincount(rows["route"], minlength=len(routes))
        way = rows["route"][settled]
        time_us = (rows["completed_at"] - rows["initiated_at"])[settled]
        done = np.bincount(way, minlength=len(routes))
        soon = np.bincount(way[time_us <= HOUR_US], minlength=len(routes))
        sent, time = (exact_sums(way, each, len(routes)) for each in (rows["amount_minor"][settled], time_us))
        for index in np.flatnonzero(payments).tolist():
            route = self.routes.setdefault(routes[index], RouteCount())
            route.payments += int(payments[index])
            route.settled += int(done[index])
            route.sent_minor += sent[index]
            route.within_hour += int(soon[index])
            route.time_us += time[index]


def _tally(statuses: dict[str, int], codes: Any, names: Mapping[int, str]) -> None:
    """Add the number of each status to what was counted before."""
    for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
        name = names[int(code)]
        statuses[name] = statuses.get(name, 0) + int(count)
