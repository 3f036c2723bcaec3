"""The terms of a pair through a run: hours past midnight, spreads by hour and volatility, value dates."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from math import log, sqrt
from typing import Any

import numpy as np
import pytest

from fx.rates import RatePath
from simcore.kernels.constants import NEVER
from simcore.market import Fx, MarketHours, MarketSession, Pair, VolatilitySpread
from simcore.rates.terms import Schedule, currency_calendar
from simcore.rates.volatility import trailing_volatility, volatility_factors
from simcore.units import parse_clock
from tests.simcore.rates.made import DAY, INFO

HOUR = 3_600_000_000
ONSHORE = MarketHours(calendar="CN", sessions=(MarketSession(open=parse_clock("09:30"), close=parse_clock("03:00+1")),))


def beijing(*parts: int) -> int:
    return int(dt.datetime(*parts, tzinfo=dt.UTC).timestamp()) * 1_000_000 - 8 * HOUR  # type: ignore[arg-type]


def hourly(start: int, n: int = 60) -> RatePath:
    """A rate that rises by 0.001 at each full hour."""
    return RatePath.given("USD", "CNY", [(start + k * HOUR, Decimal(7) + Decimal(k).scaleb(-3)) for k in range(n)])


def schedule(path: RatePath, start: tuple[int, int, int], days: int, **terms: Any) -> Schedule:
    name = f"{path.source}/{path.target}"
    fx = Fx(pairs={name: Pair(half_spread=200, **terms)}, hours={"onshore": ONSHORE})
    info = replace(INFO, start=dt.date(*start), days=days)
    return Schedule(name, fx, path, info, beijing(*start), beijing(*start) + days * DAY)


def test_hours_cross_midnight_and_the_rate_of_their_last_instant_stays() -> None:
    """Monday 2 March 2026: open 09:30 to 03:00 on Tuesday; at 04:00 the rate is that of 02:00, and 09:30 comes next."""
    path = hourly(beijing(2026, 3, 2))
    terms = schedule(path, (2026, 3, 2), 2, hours="onshore", when_closed="last_quote", closed_half_spread=3000)
    morning, night, closed = (terms.at(beijing(2026, 3, *at)) for at in ((2, 10), (3, 2), (3, 4)))
    assert (morning.is_open, night.is_open, closed.is_open) == (True, True, False)
    assert path.rates[night.position] == path.rates[closed.position] == Decimal("7.026")
    assert (night.half_spread(200), closed.half_spread(200)) == (200, 3000)
    assert (night.opens_at, closed.opens_at) == (0, 0)  # it deals all the same
    steps = [
        beijing(2026, 3, 2, 9, 30),
        *(beijing(2026, 3, 2) + k * HOUR for k in range(10, 27)),
        beijing(2026, 3, 3, 3),
    ]
    assert terms.times[: len(steps)] == steps


def test_a_market_that_waits_says_when_it_opens() -> None:
    terms = schedule(hourly(beijing(2026, 3, 2)), (2026, 3, 2), 2, hours="onshore")
    assert terms.at(beijing(2026, 3, 2, 8)).opens_at == beijing(2026, 3, 2, 9, 30)
    assert terms.at(beijing(2026, 3, 3, 3)).opens_at == beijing(2026, 3, 3, 9, 30)
    assert terms.at(beijing(2026, 3, 3, 3)).half_spread(200) == 200
    friday = schedule(hourly(beijing(2026, 3, 6)), (2026, 3, 6), 1, hours="onshore")
    assert friday.at(beijing(2026, 3, 7, 4)).opens_at == beijing(2026, 3, 9, 9, 30)


def test_a_market_that_opens_no_more_near_the_run_never_opens() -> None:
    """Before the Spring Festival of 2026, 15 to 23 February: the next day of work is the 24th."""
    terms = schedule(hourly(beijing(2026, 2, 14)), (2026, 2, 14), 2, hours="onshore")
    assert terms.at(beijing(2026, 2, 15, 12)).opens_at == NEVER


def test_spreads_change_with_the_local_hour() -> None:
    path = RatePath.constant("USD", "CNY", Decimal(7))
    factors = {"17": Decimal("1.5"), "18": Decimal("1.25")}
    terms = schedule(path, (2026, 3, 2), 1, hours="onshore", spread_by_hour=factors)
    at = [beijing(2026, 3, 2, hour, minute) for hour, minute in ((16, 59), (17, 0), (17, 59), (18, 0), (19, 0))]
    assert [terms.at(time_us).half_spread(10) for time_us in at] == [10, 15, 15, 12, 10]  # 12.5 is rounded half-even
    assert set(at) & set(terms.times) == {at[1], at[3], at[4]}


def test_a_spread_is_never_more_than_the_whole() -> None:
    path = RatePath.constant("USD", "CNY", Decimal(7))
    terms = schedule(path, (2026, 3, 2), 1, spread_by_hour={f"{hour:02d}": Decimal(1000) for hour in range(24)})
    assert terms.at(beijing(2026, 3, 2, 12)).half_spread(5000) == 1_000_000


def test_volatility_is_that_of_the_last_steps_and_widens_above_normal() -> None:
    """Daily steps of ±1 % after calm: 15.87 % a year, 15.87/4 − 1 above normal; without look-ahead."""
    moves = [0, 0, 0, 1, -1, 1, -1]
    rates = np.cumsum([0, *moves])
    path = RatePath.given(
        "USD", "CNY", [(k * DAY, Decimal(str(round(7 * 1.01 ** float(x), 9)))) for k, x in enumerate(rates)]
    )
    measured = trailing_volatility(path, 2)
    assert np.isnan(measured[:2]).all()
    one, two = log(1.01) * sqrt(252 / 2), log(1.01) * sqrt(252)
    assert measured[2:] == pytest.approx([0, 0, one, two, two, two], abs=1e-7)
    factors = volatility_factors(path, VolatilitySpread(window=2, normal=Decimal("0.04"), factor=Decimal("0.5")))
    assert factors[:4] == [1, 1, 1, 1]
    assert float(factors[5]) == pytest.approx(1 + 0.5 * (two / 0.04 - 1), abs=1e-5)


def test_many_steps_a_day_measure_the_same_volatility() -> None:
    by_day = RatePath.given("USD", "CNY", [(k * DAY, Decimal(7 + k % 2)) for k in range(41)])
    by_hour = RatePath.given("USD", "CNY", [(k * HOUR, Decimal(7 + k % 2)) for k in range(41 * 24)])
    ratio = trailing_volatility(by_hour, 480)[-1] / trailing_volatility(by_day, 20)[-1]
    assert ratio == pytest.approx(sqrt(24))  # as much in each hour as in a day


@pytest.mark.parametrize(
    ("dealt", "wait", "paid"),
    [
        ((2026, 3, 2), "T+0", (2026, 3, 2)),
        ((2026, 3, 2), "T+1", (2026, 3, 3)),
        ((2026, 3, 6), "T+2", (2026, 3, 10)),  # over a weekend
        (
            (2026, 2, 13),
            "T+1",
            (2026, 2, 24),
        ),  # Spring Festival in China until the 23rd, 14 and 15 not worked in Singapore
        ((2026, 2, 14), "T+0", (2026, 2, 24)),  # a make-up working day in China, a Saturday in Singapore
    ],
)
def test_value_dates_are_days_on_which_both_countries_work(
    dealt: tuple[int, int, int], wait: str, paid: tuple[int, int, int]
) -> None:
    path = RatePath.constant("SGD", "CNY", Decimal("5.4"))
    terms = schedule(path, dealt, 1, value_date=wait)
    assert terms.at(beijing(*dealt, 15)).value_at == beijing(*paid)


def test_a_value_date_begins_where_it_begins_last() -> None:
    """Dollars against yuan on a Tuesday: Monday in New York ends at 13:00 in Beijing."""
    terms = schedule(RatePath.constant("USD", "CNY", Decimal(7)), (2026, 3, 2), 1, value_date="T+1")
    assert terms.at(beijing(2026, 3, 2, 15)).value_at == beijing(2026, 3, 3, 13)


def test_the_calendar_of_a_currency_is_that_of_its_country() -> None:
    assert [currency_calendar(code) for code in ("CNY", "EUR", "LAK", "CHF")] == ["CN", "TARGET", "LA", None]
