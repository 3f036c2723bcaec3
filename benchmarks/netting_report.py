"""Tables, Arrow file and pictures of the netting benchmark."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

Records = list[dict[str, Any]]


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text under each other, the first column to the left, the others to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *others = (text.ljust(w) if k == 0 else text.rjust(w) for k, (text, w) in enumerate(zip(row, widths)))
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def _ran(records: Records) -> Records:
    return [each for each in records if not each["skipped"]]


def _ordered(records: Iterable[dict[str, Any]], key: str) -> list[Any]:
    return list(dict.fromkeys(each[key] for each in records))


def _cell(figures: list[float], form: Callable[[float], str]) -> str:
    """Mean, and lowest to highest where they differ as printed."""
    if not figures:
        return "-"
    low, high = form(min(figures)), form(max(figures))
    mean = form(statistics.fmean(figures))
    return mean if low == high else f"{mean} ({low}-{high})"


def _percent(share: float) -> str:
    """Per cent, with a decimal from 90 on; 100 only where it is 100."""
    return f"{100 * share:.0f}" if share < 0.9 or share == 1 else f"{math.floor(1000 * share) / 10:.1f}"


def shares(records: Records) -> dict[str, dict[str, dict[str, Any]]]:
    """By family and algorithm: mean share of the proven optimum and of the bound, over sizes and seeds."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for each in _ran(records):
        cell = found.setdefault(each["family"], {}).setdefault(each["algorithm"], {"optimum": [], "bound": []})
        if each["share_of_optimum"] is not None:
            cell["optimum"].append(each["share_of_optimum"])
        cell["bound"].append(each["share_of_bound"])
    return {
        family: {
            name: {
                "of_optimum": statistics.fmean(cell["optimum"]) if cell["optimum"] else None,
                "proven": len(cell["optimum"]),
                "of_bound": statistics.fmean(cell["bound"]),
                "instances": len(cell["bound"]),
            }
            for name, cell in algorithms.items()
        }
        for family, algorithms in found.items()
    }


def tables(records: Records, growth: dict[str, float]) -> str:
    """Everything as text: shares, what settled with what liquidity, and times."""
    parts = [_optimum_table(records), *_bound_tables(records), _settled_table(records), _time_table(records, growth)]
    return "\n\n".join(part for part in parts if part)


def _optimum_table(records: Records) -> str:
    ran = [each for each in _ran(records) if each["kind"] == "mechanism"]
    proven = [each for each in ran if each["share_of_optimum"] is not None]
    if not proven:
        return ""
    asked = [each for each in ran if each["algorithm"] == "optimum"]
    families = _ordered(asked, "family")
    rows = [("", *families)]
    counts = []
    for family in families:
        mine = [each for each in asked if each["family"] == family]
        counts.append(f"{sum(each['share_of_optimum'] is not None for each in mine)} of {len(mine)}")
    rows.append(("optimum proven", *counts))
    for name in _ordered(ran, "algorithm"):
        cells = [
            [each["share_of_optimum"] for each in proven if each["algorithm"] == name and each["family"] == family]
            for family in families
        ]
        rows.append((name, *(_cell(cell, _percent) for cell in cells)))
    return (
        "Value settled, % of the proven optimum (proven now, or before and kept in benchmarks/best_optima.jsonl): "
        "mean (lowest-highest) over the queues where it was proven; "
        f"{', '.join(f'{size:,}' for size in _ordered(proven, 'payments'))} payments\n" + columns(rows)
    )


