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
    """Catalogue names that start so, and then whatever files the shell finds."""
    names = sorted(path.parent.name for path in CATALOGUE.glob("*/scenario.toml"))
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return [*found, CompletionItem(incomplete, type="file")]


def split_settings(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """``PATH=VALUE`` texts as a dictionary; a path given twice takes its last value."""
    settings = {}
    for text in values:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise click.BadParameter(
                f"{text!r} is not PATH=VALUE; write for example --set scenario.days=2", ctx=ctx, param=param
            )
        settings[path.strip()] = value.strip()
    return settings


scenario_argument = click.argument("scenario", metavar="SCENARIO", shell_complete=complete_scenario)

run_argument = click.argument(
    "run", metavar="RUN", type=click.Path(exists=True, file_okay=False, path_type=Path, readable=True)
)

set_option = click.option(
    "--set",
    "settings",
    metavar="PATH=VALUE",
    multiple=True,
    callback=split_settings,
    help="Replace one value of the file, by its key path; may be given again and again.",
)


def out_option(text: str) -> Callable[[Decorated], Decorated]:
    """``--out DIR``, with its own explanation for each command."""
    return click.option("--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help=text)
