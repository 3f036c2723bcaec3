"""The catalogue: every entry loads, says where each number comes from, and has a README that says so."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from scenarios.extend import catalogue_names, find, variants
from scenarios.keys import parse_path, shown_path
from scenarios.loader import load
from scenarios.resolve import to_dict
from simcore.datafiles import CATALOGUE
from simcore.errors import ScenarioError
from tests.scenarios.entries import in_one_line, readme, scenario_of

ENTRIES = catalogue_names()
HEADINGS = ("## Question", "## Model", "## Sources", "## What is left out", "## Figures")


def test_the_catalogue_has_its_entries() -> None:
    assert {"chongqing-singapore", "fifo-day"} <= set(ENTRIES)
    folders = {path.name for path in CATALOGUE.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert folders == set(ENTRIES), "a folder of the catalogue without a scenario.toml"


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_loads_under_its_own_name_with_a_question_in_two_languages(entry: str) -> None:
    info = scenario_of(entry).scenario
    assert info.name == entry
    assert info.question.endswith("?")
    assert re.search(r"[一-鿿]", info.title_zh)
    assert info.left_out
    assert info.seed is not None, "an entry gives the same figures to everybody"


@pytest.mark.parametrize("entry", ENTRIES)
def test_everybody_has_a_chinese_name(entry: str) -> None:
    scenario = scenario_of(entry)
    for name, who in [*scenario.participants.items(), *scenario.rails.items(), *scenario.routes.items()]:
        assert re.search(r"[一-鿿]", who.name_zh), name


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_readme_has_its_headings_in_order_and_the_question(entry: str) -> None:
    text = readme(entry)
    places = [text.find(f"\n{heading}\n") for heading in HEADINGS]
    assert -1 not in places, HEADINGS[places.index(-1)]
    assert places == sorted(places)
    assert in_one_line(scenario_of(entry).scenario.question) in in_one_line(text)
    assert f"luhai run {entry}" in text


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_readme_says_what_the_scenario_says_is_left_out(entry: str) -> None:
    section = in_one_line(readme(entry).split("## What is left out")[1].split("\n## ")[0])
    for line in scenario_of(entry).scenario.left_out:
        assert re.split(r"[:;.,]", line)[0] in section, line


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_run_that_a_readme_names_can_be_started(entry: str) -> None:
    """Also those to try, of which no figures are shown: entries and variants exist, every change leads somewhere."""
    commands = re.findall(r"^    luhai run (.+)$", readme(entry), re.MULTILINE)
    assert commands
    for command in commands:
        name, *words = shlex.split(command)
        changes = [word for before, word in pairwise([name, *words]) if before == "--set"]
        assert load(name, set=changes).scenario.participants, command


def test_variants_go_by_their_entrys_name_and_their_own() -> None:
    names = [name for entry in ENTRIES for name in variants(entry)]
    assert {"three-paths/onshore-agent", "settlement-window/longer-days"} <= set(names)
    for name in names:
        entry, _, file = name.partition("/")
        assert find(name) == CATALOGUE / entry / f"{file}.toml"
        assert load(name).scenario.scenario.name == entry
        assert name in readme(entry), "a README says what its variants are for"
    with pytest.raises(ScenarioError, match=r"try +three-paths/onshore-agent"):
        find("three-paths/onshore")


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every plain value of a resolved scenario with its key path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, str(index)))
    else:
        yield path, value


def is_number(value: Any) -> bool:
    """Numbers, amounts, durations, shares, dates and clock times."""
    if isinstance(value, str):
        return re.match(r"[+-]?\d", value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_number_has_a_source(entry: str) -> None:
    scenario = scenario_of(entry)
    resolved = to_dict(scenario)
    del resolved["sources"]
    covered = {tuple(str(part) for part in parse_path(name)) for name in scenario.sources}
    numbers = [path for path, value in leaves(resolved) if is_number(value)]
    assert len(numbers) > 20
    bare = [path for path in numbers if not any(path[:depth] in covered for depth in range(1, len(path) + 1))]
    assert not bare, "numbers without a source: " + ", ".join(shown_path(path) for path in bare)


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_is_published_or_derived_has_an_address_and_what_is_assumed_a_reason(entry: str) -> None:
    for path, source in scenario_of(entry).sources.items():
        if source.status == "assumed":
            assert source.source == "assumption", path
            assert source.note, path
        else:
            places = source.source.split(" | ")
            assert all(re.match(r"https?://|European Central Bank", place) for place in places), path
        if source.status == "derived":
            assert source.note, f"{path} doesn't say how it was derived"


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_address_of_the_readmes_sources_stands_in_the_scenario(entry: str) -> None:
    section = readme(entry).split("## Sources")[1].split("\n## ")[0]
    text = (CATALOGUE / entry / "scenario.toml").read_text(encoding="utf-8")
    for address in re.findall(r"https?://[^\s|]+", section):
        assert address in text
