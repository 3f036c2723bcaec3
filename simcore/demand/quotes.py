"""What payers know of a pair's quotes when they choose a route: rate, half-spread, when dealers deal, when they pay.

Terms that the scenario sets ahead or that follow from the rate are known: hours, spreads by hour, size and volatility,
value dates. What moves with payments, dealers' positions, isn't.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fx.rates import RatePath
from simcore.model import Scenario
from simcore.rates.terms import Schedule

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BP_E2_WHOLE = 1_000_000.0
DAY_US = 86_400_000_000
FAR_US = 2**60
"""An instant for what isn't known to happen at all, some 36,000 years from now."""


class Quotes:
    """The quotes of one pair over a run and the days after it, for many payments at once."""

    def __init__(self, scenario: Scenario, pair: str, path: RatePath, span: tuple[int, int], beyond_days: int) -> None:
        self._pair, self._path = scenario.fx.pairs[pair], path
        info, (start_us, end_us) = scenario.scenario, span
        longer = replace(info, days=info.days + beyond_days)
        schedule = Schedule(pair, scenario.fx, path, longer, start_us, end_us + beyond_days * DAY_US)
        instants = [start_us, *schedule.times]
        self._terms = [schedule.at(instant) for instant in instants]
        self._from = np.array(instants, np.int64)
        self._opens = np.array([min(terms.opens_at, FAR_US) for terms in self._terms], np.int64)
        self._value = np.array([min(terms.value_at, FAR_US) for terms in self._terms], np.int64)
        fractions = path.fractions()
        positions = [terms.position for terms in self._terms]
        self._rate = np.array([fractions[k][0] / fractions[k][1] for k in positions])
        self._spreads: dict[tuple[int, Fraction], Floats] = {}  # a dealer's own and a factor → one for each instant

    def _at(self, time_us: Ints) -> Ints:
        """Which terms are in force at each instant."""
        return np.maximum(np.searchsorted(self._from, time_us, side="right") - 1, 0)

    def rate(self, source: str, time_us: Ints) -> Floats:
        """Minor units of the other currency for one of ``source`` at the mid rate; (n,)."""
        rate = self._rate[self._at(time_us)]
        return rate if source == self._path.source else 1.0 / rate

    def half_spread(self, own: int, source: str, time_us: Ints, amount: Floats) -> Floats:
        """A dealer's half-spread as a share of the amount; (n,).

        Parameters
        ----------
        own : int                  of the dealer in quiet hours, hundredths of a basis point
        amount : float64 (n,)      minor units of ``source``, the currency the dealer receives
        """
        at = self._at(time_us)
        spread = self._factored(own, Fraction(1))[at]
        for size in self._pair.spread_by_size or ():
            least = np.full(amount.size, float(size.least.amount_minor))
            if size.least.currency != source:
                least = np.rint(least / self.rate(source, time_us))
            spread = np.where(amount >= least, self._factored(own, Fraction(size.factor))[at], spread)
        return spread

    def _factored(self, own: int, factor: Fraction) -> Floats:
        if (own, factor) not in self._spreads:
            spreads = [terms.half_spread(own, factor) / BP_E2_WHOLE for terms in self._terms]
            self._spreads[own, factor] = np.array(spreads)
        return self._spreads[own, factor]

    def dealt_at(self, time_us: Ints) -> Ints:
        """When what reaches a dealer's rail at each instant is exchanged: at once, or when the market opens."""
        return np.maximum(time_us, self._opens[self._at(time_us)])

    def paid_at(self, time_us: Ints) -> Ints:
        """When what was exchanged at each instant is paid out at the earliest."""
        return np.maximum(time_us, self._value[self._at(time_us)])
