"""The cover method by hand: a message of ten minutes, a cover of one or of two hours, a customer credited on either.

USD 1,000 at 10:00 and USD 500 at 10:30 go to B. The cover takes an hour at the bank in the middle; screening may keep
it or send it back. What B's bank lends is the amount from the message until the cover is final.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from analysis.measures import cells
from analysis.tables import open_tables
from scenarios.loader import load
from simcore.demand.choice import RouteChoice
from simcore.model import Corridor
from simcore.results.audit import audit
from tests.simcore.engine.test_fees import CHAIN_TOWN
from tests.simcore.engine.towns import run_town, town

MINUTE = 60
PAID = "a,2026-03-02T10:00:00+08:00,A,B,1000,USD\nb,2026-03-02T10:30:00+08:00,A,B,500,USD\n"
COVER = (
    CHAIN_TOWN.replace('charges = "CHARGES"', "COVER")
    .replace(', fee = { fixed = "20 USD" }', "")
    .replace(', fee = { fixed = "10 USD", most = "8 USD" }', "")
)


def measured(folder: Path, cover: str, screening: str = "", by: str = "run", delay: str = "1 h") -> dict[str, object]:
    """The measures of crediting of a run, which is proved from its tables."""
    text = COVER.replace("COVER", cover).replace('latency = "1 h"', f'latency = "{delay}"{screening}')
    run = run_town(town(folder, text, PAID), folder / "run")
    assert audit(run.path).ok
    return {each.measure: each.value for each in cells(open_tables(run.path), by=by) if "credited" in each.measure
            or "advanced" in each.measure}  # fmt: skip


@pytest.mark.parametrize("by", ["run", "route", "participant", "currency"])
def test_on_the_message_the_creditors_bank_lends_until_the_cover_is_there(tmp_path: Path, by: str) -> None:
    """Credited after 10 minutes each; lent 1,000 from 10:10 to 11:00 and 500 from 10:40 to 11:30."""
    found = measured(tmp_path, 'cover = { message = "10 min", credited = "message" }', by=by)
    assert found == {
        "credited_count": 2,
        "credited_within_hour": 1,
        "credited_median_time": 10 * MINUTE,
        "advanced_value_time": 1_500_00 * 50 * MINUTE,
        "advanced_peak": 1_500_00,
        "advanced_unpaid": 0,
    }


@pytest.mark.parametrize(
    ("message", "delay", "credited"),
    [("10 min", "1 h", 60), ("10 min", "2 h", 120), ("90 min", "1 h", 90), ("60 min", "1 h", 60)],
)
def test_on_the_cover_the_later_of_the_two_counts(tmp_path: Path, message: str, delay: str, credited: int) -> None:
    found = measured(tmp_path, f'cover = {{ message = "{message}" }}', delay=delay)
    assert found["credited_median_time"] == credited * MINUTE
    assert found["credited_within_hour"] == (1 if credited <= 60 else 0)
    assert found["advanced_value_time"] == found["advanced_peak"] == found["advanced_unpaid"] == 0


def test_a_cover_that_comes_back_leaves_the_loan_unpaid(tmp_path: Path) -> None:
    """All are rejected after an hour; what was lent from 10:10 and 10:40 is out until the run ends at 2026-03-04."""
    rejected = ', screening = { reject_share = "100 %" }'
    lent = measured(tmp_path / "message", 'cover = { message = "10 min", credited = "message" }', rejected)
    assert (lent["credited_count"], lent["advanced_unpaid"], lent["advanced_peak"]) == (2, 1_500_00, 1_500_00)
    end = open_tables(tmp_path / "message" / "run").span()
    assert end is not None
    came = [1_772_417_400, 1_772_419_200]  # 10:10 and 10:40 in Singapore
    seconds = [Fraction(end[1], 1_000_000) - at for at in came]
    assert lent["advanced_value_time"] == 1_000_00 * seconds[0] + 500_00 * seconds[1]
    waited = measured(tmp_path / "cover", 'cover = { message = "10 min" }', rejected)
    assert (waited["credited_count"], waited["credited_within_hour"], waited["advanced_unpaid"]) == (0, 0, 0)
    assert waited["credited_median_time"] is None


def test_serial_routes_have_none_of_it(tmp_path: Path) -> None:
    assert measured(tmp_path, "") == {}


@pytest.mark.parametrize(("credited", "hours"), [("message", 1 / 6), ("cover", 1)])
def test_who_chooses_a_route_counts_the_time_to_the_credit(tmp_path: Path, credited: str, hours: float) -> None:
    text = COVER.replace("COVER", f'cover = {{ message = "10 min", credited = "{credited}" }}')
    scenario = load(town(tmp_path, text, PAID)).scenario
    corridor = Corridor(debtor_country="SG", creditor_country="SG", routes={"chain": Decimal(1)}, choice="fastest")
    took = RouteChoice(scenario, corridor, {}).duration_us("chain", np.array([1_772_416_800_000_000]))
    assert took.tolist() == [pytest.approx(hours * 3_600_000_000)]
