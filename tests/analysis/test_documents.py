"""What README and docs show is what the commands print, and the reference is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.make_reference import PAGES, STATUSES, stale
from tools.run_documents import DOCUMENTS, ROOT, _blocks, differences, r_script

PAGES_OF_OURS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_output_shown_is_true(name: str) -> None:
    assert "\n".join(differences(name)) == "", "run python tools/run_documents.py"


def test_the_reference_is_current() -> None:
    assert stale() == [], "run python tools/make_reference.py"
    assert set(PAGES) == {path.name for path in (ROOT / "docs" / "reference").glob("*.md")}


def test_every_status_is_explained() -> None:
    from simcore.results.schema import STATUSES as NAMES

    assert set(STATUSES) >= set(NAMES.values())


@pytest.mark.parametrize("path", PAGES_OF_OURS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), target
    for image in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
        assert (path.parent / image).stat().st_size < 150_000, image


def test_outputs_are_put_where_they_belong(tmp_path: Path) -> None:
    """The checker itself: a wrong output is replaced, prose and other blocks stay."""
    text = """Prose.
<!-- file: a.txt -->
```
kept
```

```console
$ cat a.txt
wrong
$ exit 3
```
```python
print(6 * 7)
```

```text
wrong
```
```toml
x = 1
```"""
    found = "\n".join(_blocks(text.split("\n"), str(tmp_path)))
    assert found == text.replace("$ cat a.txt\nwrong", "$ cat a.txt\nkept").replace("```text\nwrong", "```text\n42")


def test_r_is_run_only_where_it_and_its_packages_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for Rscript that has every package but one."""
    document = ["```r", "library(here)", "```", "", "```text", "shown", "```"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert r_script("1", str(tmp_path)) is None
    assert list(_blocks(document, str(tmp_path))) == document
    program = tmp_path / "Rscript"
    program.write_text('#!/bin/sh\n[ "$3" = away ] && exit 1\necho printed\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert r_script("library(away)", str(tmp_path)) is None
    assert list(_blocks(document, str(tmp_path)))[5] == "printed"
