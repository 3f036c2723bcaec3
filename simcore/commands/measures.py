"""``luhai measures``: the measures of one run, cut as asked."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import run_argument


@click.command("measures")
@run_argument
@click.argument("names", metavar="[MEASURE]...", nargs=-1)
@click.option("--by", metavar="CUT", default="run", show_default=True,
              help="run, rail, route, corridor, participant, currency, purpose, flow, day, hour, pair or outage; of "
                   "wallets also holders, country, class or status.")  # fmt: skip
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write it as .arrow, .csv or .json."
)
def command(run: Path, names: tuple[str, ...], by: str, out: Path | None) -> int | None:
    """Print the measures of a run, and its liquidity against the bounds.

    Without MEASURE, all that can be cut so.

    \b
    Example:
      luhai measures runs/week settled_value within_hour --by route
    """
    if out is not None and out.suffix not in (".arrow", ".csv", ".json"):
        raise click.BadParameter(f"{out.name} must end in .arrow, .csv or .json", param_hint="--out")
    from analysis.measures_command import measures_command

    return measures_command(run, names, by, out)
