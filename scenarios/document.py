"""A scenario file as read: its data, and for each value where it was written; faults of the text itself."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from scenarios.keys import KeyPath, Origin, has_control, parse_path, shown_file, shown_path
from scenarios.locate import MOST_DEPTH, TooDeep, locate
from simcore.errors import Fault, ScenarioError

MOST_BYTES = 64 * 2**20


@dataclass
class Document:
    """A merged scenario before it is typed."""

    file: Path
    """The file the user named."""
    folder: Path
    """Its folder, links followed: where the data files are."""
    data: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, Origin] = field(default_factory=dict)

    def origin(self, path: KeyPath) -> Origin:
        """Where a value was written; for one that is missing, the table it should be in."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path, Origin(shown_file(self.file)))

    def where(self, path: KeyPath) -> str:
        """Place and key path, as faults show them."""
        return f"{self.origin(path)}: {shown_path(path)}" if path else str(self.origin(path))


def forget(origins: dict[KeyPath, Origin], paths: set[KeyPath]) -> None:
    """Drop what is known of these paths and everything below them."""
    if not paths:
        return
    for known in list(origins):
        if any(known[:length] in paths for length in range(1, len(known) + 1)):
            del origins[known]


def refuse(code: str, where: str, *, got: str, expected: str, try_: str = "") -> NoReturn:
    """Stop at a single fault."""
    raise ScenarioError.one(code, where, got=got, expected=expected, try_=try_)


def read_text(path: Path) -> str:
    """Return the text of a file, refusing what is too large, no regular file, not UTF-8, or holds a NUL."""
    name = shown_file(path)
    try:
        if not path.is_file():
            refuse("LH002", name, got="no regular file" if path.exists() else "no such file", expected="a text file")
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ScenarioError.one("LH002", name, got=error.strerror or str(error), expected="a readable file") from None
    if len(raw) > MOST_BYTES:
        refuse("LH002", name, got="more than 64 MB", expected="a text file of at most 64 MB")
    at = raw.find(b"\0")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start if at < 0 else min(at, error.start)
        text = ""
    if at >= 0:
        line = raw.count(b"\n", 0, at) + 1
        refuse("LH002", f"{name}:{line}", got=f"the byte 0x{raw[at]:02x}", expected="text in UTF-8",
                try_="save the file as UTF-8")  # fmt: skip
    return text


def read_toml(file: Path) -> tuple[dict[str, Any], dict[KeyPath, Origin]]:
    """Return the data of a TOML file, decimals exact, and where each key stands; ScenarioError when it is none."""
    text = read_text(file)
    name = shown_file(file)
    try:
        located = locate(text)  # first: it refuses the nesting that would overrun the reader
        data = tomllib.loads(text, parse_float=Decimal)
    except (TooDeep, RecursionError) as error:
        where = f"{name}:{error.line}:{error.column}" if isinstance(error, TooDeep) else name
        raise ScenarioError.one("LH003", where, got="deeper nesting", expected=f"at most {MOST_DEPTH} levels") from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([_toml_fault(name, text, str(error))]) from None
    except ValueError as error:  # an integer of more digits than Python reads
        raise ScenarioError.one("LH003", name, got=str(error).split(":")[0], expected="shorter numbers") from None
    for path, position in located.positions.items():
        if isinstance(path[-1], str) and has_control(path[-1]):
            refuse("LH017", f"{name}:{position[0]}:{position[1]}", got=shown_path(path),
                   expected="keys without control characters")  # fmt: skip
    origins = {path: Origin(name, *position) for path, position in located.positions.items()}
    return data, origins


_SAYING = [
    ("Invalid value", "a value: text in quotes, a number, a date, a time, true, false, [ … ] or { … }"),
    ("Expected '=' after a key", "an = after the key (keys with other letters than A-Z a-z 0-9 _ - need quotes)"),
    ("Invalid initial character for a key part", "a key"),
    ("Expected newline or end of document", "one key and its value on each line"),
    ("Unclosed array", "a ] that closes the array"),
    ("Unclosed inline table", "a } that closes the table"),
    ("Expected ']' at the end", "a ] that closes the header"),
    ("Expected ']]' at the end", "a ]] that closes the header"),
    ("Unterminated string", "a closing quote"),
    ("Illegal character", "no control characters and no line end here; long text stands in triple quotes"),
    ("Expected", "valid TOML"),
]


def _toml_fault(name: str, text: str, message: str) -> Fault:
    """A fault of the TOML itself, in our words: the reader's differ from one Python version to the next."""
    match = re.search(r"\(at (?:line (\d+), column (\d+)|end of document)\)", message)
    repeated = locate(text).repeated
    if re.match(r"Cannot|Duplicate|Key .* already", message) and repeated:
        path, (line, column) = repeated[0]
        first = locate(text).positions[path]
        return Fault(code="LH004", where=f"{name}:{line}:{column}: {shown_path(path)}",
                     got=f"a second {shown_path(path)}; the first is on line {first[0]}",
                     expected="each key and each table once", try_="remove one of the two")  # fmt: skip
    lines = text.splitlines() or [""]
    line, column = (int(match[1]), int(match[2])) if match and match[1] else (len(lines), len(lines[-1]) + 1)
    expected = next((saying for start, saying in _SAYING if message.startswith(start)), "valid TOML")
    if message.startswith("Cannot"):
        expected = "a key that isn't already something else"
    got = lines[line - 1].strip() if line <= len(lines) else ""
    bare = re.fullmatch(r"([^=]+=\s*)([^\W\d][^\"'#\[{]*)", got) if message.startswith("Invalid value") else None
    try_ = f'{bare[1]}"{bare[2].strip()}"' if bare else ""
    return Fault(
        code="LH003", where=f"{name}:{line}:{column}", got=got[:100] or "the end", expected=expected, try_=try_
    )


def sources_of(document: Document, path: KeyPath, below: bool = False) -> list[KeyPath]:
    """Take away what was said of where a value that is gone came from, and all below it; the key paths of that.

    With ``below`` the source of the value itself stays, and only those of its parts go.
    """
    sources = document.data.get("sources")
    gone: list[KeyPath] = []
    for key in list(sources) if isinstance(sources, dict) else []:
        if not key.lstrip(" \"'").startswith(str(path[0])):
            continue  # parsing hundreds of paths for each value takes time
        try:
            named = parse_path(key)
        except ValueError:
            continue  # noted when sources are checked
        if named[: len(path)] == tuple(str(part) for part in path) and len(named) >= len(path) + below:
            del document.data["sources"][key]
            gone.append(("sources", key))
    return gone
