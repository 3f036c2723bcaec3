"""The tables of what was measured: by run, route and rail, each head leading to its definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from analysis.compare import compare_policies
from analysis.measure_list import GROUPS, MEASURES
from analysis.measures import Cell as Measured
from analysis.measures import cells
from analysis.paired import DRAWS, SEED, WAITED
from analysis.report.table import Cell, Rows, Table
from analysis.report.values import shown
from analysis.report.words import definition, has, label, outcome, say, unit
from analysis.shown import SHOWN
from analysis.tables import Tables

MOST_ROWS: Final = 60
THEMES: Final[dict[str, tuple[str, ...]]] = {
    "settlement": ("submitted_count", "settled_count", "settlement_rate_count", "returned_count", "unsettled_count",
                   "submitted_value", "settled_value", "settlement_rate_value"),
    "time": ("median_time", "mean_time", "value_weighted_delay", "delay_indicator", "within_hour"),
    "cost": ("fee_value", "sending_fee_value", "cost_bp", "rmb_share", "rmb_crossing_share"),
    "liquidity": ("liquidity_used", "liquidity_needed", "credit_drawn", "debited_value", "turnover",
                  "liquidity_gini", "herfindahl"),
    "bounds": ("liquidity_lower_bound", "liquidity_for_payments", "liquidity_upper_bound", "liquidity_level",
               "liquidity_upper_submitted", "netting_possible", "netting_efficiency"),
    "risk": ("principal_at_risk", "principal_at_risk_peak", "locked_liquidity", "locked_in_vain", "locked_peak"),
    "cls": ("cls_settled_value", "cls_due_value", "cls_paid_in_value", "cls_paid_in_share", "cls_missing_value",
            "cls_covered_value", "cls_left_short_value", "cls_unpaid_value", "outside_value", "outside_at_risk",
            "outside_at_risk_peak", "outside_unmet"),
    "outage_cost": ("outage_time", "outage_waiting_count", "outage_waiting_value", "outage_waiting_time", "outage_wait",
                    "outage_wait_after", "outage_unsettled_count", "outage_refused_count", "outage_refused_value",
                    "outage_queue_peak", "outage_recovery"),
    "crediting": ("credited_count", "credited_within_hour", "credited_median_time", "advanced_value_time",
                  "advanced_peak", "advanced_unpaid"),
    "network": ("degree", "connectivity", "reciprocity", "core_share", "critical_share", "sent_herfindahl",
                "sent_gini"),
    "wallets": ("wallet_count", "wallet_rejected_count", "wallet_rejected_share", "wallet_value",
                "wallet_between_operators_value", "wallet_crossing_value", "wallet_offline_count",
                "wallet_offline_peak", "wallet_double_spend_value", "wallet_topped_up_value", "wallet_to_bank_value",
                "operator_reserves_mean", "operator_reserves_peak", "operator_reserve_base_mean",
                "operator_issued_value", "operator_settled_value"),
}  # fmt: skip
Runs = Sequence[tuple[str, Tables]]
Row = dict[str, Measured]
"""Measure → what was found, for one group and currency."""


class Measures:
    """What was measured of some runs; each cut of a run is read once, however many tables show it."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self._found: dict[tuple[int, str], dict[tuple[str, str], Row]] = {}

    def rows(self, position: int, by: str) -> dict[tuple[str, str], Row]:
        """(group, currency) → every measure of a run that can be cut so, groups in the order of the scenario."""
        if (position, by) not in self._found:
            tables = self.runs[position][1]
            found: dict[tuple[str, str], Row] = {}
            for each in cells(tables, by=by):
                found.setdefault((each.group, each.currency), {})[each.measure] = each
            order = {name: place for place, name in enumerate(tables.scenario.get(f"{by}s", {}))}
            keys = sorted(found, key=lambda key: order.get(key[0], len(order)))
            self._found[position, by] = {key: found[key] for key in keys}
        return self._found[position, by]


