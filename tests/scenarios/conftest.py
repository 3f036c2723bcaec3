"""Two small scenarios that the tests of scenario files change one thing of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a scenario into an empty working folder: text, or the name of an example with replacements."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, *replacements: tuple[str, str], name: str = "scenario.toml") -> Path:
        if text in ("two-banks", "to-singapore"):
            text = (HERE / f"{text}.toml").read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
