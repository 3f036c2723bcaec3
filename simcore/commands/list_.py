"""``luhai list``: the scenarios of the catalogue."""

from __future__ import annotations

import click


@click.command("list")
def command() -> int | None:
    """List the scenarios of the catalogue.

    \b
    Example:
      luhai list
    """
    from scenarios.describe import list_command

    return list_command()
