"""What a report says, in English and Chinese, from ``words.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from analysis.measure_list import MEASURES

LANGUAGES: Final = ("en", "zh")


@cache
def words() -> dict[str, Any]:
    """The file as it stands."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def say(key: str, language: str, *values: object) -> str:
    """A phrase in a language, with values put in."""
    return str(words()[key][language]).format(*values)


def has(key: str) -> bool:
    """Whether there is such a phrase."""
    return "en" in words().get(key, {})


def outcome(status: str, language: str) -> str:
    """What a status means; empty for one that the file doesn't know."""
    return str(words()["outcomes_of"].get(status, {}).get(language, ""))


def kind(name: str, language: str) -> str:
    """A kind of participant."""
    words_of = name.replace("_", " ")
    return str(words()["kinds_zh"].get(name, words_of)) if language == "zh" else words_of


def label(measure: str, language: str) -> str:
    """What a measure is called; its name in the registry, in words, where the file has none."""
    return str(words()["measures"].get(measure, {}).get(language, measure.replace("_", " ")))


def definition(measure: str, language: str) -> str:
    """The definition of a measure; in English where there is no Chinese one."""
    english = MEASURES[measure].definition
    return str(words()["measures"].get(measure, {}).get("definition_zh", english)) if language == "zh" else english


def unit(measure: str, language: str) -> str:
    """The unit of a measure's exact values."""
    english = MEASURES[measure].unit
    return str(words()["units_zh"].get(english, english)) if language == "zh" else english
