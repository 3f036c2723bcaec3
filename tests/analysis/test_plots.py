"""Pictures: they show the tables' numbers, keep their labels apart, and come out byte for byte the same."""

from __future__ import annotations

import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from analysis.plots import FIGURES, draw, plot_command, standard, style
from analysis.plots.clock import clock_axis, clock_words
from analysis.plots.pick import busiest_rail, by_turnover
from analysis.plots.settled_by_route import routes_of
from analysis.plots.words import said
from analysis.tables import NULL, Tables, open_tables
from simcore.errors import ScenarioError
from tests.analysis.made import make_run, scenario


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "made", banks=15, payments=300, days=3)


@pytest.fixture(scope="module")
def tables(run: Path) -> Tables:
    return open_tables(run)


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


@pytest.mark.parametrize(("form", "language"), [("png", "zh"), ("svg", "en"), ("pdf", "zh")])
def test_the_same_run_gives_the_same_bytes_without_a_warning(
    run: Path, tmp_path: Path, form: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning
        for name in ("first", "second"):
            assert plot_command(run, form=form, out=tmp_path / name, language=language, everything=True) == 0
    found = capsys.readouterr()
    printed = found.out.split()
    empty = [line.partition(":")[0] for line in found.err.splitlines()]
    assert empty == ["settlement_risk", "fx_path"] * 2  # what would show nothing isn't written, and why is said
    shown = [figure for figure in FIGURES if figure not in (*empty, "wallets")]
    assert printed == [str(tmp_path / name / f"{figure}.{form}") for name in ("first", "second") for figure in shown]
    for figure in shown:
        first, second = (tmp_path / name / f"{figure}.{form}" for name in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size > 5_000


def test_pictures_go_into_the_run_without_breaking_its_seal(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    plot_command(run)
    assert sorted(path.name for path in (run / "figures").iterdir()) == [
        f"{name}.png" for name in sorted(standard(open_tables(run)))
    ]
    open_tables(run, verify=True)


def test_standard_pictures_are_drawn_unasked_and_the_others_by_name(tables: Tables) -> None:
    assert standard(tables) == ["account_intraday", "settled_by_route"]


def test_a_picture_is_as_wide_as_a_column_if_asked(run: Path, tmp_path: Path) -> None:
    for width_mm in (None, 85):
        plot_command(run, figures=("network",), width_mm=width_mm, out=tmp_path / str(width_mm))
    header = (tmp_path / "85" / "network.png").read_bytes()[16:20]  # width in pixels, 200 to an inch
    assert int.from_bytes(header, "big") == int(85 / 25.4 * 200)
    header = (tmp_path / "None" / "network.png").read_bytes()[16:20]
    assert int.from_bytes(header, "big") == int(170 / 25.4 * 200)


def test_a_wrong_name_is_said_and_nothing_is_written(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as error:
        plot_command(run, figures=("settled_by_route", "acount_intraday"), out=tmp_path / "out")
    assert "account_intraday" in error.value.faults[0].try_
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_a_message(run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match="LH072"):
        plot_command(run, out=tmp_path / "file" / "out")


def span(tables: Tables) -> tuple[int, int]:
    found = tables.span()
    assert found is not None
    return found


def test_lines_end_at_the_sums_of_the_table(tables: Tables) -> None:
    figure = draw(tables, "settled_by_route")
    value, speed = figure.axes
    routes, total, submitted, ended = routes_of(tables, 7, span(tables))
    assert total == len(routes) == 2
    sent, status = tables.numbers("payments", "amount_sent_minor"), tables.ids("payments", "status")
    settled = status.equal("SETTLED_GROSS")
    assert (submitted, ended) == (settled.size, settled.sum())
    for route, line, share in zip(routes, value.lines[:2], speed.lines[:2]):
        mine = tables.ids("payments", "route").equal(route.name)
        expected = int(sent[mine & settled].sum())
        assert expected > 0
        assert (route.total, route.settled, route.count) == (expected, (mine & settled).sum(), mine.sum())
        # The axis is in mn CNY: 10^8 minor units.
        assert np.asarray(line.get_ydata())[-1] == pytest.approx(expected / 1e8)
        assert np.asarray(share.get_ydata())[-1] == pytest.approx((mine & settled).sum() / mine.sum() * 100)
    assert "mn CNY" in value.get_ylabel()


def test_the_value_up_to_an_instant_is_that_of_the_table(tables: Tables) -> None:
    sent, done = tables.numbers("payments", "amount_sent_minor"), tables.numbers("payments", "completed_at")
    for route in routes_of(tables, 7, span(tables))[0]:
        mine = tables.ids("payments", "route").equal(route.name) & (done != NULL)
        for time, value in zip(route.time_us, route.value):
            assert value == sent[mine & (done <= time)].sum()


def test_the_share_within_an_hour_is_read_off_the_line(tables: Tables) -> None:
    speed = draw(tables, "settled_by_route").axes[-1]
    done, begun = tables.numbers("payments", "completed_at"), tables.numbers("payments", "initiated_at")
    for route, line in zip(routes_of(tables, 7, span(tables))[0], speed.lines):
        seconds, share = (np.asarray(values, float) for values in line.get_data())
        mine = tables.ids("payments", "route").equal(route.name)
        within = (mine & (done != NULL) & (done - begun <= 3_600_000_000)).sum() / mine.sum() * 100
        assert share[seconds <= 3600][-1] == pytest.approx(within)


def test_the_accounts_shown_are_those_that_paid_most(tables: Tables) -> None:
    rail = busiest_rail(tables)
    assert rail == "RTGS"
    ranked = by_turnover(tables, rail)
    assert ranked[-1] == "CB"  # the issuer comes last, however much it paid
    figure = draw(tables, "account_intraday")
    titles = [title for axes in figure.axes if (title := axes.get_title(loc="left"))]
    assert titles == [f"Bank {who}" for who in ranked[:12]]
    assert "12 of 16 accounts" in texts(figure)


def test_balances_drawn_are_those_of_the_table(tables: Tables) -> None:
    figure = draw(tables, "account_intraday", participants=["B003"])
    assert len(figure.axes) == 2
    mine = tables.ids("balances", "participant").equal("B003")
    drawn = np.asarray(figure.axes[0].lines[0].get_ydata())
    expected = tables.numbers("balances", "balance_minor")[mine]
    ratio = expected / drawn
    assert ratio == pytest.approx(np.full(expected.size, ratio[0]))
    assert ratio[0] in (1e2, 1e5, 1e8, 1e11)


def test_a_limit_is_a_line_and_an_issuer_has_none(tables: Tables) -> None:
    with_limit = draw(tables, "account_intraday", participants=["B001"]).axes[0]
    dashed = [line for line in with_limit.lines if line.is_dashed()]
    assert len(dashed) == 1 or "limit" in texts(with_limit.get_figure(root=True))  # type: ignore[arg-type]
    issuer = draw(tables, "account_intraday", participants=["CB"]).axes[0]
    assert not any(line.is_dashed() for line in issuer.lines)


def test_a_balance_that_is_always_zero_has_an_axis_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit too: it stands there in words, so that nothing gives the axis a height."""
    tables = open_tables(make_run(tmp_path / "run"))
    numbers = tables.numbers
    monkeypatch.setattr(tables, "numbers", lambda table, column: numbers(table, column) * (column != "balance_minor"))
    axes = draw(tables, "account_intraday", participants=["B001"]).axes[0]
    assert axes.get_ylim()[0] == pytest.approx(-axes.get_ylim()[1])
    assert axes.get_ylim()[1] >= 1


@pytest.mark.parametrize(
    ("options", "figure", "says"),
    [
        ({"payments": 0, "grid": False}, "account_intraday", "No balances"),
        ({"payments": 0, "grid": False}, "settled_by_route", "No payments"),
        ({"settled": 0.0}, "settled_by_route", "40 payments, none of which settled"),
        ({"banks": 1, "payments": 0}, "account_intraday", "never a queue"),
    ],
)
def test_a_run_with_little_in_it_says_so(tmp_path: Path, options: dict[str, Any], figure: str, says: str) -> None:
    tables = open_tables(make_run(tmp_path / "run", **options))
    assert says in texts(draw(tables, figure))


def test_a_rail_nobody_is_on_is_said(tables: Tables) -> None:
    assert "No account is on the rail X" in texts(draw(tables, "account_intraday", rail="X"))


def test_names_are_text_and_never_formulas_or_boxes(tmp_path: Path) -> None:
    made = scenario(["CB", "B000", "B001"])
    made["participants"]["B000"]["name"] = r"$\alpha$ & <b>50 % $ Bank_"
    made["participants"]["B001"]["name"] = "ธนาคารกรุงเทพ"  # Thai, which our fonts lack
    run = make_run(tmp_path / "run", banks=2, manifest={"scenario": made})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_command(run, form="svg")
    found = texts(draw(open_tables(run), "account_intraday"))
    assert r"$\alpha$ & <b>50 % $ Bank_" in found
    assert "B001" in found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_labels_of_many_routes_do_not_overlap(tables: Tables, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven routes that all end at nearly one place, with long names."""
    from analysis.plots import settled_by_route as module

    found = routes_of(tables, 7, span(tables))[0][0]
    many = [
        module.Route(f"R{k}", "CNY", style.COLOURS[k], found.count, found.time_us, found.value + k, found.seconds,
                     found.within) for k in range(7)
    ]  # fmt: skip
    name = {
        "en": "Renminbi through the clearing bank, then a local system",
        "zh": "人民币经清算行再经本地系统到达收款行",
    }
    monkeypatch.setattr(module, "routes_of", lambda *_: (many, 7, 100, 90))
    monkeypatch.setattr(Tables, "label", lambda *_: name[language])
    figure = draw(tables, "settled_by_route", language=language)
    figure.draw_without_rendering()
    for axes in figure.axes:
        labels = [
            text
            for text in axes.texts
            if isinstance(text, Annotation) and text.get_text().startswith(name[language][:3])
        ]
        boxes = [Text.get_window_extent(text) for text in labels]
        assert len(boxes) == 7
        for k, box in enumerate(boxes):
            assert box.x1 <= figure.bbox.x1
            assert not any(box.overlaps(other) for other in boxes[k + 1 :])


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.floats(1, 12))
def test_labels_are_spread_apart_within_their_room(places: list[float], height: float) -> None:
    moved = style.spread(places, [height] * len(places), 0, 100)
    order = sorted(range(len(places)), key=lambda k: places[k])
    gaps = [moved[b] - moved[a] for a, b in pairwise(order)]
    assert all(gap >= height - 1e-6 for gap in gaps)
    assert all(height / 2 - 1e-6 <= place <= 100 - height / 2 + 1e-6 for place in moved)


def test_our_fonts_have_every_character_of_ours_and_of_the_catalogue() -> None:
    text = said()
    for path in (Path(__file__).parents[2] / "scenarios" / "catalogue").glob("*/scenario.toml"):
        text += "".join(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("name"))
    missing = sorted({character for character in text if not style.drawable(character, "") and character != "\n"})
    assert missing == []


def test_units_of_axes_follow_the_language() -> None:
    assert style.scale(2_345_678_00, "CNY", "en") == (1e8, "mn CNY")
    assert style.scale(2_345_678_00, "CNY", "zh") == (1e6, "万 CNY")
    assert style.scale(500, "JPY", "en") == (1.0, "JPY")
    assert style.scale(12_000_000_000_00, "CNY", "zh") == (1e10, "亿 CNY")


def test_listing_the_figures_needs_no_matplotlib() -> None:
    code = "import sys, analysis.plots; sys.exit('matplotlib' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def test_a_pdf_embeds_chinese_in_a_form_that_readers_take(run: Path, tmp_path: Path) -> None:
    plot_command(run, figures=("settled_by_route",), form="pdf", out=tmp_path, language="zh")
    found = (tmp_path / "settled_by_route.pdf").read_bytes()
    assert b"/Subtype /Type3" in found
    assert b"/CIDFontType2" not in found  # TrueType, which our font isn't


def named_days(last: float, language: str) -> list[str]:
    """Days named on a third of a page, of an axis from Wednesday 16:00; every name stays in the picture."""
    with style.settings():
        figure = Figure(figsize=(170 * style.MM, 20 * style.MM))
        axes = figure.add_axes((0.73, 0.3, 0.25, 0.6))  # ends 3.4 mm before the edge
        clock_axis(axes, 20516 + 16 / 24, last, language, most_hours=5, most_days=7)
        figure.draw_without_rendering()
        labels = [label for label in axes.get_xticklabels(minor=True) if label.get_text()]
        assert all(label.get_window_extent().x1 <= figure.bbox.x1 for label in labels)
        return [label.get_text() for label in labels]


def test_the_last_day_of_an_axis_is_named_only_where_its_name_stays_in_the_picture() -> None:
    """Names are centred at noon. An axis that ends at 16:00 has no room for the last, one that ends at 24:00 has."""
    assert named_days(20523 + 16 / 24, "en") == ["5 Mar", "7 Mar", "9 Mar"]
    assert named_days(20524.0, "en") == ["5 Mar", "7 Mar", "9 Mar", "11 Mar"]
    assert named_days(20523 + 16 / 24, "zh") == ["3月5日", "3月7日", "3月9日"]


def test_utc_has_no_offset_from_itself() -> None:
    assert clock_words(ZoneInfo("UTC"), 0, 20517, 20519, "en") == "UTC, Thu 5 March 2026 to Fri 6 March 2026"
