"""Steps of pairs of which nothing but the rate ever changes, laid out before the run: they may come each minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fx.convert import divide_rate
from fx.dealer import BP_E2_WHOLE
from fx.rates import RatePath
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.rates.terms import ONE

Ints = NDArray[np.int64]


class Leg(NamedTuple):
    """One direction in which a dealer quotes a pair, as a change of the pair needs it."""

    number: int  # of the quote
    dealer: str
    source: str
    target: str
    spread_bp_e2: int  # the dealer's own
    forward: bool  # the way the pair is written
    limited: bool  # the dealer has limits of its position


class RateSteps:
    """The rows of `fx` that such pairs will write, by instant, pair and leg, and the quotes that they change."""

    def __init__(self, pairs: Iterable[tuple[RatePath, Sequence[Leg], Ints, str]]) -> None:
        """In the order of pairs: path, legs, the instants of its steps (microseconds UTC, rising) and its source."""
        parts = [_rows(*pair) for pair in pairs]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}
        order = np.argsort(columns["time"], kind="stable") if parts else np.zeros(0, np.int64)
        self._columns: dict[str, Any] = {name: column[order] for name, column in columns.items()}
        self._number: Ints = self._columns.pop("number", order)
        self._fx_id = np.zeros(order.size, np.int64)
        self._done = 0

    def step(self, rows: int, machine: Machine, log: ControlLog) -> None:
        """Put the next rows into force."""
        these = slice(self._done, self._done + rows)
        self._done += rows
        first, columns = log.reserve_rates(rows), self._columns
        self._fx_id[these] = np.arange(first, first + rows)
        machine.requote(
            self._number[these], columns["numerator"][these], columns["denominator"][these], self._fx_id[these]
        )

    def write(self, log: ControlLog) -> None:
        """Hand over the rows of the steps that were made."""
        if self._done:
            done = {name: column[: self._done] for name, column in self._columns.items()}
            log.rates({"fx_id": self._fx_id[: self._done], **done})


def _rows(path: RatePath, legs: Sequence[Leg], times: Ints, origin: str) -> dict[str, Any]:
    """The rows of one pair: all legs at its first step, then all at its second."""
    positions = np.searchsorted(np.array(path.times_us, np.int64), times, side="right") - 1
    first, last = (int(positions[0]), int(positions[-1])) if times.size else (0, -1)
    rates, fractions = path.rates[first : last + 1], path.fractions()[first : last + 1]
    forward = np.array([f"{rate:f}" for rate in rates], np.str_)
    backward = np.array([f"{divide_rate(ONE, rate):f}" for rate in rates], np.str_)
    one_way = np.array(fractions, np.int64).reshape(len(fractions), 2)[positions - first]
    ways = (backward[positions - first], one_way[:, ::-1]), (forward[positions - first], one_way)

    def of_legs(values: Sequence[Any]) -> Any:
        return np.tile(np.array(values), times.size)

    def of_steps(values: Sequence[Any]) -> Any:
        return np.stack(values, axis=1).reshape(-1)

    mine = [ways[leg.forward] for leg in legs]
    return {
        "number": of_legs([leg.number for leg in legs]),
        "time": np.repeat(times, len(legs)),
        "dealer": of_legs([leg.dealer for leg in legs]),
        "source": of_legs([leg.source for leg in legs]),
        "target": of_legs([leg.target for leg in legs]),
        "mid_rate": of_steps([text for text, _ in mine]),
        "half_spread_bp_e2": of_legs([min(leg.spread_bp_e2, BP_E2_WHOLE) for leg in legs]),
        "numerator": of_steps([way[:, 0] for _, way in mine]),
        "denominator": of_steps([way[:, 1] for _, way in mine]),
        "origin": np.full(times.size * len(legs), origin),
    }
