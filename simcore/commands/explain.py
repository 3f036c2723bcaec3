"""``luhai explain``: what a fault's code means and how to mend it."""

from __future__ import annotations

import difflib

import click


@click.command("explain")
@click.argument("code", metavar="[CODE]", required=False)
def command(code: str | None) -> None:
    """Explain a fault by its code.

    Without CODE, all codes with their titles.

    \b
    Example:
      luhai explain LH012
    """
    from simcore.codes import CODES

    if code is None:
        for key, entry in CODES.items():
            click.echo(f"{key}  {entry.title}")
        return
    wanted = code.strip().upper()
    if wanted not in CODES:
        near = difflib.get_close_matches(wanted, CODES, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`luhai explain` lists all."
        raise click.UsageError(f"there is no code {code!r}; {hint}")
    entry = CODES[wanted]
    click.echo(f"{wanted}: {entry.title}\n\n{entry.text}")
    if entry.example:
        click.echo(f"\nExample:\n\n{entry.example}")