def themes() -> dict[str, tuple[str, ...]]:
    """Table → its measures. One that is listed nowhere stands in the last table of its family, or in a new one."""
    found = dict(THEMES)
    homes = {MEASURES[names[0]].family: theme for theme, names in THEMES.items()}
    listed = {name for names in THEMES.values() for name in names}
    for name, each in MEASURES.items():
        if name not in listed:
            home = homes.setdefault(each.family, each.family)
            found[home] = (*found.get(home, ()), name)
    return found


def head(name: str, language: str) -> Cell:
    """The head of a measure's column: unit and definition on hover, and a link to the full entry."""
    words = f"{definition(name, language)} [{unit(name, language)}]"
    return Cell(label(name, language), number=True, title=words, link=f"measure-{name}")


def overview(measures: Measures, language: str) -> Table:
    """The columns of ``luhai compare``: each run, and its routes."""
    title, note = say("overview", language), say("overview_note", language)
    return _table("overview", measures, ("run", "route"), SHOWN, language, title, note)


def details(measures: Measures, language: str) -> Iterator[Table]:
    """Every measure of the registry, one table per theme; those that have no row are left out."""
    for theme, names in themes().items():
        groups = GROUPS[MEASURES[names[0]].family]
        cuts = ("run", *[each for each in ("outage", "route", "rail", "status") if each in groups][:1])
        title = say(theme, language) if has(theme) else theme
        found = _table(f"theme-{theme}", measures, cuts, names, language, title, "")
        if found.rows:
            yield found


def _table(
    id: str, measures: Measures, cuts: Sequence[str], names: Sequence[str], language: str, caption: str, note: str
) -> Table:
    rows, several = Rows(MOST_ROWS), len(measures.runs) > 1
    for position, (run, tables) in enumerate(measures.runs):
        for by in cuts:
            found = {key: row for key, row in measures.rows(position, by).items() if row.keys() & set(names)}
            if by != "run" and len({group for group, _ in found}) == 1:
                continue  # the one route is the whole run
            for (group, currency), row in found.items():
                full = tables.label(f"{by}s", group, language) if group else say("whole", language)
                what = Cell(full, code=group if full != group else "")
                values = [shown(row.get(name), language) for name in names]
                rows.add([*([Cell(run)] if several else []), what, Cell(currency), *values])
    first = [Cell(say("run", language))] if several else []
    last = {"run": "part", "status": "outcome"}.get(cuts[-1], cuts[-1])
    heads = [*first, Cell(say(last, language)), Cell(say("currency", language)), *(head(n, language) for n in names)]
    more = say("more_rows", language, rows.dropped) if rows.dropped else ""
    table = Table(id, caption, heads, rows.kept, len(heads) - len(names), " ".join(filter(None, (note, more))))
    return table.without_empty_columns()


def brief(measures: Measures, position: int, language: str) -> list[str]:
    """A sentence for each currency sent in a run."""
    names = ("submitted_count", "submitted_value", "settlement_rate_count", "settlement_rate_value", "median_time",
             "within_hour")  # fmt: skip
    found = []
    for (_, currency), row in measures.rows(position, "run").items():
        if names[0] in row:
            count, value, *rest = (shown(row[name], language).text for name in names)
            found.append(say("brief_run", language, count, f"{currency} {value}", *rest))
    return found or [say("brief_none", language)]


def outcomes(runs: Runs, language: str) -> Table:
    """How many payments of each run ended in each way, the most frequent first."""
    counts: list[Counter[str]] = []
    for _, tables in runs:
        ids = tables.ids("payments", "status")
        numbers = np.bincount(ids.codes, minlength=len(ids.words)).tolist()
        counts.append(Counter(dict(zip(ids.words, numbers, strict=True))))
    most = {word: max(each[word] for each in counts) for word in sorted({word for each in counts for word in each})}
    rows = [
        [Cell(code=word), Cell(outcome(word, language)),
         *(Cell(f"{each[word]:,}", value=str(each[word]), number=True) for each in counts)]
        for word in sorted(most, key=lambda word: -most[word]) if most[word]
    ]  # fmt: skip
    heads = [Cell(name if len(runs) > 1 else say("number", language), number=True) for name, _ in runs]
    heads = [Cell(say("outcome", language)), Cell(say("meaning", language)), *heads]
    return Table("outcomes", say("outcomes", language), heads, rows)


