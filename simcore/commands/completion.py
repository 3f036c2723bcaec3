"""``luhai completion``: let a shell complete luhai's commands, options and scenario names."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print what makes a shell complete luhai's commands.

    \b
    Example:
      luhai completion fish > ~/.config/fish/completions/luhai.fish
      luhai completion bash > ~/.local/share/bash-completion/completions/luhai
      luhai completion zsh > ~/.zfunc/_luhai
    """
    from simcore.cli import group

    kind = get_completion_class(shell)
    assert kind is not None, "click completes all three"
    completion = kind(group, {}, "luhai", "_LUHAI_COMPLETE")
    # The script itself, not click's source(), which first asks the shell for its version and needs it to be installed.
    click.echo(completion.source_template % completion.source_vars())
