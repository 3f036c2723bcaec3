"""Drawn latencies, holds, rejects and refunds: one draw per payment and drawn hop or refund, in demand order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simcore.demand import portable
from simcore.kernels.constants import UNRESOLVED
from simcore.model import Hop, Latency, ProxyLookup, Refunds, Screening
from simcore.rng import stream

MILLISECOND_US = 1_000
LONGEST_US = 100 * 365 * 86_400_000_000
"""A hundred years: what a latency without ``most`` is cut to, so that no sum of times leaves 64 bits."""


def latency_us(spec: int | Latency, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return latencies in microseconds, one for each uniform in [0, 1): (n,) → (n,); a constant one as it is.

    Whole milliseconds, half to even, then cut to ``least`` and ``most``; the distribution is reached through its
    quantile function. ValueError unless ``spec`` names exactly one distribution.
    """
    if isinstance(spec, int):
        return np.full(uniform.size, spec, np.int64)
    given = [kind for kind in (spec.lognormal, spec.exponential, spec.uniform) if kind is not None]
    if len(given) != 1:
        raise ValueError(f"a latency has exactly one distribution, not {len(given)}")
    if spec.lognormal is not None:
        value = float(spec.lognormal.median) * portable.exp(float(spec.lognormal.sigma) * portable.normal(uniform))
    elif spec.exponential is not None:
        value = -float(spec.exponential.mean) * portable.log(1.0 - uniform)
    else:
        assert spec.uniform is not None
        value = float(spec.uniform.low) + float(spec.uniform.high - spec.uniform.low) * uniform
    milliseconds = np.rint(np.minimum(value, float(LONGEST_US)) / MILLISECOND_US).astype(np.int64)
    most = LONGEST_US if spec.most is None else min(spec.most, LONGEST_US)
    return np.clip(milliseconds * MILLISECOND_US, min(spec.least, most), most)


def screened_us(
    spec: Screening, latency: NDArray[np.int64], chance: NDArray[np.float64], hold: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return latencies with holds added, -1 - latency where screening rejects; each of (n,).

    Parameters
    ----------
    chance, hold : float64 (n,)    uniforms in [0, 1): what happens to each, and how long it is held
    """
    rejected = chance < float(spec.reject_share)
    held = ~rejected & (chance < float(spec.reject_share + spec.hold_share))
    if spec.hold is not None and held.any():
        latency = np.minimum(latency + np.where(held, latency_us(spec.hold, hold), 0), LONGEST_US)
    return np.where(rejected, -1 - latency, latency)


def refunded_us(spec: Refunds, chance: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how long after its end each payment is refunded, -1 for never; uniforms in [0, 1), all of (n,)."""
    return np.where(chance < float(spec.share), latency_us(spec.after, after), -1)


def looked_up_us(
    spec: ProxyLookup, latency: NDArray[np.int64], chance: NDArray[np.float64], answer: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return latencies with the time of a look-up added, -1 - latency - UNRESOLVED where it finds nobody; (n,).

    Parameters
    ----------
    latency : int64 (n,)              -1 - latency where screening rejects, as ``screened_us`` gives it
    chance, answer : float64 (n,)     uniforms in [0, 1): whether somebody is found, and how long it takes
    """
    rejected = latency < 0
    total = np.minimum(np.where(rejected, -1 - latency, latency) + latency_us(spec.latency, answer), LONGEST_US)
    unknown = chance < float(spec.unknown_share)
    return np.where(unknown, -1 - total - UNRESOLVED, np.where(rejected, -1 - total, total))


class LatencyDraws:
    """Fills the draws of one batch after another.

    Column j of a route has the stream ``latency:<route>:<j>``, ``screening:<route>:<j>`` for screening and
    ``proxy:<route>:<j>`` for look-ups; that of its refunds is ``refund:<route>``.
    """

    def __init__(
        self, routes: Sequence[str], columns: Sequence[Sequence[Hop | Refunds]], seed: int, replicate: int
    ) -> None:
        self._columns = columns
        self.width = max((len(hops) for hops in columns), default=0)
        self._streams, self._chances, self._lookups = (
            [
                [stream(seed, f"{what}:{name}:{j}", replicate) for j in range(len(hops))]
                for name, hops in zip(routes, columns, strict=True)
            ]
            for what in ("latency", "screening", "proxy")
        )
        self._refunds = [stream(seed, f"refund:{name}", replicate) for name in routes]

    def draw(self, route: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return (n, width) microseconds for payments of these routes; columns a route doesn't have are 0."""
        draws = np.zeros((route.size, self.width), dtype=np.int64)
        for index, hops in enumerate(self._columns):
            if not hops:
                continue
            rows = np.flatnonzero(route == index)
            for j, hop in enumerate(hops):
                if isinstance(hop, Refunds):
                    uniform = self._refunds[index].random((rows.size, 2))
                    draws[rows, j] = refunded_us(hop, uniform[:, 0], uniform[:, 1])
                    continue
                drawn = np.full(rows.size, 0 if isinstance(hop.latency, Latency) else hop.latency, np.int64)
                if isinstance(hop.latency, Latency):
                    drawn = latency_us(hop.latency, self._streams[index][j].random(rows.size))
                if hop.screening is not None:
                    uniform = self._chances[index][j].random((rows.size, 2))
                    drawn = screened_us(hop.screening, drawn, uniform[:, 0], uniform[:, 1])
                if hop.proxy is not None:
                    uniform = self._lookups[index][j].random((rows.size, 2))
                    drawn = looked_up_us(hop.proxy, drawn, uniform[:, 0], uniform[:, 1])
                draws[rows, j] = drawn
        return draws
