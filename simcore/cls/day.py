"""One settlement day: net pay-ins in instalments, the revolving queue after each, and what is left when it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.cls.desk import Desk
from simcore.errors import ScenarioError
from simcore.kernels.cls import PRICE_BITS, Limits, Pairs, one_pass

Ints = NDArray[np.int64]
MOST = 2**62


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Prices, haircuts and limits of a day.

    Parameters
    ----------
    price : base minor units for one minor unit of each currency, > 0; kept to 30 binary places
    haircut : share by which a long balance counts less and a short one more, 0 ≤ … < 1
    short_limit : the most a member may be short in each currency, minor units; for all members, or a row for each
    aggregate_limit : the most each member may be short over all currencies, base minor units
    """

    price: Sequence[Fraction]
    haircut: Sequence[Fraction]
    short_limit: Sequence[int] | Sequence[Sequence[int]]
    aggregate_limit: Sequence[int]

    def limits(self) -> Limits:
        """The same in whole numbers: prices of long balances rounded down, of short ones up."""
        scale = 1 << PRICE_BITS
        price = [round(each * scale) for each in self.price]
        cut = [each * (1 - haircut) // 1 for each, haircut in zip(price, self.haircut, strict=True)]
        raised = [-(-each * (1 + haircut) // 1) for each, haircut in zip(price, self.haircut, strict=True)]
        wrong = min(price, default=1) <= 0 or not all(0 <= each < 1 for each in self.haircut)
        short, aggregate = np.array(self.short_limit, np.int64), np.array(self.aggregate_limit, np.int64)
        if wrong or min(short.min(initial=0), aggregate.min(initial=0)) < 0:
            raise ValueError("prices must be above 0, haircuts from 0 to below 1, limits not below 0")
        each_member = np.ascontiguousarray(np.broadcast_to(short, (aggregate.size, len(price))))
        prices = [np.array([int(each) for each in column], np.int64) for column in (price, cut, raised)]
        return Limits(prices[0], prices[1], prices[2], each_member, aggregate)


@dataclass(frozen=True, kw_only=True)
class Day:
    """What a day came to; pairs by their number, amounts in minor units, values in base minor units."""

    order: Ints
    """(n,) place of each pair in the order of settlement; -1 where it was rejected at the end."""
    failed: Ints
    """(n,) the test that a rejected pair failed last, as in :mod:`simcore.kernels.cls`; 0 where it settled."""
    settled_after: list[int]
    """Pairs settled by the end of each deadline."""
    due: Ints
    """(n_member, n_currency) what each was to pay in."""
    paid_in: Ints
    """(n_member, n_currency) what each did."""
    paid_out: Ints
    """(n_member, n_currency) long balances at the end, which go back to their members."""
    left_short: Ints
    """(n_member, n_currency) short balances at the end, which others have to lend or bear; 0 where all paid in."""
    gross_value: int
    """Value of both sides of every pair."""
    due_value: int

    @property
    def settled(self) -> int:
        """Pairs settled."""
        return int((self.order >= 0).sum())

    @property
    def netting_ratio(self) -> float:
        """Share of the gross value that needn't be paid in."""
        return 1 - self.due_value / self.gross_value if self.gross_value else 0.0

    @property
    def funding_ratio(self) -> float:
        """Value to be paid in as a share of the gross value."""
        return self.due_value / self.gross_value if self.gross_value else 0.0


def net_positions(pairs: Pairs, n_member: int, n_currency: int) -> Ints:
    """What each member is to receive net of what it is to pay: int64 (n_member, n_currency)."""
    net = np.zeros((n_member, n_currency), np.int64)
    one_pass(pairs, net)
    return net


def value_of(amounts: Any, limits: Limits) -> int:
    """Value of amounts ≥ 0 (…, n_currency), base minor units, rounded down once."""
    sums = np.asarray(amounts, object).reshape(-1, limits.price.size).sum(axis=0)
    return int(sum(int(each) * int(price) for each, price in zip(sums, limits.price, strict=True))) >> PRICE_BITS


def check_pairs(pairs: Pairs, limits: Limits) -> None:
    """Nothing here can pass 62 bits, and every pair has two members and two currencies."""
    if pairs.one.size and (
        min(pairs.give_amount.min(), pairs.take_amount.min()) <= 0
        or (pairs.one == pairs.other).any()
        or (pairs.gives == pairs.takes).any()
    ):
        raise ValueError("a pair has two members, two currencies and amounts above 0")
    top = int(limits.short_price.max(initial=1))
    total = sum(float(side.sum(dtype=np.float64)) for side in (pairs.give_amount, pairs.take_amount))
    if total * max(1.0, top / 2**PRICE_BITS) >= MOST / 2:
        raise ScenarioError.one(
            "LH090", "the pairs of a day", got="more than 2^61 minor units in all",
            expected="amounts and values within int64", try_="smaller amounts, or a larger base unit",
        )  # fmt: skip


def settle_day(pairs: Pairs, terms: Terms, deadlines: Sequence[Fraction] = (Fraction(1),),
               fails_from: Mapping[int, int] | None = None, net: Ints | None = None) -> Day:  # fmt: skip
    """Settle a day's pairs.

    Parameters
    ----------
    pairs : in order of arrival; all are there when the day begins
    terms : prices, haircuts, limits
    deadlines : share of its net amounts that each member has paid in by each deadline, rising, the last 1
    fails_from : member → the first deadline, from 0, at which it pays in nothing any more
    net : positions to fund, if not those of the pairs

    Notes
    -----
    A day begins with empty accounts. Each member pays in what it is short net over all pairs, in instalments; after
    each the queue revolves. What is left at the end is rejected, long balances are paid out, and short ones of members
    who didn't pay are left. Members are paid out at the end only.

    References
    ----------
    CLS Group, How it works, https://www.cls-group.com/products/settlement/clssettlement/how-it-works/
    """
    if not deadlines or list(deadlines) != sorted(deadlines) or deadlines[-1] != 1 or deadlines[0] < 0:
        raise ValueError("deadlines are shares that rise to 1")
    limits = terms.limits()
    check_pairs(pairs, limits)
    n_member, n_currency = limits.short_limit.shape
    if net is None:
        net = net_positions(pairs, n_member, n_currency)
    due = np.maximum(-net, 0)
    desk = Desk(pairs, limits)
    paid, settled_after = np.zeros_like(due), []
    for number, share in enumerate(deadlines):
        want = due if share == 1 else instalment(due, share)
        come = want - paid
        for member, first in (fails_from or {}).items():
            if number >= first:
                come[member] = 0
        desk.pay_in(come)
        paid = paid + come
        desk.revolve()
        settled_after.append(desk.settled)
    return Day(
        order=desk.order, failed=desk.failed, settled_after=settled_after, due=due, paid_in=paid,
        paid_out=np.maximum(desk.balance, 0), left_short=np.maximum(-desk.balance, 0),
        gross_value=_gross(pairs, limits), due_value=value_of(due, limits),
    )  # fmt: skip


def instalment(due: Ints, share: Fraction) -> Ints:
    """A share of amounts, rounded down, exactly."""
    exact = [int(each) * share.numerator // share.denominator for each in due.ravel()]
    return np.array(exact, np.int64).reshape(due.shape)


def _gross(pairs: Pairs, limits: Limits) -> int:
    """Value of both sides of every pair, rounded down once."""
    sums = np.zeros(limits.price.size, np.int64)
    np.add.at(sums, pairs.gives, pairs.give_amount)
    np.add.at(sums, pairs.takes, pairs.take_amount)
    return value_of(sums, limits)
