"""The benchmark of the analysis runs from end to end, and what it prints are ratios of what it measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.plots import FIGURES
from benchmarks.analysis import main


def test_a_small_size_runs_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.json"
    assert main(["--size", "1000", "--repeats", "2", "--json", str(kept)]) == 0
    printed = capsys.readouterr().out
    document = json.loads(kept.read_text(encoding="utf-8"))
    assert set(document["pictures_wall_s"]) == set(FIGURES)
    goals = {goal["what"]: goal for goal in document["goals"]}
    for kind in ("processor", "wall"):
        name = {"processor": "cpu", "wall": "wall"}[kind]
        ratio = document[f"measures_{name}_best_s"] / document[f"scan_{name}_best_s"]
        goal = goals[f"all measures against one scan, {kind}"]
        assert goal["figure"] == pytest.approx(ratio)
        assert goal["met"] == (ratio <= 5)
        assert f"{ratio:.3g} x" in printed
        assert document[f"scan_{name}_best_s"] <= document[f"scan_{name}_median_s"]
    assert goals["peak memory of the measures"]["figure"] > 20


@pytest.mark.parametrize("wrong", [["--size", "0"], ["--repeats", "0"], ["--size", "many"]])
def test_wrong_sizes_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(wrong)
    assert left.value.code == 2
    assert "error" in capsys.readouterr().err
