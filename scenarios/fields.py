"""How each type of the model is read from a scenario file: its parser, what is expected, an example, its schema."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import re
import textwrap
import types
from abc import ABC
from collections.abc import Callable
from dataclasses import Field, dataclass
from decimal import Decimal
from functools import cache, partial
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from scenarios.keys import listed, nearest, shown_value
from simcore.calendar import ClockTime
from simcore.model import Unit
from simcore.units import Money, UnitError, parse_amount, parse_bp, parse_clock, parse_duration, parse_percent


class Refused(ValueError):
    """A value that can't be read, in the three lines of a fault."""

    def __init__(self, code: str, got: str, expected: str, try_: str = "") -> None:
        super().__init__(got)
        self.code, self.got, self.expected, self.try_ = code, got, expected, try_


@dataclass(frozen=True)
class Reader:
    """How one type is read."""

    read: Callable[[Any], Any]
    """Raises `Refused`."""
    saying: str
    """What is expected, in words."""
    example: str
    """As it would be written in TOML."""
    schema: dict[str, Any]


def _unit(code: str, parse: Callable[[Any], Any], value: Any) -> Any:
    try:
        return parse(value)
    except UnitError as error:
        raise Refused(code, shown_value(value), error.expected, shown_value(error.try_) if error.try_ else "") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused("LH012", shown_value(value), "text in quotes", shown_value(str(value)) if _short(value) else "")
    if any((ord(letter) < 32 and letter not in "\n\t") or ord(letter) == 127 for letter in value):
        raise Refused("LH017", shown_value(value), "text without control characters")
    return value


def _name(value: Any) -> str:
    text = _text(value)
    if not text or text != text.strip() or "\n" in text or "\t" in text or len(text) > 200:
        raise Refused("LH017", shown_value(text), "a name of 1 to 200 characters without blanks around it", "")
    return text


def _short(value: Any) -> bool:
    return isinstance(value, int | Decimal | dt.date | dt.time)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        number = _number(value)
        try_ = str(int(number)) if number is not None and number == int(number) else ""
        raise Refused("LH012", shown_value(value), "a whole number", try_)
    if not -(2**63) <= value < 2**63:
        raise Refused("LH016", shown_value(value), "a whole number that fits 64 bits")
    return value


