"""Proves intraday credit by the scenario that every table carries: within what was pledged, paid back, rightly charged.

Credit is read from obligations.arrow, business days and their hours from events.arrow.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import (
    KIND_CREDIT,
    KIND_CREDIT_CHARGE,
    KIND_INTRADAY_CREDIT,
    KIND_INTRADAY_REPAYMENT,
    KIND_REPAYMENT,
)
from simcore.results.audit_overdraft import Overdrafts
from simcore.results.audit_read import NO_TIME, Batch, TableReader, Words
from simcore.results.audit_report import Proof, money
from simcore.units import parse_amount, parse_bp, parse_duration, parse_percent

_WITHIN: Final = (KIND_INTRADAY_CREDIT, KIND_INTRADAY_REPAYMENT, KIND_CREDIT_CHARGE)
_KINDS: Final = (KIND_CREDIT, KIND_REPAYMENT, *_WITHIN)
_SECURED: Final = (KIND_INTRADAY_CREDIT, KIND_INTRADAY_REPAYMENT)


class Day(NamedTuple):
    """The credit of a business day: since when it was given, and when it was due; never where the run ended first."""

    number: int
    opens: int
    closes: int


class Hours(NamedTuple):
    """What events.arrow tells of a rail."""

    windows: list[tuple[int, int, int]]
    """(business day, opening, closing) of each session for payments."""
    days: list[Day]
    closings: set[int]


class Movement(NamedTuple):
    """A row of credit, repayment or charge of one account."""

    row: int
    kind: int
    amount: int
    time: int


def hours_of(events: Batch, words: Words, rail: str) -> Hours:
    """Sessions for payments of a rail, and from when to when credit was given."""
    hours = Hours([], [], set())
    open_at, day = None, 0
    mine = events["rail"] == words.code("rail", rail)
    for time, code, detail in zip(*(events[name][mine].tolist() for name in ("time", "event", "detail")), strict=True):
        event = words.name("event", code)
        if event == "opened":
            open_at, day = time, int(np.datetime64(detail, "D").astype(np.int64))
        elif event == "closed":
            hours.closings.add(time)
            if open_at is not None:
                hours.windows.append((day, open_at, time))
            open_at = None
        elif event == "credit_line" and (not hours.days or hours.days[-1].number != day):
            hours.days.append(Day(day, time, NO_TIME))
        elif event == "credit_due" and hours.days:
            hours.days[-1] = hours.days[-1]._replace(closes=time)
    return hours


class Credit:
    """The intraday credit of every rail that gives some; nothing to prove without a scenario."""

    def __init__(self, folder: Path, scenario: dict[str, Any], words: Words, limits: Proof, accounts: Batch) -> None:
        self.words, self._proof, self._accounts = words, limits, accounts
        self._terms = {
            name: rail["intraday_credit"]
            for name, rail in scenario.get("rails", {}).items()
            if rail.get("intraday_credit") is not None
        }
        self._movements: dict[tuple[str, str], list[Movement]] = defaultdict(list)
        self._outages = bool(scenario.get("outages"))
        self._hours: dict[str, Hours] = {}
        if self._terms:
            events = TableReader(folder, "events", ("time", "event", "rail", "detail"), words).whole()
            self._hours = {rail: hours_of(events, words, rail) for rail in self._terms}
        self._given = {rail: scenario["accounts"].get(rail, {}) for rail in self._terms}
        self._lender = {rail: scenario["rails"][rail]["lender"] for rail in self._terms}
        self._overdrafts: dict[str, Overdrafts] = {}
        for rail, terms in self._terms.items():
            if terms["form"] == "overdraft" and terms.get("rate") is not None and terms["charged"] == "time":
                own = {who: self._own(one) for who, one in self._given[rail].items() if "collateral" in one}
                every = parse_duration(terms["measured_every"])
                self._overdrafts[rail] = Overdrafts(words, rail, own, self._hours[rail].windows, every, accounts)

    @staticmethod
    def _own(account: dict[str, Any]) -> int:
        limit = account.get("debit_limit")
        if limit == "unlimited":
            return NO_TIME
        return 0 if limit is None else parse_amount(limit).amount_minor

    def check(self, batch: Batch, settled: NDArray[np.bool_]) -> None:
        """Note every movement of credit, and what overdrafts come to."""
        name = self.words.name
        for at in np.flatnonzero(np.isin(batch["kind"], _KINDS) & settled):
            rail, kind = name("rail", batch["rail"][at]), int(batch["kind"][at])
            if rail not in self._terms:
                if kind in _WITHIN:
                    self._proof.fail(f"obligations row {batch['row'][at]}: {name('kind', kind)} on {rail}, which gives "
                                     "no intraday credit")  # fmt: skip
                continue
            ends = [name("participant", batch[end][at]) for end in ("debtor", "creditor")]
            lender, holder = ends if kind in (KIND_CREDIT, KIND_INTRADAY_CREDIT) else reversed(ends)
            amount, time = int(batch["amount_minor"][at]), int(batch["settled_at"][at])
            pledges = "collateral" in self._given[rail].get(holder, {})
            if lender != self._lender[rail] or (kind in _SECURED and not pledges):
                self._proof.fail(f"obligations row {batch['row'][at]}: {name('kind', kind)} between {lender} and "
                                 f"{holder}, who aren't {rail}'s lender and somebody with collateral")  # fmt: skip
                continue
            self._movements[rail, holder].append(Movement(int(batch["row"][at]), kind, amount, time))
        for overdrafts in self._overdrafts.values():
            overdrafts.follow(batch, settled)

    def finish(self) -> None:
        """Every account on every business day."""
        code = self.words.code
        for rail, terms in self._terms.items():
            days = self._hours[rail].days
            self._within_days(rail)
            here = np.flatnonzero(self._accounts["rail"] == code("rail", rail))
            rows: dict[str, dict[int, int]] = defaultdict(dict)
            for at in here.tolist():
                who = self.words.name("participant", self._accounts["participant"][at])
                rows[who][int(self._accounts["business_day"][at])] = at
            if rail in self._overdrafts:
                self._overdrafts[rail].finish()
            for who, account in self._given[rail].items():
                self._account(rail, terms, who, account, days, rows[who])
            drawn = [it for (on, _), moved in self._movements.items() if on == rail for it in moved]
            lent = sum(it.amount for it in drawn if it.kind == KIND_INTRADAY_CREDIT)
            charged = sum(it.amount for it in drawn if it.kind == KIND_CREDIT_CHARGE)
            currency = self.words.name("currency", self._accounts["currency"][here[0]]) if here.size else ""
            how = "as overdrafts" if terms["form"] == "overdraft" else f"{money(lent, currency)}, paid back each day"
            self._proof.details.append(
                f"{rail}: intraday credit within collateral less haircut, {how}; charged {money(charged, currency)}"
            )

    def _within_days(self, rail: str) -> None:
        """Credit begins where the first session of a day does, and is due at a closing or, after an outage, opening."""
        windows, days, closings = self._hours[rail]
        for day, following in zip(days, [*days[1:], None], strict=True):
            until = NO_TIME if following is None else following.opens
            opened = [(number, opens) for number, opens, _ in windows if day.opens <= opens < until]
            late = any(opens > day.closes or (number != day.number and not self._outages) for number, opens in opened)
            at_closing = day.closes in closings
            if late or not opened or opened[0][1] != day.opens or not (at_closing or self._outages):
                when = np.datetime64(day.number, "D")
                self._proof.fail(f"events: intraday credit of {rail} {when} isn't due when its business day closes")
        if {number for number, _, _ in windows} != {day.number for day in days} and not self._outages:
            self._proof.fail(f"events: {rail} gives intraday credit on other days than it opens on")

    def _account(
        self, rail: str, terms: dict[str, Any], who: str, account: dict[str, Any], days: list[Day], rows: dict[int, int]
    ) -> None:  # fmt: skip
        own, moved = self._own(account), self._movements[rail, who]
        overdraft = terms["form"] == "overdraft"
        value = 0
        if "collateral" in account:
            haircut = parse_percent(account.get("haircut") or terms["haircut"])
            value = int(parse_amount(account["collateral"]).amount_minor * (1 - Fraction(haircut)))
        limits = dict.fromkeys(rows, own)
        prices, used = self._interest(rail, terms, moved), 0
        for day in days:
            line = max(value - _owed(moved, day.opens), 0)
            if overdraft and value:
                last = self._last_day(rail, day)
                for number in limits:  # also on days that began while an outage kept it from being paid back
                    if day.number <= number <= last:
                        limits[number] = max(limits[number], own + line)
            within = [it for it in moved if it.kind == KIND_INTRADAY_CREDIT and day.opens <= it.time < day.closes]
            back = [it for it in moved if it.kind == KIND_INTRADAY_REPAYMENT and it.time == day.closes]
            used += len(within) + len(back)
            drawn = sum(it.amount for it in within)
            where = f"{rail} {who} {np.datetime64(day.number, 'D')}"
            if drawn > (0 if overdraft else line):
                self._fail(within, f"{where}: intraday credit of {drawn} in all, above the {0 if overdraft else line} "
                                   "that its collateral is good for")  # fmt: skip
            if day.closes != NO_TIME and sum(it.amount for it in back) != drawn:
                self._fail(back or within, f"{where}: of {drawn} lent within the day "
                                           f"{sum(it.amount for it in back)} paid back at closing")  # fmt: skip
            if "collateral" in account and day.closes != NO_TIME:
                prices[day.closes] += self._charge(rail, terms, who, day, within, own, rows)
        charges = [it for it in moved if it.kind == KIND_CREDIT_CHARGE]
        for time in sorted({*prices, *(it.time for it in charges)}):
            here = [it for it in charges if it.time == time]
            if (charged := sum(it.amount for it in here)) != prices[time]:
                when = np.datetime64(time, "us")
                self._fail(here, f"{rail} {who} at {when}: charged {charged} for credit, not {prices[time]}")
        if used != sum(it.kind in _SECURED for it in moved):
            self._proof.fail(f"{rail} {who}: intraday credit outside its rail's hours")
        for day_number, at in rows.items():
            where = f"accounts row {self._accounts['row'][at]} ({rail} {who} {np.datetime64(day_number, 'D')})"
            found = int(self._accounts["debit_limit_minor"][at])
            if found != limits[day_number]:
                self._proof.fail(f"{where}: debit_limit_minor is {found}, own limit and collateral give "
                                 f"{limits[day_number]}")  # fmt: skip
            closing = int(self._accounts["closing_minor"][at])
            kept = any(day.number <= day_number < self._last_day(rail, day) for day in days)
            if own != NO_TIME and closing < -own and not kept:
                self._proof.fail(f"{where}: closes at {closing}, below its own limit: intraday credit isn't paid back")

    def _last_day(self, rail: str, day: Day) -> int:
        """The business day on which a day's credit was due: its own, or the one that opened after an outage."""
        windows = self._hours[rail].windows
        closing = [number for number, _, closes in windows if closes == day.closes]
        opening = [number for number, opens, _ in windows if opens == day.closes]
        return (closing or opening or [2**31])[0]

    def _interest(self, rail: str, terms: dict[str, Any], moved: list[Movement]) -> defaultdict[int, int]:
        """Instant → interest to be paid at it on what is owed overnight: at each opening, since the one before."""
        prices: defaultdict[int, int] = defaultdict(int)
        if terms.get("overnight_rate") is None:
            return prices
        before = -(2**63)
        for _, opens, _ in self._hours[rail].windows:
            lent = [it for it in moved if it.kind == KIND_CREDIT and before < it.time < opens]
            owed_time = sum(it.amount * (opens - it.time) for it in lent)
            owed_time += _owed(moved, before) * (opens - before)
            prices[opens] += _price(owed_time, terms["overnight_rate"], terms)
            before = opens
        return prices

    def _fail(self, moved: list[Movement], text: str) -> None:
        self._proof.fail(f"obligations row {moved[-1].row}: {text}" if moved else text)

    def _charge(
        self, rail: str, terms: dict[str, Any], who: str, day: Day, drawn: list[Movement], own: int,
        rows: dict[int, int],
    ) -> int:  # fmt: skip
        """What the day's credit costs by the terms."""
        if terms.get("rate") is None:
            return 0
        rate, overdraft = parse_bp(terms["rate"]), terms["form"] == "overdraft"
        if terms["charged"] == "amount":
            until = max(self._last_day(rail, day), day.number + 1)
            during = [at for number, at in rows.items() if day.number <= number < until]
            lowest = min((int(self._accounts["minimum_minor"][at]) for at in during), default=0)
            peak = max(-own - lowest, 0) if overdraft else sum(it.amount for it in drawn)
            return round(Fraction(peak * rate, 1_000_000))
        if overdraft:
            amount_time = self._overdrafts[rail].amount_time(who, day.number)
        else:
            amount_time = sum(it.amount * (day.closes - it.time) for it in drawn)
        return _price(amount_time, terms["rate"], terms)


def _owed(moved: list[Movement], until: int) -> int:
    """What an account owes overnight after all that happens at an instant."""
    signs = {KIND_CREDIT: 1, KIND_REPAYMENT: -1}
    return sum(signs.get(it.kind, 0) * it.amount for it in moved if it.time <= until)


def _price(amount_time: int, rate: str, terms: dict[str, Any]) -> int:
    """What minor units × microseconds cost at a rate a year, half-even."""
    return round(Fraction(amount_time * parse_bp(rate), 1_000_000 * int(terms["year_days"]) * 86_400_000_000))
