"""Arguments and options that several subcommands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
CATALOGUE = Path(__file__).resolve().parents[2] / "scenarios" / "catalogue"


def complete_scenario(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the catalogue, variants too, that start so, and then whatever files the shell finds."""
    files = CATALOGUE.glob("*/*.toml")
    names = sorted(path.parent.name + f"/{path.stem}" * (path.name != "scenario.toml") for path in files)
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return [*found, CompletionItem(incomplete, type="file")]


scenario_argument = click.argument("scenario", metavar="SCENARIO", shell_complete=complete_scenario)

run_argument = click.argument(
    "run", metavar="RUN", type=click.Path(exists=True, file_okay=False, path_type=Path, readable=True)
)

set_option = click.option(
    "--set",
    "settings",
    metavar="PATH=VALUE",
    multiple=True,
    help="Replace one value of the file by its key path, say scenario.days=2; may be given again and again.",
)


def out_option(text: str) -> Callable[[Decorated], Decorated]:
    """``--out DIR``, with its own explanation for each command."""
    return click.option("--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help=text)
