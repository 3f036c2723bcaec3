"""One result table on its way to the disk: rows gathered into record batches of a fixed size, then packed and written.

The bytes of a file depend on its rows alone: batches are cut every BATCH_ROWS rows however many came in at a time, and
every dictionary is complete before the first row, so no index depends on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from simcore.results.schema import Column, arrow_schema

BATCH_ROWS: Final = 65_536
ZSTD_LEVEL: Final = 1  # level 3 took twice the time for 3 % fewer bytes

Columns = Mapping[str, Any]
"""Name of a column → numpy array, or pyarrow string array, or None for text that is missing throughout."""


def arrow_column(values: Any, kind: str, words: pa.Array | None, valid: Any = None) -> pa.Array:
    """A numpy array as an Arrow array that shares its memory.

    Parameters
    ----------
    values : array (n,)        of the type that ``kind`` of the schema needs, indices into ``words`` for ``id``
    valid : bool (n,) or None  False where the value is null
    """
    types: dict[str, tuple[Any, Any]] = {
        "id": (pa.int32(), np.int32), "minor": (pa.int64(), np.int64), "count": (pa.int64(), np.int64),
        "small": (pa.int8(), np.int8), "time": (pa.timestamp("us", tz="UTC"), np.int64),
        "day": (pa.date32(), np.int32),
    }  # fmt: skip
    arrow_type, numpy_type = types[kind]
    values = np.ascontiguousarray(values, dtype=numpy_type)
    validity = None
    if valid is not None and not valid.all():
        values = np.where(valid, values, np.zeros(1, numpy_type))  # what stands under a null is part of the bytes
        validity = pa.py_buffer(np.packbits(valid, bitorder="little"))
    array = pa.Array.from_buffers(arrow_type, values.size, [validity, pa.py_buffer(values)])
    return pa.DictionaryArray.from_arrays(array, words, safe=False) if kind == "id" else array


class TableWriter:
    """Writes one Arrow IPC file; rows come as columns of the form ``arrange`` takes and leaves as the schema has them.

    Parameters
    ----------
    path, columns : the file and what it has
    layout : dict          column name → numpy type (or "text") of what :meth:`add` is given
    arrange : callable     from such columns, at most BATCH_ROWS rows, to one Arrow array per column of the schema
    worker : executor      one thread, which packs and writes; the order of its tasks is the order of the file
    """

    def __init__(
        self,
        path: Path,
        columns: tuple[Column, ...],
        layout: dict[str, Any],
        arrange: Callable[[Columns], dict[str, pa.Array]],
        worker: ThreadPoolExecutor,
        *,
        compression: str | None,
        metadata: dict[str, str],
    ) -> None:
        self.path, self.columns = path, columns
        self.rows = 0
        self._layout, self._arrange, self._worker = layout, arrange, worker
        schema = arrow_schema(path.stem, columns)
        self._schema = schema.with_metadata({**schema.metadata, **dict(sorted(metadata.items()))})
        codec = pa.Codec(compression, ZSTD_LEVEL) if compression else None
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(
            self._sink, self._schema, options=pa.ipc.IpcWriteOptions(compression=codec, use_threads=False)
        )
        self._filled = 0
        self._buffer = self._new_buffer()
        self._busy: list[Future[None]] = []

    def _new_buffer(self) -> dict[str, Any]:
        return {name: [] if kind == "text" else np.empty(BATCH_ROWS, kind) for name, kind in self._layout.items()}

    def add(self, columns: Columns, size: int) -> None:
        """Copy rows into the batch under way, and hand it over each time it is full."""
        done = 0
        while done < size:
            count = min(size - done, BATCH_ROWS - self._filled)
            for name, kind in self._layout.items():
                values = columns[name]
                if kind == "text":
                    part = pa.nulls(count, pa.string()) if values is None else values.slice(done, count)
                    self._buffer[name].append(part)
                else:
                    self._buffer[name][self._filled : self._filled + count] = values[done : done + count]
            self._filled += count
            done += count
            if self._filled == BATCH_ROWS:
                self._hand_over()

    def _hand_over(self) -> None:
        """Let the worker write the batch; wait if it is more than one batch behind, so that memory stays bounded."""
        if not self._filled:
            return
        columns, size = self._buffer, self._filled
        self._buffer, self._filled = self._new_buffer(), 0
        self.rows += size
        self._busy.append(self._worker.submit(self._write, columns, size))
        while len(self._busy) > 1:
            self._busy.pop(0).result()

    def _write(self, columns: dict[str, Any], size: int) -> None:
        cut: dict[str, Any] = {}
        for name, values in columns.items():
            if self._layout[name] == "text":
                # Always copied, so that no offset of what came in shows in the bytes.
                cut[name] = pa.concat_arrays([pa.array([], pa.string()), *values])
            else:
                cut[name] = values[:size]
        arrays = self._arrange(cut)
        self._writer.write_batch(
            pa.RecordBatch.from_arrays([arrays[column.name] for column in self.columns], schema=self._schema)
        )

    def close(self) -> None:
        """Write what is left and the footer."""
        self._hand_over()
        for task in self._busy:
            task.result()
        self._busy.clear()
        self._writer.close()
        self._sink.close()

    def abandon(self) -> None:
        """Let go of the file, whatever state it is in."""
        for task in self._busy:
            task.cancel()
        self._sink.close()


def words(names: Sequence[str]) -> pa.Array:
    """A dictionary of names, in their order."""
    return pa.array(list(names), pa.string())


def indices(values: Any, names: Sequence[str]) -> Any:
    """Indices into ``names``: given as such, or as the names themselves; None becomes -1."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return values
    place: dict[str | None, int] = {name: index for index, name in enumerate(names)}
    place[None] = -1
    return np.array([place[value] for value in values], dtype=np.int32)
