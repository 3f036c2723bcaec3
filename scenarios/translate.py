"""Says in our words what the validation library found: place, what was found, what was expected, the nearest name."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Union, get_args, get_origin

from scenarios.document import Document
from scenarios.fields import docstrings, hints_of, name_of_key, reader_for
from scenarios.keys import KeyPath, listed, nearest, shown_key, shown_value
from simcore.errors import Fault

MARK = "\0"
"""Starts the parts of a place that name a branch of a union, not a key; no key can hold it."""


def translate(
    details: Iterable[Mapping[str, Any]], document: Document, tables: Mapping[int, type]
) -> tuple[list[KeyPath], list[Fault]]:
    """Return the key path of everything that could not be read, and the faults to tell.

    Parameters
    ----------
    details    what the library lists: ``type``, ``loc``, ``input``, ``ctx``
    tables     ``id`` of each table of the document → the class it was read as
    """
    found = []
    for detail in details:
        path = _path(detail["loc"])
        found.append((path, _fault(detail, path, document, tables)))
    # A key that is missing because its name was misspelt is one fault, not two.
    meant = {(*path[:-1], fault.try_) for path, fault in found if fault.code == "LH010"}
    told = [fault for path, fault in found if fault.code != "LH011" or path not in meant]
    return [path for path, _ in found], told


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Faults by file, line and column, each once."""

    def place(fault: Fault) -> tuple[str, int, int]:
        match = re.match(r"(.*?)(?::(\d+))?(?::(\d+))?(?:: .*)?$", fault.where, re.DOTALL)
        assert match is not None
        return match[1], int(match[2] or 0), int(match[3] or 0)

    return sorted(dict.fromkeys(faults), key=place)


def _path(loc: Iterable[str | int]) -> KeyPath:
    loc = tuple(loc)
    parts = [part for part in loc if not (isinstance(part, str) and part.startswith(MARK))]
    if parts[-1:] == ["[key]"]:  # a fault of the key itself
        parts.pop()
    return tuple(parts) or loc


def _table_at(data: Any, path: KeyPath) -> Any:
    for part in path:
        try:
            data = data[part]
        except (LookupError, TypeError):
            return None
    return data


def _fault(detail: Mapping[str, Any], path: KeyPath, document: Document, tables: Mapping[int, type]) -> Fault:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    where = document.where(path)
    table = _table_at(document.data, path[:-1])
    cls = tables.get(id(table))
    if kind == "luhai":
        return Fault(code=context["code"], where=where, got=context["got"], expected=context["expected"],
                     try_=context["try"])  # fmt: skip
    if kind == "extra_forbidden":
        known = [name_of_key(item) for item in fields(cls)] if cls is not None and is_dataclass(cls) else []
        free = [key for key in known if key not in table]
        near = nearest(str(path[-1]), free) or nearest(str(path[-1]), known)
        return Fault(code="LH010", where=where, got=f"the key {shown_key(path[-1])}",
                     expected=f"one of {listed(known, 30)}", try_=near)  # fmt: skip
    if kind == "missing":
        return _missing(path, document, table, cls)
    if kind == "kind":
        key = context["key"]
        given = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, dict):
            return Fault(code="LH012", where=where, got=shown_value(value), expected="a table")
        near = nearest(str(given), context["expected"].split(", "))
        return Fault(code="LH018", where=document.where((*path, key)),
                     got=shown_value(given) if given is not None else "nothing",
                     expected=f"one of {context['expected']}", try_=f'{key} = "{near}"' if near else "")  # fmt: skip
    expected = {"dict_type": "a table", "list_type": "an array [ … ]"}.get(kind, "another kind of value")
    try_ = f"[{shown_value(value)}]" if kind == "list_type" and isinstance(value, str) else ""
    return Fault(code="LH012", where=where, got=shown_value(value), expected=expected, try_=try_)


def _missing(path: KeyPath, document: Document, table: Any, cls: type | None) -> Fault:
    """A key that has to be there, with an example of its value."""
    key = path[-1]
    expected, try_ = "a value", ""
    if cls is not None:
        item = next(item for item in fields(cls) if name_of_key(item) == key)
        hint = hints_of(cls)[item.name]
        union = get_origin(hint) in (Union, types.UnionType)
        options = [option for option in (hint, *(get_args(hint) if union else ())) if reader_for(option) is not None]
        if options and (reader := reader_for(options[0])) is not None:
            expected, try_ = reader.saying, f"{shown_key(key)} = {reader.example}" if "…" not in reader.example else ""
        else:
            expected = "an array [ … ]" if get_origin(hint) is tuple else "a table"
        if expected != "a table" and (note := docstrings(cls).get(item.name)):
            expected += f": {_first_words(note)}"
    return Fault(code="LH011", where=document.where(path), got="nothing", expected=expected, try_=try_)


def _first_words(note: str) -> str:
    """What a key is for, as far as its first sentence goes."""
    words = re.split(r"[.;](?:\s|$)", note)[0].strip()
    return words[:1].lower() + words[1:] if words[1:2].islower() else words
