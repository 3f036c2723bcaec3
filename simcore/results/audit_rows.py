"""What every row of obligations.arrow must satisfy on its own and beside its neighbours, whatever it settles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import (
    KIND_CREDIT,
    KIND_CREDIT_CHARGE,
    KIND_EXCHANGE,
    KIND_FUNDING,
    KIND_INTRADAY_CREDIT,
    KIND_INTRADAY_REPAYMENT,
    KIND_ISSUE,
    KIND_LOSS_SHARE,
    KIND_OUTSIDE,
    KIND_PAY_IN,
    KIND_PAY_OUT,
    KIND_RECOVERY,
    KIND_REDEMPTION,
    KIND_REFILL,
    KIND_REPAYMENT,
    KIND_SETTLEMENT,
    KIND_SWEEP,
    KIND_WALLET_ISSUE,
    KIND_WALLET_REDEMPTION,
    KIND_WALLET_SETTLEMENT,
)
from simcore.results.audit_read import NO_TIME, Batch, Words
from simcore.results.audit_report import Proof
from simcore.results.schema import STATUSES

ALONE = (
    KIND_CREDIT, KIND_REPAYMENT, KIND_LOSS_SHARE, KIND_RECOVERY, KIND_REFILL, KIND_INTRADAY_CREDIT,
    KIND_INTRADAY_REPAYMENT, KIND_CREDIT_CHARGE, KIND_WALLET_ISSUE, KIND_WALLET_REDEMPTION, KIND_WALLET_SETTLEMENT,
    KIND_EXCHANGE, KIND_OUTSIDE,
)  # fmt: skip
"""Kinds of one row between two accounts of a rail, of no payment."""
TWO_LEGS = (KIND_FUNDING, KIND_SWEEP, KIND_ISSUE, KIND_REDEMPTION, KIND_SETTLEMENT, KIND_PAY_IN, KIND_PAY_OUT)
"""Kinds of two rows of one amount, final together, on two rails."""
SETTLED = np.array([STATUSES.get(code, "").startswith("SETTLED") for code in range(max(STATUSES) + 1)])
AT_END = np.array([STATUSES.get(code, "").endswith("_AT_END") for code in range(max(STATUSES) + 1)])


class Rows:
    """Order of finality, and the two legs of every funding, sweep and settlement of a position."""

    def __init__(self, words: Words, proof: Proof) -> None:
        self.words, self.proof = words, proof
        self._sequence, self._settled_at = -1, -(2**63)
        self._leg: Batch = {}  # the first leg of a pair whose second comes with the next batch

    def check(self, batch: Batch, settled: NDArray[np.bool_]) -> None:
        """Look at one record batch; ``settled`` marks rows with a sequence."""
        amount, hop = batch["amount_minor"], batch["hop"]
        in_words = SETTLED[batch["status"]]
        done = batch["settled_at"] != NO_TIME
        self._fail(batch, (settled != in_words) | (settled != done), lambda at: (
            f"status {self.words.name('status', batch['status'][at])} with sequence {batch['sequence'][at]} "
            f"and {'a' if done[at] else 'no'} time of settlement"))  # fmt: skip
        self._fail(batch, (amount < 0) | ((amount == 0) & settled), lambda at: f"amount_minor is {amount[at]}")
        self._fail(batch, batch["debtor"] == batch["creditor"], lambda at: "debtor and creditor are the same")
        late = settled & done & (batch["settled_at"] < batch["entered_at"])
        self._fail(batch, late, lambda at: "settled before it entered the rail")
        own = np.isin(batch["kind"], TWO_LEGS)
        loan = np.isin(batch["kind"], ALONE)
        wrong = (own | loan) != (batch["payment_id"] < 0)
        self._fail(batch, wrong, lambda at: f"kind {self.words.name('kind', batch['kind'][at])} with payment_id "
                                            f"{batch['payment_id'][at]} (-1: null)")  # fmt: skip
        self._fail(batch, hop < 0, lambda at: f"hop is {hop[at]}")
        self._order(batch, np.flatnonzero(settled))
        legs = np.flatnonzero(own & settled)
        if legs.size or self._leg:
            self._legs({name: values[legs] for name, values in batch.items()})

    def _fail(self, batch: Batch, mask: NDArray[np.bool_], say: Callable[[int], str]) -> None:
        if mask.any():
            self.proof.fail_each(np.flatnonzero(mask), lambda at: f"obligations row {batch['row'][at]}: {say(at)}")

    def _order(self, batch: Batch, at: NDArray[np.int64]) -> None:
        if not at.size:
            return
        sequence = np.append(self._sequence, batch["sequence"][at])
        time = np.append(self._settled_at, batch["settled_at"][at])
        back = (sequence[1:] < sequence[:-1]) | (time[1:] < time[:-1])
        back |= (sequence[1:] == sequence[:-1]) & (time[1:] != time[:-1])
        self.proof.fail_each(
            np.flatnonzero(back),
            lambda k: (
                f"obligations row {batch['row'][at[k]]}: sequence {sequence[k + 1]} at {time[k + 1]} comes after "
                f"sequence {sequence[k]} at {time[k]}"
            ),
        )
        self._sequence, self._settled_at = int(sequence[-1]), int(time[-1])

    def _legs(self, legs: Batch) -> None:
        """Funding, sweeps and settlements are pairs: equal amounts, one sequence, one participant who passes it on."""
        if self._leg:
            legs = {name: np.concatenate([self._leg[name], legs[name]]) for name in legs}
        pairs = legs["row"].size // 2
        first = {name: values[: 2 * pairs : 2] for name, values in legs.items()}
        second = {name: values[1 : 2 * pairs : 2] for name, values in legs.items()}
        joined = (first["creditor"] == second["debtor"]) | (first["debtor"] == second["creditor"])
        same = joined.copy()
        for name in ("amount_minor", "sequence", "kind"):
            same &= first[name] == second[name]
        self.proof.fail_each(
            np.flatnonzero(~same),
            lambda at: (
                f"obligations rows {first['row'][at]} and {second['row'][at]}: two legs of a "
                f"{self.words.name('kind', first['kind'][at])} that don't match: amounts {first['amount_minor'][at]}, "
                f"{second['amount_minor'][at]}; sequences {first['sequence'][at]} and {second['sequence'][at]}"
            ),
        )
        self._leg = {name: values[2 * pairs :] for name, values in legs.items()} if legs["row"].size % 2 else {}

    def finish(self) -> None:
        """Nothing may be left over."""
        if self._leg:
            self.proof.fail(f"obligations row {self._leg['row'][0]}: one leg of a pair without the other")
