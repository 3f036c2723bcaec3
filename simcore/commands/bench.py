"""``luhai bench``: the benchmarks of the source tree."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]


@click.command("bench", context_settings={"ignore_unknown_options": True})
@click.argument("name", metavar="[NAME]", default="throughput")
@click.argument("arguments", metavar="[ARGUMENT]...", nargs=-1, type=click.UNPROCESSED)
def command(name: str, arguments: tuple[str, ...]) -> int | None:
    """Measure the speed of this machine's Luhai.

    The benchmarks are part of the source tree and not of an installed Luhai. NAME is throughput if not given; what
    follows it is handed on.

    \b
    Example:
      luhai bench throughput
    """
    folder = ROOT / "benchmarks"
    if not (folder / "__init__.py").is_file():
        raise click.UsageError(
            f"no benchmarks here: {folder} does not exist. They come with the source tree, not with the installed "
            "package; clone the repository and call `make bench` there."
        )
    known = sorted(path.stem for path in folder.glob("*.py") if "\ndef main(" in path.read_text(encoding="utf-8"))
    if name not in known:
        raise click.UsageError(f"no benchmark is called {name!r}; there is {', '.join(known)}")
    sys.path.insert(0, str(ROOT))
    result: int | None = importlib.import_module(f"benchmarks.{name}").main(list(arguments))
    return result
