"""Luhai's engine: the model, the compiled event loop, the SimPy conductor and the results.

``simcore.run`` runs a scenario and ``simcore.open_run`` opens a finished one. Both are looked up on first use,
so that ``import simcore`` itself loads nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simcore.api import open_run, run

__distribution__ = "luhai"
__version__ = "0.1.0"
__all__ = ["open_run", "run", "__version__"]


def __getattr__(name: str) -> Any:
    if name in ("run", "open_run"):
        from simcore import api

        return getattr(api, name)
    raise AttributeError(f"module 'simcore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), "run", "open_run"})
