"""What a payment was given at initiation, kept until its outcome is final: memory follows payments in flight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simcore.demand.batch import DemandBatch
from simcore.errors import InvariantError

COLUMNS: Final = {
    "initiated_at": np.int64,
    "debtor": np.int32,
    "creditor": np.int32,
    "route": np.int32,
    "amount_minor": np.int64,
    "priority": np.int8,
    "flow": np.int16,
    "purpose": np.int16,
    "corridor": np.int16,
}
LEAST_COMPACTED: Final = 64  # rows; copying fewer would cost more than it frees
MOST_JOINED: Final = 65_536  # rows of leftovers that stand together, so that stragglers don't make a thousand segments


@dataclass
class _Segment:
    """Payments of neighbouring ids; ``ids`` is None while none between the first and the last is missing."""

    first: int
    ids: NDArray[np.int64] | None
    columns: dict[str, NDArray[Any]]
    reference: Any  # pyarrow string array, or None where the whole segment has none
    waiting: NDArray[np.bool_]
    count: int

    def compacted(self) -> _Segment:
        kept = np.flatnonzero(self.waiting)
        ids = self.first + kept if self.ids is None else self.ids[kept]
        return _Segment(
            first=int(ids[0]),
            ids=ids,
            columns={name: values[kept] for name, values in self.columns.items()},
            reference=None if self.reference is None else self.reference.take(kept),
            waiting=np.ones(kept.size, np.bool_),
            count=kept.size,
        )

    def positions(self, payment_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where these payments stand; raises InvariantError for one that isn't waiting here."""
        if self.ids is None:
            at = payment_ids - self.first
            known = at < self.waiting.size
        else:
            at = np.searchsorted(self.ids, payment_ids)
            known = at < self.waiting.size
            known[known] = self.ids[at[known]] == payment_ids[known]
        if known.all():
            known = self.waiting[at]
        if not known.all():
            raise InvariantError(f"payment {payment_ids[np.argmin(known)]} isn't in flight: unknown, or already final")
        self.waiting[at] = False
        self.count -= at.size
        if np.count_nonzero(self.waiting) != self.count:
            raise InvariantError("a payment became final twice in one buffer")
        return at


class DemandStore:
    """Static columns of the payments in flight, found by payment id."""

    def __init__(self, customers: bool = False) -> None:
        self._kinds = {**COLUMNS, "customer": np.int32} if customers else COLUMNS
        self._segments: list[_Segment] = []
        self._starts = np.zeros(0, np.int64)

    @property
    def rows(self) -> int:
        """Rows held in memory; payments in flight are at least a quarter of them once there are many."""
        return sum(segment.waiting.size for segment in self._segments)

    @property
    def in_flight(self) -> int:
        """Payments added and not yet taken."""
        return sum(segment.count for segment in self._segments)

    def add(self, batch: DemandBatch) -> None:
        """Keep a batch; its ids follow those of every batch before. Arrays are copied."""
        if not batch.size:
            return
        columns = {name: np.array(getattr(batch, name), dtype=kind) for name, kind in self._kinds.items()}
        waiting = np.ones(batch.size, np.bool_)
        self._segments.append(_Segment(batch.first_payment_id, None, columns, batch.reference, waiting, batch.size))
        self._note_starts()

    def take(self, payment_ids: NDArray[np.int64]) -> dict[str, Any]:
        """Columns of these payments, in their order, which are then forgotten.

        Parameters
        ----------
        payment_ids : int64 (n,)   each added before and not yet taken

        Returns
        -------
        dict    COLUMNS, and customer where flows have some, as numpy arrays (n,); "reference": pyarrow string array
                (n,), or None where none has one

        Raises
        ------
        InvariantError             an id that was never added or was taken before
        """
        if not self._segments or (payment_ids.size and int(payment_ids.min()) < self._starts[0]):
            if payment_ids.size:
                raise InvariantError(f"payment {payment_ids.min()} isn't in flight: unknown, or already final")
            return {name: np.zeros(0, kind) for name, kind in self._kinds.items()} | {"reference": None}
        which = np.searchsorted(self._starts, payment_ids, side="right") - 1
        touched = np.flatnonzero(np.bincount(which, minlength=1)) if which.size else np.zeros(0, np.int64)
        if touched.size == 1:
            segment = self._segments[touched[0]]
            at = segment.positions(payment_ids)
            taken: dict[str, Any] = {name: values[at] for name, values in segment.columns.items()}
            taken["reference"] = None if segment.reference is None else segment.reference.take(at)
        else:
            taken = self._take_from_many(payment_ids, which, touched)
        self._release(touched)
        return taken

    def _take_from_many(
        self, payment_ids: NDArray[np.int64], which: NDArray[np.int64], touched: NDArray[np.int64]
    ) -> dict[str, Any]:
        import pyarrow as pa

        taken: dict[str, Any] = {name: np.zeros(payment_ids.size, kind) for name, kind in self._kinds.items()}
        order = np.argsort(which, kind="stable")
        bounds = np.searchsorted(which[order], touched, side="left").tolist() + [order.size]
        references = []
        for index, start, end in zip(touched, bounds[:-1], bounds[1:], strict=True):
            segment, there = self._segments[index], order[start:end]
            at = segment.positions(payment_ids[there])
            for name, values in segment.columns.items():
                taken[name][there] = values[at]
            none = pa.nulls(at.size, pa.string())
            references.append(none if segment.reference is None else segment.reference.take(at))
        taken["reference"] = None
        if any(reference.null_count < len(reference) for reference in references):
            back = np.empty_like(order)
            back[order] = np.arange(order.size)
            taken["reference"] = pa.concat_arrays(references).take(back)
        return taken

    def _release(self, touched: NDArray[np.int64]) -> None:
        """Drop what is used up and pack together what is nearly so."""
        changed = False
        for index in touched:
            segment = self._segments[index]
            if segment.count == 0 or LEAST_COMPACTED <= segment.waiting.size > 4 * segment.count:
                changed = True
                if segment.count:
                    self._segments[index] = segment.compacted()
        if changed:
            kept: list[_Segment] = []
            for segment in self._segments:
                if not segment.count:
                    continue
                small = kept and segment.ids is not None and kept[-1].ids is not None
                if small and kept[-1].waiting.size + segment.waiting.size <= MOST_JOINED:
                    kept[-1] = _joined(kept[-1], segment)
                else:
                    kept.append(segment)
            self._segments = kept
            self._note_starts()

    def _note_starts(self) -> None:
        self._starts = np.array([segment.first for segment in self._segments], dtype=np.int64)


def _joined(left: _Segment, right: _Segment) -> _Segment:
    import pyarrow as pa

    assert left.ids is not None
    assert right.ids is not None
    reference = None
    if left.reference is not None or right.reference is not None:
        parts = [
            pa.nulls(part.waiting.size, pa.string()) if part.reference is None else part.reference
            for part in (left, right)
        ]
        reference = pa.concat_arrays(parts)
    return _Segment(
        first=left.first,
        ids=np.concatenate([left.ids, right.ids]),
        columns={name: np.concatenate([left.columns[name], right.columns[name]]) for name in left.columns},
        reference=reference,
        waiting=np.concatenate([left.waiting, right.waiting]),
        count=left.count + right.count,
    )
