"""Replaces single values of a scenario: ``--set PATH=VALUE``, and the same from Python."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

from scenarios.document import Document, forget, refuse, sources_of
from scenarios.keys import KeyPath, Origin, listed, nearest, parse_path, shown_path, shown_value
from simcore.errors import Fault, ScenarioError

SETTING = Origin("--set")
# Tables whose keys are names the user chose; --set does not invent one by a slip of the finger.
NAMED = [
    ("participants",),
    ("rails",),
    ("routes",),
    ("flows",),
    ("corridors",),
    ("instant_links",),
    ("fx", "pairs"),
    ("fx", "dealers"),
]


def apply_settings(document: Document, settings: Mapping[str, Any] | Iterable[str]) -> None:
    """Replace single values: ``{"scenario.days": 2}`` or ``["scenario.days=2"]``; text is read as a TOML value.

    Raises
    ------
    ScenarioError    no key path, or one through something that isn't there
    """
    pairs: list[tuple[str, Any]] = []
    if isinstance(settings, Mapping):
        pairs = list(settings.items())
    else:
        for text in settings:
            name, equals, value = text.partition("=")
            if not equals:
                refuse("LH008", "--set", got=text, expected="PATH=VALUE", try_="--set scenario.days=2")
            pairs.append((name.strip(), value.strip()))
    faults = [fault for name, value in pairs for fault in _set(document, name, value)]
    if faults:
        raise ScenarioError(faults)


def _set(document: Document, name: str, value: Any) -> list[Fault]:
    """Replace one value; the faults are those of the path, the value is judged with all others later."""
    try:
        path = parse_path(name)
    except ValueError:
        return [Fault(code="LH008", where="--set", got=name, expected="a key path", try_="scenario.days")]
    table: Any = document.data
    real: KeyPath = ()  # with positions of arrays as numbers
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(table, list):
            if not str(part).isdecimal() or int(part) >= len(table):
                return [_set_fault(path, f"{shown_path(real)} has {len(table)} elements",
                                   "a position counted from 0", "")]  # fmt: skip
            key: str | int = int(part)
        elif isinstance(table, dict):
            key = part
            if real in NAMED and not last and key not in table:
                near = nearest(str(key), table)
                better = shown_path((*real, near, *path[depth + 1 :])) if near else ""
                return [_set_fault(path, f"{shown_path((*real, key))}, which the scenario doesn't have",
                                   f"one of {listed(table)}", better)]  # fmt: skip
        else:
            return [_set_fault(path, f"{shown_path(real)} is {shown_value(table)}", "a table to set a key of", "")]
        real = (*real, key)
        if last:
            table[key] = _read_value(value)
            forget(document.origins, {real, *sources_of(document, real, below=True)})
            document.origins[real] = SETTING
        elif isinstance(table, dict) and key not in table:
            table[key] = {}
            document.origins[real] = SETTING
        table = table[key]
    return []


def _set_fault(path: KeyPath, got: str, expected: str, try_: str) -> Fault:
    return Fault(code="LH008", where=f"--set: {shown_path(path)}", got=got, expected=expected, try_=try_)


def _read_value(value: Any) -> Any:
    """Text as a TOML value, falling back to itself; Python values as a TOML file would have given them."""
    if isinstance(value, str):
        try:
            parsed = tomllib.loads(f"value = {value}", parse_float=Decimal)
        except (ValueError, RecursionError):
            return value
        return parsed["value"] if set(parsed) == {"value"} else value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {str(key): item if isinstance(item, str) else _read_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [item if isinstance(item, str) else _read_value(item) for item in value]
    return deepcopy(value)
