"""The day that is timed is one that can be: most of it settles, swaps shrink what is to be paid in, limits bind."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cls import CURRENCIES, DEADLINES, MEMBERS, PAIRS, made, main, ratios
from simcore.cls import in_out_swaps, net_positions, settle_day


def test_the_timed_day_settles_and_swaps_shrink_it() -> None:
    pairs, terms = made(20_000)
    done = settle_day(pairs, terms, DEADLINES)
    assert done.settled > 19_000
    assert 0.5 < done.netting_ratio < 1
    net = net_positions(pairs, MEMBERS, CURRENCIES)
    swap = in_out_swaps(net, terms.limits(), Fraction(3, 4))
    assert np.abs(swap.net).sum() < np.abs(net).sum() / 2
    # The longer the queue, the later: with tight limits less settles by the first deadline.
    tight = settle_day(pairs, made(20_000, tight=100)[1], DEADLINES)
    assert tight.settled_after[0] < done.settled_after[0]


def test_the_page_shows_what_the_command_prints() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cls.md").read_text(encoding="utf-8")
    assert "\n".join(ratios(PAIRS)) in page


def test_what_is_published_stands_beside_with_what_was_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--ratios", "--size", "2000"]) == 0
    said = capsys.readouterr().out
    assert "96 %" in said
    assert "less than 1 %" in said
    assert "Assumed here" in said


def test_netting_follows_from_how_far_members_lean() -> None:
    """So that the figure is no evidence: whoever chooses the lean chooses it."""
    found = []
    for lean in (0.0, 0.05, 0.1, 0.2):
        pairs, terms = made(50_000, lean=lean)
        found.append(settle_day(pairs, terms, DEADLINES).netting_ratio)
    assert found == sorted(found, reverse=True)
    assert found[0] - found[-1] > 0.03


def test_the_command_writes_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--size", "2000", "--repeats", "1", "--json", str(tmp_path / "cls.json")]) == 0
    assert "a day over one pass" in capsys.readouterr().out
    document = json.loads((tmp_path / "cls.json").read_text())
    assert [case["settled_after"][-1] > 0 for case in document["cases"]] == [True, True]
