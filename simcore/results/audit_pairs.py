"""What the scenario that every table carries says of payment versus payment: which legs are pairs, which are trades."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.results.audit_read import Words


class Pairs:
    """The hops that settle together with the next, as the routes of a scenario say; none without one."""

    def __init__(self, scenario: dict[str, Any], words: Words) -> None:
        kinds = {name: terms.get("kind") for name, terms in scenario.get("pvp", {}).items()}

        def pairs(hop: dict[str, Any]) -> bool:  # locks have legs that settle apart
            return hop.get("pvp") is not None and kinds.get(hop["pvp"]) != "htlc"

        hops_of = {
            words.code("route", name): route["hops"]
            for name, route in scenario.get("routes", {}).items()
            if any(pairs(hop) for hop in route["hops"])
        }
        most = max((len(hops) for hops in hops_of.values()), default=0)
        self._first = np.zeros((max(hops_of, default=-1) + 2, most + 1), np.bool_)
        self._trade = np.zeros(self._first.shape[0], np.bool_)
        for code, hops in hops_of.items():
            self._first[code, : len(hops)] = [pairs(hop) for hop in hops]
            self._trade[code] = kinds.get(hops[0].get("pvp")) == "cls"

    @property
    def used(self) -> bool:
        """Whether any route has a pair."""
        return bool(self._first.any())

    def first_legs(self, route: NDArray[Any], hop: NDArray[Any]) -> NDArray[np.bool_]:
        """Which hops are the first of a pair."""
        known, place = np.minimum(route, self._first.shape[0] - 1), np.minimum(hop, self._first.shape[1] - 1)
        return self._first[known, place]

    def trades(self, route: NDArray[Any]) -> NDArray[np.bool_]:
        """Which routes are trades of two participants with each other: the second leg comes back to the debtor."""
        return self._trade[np.minimum(route, self._trade.size - 1)]
