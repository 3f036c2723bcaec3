"""Credit of central banks: how much of it accounts used within the day, at its peak and on average, and its price."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.exact import sums
from analysis.measures import Found
from analysis.tables import NULL, Tables

_COLUMNS: Final = ("kind", "rail", "debtor", "creditor", "amount_minor", "settled_at", "sequence")
_NUMBERS: Final = ("amount_minor", "settled_at", "sequence")
_CREDIT: Final = ("credit", "intraday_credit", "intraday_repayment", "credit_charge")
_BACK: Final = ("repayment", "intraday_repayment", "credit_charge")


@dataclass
class Hours:
    """When a rail was open for payments: ascending ``opens`` and ``closes``, and the business day of each."""

    opens: list[int] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    lines: dict[str, dict[str, int]] = field(default_factory=dict)
    """What each account might have on each business day, minor units."""

    def before(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """How long it had been open at each instant, microseconds."""
        opens, closes = np.array(self.opens, np.int64), np.array(self.closes, np.int64)
        gone = np.append(0, np.cumsum(closes - opens))
        at = np.searchsorted(opens, time, side="right") - 1
        inside = np.clip(time, opens[at], closes[at]) - opens[at]
        return np.asarray(np.where(at < 0, 0, gone[at] + inside), np.int64)

    def length(self, day: str | None) -> int:
        """How long it was open on a business day, or in the run."""
        windows = zip(self.opens, self.closes, self.days, strict=True)
        return sum(closes - opens for opens, closes, on in windows if day in (None, on))


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``credit``, cut by ``by``; nothing where no rail gives credit."""
    rails = {name: rail for name, rail in tables.scenario.get("rails", {}).items() if rail.get("lender") is not None}
    if not rails:
        return {}
    hours, peak = _hours(tables, rails), dict[tuple[str, str, str], int]()
    held: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)  # (group, currency) and rail → credit × time
    moved, words = _movements(tables, rails)
    found: dict[tuple[str, str, str], Any] = defaultdict(int)

    def group(rail: str, who: str, day: str) -> str:
        return {"rail": rail, "participant": who, "currency": rails[rail]["currency"], "day": day}.get(by, "")

    for rail, terms in rails.items():
        currency, mine = terms["currency"], moved["rail"] == words["rail"].position(rail)
        for name, kind in (("credit_charge", "credit_charge"), ("overnight_credit", "credit")):
            at = np.flatnonzero(mine & (moved["kind"] == words["kind"].position(kind)))
            side = "debtor" if kind in _BACK else "creditor"
            for row in at.tolist():
                who = words["who"].words[moved[side][row]]
                key = group(rail, who, _day(hours[rail], int(moved["settled_at"][row])))
                found[name, key, currency] += int(moved["amount_minor"][row])
        form = _form(terms)
        if form is None:
            continue
        for who in hours[rail].lines:
            used = _use(tables, moved, words, mine, rail, who, form, hours[rail])
            for day, (highest, credit_time) in used.items():
                key = group(rail, who, day)
                peak[key, currency, f"{rail} {who} {day}"] = highest
                held[key, currency, rail] += Fraction(credit_time, hours[rail].length(day if by == "day" else None))
    for (key, currency, _), highest in peak.items():
        found["intraday_credit_peak", key, currency] += highest
    for (key, currency, _), mean in held.items():
        found["intraday_credit_mean", key, currency] += mean
    return dict(found)


def _form(rail: dict[str, Any]) -> str | None:
    """Repo or overdraft; None where a rail gives no intraday credit."""
    terms = rail.get("intraday_credit")
    return None if terms is None else str(terms["form"])


def _day(hours: Hours, time: int) -> str:
    """The business day of an instant; that of a closing is the day that ends."""
    return hours.days[max(int(np.searchsorted(np.array(hours.opens, np.int64), time)) - 1, 0)]


def _hours(tables: Tables, rails: dict[str, Any]) -> dict[str, Hours]:
    found = {rail: Hours() for rail in rails}
    since: dict[str, tuple[int, str]] = {}
    for batch in batches(tables, "events", ("time", "event", "rail", "participant", "amount_minor", "detail")):
        names = (batch[name].to_pylist() for name in ("event", "rail", "participant", "amount_minor", "detail"))
        for event, rail, who, amount, detail, time in zip(*names, numbers(batch["time"]).tolist(), strict=True):
            if rail in found and event == "opened":
                since[rail] = (time, detail)
            elif rail in found and event == "credit_line":
                found[rail].lines.setdefault(who, {})[since[rail][1]] = amount
            elif rail in since and event == "closed":
                opened, day = since.pop(rail)
                found[rail].opens.append(opened)
                found[rail].closes.append(time)
                found[rail].days.append(day)
    return found


