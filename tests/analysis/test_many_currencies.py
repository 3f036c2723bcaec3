"""Every picture of a run with more currencies, rails and routes than a picture shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.text import Annotation, Text

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


def test_lines_from_bars_to_their_labels_cross_no_other_label(tables: Tables) -> None:
    figure = draw(tables, "corridor_flows", most=12)
    figure.draw_without_rendering()
    labels = [each for each in figure.findobj(Annotation) if isinstance(each, Annotation)]
    boxes = [Text.get_window_extent(label) for label in labels]
    lines = [label.arrow_patch for label in labels]
    assert sum(line is not None for line in lines) > 3
    for position, line in enumerate(lines):
        if line is not None:
            path = line.get_transform().transform_path(line.get_path())
            met = [other for other, box in enumerate(boxes) if other != position and path.intersects_bbox(box, False)]
            assert not met, [labels[k].get_text() for k in (position, *met)]
