"""Where the inputs of a scenario come from: their status by key path, how many have which, and the list of sources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from analysis.report.differ import KeyPath, parts_of, path_text, said
from analysis.report.table import Cell, Table
from analysis.report.words import say

STATUSES: Final = ("published", "derived", "assumed")
CHANGED, NOT_STATED = "changed_here", "not_stated"
NAMES: Final = ("name", "name_zh")


class Sources:
    """What ``[sources]`` of a scenario says, found by key path.

    ``changed`` are the key paths set with ``--set``: what a source says of them, it says of another value.
    """

    def __init__(self, scenario: dict[str, Any], changed: Sequence[KeyPath] = ()) -> None:
        self.scenario = scenario
        self.entries = scenario.get("sources", {})
        self.changed = [_texts(path) for path in changed]
        self.by_path: dict[KeyPath, str] = {parts_of(key): str(each["status"]) for key, each in self.entries.items()}

    def is_changed(self, path: KeyPath) -> bool:
        """Whether the value here was set for the run."""
        return any(_texts(path)[: len(each)] == each for each in self.changed)

    def status(self, path: KeyPath) -> str:
        """``CHANGED``, or the status of the longest key path that covers this one, or ``NOT_STATED``."""
        if self.is_changed(path):
            return CHANGED
        texts = _texts(path)
        found = (self.by_path[texts[:n]] for n in range(len(texts), 0, -1) if texts[:n] in self.by_path)
        return next(found, NOT_STATED)

    def marks(self, *path: str) -> tuple[str, ...]:
        """The statuses that occur at or below a key path."""
        found = {
            status for key, status in self.by_path.items() if key[: len(path)] == path and not self.is_changed(key)
        }
        found.add(self.status(path))
        if any(each[: len(path)] == path for each in self.changed):
            found.add(CHANGED)
        return tuple(status for status in (*STATUSES, CHANGED) if status in found)

    def counted(self) -> dict[str, Counter[str]]:
        """Part of the scenario → status → values; names, and ``[scenario]`` and ``[participants]``, left out."""
        found = {}
        for part, value in self.scenario.items():
            if part not in ("scenario", "participants", "sources"):
                paths = [path for path in leaves(value, (part,)) if path[-1] not in NAMES]
                if paths:
                    found[part] = Counter(self.status(path) for path in paths)
        return found

    def total(self) -> Counter[str]:
        """Status → values of the whole scenario."""
        return sum(self.counted().values(), Counter())


def _texts(path: KeyPath) -> tuple[str, ...]:
    return tuple(str(part) for part in path)


def leaves(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The key path of every single value."""
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield path
        return
    for key, inner in pairs:
        yield from leaves(inner, (*path, key))


def coverage(sources: Sources, language: str) -> Table:
    """How many values of each part of the scenario have which status."""
    parts, total = sources.counted(), sources.total()
    kinds = (*STATUSES, *([CHANGED] if total[CHANGED] else []), NOT_STATED)

    def numbers(counts: Counter[str]) -> list[Cell]:
        values = [counts.total(), *(counts[kind] for kind in kinds)]
        return [Cell(f"{value:,}", value=str(value), number=True) for value in values]

    rows = [[Cell(code=part), *numbers(counts)] for part, counts in parts.items()]
    rows.append([Cell(say("all", language)), *numbers(total)])
    heads = [Cell(say("part", language)), *(Cell(say(each, language), number=True) for each in ("values", *kinds))]
    return Table("coverage", say("coverage", language), heads, rows, 1, say("coverage_note", language))


@dataclass(frozen=True)
class Input:
    """One key path that a source is given for, and its value in words, which is empty for a whole table."""

    path: str
    value: str
    changed: Sequence[str] = ()
    """Key paths at, above or below it that were set for the run."""


@dataclass(frozen=True)
class Stated:
    """One source and its inputs."""

    inputs: list[Input]
    source: str
    note: str


def stated(sources: Sources) -> list[tuple[str, list[Stated]]]:
    """Status → sources, the published first; inputs that share source and note stand together."""
    found: dict[str, dict[tuple[str, str], Stated]] = {status: {} for status in STATUSES}
    for key, each in sources.entries.items():
        source, note, path = str(each["source"]), str(each.get("note", "")), parts_of(key)
        entry = found[str(each["status"])].setdefault((source, note), Stated([], source, note))
        changed = [path_text(other) for other in sources.changed if other[: len(path)] == path[: len(other)]]
        entry.inputs.append(Input(key, _at(sources.scenario, path), changed))
    return [(status, list(entries.values())) for status, entries in found.items() if entries]


def _at(scenario: Any, path: KeyPath) -> str:
    """A single value at a key path in words; empty for a table or what isn't there."""
    for part in path:
        if isinstance(scenario, dict):
            scenario = scenario.get(part)
        elif isinstance(scenario, list) and str(part).isdecimal() and int(part) < len(scenario):
            scenario = scenario[int(part)]
        else:
            return ""
    return "" if isinstance(scenario, dict | list) else said(scenario)


_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'|)]+[^\s<>\"'|).,;:]")


def linked(text: str) -> Markup:
    """A text with its web addresses made links."""
    parts, end = [], 0
    for match in _ADDRESS.finditer(text):
        address = escape(match[0])
        parts += [escape(text[end : match.start()]), Markup(f'<a href="{address}" rel="noreferrer">{address}</a>')]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])
