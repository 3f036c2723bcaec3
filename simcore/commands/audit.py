"""``luhai audit``: the books of a run, recomputed by another path."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import run_argument


@click.command("audit")
@run_argument
@click.option(
    "--no-rerun", is_flag=True, help="Leave out the fourth proof: running again takes as long as the run did."
)
def command(run: Path, no_rerun: bool) -> int | None:
    """Recompute the books of a run from its tables alone.

    Proves with code that shares nothing with the engine that money was conserved, no account passed its limit and
    every payment adds up along its hops; then runs the scenario again and compares the tables byte by byte. Exits
    with 3 and names the row if anything differs.

    \b
    Example:
      luhai audit runs/week
    """
    from simcore.lean import lean_start

    with lean_start():
        from simcore.results.audit import audit_command

    failed = audit_command(run)
    if failed or no_rerun:
        return failed
    from simcore.run_command import rerun

    return rerun(run)
