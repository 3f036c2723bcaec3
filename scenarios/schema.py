"""Finishes the JSON Schema of scenario files: adds the keys that are gone before typing, drops generated titles."""

from __future__ import annotations

from typing import Any

TITLE = "Luhai scenario"


def finish(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with ``extends``, ``remove`` and ``[accounts] file``, and without generated titles.

    No table is asked for at the top, so that an editor lets a scenario be written from its first line on.
    """
    schema = _without_titles(schema)
    definitions = schema.get("$defs", {})
    root = definitions.pop("Scenario") if schema.get("$ref", "").endswith("/Scenario") else schema
    properties = dict(root["properties"])
    properties["extends"] = {
        "type": "string",
        "description": "A TOML file beside this one, or a catalogue name. Tables merge; scalars and arrays replace. "
        "A file that extends another leaves out keys this schema asks for, so it does without the #:schema line.",
    }
    properties["remove"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "Key paths of inherited entries to take away, such as participants.X.",
    }
    rows = properties["accounts"]
    properties["accounts"] = {
        "type": "object",
        "description": rows.get("description", "rail → participant → account."),
        "properties": {"file": {"type": "string", "description": "CSV with rail, participant, currency, opening, "
                                "debit_limit and optionally reserved, funding, collateral, haircut, "
                                "funded_by, settled_by."}},
        "additionalProperties": rows["additionalProperties"],
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "description": root.get("description", ""),
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": definitions,
    }


def _without_titles(value: Any, names: bool = False) -> Any:
    """Drop the titles made from key names; ``names`` says that the keys here are names of the scenario's own."""
    if isinstance(value, dict):
        return {
            key: _without_titles(item, key in ("properties", "$defs"))
            for key, item in value.items()
            if names or not (key == "title" and isinstance(item, str))
        }
    return [_without_titles(item) for item in value] if isinstance(value, list) else value
