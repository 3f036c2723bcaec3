"""The gallery of faulty scenarios: each folder is one mistake and, in expected.txt, the whole message it must give.

`settings.txt` holds lines of ``--set``. After a message was changed on purpose, ``LUHAI_GALLERY=write pytest
tests/errors`` writes the new texts, to be read before they are committed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from scenarios import extend
from scenarios.loader import load
from simcore.errors import ScenarioError

GALLERY = Path(__file__).parent
CASES = sorted(path.parent.name for path in GALLERY.glob("*/scenario.toml"))


def message(case: str) -> str:
    """What ``luhai check .`` says inside the folder of a case."""
    settings = GALLERY / case / "settings.txt"
    lines = settings.read_text(encoding="utf-8").splitlines() if settings.exists() else []
    with pytest.raises(ScenarioError) as caught:
        load("scenario.toml", set=lines)
    assert caught.value.exit_code == 2
    return f"{caught.value}\n"


@pytest.mark.parametrize("case", CASES)
def test_the_message_is_the_expected_one(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GALLERY / case)
    monkeypatch.setattr(extend, "CATALOGUE", GALLERY / "none")  # or a new entry would change what is suggested
    found = message(case)
    expected = GALLERY / case / "expected.txt"
    if os.environ.get("LUHAI_GALLERY") == "write":
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_a_message_is_for_people(case: str) -> None:
    """Every fault has a place and all its lines, and nothing of the machinery shows."""
    text = (GALLERY / case / "expected.txt").read_text(encoding="utf-8")
    for fault in re.split(r"\n(?=\S)", text.strip("\n")):
        assert re.match(r"(scenario|base)\.toml|accounts\.csv|--set", fault), fault
        assert re.search(r" \[LH\d{3}\]\n  got       \S.*\n  expected  \S", fault), fault
    assert not re.search(
        r"pydantic|Traceback|errors\.|Decimal\(|datetime|None|<class|Input should|http(?!s://www\.pbc)", text
    )
