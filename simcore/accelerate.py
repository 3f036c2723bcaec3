"""The ``kernel`` decorator: compile a loop on first use, and keep the machine code in a folder that can't go stale.

numba's own cache looks only at the file a function stands in, so a change in a helper imported from another file would
leave old machine code in use. Here the cache folder is named by a digest of every kernel source file and of the
versions and settings that decide what gets compiled: any change means another folder.

Set ``LUHAI_CACHE_DIR`` to keep the folders somewhere else. Where nothing can be written, kernels are compiled for the
process alone. Importing this module imports numba; only kernels import it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, overload

import llvmlite
import llvmlite.binding
import numba
import numpy
from numba.core.registry import CPUDispatcher

Function = TypeVar("Function", bound=Callable[..., Any])

ROOT = Path(__file__).resolve().parent.parent
# Only functions in these files are cached: the digest covers them all, and they may call no compiled code elsewhere.
KEYED_SOURCES = ("simcore/accelerate.py", "simcore/kernels/**/*.py", "simcore/lsm/**/*.py", "fx/convert_kernel.py")
# Settings of numba that change the machine code but are no part of its cache key.
KEYED_SETTINGS = (
    "BOUNDSCHECK",
    "CPU_NAME",
    "CPU_FEATURES",
    "DEBUGINFO_DEFAULT",
    "ENABLE_AVX",
    "LOOP_VECTORIZE",
    "OPT",
    "SLP_VECTORIZE",
)


@dataclass(frozen=True, kw_only=True)
class Cache:
    """Where compiled kernels are kept.

    ``folder`` is None when nothing could be written; ``kind`` says which choice was taken ("chosen" by LUHAI_CACHE_DIR,
    "user", "temporary" or "none") and ``reason`` why an earlier choice was passed over, empty if none was.
    """

    digest: str
    folder: Path | None
    kind: str
    reason: str = ""


def keyed_files(root: Path = ROOT) -> Iterator[Path]:
    """Every source file whose change must lead to a new compilation, in a fixed order."""
    for pattern in KEYED_SOURCES:
        yield from sorted(root.glob(pattern))


def source_digest(root: Path = ROOT) -> str:
    """16 hex digits over the kernel sources, the versions of what compiles them, the processor and the settings."""
    digest = hashlib.sha256()
    facts = (
        numba.__version__,
        llvmlite.__version__,
        numpy.__version__,
        platform.python_implementation() + platform.python_version(),
        f"optimize={sys.flags.optimize}",
        llvmlite.binding.get_host_cpu_name(),
        *(f"{name}={getattr(numba.config, name, None)}" for name in KEYED_SETTINGS),
    )
    for fact in facts:
        digest.update(fact.encode() + b"\0")
    for path in keyed_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def user_cache_folder() -> Path:
    """The folder where this system keeps a user's caches; ``RuntimeError`` if the user has no home."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path must be ignored.
    return Path(chosen) if os.path.isabs(chosen) else Path.home() / ".cache"


def _writable(folder: Path) -> str:
    """Make ``folder`` and write to it; an empty string if that worked, else the reason."""
    probe = folder / f".probe-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return f"{folder}: {error.strerror or error}"
    return ""


def _ours_alone(folder: Path) -> bool:
    """Whether nobody else could have put machine code there; asked of the shared temporary folder only."""
    if not hasattr(os, "getuid"):
        return True
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022


def find_cache(root: Path = ROOT) -> Cache:
    """Choose the cache folder for the sources under ``root``: the chosen one, the user's, a temporary one, or none."""
    digest = source_digest(root)
    reasons = []
    if chosen := os.environ.get("LUHAI_CACHE_DIR"):
        folder = Path(chosen).expanduser().absolute() / digest
        if not (reason := _writable(folder)):
            return Cache(digest=digest, folder=folder, kind="chosen")
        reasons.append(reason)
    try:
        folder = user_cache_folder() / "luhai" / digest
        reason = _writable(folder)
    except RuntimeError as error:
        reason = str(error)
    if not reason:
        return Cache(digest=digest, folder=folder, kind="user", reason="; ".join(reasons))
    reasons.append(reason)
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"luhai-{user}" / digest
    if not (reason := _writable(folder)):
        if _ours_alone(folder.parent) and _ours_alone(folder):
            return Cache(digest=digest, folder=folder, kind="temporary", reason="; ".join(reasons))
        reason = f"{folder.parent}: others can write there"
    reasons.append(reason)
    return Cache(digest=digest, folder=None, kind="none", reason="; ".join(reasons))


CACHE = find_cache()
if CACHE.folder is not None:
    # Both are needed: numba reads its environment again at each compilation.
    os.environ["NUMBA_CACHE_DIR"] = str(CACHE.folder)
    numba.config.CACHE_DIR = str(CACHE.folder)

_PROCESS = uuid.uuid4().hex[:8]
_KEYED = frozenset(str(path) for path in keyed_files())


@overload
def kernel(function: Function, /) -> Function: ...
@overload
def kernel(function: None = None, /, **options: Any) -> Callable[[Function], Function]: ...
def kernel(function: Any = None, /, **options: Any) -> Any:
    """Compile a function with numba when it is first called, for the argument types it is called with.

    Use it bare, ``@kernel``, or with any of numba's options, ``@kernel(forceinline=True)``. No signature is taken, so
    importing a kernel compiles nothing. The interpreter lock is released while a kernel runs; ``NUMBA_BOUNDSCHECK=1``
    checks every index; ``NUMBA_DISABLE_JIT=1`` leaves the plain function. A kernel outside the files that the digest
    covers (in a test, say) is compiled for the process alone. One that Python calls, and other kernels too, is compiled
    once for each.
    """
    if function is None:
        return lambda actual: kernel(actual, **options)
    if numba.config.DISABLE_JIT:
        return function
    return _dispatcher(_Kernel, function, {**OPTIONS, **options}, "")


# _nrt: kernels allocate nothing, and without numba's runtime no reference is counted. Counting them for the arrays of a
# large world cost 400 times the work itself (0.1 against 40 million payments/s) and most of the compile time.
OPTIONS = {"nopython": True, "nogil": True, "_nrt": False, "no_cfunc_wrapper": True}


class _Kernel(CPUDispatcher):
    """A kernel as Python calls it. What other kernels call is ``inner``."""

    @cached_property
    def inner(self) -> Any:
        """The kernel without a way in from Python: to take a world apart there is more code than most kernels have."""
        return _dispatcher(CPUDispatcher, self.py_func, {**self.targetoptions, "no_cpython_wrapper": True}, ".inner")

    @property
    def _numba_type_(self) -> Any:
        return self.inner._numba_type_


def _dispatcher(kind: Any, function: Callable[..., Any], options: dict[str, Any], suffix: str) -> Any:
    """What compiles a function when it is called, or when a kernel that calls it is compiled."""
    compiled = kind(function, targetoptions=options)
    if CACHE.folder is not None and os.path.realpath(function.__code__.co_filename) in _KEYED:
        compiled.enable_caching()
        _name_apart(compiled._cache._cache_file, suffix)
    return compiled


def _name_apart(file: Any, suffix: str) -> None:
    """Give what is kept of a kernel names of its own: for the two ways it is called, and for this process.

    numba numbers files of machine code 1, 2, … by function. Two processes that compile different signatures at the same
    moment would both write number 1, and one signature would later be answered with the other's machine code.
    """
    file._index_path = file._index_path.removesuffix(".nbi") + f"{suffix}.nbi"
    file._data_name_pattern = file._data_name_pattern.replace("{number:d}", f"{_PROCESS}{suffix}.{{number:d}}")
