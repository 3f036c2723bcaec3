"""``luhai compare``: runs side by side on the same payments."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("compare")
@click.argument(
    "runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it as .arrow, .csv, .json or .tex.",
)
def command(runs: tuple[Path, ...], out: Path | None) -> int | None:
    """Compare runs, and their routes, in one table.

    Several runs must have had the same payments to make (the same seed and flows); differences to the first come with
    an interval. Runs of one scenario under several seeds are its replicates: give each policy under the same seeds,
    and means and differences come with intervals over them.

    \b
    Example:
      luhai compare runs/week --out table.csv
    """
    if out is not None and out.suffix not in (".arrow", ".csv", ".json", ".tex"):
        raise click.BadParameter(f"{out.name} must end in .arrow, .csv, .json or .tex", param_hint="--out")
    from analysis.compare_command import compare_command

    return compare_command(runs, out)
