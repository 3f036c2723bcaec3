"""The figures in the README of three-paths are those of the same payments down each path."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean, median

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from scenarios.loader import load
from simcore.datafiles import CATALOGUE
from tests.scenarios.entries import in_one_line, readme, scenario_of
from tests.scenarios.figures import asked, settled, shown, within_hour


def test_the_path_through_an_onshore_agent_is_sent_the_same_payments(tmp_path: Path) -> None:
    text = in_one_line(readme("three-paths"))
    variant = CATALOGUE / "three-paths" / "onshore-agent.toml"
    shares = ", ".join(f'{name} = "{100 * (name == "onshore-agent")} %"' for name in load(variant).scenario.routes)
    run = simcore.run(variant, out=tmp_path / "onshore", set=[f"corridors.to-uob.routes={{{shares}}}"])
    other = simcore.run("three-paths", out=tmp_path / "other")
    assert asked(run) == asked(other)
    took, number = settled(run.payments.to_pylist()), run.payments.num_rows
    typical, mean = (shown(time, 1, 60) for time in (median(took), fmean(took)))
    row = f"| `onshore-agent` | {100 * len(took) / number:.1f} % | {typical} | {mean} | "
    row += f"{within_hour(took, number):.1f} % |"
    assert f"{row} 0 | none |" in text, row
    assert not any(each.value for each in cells(open_tables(run.path), ["cost_bp", "principal_at_risk"]))
    [needed] = cells(open_tables(run.path), ["liquidity_for_payments"])
    assert f"the same CNY {float(needed.value or 0) / 1e8:.1f} mn are needed" in text
    back = sum(row["status"].startswith("RETURNED") for row in run.payments.to_pylist())
    assert back == 2


def test_the_figures_of_three_paths_are_those_of_the_same_payments_down_each(tmp_path: Path) -> None:
    text, sent = in_one_line(readme("three-paths")), set()
    for path in ("clearing-bank", "cips-direct", "correspondents"):
        shares = ", ".join(f'{name} = "{100 * (name == path)} %"' for name in scenario_of("three-paths").routes)
        command = f"corridors.to-uob.routes={{{shares}}}"
        assert f"luhai run three-paths --set '{command}' --out runs/{path}" in text
        run = simcore.run("three-paths", out=tmp_path / path, set=[command])
        sent.add(asked(run))
        took, number = settled(run.payments.to_pylist()), run.payments.num_rows
        [cost] = [each.value for each in cells(open_tables(tmp_path / path), ["cost_bp"]) if each.currency == "CNY"]
        typical, mean = (shown(time, 1, 60) for time in (median(took), fmean(took)))
        within = within_hour(took, number)
        row = f"| `{path}` | {100 * len(took) / number:.1f} % | {typical} | {mean} | {within:.1f} % | "
        risk = {each.currency: each.value for each in cells(open_tables(tmp_path / path), ["principal_at_risk"])}
        amounts = [f"{money} {float(value) / 360_000_000_000:.3g} mn × hours" for money, value in risk.items()]
        row += f"{float(cost):.1f} bp | {', '.join(amounts)} |" if cost else "0 | none |"
        assert row in text, row
        needed = cells(open_tables(tmp_path / path), ["liquidity_used", "liquidity_for_payments"])
        for each in needed:
            amount = float(each.value or 0) / 1e8
            shown_as = (
                f"{amount:,.0f} mn"
                if each.measure == "liquidity_used" and each.currency == "CNY"
                else f"{amount:.1f} mn"
            )
            assert not amount or shown_as in text, (each, shown_as)
    assert len(sent) == 1, "each path is sent the same payments"
