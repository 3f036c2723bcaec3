"""``luhai plot``: the pictures of a run."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import out_option, run_argument

COLUMN_MM = 85.0


class WithPictures(click.Command):
    """A command whose help ends with the list of pictures, read only when help is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list."""
        from analysis.plots import FIGURES

        with formatter.section("Pictures (* drawn without being named)"):
            formatter.write_dl([(f"{name}{' *' * entry.standard}", entry.shows) for name, entry in FIGURES.items()])


def complete_figure(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of pictures that start so."""
    from analysis.plots import FIGURES

    return [name for name in FIGURES if name.startswith(incomplete)]


@click.command("plot", cls=WithPictures)
@run_argument
@click.argument("more", metavar="[RUN | FIGURE]...", nargs=-1, shell_complete=complete_figure)
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
    "--width",
    type=click.Choice(["page", "column"]),
    default="page",
    show_default=True,
    help="As wide as the text of a page (170 mm), or as one of its two columns (85 mm).",
)
@click.option("--all", "everything", is_flag=True, help="Every picture there is.")
@click.option(
    "--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of labels."
)
def command(
    run: Path, more: tuple[str, ...], form: str, out: Path | None, width: str, everything: bool, language: str
) -> int | None:
    """Draw the pictures of a run.

    Without FIGURE, the standard ones; of several runs of the same payments, liquidity_delay.

    \b
    Example:
      luhai plot runs/week --format svg --lang zh
    """
    from analysis.plots import FIGURES, plot_command

    # What isn't the name of a picture is a run if there is such a folder, else a name misspelt.
    others = [Path(each) for each in more if each not in FIGURES and Path(each).is_dir()]
    figures = [each for each in more if Path(each) not in others]
    if everything and (figures or others):
        raise click.UsageError("--all draws every picture of one run: name neither pictures nor other runs beside it")

    width_mm = {"page": None, "column": COLUMN_MM}[width]
    return plot_command(
        [run, *others], figures=figures, form=form, out=out, language=language, everything=everything, width_mm=width_mm
    )
