"""What ``luhai compare`` prints and writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.compare import compare_policies
from analysis.paired import DRAWS, SEED, SHOWN
from analysis.replicates import policies
from analysis.replicates import said as seeds_of
from analysis.tables import open_tables
from fx.currency import exponent, is_currency
from simcore.errors import ScenarioError

_HEADS = {"submitted_count": "payments", "settlement_rate_count": "settled", "settled_value": "value", "median_time":
          "median", "mean_time": "mean", "within_hour": "in 1 h", "cost_bp": "cost", "liquidity_used": "liquidity",
          "principal_at_risk": "at risk"}  # fmt: skip


def shown(measure: str, value: float | None, currency: str) -> str:
    """A value as the table shows it: shares in %, times in minutes, amounts in major units, - where undefined."""
    if value is None:
        return "-"
    if measure in ("settlement_rate_count", "within_hour"):
        return f"{value * 100:.1f} %"
    if measure in ("median_time", "mean_time"):
        return f"{value / 60:,.1f} min"
    if measure == "cost_bp":
        return f"{value:.1f} bp"
    if measure == "submitted_count":
        return f"{value:,.0f}"
    major = value / 10 ** (exponent(currency) if is_currency(currency) else 0)
    return f"{major / 3600:,.0f}" if measure == "principal_at_risk" else f"{major:,.0f}"


def lines(table: pa.Table) -> list[list[str]]:
    """The table of measures as rows of text, its heads first; a row for each run, route and currency."""
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in table.to_pylist():
        if row["measure"] in SHOWN:
            key = row["run"], row["route"], row["currency"]
            cells.setdefault(key, {})[row["measure"]] = shown(row["measure"], row["value"], row["currency"])
    # Rows of one route stand together, also where it has something at risk in a currency that nobody sends.
    met = {key: place for place, key in enumerate(dict.fromkeys((run, route) for run, route, _ in cells))}
    body = [[run, route or "all", money, *(cells[run, route, money].get(name, "-") for name in SHOWN)]
            for run, route, money in sorted(cells, key=lambda key: met[key[:2]])]  # fmt: skip
    return [["run", "route", "money", *(_HEADS[name] for name in SHOWN)], *body]


def differences(table: pa.Table) -> list[str]:
    """A sentence for each difference."""
    found = []
    for row in table.to_pylist():
        name = row["measure"].removesuffix("_difference")
        if name != row["measure"]:
            scale, unit = (60, "min") if name == "mean_time" else (0.01, "points")
            interval = "no interval: all payments begin in one hour"
            if row["low"] is not None:
                interval = f"95 %: {row['low'] / scale:+.2f} to {row['high'] / scale:+.2f}"
            found.append(f"{row['run']}: {_HEADS[name]} {row['value'] / scale:+.2f} {unit} ({interval})")
    return found


def compare_command(runs: Sequence[Path], out: Path | None) -> int:
    """What ``luhai compare`` does."""
    grouped = policies([(str(path), open_tables(path)) for path in runs])
    table = compare_policies(grouped)
    if out is not None:
        write_table(table, out)
    text = lines(table)
    widths = [max(len(row[k]) for row in text) for k in range(len(text[0]))]
    for row in text:
        print("  ".join(c.ljust(w) if k < 3 else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True))))
    print("Amounts in units of the currency. liquidity: what accounts paid out of what they had at each day's opening,")
    print("summed over days, with what funds one rail from another; at risk: amount × hours.")
    what = "hours of initiation"
    if len(grouped[0]) > 1:
        what = "replicates"
        print(
            f"Means over {len(grouped[0])} replicates: seeds {seeds_of(grouped[0])}; named after the first run of each."
        )
    if said := differences(table):
        print(f"\nDifferences to {runs[0]} on the same payments; mean over payments settled in both;")
        print(f"intervals from {DRAWS:,} resamples of {what}, drawn with seed {SEED}:")
        print("\n".join(f"  {each}" for each in said))
    return 0


def write_table(table: pa.Table, out: Path) -> None:
    """Write a table as .csv or .arrow, that of :func:`analysis.compare.compare` as .tex too; LH072 if it can't be."""
    try:
        if out.suffix == ".csv":
            from pyarrow import csv

            csv.write_csv(table, str(out))
        elif out.suffix == ".tex":
            out.write_text(tex(lines(table)), encoding="utf-8", newline="\n")
        else:
            with pa.OSFile(str(out), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
    except OSError as error:
        got = f"a place that can't be written ({error.strerror})"
        raise ScenarioError.one("LH072", str(out), got=got, expected="a file to write the table into") from None


def tex(text: list[list[Any]]) -> str:
    """Rows of text as a LaTeX tabular."""
    special = {c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}"}
    rows = [" & ".join("".join(special.get(c, c) for c in cell) for cell in row) + r" \\" for row in text]
    form = "lll" + "r" * (len(text[0]) - 3)
    return "\n".join([rf"\begin{{tabular}}{{{form}}}", r"\hline", rows[0], r"\hline", *rows[1:], r"\hline",
                      r"\end{tabular}", ""])  # fmt: skip
