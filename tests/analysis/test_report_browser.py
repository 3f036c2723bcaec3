"""The report in a browser: it asks for nothing, says nothing, fits a phone and prints. Skipped where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from simcore.cli import status
from tests.analysis.browser import Page, browser

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium at hand; .ci/run installs it where it can")
# What is wider than the page itself: elements whose right edge is beyond the window, those in boxes that scroll aside.
BEYOND = """[...document.querySelectorAll('body *')].filter(each => !each.closest('.scroll, pre, table')
    && each.getBoundingClientRect().right > innerWidth + 0.5).map(each => each.outerHTML.slice(0, 80))"""
BROKEN = "[...document.images].filter(each => !each.naturalWidth).length"
SHEET = 688
"""What is between the margins of A4, 182 mm, in CSS pixels."""
CUT = """[...document.querySelectorAll('table, pre, img')].filter(each =>
    each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML.slice(0, 80))"""
# A box that scrolls must be in reach of the keyboard and have a name.
NAMELESS = """[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth
    && each.tabIndex < 0).length"""
FLOWS = ("imports-direct", "imports-agent", "exports-rmb-direct", "exports-rmb-agent", "exports-usd")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Pages of a week, of a day under two rules in Chinese, and of a run without payments."""
    folder = tmp_path_factory.mktemp("runs")
    made = {
        "week": ["chongqing-singapore"],
        "fifo": ["fifo-day"],
        "bypass": ["fifo-day", "--set", "rails.RTGS.queue=bypass"],
        "empty": [
            "chongqing-singapore",
            *(word for flow in FLOWS for word in ("--set", f"flows.{flow}.per_day=0.001")),
        ],
    }
    for name, words in made.items():
        assert status(["run", *words, "--quiet", "--seed", "65", "--out", str(folder / name)]) == 0
    for names, language in ((["week"], "en"), (["fifo", "bypass"], "zh"), (["empty"], "en")):
        out = folder / f"{names[-1]}.html"
        assert status(["report", *(str(folder / name) for name in names), "--lang", language, "--out", str(out)]) == 0
    return [folder / f"{name}.html" for name in ("week", "bypass", "empty")]


@pytest.mark.parametrize("width", [360, 1200])
def test_a_page_fits_its_window_and_asks_for_nothing(pages: list[Path], width: int) -> None:
    for file in pages:
        with Page(file, width) as page:
            assert page.value("innerWidth") == width
            assert page.value("document.documentElement.scrollWidth") <= width, file.name
            assert page.value(BEYOND) == [], file.name
            assert page.value(BROKEN) == 0
            assert page.value(NAMELESS) == 0
            assert page.value("document.images.length") > 0
            assert page.requests == []
            assert page.said == []


def test_a_page_prints_on_few_sheets_and_nothing_is_cut_off(pages: list[Path]) -> None:
    for file in pages:
        with Page(file, SHEET) as page:
            page.call("Emulation.setEmulatedMedia", media="print")
            assert page.value(CUT) == [], file.name
            printed = page.pdf()
        assert printed.startswith(b"%PDF-")
        assert 3 <= printed.count(b"/Type /Page\n") <= 25, file.name
