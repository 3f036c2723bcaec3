"""``luhai run``: run a scenario, write its tables and print a summary."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import out_option, scenario_argument, set_option


@click.command("run")
@scenario_argument
@out_option("The directory to make; runs/NAME-SEED if not given. It appears whole or not at all.")
@click.option("--seed", type=click.IntRange(min=0), help="The root of all chance; the file's seed if not given.")
@set_option
@click.option("--quiet", is_flag=True, help="Print neither progress nor summary.")
@click.option(
    "--compression",
    type=click.Choice(["zstd", "none"]),
    default="zstd",
    show_default=True,
    help="How the tables are packed; none allows a true memory map.",
)
@click.option("--replace", is_flag=True, help="Replace an earlier run in the same directory.")
def command(
    scenario: str,
    out: Path | None,
    seed: int | None,
    settings: tuple[str, ...],
    quiet: bool,
    compression: str,
    replace: bool,
) -> int | None:
    """Run a scenario and write its tables.

    SCENARIO is a path to a TOML file or the name of a catalogue entry (see `luhai list`). Prints a summary and the
    four proofs: money conserved, limits kept, every payment accounted for, digests of the tables.

    \b
    Example:
      luhai run chongqing-singapore --out runs/week --seed 65 --set scenario.days=2
    """
    from simcore.lean import lean_start

    with lean_start():
        from simcore.run_command import run_scenario

    return run_scenario(
        scenario, out=out, seed=seed, settings=settings, quiet=quiet, compression=compression, replace=replace
    )
