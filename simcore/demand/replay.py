"""Payments read from a file: columns checked once, rows converted batch by batch, every fault with its row.

The columns are those of :mod:`simcore.demand.header`. ``latest``, the deadline of a payment, is read and checked but
has no effect in this version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simcore.datafiles import data_path
from simcore.demand import columns, files
from simcore.demand.chunk import Chunk
from simcore.demand.columns import RowFault, RowFaults
from simcore.demand.header import AMOUNTS, OPTIONAL, REQUIRED, check_columns
from simcore.demand.references import ReferenceCheck, find_duplicates
from simcore.errors import Fault, ScenarioError
from simcore.model import ReplayFlow
from simcore.results.ahead import ahead

PURPOSES_MOST = 32_000


class ReplaySource:
    """One replayed flow. Opening it checks the columns, takes the file's digest and finds its purposes.

    Parameters
    ----------
    folder : Path                    the folder of the scenario file
    participants, routes             names in the order of their indices
    route_currency : sequence        currency of the first hop of each route
    start_us, end_us : int           the run's window; a payment outside it is a fault

    Raises
    ------
    ScenarioError    LH060 and LH062, LH067, LH069 for columns, LH065 and LH066 for the file; while iterating also
                     LH061, LH063, LH064 and LH068 for rows
    """

    def __init__(
        self,
        flow: ReplayFlow,
        folder: Path,
        *,
        index: int,
        participants: Sequence[str],
        routes: Sequence[str],
        route_currency: Sequence[str],
        start_us: int,
        end_us: int,
        reference_check_in_memory: int | None = None,
    ) -> None:
        self._flow, self._index = flow, index
        self._path, self._shown = data_path(folder, flow.file), flow.file
        self._participants, self._participant_values = list(participants), pa.array(participants, pa.string())
        self._routes, self._route_values = list(routes), pa.array(routes, pa.string())
        self._default_route = None if flow.route is None else self._routes.index(flow.route)
        self._currencies = list(dict.fromkeys(route_currency))
        self._currency_values = pa.array(self._currencies, pa.string())
        self._route_currency = np.array([self._currencies.index(code) for code in route_currency], dtype=np.int32)
        self._window = (start_us, end_us)
        self._in_memory = reference_check_in_memory
        self._table = files.open_table(self._path, self._shown)
        check_columns(self._table.schema, self._shown, route_given=self._default_route is not None)
        self._columns = [name for name in (*REQUIRED, *AMOUNTS, *OPTIONAL) if name in self._table.schema.names]
        self.input, self._identity = files.fingerprint(self._path, self._shown)
        if self._table.rows == 0:
            raise self._no_rows()
        self.purposes: list[str] = self._find_purposes()
        """Distinct purposes of the rows, in order of appearance; empty without such a column."""

    @property
    def rows(self) -> int | None:
        """Number of rows where the file says it without being read."""
        return self._table.rows

    @property
    def has_latest(self) -> bool:
        """Whether the file has deadlines, which have no effect in this version."""
        return "latest" in self._columns

    def chunks(self, purposes: Mapping[str, int]) -> Iterator[Chunk]:
        """Yield the rows in file order; ``purposes`` gives the index of every purpose, the flow's own included."""
        texts, numbers = pa.array(list(purposes), pa.string()), np.array([*purposes.values()], dtype=np.int16)
        default = list(purposes).index(self._flow.purpose)
        first_row, last_us = 0, self._window[0]
        in_memory = {} if self._in_memory is None else {"in_memory": self._in_memory}
        with ReferenceCheck(**in_memory) as references, files.reading(self._shown):
            for batch in ahead(self._table.batches(self._columns)):
                if batch.num_rows == 0:
                    continue
                chunk = self._convert(batch, first_row, last_us, texts, numbers, default)
                assert chunk.reference is not None
                references.add(chunk.reference)
                first_row += chunk.size
                last_us = int(chunk.initiated_at[-1])
                yield chunk
            if first_row == 0:
                raise self._no_rows()
            files.check_unchanged(self._path, self._shown, self._identity)
            suspects = references.suspects()
            if suspects.size:
                self._raise_duplicates(suspects)

    def _convert(
        self, batch: pa.RecordBatch, first_row: int, last_us: int, purposes: pa.Array, numbers: np.ndarray, default: int
    ) -> Chunk:
        faults, n = RowFaults(), batch.num_rows
        names = batch.schema.names
        reference = batch.column("reference")
        reference = columns.plain(reference if columns.is_text(reference.type) else reference.cast(pa.string()))
        faults.add(
            np.flatnonzero(columns.blank(reference)),
            "reference",
            "LH069",
            lambda row: ("nothing", "an id that no other row has", ""),
        )
        found_before = len(faults.found)
        initiated_at = self._times(batch, "initiated_at", faults, first_row)
        if len(faults.found) == found_before:
            self._check_times(initiated_at, last_us, faults)
        debtor, creditor = (
            columns.names_column(
                batch.column(name), name, self._participants, self._participant_values, "participant", "LH061", faults
            )
            for name in ("debtor", "creditor")
        )
        faults.add(
            np.flatnonzero((debtor == creditor) & (debtor >= 0)),
            "creditor",
            "LH069",
            lambda row: (self._participants[debtor[row]], "a creditor other than the debtor", ""),
        )
        if "route" in names:
            route = columns.names_column(
                batch.column("route"),
                "route",
                self._routes,
                self._route_values,
                "route",
                "LH069",
                faults,
                self._default_route,
            )
        else:
            route = np.full(n, self._default_route, dtype=np.int32)
        currency = self._currency(batch.column("currency"), route, faults)
        amount = "amount" if "amount" in names else "amount_minor"
        amount_minor = columns.amounts_column(batch.column(amount), amount, currency, self._currencies, faults)
        priority = np.full(n, self._flow.priority, dtype=np.int8)
        if "priority" in names:
            priority = columns.priority_column(batch.column("priority"), self._flow.priority, faults)
        purpose = np.full(n, default, dtype=np.int64)
        if "purpose" in names:
            found = columns.codes_of(batch.column("purpose"), purposes)
            purpose = np.where(found < 0, default, found)
        if "latest" in names:
            self._check_latest(batch, faults)
        if faults.found:
            raise ScenarioError(self._located(faults.first(), first_row))
        return Chunk(
            initiated_at,
            debtor,
            creditor,
            route,
            amount_minor,
            priority,
            np.full(n, self._index, dtype=np.int16),
            numbers[purpose],
            np.full(n, -1, dtype=np.int32),
            reference,
        )

    def _times(self, batch: pa.RecordBatch, name: str, faults: RowFaults, first_row: int) -> columns.Int64:
        """Text is either all dates or all numbers; the first row of the file decides."""
        array = batch.column(name)
        if first_row == 0 and columns.is_text(array.type):
            self._numbers = str(array[0].as_py() or "").lstrip("-").isdigit()
        as_number = columns.is_text(array.type) and self._numbers
        return columns.times_column(array, name, faults, "LH062", as_number)

    def _check_times(self, initiated_at: columns.Int64, last_us: int, faults: RowFaults) -> None:
        start, end = self._window
        outside = np.flatnonzero((initiated_at < start) | (initiated_at >= end))
        faults.add(
            outside,
            "initiated_at",
            "LH069",
            lambda row: (
                _instant(int(initiated_at[row])),
                f"an instant of the run, from {_instant(start)} up to {_instant(end)}",
                "change scenario.start and scenario.days",
            ),
        )
        before = np.concatenate(([last_us], initiated_at[:-1]))
        back = np.flatnonzero(initiated_at < before)
        if not outside.size:
            faults.add(
                back[:1],
                "initiated_at",
                "LH064",
                lambda row: (
                    f"{_instant(int(initiated_at[row]))} after {_instant(int(before[row]))}",
                    "rows sorted by initiated_at",
                    "sort the file",
                ),
            )

    def _currency(self, array: pa.Array, route: np.ndarray, faults: RowFaults) -> np.ndarray:
        """Positions in the currencies of the routes' first hops; -1 where the row is at fault."""
        currency = columns.codes_of(array, self._currency_values)
        due = self._route_currency[route]
        wrong = np.flatnonzero((currency != due) & (route >= 0))

        def describe(row: int) -> tuple[str, str, str]:
            code, name = self._currencies[due[row]], self._routes[route[row]]
            return columns.shown(array, row), f"{code}, the currency of the first hop of {name}", code

        faults.add(wrong, "currency", "LH068", describe)
        if wrong.size:
            currency = currency.copy()
            currency[wrong] = -1
        return currency

    def _check_latest(self, batch: pa.RecordBatch, faults: RowFaults) -> None:
        array = columns.plain(batch.column("latest"))
        if pa.types.is_null(array.type):
            return
        rows = (
            np.flatnonzero(~columns.blank(array))
            if columns.is_text(array.type)
            else np.flatnonzero(pc.is_valid(array).to_numpy(zero_copy_only=False))
        )
        if not rows.size:
            return
        inner = RowFaults()
        part = array.take(pa.array(rows))
        number = columns.is_text(array.type) and str(part[0].as_py()).isdigit()
        columns.times_column(part, "latest", inner, "LH062", number)
        faults.found += [RowFault(int(rows[f.row]), f.column, f.code, f.got, f.expected, f.try_) for f in inner.found]

    def _located(self, found: Sequence[RowFault], first_row: int) -> list[Fault]:
        rows = [first_row + fault.row + 1 for fault in found]
        lines = self._table.lines_of_rows(rows) if isinstance(self._table, files.CsvTable) else {}
        return [
            Fault(
                code=fault.code,
                where=self._where(row, fault.column, lines),
                got=fault.got,
                expected=fault.expected,
                try_=fault.try_,
            )
            for fault, row in zip(found, rows, strict=True)
        ]

    def _where(self, row: int, column: str, lines: Mapping[int, int]) -> str:
        line = f":{lines[row]}" if row in lines else ""
        return f"{self._shown}{line}: row {row}: {column}"

    def _raise_duplicates(self, suspects: np.ndarray) -> None:
        batches = (
            columns.plain(
                batch.column(0) if columns.is_text(batch.schema.field(0).type) else batch.column(0).cast(pa.string())
            )
            for batch in self._table.batches(["reference"])
        )
        found = list(find_duplicates(batches, suspects))
        if found:
            raise ScenarioError(
                self._located(
                    [
                        RowFault(
                            d.row,
                            "reference",
                            "LH063",
                            f"{d.reference!r} again, as in row {d.first_row + 1}",
                            "an id that no other row has",
                        )
                        for d in found
                    ],
                    0,
                )
            )

    def _no_rows(self) -> ScenarioError:
        return ScenarioError.one("LH066", self._shown, got="no rows", expected="at least one payment")

    def _find_purposes(self) -> list[str]:
        """A pass over that one column, because the results name every purpose before the first row is written."""
        if "purpose" not in self._columns:
            return []
        found: dict[str, None] = {}
        with files.reading(self._shown):
            for batch in self._table.batches(["purpose"]):
                found.update(dict.fromkeys(text for text in pc.unique(batch.column(0)).to_pylist() if text))
                if len(found) > PURPOSES_MOST:
                    raise ScenarioError.one(
                        "LH069",
                        f"{self._shown}: purpose",
                        got=f"more than {PURPOSES_MOST:,} purposes",
                        expected="a few kinds of payment; an id belongs into reference",
                    )
        return list(found)


def _instant(us: int) -> str:
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return f"{us} us"
