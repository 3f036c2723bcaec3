"""Tables of a run read batch by batch, names as positions in one list: memory follows the batch, not the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.tables import NULL, Tables
from simcore.results.schema import ALL_TABLES


class Words:
    """Names in the order in which they were first met."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._position: dict[str, int] = {}

    def position(self, word: str) -> int:
        """The position of a name, a new one if it wasn't met before."""
        if word not in self._position:
            self._position[word] = len(self.words)
            self.words.append(word)
        return self._position[word]

    def codes(self, array: pa.DictionaryArray) -> NDArray[np.int64]:
        """Positions of a column of names; that of the empty name where there is none."""
        known = [self.position(str(word)) for word in array.dictionary.to_pylist()]
        lookup = np.array([*known, self.position("")], np.int64)
        return lookup[array.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)]


def numbers(array: pa.Array) -> NDArray[np.int64]:
    """A column of amounts, counts, times or days as int64; ``NULL`` where there is none."""
    if pa.types.is_date32(array.type):
        array = array.cast(pa.int32())
    return np.asarray(array.cast(pa.int64()).fill_null(NULL).to_numpy(zero_copy_only=False), np.int64)


def batches(tables: Tables, table: str, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Record batches of a table as name → Arrow array, only the columns asked for being read."""
    order = [column.name for column in ALL_TABLES[table]]
    options = pa.ipc.IpcReadOptions(included_fields=sorted({order.index(name) for name in columns}))
    with pa.memory_map(str(tables.path / f"{table}.arrow")) as source:
        reader = pa.ipc.open_file(source, options=options)
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            if batch.num_rows:
                yield {name: batch.column(name) for name in columns}
