"""Demand of a retail system: what its wallets hold at first, and who pays whom, in batches by time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.calendar import load_calendar
from simcore.demand.amounts import lognormal_minor
from simcore.demand.chunk import Chunk
from simcore.demand.latency import latency_us
from simcore.demand.merge import merged, resized
from simcore.demand.trade import arrivals, cumulative, slots
from simcore.draws import LognormalAmount
from simcore.kernels.wallet_world import DEPOSIT_SIDE, ONLINE, UNBOUND
from simcore.model import Scenario
from simcore.retail import MOST_DRAWN, Wallets
from simcore.rng import stream
from simcore.units import Money
from simcore.wallets.rows import make_payments, make_wallets


def zone_of(country: str) -> str:
    """The IANA zone in which a country's days begin."""
    return load_calendar(country).zone


def zones_of(system: Wallets) -> list[str]:
    """The zones of a system's wallets, each once, in the order of its holders."""
    return list(dict.fromkeys(zone_of(holders.country) for holders in system.holders.values()))


def first_wallets(system: Wallets) -> NDArray[np.int64]:
    """Number of the first wallet of each kind of holders, and at the end of all: int64 (n_holders + 1,)."""
    return np.concatenate(([0], np.cumsum([holders.count for holders in system.holders.values()], dtype=np.int64)))


def draw_wallets(system: Wallets, name: str, seed: int, replicate: int = 0) -> Any:
    """Every wallet of a system as WALLET (n_wallet,), holders after holders.

    Drawn balances come from the stream ``wallets:<system>:holders:<holders>:balance``, deposits from ``…:deposit``, and
    are cut to what the class may hold.
    """
    operators, classes, zones = list(system.operators), list(system.classes), zones_of(system)
    first = first_wallets(system)
    wallets = make_wallets(np.zeros(int(first[-1]), np.int8), 0, 0)
    for at, (kind, holders) in enumerate(system.holders.items()):
        rows = wallets[first[at] : first[at + 1]]
        rows["operator"], rows["wallet_class"] = operators.index(holders.operator), classes.index(holders.limits)
        rows["zone"] = zones.index(zone_of(holders.country))
        rows["bank"] = UNBOUND if holders.bank is None else operators.index(holders.bank)
        for column, amount in (("balance", holders.balance), ("deposit", holders.deposit)):
            most = system.classes[holders.limits].balance.amount_minor if column == "balance" else MOST_DRAWN
            source = f"wallets:{name}:holders:{kind}:{column}"
            for start, values in _opening(amount, holders.count, most, source, seed, replicate):
                rows[column][start : start + values.size] = values
    return wallets


def _opening(
    amount: Money | LognormalAmount | None, count: int, most: int, source: str, seed: int, replicate: int,
) -> Iterator[tuple[int, NDArray[np.int64]]]:  # fmt: skip
    """Openings of one kind of holders, a stretch at a time so that little memory is needed."""
    if isinstance(amount, Money):
        yield 0, np.full(count, amount.amount_minor, np.int64)
    elif amount is not None:
        random = stream(seed, source, replicate)
        for start in range(0, count, 65_536):
            yield start, np.minimum(lognormal_minor(amount, random.random(min(65_536, count - start))), most)


