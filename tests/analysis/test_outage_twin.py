"""What outages cost equals a plain reading of the outages as the test wrote them, on generated days of three banks.

The RTGS is open from 01:00 to 09:00 UTC, minutes 60 to 540 of Monday. Payments have one hop and no latency.
"""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from tests.simcore.engine.test_outages_anywhere import Spans, outages, routed
from tests.simcore.engine.towns import RING_TOWN

OPENS, CLOSES = 60, 540
WHAT = ("rails=RTGS", "participants=A", "participants=B", "rails=RTGS+participants=C")


class Waits(NamedTuple):
    """One payment that waited for the end of an outage, in minutes of Monday."""

    payment: int
    value: int
    since: int
    until: int


def merged(spans: Spans, thing: str) -> list[tuple[str, int, int]]:
    """When a thing was out: spans that overlap or touch are one, under the name and beginning of the first."""
    found: list[tuple[str, int, int]] = []
    mine = [(begin, k, end) for k, (what, begin, end) in enumerate(spans) if thing in what.split("+")]
    for begin, k, end in sorted(mine):
        if found and begin <= found[-1][2]:
            found[-1] = (*found[-1][:2], max(found[-1][2], end))
        else:
            found.append((f"o{k} 2026-03-02 {begin // 60:02d}:{begin % 60:02d}", begin, end))
    return found


def by_hand(rows: list[tuple[int, str, int]], spans: Spans) -> dict[str, list[Waits]]:
    """Outage → who waited for its end."""
    found: dict[str, dict[int, Waits]] = defaultdict(dict)

    def add(label: str, wait: Waits) -> None:
        before = found[label].get(wait.payment, wait)
        found[label][wait.payment] = wait._replace(since=min(before.since, wait.since),
                                                   until=max(before.until, wait.until))  # fmt: skip

    for payment, (initiated, what, value) in enumerate(rows):
        # What a rail lets in at an opening or an outage's end comes to it once more; if its payer is out then, it is
        # kept till that is over, and tables say when it came last.
        at, entered, kept = initiated, initiated, None
        while True:
            span = next((each for each in merged(spans, f"participants={what.split()[0]}")
                         if each[1] <= at < each[2]), None)  # fmt: skip
            if span is not None:
                kept, entered = span, span[2]
                at = entered
            lets_in = at
            for _, begin, end in merged(spans, "rails=RTGS"):
                if begin <= max(lets_in, OPENS) < end:
                    lets_in = end
            lets_in = max(lets_in, OPENS)
            if lets_in == at or lets_in >= CLOSES:
                break
            at = lets_in
        if kept is not None:
            label, begin, end = kept
            since = max(begin, initiated, OPENS)
            if since < min(end, CLOSES):
                add(label, Waits(payment, value, since, end))
        for label, begin, end in merged(spans, "rails=RTGS"):
            since = max(entered, OPENS)
            if begin <= since < min(end, CLOSES):
                add(label, Waits(payment, value, since, end))
    return {label: list(each.values()) for label, each in found.items()}


def written(spans: Spans) -> str:
    """Outages as a scenario has them; what is joined by + is out together."""
    text = ""
    for k, (what, begin, end) in enumerate(spans):
        keys = "\n".join(f'{key} = ["{name}"]' for key, name in (part.split("=") for part in what.split("+")))
        one = outages([("rails=RTGS", begin, end)]).replace("[outages.o0]", f"[outages.o{k}]")
        text += one.replace('rails = ["RTGS"]', keys)
    return text


@pytest.mark.parametrize("seed", range(60))
def test_outages_cost_what_a_plain_reading_says(seed: int, tmp_path: Path) -> None:
    choose = random.Random(seed)
    instants = [0, 30, 60, 61, 120, 240, 300, 480, 539, 540, 541, 600]
    rows = sorted((choose.choice([*instants, choose.randint(0, 600)]),
                   f"{' '.join(choose.sample('ABC', 2))} {{0}} SGD direct", choose.randint(1, 30))
                  for _ in range(choose.randint(1, 12)))  # fmt: skip
    spans: Spans = []
    for _ in range(choose.randint(1, 4)):
        begin, end = sorted(choose.sample([*instants, *(choose.randint(0, 600) for _ in range(3))], 2))
        if begin < end:
            spans.append((choose.choice(WHAT), begin, end))
    (tmp_path / "payments.csv").write_text(routed(rows))
    (tmp_path / "scenario.toml").write_text(RING_TOWN + written(spans))
    tables = open_tables(simcore.run(tmp_path / "scenario.toml", out=tmp_path / "run").path)
    expected = by_hand(rows, spans)
    names = ["outage_waiting_count", "outage_waiting_value", "outage_waiting_time", "outage_wait"]
    found: dict[str, dict[str, float | None]] = defaultdict(dict)
    for cell in cells(tables, names, "outage"):
        found[cell.group][cell.measure] = None if cell.value is None else float(cell.value)
    assert set(expected) <= set(found)
    for label, values in found.items():
        waits = expected.get(label, [])
        minutes = [wait.until - wait.since for wait in waits]
        assert values == {
            "outage_waiting_count": len(waits),
            "outage_waiting_value": sum(wait.value * 100 for wait in waits),
            "outage_waiting_time": sum(w.value * 6000 * length for w, length in zip(waits, minutes, strict=True)),
            "outage_wait": pytest.approx(60 * sum(minutes) / len(minutes)) if minutes else None,
        }, (label, rows, spans)
    together = {cell.measure: cell.value for cell in cells(tables, names[:1], "run")}
    assert together["outage_waiting_count"] == len({wait.payment for each in expected.values() for wait in each})