APART: Final = (("settlement_rate_count", True), ("median_time", False), ("mean_time", False), ("within_hour", True),
                ("cost_bp", False))  # fmt: skip
"""Measures by which routes can be told apart whatever their currency, and whether more is better."""


def routes_apart(measures: Measures, position: int, language: str) -> Table | None:
    """For each of ``APART`` the routes at both ends; None for a run with payments of one route."""
    run, tables = measures.runs[position]
    found = measures.rows(position, "route")
    if len(found) < 2:
        return None
    several = len({currency for _, currency in found}) > 1
    rows = []
    for name, more_is_better in APART:
        exact = {key: row[name].value for key, row in found.items() if name in row}
        values = {key: value for key, value in exact.items() if value is not None}
        if not values:
            continue
        ends = sorted({min(values.values()), max(values.values())}, reverse=more_is_better)
        row = [Cell(label(name, language), link=f"measure-{name}")]
        for end in (ends[0], ends[-1]):
            there = [key for key, value in values.items() if value == end]
            names = [
                tables.label("routes", route, language) + (f" ({money})" if several else "") for route, money in there
            ]
            row += [shown(found[there[0]][name], language), Cell(lines=names)]
        rows.append(row)
    heads = [Cell(say("measure", language)), Cell(say("best", language), number=True), Cell(say("route", language)),
             Cell(say("worst", language), number=True), Cell(say("route", language))]  # fmt: skip
    title = say("routes_apart", language) + (f" ({run})" if len(measures.runs) > 1 else "")
    return Table(f"routes-{position}", title, heads, rows)


def compared(runs: Runs, language: str) -> Table:
    """Differences of each run to the first, with their intervals.

    Raises
    ------
    ScenarioError     LH088: two runs had different payments to make
    """
    rows = []
    # Each run is a column of the report, so replicates aren't averaged: runs under other seeds can't be paired.
    for row in compare_policies([{(0, 0): run} for run in runs]).to_pylist():
        name = row["measure"].removesuffix("_difference")
        if name == row["measure"]:
            continue
        size, unit_key = (60, "minutes") if name in ("mean_time", WAITED) else (0.01, "points")
        signed = [
            None if row[key] is None else f"{row[key] / size:+,.2f}".replace("-", "−")
            for key in ("value", "low", "high")
        ]
        interval = say("no_interval", language) if signed[1] is None else f"{signed[1]} … {signed[2]}"
        value = say(unit_key, language, signed[0])
        cells_of = [Cell(value, value=repr(row["value"]), number=True), Cell(interval, number=signed[1] is not None)]
        what = Cell(label(name, language), link=f"measure-{name.removesuffix('_waited')}")
        rows.append([Cell(row["run"]), what, *cells_of])
    heads = [Cell(say("run", language)), Cell(say("measure", language)), Cell(say("difference", language), number=True),
             Cell(say("interval", language), number=True)]  # fmt: skip
    note = say("differences_note", language, DRAWS, SEED) if rows else say("no_differences", language)
    return Table("differences", say("differences", language, runs[0][0]), heads, rows, 2, note)


def definitions(language: str) -> Table:
    """Every measure: its names, unit, definition and source."""
    rows = [
        [Cell(label(name, language), code=name, anchor=f"measure-{name}"), Cell(unit(name, language)),
         Cell(definition(name, language)), Cell(each.source)]
        for name, each in MEASURES.items()
    ]  # fmt: skip
    heads = [Cell(say(key, language)) for key in ("measure", "unit", "definition", "source")]
    return Table("measures", say("definitions", language), heads, rows)
