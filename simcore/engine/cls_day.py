"""The SimPy process of a CLS-type system: each day trades are matched, paid in for, settled and paid out."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import simpy

from fx.convert import divide_rate, rate_fraction
from simcore.calendar import local_us
from simcore.cls import Desk, Terms, check_pairs, in_out_swaps, instalment, net_positions
from simcore.engine.clock import CYCLE, Clock
from simcore.engine.cls_books import ClsBooks
from simcore.engine.cls_outside import Outside
from simcore.engine.compile import Compiled
from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.engine.sessions import MOST_MECHANISMS
from simcore.engine.timetable import rail_calendar
from simcore.kernels import matched as m
from simcore.kernels.cls import Pairs
from simcore.kernels.constants import KIND_EXCHANGE, NONE, RETURNED_CUT_OFF, RETURNED_ZERO_AMOUNT
from simcore.units import ClockTime, format_clock

MECHANISM = "cls"


class ClsDays:
    """Every entry of ``[pvp]`` of the kind ``cls``."""

    def __init__(self, compiled: Compiled, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._compiled, self._machine, self._clock, self._log = compiled, machine, clock, log

    def processes(self) -> Iterator[Iterator[simpy.Event]]:
        """What SimPy has to run: one process for each system, and those it starts."""
        for index, name in enumerate(self._compiled.links):
            if self._compiled.scenario.pvp[name].kind == "cls":
                yield ClsDay(self._compiled, index, self._machine, self._clock, self._log).process()


class ClsDay:
    """One system through the run."""

    def __init__(self, compiled: Compiled, index: int, machine: Machine, clock: Clock, log: ControlLog) -> None:
        self._compiled, self._index, self._machine, self._clock, self._log = compiled, index, machine, clock, log
        self._terms: Any = compiled.scenario.pvp[compiled.links[index]]
        self._books = ClsBooks(compiled, self._terms, machine, log)
        self._outside = Outside(compiled, self._books, machine, clock, log)
        self._currencies: list[str] = [compiled.scenario.rails[rail].currency for rail in self._terms.rails]
        times = list(self._terms.pay_in_at)
        last = [times.index(self._terms.last_pay_in.get(code, times[-1])) for code in self._currencies]
        self._last = last
        """Of each currency, which time to pay in is its last."""
        self._everything = list(range(len(last)))

    def process(self) -> Iterator[simpy.Event]:
        """What SimPy has to run."""
        first = self._terms.rails[0]
        zone = rail_calendar(self._compiled.scenario.rails[first]).zone
        place = (len(self._compiled.rails) + self._index) * MOST_MECHANISMS
        days = dict.fromkeys(window.business_day for window in self._compiled.timetable.windows[first])
        for business_day in days:  # each once, however many sessions it has

            def at(clock: ClockTime, day: dt.date = business_day) -> simpy.Event:
                return self._clock.at(local_us(zone, day, clock), CYCLE, place)

            yield at(self._terms.start)
            self._begin(self._clock.now)
            for number, clock in enumerate(self._terms.pay_in_at):
                yield at(clock)
                self._pay_in(number, format_clock(clock), self._clock.now)
            self._clock.env.process(self._outside.rest())  # beside the next days: its rails may be closed for some

    def _begin(self, now: int) -> None:
        """Match what has arrived, and tell members what to pay in."""
        machine, books = self._machine, self._books
        slots = machine.held_pairs(self._index)
        found = machine.match(slots)
        nothing = found[:, m.TAKEN] == 0
        if nothing.any():
            machine.return_held(self._index, slots[nothing], RETURNED_ZERO_AMOUNT, now)
            slots, found = slots[~nothing], found[~nothing]
        self._slots, self._found = slots, found
        trades = self._pairs(found)
        limits = self._prices(now).limits()
        check_pairs(trades, limits)
        shape = limits.short_limit.shape
        net = net_positions(trades, *shape)
        swaps = in_out_swaps(net, limits, Fraction(self._terms.in_out))
        self._outside.add(swaps.outside, now)
        both: Any = [np.concatenate([mine, theirs]) for mine, theirs in zip(trades, swaps.inside, strict=True)]
        self._desk = Desk(Pairs(*both), limits, books.balances())
        self._due = np.maximum(-(swaps.net + books.balances()), 0)
        self._paid = np.zeros_like(self._due)
        for member, currency in np.argwhere(self._due > 0).tolist():
            books.note(now, "pay_in_due", member, currency, int(self._due[member, currency]), "over the day")

    def _pairs(self, found: Any) -> Pairs:
        """Trades by members and currencies of the system."""
        small = (self._books.member_of[found[:, m.ONE]], self._books.member_of[found[:, m.OTHER]],
                 self._books.currency_of[found[:, m.GIVES]], self._books.currency_of[found[:, m.TAKES]])  # fmt: skip
        amounts = (np.ascontiguousarray(found[:, column]) for column in (m.GIVEN, m.TAKEN))
        return Pairs(*(column.astype(np.int32) for column in small), *amounts)

    def _prices(self, now: int) -> Terms:
        """What the tests go by today: mid rates in force, each written down as a quote of the operator."""
        terms, prices = self._terms, []
        for code, operator in zip(self._currencies, self._books.operators, strict=True):
            if code == terms.currency:
                prices.append(Fraction(1))
                continue
            name = f"{code}/{terms.currency}"
            straight = name in self._compiled.rate_paths
            path = self._compiled.rate_paths[name if straight else f"{terms.currency}/{code}"]
            rate = path.rates[bisect_right(path.times_us, now) - 1]
            one_way = rate_fraction(rate, path.source, path.target)
            numerator, denominator = one_way if straight else one_way[::-1]
            prices.append(Fraction(numerator, denominator))
            self._log.rate(
                time=now, dealer=operator, source=code, target=terms.currency,
                mid_rate=f"{rate if straight else divide_rate(Decimal(1), rate):f}", half_spread_bp_e2=0,
                numerator=numerator, denominator=denominator, origin=f"price of {self._compiled.links[self._index]}",
            )  # fmt: skip
        haircuts = [Fraction(terms.haircuts.get(code, terms.haircut)) for code in self._currencies]
        most = [terms.aggregate_limits.get(who, terms.aggregate_limit).amount_minor for who in self._books.members]
        return Terms(price=prices, haircut=haircuts, short_limit=self._books.short_limits(), aggregate_limit=most)

    def _pay_in(self, number: int, name: str, now: int) -> None:
        """Take an instalment of what is due, settle what then can, and at a currency's last time pay it out."""
        books, desk = self._books, self._desk
        want = np.zeros_like(self._due)
        for currency, last in enumerate(self._last):
            share = Fraction(min(number, last) + 1, last + 1)
            want[:, currency] = instalment(self._due[:, currency], share)
        came = books.pay_in(want - self._paid, name, now)
        self._paid += came
        desk.pay_in(came)
        self._settle(now)
        self._outside.pay(now)
        for currency, last in enumerate(self._last):
            if last == number:
                self._give_up(desk.drop(currency), now)
        if number < len(self._terms.pay_in_at) - 1:
            self._end_currencies(number, now)
        else:
            self._end_day(now)

    def _end_currencies(self, number: int, now: int) -> None:
        """Pay out the currencies whose last pay-in has been: what is worth more than what an account needs."""
        for currency, last in enumerate(self._last):
            if last <= number:
                self._pay_out(currency, False, now, again=last == number)
            if last == number:
                # Its rail may close: what is short in it is needed now, and what debts keep a member from having back.
                self._cover([currency], self._everything, now)
                self._cover(self._everything, [currency], now)
                self._pay_out(currency, False, now)

    def _end_day(self, now: int) -> None:
        """Cover what is short, and pay out everything."""
        books = self._books
        self._cover(self._everything, self._everything, now)
        for member, currency in np.argwhere(books.balances() < 0).tolist():
            books.note(now, "left_short", member, currency, -int(books.balances()[member, currency]), "")
        for currency in self._everything:
            self._pay_out(currency, True, now)

    def _settle(self, now: int) -> None:
        """Let the queue revolve, and carry out what it settles: trades, and inside legs of swaps."""
        before = self._desk.waiting
        done = self._desk.revolve()
        n, at = self._slots.size, 0
        cycle_of = self._note_cycles(before[before < n], done[done < n], now)
        while at < done.size:
            end = at
            while end < done.size and (done[end] < n) == (done[at] < n):
                end += 1
            some = done[at:end]
            if some[0] < n:
                self._machine.settle_matched(self._index, self._slots[some], self._found[some], cycle_of, now)
            else:
                for pair in some.tolist():
                    one, other, gives, takes, given, taken = (int(column[pair]) for column in self._desk.pairs)
                    self._books.exchange(one, other, gives, given, takes, taken, KIND_EXCHANGE, now)
            at = end
        self._books.agree(self._desk.balance, now)

    def _note_cycles(self, before: Any, done: Any, now: int) -> Any:
        """A row of ``cycles`` for each currency with legs of trades in the queue; which row it is, by rail."""
        pairs, cycle_of = self._desk.pairs, np.full(len(self._compiled.rails), NONE, np.int64)
        for currency, code in enumerate(self._currencies):
            figures = []
            for which in (before, done):
                gives, takes = which[pairs.gives[which] == currency], which[pairs.takes[which] == currency]
                value = sum(pairs.give_amount[gives].tolist()) + sum(pairs.take_amount[takes].tolist())
                figures.append((gives.size + takes.size, value))
            if figures[0][0]:
                rail = self._terms.rails[currency]
                cycle_of[self._compiled.rails.index(rail)] = self._log.cycle_count
                self._log.cycle(
                    cycle_id=self._log.cycle_count, rail=rail, mechanism=MECHANISM, time=now, currency=code,
                    considered_count=figures[0][0], considered=figures[0][1], settled_count=figures[1][0],
                    settled=figures[1][1], moved=figures[1][1],  # each trade settles by itself
                )  # fmt: skip
        return cycle_of

    def _give_up(self, dropped: Any, now: int) -> None:
        """Trades that can't settle any more are returned; the outside leg of a swap is paid though its inside isn't."""
        trades = dropped[dropped < self._slots.size]
        rail = self._terms.rails[0]
        if trades.size:
            self._machine.return_held(self._index, self._slots[trades], RETURNED_CUT_OFF, now)
            self._log.event(now, "returned", rail=rail, detail=f"{trades.size} trades not settled by the last pay-in")
        if dropped.size > trades.size:
            self._log.event(
                now, "swap_failed", rail=rail, detail=f"{dropped.size - trades.size} inside legs didn't settle"
            )

    def _cover(self, currencies: list[int], against: list[int], now: int) -> None:
        """The liquidity provider pays in what members are short in currencies, against what they have in others."""
        books, provider = self._books, self._terms.liquidity_provider
        if provider is None:
            return
        for member, who in enumerate(books.members):
            for currency in currencies if who != provider else ():
                if books.balances()[member, currency] < 0:
                    books.cover(provider, member, currency, against, self._desk.limits.price.tolist(), now)
        self._desk.pay_in(books.balances() - self._desk.balance)

    def _pay_out(self, currency: int, ends_day: bool, now: int, again: bool = False) -> None:
        """Pay out what members may have: all when the day ends, before that what leaves an account worth nothing."""
        books, desk = self._books, self._desk
        balances = books.balances()[:, currency].tolist()
        all_out = [ends_day or min(row) >= 0 for row in books.balances().tolist()]
        most = [max(balance, 0) if out else desk.most_out(who, currency)
                for who, (balance, out) in enumerate(zip(balances, all_out, strict=True))]  # fmt: skip
        books.pay_out(currency, most, now, again)
        desk.pay_in(books.balances() - desk.balance)
