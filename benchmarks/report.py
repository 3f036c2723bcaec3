"""How a benchmark ends: its goals as a table, and everything measured as JSON if asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal
from benchmarks.measure import load


def finish(document: dict[str, Any], goals: Sequence[Goal], path: Path | None) -> None:
    """Add the load and the goals to what was measured, print the goals, and write all of it to ``path`` if given."""
    document["load_after"], document["goals"] = load(), [goal.record() for goal in goals]
    rows = [("goal", "figure", "wanted", ""), *(goal.row() for goal in goals)]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    print()
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip())
    before, after = document["load_before"], document["load_after"]
    if before and document["machine"]["cores"] and max(before[0], after[0]) > 1.5:
        print(f"other work was going on (load {before[0]} before, {after[0]} after): wall times are too long")
    write_json(document, path)


def write_json(document: dict[str, Any], path: Path | None) -> None:
    """Write everything measured to ``path``, if one was given."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"written to {path}")
