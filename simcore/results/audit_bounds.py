"""Proves that rails took no amount outside their bounds and refused no other, by the scenario that tables carry."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import REJECTED_LIMIT
from simcore.results.audit_read import NO_TIME, Batch, Words
from simcore.results.audit_report import Proof
from simcore.units import parse_amount


class Bounds:
    """The least and most amount of each rail, as the scenario has them; none without one."""

    def __init__(self, scenario: dict[str, Any], words: Words, limits: Proof) -> None:
        rails = scenario.get("rails", {})
        self.words, self._proof = words, limits
        # Numbered before any table is read, so their numbers are known; the last place is for all others.
        codes = np.array([words.code("rail", name) for name in rails], np.int64)
        size = int(codes.max()) + 1 if rails else 0
        self._least, self._most = np.zeros(size + 1, np.int64), np.full(size + 1, NO_TIME)
        self._known = bool(rails)
        self._ledger = np.zeros(size + 1, np.bool_)
        for code, rail in zip(codes, rails.values(), strict=True):
            self._ledger[code] = rail.get("kind") == "ledger"
            for key, bound in (("least_amount", self._least), ("most_amount", self._most)):
                if rail.get(key) is not None:
                    bound[code] = parse_amount(rail[key]).amount_minor
        self._bounded = bool((self._least > 0).any() or (self._most < NO_TIME).any())

    def check(self, hops: Batch, gross: NDArray[np.int64], done: NDArray[np.bool_],
              of_pair: NDArray[np.bool_] | bool = False) -> None:  # fmt: skip
        """``gross`` is the whole obligation of each hop, with its spread, fee and parts; ``done``, whether it settled.

        A ledger also refuses for other reasons: a limit of balances, or the amount of a later leg. So does a link: its
        pairs, of which ``of_pair`` marks the first legs, are refused where the rail of the second refuses its amount.
        """
        refused = hops["status"] == REJECTED_LIMIT
        if not self._known or not (self._bounded or refused.any()):
            return
        rail = np.minimum(hops["rail"], self._least.size - 1)
        outside = (gross < self._least[rail]) | (gross > self._most[rail])
        self._fail(hops, gross, done & outside, "settled outside")
        self._fail(hops, gross, refused & ~outside & ~self._ledger[rail] & ~np.asarray(of_pair), "rejected within")

    def _fail(self, hops: Batch, gross: NDArray[np.int64], wrong: NDArray[np.bool_], said: str) -> None:
        self._proof.fail_each(
            np.flatnonzero(wrong),
            lambda at: f"obligations row {hops['row'][at]}: {gross[at]}, {said} the bounds of "
                       f"{self.words.name('rail', hops['rail'][at])}",
        )  # fmt: skip
