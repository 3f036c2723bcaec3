"""The ``luhai`` command: a table of subcommands that are imported only when they are called, and its exit codes.

Exit codes: 0 done; 2 the user's fault, nothing written; 3 a check of ours failed; 1 anything else; 130 interrupted.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from simcore import __distribution__, __version__
from simcore.errors import LuhaiError

# name: (module, short help). Static, so that `luhai --help` imports no subcommand; a test compares it with the modules.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("simcore.commands.run", "Run a scenario and write its tables."),
    "check": ("simcore.commands.check", "Report every fault of a scenario file at once."),
    "show": ("simcore.commands.show", "Show what a scenario really contains."),
    "list": ("simcore.commands.list_", "List the scenarios of the catalogue."),
    "new": ("simcore.commands.new", "Copy a scenario of the catalogue to edit it."),
    "audit": ("simcore.commands.audit", "Recompute the books of a run from its tables alone."),
    "rerun": ("simcore.commands.rerun", "Run again and compare the tables byte by byte."),
    "net": ("simcore.commands.net", "Net or offset a table of obligations with one algorithm."),
    "plot": ("simcore.commands.plot", "Draw the pictures of a run."),
    "compare": ("simcore.commands.compare", "Compare runs, and their routes, in one table."),
    "measures": ("simcore.commands.measures", "Print the measures of a run, and its liquidity against the bounds."),
    "export": ("simcore.commands.export", "Write the tables of a run as Parquet, CSV, Excel or Stata files."),
    "report": ("simcore.commands.report", "Write one page about a run, or about several side by side."),
    "bench": ("simcore.commands.bench", "Measure the speed of this machine's Luhai."),
    "schema": ("simcore.commands.schema", "Print the JSON Schema of scenario files, for editors."),
    "explain": ("simcore.commands.explain", "Explain a fault by its code."),
    "doctor": ("simcore.commands.doctor", "Look over this installation and name its problems."),
    "completion": ("simcore.commands.completion", "Print what makes a shell complete luhai's commands."),
}
PACKAGES = ("simcore", "fx", "scenarios", "analysis")
ROOT = Path(__file__).resolve().parent.parent
# These put down one file after another, so "nothing was written" need not be true of them.
WRITE_PIECEMEAL = ("plot", "bench", "doctor")


class LazyGroup(click.Group):
    """A group that knows its commands' names and short help without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message=f"{__distribution__} %(version)s")
def group() -> None:
    """Luhai: a laboratory for cross-border settlement.

    One scenario file says who holds accounts where, which rails settle what and when, and who pays whom. Luhai runs
    it and writes Arrow tables whose books are proved.

    \b
    Start here:
      luhai list                                    what the catalogue has
      luhai run chongqing-singapore --out runs/first
      luhai plot runs/first
    """


def shadowed() -> list[str]:
    """One sentence for each of our four packages that would be imported from somewhere else, or was overwritten.

    A user's ``analysis.py`` in the working folder, or a package of the same name installed later, would be imported
    in place of ours without a word. Nothing is imported here.
    """
    problems = []
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        expected = ROOT / name / "__init__.py"
        found = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if found is None:
            problems.append(f"the package '{name}' is missing: expected {expected}. Install Luhai again.")
        elif found != expected:
            problems.append(
                f"'{name}' would be imported from {found}, which hides Luhai's own {expected}. "
                "Rename that file or folder, take it off PYTHONPATH, or start Python with -P."
            )
        elif f'__distribution__ = "{__distribution__}"' not in found.read_text(encoding="utf-8"):
            problems.append(
                f"{found} was overwritten by another installed package called '{name}'. "
                "Remove that package and install Luhai again, in an environment of its own."
            )
    return problems


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    sys.exit(status(sys.argv[1:] if arguments is None else arguments))


def status(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; every message about what went wrong goes to standard error."""
    called = arguments[0] if arguments else ""
    try:
        if called != "doctor" and (problems := shadowed()):
            _say("\n".join(f"luhai: {problem}" for problem in problems))
            return 2
        result: Any = group.main(list(arguments), prog_name="luhai", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted" if called in WRITE_PIECEMEAL else "interrupted; nothing was written")
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except LuhaiError as error:
        _say(str(error))
        return error.exit_code
    except BrokenPipeError:
        # The reader (`| head`) has left. Python would complain once more when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("LUHAI_DEBUG"):
            raise
        _say(f"luhai: unexpected {type(error).__name__}: {error}\nrun with LUHAI_DEBUG=1 for the trace")
        return 1
    return result if isinstance(result, int) else 0


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