def _number(value: Any) -> Decimal | None:
    """A finite number, also as text; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except ArithmeticError:
        return None
    if number.is_finite() and not number:
        return Decimal(0)  # one zero, whatever its exponent
    return number if number.is_finite() and -400 < number.adjusted() < 30 else None


def _decimal(value: Any) -> Decimal:
    number = _number(value)
    if number is None:
        raise Refused("LH012", shown_value(value), "a number", "")
    return number


def _float(value: Any) -> float:
    if isinstance(value, str):
        raise Refused("LH012", shown_value(value), "a number", value if _number(value) is not None else "")
    return float(_decimal(value))


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused("LH012", shown_value(value), "true or false", "")
    return value


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        raise Refused("LH012", shown_value(value), "a date", value.date().isoformat())
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        raise Refused("LH012", shown_value(value), "a date, year-month-day", "2026-03-02") from None


def _one_of(options: tuple[str, ...], value: Any) -> str:
    if not isinstance(value, str) or value not in options:
        near = nearest(str(value), options)
        raise Refused("LH013", shown_value(value), f"one of {listed(options, 99)}", shown_value(near) if near else "")
    return value


def _limit(value: Any) -> Money | str:
    if value == "unlimited":
        return "unlimited"
    if isinstance(value, str) and nearest(value, ["unlimited"], 0.6):
        raise Refused("LH014", shown_value(value), 'an amount or "unlimited"', '"unlimited"')
    try:
        return _unit("LH014", parse_amount, value)
    except Refused as refused:
        expected = f'{refused.expected}, or "unlimited"'
        raise Refused(refused.code, refused.got, expected, refused.try_) from None


AMOUNT_PATTERN = r"^\s*[+-]?[0-9][0-9,_]*(\.[0-9]+)?\s*(k|mn|bn|tn|万|亿|万亿)?\s*[A-Z]{3}\s*$"
DURATION_PATTERN = r"^\s*[0-9][0-9,_]*(\.[0-9]+)?\s*(us|ms|s|min|h|d)\s*$"
CLOCK_PATTERN = r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?([+-][0-9])?$"


def _pattern(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": pattern}


NUMBER_SCHEMA = {"anyOf": [{"type": "number"}, _pattern(r"^[+-]?[0-9]+(\.[0-9]+)?$")]}
# tombi takes "format": "time" for a time with a zone, which a TOML local time has not.
CLOCK_SCHEMA = {"anyOf": [{"type": "string", "format": "partial-time"}, _pattern(CLOCK_PATTERN)]}
DATE_SCHEMA = {"type": "string", "format": "date"}
SHARE_SCHEMA = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, _pattern(r"^[0-9.]+\s*%?$")]}

MONEY = Reader(
    partial(_unit, "LH014", parse_amount), "an amount with its currency", '"120 mn CNY"', _pattern(AMOUNT_PATTERN)
)
LIMIT = Reader(_limit, 'an amount with its currency, or "unlimited"', '"0 CNY"',
               {"anyOf": [_pattern(AMOUNT_PATTERN), {"const": "unlimited"}]})  # fmt: skip
READERS: dict[Any, Reader] = {
    str: Reader(_text, "text in quotes", '"…"', {"type": "string"}),
    int: Reader(_whole, "a whole number", "1", {"type": "integer"}),
    float: Reader(_float, "a number", "1.0", {"type": "number"}),
    bool: Reader(_truth, "true or false", "true", {"type": "boolean"}),
    Decimal: Reader(_decimal, "a number", "1", NUMBER_SCHEMA),
    dt.date: Reader(_date, "a date", "2026-03-02", DATE_SCHEMA),
    Money: MONEY,
    ClockTime: Reader(partial(_unit, "LH015", parse_clock), "a local time", '"08:30"', CLOCK_SCHEMA),
}
UNITS: dict[str, Reader] = {
    "duration": Reader(partial(_unit, "LH015", parse_duration), "a duration with its unit", '"5 min"',
                       _pattern(DURATION_PATTERN)),
    "bp": Reader(partial(_unit, "LH015", parse_bp), "basis points", '"5 bp"', _pattern(r"^\s*[0-9.]+\s*bp\s*$")),
    "share": Reader(partial(_unit, "LH015", parse_percent), "a share", '"28 %"', SHARE_SCHEMA),
}  # fmt: skip
NAME = Reader(_name, "a name", '"…"', {"type": "string", "minLength": 1})


def reader_for(hint: Any) -> Reader | None:
    """The reader of a type that is one plain value in a file; None for tables, arrays and unions of them."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        units = [note for note in inner[1:] if isinstance(note, Unit)]
        return UNITS[units[0].kind] if units else reader_for(inner[0])
    if origin is Literal:
        schema = {"type": "string", "enum": list(inner)}
        return Reader(partial(_one_of, inner), f"one of {listed(inner, 99)}", f'"{inner[0]}"', schema)
    if origin in (Union, types.UnionType) and set(inner) - {type(None)} == {Money, Literal["unlimited"]}:
        return LIMIT
    return READERS.get(hint) if isinstance(hint, type) else None


_HINTS: dict[type, dict[str, Any]] = {}


def hints_of(cls: type) -> dict[str, Any]:
    """The type of each field with its unit; kept, for working it out compiles every annotation anew."""
    if cls not in _HINTS:
        _HINTS[cls] = get_type_hints(cls, include_extras=True)
    return _HINTS[cls]


def name_of_key(item: Field[Any]) -> str:
    """The key of a field in a scenario file."""
    return str(item.metadata.get("key", item.name))


def kind_key(cls: type) -> str:
    """The key by which files tell a class from others: ``use`` for mechanisms, ``kind`` for everything else."""
    return "use" if "use" in get_type_hints(cls) else "kind"


def kind_of(cls: type) -> str:
    """The ``kind`` (or ``use``) by which files name a class."""
    return str(get_args(get_type_hints(cls)[kind_key(cls)])[0])


def plain_text(text: str) -> str:
    """A docstring in one line, without the marks of reStructuredText."""
    return re.sub(r":\w+:`~?([^`]*)`", r"\1", " ".join(text.split())).replace("``", "`")


@cache
def docstrings(cls: type) -> dict[str, str]:
    """The text under each field of a dataclass, its parents' fields included."""
    notes: dict[str, str] = {}
    for base in reversed(cls.__mro__[:-1]):
        if base.__qualname__.endswith("Use") or base is ABC:  # made at run time, or without fields
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for before, after in zip(body.body, body.body[1:]):
            if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name):
                if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                    notes[before.target.id] = plain_text(str(after.value.value))
    return notes