def _bound_tables(records: Records) -> list[str]:
    ran, found = _ran(records), []
    for kind, title in (
        ("mechanism", "Value settled, % of what could settle if payments were divisible (no mechanism settles more)"),
        ("clearing", "Debt cancelled, % of what any clearing could cancel with the same net positions"),
    ):
        mine = [each for each in ran if each["kind"] == kind]
        for size in _ordered(mine, "payments"):
            here = [each for each in mine if each["payments"] == size]
            families = _ordered(here, "family")
            rows = [("", *families)]
            for name in _ordered(here, "algorithm"):
                row = [name]
                for family in families:
                    cell = [each for each in here if (each["algorithm"], each["family"]) == (name, family)]
                    unproven = "?" if any(each["proven"] is False for each in cell) else ""
                    row.append(_cell([each["share_of_bound"] for each in cell], _percent) + unproven)
                rows.append(tuple(row))
            mark = "; ? the exact solver was stopped" if any(each["proven"] is False for each in here) else ""
            found.append(f"{title}: {size:,} payments, {here[0]['banks']} banks{mark}\n" + columns(rows))
    return found


def _settled_table(records: Records) -> str:
    ran = [each for each in _ran(records) if each["kind"] == "mechanism"]
    sizes = _ordered(ran, "payments")
    rows = [("", *(f"{size:,}" for size in sizes))]
    for name in _ordered(ran, "algorithm"):
        row = [name]
        for size in sizes:
            mine = [each for each in ran if (each["algorithm"], each["payments"]) == (name, size)]
            value = sum(each["value_minor"] for each in mine)
            liquidity = sum(each["liquidity_minor"] for each in mine)
            settled = statistics.fmean(each["settled"] / size for each in mine) if mine else 0.0
            row.append(f"{100 * settled:.0f} / {liquidity / value:.3f}" if value else "0 / -" if mine else "-")
        rows.append(tuple(row))
    return (
        "Payments settled, % of the queue / liquidity used per unit settled (what accounts fell by, at their lowest "
        "after any set): mean over families\n" + columns(rows)
    )


def _time_table(records: Records, growth: dict[str, float]) -> str:
    sizes = _ordered(records, "payments")
    rows = [("", *(f"{size:,}" for size in sizes), "grows with")]
    for name in _ordered(records, "algorithm"):
        row = [name]
        for size in sizes:
            mine = [each for each in records if (each["algorithm"], each["payments"]) == (name, size)]
            figures = [each["ns_per_payment"] for each in mine if not each["skipped"]]
            words = [each["skipped"] for each in mine if each["skipped"]]
            star = "*" if words else ""
            row.append(f"{statistics.median(figures):,.0f}{star}" if figures else (words or ["-"])[0])
        exponent = growth.get(name)
        rows.append((*row, f"n^{exponent:.2f}" if exponent is not None else "-"))
    return (
        "Processor time, ns per queued payment: median over families and seeds (* too slow on some and left out "
        "there); growth of a run's time, fitted from 10,000 payments on (from 200 if nothing larger ran)\n"
        + columns(rows)
    )


def write(records: Records, document: dict[str, Any], folder: Path) -> list[Path]:
    """Write netting.arrow with every run, netting-quality.png and netting-time.png; returns their paths."""
    from benchmarks.netting_pictures import quality, times_by_size

    paths = [folder / "netting.arrow", folder / "netting-quality.png", folder / "netting-time.png"]
    _write_arrow(records, document, paths[0])
    quality(records, document, paths[1])
    times_by_size(records, document, paths[2])
    return paths


def _write_arrow(records: Records, document: dict[str, Any], path: Path) -> None:
    import pyarrow as pa

    kinds = {
        "algorithm": pa.string(), "family": pa.string(), "payments": pa.int64(), "seed": pa.int64(),
        "skipped": pa.string(), "kind": pa.string(), "banks": pa.int64(), "settled": pa.int64(),
        "gross_minor": pa.int64(), "value_minor": pa.int64(), "bound_minor": pa.int64(), "optimum_minor": pa.int64(),
        "proven": pa.bool_(), "liquidity_minor": pa.int64(), "share_of_bound": pa.float64(),
        "share_of_optimum": pa.float64(), "cpu_s": pa.float64(), "ns_per_payment": pa.float64(),
    }  # fmt: skip
    about = {"command": document["command"], "cpu": document["machine"]["cpu"], "load": str(document["load_before"])}
    table = pa.table(
        {name: pa.array([each.get(name) for each in records], kind) for name, kind in kinds.items()}
    ).replace_schema_metadata(about)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