def _movements(tables: Tables, rails: dict[str, Any]) -> tuple[dict[str, NDArray[np.int64]], dict[str, Words]]:
    """Settled rows in order of finality, names as positions: of credit, and all of rails where it is an overdraft.

    Elsewhere rows of credit alone say how much of it is used, so that the rest, most of a run, needn't be kept.
    """
    people, words = Words(), {"kind": Words(), "rail": Words()}
    domains = {"kind": words["kind"], "rail": words["rail"], "debtor": people, "creditor": people}
    lent = [words["kind"].position(kind) for kind in _CREDIT]
    overdrawn = [words["rail"].position(rail) for rail, terms in rails.items() if _form(terms) == "overdraft"]
    wanted = [words["rail"].position(rail) for rail in rails]
    parts: list[dict[str, NDArray[np.int64]]] = []
    for batch in batches(tables, "obligations", _COLUMNS):
        read = {name: domain.codes(batch[name]) for name, domain in domains.items()}
        read |= {name: numbers(batch[name]) for name in _NUMBERS}
        keep = np.isin(read["kind"], lent) & np.isin(read["rail"], wanted) | np.isin(read["rail"], overdrawn)
        keep &= read["settled_at"] != NULL
        parts.append({name: column[keep] for name, column in read.items()})
    empty = {name: np.zeros(0, np.int64) for name in _COLUMNS}
    return {name: np.concatenate([part[name] for part in parts or [empty]]) for name in _COLUMNS}, words | {
        "who": people
    }


def _use(
    tables: Tables, moved: dict[str, NDArray[np.int64]], words: dict[str, Words], mine: NDArray[np.bool_], rail: str,
    who: str, form: str, hours: Hours,
) -> dict[str, tuple[int, int]]:  # fmt: skip
    """Highest use of credit of one account and use × open time, on each business day."""
    place, own, opening = words["who"].position(who), 0, 0
    lowest, openings = dict[str, int](), dict[str, int]()
    if form == "overdraft":
        openings, lowest, limits = _balances(tables, rail, who)
        opening = next(iter(openings.values()))
        day, line = next(iter(hours.lines[who].items()))
        own = limits[day] - line
    else:
        kinds = [words["kind"].position(kind) for kind in ("intraday_credit", "intraday_repayment")]
        mine = mine & np.isin(moved["kind"], kinds)
    at = np.flatnonzero(mine & ((moved["debtor"] == place) | (moved["creditor"] == place)))
    change = np.where(moved["creditor"][at] == place, 1, -1) * moved["amount_minor"][at]
    position = opening + np.cumsum(change)
    credit = np.maximum(-position - own, 0) if form == "overdraft" else position
    time = moved["settled_at"][at]
    length = hours.before(np.append(time[1:], hours.closes[-1:] if at.size else [])) - hours.before(time)
    session = np.searchsorted(np.array(hours.opens, np.int64), time, side="right") - 1
    names = list(dict.fromkeys(hours.days))
    group = np.array([names.index(on) for on in hours.days], np.int64)[np.maximum(session, 0)]
    held = sums(group, len(names), credit, length)
    # What an outage kept from being paid back at a closing isn't credit of the next day, whose lowest balance has it.
    left = np.array([form == "repo" or (k > 0 and openings.get(on, 0) < -own) for k, on in enumerate(names)])
    highest = np.array([max(-lowest.get(name, 0) - own, 0) for name in names], np.int64) * ~left
    after = np.append(np.diff(moved["sequence"][at]) != 0, True)[: at.size] & left[group]  # inside a set is no position
    np.maximum.at(highest, group[after], credit[after])
    return {name: (int(highest[k]), held[k]) for k, name in enumerate(names)}


def _balances(tables: Tables, rail: str, who: str) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Opening, lowest balance and limit of an account on each business day."""
    here = np.flatnonzero(tables.ids("accounts", "rail").equal(rail) & tables.ids("accounts", "participant").equal(who))
    days = tables.numbers("accounts", "business_day")[here]
    here = here[np.argsort(days)]
    names = [str(np.datetime64(int(day), "D")) for day in np.sort(days)]
    columns = [tables.numbers("accounts", f"{name}_minor")[here] for name in ("opening", "minimum", "debit_limit")]
    opening, lowest, limits = (dict(zip(names, column.tolist(), strict=True)) for column in columns)
    return opening, lowest, limits
