"""``luhai show``: what a scenario really contains."""

from __future__ import annotations

import click

from simcore.commands.options import scenario_argument, set_option


@click.command("show")
@scenario_argument
@set_option
@click.option("--resolved", is_flag=True, help="The full TOML with every default written out; it loads again.")
@click.option("--origin", is_flag=True, help="Where each value came from: file and line, --set, or default.")
def command(scenario: str, settings: tuple[str, ...], resolved: bool, origin: bool) -> int | None:
    """Show what a scenario really contains.

    Without options: participants, rails, accounts, routes and flows in a summary.

    \b
    Example:
      luhai show chongqing-singapore --resolved
    """
    from scenarios.describe import show_command

    return show_command(scenario, settings=settings, resolved=resolved, origin=origin)
