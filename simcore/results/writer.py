"""Writes the tables of a run while it goes on, and publishes them whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simcore.demand.batch import DemandBatch
from simcore.errors import InvariantError
from simcore.results.demand_store import DemandStore
from simcore.results.provenance import file_digest, write_manifest
from simcore.results.schema import TABLES, columns_of
from simcore.results.writer_columns import LAYOUTS, Arrange, EventRow, Names
from simcore.results.writer_folder import HiddenFolder, said_where
from simcore.results.writer_tables import Columns, TableWriter, indices, words
from simcore.results.writer_wallets import WALLET_LAYOUTS, ArrangeWallets

__all__ = ["EventRow", "Names", "RunWriter"]

_KEPT: Final = ("cycles", "fx", "events")  # small; kept until the end, when every word that occurs is known


class RunWriter:
    """Takes the rows of a run as they become final.

    Parameters
    ----------
    out : path               the run directory to make; it appears when :meth:`publish` returns, and not before
    compression              "zstd", or None for tables that can be memory-mapped as they are
    metadata : dict          goes into the schema of every table: scenario, digest
    replace : bool           an earlier run may stand at ``out``

    Raises
    ------
    ScenarioError            LH070 to LH074: ``out`` is taken, can't be written, or the disk is full

    A ``with`` block that ends without ``publish`` leaves nothing behind.
    """

    def __init__(
        self, out: Path, names: Names, *, compression: str | None, metadata: dict[str, str], replace: bool = False
    ) -> None:
        self.names = names
        self.store = DemandStore(names.customers)
        self._folder = HiddenFolder(Path(out), replace)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="luhai-writer")
        self._tables: dict[str, TableWriter] = {}
        self._digests: dict[str, Future[str]] = {}
        self._kept: dict[str, list[Columns]] = {name: [] for name in _KEPT}
        self._arrange = Arrange(names)
        self._compression, self._metadata = compression, metadata
        self._closed = False
        try:
            for table in TABLES:
                if table not in _KEPT:
                    self._open(table, LAYOUTS[table], self._arrange)
            if names.wallets is not None:
                arrange = ArrangeWallets(names.wallets)
                for table, layout in WALLET_LAYOUTS.items():
                    self._open(table, layout, arrange)
        except BaseException:
            self.abort()
            raise

    def _open(self, table: str, layout: dict[str, Any], arrange: Arrange | ArrangeWallets) -> None:
        with said_where(self._folder.out, f"opening {table}.arrow"):
            path = self._folder.path / f"{table}.arrow"
            customers = table == "payments" and self.names.customers
            layout = {**layout, "customer": np.int32} if customers else layout
            self._tables[table] = TableWriter(
                path, columns_of(table, customers), layout, getattr(arrange, table), self._worker,
                compression=self._compression, metadata=self._metadata,
            )  # fmt: skip

    def _add(self, table: str, columns: Columns, size: int) -> None:
        with said_where(self._folder.out, f"writing {table}.arrow"):
            self._tables[table].add(columns, size)

    # What the engine calls.

    def demand(self, batch: DemandBatch) -> None:
        """Keep what payments were given; before any of them can be final."""
        self.store.add(batch)

    def obligations(self, chunk: Mapping[str, NDArray[Any]]) -> None:
        """Rows of obligations, as the log has them; copied."""
        self._add("obligations", chunk, len(chunk["payment_id"]))

    def payments(self, chunk: Mapping[str, NDArray[Any]]) -> Columns:
        """Rows of payments, as the log has them; each payment once. Returns them with what the payments were given."""
        ids = np.asarray(chunk["payment_id"], np.int64)
        columns = {**chunk, **self.store.take(ids)}
        self._add("payments", columns, ids.size)
        return columns

    def accounts(self, columns: Mapping[str, Any]) -> None:
        """account (index), business_day (days since 1970-01-01), opening, closing, minimum, maximum, debited, credited,
        peak_queue: arrays (n,), minor units; debit_limit where it isn't the same on every day."""
        account = columns["account"]
        self._add("accounts", {"debit_limit": self.names.account_limit[account], **columns}, len(account))

    def balances(self, columns: Mapping[str, Any]) -> None:
        """time, account (index), balance, queued, queued_count: arrays (n,)."""
        self._add("balances", columns, len(columns["account"]))

    def cycles(self, columns: Mapping[str, Any]) -> None:
        """cycle_id, rail, mechanism, time, currency, considered_count, considered, settled_count, settled, moved.

        ``rail``, ``mechanism`` and ``currency`` are names, or indices into those of ``names``.
        """
        mechanism = columns["mechanism"]
        if isinstance(mechanism, np.ndarray) and mechanism.dtype.kind in "iu":
            mechanism = [self.names.mechanisms[index] for index in mechanism]
        self._kept["cycles"].append({**{name: np.array(values) for name, values in columns.items()},
                                     "mechanism": list(mechanism)})  # fmt: skip

    def fx(self, columns: Mapping[str, Any]) -> None:
        """fx_id, time, dealer, source, target, mid_rate, half_spread_bp_e2, numerator, denominator, origin.

        ``mid_rate`` and ``origin`` are text; ``dealer``, ``source`` and ``target`` are names or indices.
        """
        self._kept["fx"].append({name: np.array(values) for name, values in columns.items()})

    def events(self, rows: Iterable[EventRow | tuple[Any, ...]]) -> None:
        """Control events, in the order they happened."""
        listed = [EventRow(*row) for row in rows]
        if listed:
            self._kept["events"].append(dict(zip(EventRow._fields, map(list, zip(*listed)))))

    def wallet_payments(self, columns: Columns) -> None:
        """Rows of wallet payments, as the log of a retail system has them, with ``system``; copied."""
        self._add("wallet_payments", columns, len(columns["amount"]))

    def wallets(self, columns: Columns) -> None:
        """Rows of wallets; columns as in WALLET_LAYOUTS."""
        self._add("wallets", columns, len(columns["wallet"]))

    def wallet_operators(self, columns: Columns) -> None:
        """The operators of a system at one instant; columns as in WALLET_LAYOUTS."""
        self._add("wallet_operators", columns, len(columns["operator"]))

    def close_tables(self) -> Path:
        """Write the rest and the footers; the folder then holds every table, to be audited before it is published."""
        if self._closed:
            return self._folder.path
        waiting = self.store.in_flight
        if waiting:
            raise InvariantError(f"{waiting} payments have no outcome at the end of the run")
        for table in _KEPT:
            self._write_kept(table)
        for table, writer in self._tables.items():
            with said_where(self._folder.out, f"writing {table}.arrow"):
                writer.close()
            self._digests[table] = self._worker.submit(_settle_file, writer.path)
        self._closed = True
        return self._folder.path

    def publish(self, manifest: dict[str, Any]) -> Path:
        """Put bytes, rows and SHA-256 of every table beside ``manifest``, write it last, and let the run appear."""
        self.close_tables()
        with said_where(self._folder.out, "writing the run document"):
            manifest = dict(manifest)
            manifest["tables"] = {
                table: {
                    "file": writer.path.name,
                    "bytes": writer.path.stat().st_size,
                    "rows": writer.rows,
                    "sha256": self._digests[table].result(),
                }
                for table, writer in self._tables.items()
            }
            write_manifest(self._folder.path, manifest)
        out = self._folder.publish()
        self._worker.shutdown()
        return out

    def abort(self) -> None:
        """Remove everything written so far; does nothing after :meth:`publish`."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        if not self._closed:
            for writer in self._tables.values():
                writer.abandon()
        self._folder.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()

    def _write_kept(self, table: str) -> None:
        parts = self._kept[table]
        names = self.names
        vocabulary = {
            "rail": names.rails, "participant": names.participants, "dealer": names.participants,
            "currency": names.currencies, "source": names.currencies, "target": names.currencies,
        }  # fmt: skip
        # Its own words only: rows of the tables before are still waiting to be arranged with theirs.
        for own in {"mechanism", "event"} & LAYOUTS[table].keys():
            vocabulary[own] = sorted({word for part in parts for word in part[own]})
            self._arrange.words[own] = words(vocabulary[own])
        self._open(table, LAYOUTS[table], self._arrange)
        for part in parts:
            columns = dict(part)
            if table == "events":
                columns["has_amount"] = np.array([amount is not None for amount in part["amount_minor"]])
                columns["amount"] = np.array([amount or 0 for amount in part["amount_minor"]], np.int64)
            for name, kind in LAYOUTS[table].items():
                if name in vocabulary:
                    columns[name] = indices(columns[name], vocabulary[name])
                elif kind == "text":
                    columns[name] = pa.array([str(text) for text in columns[name]], pa.string())
            self._add(table, columns, len(columns["time"]))


def _settle_file(path: Path) -> str:
    """Make a closed file last through a power cut, and return its digest."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return file_digest(path)
