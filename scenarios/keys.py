"""Key paths as people write them (``fx.pairs."USD/CNY".rate``), and the nearest valid name to a wrong one."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher, get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import Any

KeyPath = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
# Outside quotes anything but a dot goes, so that rails.MEPS+.queue can be typed without them.
_PART = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|([^."'\s](?:[^."']*[^."'\s])?))\s*(\.|$)""")


@dataclass(frozen=True)
class Origin:
    """Where a value was written."""

    file: str
    """As shown to the user: a path, ``--set`` or ``--seed``."""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


def shown_key(part: str | int) -> str:
    """One part of a key path, quoted where TOML wants quotes."""
    text = str(part)
    if _BARE.fullmatch(text):
        return text
    escaped = "".join(
        f"\\u{ord(letter):04x}" if ord(letter) < 32 or ord(letter) == 127 else letter
        for letter in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{escaped}"'


def shown_path(path: KeyPath) -> str:
    """A key path as it can be typed after ``--set``; positions in arrays are numbers: ``routes.a.hops.0.rail``."""
    return ".".join(shown_key(part) for part in path)


def shown_file(path: Path) -> str:
    """A file relative to the working folder where that is shorter."""
    absolute = Path(os.path.abspath(path))
    return absolute.relative_to(Path.cwd()).as_posix() if absolute.is_relative_to(Path.cwd()) else str(absolute)


def shown_value(value: Any) -> str:
    """A value from a TOML file in one short line, as it would be written there."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str):
        text = '"' + value.encode("unicode_escape").decode() + '"' if not value.isprintable() else f'"{value}"'
    elif isinstance(value, dict):
        text = "{ " + ", ".join(shown_key(key) for key in value) + " }" if value else "an empty table"
        text = text if not value else f"a table {text}"
    elif isinstance(value, list):
        text = "[" + ", ".join(shown_value(item) for item in value[:4]) + (", …]" if len(value) > 4 else "]")
    elif isinstance(value, Decimal | int):
        text = str(value)
    else:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text if len(text) <= 100 else text[:97] + "…"


def has_control(text: str) -> bool:
    """Whether a text holds a control character, which no key may."""
    return any(ord(letter) < 32 or ord(letter) == 127 for letter in text)


def parse_path(text: str) -> KeyPath:
    """Return the parts of a dotted key path, quoted or not; ValueError when it is none."""
    parts: list[str | int] = []
    at = 0
    while True:
        match = _PART.match(text, at)
        if match is None:
            raise ValueError(f"{text!r} is no key path")
        double, single, bare, end = match.groups()
        if double is not None:
            try:
                parts.append(tomllib.loads(f'k = "{double}"')["k"])
            except tomllib.TOMLDecodeError:
                raise ValueError(f"{text!r} is no key path") from None
        else:
            parts.append(single if single is not None else bare)
        at = match.end()
        if has_control(str(parts[-1])):
            raise ValueError(f"{text!r} holds a control character")
        if not end:
            return tuple(parts)


def nearest(name: str, names: Iterable[str], cutoff: float = 0.5) -> str:
    """The valid name most like a wrong one, letters' case aside; empty when none is like it."""
    known: dict[str, str] = {}
    for candidate in names:
        known.setdefault(candidate.casefold(), candidate)
    wanted = str(name).casefold()
    found = get_close_matches(wanted, known, n=5, cutoff=cutoff)
    if not found:
        return ""

    def likeness(candidate: str) -> tuple[float, int]:
        begin = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(candidate, wanted)))
        return SequenceMatcher(None, candidate, wanted).ratio(), begin

    return known[max(found, key=likeness)]


def days_text(days: int) -> str:
    """``1 day``, ``5 days``."""
    return f"{days} day" if days == 1 else f"{days} days"


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names in one line, cut where there are many."""
    names = list(names)
    return (
        ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "") if names else "none yet"
    )
