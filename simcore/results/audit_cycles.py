"""Proves what cycles.arrow says of each net cycle, batch, block and mechanism run from the obligations they settled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import KIND_FEE, KIND_PAYMENT, KIND_REFUND, KIND_RETURN, KIND_SPREAD
from simcore.results.audit_read import Batch, Words
from simcore.results.audit_report import Proof, money

COLUMNS: Final = (
    "cycle_id", "rail", "mechanism", "time", "currency", "settled_count", "settled_minor", "moved_minor",
)  # fmt: skip
_PARTS: Final = ("cycle_id", "sequence", "debtor", "creditor", "amount_minor")


class Cycles:
    """The runs of mechanisms as cycles.arrow tells them, and as obligations make them.

    Parameters
    ----------
    cycles : Batch    the whole of cycles.arrow, columns ``COLUMNS``
    """

    def __init__(self, cycles: Batch, words: Words, proof: Proof) -> None:
        self._told, self._words, self._proof = cycles, words, proof
        n = cycles["row"].size
        self._count, self._value, self._moved = (np.zeros(n, np.int64) for _ in range(3))
        self._open: dict[str, NDArray[Any]] = {}  # rows of a set that may go on in the next batch
        proof.fail_each(
            np.flatnonzero(cycles["cycle_id"] != cycles["row"]),
            lambda at: f"cycles row {at}: cycle_id is {cycles['cycle_id'][at]}",
        )

    def note(self, batch: Batch) -> None:
        """Add what one record batch of obligations says was settled by a cycle."""
        at = np.flatnonzero(batch["cycle_id"] >= 0)
        if not at.size:
            return
        rows = {name: values[at] for name, values in batch.items()}
        cycle, told = rows["cycle_id"], self._told
        known = cycle < told["row"].size
        wrong = ~known | (rows["sequence"] < 0)
        safe = np.where(known, cycle, 0)
        if told["row"].size:
            for mine, theirs in (("rail", "rail"), ("currency", "currency"), ("settled_at", "time")):
                wrong |= rows[mine] != told[theirs][safe]
        self._proof.fail_each(
            np.flatnonzero(wrong),
            lambda k: f"obligations row {rows['row'][k]}: no row of cycles with cycle_id {cycle[k]}, its rail and its "
                      f"time of settlement",
        )  # fmt: skip
        right = ~wrong
        rows = {name: values[right] for name, values in rows.items()}
        counts = np.isin(rows["kind"], (KIND_PAYMENT, KIND_RETURN, KIND_REFUND))
        owed = counts | np.isin(rows["kind"], (KIND_SPREAD, KIND_FEE))
        np.add.at(self._count, rows["cycle_id"][counts], 1)
        np.add.at(self._value, rows["cycle_id"][owed], rows["amount_minor"][owed])
        parts = {name: rows[name] for name in _PARTS}
        if self._open:
            parts = {name: np.concatenate([self._open[name], parts[name]]) for name in _PARTS}
        if parts["sequence"].size:
            last = parts["sequence"] == parts["sequence"][-1]
            self._open = {name: values[last] for name, values in parts.items()}
            self._net({name: values[~last] for name, values in parts.items()})

    def _net(self, rows: dict[str, NDArray[Any]]) -> None:
        """Add the net debits of whole sets to what their cycles moved."""
        if not rows["sequence"].size:
            return
        cycle, sequence = np.tile(rows["cycle_id"], 2), np.tile(rows["sequence"], 2)
        who = np.concatenate([rows["debtor"], rows["creditor"]])
        change = np.concatenate([-rows["amount_minor"], rows["amount_minor"]])
        order = np.lexsort((who, cycle, sequence))
        keys = np.stack([sequence[order], cycle[order], who[order]])
        starts = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
        net = np.add.reduceat(change[order], starts)
        np.add.at(self._moved, cycle[order][starts], np.maximum(-net, 0))

    def finish(self) -> None:
        """Compare; a block counts what its payments moved one after another, not their net, so that is left out."""
        if self._open:
            self._net(self._open)
        told, name = self._told, self._words.name
        blocks = np.array([name("mechanism", code) == "block" for code in told["mechanism"]], np.bool_)
        moved = np.where(blocks, told["moved_minor"], self._moved)
        wrong = told["settled_count"] != self._count
        wrong |= (told["settled_minor"] != self._value) | (told["moved_minor"] != moved)

        def say(at: int) -> str:
            said, found = (
                f"{count} obligations, {money(value, currency)}, moved by {money(net, currency)}"
                for currency in (name("currency", told["currency"][at]),)
                for count, value, net in (
                    (told["settled_count"][at], told["settled_minor"][at], told["moved_minor"][at]),
                    (self._count[at], self._value[at], moved[at]),
                )
            )
            return f"cycles row {at} ({name('rail', told['rail'][at])}): says {said}; its obligations: {found}"

        self._proof.fail_each(np.flatnonzero(wrong), say)
