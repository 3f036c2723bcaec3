"""Turns a scenario file into the typed model: the only place that knows pydantic.

The classes of `simcore.model` and the registered rail kinds stay plain. Here each becomes a table of pydantic with the
same keys, which refuses unknown ones, reads units, finds every fault in one pass, and gives back the plain class.
"""

from __future__ import annotations

import os
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NotRequired, Required, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict  # before 3.12 pydantic takes no other; it depends on this package

from scenarios.accounts import add_accounts_file
from scenarios.document import Document
from scenarios.extend import read_document
from scenarios.fields import (
    Reader,
    Refused,
    docstrings,
    hints_of,
    kind_key,
    kind_of,
    name_of_key,
    plain_text,
    reader_for,
)
from scenarios.keys import KeyPath, Origin
from scenarios.references import check
from scenarios.resolve import digest
from scenarios.salvage import Salvage
from scenarios.settings import apply_settings
from scenarios.translate import MARK, in_order, translate
from simcore.errors import ScenarioError
from simcore.model import Scenario
from simcore.rails.base import RailBase
from simcore.registry import pvp, rails


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A scenario that can be run."""

    scenario: Scenario
    folder: Path
    """Where its data files are (`simcore.datafiles.data_path`)."""
    origin: Mapping[KeyPath, Origin]
    """Key path → where it was written; what isn't in it is a default."""
    digest: str
    """SHA-256 of the resolved scenario, hexadecimal."""


def load(
    path_or_name: str | os.PathLike[str], *, set: Mapping[str, Any] | Iterable[str] = (), seed: int | None = None
) -> Loaded:
    """Return a scenario given as a file, a folder or a catalogue name, checked throughout.

    Parameters
    ----------
    set : mapping or texts    values to replace: ``{"scenario.days": 2}`` or ``["scenario.days=2"]``
    seed : int                goes before the file's seed

    Raises
    ------
    ScenarioError    every fault of the scenario, each with its place
    """
    document = read_document(path_or_name)
    apply_settings(document, set)
    if seed is not None:
        apply_settings(document, {"scenario.seed": seed})
        document.origins["scenario", "seed"] = Origin("--seed")
    return typed(document)


def typed(document: Document) -> Loaded:
    """Type and check a document; ScenarioError with every fault."""
    faults = add_accounts_file(document)
    doubtful: list[KeyPath] = [("accounts",)] if faults else []
    tables: dict[int, type] = {}  # which class each table of the file was read as
    try:
        scenario: Scenario = _adapter(How(_names_mechanisms(document.data))).validate_python(
            document.data, context=tables
        )
        rest = Salvage(document.data, [], doubtful)
    except ValidationError as error:
        details: list[Any] = error.errors(include_url=False)
        unread, told = translate(details, document, tables)
        faults += told
        rest = Salvage(document.data, unread, doubtful)
        scenario = _adapter(How(_names_mechanisms(document.data))).validate_python(rest.data, context={})
    faults += check(scenario, document, rest)
    if faults:
        raise ScenarioError(in_order(faults)) from None
    return Loaded(scenario=scenario, folder=document.folder, origin=document.origins, digest=digest(scenario))


def from_dict(data: dict[str, Any]) -> Scenario:
    """Return the model of a resolved scenario (`scenarios.resolve.to_dict`), as a run document keeps it.

    Raises
    ------
    ScenarioError    it isn't one
    """
    document = Document(file=Path("manifest.json"), folder=Path.cwd(), data=data)
    tables: dict[int, type] = {}
    try:
        scenario: Scenario = _adapter(How(_names_mechanisms(data))).validate_python(data, context=tables)
    except ValidationError as error:
        details: list[Any] = error.errors(include_url=False)
        raise ScenarioError(in_order(translate(details, document, tables)[1])) from None
    return scenario


def _names_mechanisms(data: Any) -> bool:
    """Whether a rail of a document names one; only then are the mechanisms, which are compiled code, imported."""
    rails_of = data.get("rails") if isinstance(data, dict) else None
    entries = rails_of.values() if isinstance(rails_of, dict) else ()
    return any(isinstance(rail, dict) and rail.get("mechanisms") for rail in entries)


def _mechanisms() -> Any:
    from simcore.mechanism_use import uses

    return tuple.__class_getitem__((_one_of([*uses().values()]), ...))


BARE_EVERY = "5 min"
"""How often a mechanism runs that is named without a schedule."""


def _in_full(value: Any) -> Any:
    """A mechanism named alone, with the schedule it then has."""
    return {"use": value, "every": BARE_EVERY} if isinstance(value, str) else value


class How(NamedTuple):
    """What the types are made for; each kind once."""

    mechanisms: bool
    """Some rail names a mechanism."""
    notes: bool = False
    """With the text of each field, which takes long to find and only the schema needs."""


@cache
def _adapter(how: How) -> TypeAdapter[Any]:
    return TypeAdapter(_table(Scenario, how))


