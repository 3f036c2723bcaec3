"""What is left of a scenario when faulty entries are set aside, so that the rest can be checked in the same pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scenarios.keys import KeyPath

# How deep the entries of each table lie: participants.X, accounts.RAIL.X, fx.pairs.X.
DEPTH = {
    "participants": 2,
    "rails": 2,
    "accounts": 3,
    "routes": 2,
    "flows": 2,
    "corridors": 2,
    "pvp": 2,
    "instant_links": 2,
    "fx": 3,
    "outages": 2,
    "sources": 2,
}
NEEDED = ("participants", "rails", "accounts", "routes", "flows")
STAND_IN = {"name": "x", "title": "x", "start": "2026-01-01", "days": 1, "base_currency": "CNY"}


class Salvage:
    """A scenario without the entries at ``paths``, and the names that stand in the file all the same.

    What is at ``doubtful`` stays, but may lack something, so that what seems to be missing there is no fault.

    A reference to an entry that is set aside is no fault, and nothing that depends on the entry is judged.
    """

    def __init__(self, data: dict[str, Any], paths: Iterable[KeyPath], doubtful: Iterable[KeyPath] = ()) -> None:
        self._data = data
        self.broken: set[KeyPath] = set()
        for path in paths:
            head = str(path[0])
            self.broken.add(path[: DEPTH.get(head, 1)])
        self.data: dict[str, Any] = {}
        for key, value in data.items():
            if (key,) not in self.broken:
                self.data[key] = self._kept(value, (key,), DEPTH.get(key, 1) - 1)
        for key in NEEDED:
            self.data.setdefault(key, {})
        self.data.setdefault("scenario", STAND_IN)
        self.broken.update(doubtful)

    def _kept(self, value: Any, path: KeyPath, levels: int) -> Any:
        if levels == 0 or not isinstance(value, dict):
            return value
        return {
            key: self._kept(item, (*path, key), levels - 1)
            for key, item in value.items()
            if (*path, key) not in self.broken
        }

    @property
    def complete(self) -> bool:
        """Whether nothing was set aside."""
        return not self.broken

    def whole(self, *path: str) -> bool:
        """Whether a table and everything in it was read."""
        return not any(broken[: len(path)] == path[: len(broken)] for broken in self.broken)

    def names(self, *path: str) -> list[str]:
        """The names that stand in a table of the file, read or set aside."""
        table: Any = self._data
        for part in path:
            table = table.get(part) if isinstance(table, dict) else None
        return [str(name) for name in table] if isinstance(table, dict) else []
