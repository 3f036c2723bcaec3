"""Proves what shared ledgers promise, by the scenario in each table: legs final together, balances within limits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import KIND_REFILL, KIND_REFUND, KIND_RETURN
from simcore.results.audit_read import NO_TIME, Batch, Words
from simcore.results.audit_report import Proof
from simcore.units import parse_amount


class Ledgers:
    """The rails of shared ledgers, as the scenario names them; none without a scenario."""

    def __init__(self, scenario: dict[str, Any], words: Words, limits: Proof) -> None:
        mine = {name: rail for name, rail in scenario.get("rails", {}).items() if rail.get("kind") == "ledger"}
        self.words, self._proof = words, limits
        names = list(dict.fromkeys(rail["ledger"] for rail in mine.values()))
        # Ledger rails are numbered before any table is read; so their numbers are known, and the rest are above them.
        self._codes = np.array([words.code("rail", name) for name in mine], np.int64)
        size = int(self._codes.max()) + 1 if mine else 0
        self._ledger = np.full(size + 1, -1)
        self._balance = np.full(size + 1, NO_TIME)
        for code, rail in zip(self._codes, mine.values(), strict=True):
            self._ledger[code] = names.index(rail["ledger"])
            if rail.get("balance_limit") is not None:
                self._balance[code] = parse_amount(rail["balance_limit"]).amount_minor
        self._unbound = np.zeros(size + 1, np.bool_)  # rails whose balances something moved that no limit holds up

    def _of(self, what: NDArray[Any], rail: NDArray[np.int32]) -> NDArray[Any]:
        return what[np.minimum(rail, what.size - 1)]

    def apart(self, before: Batch, here: Batch) -> NDArray[np.bool_]:
        """Which pairs of hops in a row on one ledger aren't final under one number."""
        ledger = self._of(self._ledger, here["rail"])
        pair = (ledger >= 0) & (ledger == self._of(self._ledger, before["rail"])) & (here["hop"] == before["hop"] + 1)
        return pair & (here["sequence"] != before["sequence"])

    def note(self, batch: Batch, settled: NDArray[np.bool_]) -> None:
        """Remember where returns or refills came, which no limit of balances holds up."""
        if not self._codes.size:
            return
        kind, rail = batch["kind"], np.minimum(batch["rail"], self._ledger.size - 1)
        self._unbound[rail[settled & np.isin(kind, (KIND_RETURN, KIND_REFUND, KIND_REFILL))]] = True

    def finish(self, accounts: Batch) -> None:
        """No account was above its rail's limit, where neither returns nor refills came, which no limit holds up."""
        rail = np.minimum(accounts["rail"], self._ledger.size - 1)
        most = np.where(self._unbound[rail] | (accounts["debit_limit_minor"] == NO_TIME), NO_TIME, self._balance[rail])
        self._proof.fail_each(
            np.flatnonzero(accounts["maximum_minor"] > most),
            lambda at: f"accounts row {accounts['row'][at]}: {accounts['maximum_minor'][at]}, above the balance limit "
                       f"of {self.words.name('rail', accounts['rail'][at])}",
        )  # fmt: skip
