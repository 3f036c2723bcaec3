"""Every picture of a run with more currencies, rails and routes than a picture shows."""

from __future__ import annotations

from pathlib import Path

import pytest

import simcore
from analysis.plots import FIGURES, draw
from analysis.tables import Tables, open_tables


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder: Path = tmp_path_factory.mktemp("many") / "run"
    simcore.run("chongqing-asean", seed=65, out=folder, set={"scenario.days": 2})
    return open_tables(folder)


@pytest.mark.parametrize("name", FIGURES)
def test_pictures_of_twelve_currencies_are_drawn_and_say_what_they_leave_out(tables: Tables, name: str) -> None:
    figure = draw(tables, name)
    texts = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    said = " ".join(" ".join(text.get_text() for text in texts).split())
    assert said.strip()
    if name == "settled_by_rail":
        assert "6 of 12" in said
