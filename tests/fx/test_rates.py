"""The ECB history against printed rates, and paths of rates over a run."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fx.convert import rate_fraction
from fx.rates import RateNotFound, RatePath, currencies_with_history, history, history_range, rate_on

REGION = ["USD", "SGD", "HKD", "CNY", "MYR", "THB", "IDR", "PHP", "JPY", "KRW", "GBP", "EUR"]


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[arg-type]


def test_the_table_is_the_one_its_readme_describes() -> None:
    data = files("fx").joinpath("data")
    digest = hashlib.sha256(data.joinpath("ecb_rates.csv").read_bytes()).hexdigest()
    assert digest in data.joinpath("README.md").read_text(encoding="utf-8")
    assert history_range() == (date(2015, 1, 2), date(2026, 10, 30))
    assert set(REGION) <= set(currencies_with_history())


def test_printed_rates_of_30_october_2026() -> None:
    """EUR 1 = USD 1.1172 = CNY 7.4326 = SGD 1.4282."""
    day = date(2026, 10, 30)
    assert rate_on("EUR", "CNY", day) == (Decimal("7.4326"), day)
    assert rate_on("USD", "CNY", day)[0] == Decimal("6.65288220551")  # 7.4326 / 1.1172 = 6.652882205513...
    assert rate_on("SGD", "CNY", day)[0] == Decimal("5.20417308500")
    assert rate_on("CNY", "EUR", day)[0] == Decimal("0.134542421225")
    assert rate_on("CNY", "CNY", day)[0] == 1


def test_on_a_closed_day_the_last_published_rate_holds() -> None:
    """Easter 2026: Thursday's rate stands from Good Friday to Easter Monday."""
    thursday = rate_on("USD", "CNY", date(2026, 4, 2))
    assert thursday[1] == date(2026, 4, 2)
    for closed in (3, 4, 5, 6):
        assert rate_on("USD", "CNY", date(2026, 4, closed)) == thursday
    assert rate_on("USD", "CNY", date(2026, 4, 7))[1] == date(2026, 4, 7)


def test_history_lists_publication_days_only() -> None:
    days = [day for day, _ in history("CNY", "SGD", date(2026, 4, 1), date(2026, 4, 8))]
    assert days == [date(2026, 4, d) for d in (1, 2, 7, 8)]
    assert history("CNY", "SGD", date(2026, 4, 3), date(2026, 4, 6)) == []


@settings(deadline=None)
@given(st.sampled_from(REGION), st.sampled_from(REGION), st.dates(date(2015, 1, 2), date(2026, 10, 30)))
def test_crosses_keep_twelve_digits_and_fit_a_fraction(source: str, target: str, day: date) -> None:
    rate, published = rate_on(source, target, day)
    assert published <= day
    exact = Fraction(rate_on("EUR", target, day)[0]) / Fraction(rate_on("EUR", source, day)[0])
    assert abs(Fraction(rate) / exact - 1) <= Fraction(1, 10**11)
    assert len(rate.as_tuple().digits) <= 12
    numerator, denominator = rate_fraction(rate, source, target)
    assert 0 < numerator < 2**63
    assert 0 < denominator < 2**63


@pytest.mark.parametrize("code", ["VND", "BND", "KHR", "LAK", "MMK"])
def test_currencies_without_history_are_named(code: str) -> None:
    with pytest.raises(RateNotFound, match=f"no rate for {code}; give CNY/{code} as a constant"):
        rate_on("CNY", code, date(2026, 3, 2))


@pytest.mark.parametrize("day", [date(2015, 1, 1), date(2026, 10, 31)])
def test_days_outside_the_table_are_refused(day: date) -> None:
    with pytest.raises(RateNotFound, match=r"the table runs from 2015-01-02 to 2026-10-30"):
        rate_on("USD", "CNY", day)
    with pytest.raises(RateNotFound):
        history("USD", "CNY", day, day)


def test_a_currency_no_longer_quoted_does_not_keep_its_last_rate() -> None:
    assert rate_on("EUR", "RUB", date(2022, 3, 1))[0] > 0
    with pytest.raises(RateNotFound, match=r"no RUB rate on 2022-03-02 \(first 2015-01-02, last 2022-03-01\)"):
        rate_on("EUR", "RUB", date(2022, 3, 2))


