"""Checks of the terms on which a pair is quoted: market hours, spreads that change, value dates."""

from __future__ import annotations

import re

from scenarios.check_rates import known_hours
from scenarios.keys import KeyPath, shown_value
from scenarios.references import Checks
from simcore.market import Pair, VolatilitySpread
from simcore.rates.terms import currency_calendar
from simcore.units import format_amount

MOST_FACTOR = 1000


def check_quoting(checks: Checks, path: KeyPath, pair: Pair, currencies: tuple[str, str]) -> None:
    """Note the faults of one pair's terms."""
    if pair.hours is not None:
        known_hours(checks, (*path, "hours"), pair.hours)
    elif pair.when_closed is not None or pair.closed_half_spread is not None:
        key = "when_closed" if pair.when_closed is not None else "closed_half_spread"
        checks.say("LH127", (*path, key), f"the key {key}, of a market that never closes", "the hours of a market",
                   'hours = "onshore"')  # fmt: skip
        return
    if pair.closed_half_spread is not None and pair.when_closed != "last_quote":
        checks.say("LH127", (*path, "closed_half_spread"), "a spread for hours in which nothing is exchanged",
                   "exchange at the last quote", 'when_closed = "last_quote"')  # fmt: skip
    for hour, factor in (pair.spread_by_hour or {}).items():
        here = (*path, "spread_by_hour", hour)
        if not re.fullmatch(r"[01]\d|2[0-3]", hour):
            checks.say("LH127", here, shown_value(hour), "a local hour from 00 to 23, two digits", "09")
        elif not 0 <= factor <= MOST_FACTOR:
            checks.say("LH127", here, str(factor), f"a factor of the half-spread from 0 to {MOST_FACTOR:,}", "1.5")
    if pair.spread_by_volatility is not None:
        _volatility(checks, (*path, "spread_by_volatility"), pair.spread_by_volatility)
    for index in range(len(pair.spread_by_size or ())):
        _size(checks, (*path, "spread_by_size", index), pair, index, currencies)
    if pair.value_date is not None:
        for code in currencies:
            if currency_calendar(code) is None:
                checks.say("LH127", (*path, "value_date"), f"a value date in {code}, for which there is no calendar",
                           "currencies of countries whose business days are known")  # fmt: skip
                return


def _size(checks: Checks, path: KeyPath, pair: Pair, index: int, currencies: tuple[str, str]) -> None:
    sizes = pair.spread_by_size or ()
    size, before = sizes[index], sizes[index - 1] if index else None
    shown = format_amount(size.least)
    if size.least.currency not in currencies or size.least.amount_minor <= 0:
        checks.say("LH127", (*path, "from"), shown, f"an amount above zero in {' or '.join(currencies)}")
    elif before is not None and before.least.currency != size.least.currency:
        checks.say("LH127", (*path, "from"), shown, f"an amount in {before.least.currency}, as the one before it")
    elif before is not None and before.least.amount_minor >= size.least.amount_minor:
        checks.say("LH127", (*path, "from"), shown, f"more than {format_amount(before.least)}")
    if not 0 <= size.factor <= MOST_FACTOR:
        checks.say("LH127", (*path, "factor"), str(size.factor), f"a factor from 0 to {MOST_FACTOR:,}", "1.5")


def _volatility(checks: Checks, path: KeyPath, terms: VolatilitySpread) -> None:
    if terms.window < 2:
        checks.say("LH127", (*path, "window"), str(terms.window), "at least two steps of the rate", "20")
    if terms.normal <= 0:
        checks.say("LH127", (*path, "normal"), "0 %", "a volatility above zero", '"4 %"')
    if not 0 <= terms.factor <= MOST_FACTOR:
        checks.say("LH127", (*path, "factor"), str(terms.factor), f"a factor from 0 to {MOST_FACTOR:,}", "1")
