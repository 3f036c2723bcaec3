"""``luhai net``: one netting or offsetting algorithm over a table of obligations."""

from __future__ import annotations

from pathlib import Path

import click

from simcore.commands.options import out_option


@click.command("net")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--algorithm", "-a", metavar="NAME", help="Which algorithm; `luhai net --list` shows them.")
@click.option(
    "--balances", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Openings and debit limits."
)
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="A parameter of the algorithm.")
@click.option("--seed", type=click.IntRange(min=0), help="For algorithms that draw; without effect on others.")
@out_option("The directory to make, with settled.arrow, positions.arrow and net.json. Whole or not at all.")
@click.option("--list", "list_them", is_flag=True, help="Show every algorithm with its parameters, and leave.")
def command(
    file: Path | None,
    algorithm: str | None,
    balances: Path | None,
    settings: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    list_them: bool,
) -> int | None:
    """Net or offset a table of obligations with one algorithm.

    FILE is CSV, Parquet or Arrow with the columns id, debtor, creditor, amount (or amount_minor) and currency, and
    perhaps priority and entered_at; the order of its rows is the order of the queue. Each currency is netted by
    itself. The file of balances has participant, currency, opening and perhaps debit_limit (or opening_minor,
    debit_limit_minor); without it everybody opens with 0, with it everybody must have a row.

    \b
    Example:
      luhai net queue.csv --algorithm gridlock_resolution --balances openings.csv --out netted
    """
    from simcore.net import list_command, net_command

    if list_them:
        return list_command()
    if file is None or algorithm is None:
        raise click.UsageError("name a FILE and an --algorithm; `luhai net --list` shows the algorithms")
    return net_command(file, algorithm, balances=balances, settings=settings, seed=seed, out=out)
