"""On which days a flow pays, and how much more than on an ordinary one: business days, weekdays, holidays."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from simcore.calendar import WEEKDAYS, BusinessCalendar
from simcore.model import RetailFlow, TradeFlow
from simcore.retail import WalletFlow

NAMES = list(WEEKDAYS)
ONE_DAY = timedelta(days=1)


def weighted_days(
    flow: TradeFlow | WalletFlow, calendar: BusinessCalendar, start: date, days: int
) -> list[tuple[date, Fraction]]:
    """Return the days among ``days`` from ``start`` on with a weight above zero; OutsideCalendar past the table.

    Trade is paid for on business days, each of weight 1. Retail, from wallets too, is paid for every day, see
    :func:`weight`.
    """
    if not isinstance(flow, RetailFlow | WalletFlow):
        return [(day, Fraction(1)) for day in calendar.business_days(start, days)]
    weighted = [(day, weight(flow, calendar, day)) for day in (start + timedelta(days=k) for k in range(days))]
    return [(day, factor) for day, factor in weighted if factor > 0]


def weight(flow: RetailFlow | WalletFlow, calendar: BusinessCalendar, day: date) -> Fraction:
    """Return the weight of a day: its own, else that of a holiday, else that of its weekday."""
    own = flow.days.get(day.isoformat())
    if own is not None:
        return Fraction(own)
    if is_holiday(calendar, day):
        return Fraction(flow.holiday)
    works_on_weekend = day.weekday() in calendar.weekend and calendar.is_business_day(day)
    return Fraction(flow.weekdays.get("Fri" if works_on_weekend else NAMES[day.weekday()], 1))


def is_holiday(calendar: BusinessCalendar, day: date) -> bool:
    """Return whether a day belongs to a run of closed days of which at least one is a weekday."""
    if calendar.is_business_day(day):
        return False
    first = last = day
    while first > calendar.first and not calendar.is_business_day(first - ONE_DAY):
        first -= ONE_DAY
    while last < calendar.last and not calendar.is_business_day(last + ONE_DAY):
        last += ONE_DAY
    return any((first + timedelta(days=k)).weekday() not in calendar.weekend for k in range((last - first).days + 1))
