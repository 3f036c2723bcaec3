"""Dealers' positions: how long or short each is in a currency, and which directions it has stopped for that."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from simcore.engine.compile import Compiled
from simcore.engine.machine import Machine
from simcore.rates.terms import ONE_FRACTION as ONE

Note = Callable[[str, str, str, int, str], None]
"""Takes event, dealer, currency, position in minor units and direction."""


class Positions:
    """The positions of dealers that have limits.

    Parameters
    ----------
    note : called when a direction is stopped or goes on
    """

    def __init__(self, compiled: Compiled, machine: Machine, start_us: int, note: Note) -> None:
        self._machine, self._note, self._start = machine, note, start_us
        self._limits: dict[str, dict[str, int]] = {}
        self._every: dict[str, int] = {}
        self._skew: dict[str, Fraction] = {}
        self._accounts: dict[tuple[str, str], list[int]] = {}
        self._flat: dict[tuple[str, str], int] = {}
        self._stopped: dict[tuple[str, str, str], bool] = {}
        for dealer, terms in compiled.scenario.fx.dealers.items():
            if terms.position is None:
                continue
            self._limits[dealer] = {code: most.amount_minor for code, most in terms.position.limits.items()}
            self._every[dealer] = terms.position.every
            self._skew[dealer] = Fraction(terms.position.skew)
            for code in terms.position.limits:
                self._accounts[dealer, code] = [
                    at
                    for at, (rail, who) in enumerate(compiled.account_keys)
                    if who == dealer and compiled.scenario.rails[rail].currency == code
                ]
                self._flat[dealer, code] = self._held(dealer, code)

    def _held(self, dealer: str, code: str) -> int:
        return sum(int(self._machine.accounts["balance"][at]) for at in self._accounts[dealer, code])

    def position(self, dealer: str, code: str) -> int:
        """What a dealer is long (above zero) or short in a currency it has a limit for, minor units."""
        return self._held(dealer, code) - self._flat[dealer, code]

    def given(self, dealer: str, code: str, amount_minor: int) -> None:
        """Money that came to a dealer without an exchange is no position."""
        if (dealer, code) in self._flat:
            self._flat[dealer, code] += amount_minor

    def opens_at(self, dealer: str, source: str, target: str, now: int) -> int:
        """When a dealer looks again at a direction that its limits stop; 0 while they don't."""
        limits = self._limits.get(dealer)
        if limits is None:
            return 0
        code = ""
        if source in limits and self.position(dealer, source) >= limits[source]:
            code = source
        elif target in limits and self.position(dealer, target) <= -limits[target]:
            code = target
        key = (dealer, source, target)
        if bool(code) != self._stopped.get(key, False):
            self._stopped[key] = bool(code)
            watched = code or (source if source in limits else target)
            event = "dealing_stopped" if code else "dealing_resumed"
            self._note(event, dealer, watched, self.position(dealer, watched), f"{source} to {target}")
        every = self._every[dealer]
        return now + every - (now - self._start) % every if code else 0

    def widening(self, dealer: str, source: str, target: str) -> Fraction:
        """The factor of a dealer's half-spread for a direction that carries its position further; 1 if none does."""
        limits, skew = self._limits.get(dealer), self._skew.get(dealer)
        if not limits or not skew:
            return ONE
        used = [Fraction(self.position(dealer, source), limits[source])] if source in limits else []
        used += [Fraction(-self.position(dealer, target), limits[target])] if target in limits else []
        return 1 + skew * min(max([Fraction(0), *used]), ONE)

    def times(self, dealers: list[str], end_us: int) -> list[int]:
        """Instants at which some of these dealers look at their positions, rising."""
        every = [self._every[who] for who in dealers if who in self._every]
        grids = (range(self._start + each, end_us + 1, each) for each in every)
        return sorted({time_us for grid in grids for time_us in grid})
