"""The resolved scenario as tables, with the status of the inputs behind each row.

Everything is read from the run document, key by key, so that a key this page has never heard of is shown too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from analysis.report.differ import KeyPath, differences, path_text, said
from analysis.report.sources import NAMES, Sources
from analysis.report.table import Cell, Rows, Table
from analysis.report.words import kind, say
from analysis.tables import Tables

MOST_ROWS: Final = 60
MOST_LETTERS: Final = 300
_PARTS: Final = ("participants", "rails", "accounts", "routes", "corridors", "flows")
_ELSEWHERE: Final = ("scenario", "fx", "sources")
_HEADS: Final = {
    "participants": ("participant", "kind", "country", "agents"),
    "rails": ("rail", "currency", "hours", "terms"),
    "accounts": ("rail", "number", "opening", "limits", "unlimited", "more_terms"),
    "routes": ("route", "hops"),
}
_TITLES: Final = (
    *_PARTS, "pvp", "instant_links", "wallets", "outages", "pairs", "dealers", "paths", "market_hours", "results",
)  # fmt: skip
_NUMBERS: Final = ("number", "opening", "limits")
_IN_OTHER_COLUMNS: Final = ("currency", "calendar", "sessions")


def tables_of(tables: Tables, sources: Sources, language: str) -> list[Table]:
    """The scenario's tables, in the order of the file; those of [fx] last."""
    scenario = tables.scenario
    parts: list[tuple[tuple[str, ...], Any]] = [((part,), scenario.get(part)) for part in _PARTS]
    parts += [((part,), entries) for part, entries in scenario.items() if part not in (*_PARTS, *_ELSEWHERE)]
    parts += [(("fx", part), entries) for part, entries in scenario.get("fx", {}).items()]
    found = []
    for path, entries in parts:
        if not entries:
            continue
        part, rows = path[-1], Rows(MOST_ROWS)
        heads = [Cell(say(each, language), number=each in _NUMBERS) for each in _HEADS.get(part, ("name", "terms"))]
        for name, each in _named(entries):
            row = [_name(tables, part, name, language), *_cells(part, each, language)]
            # Who takes part is no number: it has no status.
            rows.add(row if part == "participants" else [*row, Cell(marks=sources.marks(*path, *filter(None, [name])))])
        heads += [] if part == "participants" else [Cell(say("status", language))]
        note = say("more_rows", language, rows.dropped) if rows.dropped else ""
        named = "market_hours" if path == ("fx", "hours") else part
        title = say(named, language) if named in _TITLES else path_text(path)
        table = Table(f"in-{part}", title, heads, rows.kept, 1, note)
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
        if key not in (*leave, *NAMES) and (words := said(value)):
            cut = words if len(words) <= MOST_LETTERS else words[: MOST_LETTERS - 2].rsplit(" ", 1)[0] + " …"
            lines.append(f"{str(key).replace('_', ' ')}: {cut}")
    return Cell(lines=lines)


def _hours(rail: dict[str, Any], language: str) -> Cell:
    lines = [] if rail.get("sessions") else [say("around_the_clock", language)]
    for session in rail.get("sessions", ()):
        more = [f"{key.replace('_', ' ')} {value.replace('_', ' ')}" for key, value in session.items()
                if key not in ("open", "close") and value not in ("all", "business")]  # fmt: skip
        lines.append(", ".join([f"{session['open']} – {session['close']}", *more]))
    return Cell(str(rail.get("calendar") or ""), lines=lines)


_SCALES: Final = {"mn": 6, "bn": 9, "tn": 12}  # those of resolved amounts


def _accounts(accounts: dict[str, Any]) -> list[Cell]:
    """How many, what they open with in sum, their limits in sum, who has none, and how many have which other key."""
    sums, currency, unlimited = {"opening": Decimal(0), "debit_limit": Decimal(0)}, "", []
    for name, account in accounts.items():
        for key in sums:
            words = str(account.get(key, "0")).replace(",", "").split()
            if words == ["unlimited"]:
                unlimited.append(name)
                continue
            sums[key] += Decimal(words[0]).scaleb(_SCALES[words[1]] if len(words) == 3 else 0)
            currency = words[-1] if len(words) > 1 else currency
    money = [
        Cell(f"{value:,.2f} {currency}".replace(".00 ", " ") if value else "–", number=True) for value in sums.values()
    ]
    more = Counter(key for account in accounts.values() for key in account if key not in sums)
    terms = Cell(lines=[f"{key.replace('_', ' ')}: {count:,}" for key, count in more.items()])
    return [Cell(f"{len(accounts):,}", number=True), *money, Cell(", ".join(unlimited)), terms]


def _hops(route: dict[str, Any], language: str) -> Cell:
    lines = []
    for hop in route.get("hops", ()):
        latency = said(hop.get("latency")).replace(", least 0 s", "")
        after = say("after", language, latency) if latency not in ("", "0 s") else ""
        lines.append(say("hop", language, hop["rail"], hop.get("from", "?"), hop.get("to", "?")) + after)
        lines += [f"– {line}" for line in _terms(hop, ("rail", "from", "to", "latency")).lines]
    return Cell(lines=[*lines, *_terms(route, ("hops",)).lines])


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
