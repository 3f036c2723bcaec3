"""Retail flows: which days weigh what, and that payments come in that proportion, by the hours of another zone."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.calendar import load_calendar
from simcore.demand.days import is_holiday, weight, weighted_days
from simcore.model import RetailFlow
from tests.simcore.demand import make
from tests.simcore.demand.test_draws import local_hours, payments, same

DAY = dt.timedelta(days=1)


def retail(**changes) -> RetailFlow:
    terms = vars(make.trade()) | {"kind": "retail", "purpose": "retail"}
    return RetailFlow(**{**terms, **changes})


WEIGHTS = {
    "weekdays": {"Fri": Decimal("1.1"), "Sat": Decimal("1.4"), "Sun": Decimal("1.3")},
    "holiday": Decimal("2.5"),
    "days": {"2026-10-02": Decimal(3), "2026-10-15": Decimal(0)},
}

# China 2026: National Day from Thu 1 to Wed 7 October; Sundays 20 September and Sat 10 October are worked.
TABLE = [
    ("2026-09-20", "1.1"),  # make-up Sunday: as a Friday
    ("2026-09-24", "1"),  # Thursday
    ("2026-09-25", "2.5"),  # Mid-Autumn, a Friday
    ("2026-09-26", "2.5"),  # its Saturday
    ("2026-09-28", "1"),
    ("2026-09-30", "1"),
    ("2026-10-01", "2.5"),
    ("2026-10-02", "3"),  # its own
    ("2026-10-04", "2.5"),  # Sunday of the holiday
    ("2026-10-07", "2.5"),
    ("2026-10-08", "1"),
    ("2026-10-09", "1.1"),  # Friday
    ("2026-10-10", "1.1"),  # make-up Saturday
    ("2026-10-11", "1.3"),  # Sunday
    ("2026-10-15", "0"),
    ("2026-10-17", "1.4"),  # Saturday
]


@pytest.mark.parametrize(("day", "expected"), TABLE)
def test_a_day_weighs_as_its_date_its_holiday_or_its_weekday(day, expected):
    assert weight(retail(**WEIGHTS), load_calendar("CN"), dt.date.fromisoformat(day)) == Fraction(expected)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2027, 12, 31)), st.sampled_from(["CN", "SG", "TH", "MY", "ID", "LA"]))
def test_a_holiday_is_closed_and_its_neighbours_that_are_closed_belong_to_it(day, name):
    calendar = load_calendar(name)
    inside = calendar.first + DAY <= day <= calendar.last - DAY
    if is_holiday(calendar, day):
        assert not calendar.is_business_day(day)
        for other in (day - DAY, day + DAY):
            assert not inside or calendar.is_business_day(other) or is_holiday(calendar, other)
    elif not calendar.is_business_day(day):
        assert day.weekday() in calendar.weekend


def test_trade_is_paid_on_business_days_alone_and_retail_on_those_with_a_weight():
    calendar, start = load_calendar("CN"), dt.date(2026, 9, 30)
    assert [day.day for day, _ in weighted_days(make.trade(), calendar, start, 10)] == [30, 8, 9]
    days = weighted_days(retail(holiday=Decimal(0)), calendar, start, 10)
    assert [(day.day, factor) for day, factor in days] == [(30, 1), (8, 1), (9, 1)]


def test_payments_come_in_proportion_to_weights_by_the_clock_of_another_zone():
    flow = retail(
        per_day=Decimal(4_000),
        zone="Asia/Bangkok",
        profile={"12": Decimal(3), "19": Decimal(1)},
        weekdays={"Sat": Decimal(2), "Sun": Decimal("0.5"), "Wed": Decimal(0)},
    )
    times = local_hours(payments(flow, days=7, window=(0, 2**62)), "Asia/Bangkok")  # Monday 2 March to Sunday 8
    counts = np.bincount([time.weekday() for time in times], minlength=7)
    for count, factor in zip(counts, (1, 1, 0, 1, 1, 2, 0.5), strict=True):
        assert abs(count - 4_000 * factor) <= 6 * (4_000 * factor) ** 0.5  # six standard deviations of a Poisson number
    assert {time.hour for time in times} == {12, 19}
    assert abs(sum(time.hour == 12 for time in times) / len(times) - 0.75) < 0.02


def test_weights_of_one_draw_what_trade_draws():
    assert same(payments(retail(calendar="ALL")), payments(make.trade(calendar="ALL")))
