"""The resolved scenario as tables, with the status of the inputs behind each row, and the sources they come from.

Everything is read from the run document, key by key, so that a key this page has never heard of is shown too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup, escape

from analysis.report.differ import KeyPath, differences, parts_of, path_text, said
from analysis.report.table import Cell, Rows, Table
from analysis.report.words import has, kind, say
from analysis.tables import Tables

STATUSES: Final = ("published", "derived", "assumed")
MOST_ROWS: Final = 60
MOST_LETTERS: Final = 300
_PARTS: Final = ("participants", "rails", "accounts", "routes", "corridors", "flows")
_ELSEWHERE: Final = ("scenario", "fx", "sources")
_HEADS: Final = {
    "participants": ("participant", "kind", "country", "agents"),
    "rails": ("rail", "currency", "hours", "terms"),
    "accounts": ("rail", "number", "opening", "limits", "unlimited"),
    "routes": ("route", "hops"),
}
_IN_OTHER_COLUMNS: Final = ("currency", "calendar", "sessions")
_NAMES: Final = ("name", "name_zh")


class Sources:
    """What ``[sources]`` of a scenario says, found by key path."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.entries = scenario.get("sources", {})
        self.by_path: dict[KeyPath, str] = {parts_of(key): str(each["status"]) for key, each in self.entries.items()}

    def status(self, path: KeyPath) -> str:
        """That of the longest key path that covers this one; empty if none does."""
        texts = tuple(str(part) for part in path)
        return next((self.by_path[texts[:n]] for n in range(len(texts), 0, -1) if texts[:n] in self.by_path), "")

    def marks(self, *path: str) -> tuple[str, ...]:
        """The statuses that occur at or below a key path."""
        below = {status for key, status in self.by_path.items() if key[: len(path)] == path}
        return tuple(status for status in STATUSES if status in below or status == self.status(path))


