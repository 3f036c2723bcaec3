"""Starts a run without the large libraries that numba and pyarrow look for on the way and a run never uses."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder


class _Absent(MetaPathFinder):
    """Lets imports of one package fail."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Refuse the package; leave every other name to the finders that follow."""
        if fullname.partition(".")[0] == self._name:
            raise ModuleNotFoundError(f"{fullname} is left out of this start", name=fullname)


@contextmanager
def _without(name: str) -> Iterator[None]:
    finder = _Absent(name)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def lean_start() -> Iterator[None]:
    """Import numba without scipy (for BLAS in kernels) and pyarrow without pandas (for its Series as input).

    Where the extras are installed this saves a quarter of a second and 100 MB. What else is imported inside stays for
    good, so Python needn't look through its half a million objects for garbage, neither now nor when it collects later
    nor at exit: another sixth of a second. It is for commands only: in a process of the user's, ``Table.to_pandas`` has
    to work.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        with _without("scipy"):
            import numba.np.arraymath  # noqa: F401
        with _without("pandas"):
            import pyarrow as pa

            pa.array([0])
        yield
    finally:
        if collecting:
            gc.freeze()
            gc.enable()
