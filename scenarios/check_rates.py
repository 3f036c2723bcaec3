"""Checks of market hours and simulated paths of rates: hours that open, pairs that exist, correlation matrices."""

from __future__ import annotations

from decimal import Decimal

from fx.rates import RateNotFound, currencies_with_history, history_range
from scenarios.check_hours import covered, known_calendar
from scenarios.keys import KeyPath, days_text, shown_value
from scenarios.references import SECOND_US, Checks
from simcore.calendar import Window
from simcore.market import BlockBootstrap, Gbm, Jumps, MarketHours, RatePathKind
from simcore.rates.correlation import cholesky, nearest_correlation, smallest_eigenvalue
from simcore.rates.steps import (
    AROUND_THE_CLOCK,
    in_day_order,
    market_calendar,
    step_count,
    trading_windows,
    windows_around,
)
from simcore.units import UnitError, format_duration

MOST_STEPS = 5_000_000
"""Steps of all pairs of a path together; each costs memory and, where a dealer quotes it, two rows of fx."""
MOST_JUMPS = 10_000
MOST_GROWTH = 10
SIMULATED = "simulated"


def check_hours(checks: Checks) -> None:
    """Note the faults of market hours."""
    for name, hours in (checks.scenario.fx.hours or {}).items():
        windows_of(checks, ("fx", "hours", name), hours, say=True)


def windows_of(checks: Checks, path: KeyPath, hours: MarketHours, *, say: bool = False) -> list[Window] | None:
    """The windows of a market in the run; None where a fault keeps them from being known (noted if ``say``)."""
    quiet = Checks(checks.scenario, checks.document, checks.rest) if not say else checks
    if hours.calendar is not None and not known_calendar(quiet, (*path, "calendar"), hours.calendar):
        return None
    info = checks.scenario.scenario
    if not checks.rest.whole("scenario") or not 1 <= info.days <= 36_600:
        return None
    if hours.calendar is not None and not covered(quiet, (*path, "calendar"), market_calendar(hours)):
        return None
    try:
        windows_around(hours, info.start, info.days)
        windows = trading_windows(hours, info.start, info.days)
    except UnitError as error:
        quiet.say("LH126", (*path, "sessions"), error.got, error.expected, error.try_)
        return None
    except OverflowError:  # days before year 1 or after 9999
        return None
    if not windows:
        got = f"no opening in {days_text(info.days)} from {info.start}"
        quiet.say("LH126", (*path, "sessions"), got, "hours that open at least once in the run")
        return None
    if not in_day_order(windows):
        quiet.say("LH126", (*path, "sessions"), "a session of one day after one of the next", "sessions in order")
        return None
    return windows


def known_hours(checks: Checks, path: KeyPath, name: str) -> bool:
    """Whether market hours are there, with a fault if not."""
    return checks.known("LH126", path, name, "an entry of [fx.hours]", "fx", "hours")


def check_paths(checks: Checks) -> None:
    """Note the faults of simulated paths, and of pairs that have none or two."""
    paths = checks.scenario.fx.paths or {}
    drawn: dict[str, str] = {}
    for name, path in paths.items():
        here: KeyPath = ("fx", "paths", name)
        for index, pair in enumerate(path.pairs):
            place = (*here, "pairs", pair if isinstance(path, Gbm) else index)
            _pair(checks, place, pair, name, drawn)
        _steps(checks, here, path)
        if isinstance(path, Gbm):
            _gbm(checks, here, path)
        else:
            _bootstrap(checks, here, path)
    if not checks.rest.whole("fx", "paths"):
        return
    for name, terms in checks.scenario.fx.pairs.items():
        if terms.source == SIMULATED and name not in drawn:
            checks.say("LH123", ("fx", "pairs", name, "source"), 'source = "simulated" in no path',
                       "a path of [fx.paths] with the pair", f'pairs = [{shown_value(name)}]')  # fmt: skip


def _pair(checks: Checks, place: KeyPath, pair: str, path: str, drawn: dict[str, str]) -> None:
    """A pair of a path: there, simulated, and in no other path."""
    if not checks.known("LH123", place, pair, "a pair of [fx.pairs]", "fx", "pairs"):
        return
    if pair in drawn:
        checks.say("LH123", place, f"{pair}, which is in {drawn[pair]} too", "each pair in one path, once")
        return
    drawn[pair] = path
    terms = checks.scenario.fx.pairs.get(pair)
    if terms is not None and terms.source != SIMULATED:
        got = f"{pair}, whose source is {shown_value(terms.source)}"
        checks.say("LH123", place, got, "a pair whose rate is simulated", f'source = "{SIMULATED}"')