def leaves(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The key path of every single value."""
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield path
        return
    for key, inner in pairs:
        yield from leaves(inner, (*path, key))


def counted(scenario: dict[str, Any]) -> Counter[str]:
    """Status → number of values in the whole scenario."""
    return sum(counted_by_part(scenario).values(), Counter())


def counted_by_part(scenario: dict[str, Any]) -> dict[str, Counter[str]]:
    """Part of the scenario → status → number of values; names, and ``[scenario]`` and ``[participants]``, left out."""
    sources, found = Sources(scenario), {}
    for part, value in scenario.items():
        if part not in ("scenario", "participants", "sources"):
            paths = [path for path in leaves(value, (part,)) if path[-1] not in _NAMES]
            if paths:
                found[part] = Counter(sources.status(path) or "not_stated" for path in paths)
    return found


def coverage(scenario: dict[str, Any], language: str) -> Table:
    """How many values are published, derived, assumed, or have no stated source, for each part of the scenario."""
    parts = counted_by_part(scenario)
    kinds = (*STATUSES, "not_stated")

    def numbers(counts: Counter[str]) -> list[Cell]:
        values = [counts.total(), *(counts[kind] for kind in kinds)]
        return [Cell(f"{value:,}", value=str(value), number=True) for value in values]

    rows = [[Cell(code=part), *numbers(counts)] for part, counts in parts.items()]
    rows.append([Cell(say("all", language)), *numbers(counted(scenario))])
    heads = [Cell(say("part", language)), *(Cell(say(each, language), number=True) for each in ("values", *kinds))]
    return Table("coverage", say("coverage", language), heads, rows, 1, say("coverage_note", language))


def tables_of(tables: Tables, language: str) -> list[Table]:
    """The scenario's tables, in the order of the file; those of [fx] last."""
    scenario, sources = tables.scenario, Sources(tables.scenario)
    parts: list[tuple[tuple[str, ...], Any]] = [((part,), scenario.get(part)) for part in _PARTS]
    parts += [((part,), entries) for part, entries in scenario.items() if part not in (*_PARTS, *_ELSEWHERE)]
    parts += [(("fx", part), entries) for part, entries in scenario.get("fx", {}).items()]
    found = []
    for path, entries in parts:
        if not entries:
            continue
        part, rows = path[-1], Rows(MOST_ROWS)
        heads = [say(each, language) for each in _HEADS.get(part, ("name", "terms"))]
        for name, each in _named(entries):
            row = [_name(tables, part, name, language), *_cells(part, each, language)]
            # Who takes part is no number: it has no status.
            rows.add(row if part == "participants" else [*row, Cell(marks=sources.marks(*path, *filter(None, [name])))])
        heads += [] if part == "participants" else [say("status", language)]
        note = say("more_rows", language, rows.dropped) if rows.dropped else ""
        title = say(part, language) if has(part) else part
        table = Table(f"in-{part}", title, [Cell(head) for head in heads], rows.kept, 1, note)
        found.append(table.without_empty_columns())
    return found


def _cells(part: str, entry: Any, language: str) -> list[Cell]:
    """What a row says of an entry beside its name, one cell for each of ``_HEADS``."""
    if part == "participants":
        return [
            Cell(kind(str(entry.get("kind", "")), language)),
            Cell(entry.get("country", "")),
            Cell(said(entry.get("agents"))),
        ]
    if part == "rails":
        return [Cell(entry.get("currency", "")), _hours(entry, language), _terms(entry, _IN_OTHER_COLUMNS)]
    if part == "accounts":
        return _accounts(entry)
    return [_hops(entry, language) if part == "routes" else _terms(entry)]


def _named(entries: Any) -> list[tuple[str, Any]]:
    """Entries of a table by name, those of an array by position; a table of plain values is one entry without name."""
    if isinstance(entries, list):
        return [(str(position), each) for position, each in enumerate(entries)]
    if isinstance(entries, dict) and all(isinstance(each, dict) for each in entries.values()):
        return list(entries.items())
    return [("", entries)]


def _name(tables: Tables, part: str, name: str, language: str) -> Cell:
    """A name as the scenario has it, and what it stands for in the page's language."""
    kind = "rails" if part == "accounts" else part
    full = tables.label(kind, name, language) if kind in tables.scenario else ""
    return Cell(full if full != name else "", code=name)


def _terms(entry: Any, leave: Sequence[str] = ()) -> Cell:
    """Every key of an entry that says something, one line each."""
    if not isinstance(entry, dict):
        return Cell(said(entry)[:MOST_LETTERS])
    lines = []
    for key, value in entry.items():
        if key not in (*leave, *_NAMES) and (words := said(value)):
            cut = words if len(words) <= MOST_LETTERS else words[: MOST_LETTERS - 2].rsplit(" ", 1)[0] + " …"
            lines.append(f"{str(key).replace('_', ' ')}: {cut}")
    return Cell(lines=lines)


def _hours(rail: dict[str, Any], language: str) -> Cell:
    lines = [] if rail.get("sessions") else [say("around_the_clock", language)]
    for session in rail.get("sessions", ()):
        more = [f"{key.replace('_', ' ')} {value.replace('_', ' ')}" for key, value in session.items()
                if key not in ("open", "close") and value not in ("all", "business")]  # fmt: skip
        lines.append(", ".join([f"{session['open']}–{session['close']}", *more]))
    return Cell(str(rail.get("calendar") or ""), lines=lines)


_SCALES: Final = {"mn": 6, "bn": 9, "tn": 12}


def _accounts(accounts: dict[str, Any]) -> list[Cell]:
    """How many, what they open with in sum, their limits in sum, and who has none."""
    sums, currency, unlimited = {"opening": Decimal(0), "debit_limit": Decimal(0)}, "", []
    for name, account in accounts.items():
        for key in sums:
            words = str(account.get(key, "0")).replace(",", "").split()
            if words == ["unlimited"]:
                unlimited.append(name)
                continue
            sums[key] += Decimal(words[0]).scaleb(_SCALES.get(words[1], 0) if len(words) == 3 else 0)
            currency = words[-1] if len(words) > 1 else currency
    money = [
        Cell(f"{value:,.2f} {currency}".replace(".00 ", " ") if value else "–", number=True) for value in sums.values()
    ]
    return [Cell(f"{len(accounts):,}", number=True), *money, Cell(", ".join(unlimited))]


def _hops(route: dict[str, Any], language: str) -> Cell:
    lines = []
    for hop in route.get("hops", ()):
        latency = said(hop.get("latency")).replace(", least 0 s", "")
        after = say("after", language, latency) if latency not in ("", "0 s") else ""
        lines.append(say("hop", language, hop["rail"], hop.get("from", "?"), hop.get("to", "?")) + after)
    return Cell(lines=lines)


def differing(runs: Sequence[tuple[str, Tables]], language: str) -> Table:
    """What the scenarios of later runs have otherwise than the first: a row per key, a column per run."""
    first = runs[0][1].scenario
    keys: dict[KeyPath, dict[str, tuple[Any, Any]]] = {}
    for name, tables in runs[1:]:
        for each in differences(first, tables.scenario):
            keys.setdefault(each.path, {})[name] = each.before, each.after
    rows = Rows(MOST_ROWS)
    for path, found in keys.items():
        before = next(iter(found.values()))[0]
        values = [before, *(found[name][1] if name in found else before for name, _ in runs[1:])]
        rows.add([Cell(code=path_text(path)), *(_value(value, language) for value in values)])
    heads = [Cell(say("key", language)), *(Cell(name) for name, _ in runs)]
    note = say("more_rows", language, rows.dropped) if rows.dropped else ""
    note = note if rows.kept else say("differs_none", language)
    return Table("differs", say("differs", language), heads, rows.kept, 1, note)


def _value(value: Any, language: str) -> Cell:
    words = said(value)
    return Cell(words[:MOST_LETTERS] or say("nothing", language))


@dataclass(frozen=True)
class Stated:
    """One source: the inputs that it is given for, as key path and value, which is empty for a whole table."""

    paths: list[tuple[str, str]]
    source: str
    note: str


def sources_of(tables: Tables) -> list[tuple[str, list[Stated]]]:
    """Status → sources, the published first; inputs that share source and note stand together."""
    scenario = tables.scenario
    found: dict[str, dict[tuple[str, str], Stated]] = {status: {} for status in STATUSES}
    for key, each in scenario.get("sources", {}).items():
        source, note = str(each["source"]), str(each.get("note", ""))
        stated = found[str(each["status"])].setdefault((source, note), Stated([], source, note))
        stated.paths.append((key, _at(scenario, parts_of(key))))
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
