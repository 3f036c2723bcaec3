"""A finished run, opened: its run document and its tables, each memory-mapped when first asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simcore.results.provenance import read_manifest, verify
from simcore.results.schema import tables_of

if TYPE_CHECKING:
    import pyarrow as pa


class Run:
    """One run directory.

    ``path`` is the directory and ``manifest`` the run document. Each table is a ``pyarrow.Table``; without compression
    its columns stay on the disk until they are read. Open it with :func:`open_run`.
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest

    def table(self, name: str) -> pa.Table:
        """The table of this name, read anew: one of ``simcore.results.schema.ALL_TABLES`` that the run has."""
        import pyarrow as pa

        names = tables_of(self.manifest.get("scenario"))
        if name not in names:
            raise KeyError(f"no table is called {name!r}; there is {', '.join(names)}")
        with pa.memory_map(str(self.path / f"{name}.arrow")) as source:
            return pa.ipc.open_file(source).read_all()

    @cached_property
    def payments(self) -> pa.Table:
        """One row per payment, in the order of their outcomes."""
        return self.table("payments")

    @cached_property
    def obligations(self) -> pa.Table:
        """One row per movement of money and per obligation that didn't settle."""
        return self.table("obligations")

    @cached_property
    def accounts(self) -> pa.Table:
        """One row per account and business day."""
        return self.table("accounts")

    @cached_property
    def balances(self) -> pa.Table:
        """Balance and queue of each account on the time grid."""
        return self.table("balances")

    @cached_property
    def cycles(self) -> pa.Table:
        """One row per run of a mechanism."""
        return self.table("cycles")

    @cached_property
    def fx(self) -> pa.Table:
        """Quotes, in the order they came into force."""
        return self.table("fx")

    @cached_property
    def events(self) -> pa.Table:
        """Control events: opened, closed, funding, sweep and so on."""
        return self.table("events")

    def __repr__(self) -> str:
        counts = ", ".join(f"{entry['rows']:,} {name}" for name, entry in self.manifest["tables"].items())
        return f"<Run {self.path}: {counts}>"


def open_run(path: Path | str, verify: bool = True) -> Run:
    """Open a run directory.

    Parameters
    ----------
    path : path       the directory that ``luhai run`` made
    verify : bool     compare bytes, SHA-256 and rows of every table with the run document first

    Raises
    ------
    ScenarioError     not a run directory, another schema version, or a file that is not the one that was written
    """
    path = Path(path)
    return Run(path, _verified(path) if verify else read_manifest(path))


_verified = verify
