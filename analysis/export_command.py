"""What ``luhai export`` does: write the files and print their paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.export import export
from analysis.tables import open_tables


def export_command(run: Path, form: str, names: Sequence[str], out: Path | None, replace: bool) -> int:
    """Write tables of a run in another format; 0 when every file is there."""
    for path in export(open_tables(run), form, names, out, replace):
        print(path)
    return 0
