"""Finds rail kinds and mechanisms by scanning their folders, so that a new one is one new file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


class Registry:
    """Named classes of one folder, in the order of their names."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._entries: dict[str, Any] = {}
        self._scanned = False

    def register(self, name: str) -> Callable[[T], T]:
        """Class decorator: enter the class under the name that scenario files use."""

        def enter(cls: T) -> T:
            if name in self._entries:
                raise ValueError(f"{self._package}: {name!r} is registered twice")
            self._entries[name] = cls
            return cls

        return enter

    def entries(self) -> dict[str, Any]:
        """Every registered class by name; scans the folder once."""
        if not self._scanned:
            self._scanned = True
            package = importlib.import_module(self._package)
            for module in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
                importlib.import_module(f"{self._package}.{module}")
        return {name: self._entries[name] for name in sorted(self._entries)}


@cache
def pvp() -> Registry:
    """The registry of ways to settle payment versus payment."""
    module: ModuleType = importlib.import_module("simcore.pvp")
    registry: Registry = module.REGISTRY
    return registry


@cache
def rails() -> Registry:
    """The registry of rail kinds."""
    module: ModuleType = importlib.import_module("simcore.rails")
    registry: Registry = module.REGISTRY
    return registry
