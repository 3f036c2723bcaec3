"""What ``luhai measures`` prints and writes: measures of one run, and how far its liquidity was from the best."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.compare_command import write_table
from analysis.measure_list import MEASURES
from analysis.measures import Cell, cells, table_of
from analysis.tables import Tables, open_tables
from fx.currency import format_minor, is_currency


def money(amount_minor: int, currency: str) -> str:
    """An amount as people read it; minor units where the currency is unknown."""
    return format_minor(amount_minor, currency) if is_currency(currency) else f"{currency} {amount_minor:,}"


def shown(cell: Cell) -> str:
    """A value with its unit: amounts in major units, shares in %, times in minutes, - where undefined."""
    unit, value = MEASURES[cell.measure].unit, cell.value
    if value is None:
        return "-"
    if unit == "minor units":
        return money(int(value), cell.currency)
    if unit == "minor units × seconds":
        return f"{money(round(value / 3600), cell.currency)} × hours"
    if unit == "share":
        return f"{float(value * 100):,.2f} %"
    if unit == "seconds":
        return f"{float(value / 60):,.2f} min"
    if unit in ("basis points", "ratio"):
        return f"{float(value):,.2f}" + " bp" * (unit == "basis points")
    return f"{int(value):,} {unit}" if isinstance(value, int) else f"{float(value):,.2f} {unit}"


def against_bounds(tables: Tables) -> list[str]:
    """A sentence for each rail: what payments needed, the least they could need, and what settling at once would."""
    names = ("liquidity_for_payments", "liquidity_lower_bound", "liquidity_upper_bound", "liquidity_level")
    rails: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in cells(tables, names, "rail"):
        rails.setdefault((cell.group, cell.currency), {})[cell.measure] = cell.value
    found = []
    for (rail, currency), value in rails.items():
        used, lower, upper, level = (value[name] for name in names)
        above = f", {100 * (used - lower) / lower:,.1f} % above it" if lower else ""
        place = "the bounds meet" if level is None else f"level {float(level):.2f}"
        found.append(f"{rail}: {money(lower, currency)} at best, {money(used, currency)} used{above}, "
                     f"{money(upper, currency)} at once; {place}")  # fmt: skip
    return found


def measures_command(run: Path, names: Sequence[str], by: str, out: Path | None) -> int:
    """What ``luhai measures`` does."""
    tables = open_tables(run)
    found = cells(tables, names or None, by)
    if out is not None:
        write_table(table_of(found), out)
    heads = ["measure", "money", "value"] if by == "run" else ["measure", by, "money", "value"]
    text = [[c.measure, *([] if by == "run" else [c.group]), c.currency, shown(c)] for c in found]
    widths = [max(len(row[k]) for row in [heads, *text]) for k in range(len(heads))]
    for row in [heads, *text]:
        cut = [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        print("  ".join([*cut, row[-1].rjust(widths[-1])]))
    if not names and by in ("run", "rail") and (said := against_bounds(tables)):
        print("\nLiquidity that payments used, between netting each business day as one set and settling each at once:")
        print("\n".join(f"  {each}" for each in said))
    return 0