def _steps(checks: Checks, here: KeyPath, path: RatePathKind) -> None:
    if not path.pairs:
        checks.say("LH123", (*here, "pairs"), "no pair", "at least one pair of [fx.pairs]")
    if path.step < SECOND_US:
        checks.say("LH125", (*here, "step"), format_duration(path.step), "a step of at least 1 s", '"1 min"')
        return
    hours = AROUND_THE_CLOCK
    if path.hours is not None:
        if not known_hours(checks, (*here, "hours"), path.hours):
            return
        found = (checks.scenario.fx.hours or {}).get(path.hours)
        if found is None:
            return
        hours = found
    windows = windows_of(checks, here, hours)
    if windows is None:
        if path.hours is None and checks.rest.whole("scenario") and checks.scenario.scenario.days >= 1:
            checks.say("LH126", (*here, "hours"), "a run without a trading day", "hours that open in the run")
        return
    count = step_count(windows, path.step) * max(len(path.pairs), 1)
    if count > MOST_STEPS:
        least = path.step * -(-count // MOST_STEPS)
        checks.say("LH125", (*here, "step"), f"{count:,} steps of all pairs together", f"at most {MOST_STEPS:,}",
                   f'"{format_duration(-(-least // SECOND_US) * SECOND_US)}"')  # fmt: skip


def _gbm(checks: Checks, here: KeyPath, path: Gbm) -> None:
    for name, terms in path.pairs.items():
        place = (*here, "pairs", name)
        if terms.volatility > MOST_GROWTH:
            checks.say("LH125", (*place, "volatility"), str(terms.volatility), "at most 1,000 % a year", '"5 %"')
        if abs(terms.drift) > MOST_GROWTH:
            checks.say("LH125", (*place, "drift"), str(terms.drift), f"growth a year of at most {MOST_GROWTH}", "0.02")
        if terms.jumps is not None:
            _jumps(checks, (*place, "jumps"), terms.jumps)
    if path.correlation:
        _correlation(checks, (*here, "correlation"), path.correlation, list(path.pairs))


def _jumps(checks: Checks, place: KeyPath, jumps: Jumps) -> None:
    if not 0 <= jumps.per_year <= MOST_JUMPS:
        checks.say("LH125", (*place, "per_year"), str(jumps.per_year), f"0 to {MOST_JUMPS:,} jumps a year", "4")
    if not 0 <= jumps.size <= 1:
        checks.say("LH125", (*place, "size"), str(jumps.size), "a standard deviation from 0 to 1", "0.01")
    if abs(jumps.mean) > 1:
        checks.say("LH125", (*place, "mean"), str(jumps.mean), "a mean step from -1 to 1", "-0.01")


def _correlation(
    checks: Checks, here: KeyPath, rows: tuple[tuple[Decimal, ...], ...], pairs: list[str]
) -> None:  # fmt: skip
    """One message for the first thing that keeps a matrix from being one of correlations."""
    n = len(pairs)
    if len(rows) != n or any(len(row) != n for row in rows):
        lengths = ", ".join(str(len(row)) for row in rows)
        checks.say("LH124", here, f"rows of {lengths} numbers", f"{n} rows of {n}, in the order of pairs")
        return
    for i in range(n):
        for j in range(i + 1):
            where = f"row {i + 1}, column {j + 1} ({pairs[i]}, {pairs[j]})"
            if i == j and rows[i][i] != 1:
                checks.say("LH124", here, f"{rows[i][i]} in {where}", "1 on the diagonal", "1")
                return
            if rows[i][j] != rows[j][i]:
                got = f"{rows[i][j]} in {where}, but {rows[j][i]} in row {j + 1}, column {i + 1}"
                checks.say("LH124", here, got, "the same number in both", str(rows[i][j]))
                return
            if abs(rows[i][j]) > 1:
                checks.say("LH124", here, f"{rows[i][j]} in {where}", "a correlation from -1 to 1",
                           "1" if rows[i][j] > 0 else "-1")  # fmt: skip
                return
    matrix = [[float(entry) for entry in row] for row in rows]
    if cholesky(matrix) is None:
        nearest = ", ".join("[" + ", ".join(f"{entry:g}" for entry in row) + "]" for row in nearest_correlation(matrix))
        got = f"a matrix whose smallest eigenvalue is {smallest_eigenvalue(matrix):.3f}: no rates can move like that"
        checks.say("LH124", here, got, "no negative eigenvalue; the nearest such matrix stands below", f"[{nearest}]")


def _bootstrap(checks: Checks, here: KeyPath, path: BlockBootstrap) -> None:
    from simcore.rates.block_bootstrap import history_days, history_returns

    known = currencies_with_history()
    missing = [code for pair in path.pairs for code in pair.split("/") if code not in known]
    if missing:
        got = f"{missing[0]}, for which the ECB publishes no rate"
        checks.say("LH125", (*here, "pairs"), got, "pairs of currencies with a history", 'kind = "gbm"')
        return
    if path.block < 1:
        checks.say("LH125", (*here, "block"), str(path.block), "at least one return", "20")
        return
    if not checks.rest.whole("scenario") or not path.pairs or any(pair.count("/") != 1 for pair in path.pairs):
        return
    first, last = history_days(path, checks.scenario.scenario.start)
    (table_first, table_last), key = history_range(), "first" if path.first else "last" if path.last else "pairs"
    if not table_first <= first < last <= table_last:
        checks.say("LH125", (*here, key), f"a history from {first} to {last}",
                   f"days that rise, from {table_first} to {table_last}")  # fmt: skip
        return
    try:
        count = min(each.size for each in history_returns(path, checks.scenario.scenario.start).values())
    except RateNotFound as error:
        checks.say("LH125", (*here, "pairs"), str(error).split("; ")[0], "rates on every day of the history")
        return
    if path.block > count:
        expected = f"at most {count}, as many as the history from {first} to {last} has"
        checks.say("LH125", (*here, "block"), f"{path.block} returns in a block", expected, str(min(20, count)))
