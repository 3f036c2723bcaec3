"""Proves payment versus payment, by the scenario that every table carries: both legs are final, or neither is."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.results.audit_read import Words

_SCENARIO = b"luhai.scenario"


class Pairs:
    """The hops that settle together with the next, as the routes in a table's metadata say; none without a scenario."""

    def __init__(self, metadata: dict[bytes, bytes], words: Words) -> None:
        try:
            scenario = json.loads(metadata.get(_SCENARIO, b"{}"))
        except ValueError:  # a table that no run of a scenario wrote
            scenario = {}
        hops_of = {
            words.code("route", name): route["hops"]
            for name, route in scenario.get("routes", {}).items()
            if any(hop.get("pvp") is not None for hop in route["hops"])
        }
        most = max((len(hops) for hops in hops_of.values()), default=0)
        self._first = np.zeros((max(hops_of, default=-1) + 2, most + 1), np.bool_)
        for code, hops in hops_of.items():
            self._first[code, : len(hops)] = [hop.get("pvp") is not None for hop in hops]

    @property
    def used(self) -> bool:
        """Whether any route has a pair."""
        return bool(self._first.any())

    def first_legs(self, route: NDArray[Any], hop: NDArray[Any]) -> NDArray[np.bool_]:
        """Which hops are the first of a pair."""
        known, place = np.minimum(route, self._first.shape[0] - 1), np.minimum(hop, self._first.shape[1] - 1)
        return self._first[known, place]
