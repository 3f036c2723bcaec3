"""The gallery of bad input of ``luhai net``: each folder is one mistake and, in expected.txt, the whole message.

``arguments.txt`` holds the command line. After a message was changed on purpose, ``LUHAI_GALLERY=write pytest
tests/errors_net`` writes the new texts, to be read before they are committed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from simcore import cli

GALLERY = Path(__file__).parent
CASES = sorted(path.parent.name for path in GALLERY.glob("*/arguments.txt"))


@pytest.mark.parametrize("case", CASES)
def test_one_clear_message_and_nothing_written(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(GALLERY / case)
    arguments = (GALLERY / case / "arguments.txt").read_text(encoding="utf-8").split()
    status = cli.status(["net", *arguments, "--out", str(tmp_path / "netted")])
    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []
    expected = GALLERY / case / "expected.txt"
    # The folder of the clone is in one message, as the place where the file was looked for.
    found = printed.err.replace(str(GALLERY / case), "FOLDER")
    if os.environ.get("LUHAI_GALLERY") == "write":
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_a_message_is_for_people(case: str) -> None:
    text = (GALLERY / case / "expected.txt").read_text(encoding="utf-8")
    for fault in re.split(r"\n(?=\S)", text.strip("\n")):
        assert re.match(r"(queue|que|balances|limits|ceilings)\.csv|--set|--algorithm|bilateral_offset: most", fault), (
            fault
        )
        assert re.search(r" \[LH\d{3}\]\n  got       \S.*\n  expected  \S", fault), fault
    assert not re.search(r"Traceback|Decimal\(|None|<class|np\.", text)
