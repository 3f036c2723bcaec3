"""The revolving queue of a CLS-type engine: a matched pair settles if both members pass three tests, else it waits.

Values are in minor units of one base currency. Prices are integers of 2**-30 base units for one minor unit, so that a
value is a product and a shift, exact and the same everywhere; a value is rounded against the member.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy import int64, uint64
from numpy.typing import NDArray

from simcore.accelerate import kernel

PRICE_BITS: Final = 30
PASSES: Final = 0
FAILS_VALUE: Final = 1  # its account would be worth less than nothing after haircuts
FAILS_SHORT: Final = 2  # it would be short in one currency beyond that currency's limit
FAILS_AGGREGATE: Final = 3  # all it is short would be beyond its limit

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_DOWN = np.uint64(PRICE_BITS)
_UP = np.uint64(64 - PRICE_BITS)
_BELOW = np.uint64((1 << PRICE_BITS) - 1)
_NOTHING = np.uint64(0)


class Pairs(NamedTuple):
    """Matched pairs: ``one`` gives ``gives`` for ``takes`` of ``other``."""

    one: NDArray[np.int32]  # (n,) member
    other: NDArray[np.int32]  # (n,)
    gives: NDArray[np.int32]  # (n,) currency that `one` pays
    takes: NDArray[np.int32]  # (n,) currency that `other` pays
    give_amount: NDArray[np.int64]  # (n,) > 0, minor units
    take_amount: NDArray[np.int64]  # (n,) > 0


class Books(NamedTuple):
    """One multicurrency account of each member, with what is derived from its balances."""

    balance: NDArray[np.int64]  # (n_member, n_currency) minor units
    worth: NDArray[np.int64]  # (n_member, n_currency) after haircuts, base units
    value: NDArray[np.int64]  # (n_member,) sum of worth
    short: NDArray[np.int64]  # (n_member,) sum of what it is short, at prices without haircut


class Limits(NamedTuple):
    """Prices with their haircuts, and limits."""

    price: NDArray[np.int64]  # (n_currency,) 2**-30 base units
    long_price: NDArray[np.int64]  # (n_currency,) cut
    short_price: NDArray[np.int64]  # (n_currency,) raised
    short_limit: NDArray[np.int64]  # (n_member, n_currency) minor units
    aggregate_limit: NDArray[np.int64]  # (n_member,) base units


@kernel(forceinline=True)
def worth_down(amount: Any, price: Any) -> Any:
    """amount × price in base units, rounded down; amount ≥ 0. The caller sees to it that it fits 62 bits."""
    a, b = uint64(amount), uint64(price)
    a_high, a_low, b_high, b_low = a >> _HALF, a & _LOW, b >> _HALF, b & _LOW
    low_low = a_low * b_low
    middle = a_high * b_low + (low_low >> _HALF)
    middle_2 = a_low * b_high + (middle & _LOW)
    high = a_high * b_high + (middle >> _HALF) + (middle_2 >> _HALF)
    low = ((middle_2 & _LOW) << _HALF) | (low_low & _LOW)
    return int64((high << _UP) | (low >> _DOWN))


@kernel(forceinline=True)
def worth_up(amount, price):
    """The same, rounded up."""
    down = worth_down(amount, price)
    return down + int64(((uint64(amount) * uint64(price)) & _BELOW) != _NOTHING)


@kernel(forceinline=True)
def worth_of(balance, long_price, short_price):
    """What a balance counts: less than its value if it is long, more debt than its value if it is short."""
    if balance >= 0:
        return worth_down(balance, long_price)
    return -worth_up(-balance, short_price)


@kernel(forceinline=True)
def short_of(balance, price):
    """What a balance is short, base units; 0 if it isn't."""
    return worth_up(-balance, price) if balance < 0 else int64(0)


@kernel(forceinline=True)
def _test(books, limits, member, pays, paid, gets, got):
    """The three tests of a member that pays one currency and gets another."""
    lower = books.balance[member, pays] - paid
    if lower < -limits.short_limit[member, pays]:
        return FAILS_SHORT
    higher = books.balance[member, gets] + got
    value = (
        books.value[member]
        - books.worth[member, pays]
        - books.worth[member, gets]
        + worth_of(lower, limits.long_price[pays], limits.short_price[pays])
        + worth_of(higher, limits.long_price[gets], limits.short_price[gets])
    )
    if value < 0:
        return FAILS_VALUE
    short = (
        books.short[member]
        - short_of(books.balance[member, pays], limits.price[pays])
        - short_of(books.balance[member, gets], limits.price[gets])
        + short_of(lower, limits.price[pays])
        + short_of(higher, limits.price[gets])
    )
    return PASSES if short <= limits.aggregate_limit[member] else FAILS_AGGREGATE


@kernel(forceinline=True)
def add(books, limits, member, currency, change):
    """Move one balance, and what is derived from it."""
    before = books.balance[member, currency]
    after = before + change
    worth = worth_of(after, limits.long_price[currency], limits.short_price[currency])
    price = limits.price[currency]
    books.balance[member, currency] = after
    books.value[member] += worth - books.worth[member, currency]
    books.worth[member, currency] = worth
    books.short[member] += short_of(after, price) - short_of(before, price)


@kernel
def revolve(pairs, books, limits, queue, waiting, order, settled, failed):
    """Go round the queue in order of arrival until a round settles nothing.

    Parameters
    ----------
    pairs, books, limits : Pairs, Books, Limits    books are changed in place
    queue : int64 (n,)     the first ``waiting`` are pairs in order of arrival; closed up in place
    waiting : int          pairs in the queue
    order : int64 (n,)     gets the number of settlement of each pair that settles
    settled : int          pairs settled before
    failed : int64 (n,)    gets, for each pair left, which test it failed first

    Returns
    -------
    int                    pairs left in the queue

    Notes
    -----
    No member ever is beyond a test it has passed. O(pairs × rounds); a round looks at what is left.
    """
    again = True
    while again:
        again = False
        kept = 0
        for k in range(waiting):
            at = queue[k]
            one, other, gives, takes = pairs.one[at], pairs.other[at], pairs.gives[at], pairs.takes[at]
            given, taken = pairs.give_amount[at], pairs.take_amount[at]
            verdict = _test(books, limits, one, gives, given, takes, taken)
            if verdict == PASSES:
                verdict = _test(books, limits, other, takes, taken, gives, given)
            if verdict != PASSES:
                failed[at] = verdict
                queue[kept] = at
                kept += 1
                continue
            add(books, limits, one, gives, -given)
            add(books, limits, one, takes, taken)
            add(books, limits, other, takes, -taken)
            add(books, limits, other, gives, given)
            failed[at] = PASSES
            order[at] = settled
            settled += 1
            again = True
        waiting = kept
    return waiting


@kernel
def one_pass(pairs, net):
    """Add up what every member is to receive net of what it is to pay, one pass over the pairs.

    Parameters
    ----------
    net : int64 (n_member, n_currency)    changed in place
    """
    for at in range(pairs.one.size):
        net[pairs.one[at], pairs.gives[at]] -= pairs.give_amount[at]
        net[pairs.one[at], pairs.takes[at]] += pairs.take_amount[at]
        net[pairs.other[at], pairs.takes[at]] -= pairs.take_amount[at]
        net[pairs.other[at], pairs.gives[at]] += pairs.give_amount[at]


@kernel
def pay_in(books, limits, amount):
    """Credit pay-ins: int64 (n_member, n_currency), minor units."""
    for member in range(amount.shape[0]):
        for currency in range(amount.shape[1]):
            if amount[member, currency] != 0:
                add(books, limits, member, currency, amount[member, currency])