class _Source:
    """One flow as sorted chunks; debtor and creditor are numbers of wallets.

    Each draw has a stream of its own, ``wallets:<system>:<flow>:count``, ``time``, ``amount``, ``payer``, ``payee``,
    with one number per payment (two for who pays and who is paid: of which kind, and which of them).
    """

    def __init__(
        self, scenario: Scenario, system: str, name: str, *, index: int, window: tuple[int, int], seed: int,
        replicate: int, chunk: int = 65_536,
    ) -> None:  # fmt: skip
        self._system = scenario.wallets[system]
        self._flow = self._system.flows[name]
        self._index, self._window, self._chunk = index, window, chunk
        self._draw = {
            what: stream(seed, f"wallets:{system}:{name}:{what}", replicate)
            for what in ("count", "time", "amount", "payer", "payee")
        }
        self._slots = list(slots(scenario, self._flow))
        self._first = first_wallets(self._system)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the payments in the order of time; those outside the run's window are not made."""
        for initiated_at in arrivals(self._slots, self._draw["count"], self._draw["time"], self._chunk):
            yield self._make(initiated_at)

    def _make(self, initiated_at: NDArray[np.int64]) -> Chunk:
        n, draw, flow = initiated_at.size, self._draw, self._flow
        nobody = np.full(n, DEPOSIT_SIDE, np.int32)
        payer = self._choose(flow.payers, draw["payer"].random((n, 2)), nobody) if flow.payers else nobody
        payee = self._choose(flow.payees, draw["payee"].random((n, 2)), payer) if flow.payees else nobody
        chunk = Chunk(
            initiated_at=initiated_at, debtor=payer, creditor=payee, route=np.zeros(n, np.int32),
            amount_minor=lognormal_minor(flow.amount, draw["amount"].random(n)), priority=np.zeros(n, np.int8),
            flow=np.full(n, self._index, np.int16), purpose=np.zeros(n, np.int16), customer=np.full(n, -1, np.int32),
            reference=None,
        )  # fmt: skip
        first, last = np.searchsorted(initiated_at, self._window)
        return chunk.slice(int(first), int(last))

    def _choose(self, weights: Any, uniform: NDArray[np.float64], other: NDArray[np.int32]) -> NDArray[np.int32]:
        """Wallets (n,) for uniforms (n, 2): a kind of holders by weight, then any of them but ``other``."""
        kinds = list(self._system.holders)
        names = [name for name, weight in weights.items() if weight > 0]
        shares = cumulative([weights[name] for name in names])
        which = np.minimum(np.searchsorted(shares, uniform[:, 0], side="right"), len(names) - 1)
        kind = np.array([kinds.index(name) for name in names])[which]
        first, last = self._first[kind], self._first[kind + 1]
        among = (first <= other) & (other < last)
        number = np.floor(uniform[:, 1] * (last - first - among)).astype(np.int64)
        number = first + np.minimum(number, last - first - among - 1)
        return (number + (among & (number >= other))).astype(np.int32)


class WalletDemand:
    """All payments of one system: iterate for batches of WALLET_PAYMENT, the same whatever ``batch`` is."""

    def __init__(
        self, scenario: Scenario, system: str, *, start_us: int, end_us: int, seed: int, batch: int = 65_536,
        replicate: int = 0,
    ) -> None:  # fmt: skip
        self._scenario, self._name, self._window = scenario, system, (start_us, end_us)
        self._seed, self._replicate, self._batch = seed, replicate, batch

    def __iter__(self) -> Iterator[Any]:
        flows = self._scenario.wallets[self._name].flows
        sources = [
            _Source(
                self._scenario, self._name, name, index=index, window=self._window, seed=self._seed,
                replicate=self._replicate,
            )
            for index, name in enumerate(flows)
        ]  # fmt: skip
        draws = {
            index: [stream(self._seed, f"wallets:{self._name}:{name}:{what}", self._replicate)
                    for what in ("offline", "posted")]
            for index, (name, flow) in enumerate(flows.items()) if flow.offline_share > 0
        }  # fmt: skip
        terms = list(flows.values())
        for chunk in resized(merged([one.chunks() for one in sources], np.zeros(1, np.bool_)), self._batch):
            offline = np.full(chunk.size, ONLINE, np.int64)
            for index, (chance, posted) in draws.items():
                rows = np.flatnonzero(chunk.flow == index)
                made = chance.random(rows.size) < float(terms[index].offline_share)
                after = latency_us(terms[index].posted_after or 0, posted.random(rows.size))
                offline[rows] = np.where(made, after, ONLINE)
            yield make_payments(
                chunk.initiated_at, chunk.debtor, chunk.creditor, chunk.amount_minor, offline, flow=chunk.flow
            )
