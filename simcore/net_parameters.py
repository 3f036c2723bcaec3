"""The parameters of registered algorithms: what they are, as text, and their values from ``--set name=value``."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import types
import typing
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from simcore.errors import ScenarioError
from simcore.lsm import REGISTRY

TABLES = {
    "limits": "FILE with participant, towards, currency, limit",
    "ceilings": "FILE with participant, currency, ceiling",
}
"""Parameters that ``luhai net`` reads from a file, and what is in it."""


@dataclass(frozen=True)
class Parameter:
    """One field of an algorithm."""

    name: str
    kind: Any
    """Its type, with names resolved."""
    default: Any
    text: str
    """Its docstring, on one line."""

    @property
    def choices(self) -> list[str]:
        """What it may be, if that is a list of words or numbers."""
        return [str(choice) for choice in typing.get_args(self.kind)] if _is_literal(self.kind) else []


def algorithm(name: str) -> Any:
    """The registered class; ScenarioError LH100 with the nearest names if there is none."""
    entries = REGISTRY.entries()
    if name in entries:
        return entries[name]
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    near = [plain] if plain in entries else get_close_matches(plain, entries, n=3, cutoff=0.5)
    raise ScenarioError.one(
        "LH100", "--algorithm", got=repr(name), expected="an algorithm of `luhai net --list`", try_=" or ".join(near)
    )


def parameters(cls: Any) -> list[Parameter]:
    """Its fields, with the docstrings that stand below them."""
    kinds = typing.get_type_hints(cls, vars(sys.modules[cls.__module__]))
    texts = _field_texts(cls)
    return [
        Parameter(
            field.name,
            kinds[field.name],
            field.default_factory() if field.default_factory is not MISSING else field.default,
            texts.get(field.name, ""),
        )
        for field in fields(cls)
    ]


def summary(cls: Any) -> str:
    """The first sentence of its docstring."""
    return " ".join((inspect.getdoc(cls) or "").split("\n\n")[0].split())


def values(cls: Any, name: str, settings: Sequence[str]) -> dict[str, Any]:
    """Read ``name=value`` texts for an algorithm.

    Values of the parameters in ``TABLES`` stay text: the name of a file. ScenarioError LH103 for an unknown name, a
    name given twice or a value of the wrong kind.
    """
    known = {parameter.name: parameter for parameter in parameters(cls)}
    found: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = (part.strip() for part in setting.partition("="))
        if not equals:
            raise ScenarioError.one("LH103", "--set", got=repr(setting), expected="name=value")
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0.5)
            expected = f"a parameter of {name}: {', '.join(known)}" if known else f"nothing: {name} has no parameters"
            raise ScenarioError.one("LH103", "--set", got=repr(key), expected=expected, try_=near[0] if near else "")
        if key in found:
            raise ScenarioError.one("LH103", f"--set {key}", got="two values", expected="one")
        found[key] = text if key in TABLES else _value(known[key], text)
    return found


def _is_literal(kind: Any) -> bool:
    return typing.get_origin(kind) is typing.Literal


def _value(parameter: Parameter, text: str) -> Any:
    kind, expected, try_ = parameter.kind, "", ""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        if text.lower() in ("none", ""):
            return None
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    try:
        if _is_literal(kind):
            near = get_close_matches(text, map(str, typing.get_args(kind)), n=1, cutoff=0.4)
            expected, try_ = " or ".join(map(str, typing.get_args(kind))), near[0] if near else ""
            return next(choice for choice in typing.get_args(kind) if str(choice) == text)
        if kind is bool:
            expected = "true or false"
            return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
        if kind is int:
            expected = "a whole number"
            return int(text)
        if kind is float:
            expected = "a number"
            return float(text)
        if kind is str:
            return text
        if kind is Path:
            return Path(text)
        expected = f"nothing: {parameter.name} can't be set on the command line"
    except (KeyError, ValueError, StopIteration):
        pass
    raise ScenarioError.one("LH103", f"--set {parameter.name}", got=repr(text), expected=expected, try_=try_)


def _field_texts(cls: Any) -> dict[str, str]:
    """Docstrings of fields are not kept at run time, so they are read from the source."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, SyntaxError):
        return {}
    assert isinstance(body, ast.ClassDef)
    texts: dict[str, str] = {}
    for statement, following in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                texts[statement.target.id] = " ".join(str(following.value.value).split())
    return texts
