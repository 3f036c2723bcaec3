"""``luhai plot``: the pictures of a run."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import out_option, run_argument


@click.command("plot")
@run_argument
@click.argument("figures", metavar="[FIGURE]...", nargs=-1)
@click.option(
    "--format",
    "form",
    type=click.Choice(["png", "svg", "pdf"]),
    default="png",
    show_default=True,
    help="The kind of file.",
)
@out_option("Where the pictures go; figures/ inside the run if not given.")
@click.option(
    "--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of labels."
)
def command(run: Path, figures: tuple[str, ...], form: str, out: Path | None, language: str) -> int | None:
    """Draw the pictures of a run.

    Without FIGURE, all of them.

    \b
    Example:
      luhai plot runs/week --format svg --lang zh
    """
    from analysis.plots import plot_command

    return plot_command(run, figures=figures, form=form, out=out, language=language)
