"""Where each key of a TOML text stands: line and column, which the standard reader does not keep.

The text is scanned once. It need not be valid: what stands before a fault is located, which is how a key given twice
is named after ``tomllib`` has refused the file.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
Position = tuple[int, int]

MOST_DEPTH = 32
"""Deeper nesting than any scenario needs; what is deeper is refused rather than walked."""

_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
)
_SCALAR = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}[^,\]}\s#]*|[^,\]}\s#]+")


class TooDeep(Exception):
    """A key lies deeper than `MOST_DEPTH` levels."""

    def __init__(self, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}")
        self.line, self.column = line, column


class _Stop(Exception):
    """The scan meets something that is not TOML; what was located so far stands."""


@dataclass
class Located:
    """Positions of one text."""

    positions: dict[Path, Position] = field(default_factory=dict)
    """Key path → (line, column), both from 1, of the key that first names it; array elements of their value."""
    repeated: list[tuple[Path, Position]] = field(default_factory=list)
    """Keys given a value, or table headers, a second time."""


def locate(text: str) -> Located:
    """Return the position of every key and array element of a TOML text.

    Raises
    ------
    TooDeep    nesting beyond `MOST_DEPTH`
    """
    scan = _Scan(text)
    try:
        scan.document()
    except _Stop:
        pass
    return scan.located


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self.located = Located()
        self.lengths: dict[Path, int] = {}  # arrays of tables: how many elements so far
        self.given: set[Path] = set()  # values and headers, to notice the second

    def position(self, at: int) -> Position:
        line = bisect_right(self.line_starts, at)
        return line, at - self.line_starts[line - 1] + 1

    def name(self, path: Path, at: int) -> None:
        if len(path) > MOST_DEPTH:
            raise TooDeep(*self.position(at))
        if path not in self.located.positions:
            self.located.positions[path] = self.position(at)

    def give(self, path: Path, at: int) -> None:
        if path in self.given:
            self.located.repeated.append((path, self.position(at)))
        self.given.add(path)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def take(self, literal: str) -> None:
        if not self.text.startswith(literal, self.at):
            raise _Stop
        self.at += len(literal)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def document(self) -> None:
        table: Path = ()
        while True:
            self.skip(_GAP)
            if self.at >= len(self.text):
                return
            if self.peek() == "[":
                table = self.header()
            else:
                self.pair(table)

    def header(self) -> Path:
        """Read ``[a.b]`` or ``[[a.b]]`` and return the path of the table that it opens."""
        array = self.text.startswith("[[", self.at)
        self.take("[[" if array else "[")
        self.skip(_BLANK)
        keys = self.key()
        self.take("]]" if array else "]")
        path: Path = ()
        for part, at in keys:
            # Below an array of tables, a name means the last of its tables.
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
            path = (*path, part)
            self.name(path, at)
        at = keys[-1][1]
        if not array:
            self.give(path, at)
            return path
        count = self.lengths.get(path, 0)
        self.lengths[path] = count + 1
        path = (*path, count)
        self.name(path, at)
        return path

    def pair(self, table: Path) -> None:
        """Read ``a.b = value``."""
        keys = self.key()
        self.take("=")
        path = table
        for part, at in keys:
            path = (*path, part)
            self.name(path, at)
        self.give(path, keys[-1][1])
        self.skip(_BLANK)
        self.value(path)

    def key(self) -> list[tuple[str, int]]:
        """Read a dotted key with the blanks around it: its parts, each with where it stands."""
        parts = []
        while True:
            self.skip(_BLANK)
            start = self.at
            match = _BARE.match(self.text, start)
            if match:
                self.at, part = match.end(), match.group()
            else:
                match = _STRING.match(self.text, start)
                if match is None or match.group().startswith(('"""', "'''")):
                    raise _Stop
                self.at, part = match.end(), match.group()[1:-1]
                if "\\" in part and match.group()[0] == '"':
                    try:
                        part = tomllib.loads(f"k = {match.group()}")["k"]
                    except tomllib.TOMLDecodeError:
                        raise _Stop from None
            parts.append((part, start))
            self.skip(_BLANK)
            if self.peek() != ".":
                return parts
            self.at += 1

    def value(self, path: Path) -> None:
        first = self.peek()
        if first == "[":
            self.at += 1
            index = 0
            while True:
                self.skip(_GAP)
                if self.peek() == "]":
                    break
                self.name((*path, index), self.at)
                self.value((*path, index))
                index += 1
                self.skip(_GAP)
                if self.peek() != ",":
                    break
                self.at += 1
            self.take("]")
        elif first == "{":
            self.at += 1
            self.skip(_GAP)
            while self.peek() != "}":
                self.pair(path)
                self.skip(_GAP)
                if self.peek() != ",":
                    break
                self.at += 1
                self.skip(_GAP)
            self.take("}")
        else:
            match = (_STRING if first in "\"'" else _SCALAR).match(self.text, self.at) if first else None
            if match is None:
                raise _Stop
            self.at = match.end()
