"""The price of a daylight overdraft, against what the Federal Reserve says of its own.

Federal Reserve System, Policy Statement on Payments System Risk; Daylight Overdraft Pricing, 60 FR 12559 (7 March
1995), https://www.gpo.gov/fdsys/pkg/FR-1995-03-07/html/95-5530.htm: an effective daily rate of 15 basis points is an
annual one of 36, quoted for a year of 360 days and a day of 24 hours. Fedwire was then open for ten hours: Federal
Reserve Bank of Dallas, Notice 95-34 (16 March 1995).
"""

from __future__ import annotations

from pathlib import Path

from tests.simcore.engine.test_conductor import rows
from tests.simcore.engine.towns import BANK, HEAD, run_town, town

FEDWIRE = (
    HEAD.format(days=1)
    + "".join(BANK.format(name=name, kind="commercial_bank", country="US") for name in ("A", "B"))
    + BANK.format(name="FED", kind="central_bank", country="US")
    + """
[rails.FEDWIRE]
kind = "rtgs"
currency = "USD"
calendar = "US"
sessions = [{ open = "08:30", close = "18:30" }]
lender = "FED"
intraday_credit = { form = "overdraft", rate = "36 bp", year_days = 360, measured_every = "1 min" }

[accounts.FEDWIRE]
FED = { opening = "0 USD", debit_limit = "unlimited" }
A = { opening = "0 USD", collateral = "100 mn USD" }
B = { opening = "0 USD" }

[routes.direct]
hops = [{ rail = "FEDWIRE", from = "debtor", to = "creditor" }]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "direct"
"""
)


def test_36_basis_points_a_year_are_15_on_a_day_of_ten_hours(tmp_path: Path) -> None:
    """100 mn overdrawn from opening to closing: 100 mn x 15 bp / 360 = 416.67."""
    run = run_town(town(tmp_path, FEDWIRE, "one,2026-03-02T08:00:00-05:00,A,B,100000000,USD\n"), tmp_path / "run")
    assert [row["amount_minor"] for row in rows(run.obligations, kind="credit_charge")] == [41_667]
