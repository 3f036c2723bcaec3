"""The commands about scenario files: what one really contains, its faults, the catalogue, a copy to edit."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scenarios.document import read_text
from scenarios.extend import catalogue_names, variants
from scenarios.keys import listed, nearest, shown_file, shown_value
from scenarios.loader import json_schema, load
from scenarios.resolve import quoted, to_toml
from scenarios.summary import summary
from simcore.datafiles import CATALOGUE
from simcore.engine.cautions import cautions
from simcore.errors import ScenarioError

Settings = Mapping[str, Any] | Iterable[str]
SCHEMA_LINE = "#:schema ./luhai.schema.json\n"


def check_command(scenario: str, *, settings: Settings, form: str = "text") -> int | None:
    """Print every fault of a scenario; as ``json`` on standard output with exit code 2, as text by raising them."""
    try:
        loaded = load(scenario, set=settings)
    except ScenarioError as error:
        if form != "json":
            raise
        print(json.dumps({"faults": [_fault(fault) for fault in error.faults]}, indent=2, ensure_ascii=False))
        return error.exit_code
    if form == "json":
        notes = cautions(loaded.scenario)
        print(json.dumps({"faults": [], "notes": notes, "digest": loaded.digest}, indent=2, ensure_ascii=False))
    else:
        print(f"{loaded.scenario.scenario.name}: no faults (digest {loaded.digest[:12]})")
        for note in cautions(loaded.scenario):
            print(f"  note: {note}")
    return None


def _fault(fault: Any) -> dict[str, Any]:
    """A fault as JSON, its place also taken apart."""
    data = {key.rstrip("_"): value for key, value in asdict(fault).items()}
    match = re.match(r"(?P<file>.*?)(?::(?P<line>\d+))?(?::(?P<column>\d+))?(?:: (?P<path>.*))?$", fault.where)
    assert match is not None
    place = {key: int(text) if key in ("line", "column") else text for key, text in match.groupdict().items() if text}
    return data | place


def show_command(scenario: str, *, settings: Settings, resolved: bool = False, origin: bool = False) -> int | None:
    """Print what a scenario contains, or its full resolved form; ScenarioError if it has faults."""
    loaded = load(scenario, set=settings)
    if resolved or origin:
        print(to_toml(loaded.scenario, loaded.origin if origin else None), end="")
    else:
        print(summary(loaded.scenario, loaded.digest))
    return None


def list_command() -> int | None:
    """Print name, title and question of every catalogue entry, and its variants."""
    for name in catalogue_names():
        info = tomllib.loads(read_text(CATALOGUE / name / "scenario.toml")).get("scenario", {})
        print(f"{name:<24} {info.get('title', '')}")
        for key in ("title_zh", "question"):
            if info.get(key):
                print(f"{'':<24} {info[key]}")
        if others := variants(name):
            print(f"{'':<24} variants: {', '.join(others)}")
    return None


def new_command(name: str, *, directory: Path | None = None, entry: str = "fifo-day") -> int | None:
    """Copy a catalogue entry's folder to edit it; ScenarioError if the entry is unknown or the place is taken."""
    if entry not in catalogue_names():
        known = catalogue_names()
        raise ScenarioError.one(
            "LH001",
            "--from",
            got=shown_value(entry),
            expected=f"one of {listed(known)}",
            try_=nearest(entry, known, 0.3),
        )
    if not re.fullmatch(r"\w[\w.-]*", name) or len(name) > 80:
        better = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80]
        expected = "a name that can be a folder's: letters, digits, - _ ."
        raise ScenarioError.one("LH017", "NAME", got=shown_value(name), expected=expected, try_=better)
    target = (directory or Path()) / name
    if target.exists() or target.is_symlink():
        got = "something that is already there"
        raise ScenarioError.one("LH070", shown_file(target), got=got, expected="a new folder", try_="another name")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target under another name first, so that a full disk leaves no half a scenario.
        draft = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=target.parent))
        try:
            shutil.copytree(CATALOGUE / entry, draft, dirs_exist_ok=True, copy_function=shutil.copyfile)
            _rename(draft / "scenario.toml", name)
            schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
            (draft / "luhai.schema.json").write_text(schema, encoding="utf-8")
            draft.chmod(0o777 & ~_umask())
            draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise ScenarioError.one("LH072", shown_file(target), got=error.strerror or str(error),
                                expected="a place that can be written") from None  # fmt: skip
    print(f"{shown_file(target)}: a copy of {entry}. Edit scenario.toml there, then:")
    print(f"  luhai check {shown_file(target)}\n  luhai run {shown_file(target)}")
    return None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _rename(file: Path, name: str) -> None:
    """Give the copied scenario its own name, everything else untouched."""
    text = file.read_text(encoding="utf-8")
    renamed, count = re.subn(
        r'(?m)^(name\s*=\s*)(?:"[^"\n]*"|\'[^\'\n]*\')', lambda match: match[1] + quoted(name), text, count=1
    )
    before = tomllib.loads(text).get("scenario", {})
    after = tomllib.loads(renamed).get("scenario", {}) if count else {}
    if after != before | {"name": name}:  # the first name in the file wasn't the scenario's
        raise ScenarioError.one("LH011", shown_file(file), got="no name at its usual place", expected="[scenario] name")
    if not renamed.startswith("#:schema"):
        renamed = SCHEMA_LINE + renamed
    file.write_text(renamed, encoding="utf-8")
