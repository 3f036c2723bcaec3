"""One page about one or several finished runs: question, scenario, proofs, results, pictures, sources, commands.

The page is one file of HTML that needs no other: no script, no request, pictures and style inside. It has no clock, so
the same runs give the same bytes.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Final

from analysis.report.differ import Difference, setting
from analysis.tables import Tables
from simcore.errors import ScenarioError
from simcore.results import provenance

MOST_DRAWN: Final = 4
"""Runs whose pictures are in the page; each is some hundred kilobytes."""
MOST_SCENARIO: Final = 300_000
"""Bytes of a resolved scenario that still goes into the page."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One promise of a run and what shows that it is kept."""

    name: str
    """money, limits, payments, or tables."""
    claim: str
    details: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One run of a report: its tables, and what only those who may run the engine can tell of it."""

    name: str
    """Short, unique in the report."""
    tables: Tables
    proofs: Sequence[Proof]
    """Taken for the report."""
    as_recorded: bool
    """Whether the run document has the same proofs."""
    ran_again: bool = False
    """Whether the scenario was run again for the report and gave the same tables."""
    commands: Sequence[str] = ()
    """What makes the run again from the catalogue or the scenario's file; empty where nothing does."""
    from_entry: bool = False
    """Whether the scenario comes from the catalogue."""
    changed: Sequence[Difference] = ()
    """What of its scenario was set with ``--set`` and isn't in the file."""
    readme: str = ""
    """README of the catalogue entry."""
    toml: str = ""
    """The resolved scenario as a file."""


def report(subjects: Sequence[Subject], language: str = "en") -> str:
    """The page as text.

    Parameters
    ----------
    subjects : runs       the first is the one that others are compared with; all had the same payments to make
    language : str        "en" or "zh"

    Raises
    ------
    ScenarioError         LH088: two runs had different payments to make
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from analysis.report import results, understood
    from analysis.report import sources as inputs
    from analysis.report.pictures import pictures
    from analysis.report.prose import sections
    from analysis.report.words import say

    runs = [(each.name, each.tables) for each in subjects]
    first, measures = subjects[0], results.Measures(runs)
    sources = inputs.Sources(first.tables.scenario, [each.path for each in first.changed])
    compared = results.compared(runs, language) if len(runs) > 1 else None
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"linked": inputs.linked, "quote": quote}
    return environment.get_template("page.html").render(
        say=lambda key, *values: say(key, language, *values),
        language=language,
        subjects=subjects,
        first=first,
        info=_info(first.tables, language),
        readme=sections(first.readme),
        brief=[results.brief(measures, position, language) for position in range(len(runs))],
        changed=[str(setting(each)) for each in first.changed],
        counted=sources.total(),
        coverage=inputs.coverage(sources, language),
        scenario_tables=understood.tables_of(first.tables, sources, language),
        differing=understood.differing(runs, language) if len(runs) > 1 else None,
        overview=results.overview(measures, language),
        outcomes=results.outcomes(runs, language),
        details=list(results.details(measures, language)),
        compared=compared,
        routes_apart=[each for k in range(len(runs)) if (each := results.routes_apart(measures, k, language))],
        pictures=[(each.name, pictures(each.tables, language, alone=len(runs) == 1)) for each in subjects[:MOST_DRAWN]],
        most_drawn=MOST_DRAWN,
        sources=inputs.stated(sources),
        definitions=results.definitions(language),
        reproduce=[_reproduce(each) for each in subjects],
        version=provenance.versions()["luhai"],
    )  # fmt: skip


def _info(tables: Tables, language: str) -> dict[str, Any]:
    """Title and dates; a run document of little content has empty ones."""
    info = {"title": tables.name, "title_zh": "", "question": "", "left_out": [], "start": "", "days": 0,
            "base_currency": "", **tables.scenario.get("scenario", {})}  # fmt: skip
    names = [info["title"], info["title_zh"]]
    names = [name for name in (names[::-1] if language == "zh" else names) if name]
    return info | {"heading": names[0], "other_heading": "".join(names[1:]), "seed": tables.manifest.get("seed")}


def _reproduce(subject: Subject) -> dict[str, Any]:
    """What the page says of versions and digests, and the scenario as a file inside the page."""
    manifest = subject.tables.manifest
    content = subject.toml.encode()
    small = 0 < len(content) <= MOST_SCENARIO
    return {
        "file": f"{subject.tables.name}.toml",
        "data": f"data:application/toml;base64,{b64encode(content).decode()}" if small else "",
        "versions": manifest.get("versions", {}),
        "scenario_digest": manifest.get("scenario_digest", ""),
        "inputs": manifest.get("inputs", []),
        "tables": manifest["tables"],
    }


def save(page: str, out: Path) -> None:
    """Write a page; it appears whole or not at all.

    Raises
    ------
    ScenarioError     LH072: the place can't be written
    """
    hidden = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            hidden.write_text(page, encoding="utf-8", newline="\n")
            os.replace(hidden, out)
        finally:
            hidden.unlink(missing_ok=True)
    except OSError as error:
        got = f"a place that can't be written ({error.strerror})"
        raise ScenarioError.one("LH072", str(out), got=got, expected="a file to write the report into") from None
