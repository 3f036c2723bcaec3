"""Where two resolved scenarios differ, by key path, and the ``--set`` that makes one of the other."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Difference:
    """One value that two scenarios don't share; ``None`` where one of them has nothing there."""

    path: KeyPath
    before: Any
    after: Any


def differences(before: Any, after: Any, path: KeyPath = ()) -> Iterator[Difference]:
    """Every difference between two resolved scenarios, in the order of the first, then what only the second has.

    Tables are compared key by key, arrays of one length element by element; anything else as a whole.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differences(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, pair in enumerate(zip(before, after, strict=True)):
            yield from differences(*pair, (*path, position))
    elif before != after:
        yield Difference(path, before, after)


def parts_of(text: str) -> KeyPath:
    """The parts of a key path as scenario files write it: ``fx.pairs."USD/CNY".rate``; positions stay text."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([^."\']+)', text)
    return tuple(quoted or single or bare.strip() for quoted, single, bare in found)


def path_text(path: KeyPath) -> str:
    """A key path as it can be typed after ``--set``."""
    return ".".join(str(part) if re.fullmatch(r"[^\s.=\"']+", str(part)) else _toml(str(part)) for part in path)


def setting(difference: Difference) -> str | None:
    """``PATH=VALUE`` that turns the first scenario into the second here; None where a value would have to go away."""
    if difference.after is None:
        return None
    value = difference.after
    text = value if isinstance(value, str) and _is_plain(value) else _toml(value)
    return f"{path_text(difference.path)}={text}"


def _is_plain(text: str) -> bool:
    """Whether a text is read as itself when it stands without quotes."""
    if not text.isprintable() or text != text.strip() or not text:
        return False
    try:
        tomllib.loads(f"value = {text}")
    except ValueError:
        return True
    return False


def _toml(value: Any) -> str:
    """A plain value in one line of TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def said(value: Any) -> str:
    """A value of a resolved scenario in words: keys and values of tables one after the other; empty for nothing."""
    if isinstance(value, dict):
        return ", ".join(
            f"{str(key).replace('_', ' ')} " + (f"({said(each)})" if isinstance(each, dict) else said(each))
            for key, each in value.items()
            if said(each)
        )
    if isinstance(value, list):
        tables = any(isinstance(each, dict) for each in value)
        return ("; " if tables else ", ").join(said(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
