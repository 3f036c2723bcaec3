"""``luhai schema``: the JSON Schema of scenario files."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files, for editors.

    \b
    Example:
      luhai schema > luhai.schema.json     then start the scenario file with  #:schema ./luhai.schema.json
    """
    from scenarios.loader import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
