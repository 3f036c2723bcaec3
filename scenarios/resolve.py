"""The resolved form of a scenario with every default visible: as TOML that loads again, as plain data, as a digest.

Two files that mean the same model give the same form: amounts, durations and times are written in one way, names in the
order of the file.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin

from scenarios.fields import hints_of, name_of_key
from scenarios.keys import KeyPath, Origin, shown_key, shown_path
from simcore.calendar import ClockTime
from simcore.model import Scenario, Unit
from simcore.units import Money, format_amount, format_clock, format_duration

INDENT = "  "
# Tables whose entries are one line each; the others get a header and one line per key.
ROWS = {"accounts": 2}
# Tables that leave no trace where a scenario has none: its digest is what it was before they could be written.
WHERE_USED = ("instant_links", "outages", "wallets")


def to_dict(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario as data that JSON can hold, values written as in a file; what is not given is left out."""
    data = _plain(scenario, Scenario)
    assert isinstance(data, dict)
    for name in WHERE_USED:
        if not data[name]:
            del data[name]
    return data


def canonical_json(scenario: Scenario) -> str:
    """Return the one JSON text of a scenario: keys sorted, no blanks."""
    return json.dumps(to_dict(scenario), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(scenario: Scenario) -> str:
    """Return the SHA-256 of `canonical_json`, hexadecimal."""
    return hashlib.sha256(canonical_json(scenario).encode()).hexdigest()


def to_toml(scenario: Scenario, origin: Mapping[KeyPath, Origin] | None = None) -> str:
    """Return the scenario as TOML with every default; with ``origin``, each value says where it was written."""
    writer = _Writer(origin)
    for item in fields(scenario):
        value = getattr(scenario, item.name)
        if value or item.name not in WHERE_USED:
            writer.table((item.name,), value, 0)
    return "\n".join(writer.lines).strip() + "\n"


def decimal_text(number: Decimal) -> str:
    """A number in plain digits, without trailing zeros."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def _unit_of(hint: Any) -> str:
    """The unit marker inside a type, empty if there is none."""
    if get_origin(hint) is Annotated:
        return next((note.kind for note in get_args(hint)[1:] if isinstance(note, Unit)), "")
    if get_origin(hint) in (Union, types.UnionType):
        return next((unit for option in get_args(hint) if (unit := _unit_of(option))), "")
    return ""


def _plain(value: Any, hint: Any) -> Any:
    """A value of the model as a scenario file would write it."""
    if is_dataclass(value) and not isinstance(value, Money | ClockTime):
        hints = hints_of(type(value))
        items = ((item, getattr(value, item.name)) for item in fields(value))
        return {name_of_key(item): _plain(inner, hints[item.name]) for item, inner in items if inner is not None}
    if isinstance(value, dict):
        inner_hint = (get_args(hint) or (Any, Any))[1]
        return {key: _plain(inner, inner_hint) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner, (get_args(hint) or (Any,))[0]) for inner in value]
    if isinstance(value, Money):
        return format_amount(value)
    if isinstance(value, ClockTime):
        return format_clock(value)
    unit = _unit_of(hint)
    if unit == "duration":
        return format_duration(value)
    if unit == "bp":
        return f"{decimal_text(Decimal(value).scaleb(-2))} bp"
    if unit == "share":
        sign, digits, power = value.as_tuple()
        return f"{decimal_text(Decimal((sign, digits, power + 2)))} %"
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, float):
        return value + 0.0  # one zero, as it is read
    return value.isoformat() if hasattr(value, "isoformat") else value


class _Writer:
    """Collects the lines of the TOML form."""

    def __init__(self, origin: Mapping[KeyPath, Origin] | None) -> None:
        self.lines: list[str] = []
        self.origin = origin

    def comment(self, path: KeyPath) -> str:
        if self.origin is None:
            return ""
        known = path
        while known not in self.origin and len(known) > 1 and (isinstance(known[-1], int) or known[0] in ROWS):
            known = known[:-1]
        return f"  # {self.origin[known]}" if known in self.origin else "  # default"

    def table(self, path: KeyPath, value: Any, depth: int) -> None:
        """Write a table of the model under its header."""
        if isinstance(value, dict):
            self._names(path, value, depth)
            return
        self.lines += ["", f"[{shown_path(path)}]"]
        hints = hints_of(type(value))
        later = []
        for item in fields(value):
            inner = getattr(value, item.name)
            key = name_of_key(item)
            here = (*path, key)
            if inner is None:
                self.lines.append(
                    f"# {shown_key(key)}: not given{self.comment(here) if here in (self.origin or {}) else ''}"
                )
            elif isinstance(inner, dict) and any(is_dataclass(entry) for entry in inner.values()):
                later.append((here, inner))
            elif isinstance(inner, tuple) and inner and all(is_dataclass(entry) for entry in inner):
                element = (get_args(hints[item.name]) or (Any,))[0]
                self.lines.append(f"{shown_key(key)} = [")
                for index, entry in enumerate(inner):
                    self.lines.append(f"{INDENT}{_inline(entry, element)},{self.comment((*here, index))}")
                self.lines.append("]")
            else:
                self.lines.append(f"{shown_key(key)} = {_inline(inner, hints[item.name])}{self.comment(here)}")
        for here, inner in later:
            self.table(here, inner, depth + 1)

    def _names(self, path: KeyPath, entries: dict[str, Any], depth: int) -> None:
        if not entries:
            self.lines += ["", f"[{shown_path(path)}]"]
        elif all(is_dataclass(entry) for entry in entries.values()) and path[0] in ROWS:
            self.lines += ["", f"[{shown_path(path)}]"]
            for name, entry in entries.items():
                self.lines.append(f"{shown_key(name)} = {_inline(entry, type(entry))}{self.comment((*path, name))}")
        else:
            for name, entry in entries.items():
                self.table((*path, name), entry, depth + 1)


def _inline(value: Any, hint: Any) -> str:
    """A value in one line of TOML."""
    if isinstance(value, Decimal) and not _unit_of(hint):
        return decimal_text(value)
    if isinstance(value, dict):
        inner_hint = (get_args(hint) or (Any, Any))[1]
        return _braces({key: _inline(inner, inner_hint) for key, inner in value.items()})
    if isinstance(value, tuple):
        return "[" + ", ".join(_inline(inner, (get_args(hint) or (Any,))[0]) for inner in value) + "]"
    if is_dataclass(value) and not isinstance(value, Money | ClockTime):
        hints = hints_of(type(value))
        items = [(item, getattr(value, item.name)) for item in fields(value)]
        return _braces(
            {name_of_key(item): _inline(inner, hints[item.name]) for item, inner in items if inner is not None}
        )
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    written = _plain(value, hint)
    return quoted(written) if isinstance(written, str) else repr(written)


def _braces(items: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{shown_key(key)} = {text}" for key, text in items.items()) + " }" if items else "{}"


def quoted(text: str) -> str:
    """Text as a basic string of TOML."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    for code in (*range(32), 127):
        escapes.setdefault(chr(code), f"\\u{code:04x}")
    return '"' + "".join(escapes.get(letter, letter) for letter in text) + '"'
