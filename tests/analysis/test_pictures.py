"""Every picture on runs of every size: it says when there is nothing, no text leaves it, and its numbers are right."""

from __future__ import annotations

import re
import tracemalloc
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import simcore
from analysis.measures import measure
from analysis.measures_risk import compute as compute_risk
from analysis.plots import FIGURES, draw, plot_command, style
from analysis.plots.balance_fan import over_days, over_participants
from analysis.plots.corridor_flows import panels_of
from analysis.plots.fx_path import pairs_of
from analysis.plots.liquidity_delay import Point, frontier, points_of
from analysis.plots.network import network_of
from analysis.plots.pick import PAYING
from analysis.plots.queue_heatmap import classes, queues
from analysis.plots.settled_by_rail import rails_of
from analysis.plots.settlement_hours import HOUR_US, Hours, busiest_day, hours_of, together
from analysis.plots.settlement_risk import risks
from analysis.plots.wallets import systems_of
from analysis.tables import Tables, open_tables
from scenarios.loader import load
from simcore.api import perform_loaded
from simcore.errors import ScenarioError
from tests.analysis.made import make_run
from tests.analysis.test_measures_wallets import TOWN as WALLETS
from tests.analysis.test_outside_legs import SWAPS, T2_LATE
from tests.simcore.engine.test_cls_runs import TRADES
from tests.simcore.engine.test_cls_runs import run as cls_run
from tests.simcore.engine.test_outages import paid, play
from tests.simcore.engine.towns import RING_TOWN

RUNS = {
    "empty": {"payments": 0, "grid": False},
    "one": {"banks": 1, "payments": 20},
    "many": {"banks": 500, "payments": 3000},
    "week": {"banks": 6, "payments": 400, "days": 7},
    "month": {"banks": 4, "payments": 300, "days": 31},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tables]:
    folder = tmp_path_factory.mktemp("made")
    return {name: open_tables(make_run(folder / name, **options)) for name, options in RUNS.items()}


@pytest.fixture(scope="module")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """A week of the catalogue's corridor: five rails, three currencies, dealers."""
    out = tmp_path_factory.mktemp("runs") / "corridor"
    simcore.run("chongqing-singapore", seed=65, out=out)
    return open_tables(out)


def rows(tables: Tables, table: str) -> list[dict[str, Any]]:
    """A table read in another way than the pictures do."""
    found: list[dict[str, Any]] = pa.ipc.open_file(tables.path / f"{table}.arrow").read_all().to_pylist()
    return found


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def drawn(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Bbox]]:
    """Every text that is really drawn (ticks beyond an axis are not), and where."""
    found: list[Text] = []
    draw_text = Text.draw

    def recording(self: Text, renderer: Any) -> None:
        if self.get_visible() and self.get_text().strip():
            found.append(self)
        draw_text(self, renderer)

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", recording)
        figure.draw_without_rendering()
    return [(text.get_text(), Text.get_window_extent(text)) for text in found]


