"""Checks of deferred net batches on gross rails: times at which they run, terms that can hold, hops that may choose."""

from __future__ import annotations

from typing import Any

from scenarios.keys import KeyPath, shown_value
from scenarios.open_hours import is_open_at
from scenarios.references import Checks
from simcore.model import Hop
from simcore.units import format_amount, format_clock

MOST_PRIORITY = 9


def check_batches(checks: Checks, path: KeyPath, rail: Any) -> None:
    """Note what keeps the batches of a gross rail from running, or from having anything to settle."""
    terms = rail.batches
    if terms is None:
        return
    here = (*path, "batches")
    if terms.every is not None and terms.every <= 0:
        checks.say("LH118", (*here, "every"), "0 s", "a distance between batches", '"1 h"')
    for index, clock in enumerate(terms.at):
        if not is_open_at(checks, rail, clock):
            checks.say(
                "LH118", (*here, "at", index), format_clock(clock), "a time at which the rail is open in the run"
            )
    if terms.below is not None and (terms.below.amount_minor < 1 or terms.below.currency != rail.currency):
        checks.say("LH118", (*here, "below"), format_amount(terms.below), f"a positive amount in {rail.currency}")
    if terms.from_priority is not None and not 0 <= terms.from_priority <= MOST_PRIORITY:
        checks.say("LH118", (*here, "from_priority"), str(terms.from_priority), f"a priority from 0 to {MOST_PRIORITY}")
    if rail.end_of_day == "force":
        checks.say("LH118", here, 'batches beside end_of_day = "force"',
                   "what a batch leaves is returned or kept", 'end_of_day = "return"')  # fmt: skip
    hops = [hop for route in checks.scenario.routes.values() for hop in route.hops if hop.rail == path[1]]
    if not terms.has_terms and checks.rest.whole("routes") and not any(hop.service == "batch" for hop in hops):
        checks.say("LH118", here, "batches that nothing takes",
                   f'below, from_priority, or a hop on {path[1]} with service = "batch"',
                   'service = "batch"')  # fmt: skip


def check_service(checks: Checks, path: KeyPath, hop: Hop) -> None:
    """Note a hop that chooses between services of a rail which has but one."""
    rail = checks.scenario.rails.get(hop.rail)
    if hop.service == "batch" and hop.pvp is not None:
        checks.say("LH119", (*path, "service"), f"batches beside the link {hop.pvp}", "one of the two: a link settles "
                   "each pair alone")  # fmt: skip
    if hop.service is None or rail is None or getattr(rail, "batches", None) is not None:
        return
    gross = rail.discipline == "gross"
    got = f"service = {shown_value(hop.service)} on {hop.rail}, which " + (
        "has no batches" if gross else f"is of kind {rail.kind}"
    )
    checks.say("LH119", (*path, "service"), got, "no service, or a gross rail with batches",
               f"[rails.{hop.rail}.batches]" if gross else "")  # fmt: skip
