"""Notebooks show what their cells print and draw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.run_notebooks import FOLDER, fresh, run_cell, texts


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_prints(path: Path) -> None:
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["nbformat"] == 4
    assert texts(fresh(path)) == texts(kept), "run python tools/run_notebooks.py"
    assert any("(PNG)" in text for text in texts(kept))


def test_a_cell_shows_what_it_prints_and_then_its_last_value() -> None:
    names: dict[str, object] = {}
    assert run_cell("a = 2", names) == []
    printed, value = run_cell("print('two')\na + 1", names)
    assert printed["text"] == ["two\n"]
    assert value["data"]["text/plain"] == ["3"]
