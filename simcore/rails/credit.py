"""Intraday credit of a central bank on its RTGS: against collateral with a haircut, for a price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from simcore.model import BasisPoints, Duration, Share


@dataclass(frozen=True, kw_only=True)
class IntradayCredit:
    """What the rail's ``lender`` lends within the day.

    An account that pledges ``collateral`` may have collateral × (1 − haircut), rounded down, less what it still owes
    from the night before. What it can't pay back when the day's last session for payments closes is lent on overnight,
    and paid back at openings as far as balances go.
    """

    form: Literal["repo", "overdraft"]
    """repo: money is lent to the account and paid back at closing. overdraft: the account may go below zero, beyond its
    own ``debit_limit``, and is lent at closing what would leave it there."""
    haircut: Share = Decimal(0)
    """Share of collateral's value that isn't lent against, for accounts without one of their own."""
    draw: Literal["opening", "on_demand"] = "opening"
    """When a repo is drawn: the whole of it at the day's first opening, or what queues lack, at given times."""
    draw_every: Duration | None = None
    """With ``on_demand``: at this distance, counted from each opening, an account draws what the value queued exceeds
    its funds by, as far as its pledge goes; mechanisms of that instant come first."""
    rate: BasisPoints | None = None
    """Price of credit; none means that it is free. It is charged at closing, rounded half to even."""
    charged: Literal["time", "amount"] = "time"
    """time: ``rate`` is a year's, for the time that credit is used. amount: once, on the day's highest use."""
    overnight_rate: BasisPoints | None = None
    """Interest of a year on what is lent overnight, taken at each opening for the time since it was lent or last taken;
    none means that it bears none. What an account can't pay of it is lent on."""
    year_days: int = 360
    """Days of the year that rates are of."""
    measured_every: Duration = 60_000_000
    """Distance, counted from each opening, at whose end an overdraft is looked at to charge for its time; what stands
    then is charged for the whole of it. A repo is charged to the microsecond."""
