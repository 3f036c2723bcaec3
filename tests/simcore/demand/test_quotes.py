"""What payers expect of dealers when they choose a route is what happens where nobody is short: price and time."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from fx.rates import RatePath
from scenarios.loader import load
from simcore.demand.choice import RouteChoice
from simcore.demand.quotes import Quotes
from simcore.engine.timetable import timetable
from simcore.model import Corridor
from simcore.results.audit import audit
from tests.simcore.engine.towns import FX_TOWN, HEAD, run_town, town

# HVPS is open from 08:30 to 17:15 in Beijing, MEPS from 09:00 to 18:30 in Singapore, the same clock, 2 min between.
TOWN = (
    FX_TOWN.replace(HEAD.format(days=2), HEAD.format(days=9))
    .replace('{ uniform = { low = "1 min", high = "3 min" } }', '"2 min"')
    .replace('half_spread = "10 bp"', 'half_spread = "10 bp"\nTERMS')
    .replace("10000.00 SGD", "10 mn SGD")
    + """
[fx.hours.office]
calendar = "CN"
sessions = [{ open = "09:30", close = "15:30" }]
"""
)
WAITS = 'hours = "office"'
LAST = WAITS + '\nwhen_closed = "last_quote"\nclosed_half_spread = "25 bp"'
BY_SIZE = 'spread_by_size = [{ from = "200 k SGD", factor = 1.5 }, { from = "1 mn SGD", factor = 3 }]'
CASES = [  # terms of the pair, initiated, amount in CNY, settled, half-spread in bp
    ("", "02 10:00", 1000, "02 10:02", 10),
    (WAITS, "02 10:00", 1000, "02 10:02", 10),
    (WAITS, "02 08:45", 1000, "02 09:32", 10),  # both rails are open, nobody deals
    (WAITS, "02 15:30", 1000, "03 09:32", 10),
    (WAITS, "02 20:00", 1000, "03 09:32", 10),  # the rail opens at 08:30, the market at 09:30
    (WAITS, "06 16:00", 1000, "09 09:32", 10),  # Friday
    (LAST, "02 16:00", 1000, "02 16:02", 25),
    (LAST, "02 11:00", 1000, "02 11:02", 10),
    ('value_date = "T+1"', "02 10:00", 1000, "03 09:00", 10),  # from midnight on, and 2 min later MEPS is closed
    ('value_date = "T+2"', "05 10:00", 1000, "09 09:00", 10),  # Thursday, over a weekend
    ('spread_by_hour = { "10" = 1.5 }\n' + WAITS, "02 10:30", 1000, "02 10:32", 15),
    ('spread_by_hour = { "10" = 1.5 }\n' + WAITS, "02 11:00", 1000, "02 11:02", 10),
    (BY_SIZE, "02 10:00", 1_079_999, "02 10:02", 10),
    (BY_SIZE, "02 10:00", 1_080_000, "02 10:02", 15),  # SGD 200,000 at 5.4
    (BY_SIZE, "02 10:00", 5_399_999, "02 10:02", 15),  # CNY 1 less than SGD 1 mn
    (BY_SIZE, "02 10:00", 5_400_000, "02 10:02", 30),
]


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-03-{text}:00+08:00")


@pytest.mark.parametrize(("terms", "initiated", "amount", "settled", "half_spread"), CASES)
def test_what_is_expected_is_what_happens(
    tmp_path: Path, terms: str, initiated: str, amount: int, settled: str, half_spread: int
) -> None:
    line = f"one,{instant(initiated).isoformat()},Payer,Payee,{amount},CNY\n"
    text = TOWN.replace("TERMS", terms).replace("10 mn CNY", "100 mn CNY")
    path = town(tmp_path, text, line)
    run = run_town(path, tmp_path / "run")
    (row,) = run.payments.to_pylist()
    assert (row["completed_at"], row["fee_minor"]) == (instant(settled), round(amount * half_spread / 100))
    assert audit(run.path).ok

    scenario = load(path).scenario
    corridor = Corridor(debtor_country="CN", creditor_country="SG", routes={"fx": Decimal(1)}, choice="fastest")
    ways = RouteChoice(scenario, corridor, {"SGD/CNY": RatePath.constant("SGD", "CNY", Decimal("5.4"))})
    at = np.array([round(instant(initiated).timestamp() * 1_000_000)], np.int64)
    wait = instant(settled) - instant(initiated)
    assert ways.duration_us("fx", at).tolist() == [wait.total_seconds() * 1_000_000]
    assert ways.cost("fx", at, np.array([amount * 100])).tolist() == [half_spread / 10_000]


def test_spreads_by_volatility_are_those_in_force_when_the_payment_is_initiated(tmp_path: Path) -> None:
    """The rate moves by 1 % between 10:00 and 12:00 each hour, far more than normal, and not at all afterwards."""
    terms = 'spread_by_volatility = { window = 2, normal = "0.1 %" }'
    scenario = load(town(tmp_path, TOWN.replace("TERMS", terms), "")).scenario
    start = round(instant("02 00:00").timestamp() * 1_000_000)
    hour = 3_600_000_000
    rates = [(0, "5.4"), (start + 10 * hour, "5.454"), (start + 11 * hour, "5.4"), (start + 12 * hour, "5.454")]
    rows = [*rates, (start + 13 * hour, "5.454"), (start + 14 * hour, "5.454")]
    path = RatePath.given("SGD", "CNY", [(at, Decimal(rate)) for at, rate in rows])
    times = timetable(scenario)
    quotes = Quotes(scenario, "SGD/CNY", path, (times.start_us, times.end_us), 14)
    at = start + hour * np.array([9, 11, 12, 14])
    quiet, moving, still_moving, calm = quotes.half_spread(1000, "CNY", at, np.full(4, 100.0)).tolist()
    assert (quiet, calm) == (0.001, 0.001)
    assert min(moving, still_moving) > 0.001
    assert quotes.rate("CNY", at).tolist() == pytest.approx([1 / 5.4, 1 / 5.4, 1 / 5.454, 1 / 5.454])


def test_hours_that_never_meet_are_far_away(tmp_path: Path) -> None:
    """The market opens when HVPS has closed: the route is never done, and another is chosen before it."""
    text = TOWN.replace("TERMS", WAITS).replace('open = "09:30", close = "15:30"', 'open = "18:00", close = "20:00"')
    scenario = load(town(tmp_path, text, "")).scenario
    corridor = Corridor(debtor_country="CN", creditor_country="SG", routes={"fx": Decimal(1)}, choice="fastest")
    ways = RouteChoice(scenario, corridor, {"SGD/CNY": RatePath.constant("SGD", "CNY", Decimal("5.4"))})
    at = np.array([round(instant("02 10:00").timestamp() * 1_000_000)], np.int64)
    assert ways.duration_us("fx", at)[0] > 1000 * 365 * 24 * 3_600e6
