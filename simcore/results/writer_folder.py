"""The directory of a run while it is being made: a hidden sibling that becomes the run directory in one rename."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simcore.errors import ScenarioError
from simcore.results.provenance import is_run

_mine: set[Path] = set()  # hidden folders this process is filling


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # somebody else's process; better to leave its folder alone
    return True


def sync_folder(path: Path) -> None:
    """Make the names in a folder last through a power cut, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def said_where(path: Path, doing: str) -> Iterator[None]:
    """Turn what the system says about a path that can't be written into a fault (LH072, LH073 for a full disk)."""
    try:
        yield
    except OSError as error:
        full = "space" in str(error).lower() or "quota" in str(error).lower()
        raise ScenarioError.one(
            "LH073" if full else "LH072", str(path), got=f"{error.strerror or error} while {doing}",
            expected="room for the tables" if full else "a place that can be written", try_="another --out",
        ) from error  # fmt: skip


class HiddenFolder:
    """The hidden sibling of ``out`` that a run is written into.

    Making one checks ``out``, clears what killed runs left behind and creates the folder; ``publish`` renames it to
    ``out``; ``discard`` removes it. Nothing stands at ``out`` in between.

    Raises
    ------
    ScenarioError   LH070 something stands at ``out``, LH071 it should be replaced but isn't a run, LH072 the place
                    can't be written, LH074 this process is already writing it
    """

    def __init__(self, out: Path, replace: bool) -> None:
        self.out = Path(os.path.abspath(out))
        self.replace = replace
        self.path = self.out.with_name(f".{self.out.name}.partial-{os.getpid()}")
        if self.path in _mine:
            raise ScenarioError.one("LH074", str(out), got="two runs at once", expected="one", try_="another --out")
        self._made: list[Path] = []
        with said_where(self.out.parent, "making the directory"):
            self._clear_leftovers()
            self._check_out()
            missing = [parent for parent in self.out.parents if not parent.exists()]
            for parent in reversed(missing):
                parent.mkdir(exist_ok=True)
                self._made.append(parent)
            self.path.mkdir()
        _mine.add(self.path)

    def _check_out(self) -> None:
        if not os.path.lexists(self.out):
            return
        if not self.replace:
            got = "a run that is already there" if is_run(self.out) else "something that is already there"
            tries = "--replace, or another --out" if is_run(self.out) else "another --out"
            raise ScenarioError.one("LH070", str(self.out), got=got, expected="a new directory", try_=tries)
        if self.out.is_symlink() or not is_run(self.out):
            raise ScenarioError.one(
                "LH071", str(self.out), got="no run of Luhai",
                expected="a run directory, as only that is replaced", try_="another --out",
            )  # fmt: skip

    def _clear_leftovers(self) -> None:
        """Remove the hidden folders of processes that were killed; give back a run they had moved aside."""
        pattern = re.compile(re.escape(f".{self.out.name}.") + r"(partial|replaced)-(\d{1,9})")
        for path in sorted(self.out.parent.glob(".*")) if self.out.parent.is_dir() else ():
            found = pattern.fullmatch(path.name)
            if not found or path in _mine or (int(found[2]) != os.getpid() and _alive(int(found[2]))):
                continue
            if found[1] == "replaced" and not os.path.lexists(self.out):
                path.rename(self.out)
            else:
                shutil.rmtree(path)

    def publish(self) -> Path:
        """Rename to ``out``; an earlier run there is removed once the new one stands in its place."""
        aside = self.out.with_name(f".{self.out.name}.replaced-{os.getpid()}")
        with said_where(self.out, "publishing the run"):
            sync_folder(self.path)
            self._check_out()
            replacing = self.out.exists()
            if replacing:
                self.out.rename(aside)
            try:
                self.path.rename(self.out)
            except OSError:
                if replacing:
                    aside.rename(self.out)
                raise
            sync_folder(self.out.parent)
            _mine.discard(self.path)
            if replacing:
                shutil.rmtree(aside, ignore_errors=True)
        return self.out

    def discard(self) -> None:
        """Remove the folder, and parents made for it that are empty again."""
        if self.path in _mine:
            shutil.rmtree(self.path, ignore_errors=True)
            _mine.discard(self.path)
            for parent in reversed(self._made):
                with suppress(OSError):
                    parent.rmdir()
