"""``luhai check``: every fault of a scenario file at once."""

from __future__ import annotations

import click

from simcore.commands.options import scenario_argument, set_option


@click.command("check")
@scenario_argument
@set_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json is for editors and scripts.",
)
def command(scenario: str, settings: tuple[str, ...], form: str) -> int | None:
    """Report every fault of a scenario file at once.

    Each fault names file, line and key path, what was found, what was expected and the nearest valid name. Exits
    with 2 if there is any. `luhai explain CODE` says more about one.

    \b
    Example:
      luhai check my/scenario.toml
    """
    from scenarios.describe import check_command

    return check_command(scenario, settings=settings, form=form)
