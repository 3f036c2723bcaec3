"""Reads a scenario file with everything it extends, and remembers where each value was written.

``extends`` names one file beside it or one catalogue entry; tables merge, scalars and arrays replace, and
``remove = ["participants.X"]`` takes an inherited entry away. A source vouches for one value: it goes with what is
removed or replaced. Nothing outside the scenario's folder and the catalogue is read, links followed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from scenarios.document import Document, forget, read_toml, refuse, sources_of
from scenarios.keys import KeyPath, Origin, listed, nearest, parse_path, shown_file, shown_path, shown_value
from simcore.datafiles import CATALOGUE, CATALOGUE_PREFIX, data_path, is_allowed
from simcore.errors import Fault, ScenarioError

FILE_KEYS = [("accounts", "file"), ("flows", "*", "file"), ("fx", "pairs", "*", "file")]


def catalogue_names() -> list[str]:
    """Names of the catalogue's entries, sorted."""
    return sorted(path.parent.name for path in CATALOGUE.glob("*/scenario.toml"))


def variants(entry: str) -> list[str]:
    """Names of the other scenarios in a catalogue entry's folder, such as ``three-paths/onshore-agent``, sorted."""
    files = (CATALOGUE / entry).glob("*.toml")
    return sorted(f"{entry}/{path.stem}" for path in files if path.name != "scenario.toml")


def find(path_or_name: str | os.PathLike[str]) -> Path:
    """Return the file of a scenario given as a file, as a folder with a ``scenario.toml``, or as a catalogue name.

    A name with a slash is a variant beside an entry's scenario: :func:`variants`.
    """
    text = os.fspath(path_or_name)
    if "\0" not in text:
        path = Path(text)
        for candidate in (path, path / "scenario.toml"):
            if candidate.is_file():
                return candidate
        names = catalogue_names()
        if text in names:
            return CATALOGUE / text / "scenario.toml"
        others = [name for entry in names for name in variants(entry)]
        if text in others:
            return CATALOGUE / f"{text}.toml"
        if path.exists() and not path.is_dir():
            refuse("LH002", shown_file(path), got="no regular file", expected="a TOML file")
        candidates = [*names, *others]
        if path.parent.is_dir():
            candidates += [str(path.parent / entry.name) for entry in path.parent.glob("*.toml")]
            candidates += [str(entry.parent) for entry in path.parent.glob("*/scenario.toml")]
        near = nearest(text, candidates)
    else:
        near = ""
    known = f"a TOML file, a folder with a scenario.toml, or a catalogue name: {listed(catalogue_names())}"
    raise ScenarioError.one("LH001", "SCENARIO", got=shown_value(text), expected=known, try_=near)


def read_document(path_or_name: str | os.PathLike[str]) -> Document:
    """Return a scenario file merged with everything it extends.

    Raises
    ------
    ScenarioError    not found, unreadable, not TOML, a cycle, or a file outside the folder and the catalogue
    """
    file = find(path_or_name)
    document = Document(file=file, folder=file.parent.resolve())
    chain = []  # from the file named to the root of its inheritance
    while True:
        data, origins = read_toml(file)
        chain.append((file, data, origins))
        parent = _parent(document, file, data, origins)
        if parent is None:
            break
        if any(parent.resolve() == seen.resolve() for seen, _, _ in chain):
            names = " → ".join(shown_file(seen) for seen in [*(seen for seen, _, _ in chain), parent])
            where = f"{origins['extends',]}: extends"
            refuse("LH006", where, got=names, expected="files that extend each other without coming back")
        file = parent
    faults: list[Fault] = []
    for file, data, origins in reversed(chain):
        data.pop("extends", None)
        faults += _remove(document, data.pop("remove", []), origins)
        _rebase(data, file.parent, document.folder)
        replaced: set[KeyPath] = set()
        sources = {"sources": data.pop("sources")} if "sources" in data else {}
        changed = _lay(document.data, data, (), replaced)
        for path in changed:  # what was said of the value that is gone
            forget(document.origins, set(sources_of(document, path)))
        _lay(document.data, sources, (), replaced)
        forget(document.origins, replaced)
        document.origins.update(origins)
    if faults:
        raise ScenarioError(faults)
    return document


def _parent(document: Document, file: Path, data: dict[str, Any], origins: dict[KeyPath, Origin]) -> Path | None:
    """The file that a file extends."""
    if "extends" not in data:
        return None
    where, text = f"{origins['extends',]}: extends", data["extends"]
    beside = [path.name for path in file.parent.glob("*.toml") if path.name != file.name]
    expected = f"a TOML file beside this one or a catalogue name: {listed(sorted(beside) + catalogue_names())}"
    if not isinstance(text, str) or not text or "\0" in text:
        refuse("LH005", where, got=shown_value(text), expected=expected)
    if text in catalogue_names():
        return CATALOGUE / text / "scenario.toml"
    path = file.parent / text
    if not is_allowed(document.folder, path):
        refuse("LH007", where, got=shown_value(text), expected="a file inside the scenario's folder or the catalogue")
    if not path.is_file():
        near = nearest(text, [*beside, *catalogue_names()])
        refuse("LH005", where, got=shown_value(text), expected=expected, try_=near)
    return path


def _lay(under: dict[str, Any], over: dict[str, Any], path: KeyPath, replaced: set[KeyPath]) -> list[KeyPath]:
    """Lay one file over what is there: tables merge, everything else replaces. The paths whose value is another now."""
    changed: list[KeyPath] = []
    for key, value in over.items():
        here = (*path, key)
        if isinstance(under.get(key), dict) and isinstance(value, dict):
            changed += _lay(under[key], value, here, replaced)
        else:
            if key in under:
                replaced.add(here)
                if under[key] != value:
                    changed.append(here)
            under[key] = value
    return changed


def _remove(document: Document, names: Any, origins: dict[KeyPath, Origin]) -> list[Fault]:
    """Take inherited entries away."""
    faults = []
    for index, name in enumerate(names if isinstance(names, list) else [names]):
        origin = origins.get(("remove", index)) or origins["remove",]
        try:
            path = parse_path(name) if isinstance(name, str) else ()
        except ValueError:
            path = ()
        table: Any = document.data
        for part in path[:-1]:
            table = table.get(part) if isinstance(table, dict) else None
        if not path or not isinstance(table, dict) or path[-1] not in table:
            known = [shown_path((*path[:-1], key)) for key in table] if isinstance(table, dict) else []
            near = nearest(str(name), known)
            faults.append(Fault(code="LH009", where=f"{origin}: remove", got=shown_value(name),
                                expected="the key path of an inherited entry", try_=near))  # fmt: skip
            continue
        del table[path[-1]]
        forget(document.origins, {path, *sources_of(document, path)})
    return faults


def _rebase(data: dict[str, Any], folder: Path, root: Path) -> None:
    """Name the data files of an inherited file from where the scenario is."""
    if folder.resolve() == root:
        return

    def walk(value: Any, pattern: tuple[str, ...]) -> None:
        if not isinstance(value, dict):
            return
        head, rest = pattern[0], pattern[1:]
        for key in list(value) if head == "*" else [head] if head in value else []:
            if rest:
                walk(value[key], rest)
            elif isinstance(text := value[key], str) and "\0" not in text:
                path = data_path(folder, text).resolve()
                if path.is_relative_to(root):
                    value[key] = path.relative_to(root).as_posix()
                elif path.is_relative_to(CATALOGUE):
                    value[key] = CATALOGUE_PREFIX + path.relative_to(CATALOGUE).as_posix()

    for pattern in FILE_KEYS:
        walk(data, pattern)
