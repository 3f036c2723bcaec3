"""Checks of outages: what is out exists, times are instants one after another in the run, chance can be drawn."""

from __future__ import annotations

from scenarios.check_latency import check_latency
from scenarios.keys import KeyPath, days_text, listed, nearest, shown_value
from scenarios.references import SECOND_US, Checks, usable
from simcore.engine.outages import given_spans, rails_of
from simcore.engine.timetable import timetable
from simcore.model import Latency, Outage
from simcore.units import UnitError, format_duration

MOST_DRAWN = 10_000
"""Outages that a run may be expected to draw for one name."""


def check_outages(checks: Checks) -> None:
    """Note the faults of every outage."""
    for name, outage in checks.scenario.outages.items():
        path: KeyPath = ("outages", name)
        if not usable(name):
            checks.say("LH017", path, shown_value(name), "a name without blanks around it")
        known = _targets(checks, path, outage)
        _chance(checks, path, outage)
        if known:
            _times(checks, path, name, outage)


def _targets(checks: Checks, path: KeyPath, outage: Outage) -> bool:
    """Whether all that is out is known."""
    scenario = checks.scenario
    if not (outage.rails or outage.ledgers or outage.links or outage.participants or outage.dealers):
        checks.say(
            "LH156", path, "nothing that is out", "rails, ledgers, links, participants or dealers", 'rails = ["…"]'
        )
    known = [checks.known("LH021", (*path, "rails", k), name, "a rail", "rails") for k, name in enumerate(outage.rails)]
    ledgers = list(dict.fromkeys(rail.ledger for rail in scenario.rails.values() if rail.kind == "ledger"))
    for k, name in enumerate(outage.rails):
        mine = getattr(scenario.rails.get(name), "ledger", None)
        if mine is not None and mine not in outage.ledgers:
            got = f"{shown_value(name)}, one currency of the ledger {mine}"
            checks.say("LH156", (*path, "rails", k), got, "the ledger, whose rails have their blocks together",
                       f"ledgers = [{shown_value(mine)}]")  # fmt: skip
    for k, name in enumerate(outage.ledgers):
        if name not in ledgers and checks.rest.whole("rails"):
            near = nearest(name, ledgers)
            expected = f"a ledger: {listed(ledgers)}" if ledgers else "a ledger; the scenario has none"
            checks.say("LH156", (*path, "ledgers", k), shown_value(name), expected, shown_value(near) if near else "")
            known.append(False)
    for key, what, *table in (
        ("links", "an entry of [pvp]", "pvp"), ("participants", "a participant", "participants"),
        ("dealers", "a dealer", "fx", "dealers"),
    ):  # fmt: skip
        code = "LH020" if key == "participants" else "LH156"
        known += [
            checks.known(code, (*path, key, k), name, what, *table) for k, name in enumerate(getattr(outage, key))
        ]
    for k, name in enumerate(outage.links):
        kind = getattr(scenario.pvp.get(name), "kind", "link")
        if kind != "link":
            checks.say("LH156", (*path, "links", k), f"{shown_value(name)}, of the kind {kind}",
                       "a link; elsewhere rails and participants are out")  # fmt: skip
            known.append(False)
    return all(known)


def _chance(checks: Checks, path: KeyPath, outage: Outage) -> None:
    """Both of a mean time between and a duration, above nothing, and no more of them than a run can take."""
    if not outage.times and outage.every is None and outage.lasts is None:
        checks.say("LH157", path, "neither times nor chance", "times, or every and lasts",
                   'times = [{ day = 2026-03-02, from = "10:00", to = "12:00" }]')  # fmt: skip
    for mine, other in (("every", "lasts"), ("lasts", "every")):
        if getattr(outage, mine) is not None and getattr(outage, other) is None:
            checks.say("LH158", (*path, mine), f"{mine} without {other}", "both or neither")
    if outage.every is not None and outage.every < SECOND_US:
        checks.say("LH158", (*path, "every"), format_duration(outage.every), "at least a second", '"30 d"')
    elif outage.every is not None and checks.rest.complete:
        days = checks.scenario.scenario.days
        if days * 86_400_000_000 > MOST_DRAWN * outage.every:
            checks.say("LH158", (*path, "every"), f"{format_duration(outage.every)} in a run of {days_text(days)}",
                       f"at most about {MOST_DRAWN:,} outages in a run", '"30 d"')  # fmt: skip
    lasts = outage.lasts
    if lasts is not None and not isinstance(lasts, Latency) and lasts <= 0:
        checks.say("LH158", (*path, "lasts"), format_duration(lasts), "a duration above zero", '"45 min"')
    if isinstance(lasts, Latency):
        check_latency(checks, (*path, "lasts"), lasts)


def _times(checks: Checks, path: KeyPath, name: str, outage: Outage) -> None:
    """Given times that exist, end after they begin, don't overlap, and lie in the run."""
    scenario = checks.scenario
    if not checks.rest.whole("rails") or not checks.rest.whole("scenario"):
        return
    if any(rail not in scenario.rails for rail in rails_of(scenario, outage)):
        return
    try:
        spans = list(given_spans(scenario, name, outage))
    except UnitError as error:
        key = "times" if outage.zone is None or error.got != outage.zone else "zone"
        checks.say("LH157", (*path, key), error.got, error.expected, shown_value(error.try_))
        return
    run = None if checks.faults else timetable(scenario)
    last = None
    for k, span in enumerate(spans):
        here = (*path, "times", k)
        if span.end_us <= span.start_us:
            checks.say("LH157", (*here, "to"), "an end that isn't after its beginning", "an end after the beginning",
                       'to = "02:00+1" for the morning after')  # fmt: skip
        elif last is not None and span.start_us < last:
            checks.say("LH157", here, "an outage that begins before the one above it is over",
                       "outages one after another")  # fmt: skip
        elif run is not None and (span.end_us <= run.start_us or span.start_us >= run.end_us):
            checks.say("LH157", (*here, "day"), f"{outage.times[k].day}, outside the run", "an instant of the run",
                       f"{scenario.scenario.start}")  # fmt: skip
        last = span.end_us
