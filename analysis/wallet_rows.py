"""What each wallet of a run is, for rows of ``wallet_payments`` that name wallets by number."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches
from analysis.tables import Tables


class Wallets:
    """What each wallet is: positions of names, one array over all systems."""

    def __init__(self, tables: Tables, cut: str | None) -> None:
        self.names = {name: Words() for name in ("operator", "country", *([cut] if cut else []))}
        self._columns: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
        self._systems, systems = Words(), []
        for batch in batches(tables, "wallets", ("system", *self.names)):
            systems.append(self._systems.codes(batch["system"]))
            for name, words in self.names.items():
                self._columns[name].append(words.codes(batch[name]))
        of = np.concatenate(systems) if systems else np.zeros(0, np.int64)
        self._first = np.searchsorted(of, np.arange(len(self._systems.words)))  # systems stand one after the other
        self._whole = {name: np.concatenate(parts) for name, parts in self._columns.items()}

    def rows(self, system: Any, wallet: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the wallets of a batch stand; that of the first for none."""
        return self._first[self._systems.codes(system)] + np.maximum(wallet, 0)

    def of(self, name: str, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions among ``names[name]``."""
        return self._whole[name][rows]
