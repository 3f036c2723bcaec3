"""Proves the three risk tests of CLS-type systems: replays their accounts, row by row, at the prices that fx.arrow has.

A member that settles a trade is then worth nothing below zero after haircuts, and what it is short in all is within
its limit. The limit of each currency is the debit limit of its account, which the replay of the books proves.
"""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import KIND_EXCHANGE, KIND_PAYMENT, KIND_SPREAD
from simcore.results.audit_read import Batch, Words
from simcore.results.audit_report import Proof
from simcore.units import parse_amount

_COLUMNS = ("rail", "debtor", "creditor", "amount_minor", "kind", "sequence", "settled_at", "row")
_SCALE = 2**30  # prices are whole numbers of this part of a base unit


class Cls:
    """The systems that the scenario names; none without a scenario."""

    def __init__(self, scenario: dict[str, Any], words: Words, limits: Proof) -> None:
        self.words, self._proof = words, limits
        self._systems = [
            _System(terms, scenario, words)
            for terms in scenario.get("pvp", {}).values()
            if terms.get("kind") == "cls"
        ]  # fmt: skip
        self._rails = np.array([rail for system in self._systems for rail in system.currency_of], np.int64)

    @property
    def used(self) -> bool:
        """Whether there is any."""
        return bool(self._systems)

    def prices(self, fx: Batch) -> None:
        """Take the prices of each day from what the operators quoted."""
        for system in self._systems:
            system.take_prices(fx)

    def check(self, batch: Batch, settled: NDArray[np.bool_]) -> None:
        """Replay one record batch."""
        if not self._systems:
            return
        mine = np.flatnonzero(settled & np.isin(batch["rail"], self._rails))
        columns = [batch[name][mine].tolist() for name in _COLUMNS]
        for rail, *row in zip(*columns, strict=True):
            system = next(each for each in self._systems if rail in each.currency_of)
            system.book(rail, *row)
        self._say()

    def finish(self) -> None:
        """Nothing comes after the last set."""
        for system in self._systems:
            system.end_set()
        self._say()

    def _say(self) -> None:
        for system in self._systems:
            for text in system.found:
                self._proof.fail(text)
            system.found.clear()


class _System:
    def __init__(self, terms: dict[str, Any], scenario: dict[str, Any], words: Words) -> None:
        rails = [scenario["rails"][name] for name in terms["rails"]]
        self._words, self._base = words, words.code("currency", terms["currency"])
        self.currency_of = {words.code("rail", name): k for k, name in enumerate(terms["rails"])}
        self._codes = [words.code("currency", rail["currency"]) for rail in rails]
        self._operators = {words.code("debtor", rail["operator"]) for rail in rails}
        self._cuts = [_share(terms["haircuts"].get(rail["currency"], terms["haircut"])) for rail in rails]
        self._most = parse_amount(terms["aggregate_limit"]).amount_minor
        self._members_most = {
            words.code("debtor", who): parse_amount(most).amount_minor
            for who, most in terms["aggregate_limits"].items()
        }  # fmt: skip
        self._times: list[int] = []
        self._prices: list[list[int]] = []
        self._balance: dict[int, list[int]] = {}
        self._touched: dict[int, tuple[int, int] | None] = {}
        self._sequence, self._at, self._row = -1, 0, 0
        self.found: list[str] = []

    def take_prices(self, fx: Batch) -> None:
        """Prices are quotes of an operator in the base currency; those of a day have one time."""
        price = [_SCALE if code == self._base else 0 for code in self._codes]
        columns = (fx[name].tolist() for name in ("time", "dealer", "source", "target", "numerator", "denominator"))
        for time, dealer, source, target, numerator, denominator in zip(*columns, strict=True):
            if dealer not in self._operators or target != self._base or source not in self._codes:
                continue
            if not self._times or self._times[-1] != time:
                self._times.append(time)
                self._prices.append(list(price))
            self._prices[-1][self._codes.index(source)] = round(Fraction(numerator, denominator) * _SCALE)

    def book(self, rail: int, debtor: int, creditor: int, amount: int, kind: int, sequence: int, at: int,
             row: int) -> None:  # fmt: skip
        """Move one amount; the set before it is tested when the next begins."""
        if sequence != self._sequence:
            self.end_set()
            self._sequence = sequence
        currency = self.currency_of[rail]
        for who, change in ((debtor, -amount), (creditor, amount)):
            balance = self._balance.setdefault(who, [0] * len(self._codes))
            if kind in (KIND_PAYMENT, KIND_SPREAD):
                self._touched[who] = None
            elif kind == KIND_EXCHANGE and who not in self._touched:
                self._touched[who] = self._standing(who, at)
            balance[currency] += change
        self._at, self._row = at, row

    def end_set(self) -> None:
        """Test the members that a trade has touched, or an exchange, which may help who was beyond a test before."""
        for who in sorted(self._touched):
            before, (worth, short) = self._touched[who], self._standing(who, self._at)
            most, name = self._members_most.get(who, self._most), self._words.name("debtor", who)
            if worth < 0 and (before is None or worth < before[0]):
                self.found.append(f"obligations row {self._row}: {name} is worth {worth} after haircuts")
            if short > most and (before is None or short > before[1]):
                self.found.append(f"obligations row {self._row}: {name} is short {short} in all, its limit is {most}")
        self._touched.clear()

    def _standing(self, who: int, at: int) -> tuple[int, int]:
        """What an account is worth after haircuts, and what it is short in all, at the prices of a day."""
        day = bisect_right(self._times, at) - 1
        prices = self._prices[day] if day >= 0 else [0] * len(self._codes)
        worth = short = 0
        for balance, each, cut in zip(self._balance[who], prices, self._cuts, strict=True):
            if balance >= 0:
                worth += balance * (each * (1 - cut) // 1) // _SCALE
            else:
                worth -= -(-(-balance * -(-each * (1 + cut) // 1)) // _SCALE)
                short += -(-(-balance * each) // _SCALE)
        return int(worth), short


def _share(text: Any) -> Fraction:
    """A share as the resolved scenario writes it: a number, or a percentage."""
    words = str(text).removesuffix("%").strip()
    return Fraction(Decimal(words)) / (100 if str(text).endswith("%") else 1)
