"""Every code that the source uses is explained, and every code that is explained is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simcore.codes import CODES

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("simcore", "scenarios", "fx", "analysis")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "codes.py"
]
RAISED = re.compile(r"\"(LH\d{3})\"")


def used() -> set[str]:
    """Codes that stand as text in the source, docstrings aside."""
    return {code for path in SOURCES for code in RAISED.findall(path.read_text(encoding="utf-8"))}


def test_every_code_used_is_explained() -> None:
    assert used() - set(CODES) == set()


def test_every_code_explained_is_used() -> None:
    assert set(CODES) - used() == set()


def test_codes_stand_in_order() -> None:
    assert list(CODES) == sorted(CODES)


@pytest.mark.parametrize("code", list(CODES))
def test_an_explanation_is_a_title_and_sentences(code: str) -> None:
    entry = CODES[code]
    assert 0 < len(entry.title) <= 60
    assert not entry.title.endswith(".")
    assert entry.text[0].isupper() or entry.text[0] in "`-[_" or entry.text.startswith(("extends", "initiated_at"))
    assert entry.text.endswith(".")


def test_every_code_of_checking_is_in_the_gallery() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "errors").glob("*/expected.txt"))
    checking = {code for path in (ROOT / "scenarios").glob("*.py") for code in RAISED.findall(path.read_text("utf-8"))}
    elsewhere = {"LH001", "LH070", "LH072"}  # `luhai new` and wrong names on the command line
    assert checking - elsewhere - set(re.findall(r"LH\d{3}", shown)) == set()
