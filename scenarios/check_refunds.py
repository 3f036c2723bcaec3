"""Checks of refunds: a share that is one, and a delay after which some of them can begin within the run."""

from __future__ import annotations

from scenarios.check_latency import check_latency
from scenarios.keys import KeyPath, days_text
from scenarios.references import Checks
from simcore.model import Latency, Route
from simcore.units import format_duration

DAY_US = 86_400_000_000


def check_refunds(checks: Checks, path: KeyPath, route: Route) -> None:
    """Note the faults of what a route says of refunds."""
    assert route.refunds is not None
    checks.at_least((*path, "share"), route.refunds.share, 0, "a share of at most 100 %", 1)
    after, days = route.refunds.after, checks.scenario.scenario.days
    if isinstance(after, Latency):
        check_latency(checks, (*path, "after"), after)
        soonest = max(after.least, after.uniform.low if after.uniform is not None else 0)
    else:
        soonest = after
    if route.refunds.share > 0 and days >= 1 and soonest >= days * DAY_US and checks.rest.whole("scenario"):
        checks.say("LH155", (*path, "after"), f"{format_duration(soonest)} at least, in a run of {days_text(days)}",
                   "refunds that may begin before the run ends")  # fmt: skip
