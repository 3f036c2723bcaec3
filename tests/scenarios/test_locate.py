"""Positions over TOML text: every path that the standard reader gives has one, and it is the right one."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.locate import MOST_DEPTH, TooDeep, locate


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Every path of a parsed document."""
    found = {path} if path else set()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found |= paths(inner, (*path, key))
    return found


EXAMPLE = '''\
# comment with [brackets] and "quotes"
title = "a # b"
"quoted key".'literal.key' = 1
[a.b]
c = { d = 1, e.f = [1, 2, { g = "]" }] }
times = [08:30:00, 1979-05-27 07:32:00, 1979-05-27T07:32:00Z]
text = """
[not.a.table]
x = 1 \\""" still inside """""
raw = \'\'\'
[nor.this]'\'\'\'
[[rows]]
name = "first"
[rows.inner]
x = 1
[[rows]]
name = "second"
[[rows.deep]]
y = 1
[[rows.deep]]
y = [
  1, # one
  2,
]
[rows.deep.more]
"esc\\u0041ped" = 0
'''


def test_an_example_of_everything() -> None:
    positions = locate(EXAMPLE).positions
    assert set(positions) == paths(tomllib.loads(EXAMPLE))
    lines = EXAMPLE.splitlines()
    assert positions["title",] == (2, 1)
    assert positions["quoted key", "literal.key"] == (3, 14)
    assert positions["a", "b"] == (4, 4)
    assert positions["a", "b", "c", "e", "f", 2, "g"] == (5, lines[4].index("g =") + 1)
    assert positions["a", "b", "times", 2] == (6, lines[5].index("1979-05-27T") + 1)
    assert positions["rows", 0, "inner", "x"] == (lines.index("[rows.inner]") + 2, 1)
    assert positions["rows", 1] == (lines.index('name = "second"'), 3)
    assert positions["rows", 1, "deep", 1, "y", 1] == (lines.index("  2,") + 1, 3)
    assert positions["rows", 1, "deep", 1, "more", "escAped"][0] == len(lines)


def test_crlf_line_ends() -> None:
    assert locate("a = 1\r\n[b]\r\nc = 2\r\n").positions == {("a",): (1, 1), ("b",): (2, 2), ("b", "c"): (3, 1)}


# --- any document ------------------------------------------------------------------------------------------------

names = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=6
) | st.sampled_from(["a", "b", "x-y", "0", "[t]", 'q"q', "d.d", "#", "="])
scalars = st.one_of(
    st.integers(-(10**6), 10**6),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8),
    st.dates(),
    st.times(),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=12
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(value: Any, draw: Any) -> str:
    """A value as TOML, with gaps where TOML allows them."""
    if isinstance(value, dict):
        return "{" + ",".join(f" {key_text(key, draw)} = {written(inner, draw)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        gap = draw(st.sampled_from(["", " ", "\n  ", " # ] comment\n"]))
        return "[" + "".join(f"{gap}{written(inner, draw)}{gap}," for inner in value) + gap + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if draw(st.booleans()) and "\\" not in value and '"' not in value:
            return f'"""{value}"""'
        return quoted(value)
    return str(value.isoformat()) if hasattr(value, "isoformat") else repr(value)


def key_text(key: str, draw: Any) -> str:
    bare = key.replace("-", "").replace("_", "").isalnum() and key.isascii()
    return key if bare and draw(st.booleans()) else quoted(key)


@st.composite
def documents(draw: Any) -> str:
    """Text of a document: keys first, then tables and arrays of tables, some of them written dotted."""
    root = draw(st.dictionaries(names, values, max_size=5))
    lines, tables = [], []
    for key, value in root.items():
        if isinstance(value, dict) and draw(st.booleans()):
            tables.append(f"[ {key_text(key, draw)} ]")
            tables += [f"{key_text(inner, draw)}={written(item, draw)} # end" for inner, item in value.items()]
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for item in value:
                tables.append(f"[[{key_text(key, draw)}]]")
                tables += [f"  {key_text(inner, draw)} = {written(one, draw)}" for inner, one in item.items()]
        elif isinstance(value, dict) and value:
            lines += [
                f"{key_text(key, draw)} . {key_text(inner, draw)} = {written(item, draw)}"
                for inner, item in value.items()
            ]
        else:
            lines.append(f"{key_text(key, draw)} = {written(value, draw)}")
    return draw(st.sampled_from(["\n", "\r\n", "\n\n# note\n"])).join([*lines, *tables])


@given(documents())
def test_every_path_of_a_parsed_document_has_its_position(text: str) -> None:
    located = locate(text)
    assert set(located.positions) == paths(tomllib.loads(text))
    assert located.repeated == []
    lines = text.split("\n")
    for path, (line, column) in located.positions.items():
        if isinstance(path[-1], str) and path[-1].isascii() and '"' not in path[-1] and "\\" not in path[-1]:
            assert lines[line - 1][column - 1 :].lstrip('"').startswith(path[-1])


@given(st.text(st.sampled_from('[]{}="\'#.,\n a1"""'), max_size=40))
def test_a_text_that_is_no_toml_neither_fails_nor_hangs(text: str) -> None:
    locate(text)


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\nb = 2\na = 3\n", ("a",), 3),
        ("[t]\nx = 1\n[u]\n[t]\n", ("t",), 4),
        ("a = { b = 1, b = 2 }", ("a", "b"), 1),
    ],
)
def test_a_key_given_twice_is_named(text: str, path: tuple[str, ...], line: int) -> None:
    ((found, (at, _)),) = locate(text).repeated
    assert (found, at) == (path, line)


@pytest.mark.parametrize("text", ["[" + "a." * 10_000 + "a]", "a." * 10_000 + "a = 1", "a = " + "[" * 50 + "]" * 50])
def test_nesting_is_limited(text: str) -> None:
    with pytest.raises(TooDeep) as caught:
        locate(text)
    assert caught.value.line == 1
    assert MOST_DEPTH < 50
