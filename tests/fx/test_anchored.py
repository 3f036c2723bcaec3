"""Currencies that the ECB doesn't quote: what they follow, and that it is said."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest

from fx.anchored import anchored_currencies, anchored_on, anchored_path, anchors_of
from fx.currency import is_currency
from fx.rates import RateNotFound, RatePath, currencies_with_history, rate_on

DAY = date(2026, 3, 2)


def test_the_table_holds_what_the_ecb_lacks_and_its_anchors_are_quoted() -> None:
    assert anchored_currencies() == ("BND", "KHR", "LAK", "MMK", "VND")
    for anchor in anchors_of(*anchored_currencies()):
        assert is_currency(anchor.code)
        assert anchor.code not in currencies_with_history()
        assert anchor.anchor in currencies_with_history()
        assert anchor.status in ("published", "derived", "assumed")
        assert anchor.rate > 0
        assert anchor.source


def test_the_table_has_no_column_that_is_not_read() -> None:
    with files("fx").joinpath("data/anchored_rates.csv").open("r", encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert header == ["code", "anchor", "rate", "date", "status", "source", "note"]


def test_brunei_is_singapore() -> None:
    assert anchored_path("BND", "SGD", DAY, 5).rates == (Decimal(1),)
    brunei, singapore = anchored_path("BND", "CNY", DAY, 5), RatePath.from_history("SGD", "CNY", DAY, 5)
    assert (brunei.times_us, brunei.rates) == (singapore.times_us, singapore.rates)


def test_a_level_against_the_dollar_moves_with_the_dollar() -> None:
    """25,948 VND for a dollar whatever the day; for a yuan as many as the dollar's rate makes of them."""
    assert anchored_path("USD", "VND", DAY, 5).rates == (Decimal(25948),)
    yuan, dollar = anchored_path("CNY", "VND", DAY, 5), RatePath.from_history("CNY", "USD", DAY, 5)
    assert yuan.times_us == dollar.times_us
    assert len(set(yuan.rates)) > 1
    for mine, published in zip(yuan.rates, dollar.rates, strict=True):
        assert mine == pytest.approx(published * 25948, rel=Decimal("1e-11"))


def test_two_anchored_currencies_cross_through_what_they_follow() -> None:
    assert anchored_path("LAK", "VND", DAY, 5).rates == (Decimal("1.15493835403"),)  # 25948 / 22467
    assert anchored_on("BND", "VND", DAY) == pytest.approx(rate_on("SGD", "USD", DAY)[0] * 25948, rel=Decimal("1e-11"))


def test_quoted_currencies_keep_their_published_rate() -> None:
    assert anchored_on("SGD", "CNY", DAY) == rate_on("SGD", "CNY", DAY)[0]
    assert anchored_path("SGD", "CNY", DAY, 5) == RatePath.from_history("SGD", "CNY", DAY, 5)


def test_what_neither_quotes_is_named() -> None:
    with pytest.raises(RateNotFound, match="no rate for TWD"):
        anchored_path("TWD", "VND", DAY, 5)


def test_an_anchor_says_that_it_is_assumed_and_which_rate_the_kyat_has() -> None:
    kyat = str(next(anchors_of("MMK")))
    assert kyat.startswith("assumed: 2100 MMK for one USD, as on 2026-09-29 (derived: ")
    assert kyat.endswith("the official rate; the market's is far weaker")
    assert str(next(anchors_of("BND"))).startswith("published: 1 BND for one SGD (Currency Interchangeability")
    assert list(anchors_of("CNY", "USD")) == []
