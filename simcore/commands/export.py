"""``luhai export``: the tables of a run for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import out_option, run_argument


@click.command("export")
@run_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv", "xlsx", "dta"]),
    default="parquet",
    show_default=True,
    help="The kind of file: Parquet, CSV, an Excel workbook or Stata.",
)
@click.option("--table", "names", metavar="NAME", multiple=True, help="Only this table; may be given again and again.")
@out_option("Where the files go; export/ inside the run if not given.")
@click.option("--replace", is_flag=True, help="Replace files of the same names.")
def command(run: Path, form: str, names: tuple[str, ...], out: Path | None, replace: bool) -> int | None:
    """Write the tables of a run as Parquet, CSV, Excel or Stata files.

    Excel and Stata need the extra 'export': pip install 'luhai[export]'.

    \b
    Example:
      luhai export runs/week --format csv --table payments --out week
    """
    from analysis.export_command import export_command

    return export_command(run, form, names, out, replace)
