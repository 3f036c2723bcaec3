"""``luhai rerun``: run again from the run document."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import out_option, run_argument


@click.command("rerun")
@run_argument
@out_option("Keep the second run there; it is thrown away if not given.")
def command(run: Path, out: Path | None) -> int | None:
    """Run again and compare the tables byte by byte.

    Exits with 3 and names the table if any byte differs.

    \b
    Example:
      luhai rerun runs/week
    """
    from simcore.lean import lean_start

    with lean_start():
        from simcore.run_command import rerun

    return rerun(run, out=out)
