"""What ``luhai compare`` prints and writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.compare import compare_policies
from analysis.compare_text import differences, notes, outages, payments, wallets
from analysis.paired import DRAWS, SEED
from analysis.replicates import policies
from analysis.replicates import said as seeds_of
from analysis.tables import open_tables
from simcore.errors import ScenarioError


def compare_command(runs: Sequence[Path], out: Path | None) -> int:
    """What ``luhai compare`` does."""
    grouped = policies([(str(path), open_tables(path)) for path in runs])
    table = compare_policies(grouped)
    if out is not None:
        write_table(table, out)
    several, text = len(grouped[0]) > 1, payments(table)
    if text.rows:
        print("\n".join([*text.lines(), *notes(text)]))
    for more in (outages(table), wallets(table)):
        if more is not None:
            print("\n".join([*([""] if text.rows else []), *more.lines()]))
    if not table.num_rows:
        print("Nothing was paid.")
    if several:
        print(
            f"Means over {len(grouped[0])} replicates: seeds {seeds_of(grouped[0])}; named after the first run of each."
        )
    if said := differences(table):
        what = "replicates" if several else "hours of initiation"
        print(f"\nDifferences to {runs[0]} on the same payments; mean over payments settled in both;")
        print(f"intervals from {DRAWS:,} resamples of {what}, drawn with seed {SEED}:")
        print("\n".join(f"  {each}" for each in said))
    return 0


def write_table(table: pa.Table, out: Path) -> None:
    """Write a table as .csv, .json or .arrow, that of a comparison as .tex too; LH072 if it can't be.

    The same rows and columns in each but .tex, which has the table of payments as it is printed.
    """
    try:
        if out.suffix == ".json":
            rows = [{key: int(value) if isinstance(value, Decimal) else value for key, value in row.items()}
                    for row in table.to_pylist()]  # fmt: skip
            out.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
        elif out.suffix == ".csv":
            from pyarrow import csv

            csv.write_csv(table, str(out))
        elif out.suffix == ".tex":
            text = payments(table)
            out.write_text(tex([text.heads, *text.rows], text.left), encoding="utf-8", newline="\n")
        else:
            with pa.OSFile(str(out), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
    except OSError as error:
        got = f"a place that can't be written ({error.strerror})"
        raise ScenarioError.one("LH072", str(out), got=got, expected="a file to write the table into") from None


def tex(text: list[list[Any]], left: int = 3) -> str:
    """Rows of text as a LaTeX tabular; the first ``left`` columns are names."""
    special = {c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}"}
    rows = [" & ".join("".join(special.get(c, c) for c in cell) for cell in row) + r" \\" for row in text]
    form = "l" * left + "r" * (len(text[0]) - left)
    return "\n".join([rf"\begin{{tabular}}{{{form}}}", r"\hline", rows[0], r"\hline", *rows[1:], r"\hline",
                      r"\end{tabular}", ""])  # fmt: skip