@cache
def _table(cls: type, how: How) -> Any:
    """A plain dataclass as a table of pydantic that gives back the dataclass."""
    hints = hints_of(cls)
    notes = docstrings(cls) if how.notes else {}
    keys: dict[str, Any] = {}
    for item in fields(cls):
        hint = hints[item.name]
        if (cls, item.name) == (Scenario, "rails"):
            hint = dict.__class_getitem__((str, _one_of([*rails().entries().values()])))
        if (cls, item.name) == (Scenario, "pvp"):
            hint = dict.__class_getitem__((str, _one_of([*pvp().entries().values()])))
        if issubclass(cls, RailBase) and item.name == "mechanisms":
            hint = _mechanisms() if how.mechanisms else tuple[str, ...]
        needed = item.default is MISSING and item.default_factory is MISSING
        about: Any = Annotated[_adapt(hint, how), Field(description=notes.get(item.name))]
        # What is always the same need not stand in a file, but the kind of a rail, flow or mechanism has to be said.
        presence: Any = Required if needed or item.name in ("kind", "use") else NotRequired
        keys[name_of_key(item)] = presence[about]
    make: Any = TypedDict
    table = make(cls.__name__, keys)
    table.__pydantic_config__ = ConfigDict(extra="forbid")
    table.__doc__ = plain_text(cls.__doc__ or "")
    names = {name_of_key(item): item.name for item in fields(cls)}

    def note(value: Any, info: Any) -> Any:
        if info.context is not None:
            info.context[id(value)] = cls
        return value

    def build(value: dict[str, Any]) -> Any:
        try:
            return cls(**{names[key]: inner for key, inner in value.items()})
        except ScenarioError as error:  # a parameter class that judges its own values
            fault = error.faults[0]
            context = {"code": fault.code, "got": fault.got, "expected": fault.expected, "try": fault.try_}
            raise PydanticCustomError("luhai", "{got}", context) from None

    return Annotated[table, BeforeValidator(note), AfterValidator(build)]


def _adapt(hint: Any, how: How) -> Any:
    """A type of the model as one of pydantic."""
    reader = reader_for(hint)
    if reader is not None:
        return _scalar(reader)
    origin, inner = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return _table(hint, how)  # type: ignore[arg-type]
    if origin in (Union, types.UnionType):
        options = [option for option in inner if option is not type(None)]
        if len(options) == 1:
            return _adapt(options[0], how)
        return _choice(options, how)
    tables = [option for option in get_args(inner[0]) or inner[:1] if hasattr(option, "use")] if origin is tuple else []
    if tables:
        element: Any = Annotated[_choice(tables, how), BeforeValidator(_in_full)]
        return Annotated[list[element], AfterValidator(tuple)]
    if origin is tuple:
        return Annotated[list[_adapt(inner[0], how)], AfterValidator(tuple)]  # type: ignore[misc]
    if origin is dict:
        return dict[_adapt(inner[0], how), _adapt(inner[1], how)]  # type: ignore[misc]
    raise TypeError(f"a scenario can't hold {hint}")


def _one_of(options: list[Any]) -> Any:
    union: Any = Union
    return union[tuple(options)]


def _choice(options: list[Any], how: How) -> Any:
    """One of several: tables told apart by their ``kind``, or a table or a plain value."""
    if all(_is_table(option) for option in options):
        by_kind = {kind_of(option): option for option in options}
        key = kind_key(options[0])

        def which(value: Any) -> str | None:
            kind = value.get(key) if isinstance(value, dict) else None
            return MARK + kind if isinstance(kind, str) and kind in by_kind else None
    else:
        by_kind, key = {"table" if _is_table(option) else "value": option for option in options}, ""

        def which(value: Any) -> str | None:
            return MARK + ("table" if isinstance(value, dict) else "value")

    union = _one_of([Annotated[_adapt(option, how), Tag(MARK + kind)] for kind, option in by_kind.items()])
    expected = ", ".join(by_kind)
    return Annotated[union, Discriminator(which, custom_error_type="kind", custom_error_message="{expected}",
                                          custom_error_context={"expected": expected, "key": key})]  # fmt: skip


def _is_table(hint: Any) -> bool:
    """Whether a type is a table in a file; an amount is a dataclass too, but text."""
    return is_dataclass(hint) and reader_for(hint) is None


def _scalar(reader: Reader) -> Any:
    """A value read by one of our own functions, so that the message is ours."""

    def read(value: Any) -> Any:
        try:
            return reader.read(value)
        except Refused as refused:
            raise PydanticCustomError(
                "luhai",
                "{got}",
                {"code": refused.code, "got": refused.got, "expected": refused.expected, "try": refused.try_},
            ) from None

    return Annotated[Any, PlainValidator(read), WithJsonSchema(reader.schema)]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of scenario files, for editors."""
    from scenarios.schema import finish

    return finish(_adapter(How(mechanisms=True, notes=True)).json_schema(mode="validation"))
