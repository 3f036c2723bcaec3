"""Runs of known shape, written by the real writer without the engine, for pictures and measures to be tried on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.kernels import constants as c
from simcore.results.writer import EventRow, Names, RunWriter

HOUR = 3_600_000_000
MIDNIGHT = 1_772_380_800_000_000  # Monday 2 March 2026, 00:00 in Shanghai
QUARTER = HOUR // 4


def scenario(participants: list[str], rail: str = "RTGS") -> dict[str, Any]:
    """What a run document holds of a scenario, as far as pictures read it."""
    return {
        "scenario": {"name": "made", "title": "A made-up day", "start": "2026-03-02", "days": 1},
        "participants": {who: {"name": f"Bank {who}", "name_zh": f"{who}银行"} for who in participants},
        "rails": {rail: {"name": "Real-time gross settlement", "name_zh": "大额实时支付系统", "calendar": "CN"}},
        "routes": {"fast": {"name": "Fast route", "name_zh": "快捷路径", "hops": [{"rail": rail}]},
                   "slow": {"name": "Slow route", "name_zh": "缓慢路径", "hops": [{"rail": rail}]}},
    }  # fmt: skip


def make_run(
    out: Path, *, banks: int = 4, payments: int = 40, days: int = 1, settled: float = 0.9, seed: int = 1,
    grid: bool = True, manifest: dict[str, Any] | None = None,
) -> Path:  # fmt: skip
    """Write a run: one rail in CNY with an issuer, two routes (minutes and hours), queues now and then.

    Payments go round, so that their number is what was asked for; ``settled`` is the share that settles.
    """
    chance = np.random.default_rng(seed)
    people = ["CB", *(f"B{k:03}" for k in range(banks))]
    n = len(people)
    names = Names(
        participants=people, rails=["RTGS"], routes=["fast", "slow"], flows=["f"], purposes=["trade"], corridors=[],
        currencies=["CNY"], account_rail=np.zeros(n, np.int32), account_participant=np.arange(n, dtype=np.int32),
        account_currency=np.zeros(n, np.int32),
        account_limit=np.array([c.UNLIMITED, *(50_000_00 * (k % 2) for k in range(banks))], np.int64),
        route_currency_sent=np.zeros(2, np.int32), route_currency_received=np.zeros(2, np.int32),
    )  # fmt: skip
    with RunWriter(out, names, compression="zstd", metadata={}) as writer:
        if payments:
            _payments(writer, chance, banks, payments, days, settled)
        if grid:
            _balances(writer, chance, n, days)
        rows = []
        for day in range(days):
            rows += [EventRow(MIDNIGHT + day * 24 * HOUR + 17 * HOUR // 2, "opened", rail="RTGS"),
                     EventRow(MIDNIGHT + day * 24 * HOUR + 69 * HOUR // 4, "closed", rail="RTGS")]  # fmt: skip
        writer.events(rows)
        return writer.publish({"seed": seed, "scenario": scenario(people), **(manifest or {})})


def _payments(writer: RunWriter, chance: Any, banks: int, n: int, days: int, settled: float) -> None:
    day = chance.integers(0, days, n) * 24 * HOUR
    start = np.sort(MIDNIGHT + day + chance.integers(9 * HOUR, 17 * HOUR, n))
    route = np.arange(n, dtype=np.int32) % 2
    amount = np.round(np.exp(chance.normal(np.log(200_000_00), 1.2, n))).astype(np.int64) + 1
    debtor = 1 + np.arange(n, dtype=np.int32) % banks
    creditor = 1 + (np.arange(n, dtype=np.int32) + 1) % banks
    ids = np.arange(n, dtype=np.int64)
    writer.demand(
        DemandBatch(
            first_payment_id=0,
            initiated_at=start,
            debtor=debtor,
            creditor=creditor,
            route=route,
            amount_minor=amount,
            priority=np.full(n, 5, np.int8),
            flow=np.zeros(n, np.int16),
            purpose=np.zeros(n, np.int16),
            corridor=np.full(n, -1, np.int16),
            draws=np.zeros((n, 0), np.int64),
            reference=None,
        )
    )
    delay = np.where(route == 0, chance.lognormal(3, 1, n), chance.lognormal(9, 1.5, n)) * 1e6
    done = start + delay.astype(np.int64)
    good = (chance.random(n) < settled) & (done < MIDNIGHT + days * 24 * HOUR)
    status = np.where(good, c.SETTLED_GROSS, c.QUEUED_AT_END).astype(np.int8)
    completed = np.where(good, done, c.NEVER)
    order = np.argsort(completed, kind="stable")
    sequence = np.full(n, -1, np.int64)
    sequence[order] = np.arange(n)
    writer.payments({
        "payment_id": ids, "amount_received": np.where(good, amount, -1), "fee": np.zeros(n, np.int64),
        "completed_at": completed, "status": status, "hops": good.astype(np.int8),
    })  # fmt: skip
    writer.obligations({
        "payment_id": ids, "hop": np.zeros(n, np.int8), "kind": np.zeros(n, np.int8), "debit_account": debtor,
        "credit_account": creditor, "amount": amount, "entered_at": start, "settled_at": completed,
        "sequence": np.where(good, sequence, -1), "status": status, "cycle_id": np.full(n, -1, np.int32),
        "fx_id": np.full(n, -1, np.int32),
    })  # fmt: skip


def _balances(writer: RunWriter, chance: Any, n: int, days: int) -> None:
    times = MIDNIGHT + np.arange(days * 96 + 1) * QUARTER
    size = 10.0 ** chance.uniform(6, 9, n)
    steps = chance.normal(0, 0.15, (times.size, n)) * size
    balance = (size + np.cumsum(steps, axis=0)).astype(np.int64)
    queued = np.maximum(-(balance - size * 0.4), 0).astype(np.int64) * (np.arange(n) % 3 > 0)
    hour = (times - MIDNIGHT) % (24 * HOUR) / HOUR
    queued[(hour < 8.5) | (hour > 17.25)] = 0
    account = np.tile(np.arange(n), times.size)
    writer.balances({
        "time": np.repeat(times, n), "account": account, "balance": balance.ravel(), "queued": queued.ravel(),
        "queued_count": (queued > 0).ravel().astype(np.int64),
    })  # fmt: skip
    for day in range(days):
        part = balance[day * 96 : day * 96 + 97]
        moved = np.abs(np.diff(part, axis=0)).sum(axis=0)
        writer.accounts({
            "account": np.arange(n), "business_day": np.full(n, MIDNIGHT // (24 * HOUR) + 1 + day), "opening": part[0],
            "closing": part[-1], "minimum": part.min(axis=0), "maximum": part.max(axis=0), "debited": moved,
            "credited": moved, "peak_queue": queued[day * 96 : day * 96 + 97].max(axis=0),
        })  # fmt: skip
