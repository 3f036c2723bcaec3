"""``luhai new``: copy a catalogue scenario to edit it."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import complete_scenario


@click.command("new")
@click.argument("name", metavar="NAME")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--from",
    "entry",
    metavar="ENTRY",
    default="fifo-day",
    show_default=True,
    shell_complete=complete_scenario,
    help="The catalogue entry to copy.",
)
def command(name: str, directory: Path | None, entry: str) -> int | None:
    """Copy a scenario of the catalogue to edit it.

    Makes the folder NAME inside DIR (the working folder if not given) with the entry's scenario.toml, its data, its
    README and the JSON Schema that lets an editor complete the file.

    \b
    Example:
      luhai new my-corridor --from chongqing-singapore
    """
    from scenarios.describe import new_command

    return new_command(name, directory=directory, entry=entry)
