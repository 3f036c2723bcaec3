"""Scenario text: what is read, what is refused and with which suggestion, and that formatting reads back."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fx.currency import currency_codes
from simcore.units import (
    ClockTime,
    Money,
    UnitError,
    format_amount,
    format_clock,
    format_duration,
    parse_amount,
    parse_bp,
    parse_clock,
    parse_duration,
    parse_percent,
)

MINUTE = 60_000_000


@pytest.mark.parametrize(
    ("text", "amount_minor", "currency"),
    [
        ("1.5 bn CNY", 150_000_000_000, "CNY"),
        ("120 mn CNY", 12_000_000_000, "CNY"),
        ("20k SGD", 2_000_000, "SGD"),
        ("1 tn VND", 10**12, "VND"),
        ("3.2万 CNY", 3_200_000, "CNY"),
        ("1.5 亿 CNY", 15_000_000_000, "CNY"),
        ("2万亿 JPY", 2 * 10**12, "JPY"),
        ("1,000.50 CNY", 100_050, "CNY"),
        ("1_000_000 IDR", 100_000_000, "IDR"),
        ("  0 CNY ", 0, "CNY"),
        ("-5 mn THB", -500_000_000, "THB"),
        ("0.000001 mn JPY", 1, "JPY"),
        ("92,233,720,368,547,758.07 CNY", 2**63 - 1, "CNY"),
    ],
)
def test_amounts(text: str, amount_minor: int, currency: str) -> None:
    assert parse_amount(text) == Money(amount_minor, currency)


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [
        (100, "100 CNY"),
        (Decimal("1.5"), "1.5 CNY"),
        ("1.5 bn", "1.5 bn CNY"),
        ("100", "100 CNY"),
        ("5 m CNY", "5 mn CNY"),
        ("5 Bn CNY", "5 bn CNY"),
        ("5 bn CYN", "5 bn CNY"),
        ("5 cny", "5 CNY"),
        ("1.5 bn USDT", "1.5 bn USD"),
        ("10.005 THB", "10.01 THB"),
        ("0.5 JPY", "1 JPY"),
        ("1,00 CNY", "1.5 bn CNY"),
        ("CNY 5", "1.5 bn CNY"),
        ("1e9 CNY", None),
        ("", "1.5 bn CNY"),
        ("1 2 3 CNY", "1.5 bn CNY"),
        (None, "1.5 bn CNY"),
        (["5 CNY"], "1.5 bn CNY"),
        ("100 tn tn CNY", "1.5 bn CNY"),
        ("92,233,720,368,547,758.08 CNY", "92233720368547758.07 CNY"),
        ("9" * 5000 + " CNY", "92233720368547758.07 CNY"),
    ],
)
def test_amounts_refused(value: object, suggestion: str | None) -> None:
    with pytest.raises(UnitError) as caught:
        parse_amount(value)
    assert caught.value.expected
    if suggestion is not None:
        assert caught.value.try_ == suggestion
    parse_amount(caught.value.try_)  # what is suggested is accepted


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(currency_codes()))
def test_amounts_read_back(amount_minor: int, currency: str) -> None:
    money = Money(amount_minor, currency)
    assert parse_amount(format_amount(money)) == money


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(150_000_000_000, "CNY"), "1.5 bn CNY"),
        (Money(123_450, "CNY"), "1,234.50 CNY"),
        (Money(0, "CNY"), "0.00 CNY"),
        (Money(-500_000_000, "THB"), "-5 mn THB"),
        (Money(1_000_000, "JPY"), "1 mn JPY"),
    ],
)
def test_amounts_are_written_short(money: Money, text: str) -> None:
    assert format_amount(money) == text


@pytest.mark.parametrize(
    ("text", "duration_us"),
    [
        ("5 min", 5 * MINUTE),
        ("1.9 h", 114 * MINUTE),
        ("250ms", 250_000),
        ("7 us", 7),
        ("0.5 s", 500_000),
        ("1 d", 1440 * MINUTE),
        ("0 s", 0),
        ("0.000001 s", 1),
    ],
)
def test_durations(text: str, duration_us: int) -> None:
    assert parse_duration(text) == duration_us


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [
        (5, "5 s"),
        ("5", "5 s"),
        ("5 m", "5 min"),
        ("2 hours", "2 h"),
        ("-5 min", "5 min"),
        ("0.1 us", "0 us"),
        ("soon", "5 min"),
        ("1 h 30 min", "90 min"),
        ("99999999999999 d", "1 d"),
        (None, "5 min"),
    ],
)
def test_durations_refused(value: object, suggestion: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_duration(value)
    assert caught.value.try_ == suggestion
    parse_duration(caught.value.try_)


@given(st.one_of(st.integers(0, 2**63 - 1), st.integers(0, 200_000).map(lambda minutes: minutes * MINUTE)))
def test_durations_read_back(duration_us: int) -> None:
    assert parse_duration(format_duration(duration_us)) == duration_us


@pytest.mark.parametrize(
    ("value", "clock"),
    [
        ("08:30", ClockTime(0, 30_600)),
        ("8:30", ClockTime(0, 30_600)),
        ("20:30-1", ClockTime(-1, 73_800)),
        ("08:00+1", ClockTime(1, 28_800)),
        ("24:00", ClockTime(1, 0)),
        ("24:00-1", ClockTime(0, 0)),
        ("23:59:59", ClockTime(0, 86_399)),
        (datetime.time(17, 15), ClockTime(0, 62_100)),
    ],
)
def test_clock_times(value: object, clock: ClockTime) -> None:
    assert parse_clock(value) == clock


@pytest.mark.parametrize(
    "value",
    ["24:01", "25:00", "12:60", "12:00:60", "0830", "8.30", "08:30+10", 830, None, "08:30 pm",
     datetime.time(8, 30, 0, 5), datetime.time(8, 30, tzinfo=datetime.UTC)],
)  # fmt: skip
def test_clock_times_refused(value: object) -> None:
    with pytest.raises(UnitError) as caught:
        parse_clock(value)
    parse_clock(caught.value.try_)


@given(st.integers(-9, 9), st.integers(0, 86_399))
def test_clock_times_read_back(day_offset: int, seconds: int) -> None:
    clock = ClockTime(day_offset, seconds)
    assert parse_clock(format_clock(clock)) == clock


@pytest.mark.parametrize(
    ("value", "share"),
    [("28 %", "0.28"), ("28%", "0.28"), ("0.28", "0.28"), (Decimal("0.28"), "0.28"), (0.28, "0.28"), ("150 %", "1.5"),
     (1, "1"), (0, "0"), ("0.1 %", "0.001")],
)  # fmt: skip
def test_shares(value: object, share: str) -> None:
    assert parse_percent(value) == Decimal(share)


@pytest.mark.parametrize("value", ["28", 28, "-5 %", -1, "5 bp", "", None, True, float("nan"), "much"])
def test_shares_refused(value: object) -> None:
    with pytest.raises(UnitError) as caught:
        parse_percent(value)
    assert caught.value.try_.endswith(" %")
    parse_percent(caught.value.try_)


@pytest.mark.parametrize(
    ("text", "hundredths"), [("5 bp", 500), ("2.25 bp", 225), ("0 bp", 0), ("10000 bp", 1_000_000), ("0.5bp", 50)]
)
def test_basis_points_are_hundredths(text: str, hundredths: int) -> None:
    assert parse_bp(text) == hundredths


@pytest.mark.parametrize("value", [5, "5", "5 %", "-1 bp", "10001 bp", "0.005 bp", "", None])
def test_basis_points_refused(value: object) -> None:
    with pytest.raises(UnitError) as caught:
        parse_bp(value)
    parse_bp(caught.value.try_)


def test_a_refusal_says_what_was_found_what_was_expected_and_what_to_write() -> None:
    with pytest.raises(UnitError) as caught:
        parse_amount("5 bn CYN")
    error = caught.value
    assert (error.got, error.expected, error.try_) == ("5 bn CYN", "an ISO 4217 currency", "5 bn CNY")