def test_a_path_steps_at_each_fixing_in_the_run() -> None:
    """Monday 2 to Friday 6 March 2026: fixings at 14:15 in Frankfurt are 13:15 UTC in winter."""
    path = RatePath.from_history("CNY", "SGD", date(2026, 3, 2), 5)
    assert [datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%d %H:%M") for us in path.times_us] == [
        "27 13:15",
        "02 13:15",
        "03 13:15",
        "04 13:15",
        "05 13:15",
        "06 13:15",
    ]
    friday, monday = rate_on("CNY", "SGD", date(2026, 2, 27))[0], rate_on("CNY", "SGD", date(2026, 3, 2))[0]
    assert path.rate_at(at(2026, 3, 1, 12, 30)) == friday  # Sunday 20:30 in Beijing, HVPS opens for Monday
    assert path.rate_at(at(2026, 3, 2, 13, 15) - 1) == friday
    assert path.rate_at(at(2026, 3, 2, 13, 15)) == monday


def test_fixings_follow_summer_time() -> None:
    path = RatePath.from_history("CNY", "SGD", date(2026, 7, 1), 1)
    assert at(2026, 7, 1, 12, 15) in path.times_us
    noon = RatePath.from_history("CNY", "SGD", date(2026, 7, 1), 1, time(11, 30), "Asia/Shanghai")
    assert at(2026, 7, 1, 3, 30) in noon.times_us


def test_nobody_trades_on_a_rate_that_is_not_fixed_yet() -> None:
    """For a run that starts on Friday a rail opens on Thursday 20:30 in Beijing, 45 min before Thursday's fixing."""
    path = RatePath.from_history("USD", "CNY", date(2026, 3, 6), 1)
    assert path.rate_at(at(2026, 3, 5, 12, 30)) == rate_on("USD", "CNY", date(2026, 3, 4))[0]


def test_a_run_may_end_with_the_table_but_not_pass_it() -> None:
    assert RatePath.from_history("USD", "CNY", date(2026, 10, 26), 5).rates[-1] == Decimal("6.65288220551")
    with pytest.raises(RateNotFound, match="2026-10-31"):
        RatePath.from_history("USD", "CNY", date(2026, 10, 26), 6)
    with pytest.raises(RateNotFound, match="2015-01-01"):
        RatePath.from_history("USD", "CNY", date(2015, 1, 3), 2)


def test_a_constant_path_is_always_in_force() -> None:
    path = RatePath.constant("SGD", "BND", Decimal(1))
    assert path.rate_at(at(2026, 3, 2)) == 1
    assert path.fractions() == ((1, 1),)


def test_a_given_path_steps_at_its_times() -> None:
    path = RatePath.given("CNY", "VND", [(at(2026, 3, 2), Decimal(3600)), (at(2026, 3, 3), Decimal(3601))])
    assert path.rate_at(at(2026, 3, 2, 23, 59)) == 3600
    assert path.rate_at(at(2026, 3, 3)) == 3601
    with pytest.raises(RateNotFound, match="no CNY/VND rate yet at 2026-03-01 00:00:00 UTC"):
        path.rate_at(at(2026, 3, 1))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "at least one"),
        ([(5, Decimal(1)), (5, Decimal(2))], "row 2 has 1970-01-01 00:00:00 UTC twice"),
        ([(7, Decimal(1)), (9, Decimal(1)), (8, Decimal(2))], "row 3 .* after a later one"),
        ([(5, Decimal(0))], "must be a positive number"),
        ([(5, Decimal("NaN"))], "must be a positive number"),
        ([(5, Decimal("1.23456789012345678901"))], "does not fit a fraction"),
        ([(2**62, Decimal(1)), (2**62, Decimal(1))], "4611686018427387904 us twice"),
    ],
)
def test_bad_given_paths_are_refused(rows: list[tuple[int, Decimal]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RatePath.given("CNY", "SGD", rows)
