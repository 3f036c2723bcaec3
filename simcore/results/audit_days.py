"""Proves the limits of what customers send by a link in a day: nobody passed one, and nobody was refused within it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import REJECTED_DAY_LIMIT
from simcore.results.audit_read import NO_TIME, Batch
from simcore.results.audit_report import Proof
from simcore.results.audit_rows import SETTLED

Ints = NDArray[np.int64]
DAY_US = 86_400_000_000


def _local_days(times_us: Ints, zone: str) -> Ints:
    """The number of the local day of each instant."""
    it = ZoneInfo(zone)
    # The offset changes at whole quarters of an hour at the earliest, so one look-up does for each of them.
    quarters, at = np.unique(times_us // 900_000_000, return_inverse=True)
    offsets = []
    for quarter in quarters.tolist():
        moment = dt.datetime.fromtimestamp(quarter * 900, dt.UTC).astimezone(it)
        offset = moment.utcoffset()
        offsets.append(0 if offset is None else int(offset.total_seconds()) * 1_000_000)
    days: Ints = (times_us + np.array(offsets, np.int64)[at]) // DAY_US
    return days


class Days:
    """What customers sent by links that limit it, kept until every payment has been seen."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof
        self._limits: list[tuple[int, str]] = []
        self._parts: list[tuple[Any, ...]] = []

    def link(self, limit_minor: int, zone: str) -> int:
        """A link with a limit; its number."""
        self._limits.append((limit_minor, zone))
        return len(self._limits) - 1

    def add(self, heads: Batch, began: Ints, counted: NDArray[np.bool_], link: Ints) -> None:
        """Payments with what their first hop did: when it came to its rail, whether it settled, link's number or -1."""
        customer = heads.get("customer")
        if customer is None:
            return
        status = heads["status"]
        mine = (link >= 0) & (customer >= 0) & (counted | (status == REJECTED_DAY_LIMIT))
        k = np.flatnonzero(mine)
        back = np.where(SETTLED[status[k]], NO_TIME, heads["completed_at"][k])
        self._parts.append((link[k], heads["debtor"][k], customer[k], began[k], back, heads["amount_sent_minor"][k],
                            status[k] == REJECTED_DAY_LIMIT, heads["row"][k], heads["payment_id"][k]))  # fmt: skip

    def finish(self) -> None:
        """Go through each customer's days; what came and what went back at one instant may have met in either order."""
        if not self._parts:
            return
        link, debtor, customer, began, back, amount, refused, row, number = (
            np.concatenate(columns) for columns in zip(*self._parts, strict=True)
        )
        day = np.zeros(link.size, np.int64)
        for index, (_, zone) in enumerate(self._limits):
            day[link == index] = _local_days(began[link == index], zone)
        order = np.lexsort((began, day, customer, debtor, link))
        keys = np.stack((link, debtor, customer, day))[:, order]
        starts = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
        for start, end in zip(starts, [*starts[1:], order.size], strict=True):
            mine = order[start:end]
            if mine.size == 1 and not refused[mine[0]] and amount[mine[0]] <= self._limits[link[mine[0]]][0]:
                continue
            limit, sent = self._limits[link[mine[0]]][0], mine[~refused[mine]]
            for k in mine:
                before = sent[(began[sent] < began[k]) | ((began[sent] == began[k]) & (sent != k))]
                if refused[k]:
                    most = int(amount[before[back[before] >= began[k]]].sum()) + int(amount[k])
                    if most <= limit:
                        self._say(row[k], number[k], f"refused, though its customer had sent {most - amount[k]}")
                else:
                    certain = before[back[before] > began[k]]
                    least = int(amount[certain].sum()) + int(amount[k])
                    if least > limit:
                        self._say(row[k], number[k], f"its customer sent {least} that day, above the limit of its link")

    def _say(self, row: int, number: int, what: str) -> None:
        self._proof.fail(f"payments row {row} (payment {number}): {what}")
