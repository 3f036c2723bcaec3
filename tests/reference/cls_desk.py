"""The desk of a CLS-type day in plain Python: exact fractions, the three tests in the order that says which failed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from simcore.kernels.cls import FAILS_AGGREGATE, FAILS_SHORT, FAILS_VALUE, PASSES
from tests.reference.cls import Member, Pair, Prices

Terms = tuple[Sequence[int], int]
"""Of a member: how far it may be short in each currency, and in all together."""


class PlainDesk:
    """Accounts in every currency, and the pairs that wait, in order of arrival."""

    def __init__(self, pairs: Sequence[Pair], prices: Prices, terms: Sequence[Terms]) -> None:
        self.pairs, self.prices = pairs, prices
        self.members = [Member(prices, *each) for each in terms]
        self.waiting = list(range(len(pairs)))
        self.settled: list[int] = []
        self.failed = [0] * len(pairs)

    def pay_in(self, amounts: Sequence[Sequence[int]]) -> None:
        for member, row in zip(self.members, amounts):
            member.balance = [have + more for have, more in zip(member.balance, row)]

    def _verdict(self, member: Member, pays: int, paid: int, gets: int, got: int) -> int:
        after = member.after(pays, paid, gets, got)
        if after[pays] < -member.short_limit[pays]:
            return FAILS_SHORT
        if member.value(after) < 0:
            return FAILS_VALUE
        return PASSES if member.short(after) <= member.aggregate_limit else FAILS_AGGREGATE

    def revolve(self) -> list[int]:
        """Round after round, until one settles nothing; what settled, in order."""
        done: list[int] = []
        moving = True
        while moving:
            moving = False
            for k in list(self.waiting):
                one, other, gives, takes, given, taken = self.pairs[k]
                verdict = self._verdict(self.members[one], gives, given, takes, taken)
                if verdict == PASSES:
                    verdict = self._verdict(self.members[other], takes, taken, gives, given)
                self.failed[k] = verdict
                if verdict == PASSES:
                    for who, pays, paid, gets, got in ((one, gives, given, takes, taken),
                                                       (other, takes, taken, gives, given)):  # fmt: skip
                        self.members[who].balance = self.members[who].after(pays, paid, gets, got)
                    self.waiting.remove(k)
                    done.append(k)
                    moving = True
        self.settled += done
        return done

    def drop(self, currency: int | None) -> list[int]:
        out = [k for k in self.waiting if currency is None or currency in self.pairs[k][2:4]]
        self.waiting = [k for k in self.waiting if k not in out]
        return out

    def most_out(self, member: int, currency: int) -> int:
        """The largest part of a long balance without which the account is worth nothing below zero, one by one."""
        account = self.members[member]
        found = 0
        for part in range(1, max(account.balance[currency], 0) + 1):
            left = list(account.balance)
            left[currency] -= part
            if account.value(left) >= 0:
                found = part
        return found


def kept_prices(prices: Sequence[Fraction], haircuts: Sequence[Fraction], bits: int) -> Prices:
    """Prices as they are kept: to so many binary places, cut down for long balances and raised for short ones."""
    scale = 1 << bits
    found = []
    for price, cut in zip(prices, haircuts):
        whole = round(price * scale)
        found.append((Fraction(whole, scale), Fraction(whole * (1 - cut) // 1, scale),
                      Fraction(-(-whole * (1 + cut) // 1), scale)))  # fmt: skip
    return found
