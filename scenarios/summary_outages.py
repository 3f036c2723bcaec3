"""The outages of a scenario as plain text: what is out together, at which times, or how chance draws them."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.summary_texts import latency_text
from simcore.engine.outages import zone_of
from simcore.model import Outage, Scenario
from simcore.units import format_clock, format_duration

MOST_TIMES = 20


def outage_lines(scenario: Scenario) -> Iterator[str]:
    """The lines of ``luhai show`` about [outages]; none where nothing is ever out."""
    if not scenario.outages:
        return
    yield f"Outages ({len(scenario.outages)})"
    for name, outage in scenario.outages.items():
        what = [
            f"{word} {', '.join(names)}"
            for word, names in (
                ("rails", outage.rails), ("ledgers", outage.ledgers), ("links", outage.links),
                ("participants", outage.participants),
                ("dealers", outage.dealers),
            )
            if names
        ]  # fmt: skip
        yield f"  {name:<16} {'; '.join(what)}"
        yield from (f"      {line}" for line in _when(scenario, outage))


def _when(scenario: Scenario, outage: Outage) -> Iterator[str]:
    zone = zone_of(scenario, outage)
    for time in outage.times[:MOST_TIMES]:
        yield f"{time.day} from {format_clock(time.begins)} to {format_clock(time.ends)} {zone}"
    if len(outage.times) > MOST_TIMES:
        yield f"… and {len(outage.times) - MOST_TIMES} more"
    if outage.every is not None and outage.lasts is not None:
        yield f"drawn, {format_duration(outage.every)} between two in the mean; each lasts {latency_text(outage.lasts)}"