@pytest.mark.parametrize(
    ("language", "width_mm"), [("en", style.WIDTH_MM), ("en", style.COLUMN_MM), ("zh", style.COLUMN_MM)]
)
@pytest.mark.parametrize("run", [*RUNS, "corridor"])
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_leaves_the_picture_meets_another_or_lacks_a_glyph(
    made: dict[str, Tables], corridor: Tables, name: str, run: str, language: str, width_mm: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning
        figure = draw(made.get(run, corridor), name, language=language, width_mm=width_mm)
        found = drawn(figure, monkeypatch)
    assert figure.get_size_inches()[0] == pytest.approx(width_mm / 25.4)
    assert len(found) >= 3
    for position, (text, box) in enumerate(found):
        assert min(box.x0, box.y0, figure.bbox.x1 - box.x1, figure.bbox.y1 - box.y1) >= -1, (text, box)
        inner = Bbox([[box.x0 + 2, box.y0 + 2], [box.x1 - 2, box.y1 - 2]])
        for other, place in found[position + 1 :]:
            assert not inner.overlaps(place), (text, other)
    if run == "empty":
        assert not figure.axes


# --- queue_heatmap -------------------------------------------------------------------------------------------------


def test_the_heat_map_shows_means_of_the_snapshots_and_peaks_of_the_accounts(corridor: Tables) -> None:
    found = queues(corridor, "HVPS")
    queued, peaks = defaultdict(list), defaultdict(int)
    for row in rows(corridor, "balances"):
        if row["rail"] == "HVPS":
            hour = (row["time"].hour + 8) % 24
            queued[row["participant"], hour].append(row["queued_minor"])
    for row in rows(corridor, "accounts"):
        if row["rail"] == "HVPS":
            peaks[row["participant"]] = max(peaks[row["participant"]], row["peak_queue_minor"])
    assert max(peaks.values()) > 0
    assert "PBOC" not in found.participants  # it issues the money
    for k, who in enumerate(found.participants):
        assert found.peak[k] == peaks[who]
        assert found.mean[k] == pytest.approx([np.mean(queued[who, hour]) for hour in range(24)])


def test_the_others_are_one_row_with_their_sum(made: dict[str, Tables]) -> None:
    figure = draw(made["many"], "queue_heatmap", most=5)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    found = queues(made["many"], "RTGS")
    others = int((found.peak > 0).sum()) - 5
    assert labels[5] == f"{others} others, summed"
    cells = np.asarray(figure.axes[0].collections[0].get_array())
    assert len(cells) == 6
    order = np.argsort(-found.mean.sum(axis=1), kind="stable")
    hours = cells.shape[1]
    wanted = found.mean[order[5 : 5 + others]].sum(axis=0)
    unit = 1e8 if "mn CNY" in texts(figure) else 1e5
    first = next(h for h in range(24) if wanted[h] > 0) - 1
    drawn = np.where(cells[5] < 0, 0, cells[5])
    assert drawn == pytest.approx(wanted[first : first + hours] / unit)


@pytest.mark.parametrize("largest", [0.004, 1.0, 29.0, 30.0, 31.0, 8_000_000.0])
def test_classes_reach_the_largest_value(largest: float) -> None:
    bounds = classes(largest)
    assert bounds[0] == 0
    assert bounds == sorted(set(bounds))
    assert bounds[-2] < largest <= bounds[-1]


def test_a_rail_without_a_queue_says_so(corridor: Tables) -> None:
    assert not any(row["peak_queue_minor"] for row in rows(corridor, "accounts") if row["rail"] == "MEPS+")
    assert "Nothing was ever queued" in texts(draw(corridor, "queue_heatmap", rail="MEPS+"))


# --- settled_by_rail -----------------------------------------------------------------------------------------------


def test_rails_end_at_the_sums_of_what_payments_moved(corridor: Tables) -> None:
    expected, count = defaultdict(int), defaultdict(int)
    for row in rows(corridor, "obligations"):
        if row["settled_at"] is not None and row["kind"] in PAYING:
            expected[row["rail"]] += row["amount_minor"]
            count[row["rail"]] += 1
    span = corridor.span()
    assert span is not None
    found = rails_of(corridor, span)
    assert {rail.name: rail.value[-1] for rail in found} == expected
    assert {rail.name: rail.count for rail in found} == count
    figure = draw(corridor, "settled_by_rail")
    assert [axes.get_ylabel()[-3:] for axes in figure.axes] == ["CNY", "SGD", "USD"]
    assert np.asarray(figure.axes[0].lines[0].get_ydata())[-1] == pytest.approx(expected["HVPS"] / 1e8)


# --- settlement_risk -----------------------------------------------------------------------------------------------


def test_the_risk_drawn_is_that_of_the_measure(corridor: Tables) -> None:
    measured = compute_risk(corridor, "run")
    span = corridor.span()
    assert span is not None
    found, at = risks(corridor, span)
    assert {risk.currency for risk in found} == {"CNY", "USD", "SGD"}
    for risk in found:
        # The peak of the measure is exact in time; here it is looked at every few seconds.
        peak = measured["principal_at_risk_peak", "", risk.currency]
        assert risk.value.max() == pytest.approx(peak, rel=1e-9)
        assert risk.value.max() == risk.value[np.searchsorted(at, risk.peak_us, side="right") - 1]
    assert "highest 34.7 mn CNY" in texts(draw(corridor, "settlement_risk"))
    with_risk = float(max(np.asarray(draw(corridor, "settlement_risk").axes[0].lines[0].get_ydata())))
    assert with_risk == pytest.approx(measured["principal_at_risk_peak", "", "CNY"] / 1e8)


def test_a_run_without_conversions_is_not_at_risk(made: dict[str, Tables]) -> None:
    assert "nothing was at risk" in texts(draw(made["week"], "settlement_risk"))


# --- balance_fan ---------------------------------------------------------------------------------------------------


def test_bands_are_quantiles_of_the_balances(corridor: Tables) -> None:
    by_time = defaultdict(list)
    for row in rows(corridor, "balances"):
        if row["rail"] == "HVPS" and row["participant"] != "PBOC":
            by_time[row["time"]].append(row["balance_minor"])
    figure = draw(corridor, "balance_fan")
    median = np.asarray(figure.axes[0].lines[0].get_ydata())
    assert median * 1e8 == pytest.approx([np.median(by_time[time]) for time in sorted(by_time)])
    fan = over_participants(corridor, "HVPS", ["ICBC", "CCB"])
    assert fan.balance.shape == (len(by_time), 2)
    assert fan.quantile(50) == pytest.approx(fan.balance.mean(axis=1))
    assert "bands over 12 participants" in texts(figure)


def test_days_are_laid_over_one_another(corridor: Tables) -> None:
    fan = over_days(corridor, "HVPS", "CCB")
    assert fan.balance.shape == (96, 5)
    expected = {
        (row["time"].hour + 8) % 24 + row["time"].minute / 60: row["balance_minor"]
        for row in rows(corridor, "balances")
        if (row["rail"], row["participant"]) == ("HVPS", "CCB") and row["time"].isoformat() < "2026-03-02T16"
    }
    late = {hour: balance for hour, balance in expected.items() if hour >= 12}
    drawn = dict(zip((fan.days * 24).tolist(), fan.balance[:, 0].tolist()))
    assert {hour: drawn[hour] for hour in late} == late
    assert "business days (5)" in texts(draw(corridor, "balance_fan", over="days"))
    assert "has no account" in texts(draw(corridor, "balance_fan", participant="DBS", rail="HVPS"))


# --- settlement_hours ----------------------------------------------------------------------------------------------


def test_hours_and_overlap_are_those_of_the_sessions(corridor: Tables) -> None:
    """On an ordinary Tuesday HVPS closes at 17:15, dollars open at 21:00 of the evening before in New York: 10:00."""
    assert "Tue 3 March 2026; all 5 rails open together 7.25 h: 10:00–17:15 Asia/Shanghai" in texts(
        draw(corridor, "settlement_hours")
    )
    span = corridor.span()
    assert span is not None
    rails = [Hours(rail, corridor.zone(rail), hours_of(corridor, rail, span)) for rail in ("HVPS", "MEPS+")]
    midnight = busiest_day(rails, span, rails[0].zone)
    edges, counts = together(rails, midnight, midnight + 24 * HOUR_US)
    clock = [(edge - midnight) / HOUR_US for edge in edges]
    start = clock.index(0)
    assert clock[start:] == [0, 9, 17.25, 18.5, 20.5, 24, *clock[start + 6 :]]
    assert counts[start : start + 5] == [1, 2, 1, 0, 1]


def test_bars_are_as_long_as_the_hours(made: dict[str, Tables]) -> None:
    figure = draw(made["week"], "settlement_hours")
    [bar] = figure.axes[0].collections[0].get_paths()
    assert bar.get_extents().x0 == pytest.approx(8.5)
    assert bar.get_extents().x1 == pytest.approx(17.25)


def test_a_rail_without_a_calendar_is_always_open(made: dict[str, Tables]) -> None:
    assert hours_of(made["week"], "unknown", (5, 9)) == [(5, 9)]


# --- network -------------------------------------------------------------------------------------------------------


def test_net_positions_are_what_was_received_less_what_was_paid(corridor: Tables) -> None:
    net = defaultdict(int)
    for row in rows(corridor, "obligations"):
        if row["settled_at"] is not None and row["rail"] == "MEPS+" and row["kind"] in (*PAYING, "return"):
            net[row["debtor"]] -= row["amount_minor"]
            net[row["creditor"]] += row["amount_minor"]
    found = network_of(corridor, "MEPS+", 14)
    assert found is not None
    assert found.currency == "SGD"
    assert dict(zip(found.names, found.net.tolist())) == {who: value for who, value in net.items() if value}
    assert found.net.sum() == 0


def test_the_others_keep_the_sum_of_positions(made: dict[str, Tables]) -> None:
    whole, part = network_of(made["many"], "RTGS", 1000), network_of(made["many"], "RTGS", 9)
    assert whole is not None
    assert part is not None
    assert part.others == len(whole.names) - 9
    rest = [k for k, name in enumerate(whole.names) if name not in part.names]
    assert part.net[-1] == pytest.approx(whole.net[rest].sum())
    assert part.net[:-1] == pytest.approx([whole.net[whole.names.index(name)] for name in part.names[:-1]])
    assert f"{part.others} others" in texts(draw(made["many"], "network", most=9))


def test_a_picture_names_what_it_leaves_out(corridor: Tables) -> None:
    figure = draw(corridor, "network", rail="HVPS", arrows=3)
    assert len(figure.axes[0].patches) == 3
    assert "the 3 largest of 13" in texts(figure)


# --- corridor_flows ------------------------------------------------------------------------------------------------


def test_bands_are_the_sums_of_payments_between_countries(corridor: Tables) -> None:
    country = {who: entry["country"] for who, entry in corridor.scenario["participants"].items()}
    sent, settled = defaultdict(int), defaultdict(int)
    for row in rows(corridor, "payments"):
        goal = country[row["creditor"]], row["currency_received"]
        key = row["currency_sent"], (country[row["debtor"]], goal)
        sent[key] += row["amount_sent_minor"]
        settled[key] += row["amount_sent_minor"] * row["status"].startswith("SETTLED")
    panels = panels_of(corridor)
    found = {(panel.currency, pair): values for panel in panels for pair, values in panel.bands.items()}
    assert found == {key: (settled[key], sent[key]) for key in sent}
    assert sum(panel.count for panel in panels) == corridor.rows("payments")
    # The height of a bar is its share of the panel: CN is the only country that receives SGD's.
    shown = texts(draw(corridor, "corridor_flows"))
    assert "349 mn CNY sent in 209 payments" in shown
    assert "SG · SGD\n271 (69.6 %)" in shown


def test_small_countries_are_one(corridor: Tables) -> None:
    shown = texts(draw(corridor, "corridor_flows", most=1))
    both = [values for panel in panels_of(corridor) if panel.currency == "CNY"
            for pair, values in panel.bands.items() if pair[0] == "SG"]  # fmt: skip
    assert f"others\n{sum(sent for _, sent in both) / 1e8:.3g} (" in shown


# --- fx_path -------------------------------------------------------------------------------------------------------


def test_rates_drawn_are_those_of_the_quotes(corridor: Tables) -> None:
    pairs, origins, count = pairs_of(corridor)
    assert list(pairs) == ["USD/CNY", "USD/SGD"]
    assert origins == ["ecb"]
    assert count == corridor.rows("fx")
    quotes = [row for row in rows(corridor, "fx") if (row["dealer"], row["source"]) == ("BOC", "USD")]
    mine = pairs["USD/CNY"].dealers["BOC"]
    assert mine.mid.tolist() == [float(row["mid_rate"]) for row in quotes]
    assert mine.half_spread.tolist() == [row["half_spread_bp_e2"] / 1e6 for row in quotes]
    figure = draw(corridor, "fx_path")
    drawn = np.asarray(figure.axes[0].lines[0].get_ydata())
    assert drawn.tolist() == [*mine.mid.tolist(), mine.mid[-1]]
    low, high = mine.mid * (1 - mine.half_spread), mine.mid / (1 - mine.half_spread)
    band = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(low.min())
    assert band.max() == pytest.approx(high.max())
    assert "BOC: ±10 bp" in texts(figure)
    assert "ECB reference rates" in texts(figure)


@pytest.mark.parametrize("width_mm", [style.WIDTH_MM, style.COLUMN_MM])
def test_rates_of_small_money_are_drawn_for_a_thousand_and_nothing_leaves_the_page(
    tmp_path: Path, width_mm: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    simcore.run("qr-links", set={"scenario.days": 1}, out=tmp_path / "run")
    opened = open_tables(tmp_path / "run")
    figure = draw(opened, "fx_path", width_mm=width_mm)
    assert [axes.get_ylabel() for axes in figure.axes] == ["CNY per MYR", "CNY per 1,000 IDR", "CNY per 1,000 VND"]
    for axes, pair in zip(figure.axes, pairs_of(opened)[0].values(), strict=True):
        mid = pair.dealers[next(iter(pair.dealers))].mid
        assert np.asarray(axes.lines[0].get_ydata())[0] == pytest.approx(mid[0] * (1 if pair.source == "MYR" else 1000))
        assert f"mid {mid[-1] * (1 if pair.source == 'MYR' else 1000):.6g}" in texts(figure)
    for text, box in drawn(figure, monkeypatch):
        assert min(box.x0, figure.bbox.x1 - box.x1) >= -1, (text, box)


# --- liquidity_delay -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def queues_of_a_day(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One day of payments under three rules of the queue."""
    folder = tmp_path_factory.mktemp("queues")
    for rule in ("fifo", "bypass", "priority"):
        simcore.run("fifo-day", seed=65, set={"rails.RTGS.queue": rule}, out=folder / rule)
    return [folder / rule for rule in ("fifo", "bypass", "priority")]


def test_points_are_the_measures_of_the_runs(queues_of_a_day: list[Path]) -> None:
    opened = [open_tables(path) for path in queues_of_a_day]
    found = points_of(opened, ["fifo", "bypass", "priority"])
    assert list(found) == ["CNY"]
    for run, point in zip(opened, found["CNY"], strict=True):
        measured = {row["measure"]: row["value"] for row in measure(run).to_pylist() if row["currency"] == "CNY"}
        assert point.used == measured["liquidity_for_payments"] == measured["liquidity_used"]
        assert (point.lower, point.upper) == (measured["liquidity_lower_bound"], measured["liquidity_upper_bound"])
        assert point.delay == pytest.approx(measured["delay_indicator"])
        assert point.lower <= point.used <= point.upper
    figure = draw(opened, "liquidity_delay")
    drawn = {tuple(line.get_xydata()[0]) for line in figure.axes[0].lines if len(line.get_xydata()) == 1}
    assert drawn == {(point.used / 1e8, point.delay * 100) for point in found["CNY"]}
    assert "3 runs of the same payments" in texts(figure)
    assert all(run.digest[:6] in texts(figure) for run in opened)


def test_a_very_large_run_has_no_bounds_and_says_so(
    queues_of_a_day: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.plots import liquidity_delay as module

    monkeypatch.setattr(module, "LARGE", 1000)
    opened = [open_tables(path) for path in queues_of_a_day]
    figure = draw(opened, "liquidity_delay")
    assert "too many obligations for bounds" in texts(figure)
    used = {row["value"] / 1e8 for run in opened for row in measure(run, ["liquidity_used"]).to_pylist()}
    assert {float(line.get_xdata()[0]) for line in figure.axes[0].lines if len(line.get_xdata()) == 1} == used


def test_the_frontier_leaves_out_what_another_betters() -> None:
    runs = [(5, 0.2), (3, 0.4), (4, 0.5), (9, 0.1), (9, 0.1), (6, 0.2)]
    points = [Point(str(k), "", used, 0, 10, delay) for k, (used, delay) in enumerate(runs)]
    assert frontier(points) == [1, 0, 3]


def test_many_runs_are_dots_and_the_frontier_is_named_first(
    queues_of_a_day: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = [open_tables(path) for path in queues_of_a_day] * 7
    figure = draw(opened, "liquidity_delay", names=[f"a long name of a run, number {k}" for k in range(21)])
    assert "9 more runs: small dots" in texts(figure)
    for text, box in drawn(figure, monkeypatch):
        assert box.x1 <= figure.bbox.x1, text


def test_runs_of_other_payments_are_refused(queues_of_a_day: list[Path], made: dict[str, Tables]) -> None:
    with pytest.raises(ScenarioError, match="LH088"):
        draw([open_tables(queues_of_a_day[0]), made["week"]], "liquidity_delay")


def test_a_picture_of_one_run_refuses_two_and_nothing_is_written(queues_of_a_day: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="LH111"):
        plot_command(queues_of_a_day[:2], figures=("liquidity_delay", "network"), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    plot_command(queues_of_a_day[:2], out=tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["liquidity_delay.png"]


# --- all of them ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["settled_by_rail", "settlement_risk", "corridor_flows", "liquidity_delay"])
def test_of_many_currencies_some_are_drawn_and_the_number_is_said(
    corridor: Tables, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    module = importlib.import_module(f"analysis.plots.{name}")
    monkeypatch.setattr(module, "CURRENCIES" if name == "liquidity_delay" else "PANELS", 1)
    figure = draw(corridor, name)
    assert len(figure.axes) == 1
    assert re.search(r"1 of [23] currencies, by number", texts(figure).replace("\n", " "))


# Bounds of liquidity take sixty bytes for each obligation, and are left out where there are too many.
STREAMED = [name for name in FIGURES if name != "liquidity_delay"]


@pytest.mark.slow
def test_memory_does_not_follow_the_number_of_payments(tmp_path: Path) -> None:
    peaks: dict[str, list[int]] = defaultdict(list)
    for payments in (200_000, 800_000):
        run = make_run(tmp_path / str(payments), payments=payments, banks=10, days=2)
        for name in STREAMED:
            tables = open_tables(run, verify=False)
            draw(tables, name)  # what is imported or kept for good the first time
            tracemalloc.start()
            draw(open_tables(run, verify=False), name)
            peaks[name].append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    for name, (small, large) in peaks.items():
        assert large < 1.25 * small + 1_000_000, (name, small, large)


# --- wallets, and what would show nothing ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def purses(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """A town in which people pay from wallets and nobody by a route."""
    changes = {"wallets.e-cny.classes.verified.payment": "1500 CNY", "wallets.e-cny.holders.residents.balance":
               "1000 CNY"}  # fmt: skip
    out = tmp_path_factory.mktemp("purses") / "run"
    return open_tables(perform_loaded(load(WALLETS, set=changes), str(WALLETS), out).path)


@pytest.mark.parametrize(("language", "width_mm"), [("en", style.WIDTH_MM), ("zh", style.COLUMN_MM)])
def test_wallets_are_drawn_as_their_rows_add_up(
    purses: Tables, language: str, width_mm: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(purses, "wallets", language=language, width_mm=width_mm)
        found = drawn(figure, monkeypatch)
    for position, (text, box) in enumerate(found):
        assert min(box.x0, box.y0, figure.bbox.x1 - box.x1, figure.bbox.y1 - box.y1) >= -1, (text, box)
        inner = Bbox([[box.x0 + 2, box.y0 + 2], [box.x1 - 2, box.y1 - 2]])
        for other, place in found[position + 1 :]:
            assert not inner.overlaps(place), (text, other)
    asked_for = [row for row in rows(purses, "wallet_payments") if row["kind"] == "payment"]
    refused = [row for row in asked_for if row["status"].startswith("REJECTED")]
    assert f"{len(asked_for):,}" in texts(figure)
    assert f"{len(refused):,}" in texts(figure)
    assert refused
    # The lines end at what settled, in yuan, whatever the unit of the axis.
    span = purses.span()
    assert span is not None
    [system] = systems_of(purses, span)
    settled: dict[str, int] = defaultdict(int)
    for row in asked_for:
        if row["status"] == "SETTLED":
            settled[row["flow"]] += row["amount_minor"]
    assert {flow: value[-1] for flow, (value, _) in system.flows.items()} == dict(settled)
    asked = sum(sum(each.values()) for each in system.asked.values())
    assert asked == sum(row["amount_minor"] for row in asked_for)


def test_what_would_show_nothing_is_not_written_unless_named(
    purses: Tables, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody paid by a route: unasked there is no picture of routes, and why is said; asked for, it says so itself."""
    plot_command(purses.path, out=tmp_path / "some")
    said = capsys.readouterr()
    assert sorted(path.name for path in (tmp_path / "some").iterdir()) == ["account_intraday.png", "wallets.png"]
    assert said.err == "settled_by_route: No payments on routes in this run.\n"
    plot_command(purses.path, out=tmp_path / "all", everything=True)
    for path in (tmp_path / "all").iterdir():
        assert draw(purses, path.stem).axes
    plot_command(purses.path, out=tmp_path / "named", figures=["settled_by_route"])
    assert [path.name for path in (tmp_path / "named").iterdir()] == ["settled_by_route.png"]


def test_queues_between_snapshots_are_said_and_not_drawn_white(tmp_path: Path) -> None:
    """A queue of SGD 20 from 09:50 to 09:55, and snapshots at full hours: no cell of the map would have a colour."""
    text = RING_TOWN + '\n[results]\ngrid = "1 h"\n'
    run = play(tmp_path, text, paid("09:50 C A 40", "09:55 A C 40"))
    shown = texts(draw(open_tables(run.path), "queue_heatmap"))
    assert "shorter than the 1 h between two snapshots; the highest: 40 SGD, C" in shown.replace("\n", " ")
    assert "between snapshots only" in texts(draw(open_tables(run.path), "account_intraday"))


def test_where_nothing_was_queued_there_is_no_room_for_queues(tmp_path: Path) -> None:
    figure = draw(open_tables(play(tmp_path, RING_TOWN, paid("09:50 A B 40")).path), "account_intraday")
    assert len(figure.axes) == 3  # one for each account
    assert "nothing was ever queued" in texts(figure)
    assert "queued value" not in texts(figure)


def test_outside_legs_are_in_the_picture_of_risk(tmp_path: Path) -> None:
    """USD 200 from 06:00 to 08:00, as in ``test_outside_legs``; the trades themselves put nothing at risk."""
    tables = open_tables(cls_run(tmp_path, TRADES, text=SWAPS | T2_LATE).path)
    figure = draw(tables, "settlement_risk")
    assert "2 legs outside a system of the kind CLS" in texts(figure).replace("\n", " ")
    assert "highest 200 USD, Mon 2 March" in texts(figure)
